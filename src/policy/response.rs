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
        // Some are named there that are none.
        const PLAIN: [&[u8]; 5] = [b"", b"identity", b"none", b"utf-8", b"8bit"];
        const KNOWN: [(&[u8], Coding); 4] = [
            (b"gzip", Coding::Gzip),
            (b"x-gzip", Coding::Gzip),
            (b"deflate", Coding::Deflate),
            (b"br", Coding::Brotli),
        ];
        let mut names = value
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .filter(|name| !PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(name)));
        match (names.next(), names.next()) {
            (None, _) => Some(Coding::Identity),
            (Some(name), None) => KNOWN
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, coding)| *coding),
            _ => None,
        }
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
    const WORDS: [&[u8]; 6] = [
        b"json",
        b"xml",
        b"javascript",
        b"ecmascript",
        b"yaml",
        b"urlencoded",
    ];
    let essence = content_type
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim_ascii();
    // What is no type at all is guessed by the browser.
    let is_type = essence.contains(&b'/') && !essence.starts_with(b"*");
    if !is_type || starts_with(essence, b"text/") || starts_with(essence, b"multipart/") {
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

/// Whether a body of this content type is read while it comes: a JSON document a line, or events.
pub fn is_stream(content_type: &[u8]) -> bool {
    const STREAMS: [&[u8]; 4] = [b"event-stream", b"ndjson", b"json-seq", b"jsonl"];
    let essence = content_type.split(|byte| *byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    STREAMS.iter().any(|stream| ends_with(essence, stream))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn response<'a>(status: u16, content_type: &'a str, content_encoding: &'a str) -> Response<'a> {
        Response {
            status,
            content_type: content_type.as_bytes(),
            content_encoding: content_encoding.as_bytes(),
            is_error_document: false,
        }
    }

    fn with(errors: Errors) -> Settings {
        Settings {
            errors: Some(errors),
            ..Settings::EMPTY
        }
    }

    #[test]
    fn what_is_done_with_a_response() {
        use Coding::{Brotli, Deflate, Gzip, Identity};
        use Errors::{Log, Off, Replace, Scrub, Strict};
        let refused = Plan::Replace(Reason::Unreadable);
        let table = [
            (
                Scrub,
                200,
                "text/html; charset=utf-8",
                "",
                Plan::Stream(Identity),
            ),
            (Scrub, 404, "text/plain", "", Plan::Stream(Identity)),
            (Scrub, 500, "text/html", "", Plan::Hold(Identity)),
            (Scrub, 599, "", "", Plan::Hold(Identity)),
            (Scrub, 200, "application/json", "gzip", Plan::Stream(Gzip)),
            (Scrub, 503, "application/json", "X-GZIP ", Plan::Hold(Gzip)),
            (Scrub, 200, "text/html", "deflate", Plan::Stream(Deflate)),
            (Scrub, 200, "text/html", "br", Plan::Stream(Brotli)),
            (Scrub, 200, "text/html", "identity", Plan::Stream(Identity)),
            (Scrub, 200, "text/html", "none", Plan::Stream(Identity)),
            (
                Scrub,
                200,
                "text/html",
                "identity, GZip",
                Plan::Stream(Gzip),
            ),
            (Scrub, 200, "text/html", "zstd", Plan::Unread),
            (Scrub, 200, "text/html", "gzip, gzip", Plan::Unread),
            (Scrub, 500, "text/html", "zstd", refused),
            (Strict, 200, "text/html", "zstd", refused),
            (Strict, 200, "text/html; charset=UTF-16LE", "", refused),
            (
                Scrub,
                200,
                "text/html;x=y; Charset = \"utf-16\"",
                "",
                Plan::Unread,
            ),
            (Scrub, 200, "image/png", "zstd", Plan::Pass),
            (Scrub, 500, "image/png", "", Plan::Pass),
            (
                Replace,
                500,
                "image/png",
                "zstd",
                Plan::Replace(Reason::Error),
            ),
            (Replace, 499, "text/html", "", Plan::Stream(Identity)),
            (Log, 500, "text/html", "", Plan::Watch(Identity)),
            (Log, 200, "text/html", "zstd", Plan::Pass),
            (Off, 500, "text/html", "", Plan::Pass),
        ];
        for (errors, status, content_type, encoding, wanted) in table {
            let response = response(status, content_type, encoding);
            assert_eq!(
                plan(&response, &with(errors)),
                wanted,
                "{errors:?} {response:?}"
            );
        }
        let page = response(500, "text/html", "");
        for (mode, wanted) in [
            (Mode::Off, Plan::Pass),
            (Mode::Detect, Plan::Watch(Identity)),
        ] {
            let settings = Settings {
                mode: Some(mode),
                ..with(Replace)
            };
            assert_eq!(plan(&page, &settings), wanted);
        }
        // The page that an ErrorDocument names is not replaced by itself.
        let document = Response {
            is_error_document: true,
            ..page
        };
        assert_eq!(plan(&document, &with(Replace)), Plan::Hold(Identity));
    }

    #[test]
    fn what_is_text() {
        for text in [
            "",
            "text/html",
            "TEXT/Plain;x",
            "application/json",
            "application/problem+json",
            "application/xhtml+xml",
            "image/svg+xml",
            "application/x-javascript",
            "application/ecmascript",
            "application/x-ndjson",
            "text/event-stream",
            "application/geo+json; charset=utf-8",
            "html",
            "*/*",
            "multipart/x-mixed-replace",
            "application/x-yaml",
            "application/json-seq",
        ] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        for other in [
            "image/png",
            "application/octet-stream",
            "video/mp4",
            "application/zip",
            "font/woff2",
            "application/wasm",
        ] {
            assert!(!is_text(other.as_bytes()), "{other}");
        }
        for stream in [
            "text/event-stream; charset=utf-8",
            "application/x-ndjson",
            "application/json-seq",
            "application/jsonl",
        ] {
            assert!(is_stream(stream.as_bytes()), "{stream}");
        }
        assert!(!is_stream(b"application/json") && !is_stream(b""));
    }
}
