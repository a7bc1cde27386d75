//! Text for administrators: quoting, escaping, and the nearest word to a wrong one.

use std::fmt::Write;

/// The longest piece of untrusted text in a log line, in bytes. httpd cuts a line at 8 KiB, and
/// what stands behind the cut would be lost.
const LONGEST: usize = 1024;

/// Untrusted bytes for a log line: what is not visible ASCII, and `%`, becomes `%XX`, so that no
/// request can forge a line, a field or a terminal's escape. Cut at 1 KiB with `...`.
pub fn escaped(bytes: &[u8]) -> String {
    escape(bytes, |byte| byte.is_ascii_graphic() && byte != b'%')
}

/// As [`escaped`] for what is URL-encoded already: its own `%` stays as it is.
pub fn escaped_url(bytes: &[u8]) -> String {
    escape(bytes, |byte| byte.is_ascii_graphic())
}

fn escape(bytes: &[u8], plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len().min(LONGEST) + 3);
    for byte in bytes {
        if text.len() >= LONGEST {
            text.push_str("...");
            break;
        }
        // '\\' would be doubled by httpd's own escaping.
        if plain(*byte) && *byte != b'\\' {
            text.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The lines of a text that comes in pieces, for the log.
pub struct Lines {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// How much more of the text is wanted, in bytes.
    left: usize,
}

impl Lines {
    /// For the first `most` bytes of the text.
    pub fn new(most: usize) -> Lines {
        Lines {
            line: Vec::new(),
            left: most,
        }
    }

    /// Whether more of the text is wanted.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Takes the next piece, and hands out each line that ends in it, escaped and in parts of at
    /// most 1 KiB. Empty lines are left out.
    pub fn feed(&mut self, piece: &[u8], mut tell: impl FnMut(&str)) {
        let piece = piece.get(..self.left).unwrap_or(piece);
        self.left -= piece.len();
        for byte in piece {
            if *byte != b'\n' {
                self.line.push(*byte);
            }
            if *byte == b'\n' || self.line.len() >= LONGEST {
                self.end_line(&mut tell);
            }
        }
        if self.is_full() {
            self.end_line(&mut tell);
        }
    }

    /// The text is complete.
    pub fn finish(&mut self, mut tell: impl FnMut(&str)) {
        self.end_line(&mut tell);
    }

    fn end_line(&mut self, tell: &mut impl FnMut(&str)) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if !line.is_empty() {
            tell(&escape_text(line));
        }
    }
}

/// Untrusted text for a log line that is meant to be read: as [`escaped`], but with its spaces, and
/// with `%` and backslashes as they are.
fn escape_text(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for byte in line {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            b'\t' => text.push_str("    "),
            // Writing to a String cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// A word of the configuration for an error message: `'word'`, whatever its bytes are.
pub fn quoted(word: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(word))
}

/// The error for a word that is none of the accepted ones: it names the word, the nearest accepted
/// one where one is near, and all of them.
pub fn unknown_word(what: &str, word: &[u8], accepted: &[&str]) -> String {
    let wrong = String::from_utf8_lossy(word).to_lowercase();
    let nearest = accepted
        .iter()
        // A number that is near is no slip of the finger.
        .filter(|good| !good.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|good| {
            (
                strsim::damerau_levenshtein(&wrong, &good.to_lowercase()),
                good,
            )
        })
        .filter(|(distance, good)| *distance <= 1 + good.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(
            || ".".to_owned(),
            |(_, good)| format!(", did you mean {good}?"),
        );
    format!(
        "{} is not {what}{nearest} Accepted: {}",
        quoted(word),
        accepted.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_untrusted_forges_a_line() {
        assert_eq!(escaped(b"/srv/x copy.py"), "/srv/x%20copy.py");
        assert_eq!(
            escaped(b"a\nPG018: \x1b[2J\\\xff%41"),
            "a%0APG018:%20%1B[2J%5C%FF%2541"
        );
        assert_eq!(escaped_url(b"/%41\x01"), "/%41%01");
        let long = escaped(&[b'a'; 5000]);
        assert_eq!(long.len(), LONGEST + 3);
        assert!(long.ends_with("..."));
    }

    #[test]
    fn lines_of_a_text_in_pieces() {
        let text = b"Traceback:\r\n\n  File \"C:\\x.py\"\n\tcaf\xc3\xa9 100% \x1b[2J\nlast";
        let wanted = [
            "Traceback:",
            "  File \"C:\\x.py\"",
            "    caf%C3%A9 100% %1B[2J",
            "last",
        ];
        for size in [1, 7, text.len()] {
            let mut lines = Lines::new(1000);
            let mut told = Vec::new();
            for piece in text.chunks(size) {
                lines.feed(piece, |line| told.push(line.to_owned()));
            }
            lines.finish(|line| told.push(line.to_owned()));
            assert_eq!(told, wanted);
        }
        let mut lines = Lines::new(5000);
        let mut told = Vec::new();
        lines.feed(&[b'a'; 9000], |line| told.push(line.len()));
        assert_eq!(told, [1024, 1024, 1024, 1024, 904]);
        assert!(lines.is_full());
    }

    #[test]
    fn the_nearest_word() {
        assert_eq!(
            unknown_word("a mode", b"Detekt", &["On", "Off", "Detect"]),
            "'Detekt' is not a mode, did you mean Detect? Accepted: On, Off, Detect"
        );
        assert_eq!(
            unknown_word("a mode", b"yes please", &["On", "Off", "Detect"]),
            "'yes please' is not a mode. Accepted: On, Off, Detect"
        );
    }
}
