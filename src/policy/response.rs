//! What is done with the response of a program: looked at or not, as it goes or held until its end.

use super::settings::{Errors, Mode, Settings};

/// The facts of one response that decide it.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The status.
    pub status: u16,
    /// The content type, with its parameters; empty where there is none.
    pub content_type: &'a [u8],
    /// All codings of `Content-Encoding`; empty where there is none.
    pub content_encoding: &'a [u8],
    /// It is the page that an `ErrorDocument` names.
    pub is_error_document: bool,
}

/// What is done with a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It goes as it is.
    Pass,
    /// It goes as it is; error text in it is logged.
    Watch(Coding),
    /// It goes up to the first error text.
    Stream(Coding),
    /// It is held until its end or until it is longer than the buffer, and goes if it is clean.
    Hold(Coding),
    /// httpd's error document goes in its place.
    Replace(Reason),
    /// It goes although nobody can read it.
    Unread,
}

/// Why a response is replaced unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `PyGuardErrors Replace`
    Error,
    /// Its coding or character set is unknown.
    Unreadable,
}

/// How the bytes of the body have to be decoded to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// gzip
    Gzip,
    /// zlib, or the bare deflate that some send under the same name.
    Deflate,
    /// Brotli.
    Brotli,
}

impl Coding {
    /// The coding of a `Content-Encoding`; `None`: one that cannot be read.
    pub fn of(value: &[u8]) -> Option<Coding> {
        const KNOWN: [(&[u8], Coding); 6] = [
            (b"", Coding::Identity),
            (b"identity", Coding::Identity),
            (b"gzip", Coding::Gzip),
            (b"x-gzip", Coding::Gzip),
            (b"deflate", Coding::Deflate),
            (b"br", Coding::Brotli),
        ];
        let value = value.trim_ascii();
        KNOWN
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(value))
            .map(|(_, coding)| *coding)
    }
}

/// The first status that says that the server failed.
const SERVER_ERROR: u16 = 500;

/// What is done with a response to a client that is not trusted.
pub fn plan(response: &Response<'_>, settings: &Settings) -> Plan {
    let errors = settings.errors();
    if settings.mode() == Mode::Off || errors == Errors::Off {
        return Plan::Pass;
    }
    let watch = !settings.withholds();
    let failed = response.status >= SERVER_ERROR;
    if failed && errors == Errors::Replace && !response.is_error_document && !watch {
        return Plan::Replace(Reason::Error);
    }
    if !is_text(response.content_type) {
        return Plan::Pass;
    }
    let coding = Coding::of(response.content_encoding).filter(|_| !is_wide(response.content_type));
    match coding {
        Some(coding) if watch => Plan::Watch(coding),
        None if watch => Plan::Pass,
        Some(coding) if failed => Plan::Hold(coding),
        Some(coding) => Plan::Stream(coding),
        None if failed || errors == Errors::Strict => Plan::Replace(Reason::Unreadable),
        None => Plan::Unread,
    }
}

/// Whether a content type is one of text: error text has one of these, or none.
pub fn is_text(content_type: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"json", b"xml", b"javascript", b"ecmascript"];
    let essence = content_type
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim_ascii();
    if essence.is_empty() || starts_with(essence, b"text/") {
        return true;
    }
    let subtype = essence
        .split(|byte| *byte == b'/')
        .nth(1)
        .unwrap_or_default();
    // Between signs, a word of the subtype: application/problem+json, application/x-ndjson.
    subtype
        .split(|byte| !byte.is_ascii_alphanumeric())
        .any(|part| WORDS.iter().any(|word| ends_with(part, word)))
}

/// Whether the character set is one whose text does not consist of ASCII's bytes.
fn is_wide(content_type: &[u8]) -> bool {
    const WIDE: [&[u8]; 7] = [
        b"utf-16", b"utf16", b"utf-32", b"utf32", b"utf-7", b"ucs-", b"cp037",
    ];
    content_type
        .split(|byte| *byte == b';')
        .skip(1)
        .any(|parameter| {
            let mut halves = parameter.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default().trim_ascii();
            let value = halves.next().unwrap_or_default().trim_ascii();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            name.eq_ignore_ascii_case(b"charset")
                && WIDE.iter().any(|wide| starts_with(value, wide))
        })
}

fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|at| text.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}
