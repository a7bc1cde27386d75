//! The functions of the checks, by what they are about: the configuration, the sockets and the user of
//! the children, and the files, with [`ways`] from a URL to them and what [`code`] Python runs.
//!
//! A check is one function: it looks through the [`Facts`] and pushes a [`Finding`] for each place. It
//! reports what the facts prove. What is not known gives no finding, and neither does what is usual and
//! harmless: the reason stands where it is left out. Its test holds it against configurations that have
//! it and others that look alike, each with the findings as `severity:line`, or, where it is about
//! files, against a site that has them and others that look alike.
//!
//! Here is what several of them ask of the facts, and how they write lines and sentences.

use std::collections::HashSet;
use std::net::IpAddr;

use super::check::Check;
use super::facts::{Area, Bytes, Conf, Facts, Host, Place, Said};
use super::paths::covers;
use super::{Finding, Severity};
use crate::policy::handler::Python;
use crate::policy::message::escaped;
use crate::policy::observed::Section;
use crate::policy::settings::{Mode, Protect};

pub(crate) mod code;
pub(crate) mod debugging;
pub(crate) mod directories;
pub(crate) mod exceptions;
pub(crate) mod exposed;
mod guards;
pub(crate) mod handlers;
pub(crate) mod includes;
pub(crate) mod interpreters;
pub(crate) mod modules;
pub(crate) mod permissions;
pub(crate) mod publisher;
#[cfg(test)]
mod reader;
mod stdlib;
pub(crate) mod users;
mod ways;

const MOD_PYTHON: &str = "mod_python.c";
const MOD_WSGI: &str = "mod_wsgi.c";

/// With the check's own words for what to do.
fn finding(
    check: &'static Check,
    severity: Severity,
    place: Place,
    what: String,
    lines: Vec<String>,
) -> Finding {
    Finding {
        check,
        severity,
        place,
        what,
        fix: check.fix.to_owned(),
        lines,
    }
}

/// The worst, or what it is where the module closes it.
fn severity(check: &Check, is_closed: bool) -> Severity {
    match is_closed {
        true => check.severity.1,
        false => check.severity.0,
    }
}

// What is in force.

fn is_loaded(facts: &Facts, module: &str) -> bool {
    facts.modules.iter().any(|loaded| loaded == module)
}

/// The place of what is said nowhere.
fn main_file(facts: &Facts) -> Place {
    Place::Path(facts.main_file.clone())
}

fn is_enforced(conf: &Conf) -> bool {
    conf.settings.mode() == Mode::On
}

/// The module is in force, and takes care of Python's handlers.
fn guards_python(conf: &Conf) -> bool {
    is_enforced(conf) && conf.settings.protect() != Protect::Off
}

/// What is in force where a directive stands.
fn conf_of<'a>(facts: &'a Facts, said: &Said) -> Option<&'a Conf> {
    match area_of(facts, said) {
        Some(area) => Some(&area.conf),
        None => facts.hosts.get(said.host).map(|host| &*host.conf),
    }
}

/// Everything that is in force somewhere in this host; everywhere, for the main server.
fn confs_of(facts: &Facts, host: usize) -> impl Iterator<Item = &Conf> {
    let is_of = move |other: usize| host == 0 || other == host;
    let hosts = facts.hosts.iter().enumerate();
    let hosts = hosts.filter(move |(index, _)| is_of(*index));
    let areas = facts.areas.iter().filter(move |area| is_of(area.host));
    hosts
        .map(|(_, host)| &*host.conf)
        .chain(areas.map(|area| &*area.conf))
}

// Sections.

/// The section that a pair of [`Said::sections`] opens, if httpd merges it by directory or URL.
fn section_of(name: &str, arguments: &[u8]) -> Option<Section> {
    match name {
        "<directory" => Some(Section::directory(arguments)),
        "<directorymatch" => Some(Section::Directories),
        "<location" | "<locationmatch" => {
            let arguments = arguments.trim_ascii_start();
            let pattern = arguments.strip_prefix(b"~").unwrap_or(arguments);
            Some(Section::location(pattern))
        }
        _ => None,
    }
}

/// The section that a directive is merged with: `<Files>` and its like are looked through.
fn section(said: &Said) -> Section {
    let mut inner = said.sections.iter().rev();
    inner
        .find_map(|(name, arguments)| section_of(name, arguments))
        .unwrap_or(Section::Server)
}

/// The `<Directory>` that a directive stands in, with its slash.
fn directory_of(said: &Said) -> Option<Bytes> {
    match section(said) {
        Section::Directory(path) => Some(path),
        _ => None,
    }
}

fn is_in_files(said: &Said) -> bool {
    let files = |(name, _): &(String, Bytes)| name == "<files" || name == "<filesmatch";
    said.sections.iter().any(files)
}

