//! One character of a text, however it is spelled in the response: as it is, as an HTML entity, with
//! a backslash as in JSON, JavaScript or `repr()`, percent-encoded, and several of these on top of
//! each other.

/// The next character of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The character, and how many bytes spell it. What is not ASCII is [`OTHER`].
    Char(u8, usize),
    /// More bytes are needed to tell.
    Unfinished,
    /// There is none.
    End,
}

/// Stands for every character that is not ASCII: no word that is looked for has one.
pub(super) const OTHER: u8 = 0x80;

/// The longest name or number of an entity that is looked at: `&newline;` has 7, `&#0000034;` 8.
const ENTITY: usize = 10;

/// The most backslashes that are taken for one.
const BACKSLASHES: usize = 16;

/// How often a text may be escaped on top of an escape.
const LAYERS: usize = 4;

#[cfg(test)]
thread_local! {
    /// How many characters were read, for a test of how much work a body makes.
    pub(super) static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The character that `bytes` begin with. `whole`: nothing follows them.
pub(super) fn next(bytes: &[u8], whole: bool) -> Next {
    #[cfg(test)]
    READS.set(READS.get() + 1);
    match bytes {
        [] if whole => Next::End,
        [] => Next::Unfinished,
        [b'&' | b'\\' | b'%', ..] => spelled(bytes, whole),
        // U+00A0, a space that does not break.
        [0xC2, 0xA0, ..] => Next::Char(b' ', 2),
        [0xC2] if !whole => Next::Unfinished,
        [0x80..=0xFF, ..] => Next::Char(OTHER, 1),
        [plain, ..] => Next::Char(*plain, 1),
    }
}

/// The character where it is, or looks as if it were, spelled in several bytes.
#[cold]
fn spelled(bytes: &[u8], whole: bool) -> Next {
    let Some(first) = bytes.first() else {
        return Next::End;
    };
    let (mut character, mut length) = (*first, 1);
    for _ in 0..LAYERS {
        let rest = bytes.get(length..).unwrap_or_default();
        let step = match character {
            b'&' => entity(rest),
            b'\\' => backslash(rest),
            b'%' => percent(rest),
            _ => Step::Is,
        };
        match step {
            Step::Is => break,
            Step::Unfinished if whole => break,
            Step::Unfinished => return Next::Unfinished,
            Step::Stands(for_character, more) => {
                character = for_character;
                length += more;
            }
        }
    }
    Next::Char(character, length)
}

/// What follows a character that may begin an escape.
enum Step {
    /// The character is itself.
    Is,
    /// Together with so many bytes it stands for another.
    Stands(u8, usize),
    Unfinished,
}

/// After `&`.
fn entity(rest: &[u8]) -> Step {
    let name = rest
        .iter()
        .take(ENTITY + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
        .count();
    match rest.get(name) {
        _ if name > ENTITY => return Step::Is,
        None => return Step::Unfinished,
        Some(b';') => {}
        Some(_) => return Step::Is,
    }
    let character = match rest.get(..name).unwrap_or_default() {
        b"quot" | b"QUOT" => b'"',
        b"apos" => b'\'',
        b"lt" | b"LT" => b'<',
        b"gt" | b"GT" => b'>',
        b"amp" | b"AMP" => b'&',
        b"nbsp" | b"ensp" | b"emsp" | b"thinsp" | b"Tab" => b' ',
        b"NewLine" => b'\n',
        b"lpar" => b'(',
        b"rpar" => b')',
        b"comma" => b',',
        b"colon" => b':',
        b"period" => b'.',
        b"bsol" => b'\\',
        b"percnt" => b'%',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => return Step::Is,
    };
    Step::Stands(character, name + 1)
}

/// After a backslash. Several stand for one: the text was escaped several times.
fn backslash(rest: &[u8]) -> Step {
    let run = rest
        .iter()
        .take(BACKSLASHES)
        .take_while(|byte| **byte == b'\\')
        .count();
    let after = rest.get(run..).unwrap_or_default();
    let (character, digits) = match after {
        [] => return Step::Unfinished,
        [b'n', ..] => (b'\n', 0),
        [b'r', ..] => (b'\r', 0),
        [b't', ..] => (b'\t', 0),
        [mark @ (b'"' | b'\'' | b'/'), ..] => (*mark, 0),
        [b'u', ..] => (0, 4),
        [b'x', ..] => (0, 2),
        _ if run > 0 => return Step::Stands(b'\\', run),
        _ => return Step::Is,
    };
    if digits == 0 {
        return Step::Stands(character, run + 1);
    }
    match after.get(1..=digits) {
        Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => {
            Step::Stands(number(hex, 16), run + 1 + digits)
        }
        None if after.iter().skip(1).all(u8::is_ascii_hexdigit) => Step::Unfinished,
        _ if run > 0 => Step::Stands(b'\\', run),
        _ => Step::Is,
    }
}

/// After `%`.
fn percent(rest: &[u8]) -> Step {
    match rest {
        [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
            Step::Stands(number(&[*a, *b], 16), 2)
        }
        [] => Step::Unfinished,
        [a] if a.is_ascii_hexdigit() => Step::Unfinished,
        _ => Step::Is,
    }
}

/// The character of a number in digits.
fn number(digits: &[u8], radix: u32) -> u8 {
    let code = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u32::from_str_radix(digits, radix).ok());
    match code {
        Some(160) => b' ',
        Some(code) if code < 128 => u8::try_from(code).unwrap_or(OTHER),
        _ => OTHER,
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn one_character_in_many_spellings() {
        let quote = [
            "\"",
            "&quot;",
            "&#34;",
            "&#x22;",
            "&#0034;",
            "&amp;quot;",
            "&amp;#34;",
            "\\\"",
            "\\\\\\\"",
            "\\u0022",
            "\\\\u0022",
            "\\x22",
            "%22",
            "%2522",
            "\\u0026quot;",
        ];
        for spelling in quote {
            assert_eq!(
                next(spelling.as_bytes(), true),
                Next::Char(b'"', spelling.len()),
                "{spelling}"
            );
            for cut in 0..spelling.len() {
                let part = spelling.as_bytes().get(..cut).unwrap_or_default();
                // Only a run of backslashes may be told before its end.
                assert_eq!(
                    next(part, false),
                    Next::Unfinished,
                    "{spelling} cut at {cut}"
                );
            }
        }
        for (spelling, character) in [
            ("\\n", b'\n'),
            ("\\\\n", b'\n'),
            ("&nbsp;", b' '),
            ("\u{a0}", b' '),
            ("&#160;", b' '),
            ("é", OTHER),
            ("\\u00e9", OTHER),
            ("&lt;", b'<'),
            ("&amp;lt;", b'<'),
            ("\\/", b'/'),
        ] {
            let Next::Char(read, _) = next(spelling.as_bytes(), true) else {
                panic!("{spelling}")
            };
            assert_eq!(read, character, "{spelling}");
        }
    }

    #[test]
    fn what_only_looks_like_an_escape() {
        for (text, character, length) in [
            ("&", b'&', 1),
            ("& b", b'&', 1),
            ("&unknown;", b'&', 1),
            ("&quot ", b'&', 1),
            ("%", b'%', 1),
            ("%zz", b'%', 1),
            ("100%", b'1', 1),
            ("\\app", b'\\', 1),
            ("\\\\app", b'\\', 2),
            ("\\u12", b'\\', 1),
            ("&waytoolongname;", b'&', 1),
        ] {
            assert_eq!(
                next(text.as_bytes(), true),
                Next::Char(character, length),
                "{text}"
            );
        }
        assert_eq!(next(b"", true), Next::End);
        assert_eq!(next(b"", false), Next::Unfinished);
    }
}
