//! What is in force in directories, and what keeps it from being so.

use super::super::facts::Access;
use super::*;
use crate::policy::htaccess::PythonDirective;

/// An `Options` line, and the Python areas that it lists.
struct Listing<'a> {
    place: Place,
    areas: Vec<&'a Area>,
    is_closed: bool,
}

fn listings(facts: &Facts) -> Vec<Listing<'_>> {
    let mut listings: Vec<Listing<'_>> = Vec::new();
    for area in facts.areas.iter().filter(|area| lists_python(facts, area)) {
        let options = options_of(facts, area);
        let place = options.map_or_else(|| area.place.clone(), Said::place);
        let is_closed = guards_python(&area.conf);
        let Some(known) = listings.iter_mut().find(|known| known.place == place) else {
            listings.push(Listing {
                place,
                areas: vec![area],
                is_closed,
            });
            continue;
        };
        known.is_closed &= is_closed;
        // What is inside of a directory that is named has its Options from there.
        let is_inside = |known: &&Area| match (&known.section, &area.section) {
            (Section::Directory(outer), Section::Directory(inner)) => covers(outer, inner),
            (outer, inner) => outer == inner,
        };
        if !known.areas.iter().any(is_inside) {
            known.areas.push(area);
        }
    }
    listings
}

/// R16: one finding for each `Options` line, with the directories that it lists.
pub(crate) fn indexes(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, "mod_autoindex.c") {
        return;
    }
    for listing in listings(facts) {
        let sections = listing.areas.iter().map(|area| shown(facts, area));
        let who = match listing.is_closed {
            true => "only the module keeps visitors from a list of everything that lies there.",
            false => "visitors get a list of everything that lies there.",
        };
        let what = format!(
            "Options Indexes is in force in {}: {who}",
            listed(&sections.collect::<Vec<_>>())
        );
        let named = listing.areas.iter().take(NAMED);
        let lines =
            named.flat_map(|area| in_area(facts, area, vec!["Options -Indexes".to_owned()]));
        let severity = severity(check, listing.is_closed);
        findings.push(finding(
            check,
            severity,
            listing.place,
            what,
            lines.collect(),
        ));
    }
}

/// Whether httpd lists an area that is Python's: one that no URL leads to has no visitors.
fn lists_python(facts: &Facts, area: &Area) -> bool {
    let observed = &area.conf.observed;
    let is_python = |path: &[u8]| {
        let of_area = |host: usize| area.host == 0 || area.host == host;
        let mut mounts = facts.mounts.iter().filter(|mount| of_area(mount.host));
        mounts.any(|mount| {
            let root = mount.directory.as_slice();
            let seen = if covers(root, path) { path } else { root };
            overlap(root, path) && observed.is_python_directory(seen, root)
        })
    };
    // Of some files there is no index.
    let is_of_files = || {
        let mut opened = facts
            .said
            .iter()
            .filter(|said| said.name.starts_with("<files"));
        opened.any(|said| said.place() == area.place)
    };
    area.conf.options.indexes
        && area.conf.access != Access::Denied
        && !is_of_files()
        && match &area.section {
            Section::Directory(path) => is_python(path),
            Section::Directories => observed.is_python_directory(b"", b""),
            _ => false,
        }
}

/// The `Options` line that switches indexes on in an area: that of the innermost section.
fn options_of<'a>(facts: &'a Facts, area: &Area) -> Option<&'a Said> {
    let switches_on = |word: &Bytes| {
        let word = word.strip_prefix(b"+").unwrap_or(word);
        word.eq_ignore_ascii_case(b"indexes") || word.eq_ignore_ascii_case(b"all")
    };
    let depth = |said: &Said| match (section(said), &area.section) {
        (one, same) if one == *same => Some(usize::MAX),
        (Section::Directory(outer), Section::Directory(path)) => {
            covers(&outer, path).then_some(outer.len())
        }
        (Section::Server, _) => Some(0),
        _ => None,
    };
    facts
        .said
        .iter()
        .filter(|said| said.name == "options" && (said.host == area.host || said.host == 0))
        .filter(|said| !is_in_files(said) && said.words.iter().any(switches_on))
        .filter_map(|said| Some((depth(said)?, said.host, said)))
        // The last of several that are equal.
        .max_by_key(|(depth, host, _)| (*depth, *host))
        .map(|(_, _, said)| said)
}

/// Whether a .htaccess there may name a handler.
fn may_name_handler(conf: &Conf) -> bool {
    let allowed = conf.settings.htaccess();
    let is_allowed = |one: PythonDirective| {
        is_handler(&one.name().to_ascii_lowercase()) && allowed.contains(one)
    };
    conf.htaccess_may_run_python && (!is_enforced(conf) || PythonDirective::all().any(is_allowed))
}

