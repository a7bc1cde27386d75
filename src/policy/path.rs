//! Which part of a file's name is the site's and gets judged.

use super::class::is_plain;

/// The part of `filename` below `root`, the document root or alias it was mapped by; `None` where
/// another way led to the file.
#[inline]
pub fn below<'a>(filename: &'a [u8], root: &[u8]) -> Option<&'a [u8]> {
    // A root has no trailing slash as httpd writes it, unless it is one.
    let root = if root.len() > 1 {
        root.strip_suffix(b"/").unwrap_or(root)
    } else {
        b""
    };
    let rest = filename.get(root.len()..)?;
    let below =
        !root.is_empty() && matches!(rest.first(), Some(b'/') | None) && filename.starts_with(root);
    below.then_some(rest)
}

/// The longest name of a file, and the longest path below a document root, in bytes, that are taken
/// to be possible.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 3072;

/// The beginning of a URL path that httpd would refuse to map to a file, because it is too long; `None`
/// where it is not.
pub fn mappable(url_path: &[u8]) -> Option<&[u8]> {
    let kept = url_path.get(..LONGEST_PATH)?;
    let slash = memchr::memrchr(b'/', kept).unwrap_or(0);
    kept.get(..=slash)
}

/// A file name with names in it that are too long to be a file's: each by its end. `None` where none
/// is.
pub fn possible(filename: &[u8]) -> Option<Vec<u8>> {
    let is_slash = |byte: &u8| *byte == b'/';
    let too_long = |name: &[u8]| name.len() > LONGEST_NAME;
    if !filename.split(is_slash).any(too_long) {
        return None;
    }
    let names = filename.split(is_slash).map(|name| {
        let start = name.len().saturating_sub(LONGEST_NAME);
        name.get(start..).unwrap_or(name)
    });
    Some(names.collect::<Vec<_>>().join(&b'/'))
}

/// For a file that a rewrite, an `AliasMatch` or an include led to: the part that file name and
/// URL path have in common at their ends, and the last component in any case. `path_info`, what
/// the URL path has beyond the file, is not part of it.
pub fn in_common<'a>(filename: &'a [u8], url_path: &[u8], path_info: &[u8]) -> &'a [u8] {
    let url_path = url_path.strip_suffix(path_info).unwrap_or(url_path);
    let is_slash = |byte: &u8| *byte == b'/';
    let mut file = filename.rsplit(is_slash);
    let mut url = url_path.rsplit(is_slash);
    let mut length = 0;
    // A trailing slash gives an empty component first.
    if filename.ends_with(b"/") {
        file.next();
        length += 1;
        if url_path.ends_with(b"/") {
            url.next();
        }
    }
    let mut same = true;
    let mut first = true;
    for component in file {
        same = same && url.next() == Some(component);
        if !same && !first {
            break;
        }
        length += component.len() + 1;
        first = false;
    }
    filename
        .get(filename.len().saturating_sub(length)..)
        .unwrap_or(filename)
}

/// `common`, the end of `filename`, or more of it: from the first directory on whose name is telling
/// and which the client named, anywhere in the URL path or the (decoded) query. A pattern may have
/// taken it from there.
pub fn from_named<'a>(
    filename: &'a [u8],
    common: &'a [u8],
    url_path: &[u8],
    query: &[u8],
) -> &'a [u8] {
    let is_named = |name: &[u8]| {
        let separates = |byte: &u8| matches!(byte, b'/' | b'&' | b';' | b'=' | b'?' | b',' | b'+');
        let mut words = url_path.split(separates).chain(query.split(separates));
        words.any(|word| word == name)
    };
    let before = filename.len().saturating_sub(common.len());
    let mut start = 0;
    for name in filename
        .get(..before)
        .unwrap_or_default()
        .split(|byte| *byte == b'/')
    {
        if !is_plain(name) && is_named(name) {
            return filename.get(start..).unwrap_or(common);
        }
        start += name.len() + 1;
    }
    common
}

