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