/// The area that a directive stands in: of several with the same section, the one that begins last
/// before it.
fn area_of<'a>(facts: &'a Facts, said: &Said) -> Option<&'a Area> {
    let section = section(said);
    let same = || {
        let areas = facts.areas.iter();
        areas.filter(|area| area.host == said.host && area.section == section)
    };
    let begins_before = |area: &&Area| matches!(&area.place, Place::Line(file, line) if *file == said.file && *line <= said.line);
    same().rfind(begins_before).or_else(|| same().next())
}

// Directives.

/// A `Python*Handler`, by its name in lower case.
fn is_handler(name: &str) -> bool {
    name.starts_with("python") && (name.ends_with("handler") || name == "pythonhandlermodule")
}

/// Whether the directive makes mod_python run something.
fn runs_python(name: &str) -> bool {
    is_handler(name) || name == "pythoninputfilter" || name == "pythonoutputfilter"
}

/// The Python that `SetHandler`, `AddHandler` or `AddType` gives files to.
fn gives_to(name: &str, first_word: &[u8]) -> Option<Python> {
    match name {
        "sethandler" | "addhandler" | "addtype" => Python::of(&first_word.to_ascii_lowercase()),
        _ => None,
    }
}

fn is_wsgi_alias(name: &str) -> bool {
    name == "wsgiscriptalias" || name == "wsgiscriptaliasmatch"
}

/// Whether a directive of this name gives requests to mod_python or mod_wsgi.
fn is_python(name: &str, first_word: &[u8]) -> bool {
    runs_python(name)
        || is_wsgi_alias(name)
        || matches!(
            gives_to(name, first_word),
            Some(Python::ModPython | Python::Wsgi)
        )
}

/// `AddHandler cgi-script .py`
fn is_cgi_python(said: &Said) -> bool {
    let is_py =
        |word: &Bytes| word.eq_ignore_ascii_case(b".py") || word.eq_ignore_ascii_case(b"py");
    gives_to(&said.name, said.word(0)) == Some(Python::Cgi) && said.words.iter().skip(1).any(is_py)
}

/// The modules that a `Python*Handler` names: the words before the `|`, without their functions.
/// Several may stand in one pair of quotes.
fn modules(said: &Said) -> impl Iterator<Item = &[u8]> {
    let mut parts = said.arguments.split(|byte| *byte == b'|');
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let words = parts.next().unwrap_or_default().split(ends);
    let module = |word| match memchr::memmem::find(word, b"::") {
        Some(end) => word.get(..end).unwrap_or(word),
        None => word,
    };
    words.filter(|word| !word.is_empty()).map(module)
}

/// Whether mod_python runs something for requests: a connection has no section.
fn is_for_requests(said: &Said) -> bool {
    runs_python(&said.name) && said.name != "pythonconnectionhandler"
}

/// The sections, and servers, with handlers of their own: the first handler of each, in the order of
/// the configuration. What is in `<Files>` belongs to the section around it.
fn first_handlers(facts: &Facts) -> Vec<(&Said, Section)> {
    let mut known = HashSet::new();
    let handlers = facts.said.iter().filter(|said| is_for_requests(said));
    handlers
        .map(|said| (said, section(said)))
        .filter(|(said, section)| known.insert((said.host, section.to_string())))
        .collect()
}

/// The value of `option=value` among the words of a directive.
fn option_of<'a>(said: &'a Said, option: &str) -> Option<&'a [u8]> {
    said.words.iter().find_map(|word| {
        let rest = word.strip_prefix(option.as_bytes())?;
        rest.strip_prefix(b"=")
    })
}

// Paths.

/// One of two paths is the other, or lies below it.
fn overlap(one: &[u8], other: &[u8]) -> bool {
    covers(one, other) || covers(other, one)
}

/// The directory or file that a URL path of a host leads to, by the longest document root or alias.
fn target(facts: &Facts, host: usize, url: &[u8]) -> Option<Bytes> {
    let mounts = facts.mounts.iter();
    let mount = mounts
        .filter(|mount| mount.host == host && covers(&mount.url, url))
        .max_by_key(|mount| mount.url.len())?;
    let beginning = mount.url.strip_suffix(b"/").unwrap_or(&mount.url);
    let rest = url.get(beginning.len()..)?;
    Some([&mount.directory, rest].concat())
}

// Hosts.

/// The hosts that answer something, with their indexes.
fn hosts(facts: &Facts) -> Vec<(usize, &Host)> {
    let hosts = facts.hosts.iter().enumerate();
    hosts
        .filter(|(index, _)| *index > 0 || facts.is_main_reached())
        .collect()
}

/// A directive of one server holds for the other: it is the same one, or the main server.
fn are_related(one: usize, other: usize) -> bool {
    one == other || one == 0 || other == 0
}

