//! R05 and R07: what mod_python's publisher would run for a request, and whether it may.
//!
//! Publisher takes a page and a name in it from the URL. Any object that the page's module holds can
//! be that name's: so it is held against what the page's own source defines.

use super::judge::Unpublished;
use super::page::{Name, Page};
use super::settings::Publish;

/// What publisher would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The page's file.
    pub page: Vec<u8>,
    /// The page's name, and the names from it to the object, separated by dots.
    module: Vec<u8>,
    names: Vec<u8>,
}

/// The request as publisher sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `req.filename`
    pub filename: &'a [u8],
    /// `req.path_info`
    pub path_info: &'a [u8],
}

impl Object {
    /// What publisher would run for a request: the page that the URL names, else the page `index`
    /// of the same directory. `suffixes` are what it takes off a name, `exists` says whether there
    /// is a file. `None` where publisher itself answers that there is nothing.
    pub fn of<'a>(
        asked: Asked<'_>,
        suffixes: impl Iterator<Item = &'a [u8]>,
        exists: impl Fn(&[u8]) -> bool,
    ) -> Option<Object> {
        let slash = memchr::memrchr(b'/', asked.filename)?;
        let (directory, name) = asked.filename.split_at_checked(slash + 1)?;
        let name = if name.is_empty() { INDEX } else { name };
        let module = without_suffix(name, suffixes);
        let path = asked.path_info.get(1..).unwrap_or_default();
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let file = |module: &[u8]| [directory, module, b".py"].concat();

        let mut object = Object {
            page: file(module),
            module: module.to_vec(),
            names: path.to_vec(),
        };
        if !exists(&object.page) {
            object = Object {
                page: file(INDEX),
                module: INDEX.to_vec(),
                names: match path.is_empty() {
                    true => module.to_vec(),
                    false => [module, b"/", path].concat(),
                },
            };
            if !exists(&object.page) {
                return None;
            }
        }
        if object.names.is_empty() {
            object.names = INDEX.to_vec();
        }
        for byte in &mut object.names {
            if *byte == b'/' {
                *byte = b'.';
            }
        }
        Some(object)
    }

    /// The names from the page to the object.
    fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.names.split(|byte| *byte == b'.')
    }

    /// R07: whether a name is one that publisher should not show, the page's own included.
    pub fn hidden(&self) -> Option<Unpublished> {
        let names = || self.names().chain([self.module.as_slice()]);
        if names().any(|name| name.starts_with(b"_")) {
            Some(Unpublished::Underscore)
        } else if names().any(|name| name.is_empty() || name.starts_with(b".")) {
            Some(Unpublished::Dot)
        } else {
            None
        }
    }

    /// R05: whether the first name is one that the page may not show. `read` is asked for the page
    /// only where its source matters.
    pub fn unpublished<E>(
        &self,
        publish: &Publish,
        read: impl FnOnce(&[u8]) -> Result<std::sync::Arc<Page>, E>,
    ) -> Result<Option<Unpublished>, E> {
        let first = self.names().next().unwrap_or_default();
        if let Publish::Names(names) = publish {
            let listed = names.iter().any(|name| name == first);
            return Ok((!listed).then_some(Unpublished::NotListed));
        }
        let page = read(&self.page)?;
        Ok(match page.access(first) {
            Name::Published => None,
            Name::Imported => Some(Unpublished::Imported),
            Name::NotInAll => Some(Unpublished::NotInAll),
            Name::Undefined if page.imports_all() => Some(Unpublished::Imported),
            Name::Undefined => Some(Unpublished::Undefined),
        })
    }
}

/// The page, and the name in it, of a request that names none.
const INDEX: &[u8] = b"index";

