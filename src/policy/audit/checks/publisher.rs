//! The pages of publisher: what they show, and what does not guard them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::check::Check;
use super::super::facts::{Bytes, Entry, Facts, Kind, Place, View};
use super::super::paths::{name_of, parent};
use super::super::{Finding, Severity};
use super::guards::{Guard, Reading, guards};
use super::{finding, in_directory, line, named, severity};
use crate::policy::message::escaped;
use crate::policy::page::Page;
use crate::policy::settings::{Mode, Publish};

/// The pages whose content is known, with the views in which publisher runs them.
fn pages(facts: &Facts) -> impl Iterator<Item = (&Bytes, &[u8], Vec<&View>)> {
    facts.entries.iter().filter_map(|(path, entry)| {
        let content = entry.content.as_deref()?;
        let views: Vec<&View> = publishing(path, entry).collect();
        (!views.is_empty()).then_some((path, content, views))
    })
}

fn publishing<'a>(path: &'a [u8], entry: &'a Entry) -> impl Iterator<Item = &'a View> {
    let is_file = entry.kind == Kind::File;
    let views = entry.views.iter();
    views.filter(move |view| is_file && view.conf.observed.publishes(name_of(path)))
}

// R05: what publisher shows.

/// How many names are told of a page.
const MOST_NAMES: usize = 20;

/// How many names a `PyGuardPublish` that is proposed has.
const MOST_LISTED: usize = 100;

fn is_shown(name: &&[u8]) -> bool {
    !name.starts_with(b"_")
}

/// What the pages of a directory define, and what they import.
#[derive(Default)]
struct Names<'a> {
    published: BTreeSet<&'a [u8]>,
    imported: BTreeSet<&'a [u8]>,
    /// What a page brings with it is not known, or no directive keeps it back.
    is_unsure: bool,
}

impl<'a> Names<'a> {
    fn add(&mut self, page: &'a Page) {
        self.published.extend(page.published().filter(is_shown));
        self.imported
            .extend(page.imported().iter().map(Vec::as_slice));
        self.is_unsure |= page.imports_all();
    }

    /// `PyGuardPublish` is for a directory with all its pages: one list for it must not open what
    /// another page of it imports. One that is too long is of no use to anybody.
    fn lines(&self, directory: &[u8]) -> Vec<String> {
        let is_of_use = !self.is_unsure
            && (1..=MOST_LISTED).contains(&self.published.len())
            && self.published.is_disjoint(&self.imported);
        if !is_of_use {
            return Vec::new();
        }
        let names = self.published.iter().copied();
        in_directory(directory, line("PyGuardPublish", names))
    }
}

/// R05: the names of each page.
pub(crate) fn published_names(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let mut all = Vec::new();
    for (path, content, mut views) in pages(facts) {
        // Where the module is not in force, what it was told counts for nothing.
        views.retain(|view| {
            view.conf.settings.mode() != Mode::On
                || matches!(view.conf.settings.publish(), Publish::Auto)
        });
        let mut modes = views.iter().map(|view| view.conf.settings.mode());
        let is_on = modes.all(|mode| mode == Mode::On);
        let is_hidden = is_on && name_of(path).starts_with(b"_");
        if !views.is_empty() && !is_hidden {
            all.push((path, is_on, Page::parse(content)));
        }
    }
    let mut together: BTreeMap<&[u8], Names<'_>> = BTreeMap::new();
    for (path, is_on, page) in &all {
        let names = together.entry(parent(path)).or_default();
        match page {
            Ok(page) if *is_on => names.add(page),
            _ => names.is_unsure = true,
        }
    }
    // Once a directory: with its first page.
    let mut lines: BTreeMap<&[u8], Vec<String>> = (together.into_iter())
        .map(|(directory, names)| (directory, names.lines(directory)))
        .collect();
    for (path, is_on, page) in &all {
        let place = Place::Path(path.to_vec());
        match page {
            Ok(page) => {
                if let Some((severity, what)) = shown(check, page, *is_on) {
                    let lines = lines.remove(parent(path)).unwrap_or_default();
                    findings.push(finding(check, severity, place, what, lines));
                }
            }
            Err(unreadable) => {
                let done = match is_on {
                    true => ", and the module refuses it",
                    false => "",
                };
                let what = format!("The page cannot be followed{done}: {unreadable}.");
                findings.push(Finding {
                    fix: "Correct the page.".to_owned(),
                    ..finding(check, Severity::Low, place, what, Vec::new())
                });
            }
        }
    }
}

