//! The names of modules: those that two files share, and those of Python's own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Finding;
use super::super::check::Check;
use super::super::facts::{Facts, Kind, Library, LibraryKind, OF_WSGI, Place};
use super::super::paths::{joined, without_slash};
use super::code::{entries_in, is_package_directory, own_module};
use super::{confs_of, finding, in_directory, line, listed, stdlib};
use crate::policy::message::escaped;
use crate::policy::observed::{Handlers, Section};

/// The modules that lie directly in a directory, each with its file.
fn modules_in<'a>(facts: &'a Facts, directory: &[u8]) -> Vec<(&'a [u8], &'a [u8])> {
    let length = joined(directory, b"").len();
    let mut modules = Vec::new();
    for (path, entry) in entries_in(facts, directory) {
        let rest = path.get(length..).unwrap_or_default();
        let module = rest
            .strip_suffix(b"/__init__.py")
            .or_else(|| rest.strip_suffix(b".py"))
            .unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        if entry.kind == Kind::File
            && !module.is_empty()
            && module.iter().all(is_name)
            && !module.starts_with(b"__")
        {
            modules.push((module, &**path));
        }
    }
    modules
}

/// Whether what lies in the directory is imported by its name: publisher and PSP run the files of
/// theirs as pages.
fn holds_modules(facts: &Facts, library: &Library) -> bool {
    match library.kind {
        LibraryKind::PythonPath => true,
        LibraryKind::WsgiTarget => false,
        LibraryKind::Handler => confs_of(facts, 0).any(|conf| {
            let observed = &conf.observed;
            let is_here = |handlers: &&Handlers| {
                matches!(handlers.section(), Section::Directory(path)
                    if without_slash(path) == library.directory)
            };
            let here = observed.handlers().iter().filter(is_here);
            let mut modules = here.flat_map(Handlers::modules);
            modules.any(|module| own_module(module, observed).is_some())
        }),
    }
}

/// What is run and not imported, and lies beside many packages.
const PROGRAMS: [&[u8]; 4] = [b"conftest", b"manage", b"setup", b"wsgi"];

/// R08: whichever comes first is imported for both.
pub(crate) fn duplicate_module(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    // By interpreter and name.
    let mut known: BTreeMap<_, (&Library, &[u8])> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for library in &facts.libraries {
        if !holds_modules(facts, library) {
            continue;
        }
        // An interpreter that has a name is one for all servers.
        let host = library.interpreter.is_empty().then_some(library.host);
        for (module, file) in modules_in(facts, &library.directory) {
            let key = (&*library.interpreter, host, module);
            let (first, first_file) = *known.entry(key).or_insert((library, file));
            // The order of one list decides which of its directories comes first.
            let is_listed = first.place == library.place && first.kind == library.kind;
            let is_program = PROGRAMS.contains(&module);
            if first.directory == library.directory || is_listed || is_program {
                continue;
            }
            if !told.insert(file) {
                continue;
            }
            let interpreter = match library.interpreter.is_empty() {
                true => "one interpreter".to_owned(),
                false => format!("the interpreter {}", escaped(&library.interpreter)),
            };
            let what = format!(
                "{} has the same name, {}, in {interpreter}; see {} and {}.",
                escaped(first_file),
                escaped(module),
                first.place,
                library.place
            );
            let directory = &library.directory;
            let lines = match library.kind {
                LibraryKind::Handler => {
                    let name = escaped(directory);
                    in_directory(directory, line("PythonInterpreter", [name.as_bytes()]))
                }
                _ => Vec::new(),
            };
            let (severity, place) = (check.severity.0, Place::Path(file.to_vec()));
            findings.push(finding(check, severity, place, what, lines));
        }
    }
}

/// Whether Python looks there before it looks at its own modules.
fn comes_first(facts: &Facts, library: &Library) -> bool {
    match library.kind {
        // mod_python puts it in front, for publisher and PSP too.
        LibraryKind::Handler => true,
        LibraryKind::WsgiTarget => false,
        // So does mod_wsgi. What is installed is meant to be what it is.
        LibraryKind::PythonPath if library.interpreter.starts_with(OF_WSGI) => {
            !is_package_directory(&library.directory)
        }
        LibraryKind::PythonPath => facts.said.iter().any(|said| {
            let find = |needle: &[u8]| memchr::memmem::find(&said.arguments, needle);
            let is_first = |at: usize| find(b"sys.path").is_none_or(|path| at < path);
            said.name == "pythonpath"
                && !is_package_directory(&library.directory)
                && find(&library.directory).is_some_and(is_first)
        }),
    }
}

