//! What the files show: what can be asked for by URL, what httpd may write, what a page publishes.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::facts::{
    Bytes, Conf, Entry, Facts, Kind, Library, LibraryKind, Mount, MountKind, Place,
};
use super::facts::{Said, View};
use super::guards::{Guard, Reading, guards};
use super::stdlib;
use super::{Finding, Severity};
use crate::policy::class::{Class, Found, classify, is_plain};
use crate::policy::handler::has_extension;
use crate::policy::judge::{self, Method, Stop, Target, Verdict};
use crate::policy::message::escaped;
use crate::policy::observed::{Observed, Section};
use crate::policy::page::{LONGEST, Page};
use crate::policy::path;
use crate::policy::settings::{Bytecode, Mode, Publish, Settings};

/// What is worth knowing of an entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Whether a check wants to see it.
    pub keep: bool,
    /// How much of its content a check wants, in bytes at most; `None`: nothing.
    pub read: Option<usize>,
}

/// How much is read of a page with server-side includes.
const LONGEST_INCLUDE: usize = 256 * 1024;

/// Whether the checks want an entry of a directory that can be reached, or that is or lies in one
/// that Python imports from. Asked for every file of every document root.
pub fn interest(path: &[u8], kind: Kind, views: &[View], is_library: bool) -> Interest {
    let name = name_of(path);
    let keep = |keep| Interest { keep, read: None };
    if kind == Kind::Directory {
        let is_telling = !is_plain(name) && classify(name, true).is_some();
        let is_python = |view: &View| view.conf.observed.is_python_directory(path, b"");
        return keep(is_library || is_telling || views.iter().any(is_python));
    }
    if is_include(name) && views.iter().any(|view| view.conf.options.includes) {
        return Interest {
            keep: true,
            read: Some(LONGEST_INCLUDE),
        };
    }
    if name == VIRTUAL_ENVIRONMENT {
        return keep(true);
    }
    if is_plain(name) || classify(name, false).is_none() {
        return keep(false);
    }
    let is_page = views
        .iter()
        .any(|view| publishes(&view.conf.observed, name));
    Interest {
        keep: true,
        // One more than is read of a page: so it is seen to be too long.
        read: is_page.then_some(LONGEST + 1),
    }
}

/// What Python writes into the directory of a virtual environment.
const VIRTUAL_ENVIRONMENT: &[u8] = b"pyvenv.cfg";

/// The usual extensions of pages with server-side includes.
const INCLUDES: [&[u8]; 3] = [b"shtml", b"shtm", b"stm"];

fn is_include(name: &[u8]) -> bool {
    INCLUDES.iter().any(|include| has_extension(name, include))
}

// Paths.

fn name_of(path: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    path.get(slash..).unwrap_or_default()
}

fn directory_of(path: &[u8]) -> &[u8] {
    let slash = memchr::memrchr(b'/', path).unwrap_or_default();
    path.get(..slash).unwrap_or_default()
}

fn joined(directory: &[u8], name: &[u8]) -> Bytes {
    [without_slash(directory), b"/", name].concat()
}

fn without_slash(directory: &[u8]) -> &[u8] {
    directory.strip_suffix(b"/").unwrap_or(directory)
}

/// The directories around a path, the nearest first.
fn around<'a>(path: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let above = |path: &&'a [u8]| Some(directory_of(path)).filter(|above| !above.is_empty());
    std::iter::successors(Some(path), above).skip(1)
}

/// Whether the path is the directory or in it.
fn is_within(path: &[u8], directory: &[u8]) -> bool {
    path::below(path, directory).is_some()
}

/// What lies in a directory, at any depth.
fn entries_in<'a>(
    facts: &'a Facts,
    directory: &[u8],
) -> impl Iterator<Item = (&'a Bytes, &'a Entry)> {
    let start = joined(directory, b"");
    let end = start.clone();
    let entries = facts.entries.range(start..);
    entries.take_while(move |(path, _)| path.starts_with(&end))
}

/// A word for a shell.
fn shell(path: &[u8]) -> String {
    let is_visible = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let text = |byte: u8| match byte {
        b'\'' => "'\\''".to_owned(),
        _ => char::from(byte).to_string(),
    };
    if path.iter().all(is_visible) {
        let inner: String = path.iter().copied().map(text).collect();
        return format!("'{inner}'");
    }
    let text = |byte: u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' ' => " ".to_owned(),
        _ if byte.is_ascii_graphic() => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    let inner: String = path.iter().copied().map(text).collect();
    format!("$'{inner}'")
}

/// A word for httpd's configuration.
fn word(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let visible = |c: char| if c.is_control() { '?' } else { c };
    format!("\"{}\"", text.chars().map(visible).collect::<String>())
}

/// A section for a directory.
fn section(directory: &[u8], directive: &str) -> Vec<String> {
    vec![
        format!("<Directory {}>", word(without_slash(directory))),
        format!("    {directive}"),
        "</Directory>".to_owned(),
    ]
}

/// `x.py, y.py and 3 more`
fn listed<'a>(names: impl Iterator<Item = &'a [u8]>, most: usize) -> String {
    let names: Vec<String> = names.map(escaped).collect();
    let text = names.get(..most).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(most) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

fn found(check: &'static Check, severity: Severity, place: Place, what: String) -> Finding {
    Finding {
        check,
        severity,
        place,
        what,
        fix: check.fix.to_owned(),
        lines: Vec::new(),
    }
}

// Which handler runs a file.

/// Whether these directives change nothing where they are said once more: then they are in force.
fn holds(observed: &Observed, say: impl Fn(&mut Observed)) -> bool {
    let mut again = observed.clone();
    say(&mut again);
    again == *observed
}

/// Whether a program is configured to answer for files of this name.
fn is_run(observed: &Observed, name: &[u8]) -> bool {
    let set = |handler: &'static [u8]| {
        holds(observed, |again| {
            again.set_handler(handler, false);
        })
    };
    observed.is_mapped_by_name(name)
        || set(b"mod_python")
        || set(b"wsgi-script")
        || set(b"cgi-script")
        || has_added_handler(observed, name)
}

/// `AddHandler` with any handler, and no `RemoveHandler`.
fn has_added_handler(observed: &Observed, name: &[u8]) -> bool {
    let Some(dot) = memchr::memrchr(b'.', name) else {
        return false;
    };
    let extension = name.get(dot + 1..).unwrap_or_default();
    let arguments = |handler: &[u8]| [handler, b" ", extension].concat();
    let added = |handler: &[u8]| holds(observed, |again| again.add_suffixes(&arguments(handler)));
    !extension.is_empty()
        && (added(b"mod_python") || added(b"cgi-script"))
        && !holds(observed, |again| again.remove_suffixes(extension))
}

/// Whether publisher would run this file: by its own name, or by one with an extension that
/// `AddHandler` gives to mod_python, in whose place publisher puts `.py`.
fn publishes(observed: &Observed, name: &[u8]) -> bool {
    const PUBLISHER: &[u8] = b"mod_python.publisher";
    if !observed.runs_python() || !has_extension(name, b"py") {
        return false;
    }
    let stem = name.get(..name.len() - 2).unwrap_or_default();
    let other = |suffix: &[u8]| observed.runs(PUBLISHER, &[stem, suffix].concat());
    (observed.runs(PUBLISHER, name) && is_run(observed, name)) || observed.suffixes().any(other)
}

/// The views in which publisher would run the file.
fn publishing<'a>(path: &'a [u8], entry: &'a Entry) -> impl Iterator<Item = &'a View> {
    let is_file = entry.kind == Kind::File;
    let views = entry.views.iter();
    views.filter(move |view| is_file && publishes(&view.conf.observed, name_of(path)))
}

// What can be asked for.

/// What httpd's own configuration keeps back.
struct Doors {
    /// Directories with a `Require` of their own: the server, the directory with its slash, and
    /// whether it is `all denied` and nothing else.
    required: Vec<(usize, Bytes, bool)>,
    /// The URLs with a `Require` of their own, which comes after that of every directory.
    located: Vec<Bytes>,
    /// A pattern has a `Require`: where, is httpd's to say.
    is_unsure: bool,
    /// The servers where mod_wsgi answers for every URL that no `Alias` is for.
    covered: Vec<usize>,
    /// `<Files ".ht*">` or its like is denied.
    keeps_ht: bool,
}