/// What a page shows, if anything, and how bad that is.
fn shown(check: &Check, page: &Page, is_on: bool) -> Option<(Severity, String)> {
    let published: Vec<String> = page.published().filter(is_shown).map(escaped).collect();
    let imported = page.imported().iter().map(Vec::as_slice).filter(is_shown);
    let imported: Vec<String> = imported.map(escaped).collect();
    let brings = !imported.is_empty() || page.imports_all();
    if published.is_empty() && !brings {
        return None;
    }
    let mut what = match published.is_empty() {
        true => "It has no name of its own to show.".to_owned(),
        false => format!("Visitors can ask for {}.", named(&published, MOST_NAMES)),
    };
    let fate = match is_on {
        true => "kept back",
        false => "shown as well if it is no module",
    };
    if !imported.is_empty() {
        let names = named(&imported, MOST_NAMES);
        what += &format!(" Imported, {fate}: {names}.");
    }
    if page.imports_all() {
        what += &format!(" What `import *` brings is {fate}.");
    }
    let severity = match brings && !is_on {
        true => check.severity.0,
        false => check.severity.1,
    };
    Some((severity, what))
}

// R24: what does not guard.

/// What is wrong with a guard, and whether it lets strangers in.
fn fault(guard: &Guard, python: Option<(u32, u32)>) -> Option<(bool, &'static str)> {
    const LOST: &str =
        "is not asked: publisher looks into what the decorator returned, which has none";
    const MISREAD: &str = "may be taken for another value, which lets everybody in: publisher finds it by its place among the constants of the function, and something stands before it";
    const REFUSES: &str =
        "fails for everybody who sends a password: publisher takes another value for it";
    const VALUE: &str = "fails for everybody who sends a password: publisher compares it with a type that Python 3 does not have";
    const DECODING: &str = "refuses everybody who sends a password, with mod_python 3.5.0 as released and Python 3.9 or later; newer versions of mod_python have repaired it";
    let is_three = python.is_some_and(|version| version >= (3, 0));
    match (guard.reading, guard.is_auth) {
        (Reading::Lost, _) => Some((true, LOST)),
        (Reading::Wrong, false) => Some((true, MISREAD)),
        (Reading::Wrong, true) if !is_three => Some((true, MISREAD)),
        (Reading::Wrong, true) => Some((false, REFUSES)),
        (Reading::Right, true) if is_three && guard.is_value => Some((false, VALUE)),
        (Reading::Right, true) if python >= Some((3, 9)) => Some((false, DECODING)),
        (Reading::Right, _) => None,
    }
}

