//! For the tests: a configuration as text, and what a check says of it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::super::facts::{Access, Account, Mount, MountKind};
use super::*;
use crate::policy::directive::DIRECTIVES;
use crate::policy::observed::{HANDLER_MODULE, Observed, Phase};
use crate::policy::settings::Settings;

pub(super) const FILE: &[u8] = b"/etc/httpd.conf";

/// The words of a line, of which some are in double quotes.
fn words(arguments: &str) -> Vec<Bytes> {
    let mut words = Vec::new();
    for (number, part) in arguments.split('"').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(|word| word.as_bytes().to_vec())),
            _ => words.push(part.as_bytes().to_vec()),
        }
    }
    words
}

/// The directives of a configuration, as httpd reads it.
pub(super) fn read(text: &str) -> Vec<Said> {
    let (mut all, mut sections, mut host) = (Vec::new(), Vec::new(), 0);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_end_matches('>');
        if line.starts_with("</") {
            let (name, _): (String, Bytes) = sections.pop().unwrap();
            if name == "<virtualhost" {
                host = 0;
            }
            continue;
        }
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        if name == "<VirtualHost" {
            host = all
                .iter()
                .filter(|said: &&Said| said.name == "<virtualhost")
                .count()
                + 1;
        }
        let said = Said {
            name: name.to_lowercase(),
            words: words(arguments),
            arguments: arguments.as_bytes().to_vec(),
            file: FILE.to_vec(),
            line: u32::try_from(number).unwrap() + 1,
            sections: sections.clone(),
            host,
        };
        if said.name.starts_with('<') {
            sections.push((said.name.clone(), said.arguments.clone()));
        }
        if !said.name.is_empty() {
            all.push(said);
        }
    }
    all
}

fn phases(name: &str) -> Option<&'static [Phase]> {
    Some(match name {
        "pythonhandlermodule" => &HANDLER_MODULE,
        "pythonhandler" => &[Phase::Handler],
        "pythonfixuphandler" => &[Phase::Fixup],
        "pythonauthenhandler" => &[Phase::Authen],
        _ => return None,
    })
}

/// What one section says: the directives that stand in it and not in `<Files>`.
fn conf<'a>(said: impl Iterator<Item = &'a Said>, base: &Conf) -> Conf {
    let (mut observed, mut settings) = (Observed::EMPTY, Settings::EMPTY);
    let mut conf = base.clone();
    for said in said.filter(|said| !is_in_files(said)) {
        let (arguments, section) = (said.arguments.as_slice(), section(said));
        let in_section = section != Section::Server;
        if let Some(phases) = phases(&said.name) {
            for phase in phases {
                observed.python_handler(*phase, arguments, &section);
            }
        }
        let has = |words: &[&str]| {
            let mut all = words.iter();
            all.any(|word| said.words.iter().any(|said| said == word.as_bytes()))
        };
        match said.name.as_str() {
            "pythondebug" => observed.python_debug(arguments),
            "pythoninterpreter" => observed.python_interpreter(arguments, None),
            "pythoninterpperdirectory" => observed.python_per_directory(arguments, false),
            "pythoninterpperdirective" => observed.python_per_directive(arguments, false),
            "pythonpath" => observed.python_path(arguments),
            "sethandler" => drop(observed.set_handler(arguments, false)),
            "addhandler" | "addtype" => drop(observed.add_handler(arguments, in_section)),
            "wsgiscriptalias" => observed.wsgi_script_alias(arguments),
            "options" => conf.options.indexes = has(&["Indexes", "+Indexes", "All"]),
            "require" => {
                conf.access = match has(&["denied"]) {
                    true => Access::Denied,
                    false => Access::Open,
                }
            }
            "allowoverride" => conf.htaccess_may_run_python = !has(&["None"]),
            _ => {}
        }
        let mut directives = DIRECTIVES.iter();
        let is_it = |name: &str| name.eq_ignore_ascii_case(&said.name);
        if let Some(own) = directives.find(|own| own.name.to_str().is_ok_and(is_it)) {
            let words: Vec<&[u8]> = said.words.iter().map(Vec::as_slice).collect();
            own.apply(&mut settings, &words).unwrap();
        }
    }
    conf.observed = Observed::merge(&base.observed, &observed);
    conf.settings = Settings::merge(&base.settings, &settings);
    conf
}