impl Doors {
    fn of(facts: &Facts) -> Doors {
        let mut doors = Doors {
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
        let mut around = said.sections.iter().filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "<virtualhost" | "<ifmodule" | "<ifdefine" | "<ifversion" | "<iffile"
            )
        });
        let (first, second) = (around.next(), around.next());
        let names = |section: Option<&(String, Bytes)>| {
            section.is_some_and(|(name, arguments)| {
                name.starts_with("<files") && memchr::memmem::find(arguments, b".ht").is_some()
            })
        };
        self.keeps_ht |= is_denied && (names(first) || names(second));
        match first {
            Some((name, arguments)) if name == "<directory" => {
                match Section::directory(arguments) {
                    // What is said of some files says nothing of the others.
                    Section::Directory(_)
                        if second.is_some_and(|(name, _)| !name.starts_with("<require")) => {}
                    Section::Directory(directory) => {
                        let is_denied = is_denied && second.is_none();
                        let mut all = self.required.iter_mut();
                        match all.find(|(host, path, _)| *host == said.host && *path == directory) {
                            Some((_, _, denied)) => *denied &= is_denied,
                            None => self.required.push((said.host, directory, is_denied)),
                        }
                    }
                    _ => self.is_unsure |= !is_denied,
                }
            }
            Some((name, arguments)) if name == "<location" => match Section::location(arguments) {
                Section::Location(url) if !url.iter().any(|byte| b"~*?[".contains(byte)) => {
                    self.located.push(url);
                }
                _ => self.is_unsure |= !is_denied,
            },
            Some((name, _)) if name == "<locationmatch" || name == "<directorymatch" => {
                self.is_unsure |= !is_denied;
            }
            _ => {}
        }
    }

    /// Whether httpd refuses what lies at this path, `rest` being the part below the mount.
    fn are_shut(&self, mount: &Mount, path: &[u8], rest: &[u8]) -> bool {
        let url = joined(&mount.url, rest.strip_prefix(b"/").unwrap_or(rest));
        if self.is_unsure || self.located.iter().any(|located| url.starts_with(located)) {
            return false;
        }
        let host = mount.host;
        let holds = |server: usize, directory: &[u8]| {
            (server == 0 || server == host)
                && (path.starts_with(directory) || without_slash(directory) == path)
        };
        let required = self.required.iter();
        let nearest = required
            .filter(|(server, directory, _)| holds(*server, directory))
            // Of one length, what the virtual host says comes after what the main server says.
            .max_by_key(|(server, directory, _)| (directory.len(), *server != 0));
        nearest.is_some_and(|(_, _, is_denied)| *is_denied)
    }

    /// Whether nothing of the mount is ever looked for.
    fn are_covered(&self, mount: &Mount) -> bool {
        let by = |host: &usize| *host == 0 || *host == mount.host;
        mount.kind == MountKind::DocumentRoot && self.covered.iter().any(by)
    }
}

/// A URL by which httpd would send a file.
struct Way<'a> {
    mount: &'a Mount,
    conf: &'a Conf,
    /// The path below the mount.
    rest: &'a [u8],
}

/// The ways on which the bytes of a file are asked for: a script is run, and not sent.
fn ways<'a>(
    facts: &'a Facts,
    doors: &'a Doors,
    path: &'a [u8],
    views: &'a [View],
) -> impl Iterator<Item = Way<'a>> {
    views.iter().filter_map(move |view| {
        let mount = facts.mounts.get(view.mount)?;
        let rest = path::below(path, &mount.directory).unwrap_or(name_of(path));
        let is_sent = mount.kind != MountKind::ScriptAlias
            && !doors.are_covered(mount)
            && !doors.are_shut(mount, path, rest);
        let conf = &*view.conf;
        is_sent.then_some(Way { mount, conf, rest })
    })
}

/// The views of a directory, also of one that no view is known of: the mounts that it is in.
fn views_of(facts: &Facts, directory: &[u8]) -> Vec<View> {
    if let Some(entry) = facts.entries.get(directory)
        && !entry.views.is_empty()
    {
        return entry.views.to_vec();
    }
    let mut views = Vec::new();
    for (number, mount) in facts.mounts.iter().enumerate() {
        if let Some(host) = facts.hosts.get(mount.host)
            && is_within(directory, &mount.directory)
        {
            views.push(View {
                mount: number,
                conf: host.conf.clone(),
            });
        }
    }
    views
}

impl Way<'_> {
    /// What lets httpd send this file, if anything does: then nothing of the module keeps it back.
    fn opened_by(&self, path: &[u8], target: Target) -> Option<&'static str> {
        let settings = &self.conf.settings;
        let facts = judge::Facts {
            filename: path,
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

    /// The URL, for administrators.
    fn url(&self, facts: &Facts, path: &[u8]) -> String {
        let mount = self.mount;
        if mount.url.iter().any(|byte| b"^$*()[]\\".contains(byte)) {
            return format!("a URL of the Alias at {}", mount.place);
        }
        let rest = path::below(path, &mount.directory).unwrap_or_default();
        let rest = rest.strip_prefix(b"/").unwrap_or(rest);
        let url = escaped(&joined(&mount.url, rest));
        match facts.hosts.get(mount.host) {
            Some(host) if !host.name.is_empty() => format!("{url} of {}", escaped(&host.name)),
            _ => url,
        }
    }
}

/// That something can be asked for.
struct Reach {
    is_open: bool,
    what: String,
}

/// The worst of the ways to what lies at `path`, told as that to `place`.
fn worst<'a>(
    facts: &Facts,
    place: &[u8],
    path: &[u8],
    target: Target,
    ways: impl Iterator<Item = Way<'a>>,
) -> Option<Reach> {
    let mut reach = None;
    for way in ways {
        let url = way.url(facts, place);
        let is_run = is_run(&way.conf.observed, name_of(path));
        let (is_open, what) = match way.opened_by(path, target) {
            _ if is_run => (
                false,
                format!("{url} leads there; a handler answers, as long as it does not decline."),
            ),
            Some(directive) => (
                true,
                format!(
                    "{url} leads there, and visitors can read it: {directive} lets it through."
                ),
            ),
            None => (
                false,
                format!("{url} leads there, and only the module keeps visitors from reading it."),
            ),
        };
        if is_open {
            return Some(Reach { is_open, what });
        }
        reach.get_or_insert(Reach { is_open, what });
    }
    reach
}

/// The worst of the ways to the modules in a directory.
fn directory_reach(facts: &Facts, doors: &Doors, directory: &[u8]) -> Option<Reach> {
    let views = views_of(facts, directory);
    let module = joined(directory, b"module.py");
    let ways = ways(facts, doors, &module, &views);
    worst(facts, directory, &module, Target::File, ways)
}

impl Check {
    fn severity_of(&self, reach: &Reach) -> Severity {
        match reach.is_open {
            true => self.severity.0,
            false => self.severity.1,
        }
    }
}

/// What a path below a mount is, by its first telling part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Telling<'a> {
    /// The path up to there.
    place: &'a [u8],
    class: Class,
    is_directory: bool,
}

fn telling<'a>(path: &'a [u8], rest: &[u8], is_directory: bool) -> Option<Telling<'a>> {
    // What is below .well-known is nothing at all, and only the whole path shows that.
    classify(rest, is_directory)?;
    let mut end = path.len().checked_sub(rest.len())?;
    while end < path.len() {
        let start = end + usize::from(path.get(end) == Some(&b'/'));
        let tail = path.get(start..)?;
        end = memchr::memchr(b'/', tail).map_or(path.len(), |length| start + length);
        let name = path.get(start..end)?;
        let is_last = end >= path.len();
        let Some(found) = classify(name, is_directory || !is_last) else {
            continue;
        };
        let class = match found.class {
            // The code in an environment is told once. These say nothing of the rest that is below.
            Class::Cache | Class::Metadata | Class::Log | Class::Template if !is_last => {
                match classify(name_of(path), is_directory) {
                    Some(Found { class, .. })
                        if found.class == Class::Cache
                            && matches!(class, Class::Source | Class::Bytecode) =>
                    {
                        class
                    }
                    _ => continue,
                }
            }
            class => class,
        };
        return Some(Telling {
            place: path.get(..end)?,
            class,
            is_directory: is_directory || !is_last,
        });
    }
    None
}