/// The path of a URL with its `%XX` decoded once, whatever they stand for. For decisions that must
/// not miss a name, made before httpd has decoded the path.
pub fn decoded(url_path: &[u8]) -> Vec<u8> {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut path = Vec::with_capacity(url_path.len());
    let mut rest = url_path;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        path.push(*byte);
        if *byte == b'%'
            && let (Some(high), Some(low)) = (hex(after.first()), hex(after.get(1)))
        {
            path.pop();
            path.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = after.get(2..).unwrap_or_default();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_the_root_or_in_common() {
        // file name, root, URL path, path info, judged
        let table = [
            ("/srv/www/a/b.py", "/srv/www", "/a/b.py", "", "/a/b.py"),
            ("/srv/www/a/b.py", "/srv/www/", "/a/b.py", "", "/a/b.py"),
            ("/srv/www.old/b.py", "/srv/www", "/b.py", "", "/b.py"),
            ("/srv/www", "/srv/www", "/", "", ""),
            ("/srv/www/", "/srv/www", "/", "", "/"),
            (
                "/home/me/.cache/site/x.css",
                "/srv/www",
                "/static/x.css",
                "",
                "/x.css",
            ),
            (
                "/opt/app/.git/config",
                "/srv/www",
                "/s/.git/config",
                "",
                "/.git/config",
            ),
            ("/opt/.git/config", "/srv/www", "/other", "", "/config"),
            (
                "/opt/app/page.py",
                "/srv/www",
                "/s/page.py/more/info",
                "/more/info",
                "/page.py",
            ),
            ("/opt/app/.git/", "/srv/www", "/s/.git/", "", "/.git/"),
            ("/opt/app/.git/", "/srv/www", "/s/.git", "", "/.git/"),
            ("/etc/x", "/", "/etc/x", "", "/etc/x"),
            ("/etc/.git/x", "/", "/x", "", "/x"),
            ("x", "", "", "", "x"),
        ];
        for (filename, root, url, info, judged) in table {
            let filename = filename.as_bytes();
            let got = below(filename, root.as_bytes())
                .unwrap_or_else(|| in_common(filename, url.as_bytes(), info.as_bytes()));
            assert_eq!(String::from_utf8_lossy(got), judged, "{root} {url}");
        }
    }

    #[test]
    fn what_a_pattern_took_from_the_url() {
        let judged = |filename: &str, url: &str, query: &str| {
            let filename = filename.as_bytes();
            let common = in_common(filename, url.as_bytes(), b"");
            let named = from_named(filename, common, url.as_bytes(), query.as_bytes());
            String::from_utf8_lossy(named).into_owned()
        };
        let file = "/out/docs/.git/config";
        assert_eq!(judged(file, "/docs/.git/config/view", ""), ".git/config");
        assert_eq!(judged(file, "/wiki/.git/config.html", ""), ".git/config");
        assert_eq!(judged(file, "/raw", "f=.git/config"), ".git/config");
        assert_eq!(judged(file, "/am/.git//config", ""), ".git/config");
        assert_eq!(judged(file, "/am/config", ""), "/config");
        // Where the site lies is not the client's doing.
        assert_eq!(judged("/home/me/.site/home/x", "/home/me/x", ""), "/x");
    }

    #[test]
    fn what_could_be_a_file() {
        assert_eq!(possible(b"/a/b"), None);
        let long = "x".repeat(300);
        let shorter = possible(format!("/a/{long}.py/b").as_bytes());
        let expected = format!("/a/{}.py/b", "x".repeat(252));
        assert_eq!(shorter, Some(expected.into_bytes()));
        assert_eq!(mappable(b"/a/b"), None);
        let deep = "/ab".repeat(2000);
        let deep = mappable(deep.as_bytes()).unwrap_or_default();
        assert!(deep.len() > 3000 && deep.len() <= 3072 && deep.ends_with(b"/"));
    }

    #[test]
    fn decoding() {
        assert_eq!(decoded(b"/%2egit%2Fconfig"), b"/.git/config");
        assert_eq!(decoded(b"/a%zz%4"), b"/a%zz%4");
        assert_eq!(decoded(b"/%252e"), b"/%2e");
        assert_eq!(decoded(b"%00%ff%"), b"\x00\xff%");
    }
}