/// The facts of a server with mod_python and this configuration.
pub(super) fn server(text: &str) -> Facts {
    let said = read(text);
    let mut facts = Facts {
        main_file: FILE.to_vec(),
        modules: ["mod_python.c", "mod_autoindex.c"]
            .map(str::to_owned)
            .to_vec(),
        user: Account {
            name: "www-data".to_owned(),
            uid: 33,
            gid: 33,
            groups: Vec::new(),
        },
        ..Facts::default()
    };
    let of_server = |host: usize| {
        let said = said.iter().filter(move |said| said.host == host);
        said.filter(|said| section(said) == Section::Server)
    };
    let value = |host: usize, name: &str| {
        let mut said = of_server(host);
        let found = said.find(|said| said.name == name);
        found.map(|said| said.word(0).to_vec()).unwrap_or_default()
    };
    let main = conf(of_server(0), &Conf::default());
    let opened = said.iter().filter(|said| said.name == "<virtualhost");
    let places = opened.map(|said| Some(said.place()));
    for (host, place) in std::iter::once(None).chain(places).enumerate() {
        facts.hosts.push(Host {
            name: value(host, "servername"),
            place,
            document_root: value(host, "documentroot"),
            conf: Arc::new(match host {
                0 => main.clone(),
                _ => conf(of_server(host), &main),
            }),
        });
    }
    for one in &said {
        let host = one.host;
        if let Some(own) = section_of(&one.name, &one.arguments) {
            let encloses = |other: &Section| match (other, &own) {
                (Section::Directory(other), Section::Directory(own)) => covers(other, own),
                (other, own) => other == own,
            };
            let inner = said.iter().filter(|said| {
                (said.host == host || said.host == 0)
                    && section(said) != Section::Server
                    && encloses(&section(said))
            });
            facts.areas.push(Area {
                host,
                place: one.place(),
                conf: Arc::new(conf(inner, &facts.hosts.get(host).unwrap().conf)),
                section: own,
            });
        }
        let mut mount = |kind, url: &[u8], directory: &[u8]| {
            facts.mounts.push(Mount {
                host,
                kind,
                url: url.to_vec(),
                directory: directory.to_vec(),
                place: one.place(),
            });
        };
        match one.name.as_str() {
            "documentroot" => mount(MountKind::DocumentRoot, b"/", one.word(0)),
            "alias" => mount(MountKind::Alias, one.word(0), one.word(1)),
            _ => {}
        }
    }
    facts.said = said;
    facts
}

/// The findings of one check: `severity:line`, or what stands for the line.
pub(super) fn found(check: &str, facts: &Facts) -> String {
    let check = Check::from_name(check.as_bytes()).unwrap();
    let mut findings = Vec::new();
    (check.look)(check, facts, &mut findings);
    let text = findings.iter().map(|finding| {
        assert!(finding.what.ends_with('.'), "{}", finding.what);
        assert!(finding.fix.ends_with('.'), "{}", finding.fix);
        let place = match &finding.place {
            Place::Line(_, line) => line.to_string(),
            other => other.to_string(),
        };
        format!("{}:{place}", finding.severity.name())
    });
    text.collect::<Vec<_>>().join(" ")
}

/// The lines that a check advises to write.
pub(super) fn advice(check: &str, facts: &Facts) -> Vec<String> {
    let check = Check::from_name(check.as_bytes()).unwrap();
    let mut findings = Vec::new();
    (check.look)(check, facts, &mut findings);
    findings
        .into_iter()
        .flat_map(|finding| finding.lines)
        .collect()
}

pub(super) fn holds(check: &str, table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(found(check, &server(text)), *expected, "{check} in\n{text}");
    }
}

pub(super) fn two_hosts(one: &str, two: &str) -> String {
    format!(
        "<VirtualHost *:80>\nServerName a.example\n{one}\n</VirtualHost>\n\
         <VirtualHost *:80>\nServerName b.example\n{two}\n</VirtualHost>"
    )
}
