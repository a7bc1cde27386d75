//! What lies where a URL leads and was not meant for visitors: source, bytecode, secrets, backups.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Finding;
use super::super::check::Check;
use super::super::facts::{Facts, Kind, Place};
use super::super::interest::HTACCESS;
use super::super::paths::{around, covers, joined, name_of, shell};
use super::code::{aliased_packages, handler_modules, paths_in_reach};
use super::permissions::{is_httpd_writable, is_world_writable};
use super::ways::{Barrier, Doors, Reach, Way, worst};
use super::{finding, is_enforced};
use crate::policy::class::{Class, ClassSet, Found, classify};
use crate::policy::handler::{Python, has_extension};
use crate::policy::judge::Target;
use crate::policy::settings::Bytecode;

/// What a path below a mount is, by its first telling part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Telling<'a> {
    /// The path up to there.
    place: &'a [u8],
    class: Class,
    is_directory: bool,
}

/// What a path is, if that is one of the classes.
fn telling<'a>(
    path: &'a [u8],
    rest: &[u8],
    is_directory: bool,
    classes: ClassSet,
) -> Option<Telling<'a>> {
    // What is below .well-known is nothing at all, and only the whole path shows that.
    let all = classify(rest, is_directory)?.all;
    if all.intersection(classes).is_empty() {
        return None;
    }
    let mut end = path.len().checked_sub(rest.len())?;
    while end < path.len() {
        let start = end + usize::from(path.get(end) == Some(&b'/'));
        let tail = path.get(start..)?;
        end = memchr::memchr(b'/', tail).map_or(path.len(), |length| start + length);
        let name = path.get(start..end)?;
        let is_last = end >= path.len();
        let found = classify(name, is_directory || !is_last);
        let class = found.and_then(|found| match is_last {
            true => Some(found.class),
            false => of_directory(found, name_of(path), is_directory),
        });
        if let Some(class) = class {
            let place = path.get(..end)?;
            return classes.contains(class).then_some(Telling {
                place,
                class,
                is_directory: is_directory || !is_last,
            });
        }
    }
    None
}

/// What a directory says of what has this name below it.
fn of_directory(directory: Found, name: &[u8], is_directory: bool) -> Option<Class> {
    match directory.class {
        // The code in an environment is told once.
        Class::Cache => {
            let class = classify(name, is_directory)?.class;
            matches!(class, Class::Source | Class::Bytecode).then_some(class)
        }
        Class::Metadata | Class::Log | Class::Template => None,
        class => Some(class),
    }
}

