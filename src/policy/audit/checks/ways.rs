//! How a file is asked for by URL, and what keeps it back.

use super::super::facts::{Bytes, Conf, Facts, Mount, MountKind, Said, View};
use super::super::paths::{covers, joined, name_of, without_slash};
use crate::policy::judge::{self, Method, Stop, Target, Verdict};
use crate::policy::message::escaped;
use crate::policy::observed::Section;
use crate::policy::path;
use crate::policy::settings::{Mode, Settings};

/// A directory with a `Require` of its own.
struct Required {
    host: usize,
    /// With its slash.
    directory: Bytes,
    /// `all denied`, and nothing else.
    is_denied: bool,
}

/// What httpd's own configuration lets in and keeps back.
pub(super) struct Doors<'a> {
    facts: &'a Facts,
    required: Vec<Required>,
    /// The URLs with a `Require` of their own, which comes after that of every directory.
    located: Vec<Bytes>,
    /// A pattern has a `Require`: where, is httpd's to say.
    is_unsure: bool,
    /// The servers where mod_wsgi answers for every URL that no `Alias` is for.
    covered: Vec<usize>,
    /// `<Files ".ht*">` or its like is denied.
    pub(super) keeps_ht: bool,
}

impl<'a> Doors<'a> {
    pub(super) fn of(facts: &'a Facts) -> Doors<'a> {
        let mut doors = Doors {
            facts,
            required: Vec::new(),
            located: Vec::new(),
            is_unsure: false,
            covered: Vec::new(),
            keeps_ht: false,
        };
        for said in &facts.said {
            match said.name.as_str() {
                "require" => doors.require(said),
                "wsgiscriptalias" if said.word(0) == b"/" => doors.covered.push(said.host),
                _ => {}
            }
        }
        doors
    }

    fn require(&mut self, said: &Said) {
        let is = |number: usize, text: &[u8]| said.word(number).eq_ignore_ascii_case(text);
        let is_denied = is(0, b"all") && is(1, b"denied");
        let sections = said.sections.iter();
        let mut around = sections.filter(|(name, _)| name != "<virtualhost");
        let (first, second) = (around.next(), around.next());
        let names_ht = |(name, arguments): &(String, Bytes)| {
            name.starts_with("<files") && memchr::memmem::find(arguments, b".ht").is_some()
        };
        self.keeps_ht |= is_denied && [first, second].into_iter().flatten().any(names_ht);
        let Some((name, arguments)) = first else {
            return;
        };
        match name.as_str() {
            "<directory" => match Section::directory(arguments) {
                // What is said of some files says nothing of the others.
                Section::Directory(_)
                    if second.is_some_and(|(name, _)| !name.starts_with("<require")) => {}
                Section::Directory(directory) => {
                    self.require_in(said.host, directory, is_denied && second.is_none());
                }
                _ => self.is_unsure |= !is_denied,
            },
            "<location" => match Section::location(arguments) {
                Section::Location(url) if !url.iter().any(|byte| b"~*?[".contains(byte)) => {
                    self.located.push(url);
                }
                _ => self.is_unsure |= !is_denied,
            },
            "<locationmatch" | "<directorymatch" => self.is_unsure |= !is_denied,
            _ => {}
        }
    }

    fn require_in(&mut self, host: usize, directory: Bytes, is_denied: bool) {
        let mut all = self.required.iter_mut();
        match all.find(|known| known.host == host && known.directory == directory) {
            Some(known) => known.is_denied &= is_denied,
            None => self.required.push(Required {
                host,
                directory,
                is_denied,
            }),
        }
    }

    /// Whether nothing of the mount is ever looked for.
    fn are_covered(&self, mount: &Mount) -> bool {
        let by = |host: &usize| *host == 0 || *host == mount.host;
        mount.kind == MountKind::DocumentRoot && self.covered.iter().any(by)
    }

    /// The ways that lead to a file, whatever keeps it back, and do not run it as a script.
    pub(super) fn ways(
        &'a self,
        path: &'a [u8],
        views: &'a [View],
    ) -> impl Iterator<Item = Way<'a>> {
        views.iter().filter_map(move |view| {
            let mount = self.facts.mounts.get(view.mount)?;
            let is_sent = mount.kind != MountKind::ScriptAlias && !self.are_covered(mount);
            is_sent.then(|| Way {
                doors: self,
                path,
                mount,
                conf: &view.conf,
                rest: path::below(path, &mount.directory).unwrap_or(name_of(path)),
            })
        })
    }

    /// The worst of the ways to the modules in a directory.
    pub(super) fn reach_into(&self, directory: &[u8]) -> Option<Reach> {
        let views = views_of(self.facts, directory);
        let module = joined(directory, b"module.py");
        worst(self.ways(&module, &views), directory, Target::File)
    }
}