/// R08: Python's own names.
pub(crate) fn shadows_library(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for library in &facts.libraries {
        if !comes_first(facts, library) {
            continue;
        }
        for (module, file) in modules_in(facts, &library.directory) {
            if !stdlib::can_be_shadowed(module) || !told.insert(file) {
                continue;
            }
            let same = facts.libraries.iter().filter(|other| {
                other.directory == library.directory && !other.interpreter.is_empty()
            });
            let names: BTreeSet<&[u8]> = same.map(|other| &*other.interpreter).collect();
            let names: Vec<String> = names.into_iter().map(escaped).collect();
            let interpreters = match names.is_empty() {
                true => String::new(),
                false => format!(" in the interpreter {}", listed(&names)),
            };
            let what = format!(
                "`import {}`{interpreters} takes this file, and not Python's module; {} puts its directory first.",
                escaped(module),
                library.place
            );
            let place = Place::Path(file.to_vec());
            findings.push(finding(check, check.severity.0, place, what, Vec::new()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::audit::site::{NONE, Site, plain, python};
    use crate::policy::settings::Settings;

    #[test]
    fn modules_of_the_same_name() {
        let check = "duplicate-module";
        let files = [
            "/srv/www/util.py",
            "/srv/app/util.py",
            "/srv/app/__init__.py",
            "/srv/www/__init__.py",
        ];
        let places = |handler: &str, one: &str, other: &str| {
            Site::new(Settings::EMPTY, python(handler))
                .with(&files)
                .library("/srv/www", LibraryKind::Handler, one)
                .library("/srv/app", LibraryKind::PythonPath, other)
                .places(check)
        };
        assert_eq!(places("dispatcher", "i", "i"), ["/srv/app/util.py medium"]);
        assert_eq!(places("dispatcher", "", ""), ["/srv/app/util.py medium"]);
        assert_eq!(places("dispatcher", "i", "j"), NONE);
        assert_eq!(places("mod_python.publisher", "i", "i"), NONE);
        let mut package = plain()
            .with(&[
                "/srv/a/util/__init__.py",
                "/srv/b/util.py",
                "/srv/b/deep/util.py",
            ])
            .library("/srv/a", LibraryKind::PythonPath, "i")
            .library("/srv/a", LibraryKind::PythonPath, "i")
            .library("/srv/b", LibraryKind::PythonPath, "i")
            .library("/srv/c", LibraryKind::WsgiTarget, "i");
        // In one list, the first is meant to come first.
        assert_eq!(package.places(check), NONE);
        let second = package.facts.libraries.get_mut(2);
        second.unwrap().place = Place::Path(b"/etc/httpd.conf".to_vec());
        assert_eq!(package.places(check), ["/srv/b/util.py medium"]);
    }

    #[test]
    fn modules_that_hide_pythons_own() {
        let check = "shadows-library";
        let files = [
            "/srv/www/random.py",
            "/srv/www/email/__init__.py",
            "/srv/www/calendar/x.py",
            "/srv/www/index.py",
            "/srv/www/os.py",
            "/srv/www/deep/json.py",
            "/srv/www/http.html",
        ];
        let places = |kind, path: &str| {
            plain()
                .with(&files)
                .library("/srv/www", kind, "i")
                .says(&[], "pythonpath", &[path])
                .places(check)
        };
        let both = [
            "/srv/www/email/__init__.py medium",
            "/srv/www/random.py medium",
        ];
        assert_eq!(places(LibraryKind::Handler, ""), both);
        assert_eq!(
            places(LibraryKind::PythonPath, "['/srv/www'] + sys.path"),
            both
        );
        assert_eq!(
            places(LibraryKind::PythonPath, "sys.path + ['/srv/www']"),
            NONE
        );
        assert_eq!(places(LibraryKind::PythonPath, "x"), NONE);
        assert_eq!(places(LibraryKind::WsgiTarget, ""), NONE);
        let daemon = |directory: &str| {
            plain()
                .with(&[&format!("{directory}/random.py")])
                .library(directory, LibraryKind::PythonPath, "mod_wsgi:app")
                .places(check)
        };
        assert_eq!(daemon("/srv/app").len(), 1);
        assert_eq!(daemon("/srv/env/lib/python3.11/site-packages"), NONE);
    }
}
