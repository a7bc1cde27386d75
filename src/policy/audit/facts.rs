//! What the audit judges: plain data, gathered elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::policy::interpreter;
use crate::policy::message::escaped;
use crate::policy::observed::{Observed, Section};
use crate::policy::settings::{Interpreters, Mode, Settings};

/// Bytes of a path, a name or a word: they need not be text.
pub type Bytes = Vec<u8>;

/// Where something was said or found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A line, from 1, of a file: a directive's, or one of a page or a .htaccess.
    Line(Bytes, u32),
    /// A file or directory.
    Path(Bytes),
    /// A socket: `0.0.0.0:5432`.
    Socket(String),
}

/// As administrators write it: `file:line`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(file, line) => write!(f, "{}:{line}", escaped(file)),
            Place::Path(path) => f.write_str(&escaped(path)),
            Place::Socket(address) => f.write_str(address),
        }
    }
}

/// All that is known of a server.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The main configuration file: the place of what is said nowhere.
    pub main_file: Bytes,
    /// Every directive of the configuration, in its order.
    pub said: Vec<Said>,
    /// What stands in `<IfModule>` for a Python module, whether or not it is in force.
    pub conditional: Vec<Conditional>,
    /// The loaded modules, by the names of their sources: `mod_python.c`.
    pub modules: Vec<String>,
    /// The Python that mod_python or mod_wsgi embeds, such as (3, 11); `None`: not known.
    pub python: Option<(u32, u32)>,
    /// Who the children are that answer requests.
    pub user: Account,
    /// What httpd listens on; `None` for all addresses.
    pub listen: Vec<(Option<IpAddr>, u16)>,
    /// The main server first, then the virtual hosts.
    pub hosts: Vec<Host>,
    /// Every section that httpd merges by directory or URL, with what encloses it merged in; the
    /// servers themselves are in `hosts`.
    pub areas: Vec<Area>,
    /// By which URL each directory can be reached.
    pub mounts: Vec<Mount>,
    /// What was found in the directories that can be reached and in those that Python imports from,
    /// as far as it could matter to a check, by path.
    pub entries: BTreeMap<Bytes, Entry>,
    /// The directories that Python imports from (a handler's, those of PythonPath, a WSGI target's),
    /// without a slash at their end.
    pub libraries: Vec<Library>,
    /// TCP sockets that accept connections on this host.
    pub sockets: Vec<(IpAddr, u16)>,
    /// What was looked at, and what was not.
    pub extent: Extent,
}

impl Facts {
    /// The main server answers something: on a port that is no virtual host's for every address.
    pub fn is_main_reached(&self) -> bool {
        let is_taken = |(address, port): &(Option<IpAddr>, u16)| {
            let mut names = vec!["*".to_owned(), "_default_".to_owned()];
            if let Some(address) = address {
                names.extend([address.to_string(), format!("[{address}]")]);
            }
            let takes = |word: &Bytes| {
                names.iter().any(|name| {
                    let rest = word.strip_prefix(name.as_bytes());
                    rest.is_some_and(|rest| {
                        rest.is_empty() || rest == b":*" || rest == format!(":{port}").as_bytes()
                    })
                })
            };
            let mut hosts = self.said.iter().filter(|said| said.name == "<virtualhost");
            hosts.any(|said| said.words.iter().any(takes))
        };
        self.listen.is_empty() || !self.listen.iter().all(is_taken)
    }
}

/// A directive of the configuration tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its name in lower case; of a section with the bracket: `<directory`.
    pub name: String,
    /// Its arguments, without quotes; of a section without the closing bracket.
    pub words: Vec<Bytes>,
    /// Its arguments as they stand there.
    pub arguments: Bytes,
    /// The file.
    pub file: Bytes,
    /// The line, from 1.
    pub line: u32,
    /// The sections around it, the outermost first: name as in `name`, and arguments.
    pub sections: Vec<(String, Bytes)>,
    /// The index in [`Facts::hosts`].
    pub host: usize,
}

impl Said {
    /// Where.
    pub fn place(&self) -> Place {
        Place::Line(self.file.clone(), self.line)
    }

    /// The word of this number, from 0.
    pub fn word(&self, number: usize) -> &[u8] {
        self.words.get(number).map_or(b"", Vec::as_slice)
    }

    /// Whether it is for a whole server: in no section but `<VirtualHost>`.
    pub fn is_of_server(&self) -> bool {
        self.sections.iter().all(|(name, _)| name == "<virtualhost")
    }

    /// Whether it is a flag that is on.
    pub fn is_on(&self) -> bool {
        self.word(0).eq_ignore_ascii_case(b"on")
    }
}

/// A directive inside `<IfModule>` with the name of a Python module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditional {
    /// Its name as it is written.
    pub name: String,
    /// Its arguments as they are written.
    pub arguments: Bytes,
    /// The module, by the name of its source.
    pub module: String,
    /// The file.
    pub file: Bytes,
    /// The line of the `<IfModule>`, from 1.
    pub line: u32,
}

/// A user, with its groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name; empty: not known.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its other groups.
    pub groups: Vec<u32>,
}

/// The main server or a virtual host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// `ServerName`, without a port; empty: none is said.
    pub name: Bytes,
    /// Where its `<VirtualHost>` stands; `None` for the main server.
    pub place: Option<Place>,
    /// `DocumentRoot`, without a slash at its end.
    pub document_root: Bytes,
    /// What holds where no section says more.
    pub conf: Arc<Conf>,
}