/// Where an area says that a .htaccess is read. None for one that inherits it from a section around
/// it, or, where it has a pattern, perhaps.
fn place_of_override(facts: &Facts, area: &Area) -> Option<Place> {
    let Section::Directory(path) = &area.section else {
        return own_override(facts, area);
    };
    own_override(facts, area).or_else(|| {
        let inherits = |outer: &Area| match &outer.section {
            Section::Directory(outer) => outer != path && covers(outer, path),
            _ => false,
        };
        let mut outer = facts.areas.iter().filter(|outer| {
            (outer.host == area.host || outer.host == 0) && may_name_handler(&outer.conf)
        });
        (!outer.any(inherits)).then(|| area.place.clone())
    })
}

/// Its own last `AllowOverride` that allows something.
fn own_override(facts: &Facts, area: &Area) -> Option<Place> {
    // Sections with patterns look alike, and are told apart by their places.
    let is_it = |other: &Area| {
        other.place == area.place
            || (matches!(area.section, Section::Directory(_)) && other.section == area.section)
    };
    let said = facts.said.iter().rfind(|said| {
        matches!(said.name.as_str(), "allowoverride" | "allowoverridelist")
            && said.host == area.host
            && area_of(facts, said).is_some_and(is_it)
            && !said.word(0).eq_ignore_ascii_case(b"none")
    });
    said.map(Said::place)
}

/// R21: one finding for each `AllowOverride`, not for the sections that inherit it.
pub(crate) fn htaccess_python(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    let mut told: Vec<Place> = Vec::new();
    for area in facts
        .areas
        .iter()
        .filter(|area| may_name_handler(&area.conf))
    {
        let Some(place) = place_of_override(facts, area) else {
            continue;
        };
        if told.contains(&place) {
            continue;
        }
        told.push(place.clone());
        let is_enforced = is_enforced(&area.conf);
        let line = match is_enforced {
            true => "PyGuardHtaccess None",
            false => "AllowOverride None",
        };
        let what = format!(
            "A .htaccess in {} may name a Python handler: {}",
            shown(facts, area),
            lowered(check.risk)
        );
        let lines = in_area(facts, area, vec![line.to_owned()]);
        findings.push(Finding {
            fix: "Read no .htaccess there (AllowOverride None), or allow it none of mod_python's \
                  directives (PyGuardHtaccess None)."
                .to_owned(),
            ..finding(check, severity(check, is_enforced), place, what, lines)
        });
    }
}

/// R22: only where there is a rule that mod_python makes httpd skip, and the `<Location>` does not
/// decide on access itself, as httpd would then not ask the directory anyway.
pub(crate) fn location_handler(check: &'static Check, facts: &Facts, findings: &mut Vec<Finding>) {
    if !is_loaded(facts, MOD_PYTHON) {
        return;
    }
    for (said, own) in first_handlers(facts) {
        let (Section::Location(url), Some(conf)) = (&own, conf_of(facts, said)) else {
            continue;
        };
        let decides = |other: &Said| {
            matches!(other.name.as_str(), "require" | "allow" | "deny")
                && other.host == said.host
                && section(other) == own
        };
        if !conf.observed.has_virtual_name() || facts.said.iter().any(decides) {
            continue;
        }
        let mut hosts =
            (0..facts.hosts.len()).filter(|index| said.host == 0 || *index == said.host);
        let rule = hosts.find_map(|index| skipped_rule(facts, index, &target(facts, index, url)?));
        let Some((rule, is_for_all)) = rule else {
            continue;
        };
        let is_closed = guards_python(conf);
        let end = match is_closed {
            true => "only the module goes by it all the same.",
            false => "nobody goes by it.",
        };
        let what = format!(
            "mod_python makes httpd skip what is said for directories and files in {own}, such as the {} at \
             {}: {end}",
            official(&rule.name).unwrap_or(&rule.name),
            rule.place()
        );
        // Any other rule may be one of several that belong together.
        let lines = match is_for_all && rule.name == "require" && says(rule, ["all", "denied"]) {
            true => in_sections(&said.sections, vec!["Require all denied".to_owned()]),
            false => Vec::new(),
        };
        findings.push(finding(
            check,
            severity(check, is_closed),
            said.place(),
            what,
            lines,
        ));
    }
}

fn says(said: &Said, words: [&str; 2]) -> bool {
    said.words.len() == 2
        && said.word(0).eq_ignore_ascii_case(words[0].as_bytes())
        && said.word(1).eq_ignore_ascii_case(words[1].as_bytes())
}

/// `Require all denied` and `Deny from all`
fn denies_all(said: &Said) -> bool {
    says(said, ["all", "denied"]) || says(said, ["from", "all"])
}