/// Finds what can be asked for and is `wanted`: one finding for a telling directory, whatever is in it.
fn in_reach(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
    wanted: impl Fn(&Telling<'_>) -> bool,
    is_sent: impl Fn(&[u8], &Way<'_>) -> bool,
    lines: impl Fn(&Telling<'_>) -> Vec<String>,
) {
    let doors = Doors::of(facts);
    let mut places: BTreeMap<&[u8], (Reach, Telling<'_>)> = BTreeMap::new();
    for (path, entry) in &facts.entries {
        let is_directory = entry.kind == Kind::Directory;
        // Most entries are of no class that is wanted here, whatever leads to them.
        let mut told = None;
        let ways = ways(facts, &doors, path, &entry.views).filter(|way| {
            let here = telling(path, way.rest, is_directory).filter(&wanted);
            told = told.or(here);
            here.is_some() && is_sent(path, way)
        });
        let ways: Vec<Way<'_>> = ways.collect();
        let Some(told) = told else {
            continue;
        };
        let target = match entry.kind {
            Kind::Directory => Target::Directory,
            Kind::File => Target::File,
        };
        let known = places.get(told.place);
        if known.is_some_and(|(reach, _)| reach.is_open) {
            continue;
        }
        if let Some(reach) = worst(facts, told.place, path, target, ways.into_iter())
            && (reach.is_open || known.is_none())
        {
            places.insert(told.place, (reach, told));
        }
    }
    for (place, (reach, told)) in places {
        let place = Place::Path(place.to_vec());
        let severity = check.severity_of(&reach);
        findings.push(Finding {
            lines: lines(&told),
            ..found(check, severity, place, reach.what)
        });
    }
}

fn no_lines(_: &Telling<'_>) -> Vec<String> {
    Vec::new()
}

fn removal(told: &Telling<'_>) -> Vec<String> {
    let command = if told.is_directory { "rm -r" } else { "rm" };
    vec![format!("{command} {}", shell(told.place))]
}

/// R01: source that is sent as a file, if anything is.
pub(super) fn source_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let modules = handler_modules(facts);
    let packages = aliased_packages(facts);
    let libraries = libraries_in_reach(facts, &doors);
    let is_told = |path: &[u8]| {
        let mut libraries = libraries.iter();
        modules.contains(path) || libraries.any(|(library, _)| is_within(path, &library.directory))
    };
    in_reach(
        check,
        facts,
        findings,
        |told| told.class == Class::Source,
        |path, way| {
            !is_told(path)
                && !packages.contains(&*way.mount.directory)
                && !is_run(&way.conf.observed, name_of(path))
        },
        no_lines,
    );
}

/// Every set of directives that names handlers, with its server.
fn confs(facts: &Facts) -> impl Iterator<Item = &Conf> {
    let areas = facts.areas.iter().map(|area| &*area.conf);
    facts.hosts.iter().map(|host| &*host.conf).chain(areas)
}

/// The module of a handler, or of the application that mod_python.wsgi runs; nothing for what comes
/// with mod_python, which has no module of the site.
fn own_module<'a>(module: &'a [u8], observed: &'a Observed) -> Option<&'a [u8]> {
    match module.strip_prefix(b"mod_python.") {
        Some(b"wsgi") => observed.application(),
        Some(_) => None,
        None => Some(module),
    }
}

/// The files of the modules that handlers were named for, as far as they were found.
fn handler_modules(facts: &Facts) -> BTreeSet<&[u8]> {
    let mut files = BTreeSet::new();
    for conf in confs(facts) {
        let observed = &conf.observed;
        for handlers in observed.handlers() {
            let own = match handlers.section() {
                Section::Directory(path) | Section::Htaccess(path) => std::slice::from_ref(path),
                _ => &[],
            };
            for module in handlers.modules() {
                let Some(module) = own_module(module, observed) else {
                    continue;
                };
                for directory in observed.path().unwrap_or(own) {
                    files.extend(module_files(facts, directory, module));
                }
            }
        }
    }
    files
}

fn module_files<'a>(facts: &'a Facts, directory: &[u8], module: &[u8]) -> Option<&'a [u8]> {
    let part = |byte: &u8| if *byte == b'.' { b'/' } else { *byte };
    let module: Bytes = module.iter().map(part).collect();
    let path = joined(directory, &module);
    let file = [&path, &b".py"[..]].concat();
    let package = [&path, &b"/__init__.py"[..]].concat();
    let mut known = [file, package].into_iter();
    known.find_map(|file| facts.entries.get_key_value(&file).map(|(path, _)| &**path))
}

/// The directories of PythonPath that can be asked for.
fn libraries_in_reach<'a>(facts: &'a Facts, doors: &Doors) -> Vec<(&'a Library, Reach)> {
    let libraries = facts.libraries.iter();
    libraries
        .filter(|library| library.kind == LibraryKind::PythonPath)
        .filter_map(|library| {
            let reach = directory_reach(facts, doors, &library.directory)?;
            Some((library, reach))
        })
        .collect()
}

/// R01: the modules that run.
pub(super) fn module_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let doors = Doors::of(facts);
    let mut directories: BTreeMap<&[u8], Reach> = BTreeMap::new();
    for (library, reach) in libraries_in_reach(facts, &doors) {
        directories.entry(&library.directory).or_insert(reach);
    }
    for module in handler_modules(facts) {
        let is_told = |directory: &&[u8]| is_within(module, directory);
        let Some(entry) = facts.entries.get(module) else {
            continue;
        };
        if directories.keys().any(is_told) {
            continue;
        }
        let ways = ways(facts, &doors, module, &entry.views);
        let reach = worst(facts, module, module, Target::File, ways);
        if let Some(reach) = reach {
            let place = Place::Path(module.to_vec());
            let what = format!("It is a handler's module. {}", reach.what);
            findings.push(found(check, check.severity_of(&reach), place, what));
        }
    }
    for (directory, reach) in directories {
        let what = format!("PythonPath names it. {}", reach.what);
        let severity = check.severity_of(&reach);
        findings.push(found(
            check,
            severity,
            Place::Path(directory.to_vec()),
            what,
        ));
    }
}

/// Whether Python packages are installed in a directory of this path.
fn is_package_directory(path: &[u8]) -> bool {
    let name = name_of(path);
    matches!(name, b"site-packages" | b"dist-packages")
        || (name_of(directory_of(path)) == b"lib"
            && name.starts_with(b"python")
            && name.contains(&b'.'))
}

/// The directory of packages, or the virtual environment, that a directory is or lies in.
fn package_directory<'a>(facts: &Facts, directory: &'a [u8]) -> Option<&'a [u8]> {
    let mut all = std::iter::once(directory).chain(around(directory));
    all.find(|path| {
        is_package_directory(path)
            || facts
                .entries
                .contains_key(&joined(path, VIRTUAL_ENVIRONMENT))
    })
}

/// The directories of packages that an Alias leads into: of the code there, the Alias is told, and not
/// each file, which belongs where it is.
fn aliased_packages(facts: &Facts) -> BTreeSet<&[u8]> {
    let mounts = facts.mounts.iter().filter(|mount| {
        mount.kind != MountKind::DocumentRoot
            && package_directory(facts, without_slash(&mount.directory)).is_some()
    });
    mounts.map(|mount| &*mount.directory).collect()
}

/// R01: an Alias to more than was meant.
pub(super) fn package_alias(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for (number, mount) in facts.mounts.iter().enumerate() {
        let directory = without_slash(&mount.directory);
        let Some(package) =
            package_directory(facts, directory).filter(|_| mount.kind != MountKind::DocumentRoot)
        else {
            continue;
        };
        let mut sources = entries_in(facts, directory).filter(|(path, entry)| {
            entry.kind == Kind::File
                && has_extension(path, b"py")
                && entry.views.iter().any(|view| view.mount == number)
        });
        let source = sources.next();
        if (package != directory && source.is_none()) || !told.insert(&mount.place) {
            continue;
        }
        let module = source.map_or(joined(directory, b"module.py"), |(path, _)| path.clone());
        let views = match source {
            Some((_, entry)) => entry.views.to_vec(),
            None => views_of(facts, directory),
        };
        let doors = Doors::of(facts);
        let reach = worst(
            facts,
            directory,
            &module,
            Target::File,
            ways(facts, &doors, &module, &views).filter(|way| way.mount == mount),
        );
        let is_script = mount.kind == MountKind::ScriptAlias;
        let reach = match reach {
            Some(reach) => reach,
            None if is_script => Reach {
                is_open: false,
                what: "What is there is run as a program.".to_owned(),
            },
            None => continue,
        };
        let what = match source {
            Some((path, _)) => format!(
                "It leads to {}, where modules lie, such as {}. {}",
                escaped(directory),
                escaped(name_of(path)),
                reach.what
            ),
            None => format!("It leads to {}. {}", escaped(directory), reach.what),
        };
        findings.push(found(
            check,
            check.severity_of(&reach),
            mount.place.clone(),
            what,
        ));
    }
}

