//! R08 and R10: whose an interpreter of mod_python is.
//!
//! Applications in one interpreter share everything, so a name is as good as a key. mod_python
//! takes a name from wherever it stands. Here, a name that the server's configuration gives
//! belongs to the place that it was given for, and a .htaccess elsewhere may not take it.

use super::message::escaped;
use super::observed::{Observed, Phase, Section};
use super::settings::Interpreters;

/// mod_python's name for the interpreter that runs what has no other.
const MAIN: &[u8] = b"main_interpreter";

/// A virtual host, by whatever tells it from the others.
pub type Host = usize;

/// A name that the server's configuration gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The name.
    pub name: Vec<u8>,
    /// The virtual host that the directive stands in; `None`: the main server, so all of them.
    pub host: Option<Host>,
    /// The section in it; `None`: `PythonImport` loads something into it, for whoever has the name.
    pub section: Option<Section>,
    /// File and line, for the log.
    pub place: String,
}

/// The interpreter that mod_python uses for a virtual host where nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Default {
    /// The host.
    pub host: Host,
    /// Its `ServerName`.
    pub name: Vec<u8>,
}

/// What is known of names when the configuration has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// In the order of the configuration.
    pub given: Vec<Given>,
    /// One for each virtual host, and the main server's.
    pub defaults: Vec<Default>,
}

/// Where a .htaccess takes a name.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The virtual host of the request.
    pub host: Host,
    /// The directory of the .htaccess, with its slash.
    pub directory: &'a [u8],
    /// The path of the URL.
    pub uri: &'a [u8],
}

impl Reserved {
    /// Nothing is.
    pub const NONE: Reserved = Reserved {
        given: Vec::new(),
        defaults: Vec::new(),
    };

    /// Whose the name is, where it is not for a .htaccess at this place to take.
    pub fn owner(&self, name: &[u8], place: Place<'_>) -> Option<String> {
        let named = |given: &&Given| given.name == name;
        let mut given = self.given.iter().filter(named).peekable();
        if given.clone().any(|given| given.includes(place)) {
            return None;
        }
        if let Some(first) = given.clone().find(|given| given.section.is_some()) {
            return Some(self.owner_of(first));
        }
        let mut hosts = self.defaults.iter().filter(|default| default.name == name);
        if hosts.clone().any(|default| default.host == place.host) {
            return None;
        }
        if hosts.next().is_some() {
            let name = escaped(name);
            return Some(format!("it is that of the virtual host {name}"));
        }
        if name == MAIN {
            return Some("it is mod_python's own".to_owned());
        }
        if let Some(import) = given.peek() {
            return Some(format!("it is that of a PythonImport ({})", import.place));
        }
        // The names that PythonInterpPerDirectory and PyGuardInterpreter Isolate give.
        if name.starts_with(b"/") && !name.starts_with(place.directory) {
            return Some("it is that of another directory".to_owned());
        }
        let isolated = memchr::memmem::find(name, SEPARATOR).is_some();
        isolated.then(|| "it is that of an area of its own".to_owned())
    }

    fn owner_of(&self, given: &Given) -> String {
        let host = given.host.and_then(|host| {
            let mut defaults = self.defaults.iter();
            defaults.find(|default| default.host == host)
        });
        let section = given.section.as_ref().unwrap_or(&Section::Server);
        match (host, section) {
            (Some(host), Section::Server) => format!(
                "it is that of the virtual host {} ({})",
                escaped(&host.name),
                given.place
            ),
            _ => format!("it is that of {section} ({})", given.place),
        }
    }
}

impl Given {
    /// Whether the place is within what the name was given for.
    fn includes(&self, place: Place<'_>) -> bool {
        self.host.is_none_or(|host| host == place.host)
            && match &self.section {
                None => false,
                Some(Section::Server) => true,
                Some(Section::Directory(path)) => place.directory.starts_with(path),
                // Patterns are httpd's to match: a .htaccess is for plain directories.
                Some(Section::Directories | Section::Htaccess(_)) => false,
                Some(Section::Location(path)) => {
                    let path = path.strip_suffix(b"/").unwrap_or(path);
                    place
                        .uri
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
                }
            }
    }
}

