//! What httpd's handler name says about how a request is answered.

/// How a request is answered, as far as its handler tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The bytes of the file are sent, or copied to where they can be fetched.
    Static,
    /// httpd lists the directory, or looks for its index.
    Directory,
    /// Some program answers.
    Dynamic,
}

/// Which Python a handler name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Python {
    /// mod_python.
    ModPython,
    /// mod_wsgi.
    Wsgi,
    /// A CGI program: Python where its name says so.
    Cgi,
}

/// Handlers that send the bytes of the file itself, besides httpd's own default handler.
const SENDS_THE_FILE: [&[u8]; 7] = [
    b"application/x-httpd-imap",
    b"application/x-httpd-php-source",
    b"default-handler",
    b"imap-file",
    b"send-as-is",
    b"server-parsed",
    b"type-map",
];

/// httpd's name for what a directory is answered with.
const DIRECTORY: &[u8] = b"httpd/unix-directory";

impl Answer {
    /// How a handler of this name answers. The name is `r->handler` or, where that is not set, the
    /// content type, which httpd then uses in its place; parameters (`; charset=...`) may follow.
    pub fn of(handler: &[u8]) -> Answer {
        let name = without_parameters(handler);
        if name == DIRECTORY {
            Answer::Directory
        } else if name.is_empty() || SENDS_THE_FILE.contains(&name) || is_content_type(name) {
            Answer::Static
        } else {
            Answer::Dynamic
        }
    }
}

impl Python {
    /// The Python behind a handler name; `None` where it is none that is known.
    pub fn of(handler: &[u8]) -> Option<Python> {
        match without_parameters(handler) {
            b"mod_python" | b"python-program" => Some(Python::ModPython),
            b"wsgi-script" | b"application/x-httpd-wsgi" => Some(Python::Wsgi),
            b"cgi-script" | b"application/x-httpd-cgi" => Some(Python::Cgi),
            _ => None,
        }
    }

    /// The name for log lines.
    pub const fn name(self) -> &'static str {
        match self {
            Python::ModPython => "mod_python",
            Python::Wsgi => "mod_wsgi",
            Python::Cgi => "CGI",
        }
    }
}

/// What every handler name that [`Python::of`] knows begins with: a look that is cheap enough for
/// every request.
pub const PYTHON_PREFIXES: [&[u8]; 5] = [
    b"mod_python",
    b"python-program",
    b"wsgi-script",
    b"cgi-script",
    b"application/x-httpd-",
];

/// Whether a file name ends in this extension (lower case, without the dot).
pub fn has_extension(name: &[u8], extension: &[u8]) -> bool {
    memchr::memrchr(b'.', name)
        .and_then(|dot| name.get(dot + 1..))
        .is_some_and(|last| last.eq_ignore_ascii_case(extension))
}

fn without_parameters(handler: &[u8]) -> &[u8] {
    let end = memchr::memchr(b';', handler).unwrap_or(handler.len());
    handler.get(..end).unwrap_or(handler).trim_ascii_end()
}

/// A content type that names a kind of file and not, as `application/x-httpd-php` or
/// `proxy:fcgi://...` do, who runs it.
fn is_content_type(name: &[u8]) -> bool {
    name.contains(&b'/') && !name.starts_with(b"application/x-httpd-") && !name.contains(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_and_content_types() {
        let table: [(&[u8], Answer); 16] = [
            (b"", Answer::Static),
            (b"text/html", Answer::Static),
            (b"text/x-python; charset=utf-8", Answer::Static),
            (b"application/x-type-map", Answer::Static),
            (b"default-handler", Answer::Static),
            (b"send-as-is", Answer::Static),
            (b"httpd/send-as-is", Answer::Static),
            (b"httpd/unix-directory", Answer::Directory),
            (b"mod_python", Answer::Dynamic),
            (b"wsgi-script", Answer::Dynamic),
            (b"cgi-script", Answer::Dynamic),
            (b"application/x-httpd-php", Answer::Dynamic),
            (b"application/x-httpd-cgi", Answer::Dynamic),
            (b"proxy:fcgi://127.0.0.1:9000", Answer::Dynamic),
            (b"proxy-server", Answer::Dynamic),
            (b"server-status", Answer::Dynamic),
        ];
        for (handler, answer) in table {
            assert_eq!(
                Answer::of(handler),
                answer,
                "{}",
                String::from_utf8_lossy(handler)
            );
        }
    }

    #[test]
    fn which_handlers_are_for_python() {
        let table: [(&[u8], Option<Python>); 8] = [
            (b"mod_python", Some(Python::ModPython)),
            (b"python-program", Some(Python::ModPython)),
            (b"wsgi-script", Some(Python::Wsgi)),
            (b"application/x-httpd-wsgi; x=y", Some(Python::Wsgi)),
            (b"cgi-script", Some(Python::Cgi)),
            (b"application/x-httpd-cgi", Some(Python::Cgi)),
            (b"text/x-python", None),
            (b"", None),
        ];
        for (handler, python) in table {
            let text = String::from_utf8_lossy(handler);
            assert_eq!(Python::of(handler), python, "{text}");
            let begins = PYTHON_PREFIXES
                .iter()
                .any(|prefix| handler.starts_with(prefix));
            assert!(python.is_none() || begins, "{text}");
        }
    }
}
