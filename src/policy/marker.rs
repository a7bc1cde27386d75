//! How error text of Python is recognised. What there is to recognise stands in [`super::markers`].
//!
//! A marker is a text that begins error text and nothing else. It is written as on a plain page; how
//! its characters are spelled on others ([`super::spelling`]) does not matter. In a marker's text
//!
//! | | stands for |
//! |---|---|
//! | `␣` | white space, tags and colours, at least one of them |
//! | `˽` | the same, or nothing |
//! | `…` | anything on the same line, as little as possible |
//! | `⋮` | anything, over many lines, as little as possible |
//! | `‥` | the same, but no more than a few lines |
//! | `№` | a number |
//! | `α` | a name, which may have dots |
//! | `„` | a quotation mark, single or double |
//! | `¶` | the end of the line, of the string that holds the text, or of the text |
//!
//! What comes before the first of these is the marker's anchor: it has to stand there as it is, and
//! is what a response is searched for.

use super::rule::Rule;
use super::spelling::{Next, next};

/// One kind of error text.
#[derive(Debug, PartialEq, Eq)]
pub struct Marker {
    /// What it is, for the log.
    pub name: &'static str,
    /// The rule that it breaks.
    pub rule: Rule,
    /// Its beginning.
    text: Text,
}

/// How a kind of error text begins.
#[derive(Debug, PartialEq, Eq)]
enum Text {
    /// With this, as the module's documentation explains.
    Anywhere(&'static str),
    /// With an HTML title that ends with this, or is this where it begins with the tag's `>`. The
    /// title is held back until it ends, because it shows the message of the exception.
    Title(&'static str),
}

/// What stands before error text on some pages, and before other text on others. It and what follows
/// is held back: where a marker comes soon, the error text begins here, with the message of the
/// exception.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// What it is, in the form of a marker's text.
    text: &'static str,
    /// It is looked for at the beginning of the body only.
    pub(super) at_start: bool,
}

/// Error text that begins with this.
pub(super) const fn anywhere(name: &'static str, text: &'static str) -> Marker {
    Marker {
        name,
        rule: Rule::ErrorText,
        text: Text::Anywhere(text),
    }
}

/// Error text that begins with a title which ends with this.
pub(super) const fn title(name: &'static str, text: &'static str) -> Marker {
    Marker {
        name,
        rule: Rule::ErrorText,
        text: Text::Title(text),
    }
}

/// Error text that another rule than R04 forbids.
pub(super) const fn of_rule(rule: Rule, marker: Marker) -> Marker {
    Marker { rule, ..marker }
}

/// A lead anywhere in the body.
pub(super) const fn lead(text: &'static str) -> Lead {
    Lead {
        text,
        at_start: false,
    }
}

/// A lead at the beginning of the body.
pub(super) const fn at_start(text: &'static str) -> Lead {
    Lead {
        text,
        at_start: true,
    }
}

/// The characters of a marker's text that do not stand for themselves.
const SPECIAL: [char; 9] = ['␣', '˽', '…', '⋮', '‥', '№', 'α', '„', '¶'];

/// How an HTML title begins, up to its first attribute or its end.
pub(super) const TITLES: [&[u8]; 2] = [b"<title", b"<TITLE"];
const TITLE_END: &[u8] = b"</title";

/// The most that is held back, in bytes: of a title, or after a lead.
pub(super) const LONGEST_HOLD: usize = 16 * 1024;

/// The most that stands between two words, in bytes.
const LONGEST_GAP: usize = 256;

/// Whether some text begins with a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It does, and the marker is so many bytes long.
    Yes(usize),
    No,
    /// More of the text is needed to tell.
    Unfinished,
}

impl Marker {
    /// What a body is searched for.
    pub(super) fn anchor(&self) -> Option<&'static [u8]> {
        match self.text {
            Text::Anywhere(text) => Some(anchor(text)),
            // All titles are searched for together.
            Text::Title(_) => None,
        }
    }

    /// Whether `text`, which begins with the anchor, begins with the marker. `whole`: nothing follows
    /// the text. `known`: see [`Known`].
    pub(super) fn begins(&self, text: &[u8], whole: bool, known: &mut Known) -> Match {
        match self.text {
            Text::Anywhere(pattern) => matches(pattern, text, whole, known),
            Text::Title(_) => Match::No,
        }
    }

    /// What the title ends with that is a marker.
    pub(super) fn title(&self) -> Option<&'static str> {
        match self.text {
            Text::Anywhere(_) => None,
            Text::Title(part) => Some(part),
        }
    }
}