/// What stands between the host and the area in the name of an area's own interpreter.
const SEPARATOR: &[u8] = b": ";

/// How the handlers of a request get the interpreter that is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// As it is configured.
    AsItIs,
    /// `PythonInterpPerDirective On`: each handler has that of the directory that named it.
    PerDirective,
    /// `PythonInterpreter` with this name.
    Named(Vec<u8>),
}

impl Isolation {
    /// For what is configured: under this name of the virtual host, for a file in this directory (with
    /// its slash), if there is one.
    pub fn of(
        observed: &Observed,
        setting: Interpreters,
        host: &[u8],
        directory: Option<&[u8]>,
    ) -> Isolation {
        if setting == Interpreters::Leave || observed.interpreter().is_some() {
            return Isolation::AsItIs;
        }
        let isolates = setting == Interpreters::Isolate;
        if observed.is_per_directory(isolates) {
            // By name: mod_python goes by a file name that a handler can change on the way.
            return directory.map_or(Isolation::AsItIs, |name| Isolation::Named(name.to_vec()));
        }
        match isolates {
            true => Isolation::of_area(observed, host),
            false if observed.lost_per_directive() => Isolation::PerDirective,
            false => Isolation::AsItIs,
        }
    }

    /// `PyGuardInterpreter Isolate`: an interpreter for each area.
    fn of_area(observed: &Observed, host: &[u8]) -> Isolation {
        let sections = || {
            let handlers = observed.handlers().iter();
            handlers.filter(|h| h.phase() != Phase::Connection)
        };
        if sections().all(|h| *h.section() == Section::Server) {
            // The virtual host's own is the area's.
            return Isolation::AsItIs;
        }
        let in_directory = |section: &Section| {
            matches!(
                section,
                Section::Directory(_) | Section::Htaccess(_) | Section::Directories
            )
        };
        if sections().all(|h| in_directory(h.section())) {
            return Isolation::PerDirective;
        }
        // mod_python would mix up locations of the same path in two virtual hosts, and give
        // main_interpreter to handlers that are named outside of all sections.
        let areas = || sections().filter(|h| *h.section() != Section::Server);
        let area = areas()
            .rfind(|h| h.phase() == Phase::Handler)
            .or_else(|| areas().next_back());
        let section = area.map(|h| h.section().to_string()).unwrap_or_default();
        Isolation::Named([host, SEPARATOR, section.as_bytes()].concat())
    }
}

