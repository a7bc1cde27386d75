//! A site with files for the tests of the checks: three mounts, and the same in force everywhere.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::Finding;
use super::check::Check;
use super::facts::{
    Access, Account, Area, Conf, Entry, Facts, Host, Kind, Library, LibraryKind, Mount, MountKind,
    Place, Said, View,
};
use super::paths::covers;
use crate::policy::observed::{Observed, Phase, Section};
use crate::policy::pattern::Pattern;
use crate::policy::settings::{Mode, Settings};

pub(super) fn settings(mode: Mode) -> Settings {
    Settings {
        mode: Some(mode),
        ..Settings::EMPTY
    }
}

pub(super) fn exempting(pattern: &str) -> Settings {
    let pattern = Pattern::parse(pattern.as_bytes()).unwrap();
    Settings {
        exempt: Some(Arc::new(vec![pattern])),
        ..Settings::EMPTY
    }
}

/// mod_python with this handler, for all files of /srv/www.
pub(super) fn python(handler: &str) -> Observed {
    let mut observed = Observed::EMPTY;
    let directory = Section::Directory(b"/srv/www/".to_vec());
    observed.python_handler(Phase::Handler, handler.as_bytes(), &directory);
    observed.set_handler(b"mod_python", false);
    observed
}

/// /srv/www at /, /srv/static at /static, /srv/cgi at /cgi; the same holds everywhere.
pub(super) struct Site {
    pub(super) facts: Facts,
    pub(super) conf: Arc<Conf>,
}

pub(super) const OWNER: u32 = 1000;
pub(super) const HTTPD: u32 = 33;

impl Site {
    pub(super) fn new(settings: Settings, observed: Observed) -> Site {
        let conf = Arc::new(Conf {
            settings,
            observed,
            ..Conf::default()
        });
        let mount = |kind, url: &str, directory: &str, line| Mount {
            host: 0,
            kind,
            url: url.as_bytes().to_vec(),
            directory: directory.as_bytes().to_vec(),
            place: Place::Line(b"httpd.conf".to_vec(), line),
        };
        let facts = Facts {
            user: Account {
                name: "www-data".to_owned(),
                uid: HTTPD,
                gid: HTTPD,
                groups: vec![44],
            },
            hosts: vec![Host {
                name: b"www.example.org".to_vec(),
                conf: conf.clone(),
                ..Host::default()
            }],
            areas: vec![Area {
                host: 0,
                section: Section::Directory(b"/srv/www/".to_vec()),
                place: Place::Line(b"httpd.conf".to_vec(), 3),
                conf: conf.clone(),
            }],
            mounts: vec![
                mount(MountKind::DocumentRoot, "/", "/srv/www", 1),
                mount(MountKind::Alias, "/static/", "/srv/static", 2),
                mount(MountKind::ScriptAlias, "/cgi", "/srv/cgi", 4),
            ],
            ..Facts::default()
        };
        Site { facts, conf }
    }

    /// Whom httpd lets in everywhere.
    pub(super) fn lets_in(mut self, access: Access) -> Site {
        Arc::make_mut(&mut self.conf).access = access;
        self
    }

    fn put(&mut self, kind: Kind, path: &str, mode: u32, owner: (u32, u32), content: Option<&str>) {
        let views = self.facts.mounts.iter().enumerate();
        let views = views.filter(|(_, mount)| covers(&mount.directory, path.as_bytes()));
        let views = views.map(|(mount, _)| View {
            mount,
            conf: self.conf.clone(),
        });
        let entry = Entry {
            kind,
            mode,
            uid: owner.0,
            gid: owner.1,
            views: views.collect(),
            content: content.map(|content| content.as_bytes().to_vec()),
        };
        self.facts.entries.insert(path.as_bytes().to_vec(), entry);
    }

    pub(super) fn with(mut self, paths: &[&str]) -> Site {
        for path in paths {
            match path.strip_suffix('/') {
                Some(path) => self.put(Kind::Directory, path, 0o755, (OWNER, OWNER), None),
                None => self.put(Kind::File, path, 0o644, (OWNER, OWNER), None),
            }
        }
        self
    }

    pub(super) fn owned(mut self, path: &str, mode: u32, owner: (u32, u32)) -> Site {
        match path.strip_suffix('/') {
            Some(path) => self.put(Kind::Directory, path, mode, owner, None),
            None => self.put(Kind::File, path, mode, owner, None),
        }
        self
    }

    pub(super) fn page(mut self, path: &str, content: &str) -> Site {
        self.put(Kind::File, path, 0o644, (OWNER, OWNER), Some(content));
        self
    }

    pub(super) fn library(mut self, directory: &str, kind: LibraryKind, interpreter: &str) -> Site {
        self.facts.libraries.push(Library {
            directory: directory.as_bytes().to_vec(),
            host: 0,
            interpreter: interpreter.as_bytes().to_vec(),
            place: Place::Line(b"httpd.conf".to_vec(), 7),
            kind,
        });
        self
    }

    pub(super) fn says(mut self, sections: &[(&str, &str)], name: &str, words: &[&str]) -> Site {
        self.facts.said.push(Said {
            name: name.to_owned(),
            words: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            arguments: words.join(" ").into_bytes(),
            file: b"httpd.conf".to_vec(),
            line: 7,
            sections: sections
                .iter()
                .map(|(name, arguments)| ((*name).to_owned(), arguments.as_bytes().to_vec()))
                .collect(),
            host: 0,
        });
        self
    }

    pub(super) fn findings(&self, check: &str) -> Vec<Finding> {
        let check = Check::from_name(check.as_bytes()).unwrap();
        let mut findings = Vec::new();
        (check.look)(check, &self.facts, &mut findings);
        findings
    }

    /// Where, with the severity.
    pub(super) fn places(&self, check: &str) -> Vec<String> {
        let one = |finding: &Finding| format!("{} {}", finding.place, finding.severity.name());
        self.findings(check).iter().map(one).collect()
    }
}

pub(super) fn plain() -> Site {
    Site::new(Settings::EMPTY, Observed::EMPTY)
}

pub(super) const NONE: [&str; 0] = [];