/// How far earlier looks at the same body have shown that what follows a `…`, `‥` or `⋮` is not
/// there, in bytes from the beginning of the text: for the first of them in a marker, and for the
/// second. A later candidate need not look for it there again: what a visitor may have written a
/// thousand times is not read a thousand times.
pub(super) type Known = [usize; 2];

impl Lead {
    /// What a body is searched for.
    pub(super) fn anchor(&self) -> &'static [u8] {
        anchor(self.text)
    }

    /// Whether a text that begins with this byte may begin with the lead: a look that is cheap enough
    /// for every response.
    pub(super) fn may_begin_with(&self, byte: u8) -> bool {
        match self.text.chars().next() {
            Some(plain) if plain.is_ascii() => char::from(byte) == plain,
            _ => byte.is_ascii_alphanumeric(),
        }
    }

    /// Whether `text` begins with the lead.
    pub(super) fn begins(&self, text: &[u8], whole: bool) -> Match {
        matches(self.text, text, whole, &mut [])
    }
}

/// The beginning of a text that stands in a page as it is.
fn anchor(text: &'static str) -> &'static [u8] {
    let end = text.find(|c| SPECIAL.contains(&c) || c == '\n');
    text.as_bytes()
        .get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
}

/// Where the title ends that begins before `from`, if that is known.
pub(super) fn title_end(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    memchr::memchr_iter(b'<', rest)
        .find(|at| {
            rest.get(*at..*at + TITLE_END.len())
                .is_some_and(|tag| tag.eq_ignore_ascii_case(TITLE_END))
        })
        .map(|at| from + at)
}

/// The length of the end of a title less one: what has been looked at without it may end with the
/// beginning of it.
pub(super) const TITLE_END_OVERLAP: usize = TITLE_END.len() - 1;

/// Whether `text` begins with the pattern.
fn matches(pattern: &str, text: &[u8], whole: bool, known: &mut [usize]) -> Match {
    let mut at = 0;
    let mut pattern = pattern.chars();
    while let Some(wanted) = pattern.next() {
        let rest = text.get(at..).unwrap_or_default();
        let length = match wanted {
            '␣' => gap(rest, whole).and_then(some),
            '˽' => gap(rest, whole),
            '№' => run(rest, whole, u8::is_ascii_digit).and_then(some),
            'α' => run(rest, whole, is_of_name).and_then(some),
            '¶' => end_of_line(rest, whole),
            '\n' => line_break(rest, whole),
            '…' => return lazily(pattern.as_str(), text, at, whole, &LINE, known),
            '⋮' => return lazily(pattern.as_str(), text, at, whole, &PAGE, known),
            '‥' => return lazily(pattern.as_str(), text, at, whole, &LINES, known),
            wanted => match next(rest, whole) {
                Next::Char(b'"' | b'\'', length) if wanted == '„' => Ok(length),
                Next::Char(character, length) if char::from(character) == wanted => Ok(length),
                Next::Unfinished => Err(Match::Unfinished),
                _ => Err(Match::No),
            },
        };
        match length {
            Ok(length) => at += length,
            Err(otherwise) => return otherwise,
        }
    }
    Match::Yes(at)
}

/// What stands for anything: at most so many bytes, and only to the end of the line, or over many.
struct Anything {
    most: usize,
    one_line: bool,
}

const LINE: Anything = Anything {
    most: 2 * 1024,
    one_line: true,
};
const LINES: Anything = Anything {
    most: 2 * 1024,
    one_line: false,
};
const PAGE: Anything = Anything {
    most: LONGEST_HOLD,
    one_line: false,
};

/// As few characters as possible before the rest of the pattern, from `start` on.
fn lazily(
    pattern: &str,
    text: &[u8],
    start: usize,
    whole: bool,
    anything: &Anything,
    known: &mut [usize],
) -> Match {
    let mut nothing = 0;
    let (known, inner): (&mut usize, &mut [usize]) =
        known.split_first_mut().unwrap_or((&mut nothing, &mut []));
    let mut at = start.max(*known);
    while at - start < anything.most {
        let rest = text.get(at..).unwrap_or_default();
        *known = at;
        let before = inner.first().copied().unwrap_or(0).saturating_sub(at);
        let mut after = [before];
        let decided = matches(pattern, rest, whole, &mut after);
        if let (Some(inner), [after]) = (inner.first_mut(), after)
            && after > before
        {
            *inner = at + after;
        }
        match decided {
            Match::No => {}
            Match::Yes(length) => return Match::Yes(at + length),
            Match::Unfinished => return Match::Unfinished,
        }
        match next(rest, whole) {
            Next::Char(b'\n', 1) if anything.one_line => return Match::No,
            Next::Char(_, length) => at += length,
            Next::End => return Match::No,
            Next::Unfinished => return Match::Unfinished,
        }
    }
    Match::No
}

fn some(length: usize) -> Result<usize, Match> {
    if length == 0 {
        Err(Match::No)
    } else {
        Ok(length)
    }
}

/// The length of what stands between two words.
fn gap(text: &[u8], whole: bool) -> Result<usize, Match> {
    let mut length = 0;
    while length < LONGEST_GAP {
        let rest = text.get(length..).unwrap_or_default();
        let one = match next(rest, whole) {
            // '+' is a space in a query.
            Next::Char(b' ' | b'\t' | b'\r' | b'\n' | b'+', one) => one,
            Next::Char(b'<', _) => tag(rest, whole)?,
            Next::Char(0x1B, one) => colour(rest, one, whole)?,
            Next::Unfinished => return Err(Match::Unfinished),
            _ => 0,
        };
        if one == 0 {
            break;
        }
        length += one;
    }
    Ok(length)
}

/// The length of a tag, 0 if it is none.
fn tag(text: &[u8], whole: bool) -> Result<usize, Match> {
    let mut length = 0;
    while length < LONGEST_GAP {
        match next(text.get(length..).unwrap_or_default(), whole) {
            Next::Char(b'>', one) => return Ok(length + one),
            Next::Char(_, one) => length += one,
            Next::Unfinished => return Err(Match::Unfinished),
            Next::End => break,
        }
    }
    Ok(0)
}

/// The length of a terminal's colour, which begins with an escape of `start` bytes; 0 if it is none.
fn colour(text: &[u8], start: usize, whole: bool) -> Result<usize, Match> {
    let is_inner = |c: &u8| c.is_ascii_digit() || matches!(c, b'[' | b';');
    let inner = run(text.get(start..).unwrap_or_default(), whole, is_inner)?;
    match next(text.get(start + inner..).unwrap_or_default(), whole) {
        Next::Char(b'm', one) => Ok(start + inner + one),
        Next::Unfinished => Err(Match::Unfinished),
        _ => Ok(0),
    }
}

fn is_of_name(character: &u8) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, b'_' | b'.')
}

