//! Paths as the checks need them: absolute, and as a word for a shell.

use super::facts::Bytes;
use crate::policy::path;

/// The last part.
pub(super) fn name_of(path: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    path.get(slash..).unwrap_or_default()
}

/// What the last part lies in; nothing, if that is the root directory.
pub(super) fn parent(path: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', path).unwrap_or_default();
    path.get(..slash).unwrap_or_default()
}

/// The directories around a path, the nearest first.
pub(super) fn around<'a>(path: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let above = |path: &&'a [u8]| Some(parent(path)).filter(|above| !above.is_empty());
    std::iter::successors(Some(path), above).skip(1)
}

/// What has this name in a directory.
pub(super) fn joined(directory: &[u8], name: &[u8]) -> Bytes {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    [directory, b"/", name].concat()
}

/// A path without slashes at its end, unless it is one.
pub(crate) fn without_slash(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let [rest @ .., b'/'] = path
        && !rest.is_empty()
    {
        path = rest;
    }
    path
}

/// Whether a path is a directory, or lies below it.
pub(super) fn covers(directory: &[u8], path: &[u8]) -> bool {
    directory == b"/" || path::below(path, directory).is_some()
}

/// A word for a shell.
pub(super) fn shell(path: &[u8]) -> String {
    let is_visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if path.iter().all(is_visible) {
        let text = String::from_utf8_lossy(path).replace('\'', "'\\''");
        return format!("'{text}'");
    }
    let text = |byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
        byte if is_visible(byte) => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", path.iter().map(text).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        assert_eq!(name_of(b"/srv/x.py"), b"x.py");
        assert_eq!(parent(b"/srv/x.py"), b"/srv");
        assert_eq!(parent(b"/srv"), b"");
        let above: Vec<&[u8]> = around(b"/srv/www/x.py").collect();
        assert_eq!(above, [&b"/srv/www"[..], b"/srv"]);
        assert_eq!(joined(b"/", b"x.py"), b"/x.py");
        assert_eq!(joined(b"/srv", b"x.py"), b"/srv/x.py");
        assert_eq!(without_slash(b"/srv//"), b"/srv");
        assert_eq!(without_slash(b"/"), b"/");
        assert!(covers(b"/srv", b"/srv/x") && covers(b"/srv/", b"/srv") && covers(b"/", b"/srv"));
        assert!(!covers(b"/srv", b"/srvx"));
    }

    #[test]
    fn words_for_a_shell() {
        assert_eq!(shell(b"/a b/it's"), "'/a b/it'\\''s'");
        assert_eq!(shell(b"a\nb'\x1b"), "$'a\\x0ab\\'\\x1b'");
    }
}
