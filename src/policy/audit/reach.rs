//! Which directories matter: those that a URL leads to, and those that Python imports from.

use std::collections::HashSet;

use super::facts::{
    Bytes, Conf, Facts, Library, LibraryKind, Mount, MountKind, OF_WSGI, Place, Said,
};
use super::paths::without_slash;
use crate::policy::observed::Section;

/// By which URL each directory can be reached. `absolute` makes a path as httpd takes it.
///
/// What a request decides (mod_userdir, mod_vhost_alias, mod_rewrite) is not known here.
pub fn mounts(facts: &Facts, absolute: &dyn Fn(&[u8]) -> Bytes) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let is_reached = |host: usize| host > 0 || facts.is_main_reached();
    for (host, server) in facts.hosts.iter().enumerate() {
        if !server.document_root.is_empty() && is_reached(host) {
            mounts.push(Mount {
                host,
                kind: MountKind::DocumentRoot,
                url: b"/".to_vec(),
                directory: server.document_root.clone(),
                place: place_of_root(facts, host),
            });
        }
    }
    let own_words = facts
        .said
        .iter()
        .filter(|said| said.name.starts_with("pyguard"));
    let has_own_words: HashSet<usize> = own_words.map(|said| said.host).collect();
    for said in &facts.said {
        let kind = match said.name.as_str() {
            "alias" | "aliasmatch" => MountKind::Alias,
            "scriptalias" | "scriptaliasmatch" => MountKind::ScriptAlias,
            _ => continue,
        };
        let Some((url, target)) = url_and_target(said) else {
            continue;
        };
        let directory = absolute(&target);
        let mount = |host: usize| Mount {
            host,
            kind,
            url: url.clone(),
            directory: directory.clone(),
            place: said.place(),
        };
        if said.host > 0 {
            mounts.push(mount(said.host));
            continue;
        }
        // An Alias of the main server is every virtual host's. One of them speaks for all that have no
        // words of their own.
        let mut is_told = is_reached(0);
        if is_told {
            mounts.push(mount(0));
        }
        for host in 1..facts.hosts.len() {
            let has_own = has_own_words.contains(&host);
            if has_own || !is_told {
                mounts.push(mount(host));
                is_told |= !has_own;
            }
        }
    }
    mounts
}

/// Where a server's `DocumentRoot` is said.
fn place_of_root(facts: &Facts, host: usize) -> Place {
    let said = |host: usize| {
        let mut all = facts.said.iter();
        all.find(|said| said.name == "documentroot" && said.host == host)
    };
    let said = said(host).or_else(|| said(0));
    said.map_or_else(|| Place::Path(facts.main_file.clone()), Said::place)
}

/// What an Alias maps to what: in a `<Location>` it has only the target. Of a target with groups of
/// a pattern, the directory before them.
fn url_and_target(said: &Said) -> Option<(Bytes, Bytes)> {
    let (url, mut target) = match (&said.words[..], said.sections.last()) {
        ([target], Some((name, arguments))) if name.starts_with("<location") => {
            match Section::location(arguments) {
                Section::Location(url) => (url, target.clone()),
                _ => return None,
            }
        }
        ([url, target, ..], _) => (url.clone(), target.clone()),
        _ => return None,
    };
    if let Some(group) = memchr::memchr(b'$', &target) {
        let slash = memchr::memrchr(b'/', target.get(..group)?);
        target.truncate(slash.unwrap_or(0));
    }
    (!target.is_empty()).then_some((url, target))
}

/// The directories that Python imports from. `absolute` makes a path as httpd takes it,
/// `is_directory` looks whether a path is one.
pub fn libraries(
    facts: &Facts,
    absolute: &dyn Fn(&[u8]) -> Bytes,
    is_directory: &dyn Fn(&[u8]) -> bool,
) -> Vec<Library> {
    let mut all = Libraries(Vec::new());
    for (host, server) in facts.hosts.iter().enumerate() {
        let place = server.place.clone();
        let place = place.unwrap_or_else(|| Place::Path(facts.main_file.clone()));
        all.of_mod_python(facts, host, &Section::Server, &place, &server.conf);
    }
    for area in &facts.areas {
        all.of_mod_python(facts, area.host, &area.section, &area.place, &area.conf);
    }
    for said in &facts.said {
        all.of_mod_wsgi(said, absolute, is_directory);
    }
    all.0
}

struct Libraries(Vec<Library>);

impl Libraries {
    fn add(&mut self, library: Library) {
        let same = |other: &Library| {
            Library {
                place: library.place.clone(),
                ..other.clone()
            } == library
        };
        if !library.directory.is_empty() && !self.0.iter().any(same) {
            self.0.push(library);
        }
    }

    fn of_mod_python(
        &mut self,
        facts: &Facts,
        host: usize,
        section: &Section,
        place: &Place,
        conf: &Conf,
    ) {
        let observed = &conf.observed;
        if !observed.runs_python() {
            return;
        }
        let name = facts.hosts.get(host).map_or(&b""[..], |host| &host.name);
        let interpreter = conf.interpreter(name, section);
        let library = |directory: &[u8], kind| Library {
            directory: without_slash(directory).to_vec(),
            host,
            interpreter: interpreter.clone(),
            place: place.clone(),
            kind,
        };
        for directory in observed.path().unwrap_or_default() {
            self.add(library(directory, LibraryKind::PythonPath));
        }
        if observed.path().is_some() || !matches!(section, Section::Directory(_)) {
            return;
        }
        // mod_python adds the directory that the handlers were named for.
        for handlers in observed.handlers() {
            if let Section::Directory(path) = handlers.section() {
                self.add(library(path, LibraryKind::Handler));
            }
        }
    }

