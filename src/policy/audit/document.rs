//! The rule reference, `docs/rules.md`, made from the tables: nobody has to remember to change it.

use super::Severity;
use super::check::{CHECKS, Check};
use crate::policy::rule::Rule;

/// What the reference says of a check beyond its row.
struct Detail {
    /// The check's name.
    check: &'static str,
    /// What it takes for a finding.
    looks: &'static str,
    /// Where it has the lesser of its severities.
    milder: &'static str,
    /// An example of the lines to write or the commands to run.
    lines: &'static str,
    /// An example of a pattern for the place of its findings.
    place: &'static str,
}

/// Where most have it.
const IN_FORCE: &str = "where the module is in force";

/// One for each check, in their order.
#[rustfmt::skip]
static DETAILS: [Detail; CHECKS.len()] = [
    Detail {
        check: "source-in-reach",
        looks: "a file of the class `source` (`.py`, `.psp`, `.wsgi` and their like) in reach, where no handler is configured that would run it.",
        milder: IN_FORCE,
        lines: "# the file is now /srv/shop/lib/db.py\nPythonPath \"sys.path + ['/srv/shop/lib']\"",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "module-in-reach",
        looks: "the file of a module that a handler was named for, or a directory that PythonPath names, in reach.",
        milder: IN_FORCE,
        lines: "<Directory \"/srv/www/shop\">\n    SetHandler mod_python\n    PythonHandler shop\n    PythonPath \"sys.path + ['/srv/shop/lib']\"\n</Directory>",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "package-alias",
        looks: "an Alias to `site-packages`, `dist-packages`, `lib/python3.11` or its like, or a virtual environment, or to a directory with modules inside of one.",
        milder: IN_FORCE,
        lines: "Alias \"/static\" \"/srv/shop/static\"",
        place: "shop.conf",
    },
    Detail {
        check: "wsgi-target-in-reach",
        looks: "a WSGIScriptAlias whose script lies in a directory that is also in reach as files.",
        milder: IN_FORCE,
        lines: "WSGIScriptAlias \"/\" \"/srv/shop/wsgi/site.wsgi\"",
        place: "shop.conf",
    },
    Detail {
        check: "runs-as-root",
        looks: "the user and the group of httpd's children and of each WSGIDaemonProcess, on a server with Python.",
        milder: IN_FORCE,
        lines: "User www-data\nGroup www-data",
        place: "httpd.conf",
    },
    Detail {
        check: "world-writable",
        looks: "directories that Python takes code from (a handler's, those of PythonPath, those with publisher's pages), and the source and .htaccess files in Python directories, that every user of this machine may write.",
        milder: IN_FORCE,
        lines: "chmod o-w /srv/shop/lib/login.py",
        place: "/srv/shop/lib/**",
    },
    Detail {
        check: "writable-by-httpd",
        looks: "directories that Python takes code from (a handler's, those of PythonPath, those with publisher's pages), and the source and .htaccess files in Python directories, that httpd's user or one of its groups may write.",
        milder: IN_FORCE,
        lines: "chown -R deploy:www-data /srv/shop/lib\nchmod -R g-w /srv/shop/lib",
        place: "/srv/shop/lib/**",
    },
    Detail {
        check: "readable-secret",
        looks: "a file with the name of a secret (`.env`, `id_rsa`, `secrets.json`, `site.key`) that others may read, in directories that others may enter. What is called an example, a test or public is left out.",
        milder: IN_FORCE,
        lines: "chgrp www-data /srv/shop/.env\nchmod g=r,o= /srv/shop/.env",
        place: "/srv/shop/.env",
    },
    Detail {
        check: "hosts-share-user",
        looks: "virtual hosts of different sites whose Python runs as the same user, that of httpd or of a WSGIDaemonProcess.",
        milder: IN_FORCE,
        lines: "WSGIDaemonProcess shop user=shop group=shop\nWSGIProcessGroup shop",
        place: "shop.conf",
    },
    Detail {
        check: "server-tokens",
        looks: "ServerTokens other than Prod, or none, where mod_python or mod_wsgi is loaded.",
        milder: IN_FORCE,
        lines: "ServerTokens Prod",
        place: "httpd.conf",
    },
    Detail {
        check: "published-names",
        looks: "the pages of publisher for which PyGuardPublish names no list: what each shows, and what it imports. A page whose source cannot be followed is a finding too.",
        milder: "where the module is in force, or the page imports nothing",
        lines: "# in the page\n__all__ = [\"index\", \"search\"]\n\n# or in the server's <Directory>\nPyGuardPublish index search",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "open-database",
        looks: "a socket on another address than the loopback, at the port of Microsoft SQL Server, Oracle, Firebird, MySQL, PostgreSQL, CouchDB, Redis, Cassandra, Elasticsearch, Memcached or MongoDB.",
        milder: IN_FORCE,
        lines: "listen_addresses = 'localhost'    # postgresql.conf\nbind-address = 127.0.0.1          # my.cnf\nbind 127.0.0.1 -::1               # redis.conf",
        place: "*:5432",
    },
    Detail {
        check: "duplicate-module",
        looks: "two files with the name of one module, in two directories that the same interpreter imports from.",
        milder: IN_FORCE,
        lines: "PyGuardInterpreter Isolate",
        place: "config.py",
    },
    Detail {
        check: "shadows-library",
        looks: "a module with the name of one of the standard library, in a directory where Python looks first: a handler's, or one that PythonPath names before sys.path.",
        milder: IN_FORCE,
        lines: "mv /srv/www/shop/random.py /srv/www/shop/shop_random.py",
        place: "random.py",
    },
    Detail {
        check: "dead-importer",
        looks: "this option.",
        milder: IN_FORCE,
        lines: "# instead of PythonOption mod_python.legacy.importer *\nPyGuardInterpreter Isolate",
        place: "shop.conf",
    },
    Detail {
        check: "shared-interpreter",
        looks: "different applications that get the same interpreter, in two virtual hosts or in two areas of one. Areas of one host that PythonInterpreter gives one name are left out: that is meant.",
        milder: "between areas of one virtual host",
        lines: "<Directory \"/srv/www/shop\">\n    PythonInterpreter shop\n</Directory>",
        place: "shop.conf",
    },
    Detail {
        check: "psp-source-mapping",
        looks: "an extension with an underscore at its end (`.psp_`) that is given to mod_python where PSP is the handler. Without the module it is `medium` where PythonDebug is off.",
        milder: IN_FORCE,
        lines: "AddHandler mod_python .psp",
        place: "shop.conf",
    },
    Detail {
        check: "debug-without-client",
        looks: "PythonDebug On, where PyGuardDebugFrom admits nobody or the module is not in force.",
        milder: IN_FORCE,
        lines: "PythonDebug Off\n\n# or\nPyGuardDebugFrom 192.0.2.7",
        place: "dev.conf",
    },
    Detail {
        check: "remoteip-believes-all",
        looks: "RemoteIPHeader without any of mod_remoteip's directives that name proxies, where PyGuardDebugFrom admits somebody.",
        milder: "without a PyGuardDebugProxy",
        lines: "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.1",
        place: "remoteip.conf",
    },
    Detail {
        check: "everybody-trusted",
        looks: "PyGuardDebugFrom with every address, 0.0.0.0/0 or ::/0, also in two halves.",
        milder: IN_FORCE,
        lines: "PyGuardDebugFrom 192.0.2.7",
        place: "dev.conf",
    },
    Detail {
        check: "loopback-trusted",
        looks: "PyGuardDebugFrom with a loopback address, where httpd listens on loopback addresses only, or mod_remoteip is told of a proxy on this host.",
        milder: "where mod_remoteip is told of none: it may be a developer's own machine",
        lines: "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\nPyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.1",
        place: "dev.conf",
    },
    Detail {
        check: "bytecode-in-reach",
        looks: "a file of the class `bytecode` other than `.pyo`, or a `__pycache__/`, in reach.",
        milder: IN_FORCE,
        lines: "find /srv/www/shop -name __pycache__ -prune -exec rm -r {} +",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "bytecode-writable",
        looks: "a directory that Python imports from, in reach, that httpd's user may write, under PyGuardBytecode On.",
        milder: IN_FORCE,
        lines: "PyGuardBytecode Off",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "optimized-bytecode-in-reach",
        looks: "a `.pyo` file in reach.",
        milder: IN_FORCE,
        lines: "find /srv/www/shop -name '*.pyo' -delete",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "opened-secret",
        looks: "a PyGuardExempt for names such as `.env`, `.git` or `id_rsa`; where an application lies, also for `settings.py`, `config.py` or `server.key`. A PyGuardDeny that takes away the class `secret` or `vcs`; where an application lies, also `source` or `backup`.",
        milder: IN_FORCE,
        lines: "# instead of PyGuardExempt *.py\nPyGuardExempt example.py",
        place: "shop.conf",
    },
    Detail {
        check: "secret-in-reach",
        looks: "a file or directory of the classes `secret`, `vcs` or `database` in reach, but for what hides nothing (`.gitignore`) or belongs there (`.htaccess`).",
        milder: IN_FORCE,
        lines: "mv /srv/www/shop/db.sqlite3 /srv/shop/db.sqlite3",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "indexes",
        looks: "Options Indexes in force in a Python directory that a URL leads to, where mod_autoindex is loaded.",
        milder: IN_FORCE,
        lines: "<Directory \"/srv/www/shop\">\n    Options -Indexes\n</Directory>",
        place: "shop.conf",
    },
    Detail {
        check: "backup-in-reach",
        looks: "a file or directory of the classes `backup` or `editor` in reach.",
        milder: IN_FORCE,
        lines: "rm /srv/www/shop/login.py~",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "module-not-loaded",
        looks: "directives that need mod_python, mod_wsgi or, for `.py`, CGI, while that module is not loaded. PG101 says the same of mod_python when httpd starts.",
        milder: IN_FORCE,
        lines: "LoadModule python_module modules/mod_python.so",
        place: "shop.conf",
    },
    Detail {
        check: "conditional-handler",
        looks: "directives that give requests to Python, inside an `<IfModule>` for the module that they need.",
        milder: "while that module is loaded",
        lines: "# instead of <IfModule mod_python.c>...</IfModule>\nAddHandler mod_python .py\nPythonHandler shop",
        place: "shop.conf",
    },
    Detail {
        check: "handler-forgotten",
        looks: "SetHandler, AddHandler or AddType with mod_python, where no section and no .htaccess can name the handler.",
        milder: IN_FORCE,
        lines: "PythonHandler mod_python.publisher",
        place: "shop.conf",
    },
    Detail {
        check: "htaccess-python",
        looks: "AllowOverride or AllowOverrideList with which a .htaccess may name a Python handler, and PyGuardHtaccess that lets it.",
        milder: IN_FORCE,
        lines: "<Directory \"/srv/www\">\n    AllowOverride None\n</Directory>\n\n# or, where a .htaccess is needed for other things\nPyGuardHtaccess None",
        place: "shop.conf",
    },
    Detail {
        check: "location-handler",
        looks: "a handler of mod_python in a `<Location>` that decides nothing on access itself, where the directory behind it does.",
        milder: IN_FORCE,
        lines: "<Directory \"/srv/www/admin\">\n    SetHandler mod_python\n    PythonHandler admin\n</Directory>",
        place: "shop.conf",
    },
    Detail {
        check: "testhandler",
        looks: "a Python\\*Handler of the server's configuration that names mod_python.testhandler.",
        milder: IN_FORCE,
        lines: "# delete\nPythonHandler mod_python.testhandler",
        place: "dev.conf",
    },
    Detail {
        check: "pdb",
        looks: "this directive.",
        milder: IN_FORCE,
        lines: "# delete\nPythonEnablePdb On",
        place: "dev.conf",
    },
    Detail {
        check: "nested-access",
        looks: "a page of publisher whose `__access__` stands in a function where publisher may read another value for it, or in a decorated one, and `__auth__` that this version of Python breaks.",
        milder: "where that keeps everybody out",
        lines: "# the page in a directory of its own\n<Directory \"/srv/www/shop/admin\">\n    AuthType Basic\n    AuthName \"Shop\"\n    AuthUserFile \"/etc/apache2/shop.users\"\n    Require valid-user\n</Directory>",
        place: "/srv/www/shop/**",
    },
    Detail {
        check: "ssi-python",
        looks: "`#python` in a page that mod_include parses under Options Includes, while mod_python is loaded.",
        milder: IN_FORCE,
        lines: "<!--#include virtual=\"/shop/news\" -->",
        place: "/srv/www/shop/**",
    },
];