/// Whether a directive keeps somebody out. `Require all granted` and `Allow from all` do not.
fn keeps_out(said: &Said) -> bool {
    match said.name.as_str() {
        "require" => !says(said, ["all", "granted"]),
        "allow" => !says(said, ["from", "all"]),
        "deny" | "pythonaccesshandler" | "pythonauthenhandler" | "pythonauthzhandler" => true,
        _ => false,
    }
}

/// A rule on access for the target of a `<Location>`, or for something below it, and whether it is
/// for the whole target.
fn skipped_rule<'a>(facts: &'a Facts, host: usize, target: &[u8]) -> Option<(&'a Said, bool)> {
    let said = facts.said.iter();
    let of_host = || {
        said.clone()
            .filter(|said| said.host == host || said.host == 0)
    };
    if let Some(said) = rule_around(of_host(), target) {
        return Some((said, true));
    }
    let rule = of_host().find(|said| {
        is_rule_below(said, target)
            || is_rule_for_files(said, target)
            || is_rule_of_htaccess(facts, said, target)
    });
    rule.map(|said| (said, false))
}

/// That of the innermost directory around the target that decides at all. What every server denies
/// first, `<Directory />`, is none.
fn rule_around<'a>(said: impl Iterator<Item = &'a Said>, target: &[u8]) -> Option<&'a Said> {
    let decides = |said: &&Said| {
        (keeps_out(said) || matches!(said.name.as_str(), "require" | "allow")) && !is_in_files(said)
    };
    let around: Vec<(Bytes, &Said)> = said
        .filter(decides)
        .filter_map(|said| Some((directory_of(said)?, said)))
        .filter(|(path, _)| covers(path, target))
        .collect();
    let innermost = around.iter().map(|(path, _)| path.len()).max();
    let mut rules = around.iter().filter(|(path, said)| {
        Some(path.len()) == innermost && keeps_out(said) && !(path == b"/" && denies_all(said))
    });
    rules.next().map(|(_, said)| *said)
}

fn is_rule_below(said: &Said, target: &[u8]) -> bool {
    keeps_out(said)
        && !is_in_files(said)
        && directory_of(said).is_some_and(|path| covers(target, &path))
}

/// What denies all of some files, as `<Files ".ht*">` does, is for what no handler sends.
fn is_rule_for_files(said: &Said, target: &[u8]) -> bool {
    is_in_files(said)
        && keeps_out(said)
        && !denies_all(said)
        && match section(said) {
            Section::Server => true,
            Section::Directory(path) => overlap(&path, target),
            _ => false,
        }
}