/// R24: the guards of pages, one finding a page.
pub(crate) fn nested_access(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for (path, content, _) in pages(facts) {
        let guards = guards(content);
        let faults = guards.iter().filter_map(|guard| {
            let (is_open, what) = fault(guard, facts.python)?;
            Some((guard, is_open, what))
        });
        let mut faults: Vec<_> = faults.collect();
        faults.sort_by_key(|(guard, is_open, _)| (!is_open, guard.line));
        let Some(((guard, is_open, what), others)) = faults.split_first() else {
            continue;
        };
        let name = match guard.is_auth {
            true => "__auth__",
            false => "__access__",
        };
        let of = match &guard.function {
            Some(function) => format!(" of {}", escaped(function)),
            None => String::new(),
        };
        let mut what = format!("{name}{of} {what}.");
        if !others.is_empty() {
            let lines: Vec<String> = (others.iter())
                .map(|(guard, ..)| guard.line.to_string())
                .collect();
            what += &format!(" Look at the lines {} too.", lines.join(", "));
        }
        // Where it fails, nobody gets in who should not.
        let severity = severity(check, !is_open);
        let line = u32::try_from(guard.line).unwrap_or(u32::MAX);
        let place = Place::Line(path.clone(), line);
        findings.push(finding(check, severity, place, what, Vec::new()));
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::policy::audit::site::{NONE, Site, plain, python, settings};
    use crate::policy::observed::{Observed, Phase, Section};
    use crate::policy::settings::Settings;

    const PAGE: &str = "from subprocess import getoutput\nimport os\n\n\
        def index(req):\n    return 'x'\n\ndef edit(req): pass\n\ndef _hidden(): pass\n";

    #[test]
    fn what_pages_show() {
        let check = "published-names";
        let publisher = || python("mod_python.publisher");
        let site = Site::new(Settings::EMPTY, publisher()).page("/srv/www/page.py", PAGE);
        let findings = site.findings(check);
        assert_eq!(site.places(check), ["/srv/www/page.py info"]);
        assert_eq!(
            findings[0].what,
            "Visitors can ask for edit, index. Imported, kept back: getoutput, os."
        );
        assert_eq!(
            findings[0].lines,
            [
                "<Directory \"/srv/www\">",
                "    PyGuardPublish edit index",
                "</Directory>"
            ]
        );
        let off = Site::new(settings(Mode::Off), publisher()).page("/srv/www/page.py", PAGE);
        assert_eq!(off.places(check), ["/srv/www/page.py high"]);
        assert!(off.findings(check)[0].lines.is_empty());
        assert!(
            off.findings(check)[0]
                .what
                .contains("if it is no module: getoutput, os")
        );
        let off = Site::new(settings(Mode::Off), publisher()).page("/srv/www/page.py", "x = 1\n");
        assert_eq!(off.places(check), ["/srv/www/page.py info"]);

        let broken = Site::new(Settings::EMPTY, publisher()).page("/srv/www/page.py", "def (\n");
        assert_eq!(broken.places(check), ["/srv/www/page.py low"]);
        // A list that is good for one page opens what another imports.
        let two = Site::new(Settings::EMPTY, publisher())
            .page("/srv/www/page.py", PAGE)
            .page("/srv/www/other.py", "def getoutput(): pass\n");
        assert!(
            two.findings(check)
                .iter()
                .all(|finding| finding.lines.is_empty())
        );
        let star = Site::new(Settings::EMPTY, publisher())
            .page("/srv/www/page.py", "def index(): pass\n")
            .page("/srv/www/other.py", "from x import *\ndef other(): pass\n");
        assert!(star.findings(check).iter().all(|f| f.lines.is_empty()));
        let many: String = (10..40).map(|number| format!("f{number} = 1\n")).collect();
        let many = Site::new(Settings::EMPTY, publisher()).page("/srv/www/page.py", &many);
        assert!(many.findings(check)[0].what.ends_with("f29 and 10 more."));

        let decided = Settings {
            publish: Some(Publish::Names(Arc::new(vec![b"index".to_vec()]))),
            ..Settings::EMPTY
        };
        let off = Settings {
            mode: Some(Mode::Off),
            ..decided.clone()
        };
        let off = Site::new(off, publisher()).page("/srv/www/page.py", PAGE);
        assert_eq!(off.places(check), ["/srv/www/page.py high"]);
        for site in [
            Site::new(decided, publisher()).page("/srv/www/page.py", PAGE),
            Site::new(Settings::EMPTY, python("dispatcher")).page("/srv/www/page.py", PAGE),
            Site::new(Settings::EMPTY, publisher()).page("/srv/www/_page.py", PAGE),
            Site::new(Settings::EMPTY, publisher()).page("/srv/www/page.py", "'nothing'\n"),
            Site::new(Settings::EMPTY, publisher()).with(&["/srv/www/page.py"]),
            plain().page("/srv/www/page.py", PAGE),
        ] {
            assert_eq!(site.places(check), NONE);
        }
        // By another extension than its own.
        let mut other = Observed::EMPTY;
        other.python_handler(
            Phase::Handler,
            b"mod_python.publisher | .pub",
            &Section::Server,
        );
        other.add_suffixes(b"mod_python .pub");
        let site = Site::new(Settings::EMPTY, other).page("/srv/www/page.py", PAGE);
        assert_eq!(site.places(check).len(), 1);
    }

    #[test]
    fn guards_of_pages() {
        let places = |python_version, source: &str| {
            let mut site = Site::new(Settings::EMPTY, python("mod_python.publisher"));
            site.facts.python = python_version;
            site.page("/srv/www/page.py", source)
                .places("nested-access")
        };
        let misread = "def f(req):\n  import os\n  def __access__(r, u): return 0\n";
        for version in [None, Some((2, 7)), Some((3, 8)), Some((3, 11))] {
            assert_eq!(places(version, misread), ["/srv/www/page.py:3 high"]);
        }
        let top = "def __auth__(req, user, password):\n  return 0\n";
        assert_eq!(places(Some((3, 11)), top), ["/srv/www/page.py:1 low"]);
        assert_eq!(places(Some((3, 8)), top), NONE);
        assert_eq!(places(None, top), NONE);
        assert_eq!(
            places(Some((3, 8)), "__auth__ = {'a': 'b'}\n"),
            ["/srv/www/page.py:1 low"]
        );
        let access = "def __access__(req, user):\n  return 0\n";
        assert_eq!(places(Some((3, 11)), access), NONE);
        let both = format!("{top}{misread}");
        assert_eq!(places(Some((3, 11)), &both), ["/srv/www/page.py:5 high"]);
        let plain = plain().page("/srv/www/page.py", misread);
        assert_eq!(plain.places("nested-access"), NONE);
    }
}