/// The name of the interpreter in which the handlers of a section run, for the virtual host of this
/// name: two sections share an interpreter where it is the same.
pub fn in_force(
    observed: &Observed,
    setting: Interpreters,
    host: &[u8],
    section: &Section,
) -> Vec<u8> {
    let directory = match section {
        Section::Directory(path) => Some(path.as_slice()),
        _ => None,
    };
    let per_directive = || match section {
        Section::Directory(path) | Section::Location(path) => path.clone(),
        Section::Server => MAIN.to_vec(),
        // That of a pattern is not known here: it is none that another section has.
        Section::Directories | Section::Htaccess(_) => {
            [host, SEPARATOR, section.to_string().as_bytes()].concat()
        }
    };
    match Isolation::of(observed, setting, host, directory) {
        Isolation::Named(name) => name,
        Isolation::PerDirective => per_directive(),
        Isolation::AsItIs => match observed.interpreter() {
            Some(interpreter) => interpreter.name.clone(),
            None if observed.is_per_directory(false) => directory.unwrap_or(host).to_vec(),
            None if observed.is_per_directive() => per_directive(),
            None => host.to_vec(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &str, host: Option<Host>, section: Section) -> Given {
        Given {
            name: name.as_bytes().to_vec(),
            host,
            section: Some(section),
            place: "httpd.conf:7".to_owned(),
        }
    }

    fn imported(name: &str) -> Given {
        Given {
            section: None,
            ..given(name, None, Section::Server)
        }
    }

    #[test]
    fn whose_a_name_is() {
        let default = |host, name: &str| Default {
            host,
            name: name.as_bytes().to_vec(),
        };
        let reserved = Reserved {
            given: vec![
                given("shop", None, Section::Directory(b"/srv/shop/".to_vec())),
                given("till", Some(1), Section::Location(b"/till/".to_vec())),
                given("all", Some(1), Section::Server),
                imported("shop"),
                imported("www"),
                imported("tools"),
                given(
                    "main_interpreter",
                    None,
                    Section::Directory(b"/srv/main/".to_vec()),
                ),
            ],
            defaults: vec![default(1, "www"), default(2, "www"), default(3, "other")],
        };
        // name, host, directory, URL, a part of the message
        let table = [
            ("shop", 1, "/srv/shop/", "/", ""),
            ("shop", 2, "/srv/shop/in/", "/", ""),
            (
                "shop",
                1,
                "/srv/shopping/",
                "/",
                "<Directory /srv/shop/> (httpd.conf:7)",
            ),
            ("till", 1, "/srv/x/", "/till", ""),
            ("till", 1, "/srv/x/", "/till/x", ""),
            ("till", 1, "/srv/x/", "/tills", "<Location /till/>"),
            ("till", 2, "/srv/x/", "/till/x", "<Location /till/>"),
            ("all", 1, "/srv/x/", "/", ""),
            ("all", 2, "/srv/x/", "/", "virtual host www (httpd.conf:7)"),
            ("tools", 1, "/srv/x/", "/", "a PythonImport (httpd.conf:7)"),
            ("www", 1, "/srv/x/", "/", ""),
            ("www", 3, "/srv/x/", "/", "virtual host www"),
            (
                "main_interpreter",
                1,
                "/srv/x/",
                "/",
                "<Directory /srv/main/>",
            ),
            ("main_interpreter", 1, "/srv/main/", "/", ""),
            ("/srv/x/y/", 1, "/srv/x/", "/", ""),
            ("/srv/y/", 1, "/srv/x/", "/", "another directory"),
            ("www: <Location /app>", 1, "/srv/x/", "/", "area of its own"),
            ("mine", 1, "/srv/x/", "/", ""),
        ];
        for (name, host, directory, uri, message) in table {
            let place = Place {
                host,
                directory: directory.as_bytes(),
                uri: uri.as_bytes(),
            };
            let owner = reserved.owner(name.as_bytes(), place);
            assert_eq!(owner.is_some(), !message.is_empty(), "{name}: {owner:?}");
            assert!(owner.unwrap_or_default().contains(message), "{name}");
        }
        let place = Place {
            host: 1,
            directory: b"/srv/x/",
            uri: b"/",
        };
        let main = Reserved::NONE.owner(MAIN, place);
        assert!(main.is_some_and(|owner| owner.contains("mod_python's own")));
    }

    #[test]
    fn an_area_of_its_own() {
        let of = |handlers: &[(Phase, Section)]| {
            let mut observed = Observed::EMPTY;
            for (phase, section) in handlers {
                observed.python_handler(*phase, b"x", section);
            }
            Isolation::of(&observed, Interpreters::Isolate, b"www", None)
        };
        let directory = || Section::Directory(b"/srv/".to_vec());
        let location = || Section::Location(b"/app".to_vec());
        assert_eq!(of(&[]), Isolation::AsItIs);
        assert_eq!(of(&[(Phase::Handler, Section::Server)]), Isolation::AsItIs);
        assert_eq!(
            of(&[(Phase::Handler, directory())]),
            Isolation::PerDirective
        );
        let mixed = [(Phase::Access, directory()), (Phase::Handler, location())];
        let app = Isolation::Named(b"www: <Location /app>".to_vec());
        assert_eq!(of(&mixed), app);
        let mixed = [
            (Phase::Init, Section::Server),
            (Phase::Handler, directory()),
        ];
        let directory = Isolation::Named(b"www: <Directory /srv/>".to_vec());
        assert_eq!(of(&mixed), directory);

        let mut observed = Observed::EMPTY;
        observed.python_handler(Phase::Handler, b"x", &location());
        observed.python_interpreter(b"own", None);
        let isolate = Interpreters::Isolate;
        assert_eq!(
            Isolation::of(&observed, isolate, b"www", None),
            Isolation::AsItIs
        );
    }

    #[test]
    fn the_name_that_is_in_force() {
        let name = |setting, directives: &dyn Fn(&mut Observed)| {
            let mut observed = Observed::EMPTY;
            let section = Section::Directory(b"/srv/a/".to_vec());
            observed.python_handler(Phase::Handler, b"x", &section);
            directives(&mut observed);
            in_force(&observed, setting, b"www", &section)
        };
        let (reserve, isolate) = (Interpreters::Reserve, Interpreters::Isolate);
        let nothing = |_: &mut Observed| {};
        assert_eq!(name(reserve, &nothing), b"www");
        assert_eq!(name(isolate, &nothing), b"/srv/a/");
        let own = |observed: &mut Observed| observed.python_interpreter(b"own", None);
        assert_eq!(name(reserve, &own), b"own");
        assert_eq!(name(isolate, &own), b"own");
        let flag = |observed: &mut Observed| observed.python_per_directive(b"On", false);
        assert_eq!(name(reserve, &flag), b"/srv/a/");
        let flag = |observed: &mut Observed| observed.python_per_directory(b"On", false);
        assert_eq!(name(reserve, &flag), b"/srv/a/");

        let mut observed = Observed::EMPTY;
        observed.python_per_directive(b"On", false);
        let name = |section: &Section| in_force(&observed, reserve, b"www", section);
        assert_eq!(name(&Section::Location(b"/app".to_vec())), b"/app");
        assert_eq!(name(&Section::Server), MAIN);
    }

    #[test]
    fn an_interpreter_of_the_directory() {
        let with = |by_server: Option<&str>, by_htaccess: Option<&str>, setting| {
            let mut server = Observed::EMPTY;
            let section = Section::Directory(b"/srv/".to_vec());
            server.python_handler(Phase::Handler, b"x", &section);
            let mut htaccess = Observed::EMPTY;
            if let Some(flag) = by_server {
                server.python_per_directory(flag.as_bytes(), false);
            }
            if let Some(flag) = by_htaccess {
                htaccess.python_per_directory(flag.as_bytes(), true);
            }
            let observed = Observed::merge(&server, &htaccess);
            Isolation::of(&observed, setting, b"www", Some(b"/srv/u/"))
        };
        let (reserve, isolate) = (Interpreters::Reserve, Interpreters::Isolate);
        let named = Isolation::Named(b"/srv/u/".to_vec());
        assert_eq!(with(None, None, reserve), Isolation::AsItIs);
        assert_eq!(with(Some("On"), Some("Off"), reserve), named);
        assert_eq!(with(Some("On"), Some("Off"), isolate), named);
        assert_eq!(with(None, Some("On"), reserve), named);
        assert_eq!(with(None, Some("On"), isolate), Isolation::PerDirective);
        assert_eq!(with(Some("Off"), None, reserve), Isolation::AsItIs);
        assert_eq!(
            with(Some("On"), None, Interpreters::Leave),
            Isolation::AsItIs
        );

        let mut lost = Observed::EMPTY;
        lost.python_per_directive(b"On", false);
        let mut off = Observed::EMPTY;
        off.python_per_directive(b"off", true);
        let lost = Observed::merge(&lost, &off);
        let isolation = Isolation::of(&lost, reserve, b"www", None);
        assert_eq!(isolation, Isolation::PerDirective);
    }
}
