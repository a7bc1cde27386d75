//! What shares an interpreter of mod_python.

use super::*;
use crate::policy::observed::Observed;
use crate::policy::settings::Settings;

/// R08.
pub(crate) fn dead_importer(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let is_it =
        |said: &&Said| said.name == "pythonoption" && said.word(0) == b"mod_python.legacy.importer";
    for said in facts.said.iter().filter(is_it) {
        let what = format!("This line does nothing any more: {}", lowered(check.risk));
        let severity = check.severity.0;
        findings.push(finding(check, severity, said.place(), what, Vec::new()));
    }
}

/// Where Python runs in a host: a section with handlers of its own, or the whole server.
struct User<'a> {
    /// Its first handler.
    said: &'a Said,
    section: Section,
    /// The directory that it is for, as far as that is known.
    directory: Option<Bytes>,
    modules: Vec<&'a [u8]>,
    conf: Conf,
    /// The name of its interpreter; empty for that of a host that says no `ServerName`.
    interpreter: Bytes,
}

impl User<'_> {
    /// `PythonInterpreter` gave the name.
    fn is_named(&self) -> bool {
        self.conf.observed.interpreter().is_some()
    }

    /// The same code: one section in two hosts, or the same modules from the same place.
    fn is_same_code(&self, other: &User<'_>) -> bool {
        let (own, others) = (&self.conf.observed, &other.conf.observed);
        let finds_by_directory = |user: &User<'_>| {
            user.conf.observed.path().is_none()
                && matches!(user.section, Section::Directory(_) | Section::Directories)
        };
        let same_place = self.section == other.section
            || !(finds_by_directory(self) || finds_by_directory(other));
        self.said == other.said
            || (self.modules == other.modules
                && own.application() == others.application()
                && own.path() == others.path()
                && same_place)
    }

    /// Two areas of a host that have nothing to do with each other. A guard in a `<Location>` and the
    /// handler in the `<Directory>` behind it belong together.
    fn is_separate(&self, other: &User<'_>) -> bool {
        let (Some(one), Some(two)) = (&self.directory, &other.directory) else {
            return false;
        };
        let in_urls = match (&self.section, &other.section) {
            (Section::Location(one), Section::Location(two)) => overlap(one, two),
            _ => false,
        };
        !overlap(one, two) && !in_urls && !self.is_same_code(other)
    }
}

/// A host, and whose Python runs there.
struct Site<'a> {
    index: usize,
    host: &'a Host,
    users: Vec<User<'a>>,
}

impl Site<'_> {
    /// The same site, for HTTP and HTTPS or under two names.
    fn is_same(&self, other: &Site<'_>) -> bool {
        let has = |site: &Site<'_>, user: &User<'_>| {
            let mut users = site.users.iter();
            users.any(|one| one.section == user.section && one.modules == user.modules)
        };
        let same_users = self.users.iter().all(|user| has(other, user))
            && other.users.iter().all(|user| has(self, user));
        let in_directories = |user: &User<'_>| matches!(user.section, Section::Directory(_));
        match self.host.document_root == other.host.document_root {
            true => same_users || self.host.name == other.host.name,
            false => same_users && self.users.iter().all(in_directories),
        }
    }
}

/// Whether a section that is said for the main server is there in a virtual host as well: httpd
/// merges it into all of them, but not each has its directory.
fn runs_in(facts: &Facts, said: &Said, section: &Section, host: usize) -> bool {
    let is_reached = |path: &[u8]| {
        let mut mounts = facts.mounts.iter().filter(|mount| mount.host == host);
        mounts.any(|mount| overlap(&mount.directory, path))
    };
    said.host == host
        || (said.host == 0
            && match section {
                Section::Server | Section::Location(_) => true,
                Section::Directory(path) => is_reached(path),
                Section::Directories | Section::Htaccess(_) => false,
            })
}