/// The name without the longest of the suffixes that it has, and `py`. Publisher makes one regular
/// expression of them in which a dot stands for any character, and so it does here.
fn without_suffix<'n, 's>(name: &'n [u8], suffixes: impl Iterator<Item = &'s [u8]>) -> &'n [u8] {
    let longest = suffixes
        .chain([&b"py"[..]])
        .filter_map(|suffix| {
            let start = name.len().checked_sub(suffix.len() + 1)?;
            let (dot, end) = name.get(start..)?.split_first()?;
            let same = |(a, b): (&u8, &u8)| a == b || (*b == b'.' && *a != b'\n');
            (*dot == b'.' && end.iter().zip(suffix).all(same)).then_some(start)
        })
        .min();
    longest.and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn object(
        filename: &str,
        path_info: &str,
        suffixes: &[&str],
        files: &[&str],
    ) -> Option<(String, String)> {
        let asked = Asked {
            filename: filename.as_bytes(),
            path_info: path_info.as_bytes(),
        };
        let exists = |file: &[u8]| files.iter().any(|known| known.as_bytes() == file);
        let object = Object::of(asked, suffixes.iter().map(|s| s.as_bytes()), exists)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text(&object.page), text(&object.names)))
    }

    #[test]
    fn what_publisher_would_run() {
        let files = ["/s/page.py", "/s/index.py", "/s/a.b.py", "/s/x.py"];
        let table = [
            ("/s/page.py", "", "/s/page.py", "index"),
            ("/s/page.py", "/", "/s/page.py", "index"),
            ("/s/page.py", "/f", "/s/page.py", "f"),
            ("/s/page.py", "/f/", "/s/page.py", "f"),
            ("/s/page.py", "/f//", "/s/page.py", "f."),
            ("/s/page", "/f/g", "/s/page.py", "f.g"),
            ("/s/page", "/f.g", "/s/page.py", "f.g"),
            ("/s/", "", "/s/index.py", "index"),
            ("/s/missing", "", "/s/index.py", "missing"),
            ("/s/missing.py", "/f", "/s/index.py", "missing.f"),
            ("/s/mis.sing", "/f", "/s/index.py", "mis.sing.f"),
            ("/s/a.b", "/f", "/s/a.b.py", "f"),
            ("/s/x.tar.gz", "", "/s/x.py", "index"),
            ("/s/x.tar-gz", "", "/s/x.py", "index"),
            ("/s/page.py.py", "", "/s/index.py", "page.py"),
        ];
        for (filename, path_info, page, names) in table {
            let found = object(filename, path_info, &["html", "gz", "tar.gz"], &files);
            let expected = (page.to_owned(), names.to_owned());
            assert_eq!(found, Some(expected), "{filename} {path_info}");
        }
        assert_eq!(object("/t/page.py", "/f", &[], &files), None);
        assert_eq!(object("", "/f", &[], &files), None);
    }

    #[test]
    fn what_is_hidden_and_what_is_not_published() {
        let of = |module: &str, names: &str| Object {
            page: b"/s/page.py".to_vec(),
            module: module.as_bytes().to_vec(),
            names: names.as_bytes().to_vec(),
        };
        assert_eq!(of("page", "a.b").hidden(), None);
        assert_eq!(of("_page", "a").hidden(), Some(Unpublished::Underscore));
        assert_eq!(of("page", "a._b").hidden(), Some(Unpublished::Underscore));
        assert_eq!(of("page", "a..b").hidden(), Some(Unpublished::Dot));
        assert_eq!(of(".page", "a").hidden(), Some(Unpublished::Dot));

        let source = b"from os import popen\n__all__ = ['a']\ndef a(): pass\ndef b(): pass\n";
        let ask = |names: &str, publish: &Publish, source: &[u8]| {
            let page = Page::parse(source).ok().unwrap();
            of("page", names)
                .unpublished(publish, |_| Ok::<_, ()>(Arc::new(page)))
                .unwrap()
        };
        let auto = Publish::Auto;
        assert_eq!(ask("a.x", &auto, source), None);
        assert_eq!(ask("popen", &auto, source), Some(Unpublished::Imported));
        assert_eq!(ask("b", &auto, source), Some(Unpublished::NotInAll));
        assert_eq!(ask("c", &auto, source), Some(Unpublished::Undefined));
        assert_eq!(
            ask("c", &auto, b"from os import *\n"),
            Some(Unpublished::Imported)
        );
        let listed = Publish::Names(Arc::new(vec![b"popen".to_vec()]));
        assert_eq!(ask("popen", &listed, source), None);
        assert_eq!(ask("a", &listed, source), Some(Unpublished::NotListed));
    }
}
