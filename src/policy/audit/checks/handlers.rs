//! What should run, and may not: httpd sends the file then.

use super::super::paths::name_of;
use super::*;
use crate::policy::class::{Class, classify};
use crate::policy::observed::Phase;

/// A module that runs Python.
struct Needed {
    /// The sources, of which one must be loaded.
    sources: &'static [&'static str],
    /// Its name, for sentences.
    name: &'static str,
    /// Whether a directive needs it.
    by: fn(&Said) -> bool,
    /// How `LoadModule` loads it.
    load: &'static str,
    /// Debian's name for it.
    debian: &'static str,
}

const NEEDED: [Needed; 3] = [
    Needed {
        sources: &[MOD_PYTHON],
        name: "mod_python",
        by: |said| runs_python(&said.name) || gives_files(said) == Some(Python::ModPython),
        load: "python_module modules/mod_python.so",
        debian: "python",
    },
    Needed {
        sources: &[MOD_WSGI],
        name: "mod_wsgi",
        by: |said| said.name.starts_with("wsgi") || gives_files(said) == Some(Python::Wsgi),
        load: "wsgi_module modules/mod_wsgi.so",
        debian: "wsgi",
    },
    Needed {
        sources: &["mod_cgid.c", "mod_cgi.c"],
        name: "mod_cgid (or mod_cgi)",
        by: is_cgi_python,
        load: "cgid_module modules/mod_cgid.so",
        debian: "cgid",
    },
];

fn gives_files(said: &Said) -> Option<Python> {
    gives_to(&said.name, said.word(0))
}

/// R20: what should run is not there. One finding for each module.
pub(crate) fn module_not_loaded(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if facts.modules.is_empty() {
        return;
    }
    for needed in NEEDED {
        if needed.sources.iter().any(|source| is_loaded(facts, source)) {
            continue;
        }
        let mut said = facts.said.iter().filter(|said| (needed.by)(said));
        let Some(first) = said.next() else {
            continue;
        };
        let count = match said.count() {
            0 => "This directive needs".to_owned(),
            more => format!("This directive and {more} more need"),
        };
        let what = format!(
            "{count} {}, which is not loaded: what should be run would be sent as a file.",
            needed.name
        );
        // Debian's name for the file.
        let line = match facts.main_file.ends_with(b"/apache2.conf") {
            true => format!("a2enmod {}", needed.debian),
            false => format!("LoadModule {}", needed.load),
        };
        let severity = check.severity.0;
        findings.push(finding(check, severity, first.place(), what, vec![line]));
    }
}

/// R20: a configuration that is still one when the module is gone. Settings of Python alone (PythonPath,
/// PythonOption) open nothing.
pub(crate) fn conditional_handler(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    let mut told: Vec<Place> = Vec::new();
    // One block for each module that could run the application is usual, and so is a block for an
    // application that is not there.
    let runs_otherwise = is_loaded(facts, MOD_PYTHON) || is_loaded(facts, MOD_WSGI);
    let has_source = facts.entries.iter().any(|(path, entry)| {
        let class = classify(name_of(path), false).map(|found| found.class);
        !entry.views.is_empty() && class == Some(Class::Source)
    });
    for conditional in &facts.conditional {
        let name = conditional.name.to_ascii_lowercase();
        // As it is written, perhaps in quotes.
        let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
        let mut words = conditional.arguments.split(between);
        let first = words.find(|word| !word.is_empty()).unwrap_or_default();
        let place = Place::Line(conditional.file.clone(), conditional.line);
        if !is_python(&name, first) || told.contains(&place) {
            continue;
        }
        told.push(place.clone());
        let is_there = is_loaded(facts, &conditional.module);
        if !is_there && (runs_otherwise || !has_source) {
            continue;
        }
        let module = escaped(conditional.module.as_bytes());
        let directive = escaped(conditional.name.as_bytes());
        let what = match is_there {
            true => format!(
                "{directive} is in force only while {module} is loaded: {}",
                lowered(check.risk)
            ),
            false => format!(
                "{directive} is not in force, as {module} is not loaded: what should be run is sent as \
                 a file, and nothing says so."
            ),
        };
        let severity = severity(check, is_there);
        findings.push(finding(check, severity, place, what, Vec::new()));
    }
}