/// The targets of `WSGIScriptAlias`, each with its directory.
fn wsgi_targets(facts: &Facts) -> impl Iterator<Item = (&Said, &[u8], &[u8])> {
    facts.said.iter().filter_map(|said| {
        if said.name != "wsgiscriptalias" {
            return None;
        }
        let target = said.word(1);
        let is_directory = target.ends_with(b"/")
            || (facts.entries.get(target)).is_some_and(|entry| entry.kind == Kind::Directory);
        let directory = match is_directory {
            true => without_slash(target),
            false => directory_of(target),
        };
        (!directory.is_empty()).then_some((said, target, directory))
    })
}

/// R01: the script, and what lies beside it.
pub(super) fn wsgi_target_in_reach(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    let doors = Doors::of(facts);
    let mut told = BTreeSet::new();
    for (said, _, directory) in wsgi_targets(facts) {
        if let Some(reach) = directory_reach(facts, &doors, directory)
            && told.insert(said.place())
        {
            let what = format!("Its script lies in {}. {}", escaped(directory), reach.what);
            findings.push(found(check, check.severity_of(&reach), said.place(), what));
        }
    }
}

// R02: who may write and read.

/// The directories that Python code is taken from, and its files.
fn code(facts: &Facts) -> (BTreeSet<&[u8]>, BTreeSet<&[u8]>) {
    let mut directories: BTreeSet<&[u8]> = BTreeSet::new();
    let mut files = handler_modules(facts);
    let libraries: BTreeSet<&[u8]> = (facts.libraries.iter())
        .map(|library| &*library.directory)
        .collect();
    directories.extend(&libraries);
    files.extend(wsgi_targets(facts).map(|(_, target, _)| target));
    directories.extend(files.iter().map(|file| directory_of(file)));
    for (path, entry) in &facts.entries {
        let mut views = entry.views.iter();
        if entry.kind == Kind::Directory {
            // Whatever is put there is run.
            if views.any(|view| publishes(&view.conf.observed, b"module.py")) {
                directories.insert(path);
            }
            continue;
        }
        let is_source = !is_plain(name_of(path))
            && classify(name_of(path), false).is_some_and(|found| found.class == Class::Source);
        if !is_source && name_of(path) != b".htaccess" {
            continue;
        }
        let is_python = |view: &View| {
            let mount = facts.mounts.get(view.mount);
            let root = mount.map_or(&b""[..], |mount| &mount.directory);
            view.conf.observed.is_python_directory(path, root)
        };
        if views.any(is_python) || around(path).any(|path| libraries.contains(path)) {
            files.insert(path);
            if is_source {
                directories.insert(directory_of(path));
            }
        }
    }
    (directories, files)
}

/// Finds code that somebody may write: the outermost directories, and the files elsewhere.
fn writable(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
    who: impl Fn(&Entry) -> Option<&'static str>,
    lines: impl Fn(&Entry, &str) -> Vec<String>,
) {
    let (directories, files) = code(facts);
    let mut told: BTreeSet<&[u8]> = BTreeSet::new();
    for path in directories.into_iter().chain(files) {
        let Some(entry) = facts.entries.get(path) else {
            continue;
        };
        let Some(who) = who(entry) else {
            continue;
        };
        if told.contains(path) || around(path).any(|path| told.contains(path)) {
            continue;
        }
        let (recursive, target) = match entry.kind {
            Kind::Directory => {
                told.insert(path);
                ("-R ", "put code there that httpd runs")
            }
            Kind::File => ("", "change it, and with it what httpd does"),
        };
        let what = format!(
            "{who} may {target}: its mode is {:04o}, its owner {}, its group {}.",
            entry.mode, entry.uid, entry.gid
        );
        let lines = lines(entry, recursive).into_iter();
        findings.push(Finding {
            lines: lines
                .map(|line| format!("{line} {}", shell(path)))
                .collect(),
            ..found(check, check.severity.0, Place::Path(path.to_vec()), what)
        });
    }
}

fn is_world_writable(entry: &Entry) -> bool {
    entry.mode & 0o002 != 0
}

/// R02: everybody.
pub(super) fn world_writable(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    writable(
        check,
        facts,
        findings,
        |entry| is_world_writable(entry).then_some("Every user"),
        |_, recursive| vec![format!("chmod {recursive}o-w")],
    );
}

/// How httpd's user comes to write: as the owner, or by a group.
fn is_httpd_writable(facts: &Facts, entry: &Entry) -> bool {
    let user = &facts.user;
    if user.uid == 0 || is_world_writable(entry) {
        return false;
    }
    match entry.uid == user.uid {
        true => entry.mode & 0o200 != 0,
        false => in_group(facts, entry) && entry.mode & 0o020 != 0,
    }
}

fn in_group(facts: &Facts, entry: &Entry) -> bool {
    entry.gid == facts.user.gid || facts.user.groups.contains(&entry.gid)
}

/// R02: httpd itself.
pub(super) fn writable_by_httpd(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    writable(
        check,
        facts,
        findings,
        |entry| is_httpd_writable(facts, entry).then_some("httpd's user"),
        |entry, recursive| match entry.uid == facts.user.uid {
            true => vec![
                format!("chown {recursive}root:{}", facts.user.gid),
                format!("chmod {recursive}g=rX"),
            ],
            false => vec![format!("chmod {recursive}g-w")],
        },
    );
}

/// Names of files that hold passwords or keys, whatever else is said of them.
const SECRETS: [&[u8]; 19] = [
    b".env",
    b".flaskenv",
    b".git-credentials",
    b".htdigest",
    b".htpasswd",
    b".my.cnf",
    b".netrc",
    b".pgpass",
    b".pypirc",
    b"id_dsa",
    b"id_ecdsa",
    b"id_ecdsa_sk",
    b"id_ed25519",
    b"id_ed25519_sk",
    b"id_rsa",
    b"local_settings.py",
    b"secrets.py",
    b"secring.gpg",
    b"wp-config.php",
];

/// Extensions of such files.
const SECRET_EXTENSIONS: [&[u8]; 8] = [
    b"jks", b"kdb", b"kdbx", b"key", b"keytab", b"p12", b"pfx", b"ppk",
];

/// Extensions under which `secrets` and `credentials` are data, and not a page or a program.
const SECRET_DATA: [&[u8]; 11] = [
    b"cfg",
    b"conf",
    b"csv",
    b"env",
    b"ini",
    b"json",
    b"properties",
    b"toml",
    b"xml",
    b"yaml",
    b"yml",
];

/// Words in a name that say that it is an example, or that it is public.
const HARMLESS: [&[u8]; 9] = [
    b"defaults",
    b"dist",
    b"example",
    b"pub",
    b"public",
    b"sample",
    b"schema",
    b"template",
    b"test",
];

/// Whether the name is that of a secret, and nothing else.
fn is_secret(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|byte| matches!(byte, b'.' | b'-' | b'_'));
    if words.any(|word| HARMLESS.contains(&word)) {
        return false;
    }
    let stem = match memchr::memchr(b'.', &name) {
        Some(dot) => name.get(..dot).unwrap_or_default(),
        None => &name,
    };
    let is_data =
        stem.len() == name.len() || SECRET_DATA.iter().any(|end| has_extension(&name, end));
    SECRETS.contains(&&*name)
        || name.starts_with(b".env.")
        || SECRET_EXTENSIONS
            .iter()
            .any(|end| has_extension(&name, end))
            && classify(&name, false).is_some_and(|found| found.all.contains(Class::Secret))
        || is_data && matches!(stem, b"secrets" | b"credentials")
}

