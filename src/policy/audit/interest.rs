//! What the checks want to see of the files.

use super::facts::{Kind, View};
use super::paths::name_of;
use crate::policy::class::{classify, is_plain};
use crate::policy::handler::has_extension;
use crate::policy::page;

/// What is worth knowing of an entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Whether a check wants to see it.
    pub keep: bool,
    /// How much of its content a check wants, in bytes at most; `None`: nothing.
    pub read: Option<usize>,
}

/// How much is read of a page with server-side includes.
const LONGEST_INCLUDE: usize = 256 * 1024;

/// The usual extensions of such pages.
const INCLUDES: [&[u8]; 3] = [b"shtml", b"shtm", b"stm"];

/// The usual name of httpd's configuration in a directory, and how much is read of one.
pub(super) const HTACCESS: &[u8] = b".htaccess";
const LONGEST_HTACCESS: usize = 64 * 1024;

/// How much is read of what may be a key, to see that it is none.
const LONGEST_KEY: usize = 4096;

/// What Python writes into the directory of a virtual environment.
pub(super) const VIRTUAL_ENVIRONMENT: &[u8] = b"pyvenv.cfg";

/// Whether the checks want an entry of a directory that can be reached, or that is or lies in one
/// that Python imports from. Asked for every file of every document root.
pub fn interest(path: &[u8], kind: Kind, views: &[View], is_library: bool) -> Interest {
    let name = name_of(path);
    let keep = |keep| Interest { keep, read: None };
    if kind == Kind::Directory {
        let is_telling = !is_plain(name) && classify(name, true).is_some();
        let is_python = |view: &View| view.conf.observed.is_python_directory(path, b"");
        return keep(is_library || is_telling || views.iter().any(is_python));
    }
    let is_include = INCLUDES.iter().any(|include| has_extension(name, include));
    if is_include && views.iter().any(|view| view.conf.options.includes) {
        return Interest {
            keep: true,
            read: Some(LONGEST_INCLUDE),
        };
    }
    if name == VIRTUAL_ENVIRONMENT {
        return keep(true);
    }
    let reads_htaccess = |view: &View| view.conf.htaccess_may_run_python;
    if name == HTACCESS && views.iter().any(reads_htaccess) {
        return Interest {
            keep: true,
            read: Some(LONGEST_HTACCESS),
        };
    }
    if is_plain(name) || classify(name, false).is_none() {
        return keep(false);
    }
    if has_extension(name, b"key") {
        return Interest {
            keep: true,
            read: Some(LONGEST_KEY),
        };
    }
    let mut views = views.iter();
    let is_page = views.any(|view| view.conf.observed.publishes(name));
    Interest {
        keep: true,
        // One more than is read of a page: so it is seen to be too long.
        read: is_page.then_some(page::LONGEST + 1),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::facts::{Conf, Options};
    use super::super::site::python;
    use super::*;
    use crate::policy::observed::Observed;

    #[test]
    fn what_the_walk_keeps() {
        let view = |observed: Observed, includes| {
            let conf = Conf {
                observed,
                options: Options {
                    includes,
                    ..Options::default()
                },
                ..Conf::default()
            };
            [View {
                mount: 0,
                conf: Arc::new(conf),
            }]
        };
        let plain = view(Observed::EMPTY, false);
        let publisher = view(python("mod_python.publisher"), true);
        let (file, directory) = (Kind::File, Kind::Directory);
        // path, kind; kept, kept in a Python directory, read there
        let table = [
            ("/srv/www/logo.png", file, false, false, false),
            ("/srv/www/index.html", file, false, false, false),
            ("/srv/www/x.py", file, true, true, true),
            ("/srv/www/x.pyc", file, true, true, false),
            ("/srv/www/x.html~", file, true, true, false),
            ("/srv/www/.env", file, true, true, false),
            ("/srv/www/.htaccess", file, true, true, false),
            ("/srv/www/pyvenv.cfg", file, true, true, false),
            ("/srv/www/x.shtml", file, false, true, true),
            ("/srv/www/images", directory, false, true, false),
            ("/srv/www/.git", directory, true, true, false),
            ("/srv/www/__pycache__", directory, true, true, false),
        ];
        for (path, kind, kept, in_python, read) in table {
            let of = |views: &[View]| interest(path.as_bytes(), kind, views, false);
            let nothing = Interest {
                keep: kept,
                read: None,
            };
            assert_eq!(of(&plain), nothing, "{path}");
            assert_eq!(of(&publisher).keep, in_python, "{path}");
            assert_eq!(of(&publisher).read.is_some(), read, "{path}");
        }
        assert!(interest(b"/srv/lib", directory, &[], true).keep);
        assert!(!interest(b"/srv/lib", directory, &[], false).keep);
        assert!(interest(b"/srv/lib/x.py", file, &[], true).keep);
    }
}