const INTRODUCTION: &str = "\
# The rules

<!-- Made from src/policy/rule.rs and src/policy/audit/. After a change there:
     PYGUARD_WRITE_DOCS=1 cargo test --no-default-features --test charter -->

`PG017` in the error log is rule 17: look it up here by its number. The note `pyguard` of a request has the same tag,
for `%{pyguard}n` in a LogFormat. A finding of the audit has the tag of its rule, and behind its place the name of a
check, such as [source-in-reach](#source-in-reach), which has a section under its rule.
`apachectl -t -D DUMP_PYGUARD` prints the findings of a server.

For each rule, *Hazard* is how it is used against a site, *Enforcement* what the module does on requests or when httpd
starts, and *Accept* the directive that makes an exception. Two directives are for all rules: in a section,
`PyGuard Detect` logs what would be refused and refuses nothing, and `PyGuard Off` ends both.

*Accept* of a finding means that it is no longer reported; what happens to requests is not changed by it.
`PyGuardAuditAccept` stands in the server configuration: `name` is for all findings of a check, `name:pattern` for those
at some places. The pattern is one of PyGuardExempt's. Without a `/` it is compared with each part of the place's path,
with a `/` with the whole path, where `*` stays within a part and `**` does not. The path is that of the file or
directory, or of the configuration file with the directive, without the number of the line.

*In reach* is what a document root or an Alias leads to, unless httpd denies it to everybody (`Require all denied`).
Where httpd lets in only some, what these can read is of severity medium.

## Tags that are no rule's

| tag | level | |
|---|---|---|
| PG100 | notice | The module is at work: its version, mode, and how many Python directories the configuration has. |
| PG101 | crit | mod_python is configured and not loaded. The files that it should run are refused: load it. |
| PG102 | crit | An error inside the module. What was asked for was refused; please report it with the line. |
| PG103 | crit | The module cannot work here, and httpd does not start. The line says why. |
| PG104 | warn, info | A response could not be read, so it passed (or was refused, if it says so): see `PyGuardErrors Strict`. |
| PG105 | notice, warn, crit | What the audit found in all. At crit: why httpd does not start under `PyGuardAudit Strict`. |

## Severities

A check with two severities has the second only where its section says so.

";

/// What a severity says.
fn meaning(severity: Severity) -> &'static str {
    match severity {
        Severity::High => {
            "something is open, or runs with rights that it must not have. `PyGuardAudit Strict` stops the start."
        }
        Severity::Medium => "one more mistake opens something.",
        Severity::Low => "the module closes it, or it opens nothing by itself.",
        Severity::Info => "good to know.",
    }
}