/// What can be asked for and is of these classes, with the worst of the ways that are `wanted`: one
/// for a telling directory, whatever is in it.
fn in_reach<'a>(
    doors: &'a Doors<'a>,
    facts: &'a Facts,
    classes: ClassSet,
    wanted: impl Fn(&Telling<'_>, &[u8], &Way<'_>) -> bool,
) -> BTreeMap<&'a [u8], (Telling<'a>, Reach)> {
    let mut places: BTreeMap<&[u8], (Telling<'_>, Reach)> = BTreeMap::new();
    for (path, entry) in &facts.entries {
        let (is_directory, target) = match entry.kind {
            Kind::Directory => (true, Target::Directory),
            Kind::File => (false, Target::File),
        };
        let mut told = None;
        let ways = doors.ways(path, &entry.views).filter(|way| {
            let here = telling(path, way.rest, is_directory, classes);
            let here = here.filter(|here| wanted(here, path, way));
            told = told.or(here);
            here.is_some()
        });
        let ways: Vec<Way<'_>> = ways.collect();
        let Some(told) = told else {
            continue;
        };
        let known = places.get(told.place);
        if known.is_some_and(|(_, reach)| reach.barrier == Barrier::None) {
            continue;
        }
        if let Some(reach) = worst(ways.into_iter(), told.place, target)
            && known.is_none_or(|(_, known)| reach.barrier < known.barrier)
        {
            places.insert(told.place, (told, reach));
        }
    }
    places
}

/// A finding for each of these places.
fn push(
    check: &'static Check,
    findings: &mut Vec<Finding>,
    places: BTreeMap<&[u8], (Telling<'_>, Reach)>,
    lines: impl Fn(&Telling<'_>) -> Vec<String>,
) {
    for (told, reach) in places.into_values() {
        let place = Place::Path(told.place.to_vec());
        let severity = reach.severity(check);
        findings.push(finding(check, severity, place, reach.what, lines(&told)));
    }
}

fn no_lines(_: &Telling<'_>) -> Vec<String> {
    Vec::new()
}

fn removal(told: &Telling<'_>) -> Vec<String> {
    let command = if told.is_directory { "rm -r" } else { "rm" };
    vec![format!("{command} {}", shell(told.place))]
}

/// Whether a .htaccess around a file gives files to Python: which ones is for httpd to find out.
fn is_run_by_htaccess(facts: &Facts, path: &[u8], way: &Way<'_>) -> bool {
    let names_python = |line: &[u8]| {
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let directive = words.next().unwrap_or_default().to_ascii_lowercase();
        let python = words.next().unwrap_or_default().to_ascii_lowercase();
        let python = python.strip_prefix(b"\"").unwrap_or(&python);
        let python = Python::of(python.strip_suffix(b"\"").unwrap_or(python));
        matches!(&directive[..], b"sethandler" | b"addhandler" | b"addtype") && python.is_some()
    };
    let gives = |directory: &[u8]| {
        let entry = facts.entries.get(&joined(directory, HTACCESS));
        let content = entry.and_then(|entry| entry.content.as_deref());
        let mut lines = content.unwrap_or_default().split(|byte| *byte == b'\n');
        lines.any(names_python)
    };
    // Where the module is not in force, the file is sent when the handler declines.
    way.conf.htaccess_may_run_python
        && is_enforced(way.conf)
        && around(path)
            .take_while(|directory| covers(&way.mount.directory, directory))
            .any(gives)
}

/// R01: source that is sent as a file, if anything is.
pub(crate) fn source_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let modules = handler_modules(facts);
    let packages = aliased_packages(facts);
    let libraries = paths_in_reach(facts, &doors);
    let is_told = |path: &[u8]| {
        let is_library = |path: &[u8]| libraries.contains_key(path);
        modules.contains(path) || is_library(path) || around(path).any(is_library)
    };
    let places = in_reach(
        &doors,
        facts,
        ClassSet::of(Class::Source),
        |_, path, way| {
            !packages.contains(&*way.mount.directory)
                && !way.is_run()
                && !way.is_offered()
                && !is_told(path)
                && !is_run_by_htaccess(facts, path, way)
        },
    );
    push(check, findings, places, no_lines);
}

// R13, R14: bytecode.

fn is_optimized(told: &Telling<'_>) -> bool {
    !told.is_directory && has_extension(told.place, b"pyo")
}

/// Bytecode in reach that is `.pyo`, or that is not.
fn bytecode<'a>(
    doors: &'a Doors<'a>,
    facts: &'a Facts,
    optimized: bool,
) -> BTreeMap<&'a [u8], (Telling<'a>, Reach)> {
    let packages = aliased_packages(facts);
    in_reach(
        doors,
        facts,
        ClassSet::of(Class::Bytecode),
        |told, _, way| {
            is_optimized(told) == optimized
                && !packages.contains(&*way.mount.directory)
                && !way.is_offered()
        },
    )
}

/// R13: bytecode, and the directories that Python makes for it.
pub(crate) fn bytecode_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let places = bytecode(&doors, facts, false);
    push(check, findings, places, |told| match name_of(told.place) {
        b"__pycache__" => removal(told),
        name if has_extension(name, b"pyc") => removal(told),
        // A built extension may be all that there is of a module.
        _ => Vec::new(),
    });
}

/// R14: `.pyo`
pub(crate) fn optimized_bytecode_in_reach(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    let doors = Doors::of(facts);
    push(check, findings, bytecode(&doors, facts, true), removal);
}

/// R13: where Python would leave it.
pub(crate) fn bytecode_writable(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let main = facts.hosts.first();
    if main.is_none_or(|main| main.conf.settings.bytecode() == Bytecode::Off) {
        return;
    }
    let doors = Doors::of(facts);
    let directories: BTreeSet<&[u8]> = (facts.libraries.iter())
        .map(|library| library.directory.as_slice())
        .collect();
    for directory in directories {
        let Some(entry) = facts.entries.get(directory) else {
            continue;
        };
        let is_writable = is_httpd_writable(facts, entry) || is_world_writable(entry);
        if is_writable && let Some(reach) = doors.reach_into(directory) {
            let what = format!(
                "httpd's user may write there, the mode is {:04o}, and PyGuardBytecode is On. {}",
                entry.mode, reach.what
            );
            let place = Place::Path(directory.to_vec());
            let lines = vec!["PyGuardBytecode Off".to_owned()];
            findings.push(finding(check, check.severity.0, place, what, lines));
        }
    }
}

// R15, R18: what should not lie there.

/// Names with a dot in front that hide nothing, or that httpd needs where they are.
const PUBLIC: [&[u8]; 10] = [
    b".buildinfo",
    b".editorconfig",
    b".gitattributes",
    b".gitignore",
    b".gitkeep",
    b".htaccess",
    b".keep",
    b".nojekyll",
    b".placeholder",
    b".well-known",
];

