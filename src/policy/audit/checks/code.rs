//! Where the code lies that Python runs: the modules of handlers, the directories of PythonPath, the
//! packages of a virtual environment, the scripts of mod_wsgi. Which of that is in reach.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Finding;
use super::super::check::Check;
use super::super::facts::{Bytes, Entry, Facts, Kind, LibraryKind, Mount, MountKind, Place, Said};
use super::super::interest::VIRTUAL_ENVIRONMENT;
use super::super::paths::{around, joined, name_of, parent, without_slash};
use super::ways::{Barrier, Doors, Reach, views_of, worst};
use super::{confs_of, finding};
use crate::policy::handler::has_extension;
use crate::policy::judge::Target;
use crate::policy::message::escaped;
use crate::policy::observed::{Observed, Section};

// The modules of handlers, and PythonPath.

/// The module of a handler, or of the application that mod_python.wsgi runs; nothing for what comes
/// with mod_python, which has no module of the site.
pub(super) fn own_module<'a>(module: &'a [u8], observed: &'a Observed) -> Option<&'a [u8]> {
    match module.strip_prefix(b"mod_python.") {
        Some(b"wsgi") => observed.application(),
        Some(_) => None,
        None => Some(module),
    }
}

/// The files of the modules that handlers were named for, as far as they were found.
pub(super) fn handler_modules(facts: &Facts) -> BTreeSet<&[u8]> {
    let mut files = BTreeSet::new();
    for conf in confs_of(facts, 0) {
        let observed = &conf.observed;
        for handlers in observed.handlers() {
            let own = match handlers.section() {
                Section::Directory(path) => std::slice::from_ref(path),
                _ => &[],
            };
            let directories = observed.path().unwrap_or(own);
            let modules = handlers.modules();
            for module in modules.filter_map(|module| own_module(module, observed)) {
                let file_in = |directory: &Bytes| module_file(facts, directory, module);
                files.extend(directories.iter().filter_map(file_in));
            }
        }
    }
    files
}

fn module_file<'a>(facts: &'a Facts, directory: &[u8], module: &[u8]) -> Option<&'a [u8]> {
    let part = |byte: &u8| if *byte == b'.' { b'/' } else { *byte };
    let module: Bytes = module.iter().map(part).collect();
    let path = joined(directory, &module);
    let mut known = [&b".py"[..], b"/__init__.py"].into_iter();
    known.find_map(|end| {
        let (file, _) = facts.entries.get_key_value(&[&path, end].concat())?;
        Some(file.as_slice())
    })
}

/// The directories of PythonPath that can be asked for.
pub(super) fn paths_in_reach<'a>(facts: &'a Facts, doors: &Doors<'_>) -> BTreeMap<&'a [u8], Reach> {
    let mut directories = BTreeMap::new();
    for library in &facts.libraries {
        let directory = library.directory.as_slice();
        if library.kind == LibraryKind::PythonPath
            && !directories.contains_key(directory)
            && let Some(reach) = doors.reach_into(directory)
        {
            directories.insert(directory, reach);
        }
    }
    directories
}

/// R01: the modules that run.
pub(crate) fn module_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let directories = paths_in_reach(facts, &doors);
    let mut push = |path: &[u8], why: &str, reach: &Reach| {
        let severity = reach.severity(check);
        let place = Place::Path(path.to_vec());
        let what = format!("{why} {}", reach.what);
        findings.push(finding(check, severity, place, what, Vec::new()));
    };
    for module in handler_modules(facts) {
        let is_told = around(module).any(|directory| directories.contains_key(directory));
        let entry = facts.entries.get(module).filter(|_| !is_told);
        let views = entry.map_or(&[][..], |entry| &entry.views);
        if let Some(reach) = worst(doors.ways(module, views), module, Target::File) {
            push(module, "It is a handler's module.", &reach);
        }
    }
    for (directory, reach) in &directories {
        push(directory, "PythonPath names it.", reach);
    }
}

// Packages.

/// Whether Python packages are installed in a directory of this path.
pub(super) fn is_package_directory(path: &[u8]) -> bool {
    let name = name_of(path);
    matches!(name, b"site-packages" | b"dist-packages")
        || (name_of(parent(path)) == b"lib" && name.starts_with(b"python") && name.contains(&b'.'))
}

/// The directory of packages, or the virtual environment, that an Alias leads to or into.
fn package_directory<'a>(facts: &Facts, mount: &'a Mount) -> Option<&'a [u8]> {
    let directory = mount.directory.as_slice();
    let is_it = |path: &&[u8]| {
        let environment = || joined(path, VIRTUAL_ENVIRONMENT);
        is_package_directory(path) || facts.entries.contains_key(&environment())
    };
    match mount.kind {
        MountKind::DocumentRoot => None,
        _ => std::iter::once(directory)
            .chain(around(directory))
            .find(is_it),
    }
}