/// The whole text.
pub fn rules() -> String {
    let mut text = INTRODUCTION.to_owned();
    for severity in Severity::ALL {
        text.push_str(&format!("- `{}`: {}\n", severity.name(), meaning(severity)));
    }
    text.push_str("\n## List\n\n| tag | rule | findings |\n|---|---|---|\n");
    for rule in Rule::ALL {
        let found: Vec<String> = checks_of(rule).map(|check| link(check.name)).collect();
        text.push_str(&format!(
            "| [{tag}](#{anchor}) | R{:02}, {} | {} |\n",
            rule.number(),
            plain(rule.title()),
            found.join(", "),
            tag = tag(rule),
            anchor = anchor(rule),
        ));
    }
    for rule in Rule::ALL {
        of_rule(rule, &mut text);
    }
    text
}

fn of_rule(rule: Rule, text: &mut String) {
    text.push_str(&format!(
        "\n<a id=\"{}\"></a>\n## R{:02} {}: {}\n",
        anchor(rule),
        rule.number(),
        tag(rule),
        plain(rule.title())
    ));
    paragraph(text, "**Hazard.** ", rule.hazard());
    paragraph(text, "**Enforcement.** ", rule.enforcement());
    let has_check = checks_of(rule).next().is_some();
    let accept = match rule.accept() {
        "" if has_check => "There is nothing to allow; accept the finding.",
        "" => "No directive makes an exception from this rule alone.",
        accept => accept,
    };
    paragraph(text, "**Accept.** ", accept);
    if !has_check {
        paragraph(text, "**Finding.** ", no_finding(rule));
    }
    for check in checks_of(rule) {
        of_check(check, text);
    }
}