/// The user of a section in a host; `None` where it is not there, or its interpreter not known.
fn user<'a>(
    facts: &'a Facts,
    handlers: &[(&'a Said, Section)],
    (said, section): &(&'a Said, Section),
    index: usize,
) -> Option<User<'a>> {
    let said = *said;
    if !runs_in(facts, said, section, index) {
        return None;
    }
    let host = facts.hosts.get(index)?;
    let own = conf_of(facts, said)?;
    let conf = match said.host == index {
        true => own.clone(),
        false => Conf {
            observed: Observed::merge(&host.conf.observed, &own.observed),
            settings: Settings::merge(&host.conf.settings, &own.settings),
            ..own.clone()
        },
    };
    let directory = match section {
        Section::Directory(path) => Some(path.clone()),
        Section::Location(url) => target(facts, index, url),
        _ => None,
    };
    let interpreter = conf.interpreter(&host.name, section);
    // PythonInterpPerDirectory goes by each file, and a pattern's own interpreter has no other name.
    let is_known = match section {
        Section::Directory(_) => true,
        _ if conf.observed.interpreter().is_some() => true,
        _ if conf.observed.is_per_directory(false) => false,
        Section::Directories => interpreter == host.name,
        _ => true,
    };
    if !is_known {
        return None;
    }
    let here = handlers
        .iter()
        .filter(|(other, there)| other.host == said.host && there == section);
    Some(User {
        said,
        section: section.clone(),
        directory,
        modules: here.flat_map(|(other, _)| modules(other)).collect(),
        interpreter,
        conf,
    })
}

/// How many sections are held against each other.
const MOST_SECTIONS: usize = 300;

/// R10: by name, as mod_python finds an interpreter. That two areas of one host have a name in common
/// that was given to them is meant.
pub(crate) fn shared_interpreter(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    let mut sections = first_handlers(facts);
    // Each is held against each. Whoever has more of them shares, and reads that of these.
    sections.truncate(MOST_SECTIONS);
    let said = facts.said.iter().filter(|said| is_for_requests(said));
    let handlers: Vec<_> = said.map(|said| (said, section(said))).collect();
    let users = |index: usize| {
        let (handlers, all) = (&handlers, sections.iter());
        all.filter_map(move |one| user(facts, handlers, one, index))
    };
    let site = |(index, host)| Site {
        index,
        host,
        users: users(index).collect(),
    };
    let sites: Vec<Site<'_>> = hosts(facts).into_iter().map(site).collect();
    across_sites(check, facts, &sites, findings);
    within_sites(check, &sites, findings);
}

/// Two sites with different owners, perhaps, in one interpreter: one finding for each name.
fn across_sites(
    check: &'static Check,
    facts: &Facts,
    sites: &[Site<'_>],
    findings: &mut Vec<Finding>,
) {
    let mut told: Vec<&[u8]> = Vec::new();
    for (number, second) in sites.iter().enumerate() {
        let others = sites.iter().take(number);
        for first in others.filter(|first| !first.is_same(second)) {
            let shares = |user: &&User<'_>| {
                let mut others = first.users.iter();
                !user.interpreter.is_empty()
                    && others.any(|other| {
                        other.interpreter == user.interpreter && !other.is_same_code(user)
                    })
            };
            let mut users = second.users.iter().filter(shares);
            if let Some(user) = users.find(|user| !told.contains(&user.interpreter.as_slice())) {
                told.push(&user.interpreter);
                findings.push(shared_by_sites(check, facts, [first, second], user));
            }
        }
    }
}

/// `user` of the second site has the interpreter of one of the first.
fn shared_by_sites(
    check: &'static Check,
    facts: &Facts,
    [first, second]: [&Site<'_>; 2],
    user: &User<'_>,
) -> Finding {
    let (name, host) = (&user.interpreter, second.host);
    let gives_it = |said: &&Said| {
        said.name == "pythoninterpreter"
            && said.word(0) == name.as_slice()
            && (said.host == second.index || said.host == 0)
    };
    let mut lines = facts.said.iter().filter(|_| user.is_named());
    let line_of_name = lines.rfind(gives_it);
    let said = line_of_name.unwrap_or(user.said);
    let new_name = match host.name.is_empty() || host.name == *name {
        true => [name, &b"-2"[..]].concat(),
        false => host.name.clone(),
    };
    let what = format!(
        "Python of the virtual hosts {} and {} runs in one interpreter, {}: {}",
        called(first.host),
        called(host),
        escaped(name),
        lowered(check.risk)
    );
    // A new name for the line that has it; or one for the section, if it is the host's own.
    let sections = match line_of_name.is_some() || user.said.host != 0 {
        true => said.sections.as_slice(),
        false => &[],
    };
    let line = line("PythonInterpreter", [new_name.as_slice()]);
    let lines = in_sections(sections, vec![line]);
    let called = called(host);
    Finding {
        fix: format!("Give the virtual host {called} an interpreter of its own."),
        ..finding(check, check.severity.0, said.place(), what, lines)
    }
}

/// Separate areas of one host: one finding, with all that share the interpreter.
fn within_sites(check: &'static Check, sites: &[Site<'_>], findings: &mut Vec<Finding>) {
    let mut told: Vec<&Section> = Vec::new();
    for site in sites {
        for first in site.users.iter().filter(|user| !user.is_named()) {
            let mut areas = vec![first];
            for user in &site.users {
                let is_shared = user.interpreter == first.interpreter;
                if is_shared && areas.iter().all(|area| user.is_separate(area)) {
                    areas.push(user);
                }
            }
            let sections = areas.iter().map(|user| &user.section);
            if areas.len() < 2 || sections.clone().all(|section| told.contains(&section)) {
                continue;
            }
            told.extend(sections.clone());
            let names: Vec<String> = sections.map(ToString::to_string).collect();
            let what = format!(
                "{} areas of the host {} run in one interpreter ({}): {}",
                areas.len(),
                called(site.host),
                listed(&names),
                lowered(check.risk)
            );
            let lines = vec!["PyGuardInterpreter Isolate".to_owned()];
            let place = first.said.place();
            findings.push(finding(check, check.severity.1, place, what, lines));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::reader::*;

    #[test]
    fn the_dead_importer() {
        holds(
            "dead-importer",
            &[
                ("PythonOption mod_python.legacy.importer *", "low:1"),
                (
                    "<Directory /srv>\nPythonOption mod_python.legacy.importer x\n</Directory>",
                    "low:2",
                ),
                (
                    "PythonOption mod_python.session.file /x\nPythonOption legacy.importer *",
                    "",
                ),
            ],
        );
    }

    const TWO_AREAS: &str = "ServerName a.example\nDocumentRoot /srv/www\n\
        <Directory /srv/www/a>\nPythonHandler a\n</Directory>\n\
        <Directory /srv/www/b>\nPythonHandler b\n</Directory>";

    #[test]
    fn areas_in_one_interpreter() {
        let with = |lines: &str| format!("{TWO_AREAS}\n{lines}");
        holds(
            "shared-interpreter",
            &[
                (TWO_AREAS, "low:4"),
                (&with("PyGuardInterpreter Isolate"), ""),
                (&with("PyGuardInterpreter Isolate\nPyGuard Detect"), "low:4"),
                (&with("PythonInterpPerDirectory On"), ""),
                (&with("PythonInterpPerDirective On"), ""),
                // Said on purpose, and for one host.
                (&with("PythonInterpreter both"), ""),
                (
                    &TWO_AREAS.replace("PythonHandler b", "PythonHandler b\nPythonInterpreter b"),
                    "",
                ),
                // Publisher finds its pages by directory.
                (
                    &TWO_AREAS.replace("Handler b", "Handler mod_python.psp"),
                    "low:4",
                ),
                // One below the other, and one application in two directories.
                (&TWO_AREAS.replace("www/b", "www/a/b"), ""),
                (
                    &format!(
                        "PythonPath \"['/srv/lib']\"\n{}",
                        TWO_AREAS.replace("Handler b", "Handler a")
                    ),
                    "",
                ),
                (
                    "ServerName x\nPythonHandler a\n<Directory /srv>\nPythonHandler b\n</Directory>",
                    "",
                ),
                // A guard before the handler's own directory.
                (
                    "DocumentRoot /srv/www\n<Location /a>\nPythonAuthenHandler guard\n</Location>\n\
                     <Directory /srv/www/a>\nPythonHandler a\n</Directory>",
                    "",
                ),
                (
                    "DocumentRoot /srv/www\n<Location /b>\nPythonHandler b\n</Location>\n\
                     <Directory /srv/www/a>\nPythonHandler a\n</Directory>",
                    "low:3",
                ),
            ],
        );
        let mut facts = server(TWO_AREAS);
        assert_eq!(
            advice("shared-interpreter", &facts),
            ["PyGuardInterpreter Isolate"]
        );
        facts.modules.clear();
        assert_eq!(found("shared-interpreter", &facts), "");
    }

    #[test]
    fn hosts_in_one_interpreter() {
        let site = |name: &str, lines: &str| {
            let text = format!(
                "DocumentRoot /srv/{name}\n<Directory /srv/{name}>\nPythonHandler {name}\n{lines}\n</Directory>"
            );
            text
        };
        let both = |lines: &str| two_hosts(&site("a", lines), &site("b", lines));
        let same_name = both("").replace("b.example", "a.example");
        let facts = server(&both("PythonInterpreter shop"));
        assert_eq!(
            advice("shared-interpreter", &facts),
            [
                "<Directory /srv/b>",
                "    PythonInterpreter b.example",
                "</Directory>"
            ]
        );
        holds(
            "shared-interpreter",
            &[
                (&both(""), ""),
                (&both("PythonInterpreter shop"), "medium:14"),
                (&same_name, "medium:13"),
                (
                    &both("PythonInterpreter shop")
                        .replace("/b", "/a")
                        .replace("Handler b", "Handler a"),
                    "",
                ),
                // One site, for HTTP and for HTTPS.
                (
                    &two_hosts(&site("a", ""), &site("a", "")).replace("b.example", "a.example"),
                    "",
                ),
                (
                    &format!(
                        "PythonInterpPerDirective On\n{}",
                        two_hosts("PythonHandler a", "PythonHandler b")
                    ),
                    "medium:8",
                ),
            ],
        );
        // Areas that are said for the main server, each in the interpreter of the host that has it.
        let mut facts = server(
            "<Directory /srv/a>\nPythonHandler a\n</Directory>\n<Directory /srv/b>\nPythonHandler b\n\
             </Directory>\nDocumentRoot /srv\n\
             <VirtualHost *:80>\nServerName a\nDocumentRoot /srv/a\n</VirtualHost>\n\
             <VirtualHost _default_:80>\nServerName b\nDocumentRoot /srv/b\n</VirtualHost>",
        );
        facts.listen = vec![(None, 80)];
        assert_eq!(found("shared-interpreter", &facts), "");
        facts.listen.push((None, 8080));
        assert_eq!(found("shared-interpreter", &facts), "low:2");
    }
}