/// R20: files go to mod_python, and nothing there says what runs.
pub(crate) fn handler_forgotten(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    for said in &facts.said {
        let Some(conf) = conf_of(facts, said) else {
            continue;
        };
        if gives_files(said) != Some(Python::ModPython)
            || is_in_files(said)
            || may_have_handler(facts, said, conf)
        {
            continue;
        }
        let what = match guards_python(conf) {
            true => {
                "Files here are given to mod_python, and no PythonHandler says what runs: nothing \
                 answers, and only the module keeps httpd from sending the files."
            }
            false => {
                "Files here are given to mod_python, and no PythonHandler says what runs: it \
                 declines, and httpd sends the files."
            }
        };
        let severity = severity(check, guards_python(conf));
        findings.push(Finding {
            fix: "Write a PythonHandler with the module that answers, or take this line out."
                .to_owned(),
            ..finding(check, severity, said.place(), what.to_owned(), Vec::new())
        });
    }
}

/// Whether something says what mod_python runs for the files that a directive gives to it. Where another
/// section, a .htaccess or a handler of an earlier phase could say it, nothing is proven.
fn may_have_handler(facts: &Facts, said: &Said, conf: &Conf) -> bool {
    let sets = said.name == "sethandler";
    let is_reading = |conf: &Conf| conf.htaccess_may_run_python;
    let applies = |other: &Said| {
        is_handler(&other.name)
            && are_related(other.host, said.host)
            && is_inside(facts, other, said, sets)
    };
    let mut handlers = conf.observed.handlers().iter();
    handlers.any(|h| h.phase() != Phase::Filter)
        || (sets && !conf.observed.sets_mod_python())
        || is_reading(conf)
        || (said.is_of_server() && confs_of(facts, said.host).any(is_reading))
        || facts.said.iter().any(applies)
}

/// Whether a handler may run for files of a section, from a section of its own. Where `SetHandler`
/// `gives_all`, the files of the section itself still have none if it is named further in.
fn is_inside(facts: &Facts, handler: &Said, said: &Said, gives_all: bool) -> bool {
    match (section(handler), section(said)) {
        (Section::Location(url), Section::Directory(path))
        | (Section::Directory(path), Section::Location(url)) => may_lead(facts, &url, &path),
        (Section::Location(inner), Section::Location(outer)) => {
            inner == outer || is_pattern(&inner) || is_pattern(&outer) || overlap(&inner, &outer)
        }
        (Section::Directory(inner), Section::Directory(outer)) => match gives_all {
            true => inner == outer,
            false => covers(&outer, &inner),
        },
        (Section::Directory(_), Section::Server) => !gives_all,
        // One of the server is in what is merged already, but not if it stands in <Files>.
        (_, _) => true,
    }
}

/// Whether a URL that is below this one, or leads to it, may be that of a file in a directory.
fn may_lead(facts: &Facts, url: &[u8], directory: &[u8]) -> bool {
    let is_there =
        |host: usize| target(facts, host, url).is_none_or(|target| overlap(&target, directory));
    is_pattern(url) || (0..facts.hosts.len()).any(is_there)
}