fn of_check(check: &Check, text: &mut String) {
    let detail = DETAILS.iter().find(|detail| detail.check == check.name);
    let (worst, lesser) = check.severity;
    let severity = match worst == lesser {
        true => worst.name().to_owned(),
        false => {
            let milder = detail.map_or(IN_FORCE, |detail| detail.milder);
            format!("{}; {} {milder}", worst.name(), lesser.name())
        }
    };
    text.push_str(&format!("\n### {}\n", check.name));
    paragraph(text, "", &format!("{}.", capital(&plain(check.title))));
    if let Some(detail) = detail {
        paragraph(text, "- **Looks for:** ", detail.looks);
    }
    item(text, "- **Severity:** ", &severity);
    item(text, "- **Risk:** ", &plain(check.risk));
    item(text, "- **Fix:** ", &plain(check.fix));
    let mut accept = format!("`PyGuardAuditAccept {}`", check.name);
    if let Some(detail) = detail {
        accept.push_str(&format!(
            ", or for some places only `{}:{}`",
            check.name, detail.place
        ));
    }
    item(text, "- **Accept:** ", &accept);
    if let Some(detail) = detail {
        text.push_str("\nFor example:\n\n");
        for line in detail.lines.lines() {
            let indent = if line.is_empty() { "" } else { "    " };
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
}

/// What there is to say of a rule that no check belongs to.
fn no_finding(rule: Rule) -> &'static str {
    match rule {
        Rule::Environment => {
            "None: what was wrong when httpd started is put right and in the log by then, and what an \
             application changes later shows on requests only."
        }
        Rule::StaleCode => {
            "None: a file becomes newer than the server while the server runs, so that requests are \
             the time to look."
        }
        Rule::SourceServed => {
            "None of its own: source that lies where a URL leads is a finding of \
             [source-in-reach](#source-in-reach)."
        }
        Rule::DebugTraceback => {
            "None of its own: PythonDebug is a finding of \
             [debug-without-client](#debug-without-client)."
        }
        _ => "None: the module enforces it on each request, and there is nothing to see before.",
    }
}

fn checks_of(rule: Rule) -> impl Iterator<Item = &'static Check> {
    CHECKS.iter().filter(move |check| check.rule == rule)
}

