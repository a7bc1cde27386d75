//! How a file is asked for by URL, and what keeps it back.

use std::collections::HashSet;

use super::super::Severity;
use super::super::check::Check;
use super::super::facts::{Access, Bytes, Conf, Entry, Facts, Kind, Mount, MountKind, Said, View};
use super::super::paths::{around, covers, joined, name_of, parent};
use super::code::entries_in;
use crate::policy::handler::has_extension;
use crate::policy::judge::{self, Method, Stop, Target, Verdict};
use crate::policy::message::escaped;
use crate::policy::path;
use crate::policy::settings::{Mode, Settings};

/// Which URLs lead to files at all.
pub(super) struct Doors<'a> {
    facts: &'a Facts,
    /// The servers where mod_wsgi answers for every URL that no `Alias` is for.
    covered: HashSet<usize>,
}

impl<'a> Doors<'a> {
    pub(super) fn of(facts: &'a Facts) -> Doors<'a> {
        let said = facts.said.iter();
        let covers = |said: &&Said| said.name == "wsgiscriptalias" && said.word(0) == b"/";
        Doors {
            facts,
            covered: said.filter(covers).map(|said| said.host).collect(),
        }
    }

    /// Whether nothing of the mount is ever looked for.
    fn are_covered(&self, mount: &Mount) -> bool {
        let is_covered = |host: usize| self.covered.contains(&host);
        mount.kind == MountKind::DocumentRoot && (is_covered(0) || is_covered(mount.host))
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

    /// The worst of the ways to the modules in a directory: one that lies there stands for all.
    pub(super) fn reach_into(&self, directory: &[u8]) -> Option<Reach> {
        let is_module = |(path, entry): &(&Bytes, &Entry)| {
            entry.kind == Kind::File && has_extension(path, b"py") && parent(path) == directory
        };
        let (module, views) = match entries_in(self.facts, directory).find(is_module) {
            Some((path, entry)) => (path.clone(), entry.views.to_vec()),
            None => (
                joined(directory, b"module.py"),
                views_of(self.facts, directory),
            ),
        };
        worst(self.ways(&module, &views), directory, Target::File)
    }
}

/// The views of a directory, also of one that no view is known of: the mounts that it is in, with
/// what is in force in the nearest directory around it that is known.
pub(super) fn views_of(facts: &Facts, directory: &[u8]) -> Vec<View> {
    if let Some(entry) = facts.entries.get(directory)
        && !entry.views.is_empty()
    {
        return entry.views.to_vec();
    }
    let known: Vec<&View> = around(directory)
        .filter_map(|directory| facts.entries.get(directory))
        .flat_map(|entry| &*entry.views)
        .collect();
    let mounts = facts.mounts.iter().enumerate();
    let here = mounts.filter(|(_, mount)| covers(&mount.directory, directory));
    here.filter_map(|(number, mount)| {
        let nearest = known.iter().find(|view| view.mount == number);
        let conf = match nearest {
            Some(view) => &view.conf,
            None => &facts.hosts.get(mount.host)?.conf,
        };
        Some(View {
            mount: number,
            conf: conf.clone(),
        })
    })
    .collect()
}

const EXEMPT: &str = "PyGuardExempt";

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
        self.conf.access == Access::Denied
    }

    /// Who can ask for it, as a subject.
    fn who(&self) -> &'static str {
        match self.conf.access {
            Access::Open => "visitors",
            Access::Guarded | Access::Denied => "whoever httpd lets in",
        }
    }

    /// Whether a program is configured to answer. PSP sends what it does not know as a page.
    pub(super) fn is_run(&self) -> bool {
        let (observed, name) = (&self.conf.observed, name_of(self.path));
        let is_page = has_extension(name, b"psp") || observed.is_mapped_by_name(name);
        observed.is_run(name) && (is_page || !observed.runs(b"mod_python.psp", name))
    }

    /// Whether the administrator offers such files: opened by their names, where nothing is for Python.
    pub(super) fn is_offered(&self) -> bool {
        let observed = &self.conf.observed;
        self.opened_by(Target::File) == Some(EXEMPT)
            && !observed.is_python_directory(self.path, &self.mount.directory)
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
                    true => EXEMPT,
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

/// What stands between visitors and a file, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Barrier {
    /// Nothing.
    None,
    /// httpd's own rules, for some of them.
    Rules,
    /// The module, or a handler.
    Closed,
}

/// That something can be asked for.
pub(super) struct Reach {
    pub(super) barrier: Barrier,
    pub(super) what: String,
}

impl Reach {
    /// How much it matters.
    pub(super) fn severity(&self, check: &Check) -> Severity {
        match self.barrier {
            Barrier::None => check.severity.0,
            Barrier::Rules => check.severity.0.max(Severity::Medium),
            Barrier::Closed => check.severity.1,
        }
    }
}

/// The worst of the ways that httpd does not refuse, told as one to `place`.
pub(super) fn worst<'a>(
    ways: impl Iterator<Item = Way<'a>>,
    place: &[u8],
    target: Target,
) -> Option<Reach> {
    let mut worst: Option<(Barrier, Way<'a>, &str)> = None;
    for way in ways.filter(|way| !way.is_shut()) {
        let directive = way.opened_by(target);
        let barrier = match (directive, way.conf.access) {
            (None, _) => Barrier::Closed,
            (Some(_), Access::Open) => Barrier::None,
            (Some(_), _) => Barrier::Rules,
        };
        let is_worse = |(known, ..): &(Barrier, Way<'_>, &str)| barrier < *known;
        if worst.as_ref().is_none_or(is_worse) {
            worst = Some((barrier, way, directive.unwrap_or_default()));
        }
        if barrier == Barrier::None {
            break;
        }
    }
    let (barrier, way, directive) = worst?;
    let (url, who) = (way.url(place), way.who());
    let rest = match barrier {
        Barrier::Closed if way.is_run() => {
            "; a handler answers, as long as it does not decline.".to_owned()
        }
        Barrier::Closed => format!(", and only the module keeps {who} from reading it."),
        Barrier::None | Barrier::Rules => {
            format!(", and {who} can read it: {directive} lets it through.")
        }
    };
    Some(Reach {
        barrier,
        what: format!("{url} leads there{rest}"),
    })
}