/// The directories of packages that an Alias leads into: of the code there, the Alias is told, and not
/// each file, which belongs where it is.
pub(super) fn aliased_packages(facts: &Facts) -> BTreeSet<&[u8]> {
    let mounts = facts.mounts.iter();
    let aliased = mounts.filter(|mount| package_directory(facts, mount).is_some());
    aliased.map(|mount| mount.directory.as_slice()).collect()
}

/// What lies in a directory, at any depth.
pub(super) fn entries_in<'a>(
    facts: &'a Facts,
    directory: &[u8],
) -> impl Iterator<Item = (&'a Bytes, &'a Entry)> {
    let start = joined(directory, b"");
    let entries = facts.entries.range(start.clone()..);
    entries.take_while(move |(path, _)| path.starts_with(&start))
}

/// R01: an Alias to more than was meant.
pub(crate) fn package_alias(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let mut told = BTreeSet::new();
    for (number, mount) in facts.mounts.iter().enumerate() {
        let Some(package) = package_directory(facts, mount) else {
            continue;
        };
        let directory = mount.directory.as_slice();
        let source = entries_in(facts, directory).find(|(path, entry)| {
            entry.kind == Kind::File
                && has_extension(path, b"py")
                && entry.views.iter().any(|view| view.mount == number)
        });
        if (package != directory && source.is_none()) || !told.insert(&mount.place) {
            continue;
        }
        let (module, views, such_as) = match source {
            Some((path, entry)) => {
                let name = escaped(name_of(path));
                let such_as = format!(", where modules lie, such as {name}");
                (path.clone(), entry.views.to_vec(), such_as)
            }
            None => (
                joined(directory, b"module.py"),
                views_of(facts, directory),
                String::new(),
            ),
        };
        let reach = match mount.kind {
            MountKind::ScriptAlias => Some(Reach {
                barrier: Barrier::Closed,
                what: "What is there is run as a program.".to_owned(),
            }),
            _ => {
                let ways = doors.ways(&module, &views);
                let own = ways.filter(|way| way.mount == mount);
                worst(own, directory, Target::File)
            }
        };
        if let Some(reach) = reach {
            let what = format!(
                "It leads to {}{such_as}. {}",
                escaped(directory),
                reach.what
            );
            let (severity, place) = (reach.severity(check), mount.place.clone());
            findings.push(finding(check, severity, place, what, Vec::new()));
        }
    }
}

// mod_wsgi.

/// The targets of `WSGIScriptAlias`, each with its directory.
pub(super) fn wsgi_targets(facts: &Facts) -> impl Iterator<Item = (&Said, &[u8], &[u8])> {
    let aliases = (facts.said.iter()).filter(|said| said.name == "wsgiscriptalias");
    let targets = aliases.map(|said| {
        let target = said.word(1);
        let is_directory = target.ends_with(b"/")
            || (facts.entries.get(target)).is_some_and(|entry| entry.kind == Kind::Directory);
        match is_directory {
            true => (said, target, without_slash(target)),
            false => (said, target, parent(target)),
        }
    });
    targets.filter(|(_, _, directory)| !directory.is_empty())
}