/// R15: secrets, repositories, databases.
pub(crate) fn secret_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let classes = [Class::Secret, Class::Vcs, Class::Database].map(ClassSet::of);
    let classes = classes.into_iter().fold(ClassSet::EMPTY, ClassSet::union);
    let places = in_reach(&doors, facts, classes, |told, _, _| {
        !PUBLIC.contains(&name_of(told.place))
    });
    push(check, findings, places, no_lines);
}

/// R18: backups and residue.
pub(crate) fn backup_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let classes = ClassSet::of(Class::Backup).union(ClassSet::of(Class::Editor));
    let places = in_reach(&doors, facts, classes, |_, _, _| true);
    push(check, findings, places, removal);
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::policy::audit::facts::{Access, LibraryKind};
    use crate::policy::audit::site::{
        HTTPD, NONE, OWNER, Site, exempting, plain, python, settings,
    };
    use crate::policy::observed::{Observed, Phase, Section};
    use crate::policy::settings::{Changes, Mode, Settings};

    #[test]
    fn what_lies_where_a_url_leads() {
        // check, path, place
        let table = [
            ("source-in-reach", "/srv/www/lib/x.py", "/srv/www/lib/x.py"),
            ("source-in-reach", "/srv/static/x.py", "/srv/static/x.py"),
            (
                "source-in-reach",
                "/srv/www/venv/lib/python3.11/x.py",
                "/srv/www/venv",
            ),
            ("bytecode-in-reach", "/srv/www/x.pyc", "/srv/www/x.pyc"),
            (
                "bytecode-in-reach",
                "/srv/www/__pycache__/",
                "/srv/www/__pycache__",
            ),
            (
                "bytecode-in-reach",
                "/srv/www/__pycache__/x.cpython-311.pyc",
                "/srv/www/__pycache__",
            ),
            (
                "optimized-bytecode-in-reach",
                "/srv/www/x.pyo",
                "/srv/www/x.pyo",
            ),
            ("secret-in-reach", "/srv/www/.env", "/srv/www/.env"),
            (
                "secret-in-reach",
                "/srv/www/.htpasswd",
                "/srv/www/.htpasswd",
            ),
            ("secret-in-reach", "/srv/www/.git/", "/srv/www/.git"),
            (
                "secret-in-reach",
                "/srv/www/.git/hooks/x.py",
                "/srv/www/.git",
            ),
            ("secret-in-reach", "/srv/www/site.db", "/srv/www/site.db"),
            ("backup-in-reach", "/srv/www/x.py~", "/srv/www/x.py~"),
            (
                "backup-in-reach",
                "/srv/www/.x.py.swp",
                "/srv/www/.x.py.swp",
            ),
            (
                "backup-in-reach",
                "/srv/www/venv/x.py.bak",
                "/srv/www/venv/x.py.bak",
            ),
        ];
        let checks: BTreeSet<&str> = table.iter().map(|(check, ..)| *check).collect();
        for (check, path, place) in table {
            let only = |site: &Site, severity: &str| {
                for other in &checks {
                    let expected = (*other == check).then(|| format!("{place} {severity}"));
                    let expected: Vec<String> = expected.into_iter().collect();
                    assert_eq!(site.places(other), expected, "{other}: {path}");
                }
            };
            only(&plain().with(&[path]), "low");
            let off = || Site::new(settings(Mode::Off), Observed::EMPTY).with(&[path]);
            only(&off(), "high");
            only(
                &Site::new(settings(Mode::Detect), Observed::EMPTY).with(&[path]),
                "high",
            );
            let exempt = Site::new(exempting("**/*"), Observed::EMPTY).with(&[path]);
            let is_code = check.starts_with("source") || check.contains("bytecode");
            match path.ends_with('/') {
                true => {}
                // Where nothing is for Python, code is for visitors to take home.
                false if is_code => assert_eq!(exempt.places(check), NONE, "{path}"),
                false => only(&exempt, "high"),
            }
            // httpd itself keeps it back.
            let off = |access| Site::new(settings(Mode::Off), Observed::EMPTY).lets_in(access);
            only(&off(Access::Guarded).with(&[path]), "medium");
            assert_eq!(off(Access::Denied).with(&[path]).places(check), NONE);
            let off = || off(Access::Open).with(&[path]);
            // mod_wsgi answers in its place.
            let covered = off().says(&[], "wsgiscriptalias", &["/", "/opt/app.wsgi"]);
            let is_root = path.starts_with("/srv/www/");
            assert_eq!(covered.places(check).is_empty(), is_root, "{path}");
        }
        // Nothing of that.
        let harmless = plain().with(&[
            "/srv/www/index.html",
            "/srv/www/.htaccess",
            "/srv/www/.gitignore",
            "/srv/www/.well-known/x.py",
            "/srv/www/.well-known/.env",
            "/srv/cgi/x.py",
            "/srv/cgi/.env",
            "/srv/cgi/x.py~",
            "/srv/app/x.py",
            "/srv/app/.env",
        ]);
        for check in checks {
            assert_eq!(harmless.places(check), NONE, "{check}");
        }
    }

    #[test]
    fn what_the_report_says() {
        let site = plain().with(&["/srv/www/a/x.py~", "/srv/static/it's.bak"]);
        let findings = site.findings("backup-in-reach");
        let what: Vec<&str> = findings.iter().map(|finding| &*finding.what).collect();
        assert_eq!(
            what,
            [
                "/static/it's.bak of www.example.org leads there, and only the module keeps visitors from reading it.",
                "/a/x.py~ of www.example.org leads there, and only the module keeps visitors from reading it.",
            ]
        );
        let lines: Vec<&String> = findings.iter().flat_map(|finding| &finding.lines).collect();
        assert_eq!(
            lines,
            ["rm '/srv/static/it'\\''s.bak'", "rm '/srv/www/a/x.py~'"]
        );
        let open = Site::new(exempting("*.py~"), Observed::EMPTY).with(&["/srv/www/x.py~"]);
        assert!(
            open.findings("backup-in-reach")[0]
                .what
                .contains("PyGuardExempt")
        );
        let deny = Some(Changes {
            remove: ClassSet::of(Class::Bytecode),
            ..Changes::default()
        });
        let less = Settings {
            deny,
            ..Settings::EMPTY
        };
        let open = Site::new(less, Observed::EMPTY).with(&["/srv/www/x.pyc"]);
        assert!(
            open.findings("bytecode-in-reach")[0]
                .what
                .contains("PyGuardDeny")
        );
        // Not for everybody.
        let some = |settings| {
            let site = Site::new(settings, Observed::EMPTY).lets_in(Access::Guarded);
            site.with(&["/srv/www/.env"]).findings("secret-in-reach")[0]
                .what
                .clone()
        };
        assert_eq!(
            some(settings(Mode::Off)),
            "/.env of www.example.org leads there, and whoever httpd lets in can read it: PyGuard Off lets it through."
        );
        assert_eq!(
            some(Settings::EMPTY),
            "/.env of www.example.org leads there, and only the module keeps whoever httpd lets in from reading it."
        );
    }

    #[test]
    fn source_that_a_handler_runs() {
        let check = "source-in-reach";
        let with = |say: &dyn Fn(&mut Observed)| {
            let mut observed = Observed::EMPTY;
            say(&mut observed);
            Site::new(settings(Mode::Off), observed).with(&["/srv/www/x.py"])
        };
        assert_eq!(with(&|_| ()).places(check).len(), 1);
        let run: [&dyn Fn(&mut Observed); 6] = [
            &|observed| *observed = python("mod_python.publisher"),
            &|observed| {
                observed.set_handler(b"wsgi-script", false);
            },
            &|observed| {
                observed.set_handler(b"cgi-script", true);
            },
            &|observed| observed.add_suffixes(b"cgi-script .py .cgi"),
            &|observed| {
                observed.add_handler(b"mod_python .py", true);
            },
            &|observed| observed.python_handler(Phase::Handler, b"x | .py", &Section::Server),
        ];
        for say in run {
            assert_eq!(with(say).places(check), NONE);
        }
        let sent: [&dyn Fn(&mut Observed); 3] = [
            &|observed| observed.add_suffixes(b"cgi-script .cgi"),
            &|observed| {
                observed.set_handler(b"none", false);
            },
            &|observed| {
                observed.add_suffixes(b"cgi-script .py");
                observed.remove_suffixes(b".py");
            },
        ];
        for say in sent {
            assert_eq!(with(say).places(check).len(), 1);
        }
    }

    #[test]
    fn where_bytecode_would_appear() {
        let with = |bytecode, directory: &str, mode| {
            let settings = Settings {
                bytecode: Some(bytecode),
                ..Settings::EMPTY
            };
            let site = Site::new(settings, Observed::EMPTY)
                .library(directory, LibraryKind::Handler, "")
                .owned(&format!("{directory}/"), mode, (OWNER, HTTPD));
            site.places("bytecode-writable")
        };
        assert_eq!(
            with(Bytecode::On, "/srv/www/lib", 0o775),
            ["/srv/www/lib low"]
        );
        assert_eq!(with(Bytecode::Off, "/srv/www/lib", 0o775), NONE);
        assert_eq!(with(Bytecode::On, "/srv/www/lib", 0o755), NONE);
        assert_eq!(with(Bytecode::On, "/srv/app", 0o775), NONE);
    }
}