    fn of_mod_wsgi(
        &mut self,
        said: &Said,
        absolute: &dyn Fn(&[u8]) -> Bytes,
        is_directory: &dyn Fn(&[u8]) -> bool,
    ) {
        let (paths, name, kind) = match said.name.as_str() {
            "wsgiscriptalias" if !said.word(1).contains(&b'$') => {
                let mut target = absolute(said.word(1));
                if !is_directory(&target) {
                    target.truncate(memchr::memrchr(b'/', &target).unwrap_or(0));
                }
                (target, said.word(0), LibraryKind::WsgiTarget)
            }
            "wsgipythonpath" => (said.word(0).to_vec(), &b""[..], LibraryKind::PythonPath),
            "wsgidaemonprocess" => {
                let mut words = said.words.iter();
                let path = words.find_map(|word| word.strip_prefix(b"python-path="));
                let path = path.unwrap_or_default().to_vec();
                (path, said.word(0), LibraryKind::PythonPath)
            }
            _ => return,
        };
        for path in paths.split(|byte| *byte == b':').filter(|p| !p.is_empty()) {
            self.add(Library {
                directory: absolute(path),
                host: said.host,
                interpreter: [OF_WSGI, name].concat(),
                place: said.place(),
                kind,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::facts::{Area, Host};
    use super::*;
    use crate::policy::observed::{Observed, Phase};

    fn said(text: &str, sections: &[(&str, &str)], host: usize) -> Said {
        let mut words = text.split(' ').map(|word| word.as_bytes().to_vec());
        let name = words.next().unwrap_or_default();
        let sections = sections.iter();
        Said {
            name: String::from_utf8_lossy(&name).into_owned(),
            words: words.collect(),
            sections: sections
                .map(|(name, arguments)| ((*name).to_owned(), arguments.as_bytes().to_vec()))
                .collect(),
            host,
            ..Said::default()
        }
    }

    fn absolute(path: &[u8]) -> Bytes {
        without_slash(path).to_vec()
    }

    #[test]
    fn what_a_url_leads_to() {
        let host = |root: &str| Host {
            document_root: root.as_bytes().to_vec(),
            ..Host::default()
        };
        let facts = Facts {
            hosts: vec![host("/srv/www"), host(""), host("/srv/b")],
            said: vec![
                said("documentroot /srv/www", &[], 0),
                said("alias /icons/ /usr/share/icons/", &[], 0),
                said("alias /usr/docs", &[("<location", "\"/docs\"")], 1),
                said("aliasmatch ^/u/(.*) /home/$1/public", &[], 2),
                said("aliasmatch ^/(.*) $1", &[], 2),
                said("scriptalias /cgi-bin /srv/cgi", &[], 2),
                said("alias /nothing", &[], 2),
                said("pyguard Off", &[], 2),
            ],
            ..Facts::default()
        };
        let found: Vec<String> = mounts(&facts, &absolute)
            .iter()
            .map(|m| {
                let (url, directory) = (m.url.escape_ascii(), m.directory.escape_ascii());
                format!("{} {:?} {url} {directory}", m.host, m.kind)
            })
            .collect();
        let expected = [
            "0 DocumentRoot / /srv/www",
            "2 DocumentRoot / /srv/b",
            "0 Alias /icons/ /usr/share/icons",
            "2 Alias /icons/ /usr/share/icons",
            "1 Alias /docs /usr/docs",
            "2 Alias ^/u/(.*) /home",
            "2 ScriptAlias /cgi-bin /srv/cgi",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_python_imports_from() {
        let conf = |path: Option<&[u8]>, section: &Section| {
            let mut observed = Observed::EMPTY;
            observed.python_handler(Phase::Handler, b"page", section);
            if let Some(path) = path {
                observed.python_path(path);
            }
            Arc::new(Conf {
                observed,
                ..Conf::default()
            })
        };
        let area = |section: Section, path: Option<&[u8]>| Area {
            host: 0,
            conf: conf(path, &section),
            section,
            place: Place::Path(Bytes::new()),
        };
        let directory = |path: &str| Section::Directory(path.as_bytes().to_vec());
        let facts = Facts {
            hosts: vec![Host {
                name: b"www".to_vec(),
                ..Host::default()
            }],
            areas: vec![
                area(directory("/srv/a/"), None),
                area(directory("/srv/a/"), None),
                area(directory("/srv/b/"), Some(b"sys.path + ['/opt/b']")),
                area(Section::Location(b"/c".to_vec()), None),
            ],
            said: vec![
                said("wsgiscriptalias /shop /srv/shop/site.wsgi", &[], 0),
                said("wsgiscriptalias /all /srv/all", &[], 0),
                said("wsgiscriptalias /any /srv/$1", &[], 0),
                said("wsgipythonpath /opt/x:/opt/y", &[], 0),
                said(
                    "wsgidaemonprocess till user=till python-path=/opt/till",
                    &[],
                    0,
                ),
                said("wsgidaemonprocess shop threads=5", &[], 0),
            ],
            ..Facts::default()
        };
        let found: Vec<String> = libraries(&facts, &absolute, &|path| path == b"/srv/all")
            .iter()
            .map(|l| {
                let (path, name) = (l.directory.escape_ascii(), l.interpreter.escape_ascii());
                format!("{:?} {path} in {name}", l.kind)
            })
            .collect();
        let expected = [
            "Handler /srv/a in www",
            "PythonPath /opt/b in www",
            "WsgiTarget /srv/shop in mod_wsgi:/shop",
            "WsgiTarget /srv/all in mod_wsgi:/all",
            "PythonPath /opt/x in mod_wsgi:",
            "PythonPath /opt/y in mod_wsgi:",
            "PythonPath /opt/till in mod_wsgi:till",
        ];
        assert_eq!(found, expected);
    }
}