/// R01: the script, and what lies beside it.
pub(crate) fn wsgi_target_in_reach(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    let doors = Doors::of(facts);
    let mut told = BTreeSet::new();
    for (said, _, directory) in wsgi_targets(facts) {
        if let Some(reach) = doors.reach_into(directory)
            && told.insert(said.place())
        {
            let what = format!("Its script lies in {}. {}", escaped(directory), reach.what);
            let severity = reach.severity(check);
            findings.push(finding(check, severity, said.place(), what, Vec::new()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::policy::audit::facts::Access;
    use crate::policy::audit::site::{NONE, Site, plain, python, settings};
    use crate::policy::settings::{Mode, Settings};

    #[test]
    fn modules_of_handlers() {
        let check = "module-in-reach";
        let files = [
            "/srv/www/dispatcher.py",
            "/srv/www/pkg/app.py",
            "/srv/www/pkg/__init__.py",
            "/srv/www/page.py",
        ];
        let places = |handler: &str| {
            Site::new(Settings::EMPTY, python(handler))
                .with(&files)
                .places(check)
        };
        assert_eq!(places("dispatcher"), ["/srv/www/dispatcher.py medium"]);
        assert_eq!(places("pkg.app::run"), ["/srv/www/pkg/app.py medium"]);
        assert_eq!(places("pkg"), ["/srv/www/pkg/__init__.py medium"]);
        assert_eq!(places("mod_python.publisher"), NONE);
        assert_eq!(places("elsewhere"), NONE);
        let mut wsgi = python("mod_python.wsgi");
        wsgi.python_option(b"mod_python.wsgi.application dispatcher");
        let site = Site::new(Settings::EMPTY, wsgi).with(&files);
        assert_eq!(site.places(check), ["/srv/www/dispatcher.py medium"]);

        // Not run there, and nothing keeps it back; and it is told once.
        let mut unmapped = python("dispatcher");
        unmapped.set_handler(b"none", false);
        let site = Site::new(settings(Mode::Off), unmapped.clone()).with(&files);
        assert_eq!(site.places(check), ["/srv/www/dispatcher.py high"]);
        let sources = site.places("source-in-reach");
        assert!(!sources.iter().any(|place| place.contains("dispatcher")));

        let path = |directory: &str| {
            let mut observed = unmapped.clone();
            observed.python_path(format!("\"['{directory}'] + sys.path\"").as_bytes());
            let file = format!("{directory}/dispatcher.py");
            Site::new(Settings::EMPTY, observed).with(&[&file]).library(
                directory,
                LibraryKind::PythonPath,
                "",
            )
        };
        assert_eq!(path("/srv/www/lib").places(check), ["/srv/www/lib medium"]);
        assert_eq!(path("/srv/www/lib").places("source-in-reach"), NONE);
        assert_eq!(path("/srv/app").places(check), NONE);
        assert_eq!(path("/srv/cgi/lib").places(check), NONE);
    }

    #[test]
    fn aliases_into_packages() {
        let check = "package-alias";
        let places = |directory: &str, kind, files: &[&str]| {
            let mut site = plain();
            site.facts.mounts[1].directory = directory.as_bytes().to_vec();
            site.facts.mounts[1].kind = kind;
            site.with(files).places(check)
        };
        let packages = "/usr/lib/python3/dist-packages";
        let alias = MountKind::Alias;
        assert_eq!(places(packages, alias, &[]), ["httpd.conf:2 medium"]);
        let trac = format!("{packages}/trac");
        let source = format!("{trac}/web/main.py");
        assert_eq!(places(&trac, alias, &[&source]), ["httpd.conf:2 medium"]);
        assert_eq!(places(&trac, MountKind::ScriptAlias, &[&source]).len(), 1);
        // The Alias is told, and not what is installed.
        let mut site = plain();
        site.facts.mounts[1].directory = packages.as_bytes().to_vec();
        let bytecode = format!("{trac}/__pycache__/x.cpython-311.pyc");
        let site = site.with(&[&source, &bytecode]);
        assert_eq!(site.places("source-in-reach"), NONE);
        assert_eq!(site.places("bytecode-in-reach"), NONE);

        let venv = ["/srv/env/pyvenv.cfg", "/srv/env/app/x.py"];
        assert_eq!(places("/srv/env/app", alias, &venv).len(), 1);
        assert_eq!(places("/srv/env", alias, &venv).len(), 1);
        assert_eq!(places("/opt/lib/python3.11", alias, &[]).len(), 1);

        let admin = format!("{packages}/django/contrib/admin/static");
        let style = format!("{admin}/admin/css/base.css");
        assert_eq!(places(&admin, alias, &[&style]), NONE);
        assert_eq!(places("/srv/static", alias, &["/srv/static/x.py"]), NONE);
        assert_eq!(
            places("/opt/lib/python", alias, &["/opt/lib/python/x.css"]),
            NONE
        );
    }

    #[test]
    fn targets_of_wsgi() {
        let places = |url: &str, target: &str| {
            let site = plain().says(&[], "wsgiscriptalias", &[url, target]);
            site.places("wsgi-target-in-reach")
        };
        assert_eq!(
            places("/app", "/srv/www/app/x.wsgi"),
            ["httpd.conf:7 medium"]
        );
        assert_eq!(places("/app", "/srv/www/scripts/"), ["httpd.conf:7 medium"]);
        assert_eq!(places("/", "/srv/static/x.wsgi"), ["httpd.conf:7 medium"]);
        assert_eq!(places("/", "/srv/www/app/x.wsgi"), NONE);
        assert_eq!(places("/app", "/srv/app/x.wsgi"), NONE);
        assert_eq!(places("/app", "/srv/cgi/x.wsgi"), NONE);
        assert_eq!(places("/app", "x.wsgi"), NONE);
        let off = Site::new(settings(Mode::Off), Observed::EMPTY);
        let off = off.says(&[], "wsgiscriptalias", &["/app", "/srv/www/x.wsgi"]);
        assert_eq!(off.places("wsgi-target-in-reach"), ["httpd.conf:7 high"]);
        // httpd refuses the modules that lie there, or the directory around.
        for (known, target) in [
            ("/srv/www/x.py", "/srv/www/x.wsgi"),
            ("/srv/www/", "/srv/www/deep/x.wsgi"),
        ] {
            let denied = plain().lets_in(Access::Denied).with(&[known]);
            let denied = denied.says(&[], "wsgiscriptalias", &["/app", target]);
            assert_eq!(denied.places("wsgi-target-in-reach"), NONE, "{target}");
        }
    }
}