/// How a host is called in a sentence.
fn called(host: &Host) -> String {
    match (&host.place, host.name.is_empty()) {
        (_, false) => escaped(&host.name),
        (Some(place), true) => format!("at {place}"),
        (None, true) => "of the main server".to_owned(),
    }
}

// Sentences and lines.

/// How many names a sentence has; it counts the others.
const NAMED: usize = 5;

/// The first of these, and how many more there are.
fn listed(names: &[String]) -> String {
    named(names, NAMED)
}

/// As [`listed`], with so many at the most.
fn named(names: &[String], most: usize) -> String {
    let first = names.get(..most).unwrap_or(names).join(", ");
    match names.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A sentence, to stand behind a colon.
fn lowered(sentence: &str) -> String {
    if sentence.starts_with("Py") {
        return sentence.to_owned();
    }
    let mut chars = sentence.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// A path as it is, for a line to write: what cannot stand in a line is left out.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|char| !char.is_control()).collect()
}

/// A word in quotes, as httpd reads it.
fn quoted(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{word}\"")
}

/// A directive with these words, in quotes where they need them.
fn line<'a>(name: &str, words: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut line = name.to_owned();
    for word in words {
        let word = text(word);
        line.push(' ');
        match word.is_empty() || word.contains([' ', '"', '\\']) {
            true => line.push_str(&quoted(&word)),
            false => line.push_str(&word),
        }
    }
    line
}

/// The names of directives and sections that are written again.
const NAMES: [&str; 16] = [
    "AddHandler",
    "AddType",
    "Allow",
    "AllowOverride",
    "Deny",
    "Directory",
    "DirectoryMatch",
    "Files",
    "FilesMatch",
    "Location",
    "LocationMatch",
    "PythonAccessHandler",
    "PythonAuthenHandler",
    "PythonAuthzHandler",
    "PythonHandler",
    "Require",
];

/// A name in lower case as it is documented.
fn official(name: &str) -> Option<&'static str> {
    let mut names = NAMES.iter().copied();
    names.find(|known| known.eq_ignore_ascii_case(name))
}

/// These lines in the sections that stand around a directive. What is said for a virtual host stays
/// in its file: `<VirtualHost>` is not repeated.
fn in_sections(sections: &[(String, Bytes)], mut lines: Vec<String>) -> Vec<String> {
    for (name, arguments) in sections.iter().rev() {
        let Some(tag) = name.strip_prefix('<').and_then(official) else {
            continue;
        };
        for line in &mut lines {
            line.insert_str(0, "    ");
        }
        lines.insert(0, format!("<{tag} {}>", text(arguments.trim_ascii())));
        lines.push(format!("</{tag}>"));
    }
    lines
}

/// This line in a section for a directory.
fn in_directory(directory: &[u8], line: String) -> Vec<String> {
    let arguments = quoted(&text(directory)).into_bytes();
    in_sections(&[("<directory".to_owned(), arguments)], vec![line])
}

/// The line that opens the section of an area.
fn opening<'a>(facts: &'a Facts, area: &Area) -> Option<&'a Said> {
    let is_it = |said: &&Said| said.name.starts_with('<') && said.place() == area.place;
    facts.said.iter().find(is_it)
}

/// These lines in the section of an area.
fn in_area(facts: &Facts, area: &Area, lines: Vec<String>) -> Vec<String> {
    let section = opening(facts, area).map(|said| (said.name.clone(), said.arguments.clone()));
    in_sections(section.as_slice(), lines)
}

/// How an area is called in a sentence: one with a pattern by its pattern.
fn shown(facts: &Facts, area: &Area) -> String {
    let pattern = opening(facts, area).and_then(|said| said.words.last());
    match (&area.section, pattern) {
        (Section::Directories, Some(pattern)) => format!("<Directory {}>", escaped(pattern)),
        (section, _) => section.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::reader::*;
    use super::*;

    #[test]
    fn sections_and_lines() {
        let said = read(
            "<VirtualHost *>\n<Directory \"/srv/a b/\">\n<Files x>\nOptions x\n</Files>\n</Directory>\n\
             </VirtualHost>",
        );
        let inner = said.last().unwrap();
        assert_eq!(section(inner), Section::Directory(b"/srv/a b/".to_vec()));
        assert_eq!(
            in_sections(&inner.sections, vec!["X".to_owned()]),
            [
                "<Directory \"/srv/a b/\">",
                "    <Files x>",
                "        X",
                "    </Files>",
                "</Directory>"
            ]
        );
        assert_eq!(
            line("A", [&b"b"[..], b"c d", b"e\"\\"]),
            r#"A b "c d" "e\"\\""#
        );
        let names: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names), "0, 1, 2, 3, 4 and 2 more");
        assert!(covers(b"/", b"/x") && covers(b"/a/", b"/a") && !covers(b"/a", b"/ab"));
    }
}