/// The views of a directory, also of one that no view is known of: the mounts that it is in.
pub(super) fn views_of(facts: &Facts, directory: &[u8]) -> Vec<View> {
    if let Some(entry) = facts.entries.get(directory)
        && !entry.views.is_empty()
    {
        return entry.views.to_vec();
    }
    let mounts = facts.mounts.iter().enumerate();
    let here = mounts.filter(|(_, mount)| covers(&mount.directory, directory));
    here.filter_map(|(number, mount)| {
        Some(View {
            mount: number,
            conf: facts.hosts.get(mount.host)?.conf.clone(),
        })
    })
    .collect()
}

/// A URL by which httpd would send a file.
pub(super) struct Way<'a> {
    doors: &'a Doors<'a>,
    path: &'a [u8],
    pub(super) mount: &'a Mount,
    pub(super) conf: &'a Conf,
    /// The path below the mount.
    pub(super) rest: &'a [u8],
}

impl Way<'_> {
    /// Whether httpd refuses what lies there.
    fn is_shut(&self) -> bool {
        let (doors, mount) = (self.doors, self.mount);
        if doors.is_unsure {
            return false;
        }
        let is_here = |required: &&Required| {
            (required.host == 0 || required.host == mount.host)
                && (self.path.starts_with(&required.directory)
                    || without_slash(&required.directory) == self.path)
        };
        let here = doors.required.iter().filter(is_here);
        // Of one length, what the virtual host says comes after what the main server says.
        let nearest = here.max_by_key(|required| (required.directory.len(), required.host != 0));
        let is_denied = nearest.is_some_and(|required| required.is_denied);
        is_denied && {
            let url = self.url_path(self.rest);
            !doors.located.iter().any(|located| url.starts_with(located))
        }
    }

    /// Whether a program is configured to answer.
    pub(super) fn is_run(&self) -> bool {
        self.conf.observed.is_run(name_of(self.path))
    }

    /// What lets httpd send this file, if anything does: then nothing of the module keeps it back.
    fn opened_by(&self, target: Target) -> Option<&'static str> {
        let settings = &self.conf.settings;
        let facts = judge::Facts {
            filename: self.path,
            path: self.rest,
            target,
            handler: b"",
            method: Method::Get,
        };
        let denies = |settings: &Settings| {
            let observed = &self.conf.observed;
            judge::name(Stop::FallThrough, &facts, settings, observed) != Verdict::Allow
                || judge::fall_through(&facts, settings) != Verdict::Allow
        };
        match settings.mode() {
            _ if self.is_run() => None,
            Mode::Off => Some("PyGuard Off"),
            Mode::Detect => Some("PyGuard Detect"),
            Mode::On if denies(settings) => None,
            Mode::On => {
                let without = Settings {
                    exempt: None,
                    ..settings.clone()
                };
                Some(match denies(&without) {
                    true => "PyGuardExempt",
                    false => "PyGuardDeny",
                })
            }
        }
    }

    fn url_path(&self, rest: &[u8]) -> Bytes {
        joined(&self.mount.url, rest.strip_prefix(b"/").unwrap_or(rest))
    }

    /// The URL of what lies at `place`, for administrators.
    fn url(&self, place: &[u8]) -> String {
        let mount = self.mount;
        if mount.url.iter().any(|byte| b"^$*()[]\\".contains(byte)) {
            return format!("a URL of the Alias at {}", mount.place);
        }
        let rest = path::below(place, &mount.directory).unwrap_or_default();
        let url = escaped(&self.url_path(rest));
        match self.doors.facts.hosts.get(mount.host) {
            Some(host) if !host.name.is_empty() => format!("{url} of {}", escaped(&host.name)),
            _ => url,
        }
    }
}

/// That something can be asked for.
pub(super) struct Reach {
    pub(super) is_open: bool,
    pub(super) what: String,
}

/// The worst of the ways that httpd does not refuse, told as one to `place`.
pub(super) fn worst<'a>(
    ways: impl Iterator<Item = Way<'a>>,
    place: &[u8],
    target: Target,
) -> Option<Reach> {
    let mut first = None;
    for way in ways.filter(|way| !way.is_shut()) {
        if let Some(directive) = way.opened_by(target) {
            let url = way.url(place);
            return Some(Reach {
                is_open: true,
                what: format!(
                    "{url} leads there, and visitors can read it: {directive} lets it through."
                ),
            });
        }
        first.get_or_insert(way);
    }
    let way = first?;
    let url = way.url(place);
    Some(Reach {
        is_open: false,
        what: match way.is_run() {
            true => {
                format!("{url} leads there; a handler answers, as long as it does not decline.")
            }
            false => {
                format!("{url} leads there, and only the module keeps visitors from reading it.")
            }
        },
    })
}