/// The length of characters of one kind.
fn run(text: &[u8], whole: bool, is_one: impl Fn(&u8) -> bool) -> Result<usize, Match> {
    let mut length = 0;
    while length < LONGEST_GAP {
        match next(text.get(length..).unwrap_or_default(), whole) {
            Next::Char(character, one) if is_one(&character) => length += one,
            Next::Unfinished => return Err(Match::Unfinished),
            _ => break,
        }
    }
    Ok(length)
}

/// The length of one line break.
fn line_break(text: &[u8], whole: bool) -> Result<usize, Match> {
    match next(text, whole) {
        Next::Char(b'\n', one) => Ok(one),
        Next::Char(b'\r', one) => match next(text.get(one..).unwrap_or_default(), whole) {
            Next::Char(b'\n', two) => Ok(one + two),
            Next::Unfinished => Err(Match::Unfinished),
            _ => Ok(one),
        },
        Next::Unfinished => Err(Match::Unfinished),
        _ => Err(Match::No),
    }
}

/// Nothing, at the end of a line, of a string that holds the text, or of the text; or before a tag.
fn end_of_line(text: &[u8], whole: bool) -> Result<usize, Match> {
    match next(text, whole) {
        Next::Char(b'\r' | b'\n' | b'<' | b'"' | b'\'', _) | Next::End => Ok(0),
        Next::Unfinished => Err(Match::Unfinished),
        Next::Char(..) => Err(Match::No),
    }
}

#[cfg(test)]
impl Marker {
    /// A page's worth of the marker, made from its own text.
    pub(super) fn sample(&self) -> String {
        match self.text {
            Text::Anywhere(text) => text
                .chars()
                .map(|c| match c {
                    '␣' | '‥' => "\n  ".to_owned(),
                    '˽' => String::new(),
                    '…' => "/srv/shop/till".to_owned(),
                    '⋮' => "one\ntwo".to_owned(),
                    '№' => "12".to_owned(),
                    'α' => "shop.till".to_owned(),
                    '„' => "\"".to_owned(),
                    '¶' => "\n".to_owned(),
                    plain => plain.to_string(),
                })
                .collect(),
            Text::Title(text) => format!("<title>KeyError: 'x' {text}</title>"),
        }
    }
}