/// A URL that is not a path is one of `<LocationMatch>`.
fn is_pattern(url: &[u8]) -> bool {
    !url.starts_with(b"/")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::MOD_WSGI;
    use super::super::reader::*;
    use crate::policy::audit::facts::Conditional;
    use crate::policy::audit::site::plain;

    #[test]
    fn missing_modules() {
        let with = |text: &str, modules: &[&str]| {
            let mut facts = server(text);
            facts.modules = modules.iter().map(|name| (*name).to_owned()).collect();
            found("module-not-loaded", &facts)
        };
        let other = &["core.c"];
        assert_eq!(
            with("PythonHandler a\nAddHandler mod_python .py", other),
            "high:1"
        );
        assert_eq!(with("PythonHandler a", &["mod_python.c"]), "");
        assert_eq!(with("SetHandler python-program", other), "high:1");
        assert_eq!(with("SetHandler server-status\nPythonDebug On", other), "");
        assert_eq!(
            with("WSGIScriptAlias / /x/y\nSetHandler wsgi-script", other),
            "high:1"
        );
        assert_eq!(with("WSGIScriptAlias / /x/y", &["mod_wsgi.c"]), "");
        assert_eq!(with("AddHandler cgi-script .py", other), "high:1");
        assert_eq!(with("AddHandler cgi-script .py", &["mod_cgi.c"]), "");
        assert_eq!(with("AddHandler cgi-script .cgi", other), "");
        assert_eq!(
            with("PythonHandler a\nWSGIScriptAlias / /x/y", other),
            "high:1 high:2"
        );
        assert_eq!(with("PythonHandler a", &[]), "");

        let mut facts = server("PythonHandler a");
        facts.modules = vec!["core.c".to_owned()];
        let line = "LoadModule python_module modules/mod_python.so";
        assert_eq!(advice("module-not-loaded", &facts), [line]);
        facts.main_file = b"/etc/apache2/apache2.conf".to_vec();
        assert_eq!(advice("module-not-loaded", &facts), ["a2enmod python"]);
    }

    #[test]
    fn conditions() {
        let table = [
            ("PythonHandler", "a", "mod_python.c", 1, "low:1"),
            ("pythonaccesshandler", "a", "mod_python.c", 2, "low:2"),
            (
                "AddHandler",
                "\"mod_python\" .py",
                "mod_python.c",
                1,
                "low:1",
            ),
            ("AddHandler", "cgi-script .py", "mod_python.c", 1, ""),
            // The other of two ways to run the same.
            ("WSGIScriptAlias", "/ /x/y", "mod_wsgi.c", 1, ""),
            ("WSGIPythonPath", "/x", "mod_wsgi.c", 1, ""),
            ("PythonOption", "a b", "mod_python.c", 1, ""),
        ];
        for (name, arguments, module, line, expected) in table {
            let one = Conditional {
                name: name.to_owned(),
                arguments: arguments.as_bytes().to_vec(),
                module: module.to_owned(),
                file: FILE.to_vec(),
                line,
            };
            let mut facts = server("");
            facts.conditional = vec![one.clone(), one];
            assert_eq!(found("conditional-handler", &facts), expected, "{name}");
        }
        for (name, arguments) in [
            ("WSGIScriptAlias", "/ /x/y"),
            ("SetHandler", "  wsgi-script"),
        ] {
            let mut facts = plain().facts;
            facts.modules.clear();
            facts.conditional = vec![Conditional {
                name: name.to_owned(),
                arguments: arguments.as_bytes().to_vec(),
                module: MOD_WSGI.to_owned(),
                file: FILE.to_vec(),
                line: 1,
            }];
            assert_eq!(found("conditional-handler", &facts), "", "{name}");
            facts.entries = plain().with(&["/srv/www/x.py"]).facts.entries;
            assert_eq!(found("conditional-handler", &facts), "high:1", "{name}");
        }
    }

    #[test]
    fn no_handler() {
        let set = "<Directory /srv>\nSetHandler mod_python\n</Directory>\n";
        holds(
            "handler-forgotten",
            &[
                (set, "medium:2"),
                (&format!("PyGuard Off\n{set}"), "high:3"),
                (&set.replace("</", "PythonHandler a\n</"), ""),
                (&set.replace("</", "PythonFixupHandler a\n</"), ""),
                (&set.replace("</", "AllowOverride FileInfo\n</"), ""),
                (&set.replace("</", "SetHandler none\n</"), ""),
                (
                    &set.replace("</", "<Files x>\nPythonHandler a\n</Files>\n</"),
                    "",
                ),
                (&format!("{set}PythonHandler a"), ""),
                (
                    &format!("{set}<Directory /srv/x>\nPythonHandler a\n</Directory>"),
                    "medium:2",
                ),
                (
                    &format!("{set}<Location /x>\nPythonHandler a\n</Location>"),
                    "",
                ),
                (
                    &format!("DocumentRoot /srv\n{set}<Location /x>\nPythonHandler a\n</Location>"),
                    "",
                ),
                (
                    &format!("DocumentRoot /var\n{set}<Location /x>\nPythonHandler a\n</Location>"),
                    "medium:3",
                ),
                (
                    "<Location /a>\nSetHandler mod_python\n</Location>\n<Location /b>\nPythonHandler b\n</Location>",
                    "medium:2",
                ),
                (
                    &format!("{set}<Directory /usr>\nPythonHandler a\n</Directory>"),
                    "medium:2",
                ),
                ("<Files x.py>\nSetHandler mod_python\n</Files>", ""),
                ("AddHandler mod_python .py", "medium:1"),
                (
                    "AddHandler mod_python .py\n<Directory /srv>\nPythonHandler a\n</Directory>",
                    "",
                ),
                ("AddHandler cgi-script .py\nSetHandler server-status", ""),
            ],
        );
        let mut facts = server(set);
        facts.modules.clear();
        assert_eq!(found("handler-forgotten", &facts), "");
    }
}