/// What is in force at some place: all that encloses it is merged in, .htaccess files are not.
#[derive(Clone, Debug)]
pub struct Conf {
    /// The module's own directives.
    pub settings: Settings,
    /// Those of mod_python, mod_wsgi and httpd's handlers.
    pub observed: Observed,
    /// `Options`
    pub options: Options,
    /// A .htaccess is read, and may use directives of one category at least that mod_python allows
    /// its own in: `AllowOverride` other than `None`, or an `AllowOverrideList` with one of them.
    pub htaccess_may_run_python: bool,
    /// Whom httpd lets in.
    pub access: Access,
}

impl Conf {
    /// The name of the interpreter in which mod_python runs the handlers of a section, for the virtual
    /// host of this name.
    pub fn interpreter(&self, host: &[u8], section: &Section) -> Bytes {
        let setting = match self.settings.mode() {
            Mode::On => self.settings.interpreters(),
            Mode::Off | Mode::Detect => Interpreters::Leave,
        };
        interpreter::in_force(&self.observed, setting, host, section)
    }
}

/// Nothing is said.
impl Default for Conf {
    fn default() -> Conf {
        Conf {
            settings: Settings::EMPTY,
            observed: Observed::EMPTY,
            options: Options::default(),
            htaccess_may_run_python: false,
            access: Access::Open,
        }
    }
}

/// Whom httpd lets in, by its own directives on access: everybody first, nobody last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Everybody, as where nothing is said.
    #[default]
    Open,
    /// Some, by their addresses, their names or something else that a request decides.
    Guarded,
    /// Nobody.
    Denied,
}

/// `Options`, as far as they matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// `Indexes`
    pub indexes: bool,
    /// `Includes` or `IncludesNOEXEC`
    pub includes: bool,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Area {
    /// The index in [`Facts::hosts`] of the server that it stands in; one of the main server holds
    /// for all.
    pub host: usize,
    /// What it is for. A `<Files>` in a `<Directory>` is one of its own only where it names handlers, and
    /// is then for that directory.
    pub section: Section,
    /// Where its first line stands.
    pub place: Place,
    /// What is in force there.
    pub conf: Arc<Conf>,
}

/// What leads from a URL to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// `DocumentRoot`
    DocumentRoot,
    /// `Alias`, `AliasMatch`
    Alias,
    /// `ScriptAlias`, `ScriptAliasMatch`: what is there is run, not sent.
    ScriptAlias,
}

/// A directory that can be reached by a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The index in [`Facts::hosts`].
    pub host: usize,
    /// What leads there.
    pub kind: MountKind,
    /// The beginning of the URL's path, or the pattern: `/`.
    pub url: Bytes,
    /// The directory, without a slash at its end, as it is written.
    pub directory: Bytes,
    /// Where it is said.
    pub place: Place,
}

impl Mount {
    /// The URL path of a directory, which ends in a slash, or of a file in it; `None` where a pattern
    /// leads there.
    pub fn url_of(&self, directory: &[u8], name: Option<&[u8]>) -> Option<Bytes> {
        let root = self.directory.strip_suffix(b"/").unwrap_or(&self.directory);
        let below = directory.strip_prefix(root)?;
        let is_path = self.url.starts_with(b"/") && !self.url.contains(&b'(');
        let url = self.url.strip_suffix(b"/").unwrap_or(&self.url);
        is_path.then(|| [url, below, name.unwrap_or_default()].concat())
    }
}

/// What the name of an interpreter of mod_wsgi begins with in [`Library::interpreter`].
pub const OF_WSGI: &[u8] = b"mod_wsgi:";

/// A directory that Python imports from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Without a slash at its end.
    pub directory: Bytes,
    /// The index in [`Facts::hosts`].
    pub host: usize,
    /// The interpreter that imports from it; areas of the same name share it. Of mod_wsgi [`OF_WSGI`],
    /// with the process group or, for a target, the URL.
    pub interpreter: Bytes,
    /// Where it is said.
    pub place: Place,
    /// What made it one.
    pub kind: LibraryKind,
}

/// What makes a directory one that Python imports from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryKind {
    /// A `Python*Handler` was named for it: mod_python puts it before everything else.
    Handler,
    /// `PythonPath` names it.
    PythonPath,
    /// The target of a `WSGIScriptAlias` lies there. Python does not import from it by itself.
    WsgiTarget,
}

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
}

/// A file or a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is. A symbolic link counts as what it leads to, if that is inside the same tree.
    pub kind: Kind,
    /// The bits of its mode: 0o7777.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// By which URLs it can be reached, and what is in force there; empty where by none.
    pub views: Arc<[View]>,
    /// The beginning of what stands in it, if a check wants to know.
    pub content: Option<Bytes>,
}

/// A way to an entry.
#[derive(Clone, Debug)]
pub struct View {
    /// The index in [`Facts::mounts`].
    pub mount: usize,
    /// What is in force for it.
    pub conf: Arc<Conf>,
}

/// How far the audit looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Directives read.
    pub directives: usize,
    /// Directories walked.
    pub directories: usize,
    /// Entries seen in them.
    pub entries: usize,
    /// What was left out, a sentence each: a bound that was hit (with its directive), a directory
    /// that cannot be read.
    pub left_out: Vec<String>,
}