/// R02: secrets that every user may read.
pub(super) fn readable_secret(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for (path, entry) in &facts.entries {
        if entry.kind != Kind::File || entry.mode & 0o004 == 0 || !is_secret(name_of(path)) {
            continue;
        }
        // Code and tests of what is installed.
        if around(path).any(is_package_directory) {
            continue;
        }
        let is_entered = |path: &[u8]| {
            let directory = facts.entries.get(path);
            directory.is_none_or(|entry| entry.mode & 0o001 != 0)
        };
        if !around(path).all(is_entered) {
            continue;
        }
        let what = format!(
            "Every user of this machine may read it: its name is that of a secret, its mode is {:04o}.",
            entry.mode
        );
        let file = shell(path);
        let mut lines = Vec::new();
        // httpd may have been one of those others.
        let user = &facts.user;
        if user.uid != 0 && entry.uid != user.uid && !in_group(facts, entry) {
            lines.push(format!("chgrp {} {file}", user.gid));
        }
        lines.push(match entry.uid == user.uid || user.uid == 0 {
            true => format!("chmod o= {file}"),
            false => format!("chmod g=r,o= {file}"),
        });
        findings.push(Finding {
            lines,
            ..found(check, check.severity.0, Place::Path(path.clone()), what)
        });
    }
}

// R05: what publisher shows.

/// How many names are told of a page.
const MOST_NAMES: usize = 20;

fn is_shown(name: &&[u8]) -> bool {
    !name.starts_with(b"_")
}

/// R05: the names of each page.
pub(super) fn published_names(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    // PyGuardPublish is for a directory with all its pages.
    let mut together: BTreeMap<&[u8], (BTreeSet<Bytes>, BTreeSet<Bytes>)> = BTreeMap::new();
    let mut pages = Vec::new();
    for (path, entry) in &facts.entries {
        let Some(content) = &entry.content else {
            continue;
        };
        let undecided = |view: &&View| matches!(view.conf.settings.publish(), Publish::Auto);
        let mut modes = publishing(path, entry)
            .filter(undecided)
            .map(|view| view.conf.settings.mode())
            .peekable();
        if modes.peek().is_none() {
            continue;
        }
        let is_on = modes.all(|mode| mode == Mode::On);
        if is_on && name_of(path).starts_with(b"_") {
            continue;
        }
        let page = Page::parse(content);
        if let Ok(page) = &page {
            let (published, imported) = together.entry(directory_of(path)).or_default();
            published.extend(page.published().filter(is_shown).map(<[u8]>::to_vec));
            imported.extend(page.imported().iter().cloned());
        }
        pages.push((path, is_on, page));
    }
    for (path, is_on, page) in pages {
        let place = Place::Path(path.clone());
        let page = match page {
            Ok(page) => page,
            Err(unreadable) => {
                let done = if is_on {
                    ", and the module refuses it"
                } else {
                    ""
                };
                let what = format!("The page cannot be followed{done}: {unreadable}.");
                findings.push(Finding {
                    fix: "Correct the page.".to_owned(),
                    ..found(check, check.severity.0, place, what)
                });
                continue;
            }
        };
        let published: Vec<&[u8]> = page.published().filter(is_shown).collect();
        let imported = page.imported().iter().map(Vec::as_slice).filter(is_shown);
        let imported: Vec<&[u8]> = imported.collect();
        if published.is_empty() && imported.is_empty() && !page.imports_all() {
            continue;
        }
        let mut what = match published.is_empty() {
            true => "It has no name of its own to show.".to_owned(),
            false => format!(
                "Visitors can ask for {}.",
                listed(published.iter().copied(), MOST_NAMES)
            ),
        };
        let fate = match is_on {
            true => "kept back",
            false => "shown as well if it is no module",
        };
        if !imported.is_empty() {
            let names = listed(imported.iter().copied(), MOST_NAMES);
            what += &format!(" Imported, {fate}: {names}.");
        }
        if page.imports_all() {
            what += &format!(" What `import *` brings is {fate}.");
        }
        let is_public = !is_on && (!imported.is_empty() || page.imports_all());
        let severity = match is_public {
            true => check.severity.0,
            false => check.severity.1,
        };
        let lines = match together.get(directory_of(path)) {
            // One list for the directory must not open what another page of it imports.
            Some((published, imported))
                if !published.is_empty() && published.is_disjoint(imported) =>
            {
                let names: Vec<_> = published
                    .iter()
                    .map(|name| String::from_utf8_lossy(name))
                    .collect();
                section(
                    directory_of(path),
                    &format!("PyGuardPublish {}", names.join(" ")),
                )
            }
            _ => Vec::new(),
        };
        findings.push(Finding {
            lines,
            ..found(check, severity, place, what)
        });
    }
}

// R08: names of modules.

/// The modules that lie directly in a directory, each with its file.
fn modules_in<'a>(facts: &'a Facts, directory: &[u8]) -> Vec<(&'a [u8], &'a [u8])> {
    let length = joined(directory, b"").len();
    let mut modules = Vec::new();
    for (path, entry) in entries_in(facts, directory) {
        let rest = path.get(length..).unwrap_or_default();
        let module = rest
            .strip_suffix(b"/__init__.py")
            .or_else(|| rest.strip_suffix(b".py"))
            .unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        if entry.kind == Kind::File
            && !module.is_empty()
            && module.iter().all(is_name)
            && !module.starts_with(b"__")
        {
            modules.push((module, &**path));
        }
    }
    modules
}

/// Whether what lies in the directory is imported by its name: publisher and PSP run the files of
/// theirs as pages.
fn holds_modules(facts: &Facts, library: &Library) -> bool {
    match library.kind {
        LibraryKind::PythonPath => true,
        LibraryKind::WsgiTarget => false,
        LibraryKind::Handler => confs(facts).any(|conf| {
            let observed = &conf.observed;
            let mut handlers = observed.handlers().iter();
            handlers.any(|handlers| {
                let is_here = match handlers.section() {
                    Section::Directory(path) | Section::Htaccess(path) => {
                        without_slash(path) == library.directory
                    }
                    _ => false,
                };
                is_here && (handlers.modules()).any(|module| own_module(module, observed).is_some())
            })
        }),
    }
}

/// R08: whichever comes first is imported for both.
pub(super) fn duplicate_module(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    // By interpreter and name.
    let mut known: BTreeMap<_, (&Library, &[u8])> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for library in &facts.libraries {
        if !holds_modules(facts, library) {
            continue;
        }
        // An interpreter that has a name is one for all servers.
        let host = library.interpreter.is_empty().then_some(library.host);
        for (module, file) in modules_in(facts, &library.directory) {
            let key = (&*library.interpreter, host, module);
            let (first, first_file) = *known.entry(key).or_insert((library, file));
            if first.directory == library.directory || !told.insert(file) {
                continue;
            }
            let interpreter = match library.interpreter.is_empty() {
                true => "one interpreter".to_owned(),
                false => format!("the interpreter {}", escaped(&library.interpreter)),
            };
            let what = format!(
                "{} has the same name, {}, in {interpreter}; see {} and {}.",
                escaped(first_file),
                escaped(module),
                first.place,
                library.place
            );
            let lines = match library.kind {
                LibraryKind::Handler => {
                    let name = escaped(&library.directory);
                    section(
                        &library.directory,
                        &format!("PythonInterpreter {}", word(name.as_bytes())),
                    )
                }
                _ => Vec::new(),
            };
            findings.push(Finding {
                lines,
                ..found(check, check.severity.0, Place::Path(file.to_vec()), what)
            });
        }
    }
}

/// Whether Python looks there before it looks at its own modules.
fn comes_first(facts: &Facts, library: &Library) -> bool {
    match library.kind {
        // mod_python puts it in front, for publisher and PSP too.
        LibraryKind::Handler => true,
        LibraryKind::WsgiTarget => false,
        // So does mod_wsgi. What is installed is meant to be what it is.
        LibraryKind::PythonPath if library.interpreter.starts_with(b"mod_wsgi ") => {
            !is_package_directory(&library.directory)
        }
        LibraryKind::PythonPath => facts.said.iter().any(|said| {
            let find = |needle: &[u8]| memchr::memmem::find(&said.arguments, needle);
            let is_first = |at: usize| find(b"sys.path").is_none_or(|path| at < path);
            said.name == "pythonpath"
                && !is_package_directory(&library.directory)
                && find(&library.directory).is_some_and(is_first)
        }),
    }
}