/// An `AllowOverride` for rules, in a directory with a .htaccess around the target or below it.
fn is_rule_of_htaccess(facts: &Facts, said: &Said, target: &[u8]) -> bool {
    let allows_rules = |word: &Bytes| {
        let categories: [&[u8]; 3] = [b"all", b"authconfig", b"limit"];
        categories
            .iter()
            .any(|category| word.eq_ignore_ascii_case(category))
    };
    let Some(path) = directory_of(said) else {
        return false;
    };
    let is_near = |entry: &Bytes| {
        let directory = entry.strip_suffix(b"/.htaccess");
        directory.is_some_and(|directory| covers(&path, directory) && overlap(directory, target))
    };
    said.name == "allowoverride"
        && said.words.iter().any(allows_rules)
        && facts.entries.keys().any(is_near)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::reader::*;
    use super::*;
    use crate::policy::audit::facts::{Entry, Kind};

    #[test]
    fn lists_of_directories() {
        let root = "DocumentRoot /srv\n";
        let python = |options: &str| {
            format!("{root}<Directory /srv/app>\nPythonHandler a\n{options}\n</Directory>")
        };
        holds(
            "indexes",
            &[
                (&python(""), ""),
                (&python("Options Indexes"), "low:4"),
                (&python("Options FollowSymLinks"), ""),
                (&python("Options Indexes\nRequire valid-user"), "low:4"),
                (&python("Options Indexes\nRequire all denied"), ""),
                (&python("PyGuard Off\nOptions +Indexes"), "high:5"),
                (&python("PyGuardProtect Off\nOptions +Indexes"), "high:5"),
                (
                    &format!("{root}<Directory /srv/www>\nOptions Indexes\n</Directory>"),
                    "",
                ),
                (
                    &python("Options Indexes").replace("DocumentRoot /srv", "DocumentRoot /var"),
                    "",
                ),
                // Two areas inherit one line, and one below has its own.
                (
                    &format!(
                        "{root}<Directory /srv>\nOptions Indexes\n</Directory>\n<Directory /srv/a>\n\
                         PythonHandler a\n</Directory>\n<Directory /srv/b>\nPythonHandler b\n</Directory>\n\
                         <Directory /srv/b/c>\n</Directory>\n<Directory /srv/b/d>\nOptions Indexes\n\
                         </Directory>"
                    ),
                    "low:3 low:14",
                ),
            ],
        );
        let facts = server(&python("Options Indexes"));
        assert_eq!(
            advice("indexes", &facts),
            [
                "<Directory /srv/app>",
                "    Options -Indexes",
                "</Directory>"
            ]
        );
        let without = Facts {
            modules: vec!["mod_python.c".to_owned()],
            ..facts
        };
        assert_eq!(found("indexes", &without), "");
    }

    #[test]
    fn files_of_visitors() {
        let home = |line: &str| format!("<Directory /home>\nAllowOverride {line}\n</Directory>");
        holds(
            "htaccess-python",
            &[
                (&home("All"), "medium:2"),
                (&home("None"), ""),
                (&format!("PyGuardHtaccess None\n{}", home("All")), ""),
                (&format!("PyGuardHtaccess PythonDebug\n{}", home("All")), ""),
                (
                    &format!("PyGuard Off\nPyGuardHtaccess None\n{}", home("All")),
                    "medium:4",
                ),
                (
                    &format!(
                        "{}\n<Directory /home/x>\nRequire all granted\n</Directory>",
                        home("All")
                    ),
                    "medium:2",
                ),
                (
                    &format!(
                        "{}\n{}",
                        home("All"),
                        home("Limit").replace("home", "home/x")
                    ),
                    "medium:2 medium:5",
                ),
                (
                    &format!(
                        "{}\n{}",
                        home("All").replace("home", "a*"),
                        home("All").replace("home", "b*")
                    ),
                    "medium:2 medium:5",
                ),
                ("<Location /x>\nRequire all granted\n</Location>", ""),
            ],
        );
        assert_eq!(
            advice("htaccess-python", &server(&home("All"))),
            [
                "<Directory /home>",
                "    PyGuardHtaccess None",
                "</Directory>"
            ]
        );
    }

    #[test]
    fn handlers_of_locations() {
        let site = |rules: &str| {
            format!(
                "DocumentRoot /srv/www\n<Location /app>\nPythonHandler a\n</Location>\n\
                 <Directory />\nRequire all denied\n</Directory>\n\
                 <Files .ht*>\nRequire all denied\n</Files>\n{rules}"
            )
        };
        let in_directory =
            |path: &str, line: &str| site(&format!("<Directory {path}>\n{line}\n</Directory>"));
        let granted = in_directory("/srv/www", "Require all granted");
        let denied = in_directory("/srv/www/app", "Require all denied");
        holds(
            "location-handler",
            &[
                (&site(""), ""),
                (&granted, ""),
                (&denied, "low:3"),
                (&format!("PyGuard Off\n{denied}"), "high:4"),
                (
                    &denied.replace("PythonHandler", "PyGuardProtect Off\nPythonHandler"),
                    "high:4",
                ),
                (
                    &denied.replace("PythonHandler a", "PythonHandler a\nRequire all granted"),
                    "",
                ),
                (&denied.replace("Location /app", "Location /other"), ""),
                (
                    &denied.replace("PythonHandler a", "SetHandler server-status"),
                    "",
                ),
                (&in_directory("/srv/www", "Require valid-user"), "low:3"),
                (
                    &in_directory("/srv/www/app/admin", "Require ip 192.0.2"),
                    "low:3",
                ),
                (&in_directory("/srv/www/app", "Deny from all"), "low:3"),
                (&in_directory("/srv/www/app", "Allow from all"), ""),
                (
                    &in_directory("/srv/www/app", "PythonAuthenHandler guard"),
                    "low:3",
                ),
                (&in_directory("/srv/www/app", "AllowOverride All"), ""),
                // A wider directory is closed, and the one inside open again.
                (
                    &format!("{granted}\n<Directory /srv>\nRequire all denied\n</Directory>"),
                    "",
                ),
                (
                    &site("<Files admin>\nRequire valid-user\n</Files>"),
                    "low:3",
                ),
                (
                    &site("<FilesMatch \"\\.py$\">\nRequire all denied\n</FilesMatch>"),
                    "",
                ),
                (&denied.replace("Location /app", "Location /"), "low:3"),
            ],
        );
        assert_eq!(
            advice("location-handler", &server(&denied)),
            ["<Location /app>", "    Require all denied", "</Location>"]
        );
        let mut facts = server(&in_directory("/srv/www", "AllowOverride All"));
        let entry = Entry {
            kind: Kind::File,
            mode: 0o644,
            uid: 0,
            gid: 0,
            views: Arc::new([]),
            content: None,
        };
        facts
            .entries
            .insert(b"/srv/www/other/.htaccess".to_vec(), entry.clone());
        assert_eq!(found("location-handler", &facts), "");
        facts
            .entries
            .insert(b"/srv/www/app/.htaccess".to_vec(), entry);
        assert_eq!(found("location-handler", &facts), "low:3");
    }
}