fn tag(rule: Rule) -> String {
    rule.tag().to_string_lossy().into_owned()
}

fn anchor(rule: Rule) -> String {
    tag(rule).to_ascii_lowercase()
}

fn link(name: &str) -> String {
    format!("[{name}](#{name})")
}

/// Plain text as Markdown that shows the same.
fn plain(text: &str) -> String {
    text.replace('<', "\\<")
        .replace('*', "\\*")
        .replace("__", "\\_\\_")
}

/// With a capital letter in front, but for what is a name.
fn capital(text: &str) -> String {
    let is_name = ["httpd", "mod_", "publisher"]
        .iter()
        .any(|name| text.starts_with(name));
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !is_name => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

fn paragraph(text: &mut String, head: &str, body: &str) {
    text.push('\n');
    item(text, head, body);
}

/// In lines of the width of a terminal. What goes on after a list's dash is set in, and what stands
/// between backticks stays in one line.
fn item(text: &mut String, head: &str, body: &str) {
    const WIDTH: usize = 118;
    let indent = if head.starts_with("- ") { "  " } else { "" };
    let mut words: Vec<String> = Vec::new();
    let mut quoted = false;
    for word in format!("{head}{body}").split_ascii_whitespace() {
        match words.last_mut().filter(|_| quoted) {
            Some(last) => last.push_str(&format!(" {word}")),
            None => words.push(word.to_owned()),
        }
        quoted ^= word.matches('`').count() % 2 == 1;
    }
    let mut width = 0;
    for word in words {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            text.push_str(&format!("\n{indent}"));
            width = indent.len();
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(&word);
        width += length;
    }
    text.push('\n');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::accept::Accepted;
    use super::*;
    use crate::policy::directive::DIRECTIVES;
    use crate::policy::pattern::Pattern;
    use crate::policy::settings::Settings;

    #[test]
    fn every_check_has_its_detail() {
        for (check, detail) in CHECKS.iter().zip(&DETAILS) {
            assert_eq!(check.name, detail.check);
            assert!(detail.looks.ends_with('.'), "{}", check.name);
            assert!(!detail.lines.is_empty(), "{}", check.name);
            let word = format!("{}:{}", detail.check, detail.place);
            Accepted::parse(word.as_bytes()).unwrap();
        }
    }

    #[test]
    fn every_directive_of_the_module_is_one() {
        let text = rules();
        for line in text.lines().map(str::trim) {
            let Some((name, arguments)) = line.split_once(' ') else {
                continue;
            };
            if !name.starts_with("PyGuard") || !text.contains(&format!("    {line}\n")) {
                continue;
            }
            let mut all = DIRECTIVES.iter();
            let directive = all.find(|directive| directive.name() == name).unwrap();
            let arguments: Vec<&[u8]> = arguments.split(' ').map(str::as_bytes).collect();
            let mut settings = Settings::EMPTY;
            let applied = directive.apply(&mut settings, &arguments);
            assert_eq!(applied, Ok(()), "{line}");
        }
    }

    #[test]
    fn patterns_of_places_are_what_the_introduction_says() {
        // pattern, path, whether it is its
        let table = [
            ("/srv/www/shop/**", "srv/www/shop/lib/db.py", true),
            ("/srv/www/shop/*", "srv/www/shop/lib/db.py", false),
            ("/srv/www/shop/*", "srv/www/shop/db.py", true),
            ("shop.conf", "shop.conf", true),
            ("*:5432", "0.0.0.0:5432", true),
        ];
        for (pattern, path, matches) in table {
            let parsed = Pattern::parse(pattern.as_bytes()).unwrap();
            let path = path.as_bytes();
            let found = parsed.matches_path(path) || parsed.matches_component(path);
            assert_eq!(found, matches, "{pattern}");
        }
    }

    #[test]
    fn text_is_shown_as_it_is() {
        assert_eq!(plain("__auth__ in <If>"), "\\_\\_auth\\_\\_ in \\<If>");
        assert_eq!(capital("two of them"), "Two of them");
        assert_eq!(capital("mod_python"), "mod_python");
    }
}