/// R08: Python's own names.
pub(super) fn shadows_library(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for library in &facts.libraries {
        if !comes_first(facts, library) {
            continue;
        }
        for (module, file) in modules_in(facts, &library.directory) {
            if !stdlib::can_be_shadowed(module) || !told.insert(file) {
                continue;
            }
            let mut names: Vec<&[u8]> = (facts.libraries.iter())
                .filter(|other| {
                    other.directory == library.directory && !other.interpreter.is_empty()
                })
                .map(|other| &*other.interpreter)
                .collect();
            names.sort_unstable();
            names.dedup();
            let interpreters = match names.is_empty() {
                true => String::new(),
                false => format!(" in the interpreter {}", listed(names.into_iter(), 5)),
            };
            let what = format!(
                "`import {}`{interpreters} takes this file, and not Python's module; {} puts its directory first.",
                escaped(module),
                library.place
            );
            let place = Place::Path(file.to_vec());
            findings.push(found(check, check.severity.0, place, what));
        }
    }
}

// R13, R14, R15, R18: what should not lie there.

fn is_optimized(told: &Telling<'_>) -> bool {
    !told.is_directory && has_extension(told.place, b"pyo")
}

/// R13: bytecode, and the directories that Python makes for it.
pub(super) fn bytecode_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let packages = aliased_packages(facts);
    in_reach(
        check,
        facts,
        findings,
        |told| told.class == Class::Bytecode && !is_optimized(told),
        |_, way| !packages.contains(&*way.mount.directory),
        |told| match name_of(told.place) {
            b"__pycache__" => removal(told),
            name if has_extension(name, b"pyc") => removal(told),
            // A built extension may be all that there is of a module.
            _ => Vec::new(),
        },
    );
}

/// R13: where Python would leave it.
pub(super) fn bytecode_writable(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let mut hosts = facts.hosts.iter().filter(|host| host.is_main);
    if hosts.all(|host| host.conf.settings.bytecode() == Bytecode::Off) {
        return;
    }
    let doors = Doors::of(facts);
    let directories: BTreeSet<&Bytes> = (facts.libraries.iter())
        .map(|library| &library.directory)
        .collect();
    for directory in directories {
        let Some(entry) = facts.entries.get(directory) else {
            continue;
        };
        let is_writable = is_httpd_writable(facts, entry) || is_world_writable(entry);
        if let Some(reach) = directory_reach(facts, &doors, directory)
            && is_writable
        {
            let what = format!(
                "httpd's user may write there, the mode is {:04o}, and PyGuardBytecode is On. {}",
                entry.mode, reach.what
            );
            let place = Place::Path(directory.clone());
            findings.push(Finding {
                lines: vec!["PyGuardBytecode Off".to_owned()],
                ..found(check, check.severity.0, place, what)
            });
        }
    }
}

/// R14: `.pyo`
pub(super) fn optimized_bytecode_in_reach(
    check: &'static Check,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) {
    let packages = aliased_packages(facts);
    in_reach(
        check,
        facts,
        findings,
        |told| told.class == Class::Bytecode && is_optimized(told),
        |_, way| !packages.contains(&*way.mount.directory),
        removal,
    );
}

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
pub(super) fn secret_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let first = findings.len();
    in_reach(
        check,
        facts,
        findings,
        |told| {
            matches!(told.class, Class::Secret | Class::Vcs | Class::Database)
                && !PUBLIC.contains(&name_of(told.place))
        },
        |_, _| true,
        no_lines,
    );
    if !Doors::of(facts).keeps_ht {
        return;
    }
    for finding in findings.iter_mut().skip(first) {
        if let Place::Path(path) = &finding.place
            && name_of(path).starts_with(b".ht")
        {
            finding.severity = check.severity.1;
            finding.what =
                "A URL leads there; a <Files> of httpd's configuration keeps it back.".to_owned();
        }
    }
}

/// R18: backups and residue.
pub(super) fn backup_in_reach(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    in_reach(
        check,
        facts,
        findings,
        |told| matches!(told.class, Class::Backup | Class::Editor),
        |_, _| true,
        removal,
    );
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
pub(super) fn nested_access(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    for (path, entry) in &facts.entries {
        let (Some(content), Some(_)) = (&entry.content, publishing(path, entry).next()) else {
            continue;
        };
        let guards = guards(content);
        let faults = guards.iter().filter_map(|guard| {
            let (is_open, what) = fault(guard, facts.python)?;
            Some((guard, is_open, what))
        });
        let mut faults: Vec<_> = faults.collect();
        faults.sort_by_key(|(guard, is_open, _)| (!is_open, guard.line));
        let Some((guard, is_open, what)) = faults.first() else {
            continue;
        };
        let name = if guard.is_auth {
            "__auth__"
        } else {
            "__access__"
        };
        let of = match &guard.function {
            Some(function) => format!(" of {}", escaped(function)),
            None => String::new(),
        };
        let mut what = format!("{name}{of} {what}.");
        let others: Vec<String> = (faults.iter().skip(1))
            .map(|(guard, ..)| guard.line.to_string())
            .collect();
        if !others.is_empty() {
            what += &format!(" Look at the lines {} too.", others.join(", "));
        }
        let line = u32::try_from(guard.line).unwrap_or(u32::MAX);
        let severity = match is_open {
            true => check.severity.0,
            // Nobody gets in who should not.
            false => Severity::Low,
        };
        findings.push(found(
            check,
            severity,
            Place::Line(path.clone(), line),
            what,
        ));
    }
}

/// The extensions that are given to mod_include.
fn included_extensions(facts: &Facts) -> Vec<&[u8]> {
    let mut extensions = Vec::new();
    for said in &facts.said {
        let by = said.word(0);
        let is_meant = match said.name.as_str() {
            "addoutputfilter" => by
                .split(|byte| *byte == b';')
                .any(|name| name.eq_ignore_ascii_case(b"INCLUDES")),
            "addhandler" => by.eq_ignore_ascii_case(b"server-parsed"),
            "addtype" => by.eq_ignore_ascii_case(b"text/x-server-parsed-html"),
            _ => false,
        };
        if is_meant {
            let words = said.words.iter().skip(1);
            extensions.extend(words.map(|word| word.strip_prefix(b".").unwrap_or(word)));
        }
    }
    extensions
}

/// The line of the first `<!--#python`, from 1.
fn python_include(content: &[u8]) -> Option<u32> {
    const BEGIN: &[u8] = b"<!--#";
    let at = memchr::memmem::find_iter(content, BEGIN).find(|at| {
        let name = content.get(at + BEGIN.len()..).unwrap_or_default();
        let name = name.trim_ascii_start();
        name.get(..6)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"python"))
    })?;
    let before = content.get(..at)?;
    u32::try_from(1 + memchr::memchr_iter(b'\n', before).count()).ok()
}

/// R24: `#python`
pub(super) fn ssi_python(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    let is_loaded = |name: &str| facts.modules.iter().any(|module| module == name);
    if !is_loaded("mod_include.c") || !is_loaded("mod_python.c") {
        return;
    }
    let extensions = included_extensions(facts);
    for (path, entry) in &facts.entries {
        let is_parsed = match extensions.is_empty() {
            true => has_extension(path, b"shtml"),
            false => extensions
                .iter()
                .any(|known| has_extension(name_of(path), &known.to_ascii_lowercase())),
        };
        if !is_parsed || !entry.views.iter().any(|view| view.conf.options.includes) {
            continue;
        }
        let content = entry.content.as_deref().unwrap_or_default();
        if let Some(line) = python_include(content) {
            let what =
                "An exception in its #python element ends the child that serves it.".to_owned();
            let place = Place::Line(path.clone(), line);
            findings.push(found(check, check.severity.0, place, what));
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::facts::{Account, Area, Host, Options};
    use super::*;
    use crate::policy::class::ClassSet;
    use crate::policy::observed::Phase;
    use crate::policy::pattern::Pattern;
    use crate::policy::settings::Changes;

    fn settings(mode: Mode) -> Settings {
        Settings {
            mode: Some(mode),
            ..Settings::EMPTY
        }
    }

    fn exempting(pattern: &str) -> Settings {
        let pattern = Pattern::parse(pattern.as_bytes()).unwrap();
        Settings {
            exempt: Some(Arc::new(vec![pattern])),
            ..Settings::EMPTY
        }
    }

    /// mod_python with this handler, for all files of /srv/www.
    fn python(handler: &str) -> Observed {
        let mut observed = Observed::EMPTY;
        let directory = Section::Directory(b"/srv/www/".to_vec());
        observed.python_handler(Phase::Handler, handler.as_bytes(), &directory);
        observed.set_handler(b"mod_python", false);
        observed
    }

    /// /srv/www at /, /srv/static at /static, /srv/cgi at /cgi; the same holds everywhere.
    struct Site {
        facts: Facts,
        conf: Arc<Conf>,
    }

    const OWNER: u32 = 1000;
    const HTTPD: u32 = 33;

    impl Site {
        fn new(settings: Settings, observed: Observed) -> Site {
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
                    is_main: true,
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

        fn put(
            &mut self,
            kind: Kind,
            path: &str,
            mode: u32,
            owner: (u32, u32),
            content: Option<&str>,
        ) {
            let views = self.facts.mounts.iter().enumerate();
            let views = views.filter(|(_, mount)| is_within(path.as_bytes(), &mount.directory));
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

        fn with(mut self, paths: &[&str]) -> Site {
            for path in paths {
                match path.strip_suffix('/') {
                    Some(path) => self.put(Kind::Directory, path, 0o755, (OWNER, OWNER), None),
                    None => self.put(Kind::File, path, 0o644, (OWNER, OWNER), None),
                }
            }
            self
        }

        fn owned(mut self, path: &str, mode: u32, owner: (u32, u32)) -> Site {
            match path.strip_suffix('/') {
                Some(path) => self.put(Kind::Directory, path, mode, owner, None),
                None => self.put(Kind::File, path, mode, owner, None),
            }
            self
        }

        fn page(mut self, path: &str, content: &str) -> Site {
            self.put(Kind::File, path, 0o644, (OWNER, OWNER), Some(content));
            self
        }

        fn library(mut self, directory: &str, kind: LibraryKind, interpreter: &str) -> Site {
            self.facts.libraries.push(Library {
                directory: directory.as_bytes().to_vec(),
                host: 0,
                interpreter: interpreter.as_bytes().to_vec(),
                place: Place::Line(b"httpd.conf".to_vec(), 7),
                kind,
            });
            self
        }

        fn says(mut self, sections: &[(&str, &str)], name: &str, words: &[&str]) -> Site {
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

        fn findings(&self, check: &str) -> Vec<Finding> {
            let check = Check::from_name(check.as_bytes()).unwrap();
            let mut findings = Vec::new();
            (check.look)(check, &self.facts, &mut findings);
            findings
        }

        /// Where, with the severity.
        fn places(&self, check: &str) -> Vec<String> {
            let one = |finding: &Finding| format!("{} {}", finding.place, finding.severity.name());
            self.findings(check).iter().map(one).collect()
        }
    }

    fn plain() -> Site {
        Site::new(Settings::EMPTY, Observed::EMPTY)
    }

    const NONE: [&str; 0] = [];

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
            if !path.ends_with('/') {
                only(
                    &Site::new(exempting("**/*"), Observed::EMPTY).with(&[path]),
                    "high",
                );
            }
            // httpd itself keeps it back.
            let denied = &["all", "denied"];
            let directory = [("<directory", "/srv/")];
            assert_eq!(
                off().says(&directory, "require", denied).places(check),
                NONE
            );
            let open = off().says(&[("<directory", "/")], "require", denied).says(
                &directory,
                "require",
                &["all", "granted"],
            );
            assert_eq!(open.places(check).len(), 1);
            let located = off().says(&directory, "require", denied).says(
                &[("<location", "/")],
                "require",
                &["all", "granted"],
            );
            assert_eq!(located.places(check).len(), 1);
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
        assert_eq!(shell(b"a\nb'\x1b"), "$'a\\x0ab\\'\\x1b'");
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
        // httpd's usual protection of its own files.
        let files = [("<filesmatch", "^\\.ht")];
        let off = Site::new(settings(Mode::Off), Observed::EMPTY)
            .with(&["/srv/www/.htpasswd"])
            .says(&files, "require", &["all", "denied"]);
        assert_eq!(off.places("secret-in-reach"), ["/srv/www/.htpasswd low"]);
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
    }

    #[test]
    fn who_may_write() {
        let places = |path: &str, mode, owner| {
            let site = Site::new(Settings::EMPTY, python("mod_python.publisher"))
                .library("/srv/app", LibraryKind::PythonPath, "")
                .owned(path, mode, owner);
            (
                site.places("world-writable"),
                site.places("writable-by-httpd"),
            )
        };
        let none: Vec<String> = Vec::new();
        // path, mode, owner, group; everybody, httpd
        let table = [
            ("/srv/app/", 0o777, OWNER, OWNER, true, false),
            ("/srv/app/", 0o1777, 0, 0, true, false),
            ("/srv/app/", 0o755, HTTPD, OWNER, false, true),
            ("/srv/app/", 0o555, HTTPD, HTTPD, false, false),
            ("/srv/app/", 0o775, OWNER, HTTPD, false, true),
            ("/srv/app/", 0o775, OWNER, 44, false, true),
            ("/srv/app/", 0o775, OWNER, 45, false, false),
            ("/srv/app/", 0o755, OWNER, HTTPD, false, false),
            ("/srv/app/x.py", 0o666, OWNER, OWNER, true, false),
            ("/srv/app/x.py", 0o664, OWNER, HTTPD, false, true),
            ("/srv/app/x.css", 0o666, OWNER, OWNER, false, false),
            ("/srv/www/x.py", 0o644, HTTPD, OWNER, false, true),
            ("/srv/www/.htaccess", 0o644, HTTPD, OWNER, false, true),
            ("/srv/www/x.css", 0o644, HTTPD, OWNER, false, false),
            ("/srv/www/uploads/", 0o755, HTTPD, OWNER, false, true),
            ("/srv/other/x.py", 0o666, HTTPD, OWNER, false, false),
        ];
        for (path, mode, uid, gid, everybody, httpd) in table {
            let place = |severity| vec![format!("{} {severity}", path.trim_end_matches('/'))];
            let (world, own) = places(path, mode, (uid, gid));
            let expected = if everybody {
                place("high")
            } else {
                none.clone()
            };
            assert_eq!(world, expected, "{path} {mode:o}");
            let expected = if httpd { place("medium") } else { none.clone() };
            assert_eq!(own, expected, "{path} {mode:o} {uid} {gid}");
        }

        // The directory, and nothing of what is in it.
        let mut site = plain().library("/srv/app", LibraryKind::Handler, "");
        for path in [
            "/srv/app/",
            "/srv/app/x.py",
            "/srv/app/in/",
            "/srv/app/in/y.py",
        ] {
            site = site.owned(path, 0o775, (HTTPD, HTTPD));
        }
        let findings = site.findings("writable-by-httpd");
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].lines,
            ["chown -R root:33 '/srv/app'", "chmod -R g=rX '/srv/app'"]
        );
        site.facts.user.uid = 0;
        assert_eq!(site.places("writable-by-httpd"), NONE);
        // An upload directory that no code is taken from.
        let mut observed = Observed::EMPTY;
        observed.wsgi_script_alias(b"/app /srv/www/app.wsgi");
        let site = Site::new(Settings::EMPTY, observed)
            .with(&["/srv/www/app.wsgi"])
            .owned("/srv/www/media/", 0o775, (HTTPD, HTTPD));
        assert_eq!(site.places("writable-by-httpd"), NONE);
    }

    #[test]
    fn secrets_that_are_read() {
        let names = |names: &[&str], mode| {
            let mut site = plain();
            for name in names {
                site = site.owned(name, mode, (OWNER, OWNER));
            }
            site.places("readable-secret").len()
        };
        let secrets = [
            "/srv/app/.env",
            "/srv/app/.env.production",
            "/srv/app/.htpasswd",
            "/srv/app/.pgpass",
            "/srv/app/id_rsa",
            "/srv/app/server.key",
            "/srv/app/secrets.json",
            "/srv/app/credentials",
            "/srv/app/local_settings.py",
            "/srv/app/x.kdbx",
            "/srv/www/.my.cnf",
        ];
        assert_eq!(names(&secrets, 0o644), secrets.len());
        assert_eq!(names(&secrets, 0o640), 0);
        let others = [
            "/srv/app/.env.example",
            "/srv/app/.htaccess",
            "/srv/app/id_rsa.pub",
            "/srv/app/server.pem",
            "/srv/app/public.key",
            "/srv/app/settings.py",
            "/srv/app/credentials.html",
            "/srv/app/credentials.py",
            "/srv/app/test_secrets.json",
            "/srv/app/site-packages/x/secrets.json",
            "/srv/app/lib/python3.11/secrets.py",
        ];
        assert_eq!(names(&others, 0o644), 0);
        let lines = |mode, owner| {
            let site = plain().owned("/srv/app/.env", mode, owner);
            site.findings("readable-secret").remove(0).lines
        };
        assert_eq!(
            lines(0o644, (OWNER, OWNER)),
            ["chgrp 33 '/srv/app/.env'", "chmod g=r,o= '/srv/app/.env'"]
        );
        assert_eq!(lines(0o644, (HTTPD, OWNER)), ["chmod o= '/srv/app/.env'"]);
        let hidden = plain().owned("/srv/app/", 0o750, (OWNER, HTTPD)).owned(
            "/srv/app/.env",
            0o644,
            (OWNER, OWNER),
        );
        assert_eq!(hidden.places("readable-secret"), NONE);
    }

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
        assert_eq!(off.places(check), ["/srv/www/page.py low"]);
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
        let many: String = (10..40).map(|number| format!("f{number} = 1\n")).collect();
        let many = Site::new(Settings::EMPTY, publisher()).page("/srv/www/page.py", &many);
        assert!(many.findings(check)[0].what.ends_with("f29 and 10 more."));

        let decided = Settings {
            publish: Some(Publish::Names(Arc::new(vec![b"index".to_vec()]))),
            ..Settings::EMPTY
        };
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
    fn modules_of_the_same_name() {
        let check = "duplicate-module";
        let files = [
            "/srv/www/util.py",
            "/srv/app/util.py",
            "/srv/app/__init__.py",
            "/srv/www/__init__.py",
        ];
        let places = |handler: &str, one: &str, other: &str| {
            Site::new(Settings::EMPTY, python(handler))
                .with(&files)
                .library("/srv/www", LibraryKind::Handler, one)
                .library("/srv/app", LibraryKind::PythonPath, other)
                .places(check)
        };
        assert_eq!(places("dispatcher", "i", "i"), ["/srv/app/util.py medium"]);
        assert_eq!(places("dispatcher", "", ""), ["/srv/app/util.py medium"]);
        assert_eq!(places("dispatcher", "i", "j"), NONE);
        assert_eq!(places("mod_python.publisher", "i", "i"), NONE);
        let package = plain()
            .with(&[
                "/srv/a/util/__init__.py",
                "/srv/b/util.py",
                "/srv/b/deep/util.py",
            ])
            .library("/srv/a", LibraryKind::PythonPath, "i")
            .library("/srv/a", LibraryKind::PythonPath, "i")
            .library("/srv/b", LibraryKind::PythonPath, "i")
            .library("/srv/c", LibraryKind::WsgiTarget, "i");
        assert_eq!(package.places(check), ["/srv/b/util.py medium"]);
    }

    #[test]
    fn modules_that_hide_pythons_own() {
        let check = "shadows-library";
        let files = [
            "/srv/www/random.py",
            "/srv/www/email/__init__.py",
            "/srv/www/calendar/x.py",
            "/srv/www/index.py",
            "/srv/www/os.py",
            "/srv/www/deep/json.py",
            "/srv/www/http.html",
        ];
        let places = |kind, path: &str| {
            plain()
                .with(&files)
                .library("/srv/www", kind, "i")
                .says(&[], "pythonpath", &[path])
                .places(check)
        };
        let both = [
            "/srv/www/email/__init__.py medium",
            "/srv/www/random.py medium",
        ];
        assert_eq!(places(LibraryKind::Handler, ""), both);
        assert_eq!(
            places(LibraryKind::PythonPath, "['/srv/www'] + sys.path"),
            both
        );
        assert_eq!(
            places(LibraryKind::PythonPath, "sys.path + ['/srv/www']"),
            NONE
        );
        assert_eq!(places(LibraryKind::PythonPath, "x"), NONE);
        assert_eq!(places(LibraryKind::WsgiTarget, ""), NONE);
        let daemon = |directory: &str| {
            plain()
                .with(&[&format!("{directory}/random.py")])
                .library(directory, LibraryKind::PythonPath, "mod_wsgi app")
                .places(check)
        };
        assert_eq!(daemon("/srv/app").len(), 1);
        assert_eq!(daemon("/srv/env/lib/python3.11/site-packages"), NONE);
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

    #[test]
    fn python_in_includes() {
        let with = |includes, modules: &[&str], path: &str, source: &str| {
            let mut site = plain();
            let mut conf = (*site.conf).clone();
            conf.options = Options {
                includes,
                ..Options::default()
            };
            site.conf = Arc::new(conf);
            site.facts.modules = modules.iter().map(|name| (*name).to_owned()).collect();
            site.page(path, source)
        };
        let both = ["mod_include.c", "mod_python.c"];
        let source = "<html>\n<!--#echo var=\"x\" -->\n<!--#python eval=\"1/0\" -->\n";
        let check = "ssi-python";
        let page = "/srv/www/x.shtml";
        assert_eq!(
            with(true, &both, page, source).places(check),
            ["/srv/www/x.shtml:3 medium"]
        );
        assert_eq!(with(false, &both, page, source).places(check), NONE);
        assert_eq!(with(true, &both[..1], page, source).places(check), NONE);
        assert_eq!(
            with(true, &both, "/srv/www/x.stm", source).places(check),
            NONE
        );
        assert_eq!(
            with(true, &both, page, "<!--#echo python-->").places(check),
            NONE
        );
        let stm = with(true, &both, "/srv/www/x.stm", source);
        let stm = stm.says(&[], "addoutputfilter", &["INCLUDES", ".stm"]);
        assert_eq!(stm.places(check).len(), 1);
    }

    #[test]
    fn what_the_walk_keeps() {
        let view = |observed: Observed, includes| {
            let conf = Conf {
                observed,
                options: Options {
                    includes,
                    ..Options::default()
                },
                ..Conf::default()
            };
            [View {
                mount: 0,
                conf: Arc::new(conf),
            }]
        };
        let plain = view(Observed::EMPTY, false);
        let publisher = view(python("mod_python.publisher"), true);
        let (file, directory) = (Kind::File, Kind::Directory);
        // path, kind; kept, kept in a Python directory, read there
        let table = [
            ("/srv/www/logo.png", file, false, false, false),
            ("/srv/www/index.html", file, false, false, false),
            ("/srv/www/x.py", file, true, true, true),
            ("/srv/www/x.pyc", file, true, true, false),
            ("/srv/www/x.html~", file, true, true, false),
            ("/srv/www/.env", file, true, true, false),
            ("/srv/www/.htaccess", file, true, true, false),
            ("/srv/www/pyvenv.cfg", file, true, true, false),
            ("/srv/www/x.shtml", file, false, true, true),
            ("/srv/www/images", directory, false, true, false),
            ("/srv/www/.git", directory, true, true, false),
            ("/srv/www/__pycache__", directory, true, true, false),
        ];
        for (path, kind, kept, in_python, read) in table {
            let of = |views: &[View]| interest(path.as_bytes(), kind, views, false);
            let nothing = Interest {
                keep: kept,
                read: None,
            };
            assert_eq!(of(&plain), nothing, "{path}");
            assert_eq!(of(&publisher).keep, in_python, "{path}");
            assert_eq!(of(&publisher).read.is_some(), read, "{path}");
        }
        assert!(interest(b"/srv/lib", directory, &[], true).keep);
        assert!(!interest(b"/srv/lib", directory, &[], false).keep);
        assert!(interest(b"/srv/lib/x.py", file, &[], true).keep);
    }

    #[test]
    fn an_empty_server_has_nothing() {
        let mut findings = Vec::new();
        for check in &super::super::check::CHECKS {
            (check.look)(check, &Facts::default(), &mut findings);
        }
        let own = findings.iter().filter(|finding| check_is_ours(finding));
        assert_eq!(own.count(), 0);
    }

    fn check_is_ours(finding: &Finding) -> bool {
        matches!(finding.place, Place::Path(_))
    }
}
