//! What the directives of other modules say about a directory: Python's handlers above all.
//!
//! The directives stay the property of their modules, which parse them as ever. This is a
//! second pair of eyes on the same words, merged over the sections as the owner merges them.

use std::fmt;
use std::sync::Arc;

use super::handler::{Python, has_extension};
use super::htaccess::PythonDirective;
use super::message::escaped;

/// A phase of the request that a `Python*Handler` directive serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `PythonPostReadRequestHandler`
    PostReadRequest,
    /// `PythonTransHandler`
    Trans,
    /// `PythonHeaderParserHandler`
    HeaderParser,
    /// `PythonInitHandler`
    Init,
    /// `PythonAccessHandler`
    Access,
    /// `PythonAuthenHandler`
    Authen,
    /// `PythonAuthzHandler`
    Authz,
    /// `PythonTypeHandler`
    Type,
    /// `PythonFixupHandler`
    Fixup,
    /// `PythonHandler`
    Handler,
    /// `PythonLogHandler`
    Log,
    /// `PythonCleanupHandler`
    Cleanup,
    /// `PythonConnectionHandler`
    Connection,
    /// `PythonInputFilter` and `PythonOutputFilter`: code that runs, but no handler that makes a
    /// Python directory.
    Filter,
}

/// The phases that `PythonHandlerModule` serves with one module.
pub const HANDLER_MODULE: [Phase; 12] = [
    Phase::PostReadRequest,
    Phase::Trans,
    Phase::HeaderParser,
    Phase::Init,
    Phase::Access,
    Phase::Authen,
    Phase::Authz,
    Phase::Type,
    Phase::Fixup,
    Phase::Handler,
    Phase::Log,
    Phase::Cleanup,
];

/// The phases before the handler phase.
pub const EARLY: [Phase; 9] = [
    Phase::PostReadRequest,
    Phase::Trans,
    Phase::HeaderParser,
    Phase::Init,
    Phase::Access,
    Phase::Authen,
    Phase::Authz,
    Phase::Type,
    Phase::Fixup,
];

/// The others in which a handler of a request runs.
pub const LATE: [Phase; 3] = [Phase::Handler, Phase::Log, Phase::Cleanup];

/// The section of the configuration that a directive stands in, as mod_python sees it: `<Files>`,
/// `<If>` and their like are looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// None: the whole server or virtual host.
    Server,
    /// `<Directory>`: this directory, with a slash at its end.
    Directory(Vec<u8>),
    /// A .htaccess in this directory, with a slash at its end.
    Htaccess(Vec<u8>),
    /// `<DirectoryMatch>`, or a `<Directory>` with wildcards.
    Directories,
    /// `<Location>` or `<LocationMatch>`: its argument.
    Location(Vec<u8>),
}

impl Section {
    /// `<Directory ...>`, from its arguments with the closing bracket.
    pub fn directory(arguments: &[u8]) -> Section {
        let mut path = first_word(without_bracket(arguments));
        if path == b"~" || path.iter().any(|byte| b"*?[".contains(byte)) {
            return Section::Directories;
        }
        if !path.ends_with(b"/") {
            path.push(b'/');
        }
        Section::Directory(path)
    }

    /// `<Location ...>` or `<LocationMatch ...>`, from its arguments with the closing bracket.
    pub fn location(arguments: &[u8]) -> Section {
        Section::Location(first_word(without_bracket(arguments)))
    }
}

/// For log lines: the section as the administrator wrote it.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Section::Server => f.write_str("the whole server"),
            Section::Directory(path) => write!(f, "<Directory {}>", escaped(path)),
            Section::Htaccess(path) => write!(f, "{}.htaccess", escaped(path)),
            Section::Directories => f.write_str("a <Directory> with a pattern"),
            Section::Location(path) => write!(f, "<Location {}>", escaped(path)),
        }
    }
}

fn without_bracket(arguments: &[u8]) -> &[u8] {
    let end = memchr::memrchr(b'>', arguments).unwrap_or(arguments.len());
    arguments.get(..end).unwrap_or_default()
}

/// A line of a .htaccess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The path of the file.
    pub file: Vec<u8>,
    /// Counted from 1.
    pub number: i32,
}

impl Line {
    /// The directory of the file, with its slash.
    pub fn directory(&self) -> &[u8] {
        let end = memchr::memrchr(b'/', &self.file).map_or(0, |slash| slash + 1);
        self.file.get(..end).unwrap_or_default()
    }
}

/// The handlers of one phase for one extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handlers {
    phase: Phase,
    /// With its dot, as mod_python compares it: all from the first dot of the name. Empty: any.
    extension: Vec<u8>,
    /// The words of the directive, separated by spaces.
    names: Vec<u8>,
    section: Section,
}

impl Handlers {
    /// Where they were named.
    pub fn section(&self) -> &Section {
        &self.section
    }

    /// The phase that they are for.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The modules that hold them, as Python would import them.
    pub fn modules(&self) -> impl Iterator<Item = &[u8]> {
        words(&self.names).map(|word| match memchr::memmem::find(word, b"::") {
            Some(end) => word.get(..end).unwrap_or(word),
            None => word,
        })
    }
}

/// `SetHandler`: what it names, and whether it does so for files of certain names only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SetHandler {
    python: Option<Python>,
    by_name: bool,
}

/// What `AddHandler` and `RemoveHandler` say of one extension.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Suffix {
    /// Lower case, without the dot.
    extension: Vec<u8>,
    handler: SuffixHandler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SuffixHandler {
    ModPython,
    Other,
    /// Wherever in its section `RemoveHandler` stands, it has the last word.
    Removed,
}

/// `PythonInterpreter`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The name.
    pub name: Vec<u8>,
    /// The .htaccess that took it; `None`: the server's configuration gave it.
    pub taken: Option<Line>,
}

/// A flag that a .htaccess may set, and what the server's configuration says without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PerFlag {
    set: Option<bool>,
    by_server: Option<bool>,
}

impl PerFlag {
    const UNSET: PerFlag = PerFlag {
        set: None,
        by_server: None,
    };

    fn merge(base: PerFlag, add: PerFlag) -> PerFlag {
        PerFlag {
            set: add.set.or(base.set),
            by_server: add.by_server.or(base.by_server),
        }
    }

    fn of(arguments: &[u8], in_htaccess: bool) -> PerFlag {
        let on = is_on(arguments);
        PerFlag {
            set: Some(on),
            by_server: (!in_htaccess).then_some(on),
        }
    }
}

/// What was observed for one directory.
///
/// Merged on requests, so its lists are shared and not copied where only one side has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    handlers: Shared<Handlers>,
    debug: Option<bool>,
    auto_reload: Option<bool>,
    interpreter: Option<Arc<Interpreter>>,
    /// `PythonInterpPerDirectory`, `PythonInterpPerDirective`
    per_directory: PerFlag,
    per_directive: PerFlag,
    /// Directories that `PythonPath` names as strings.
    path: Shared<Vec<u8>>,
    /// `PythonOption mod_python.wsgi.application`
    application: Option<Arc<Vec<u8>>>,
    /// Whether mod_python takes the request for one that has no file.
    virtual_name: Option<bool>,
    /// What a .htaccess used of mod_python's directives.
    htaccess: Shared<(PythonDirective, Line)>,
    set_handler: Option<SetHandler>,
    /// Extensions that `AddHandler` and `AddType` give to Python, lower case, without the dot.
    extensions: Shared<Vec<u8>>,
    suffixes: Shared<Suffix>,
    /// `AddHandler` named mod_python or mod_wsgi inside a section.
    adds_python: bool,
    /// Directories that hold the targets of `WSGIScriptAlias`, without a trailing slash.
    wsgi: Shared<Vec<u8>>,
    /// Nothing could be observed: anything may be so.
    unknown: bool,
}

/// A list that is shared; `None` is empty.
type Shared<T> = Option<Arc<Vec<T>>>;

fn items<T>(list: &Shared<T>) -> &[T] {
    list.as_deref().map_or(&[], Vec::as_slice)
}

fn items_mut<T: Clone>(list: &mut Shared<T>) -> &mut Vec<T> {
    Arc::make_mut(list.get_or_insert_default())
}

/// The items of `add`, and those of `base` that are not `replaced`.
fn joined<T: Clone>(base: &Shared<T>, add: &Shared<T>, replaced: impl Fn(&T) -> bool) -> Shared<T> {
    match (base, add) {
        (Some(old), Some(new)) => {
            let kept = old.iter().filter(|item| !replaced(item));
            Some(Arc::new(kept.chain(new.iter()).cloned().collect()))
        }
        (one, other) => one.as_ref().or(other.as_ref()).cloned(),
    }
}

impl Observed {
    /// Nothing observed.
    pub const EMPTY: Observed = Observed {
        handlers: None,
        debug: None,
        auto_reload: None,
        interpreter: None,
        per_directory: PerFlag::UNSET,
        per_directive: PerFlag::UNSET,
        path: None,
        application: None,
        virtual_name: None,
        htaccess: None,
        set_handler: None,
        extensions: None,
        suffixes: None,
        adds_python: false,
        wsgi: None,
        unknown: false,
    };

    /// What is observed where nothing could be: mod_python may run anywhere, with debugging on.
    pub const UNKNOWN: Observed = Observed {
        debug: Some(true),
        unknown: true,
        ..Observed::EMPTY
    };

    /// A `Python*Handler` directive: `name ... [| .ext ...]`.
    pub fn python_handler(&mut self, phase: Phase, arguments: &[u8], section: &Section) {
        if *section != Section::Server {
            self.virtual_name = Some(matches!(section, Section::Location(_)));
        }
        let bar = memchr::memchr(b'|', arguments);
        let (names, extensions) = match bar {
            Some(bar) => (
                arguments.get(..bar).unwrap_or_default(),
                arguments.get(bar + 1..).unwrap_or_default(),
            ),
            None => (arguments, &b""[..]),
        };
        let mut words = words(extensions).peekable();
        if words.peek().is_none() {
            self.add_handlers(phase, b"", names, section);
        }
        for extension in words {
            self.add_handlers(phase, extension, names, section);
        }
    }

    fn add_handlers(&mut self, phase: Phase, extension: &[u8], names: &[u8], section: &Section) {
        let handlers = items_mut(&mut self.handlers);
        match handlers
            .iter_mut()
            .find(|h| h.phase == phase && h.extension == extension)
        {
            Some(same) => {
                same.names.push(b' ');
                same.names.extend_from_slice(names);
            }
            None => handlers.push(Handlers {
                phase,
                extension: extension.to_vec(),
                names: names.to_vec(),
                section: section.clone(),
            }),
        }
    }

    /// `PythonDebug On|Off`.
    pub fn python_debug(&mut self, arguments: &[u8]) {
        self.debug = Some(is_on(arguments));
    }

    /// `PythonAutoReload On|Off`.
    pub fn python_auto_reload(&mut self, arguments: &[u8]) {
        self.auto_reload = Some(is_on(arguments));
    }

    /// `PythonInterpreter name`, `taken` by a .htaccess or given by the server's configuration.
    pub fn python_interpreter(&mut self, arguments: &[u8], taken: Option<Line>) {
        let name = first_word(arguments);
        self.interpreter = Some(Arc::new(Interpreter { name, taken }));
    }

    /// `PythonInterpPerDirectory On|Off`
    pub fn python_per_directory(&mut self, arguments: &[u8], in_htaccess: bool) {
        self.per_directory = PerFlag::of(arguments, in_htaccess);
    }

    /// `PythonInterpPerDirective On|Off`
    pub fn python_per_directive(&mut self, arguments: &[u8], in_htaccess: bool) {
        self.per_directive = PerFlag::of(arguments, in_htaccess);
    }

    /// `PythonPath expression`: what it evaluates to is Python's business, but the absolute
    /// directories that stand in it as strings are where modules will be found.
    pub fn python_path(&mut self, arguments: &[u8]) {
        let mut directories = Vec::new();
        let mut parts = arguments.split(|byte| matches!(byte, b'\'' | b'"' | b'\\'));
        // The expression itself may be quoted with either quote.
        for part in parts.by_ref().filter(|part| part.starts_with(b"/")) {
            directories.push([part.strip_suffix(b"/").unwrap_or(part), b"/"].concat());
        }
        self.path = Some(Arc::new(directories));
    }

    /// `PythonOption key value`.
    pub fn python_option(&mut self, arguments: &[u8]) {
        let mut words = words(arguments);
        if words.next() == Some(b"mod_python.wsgi.application") {
            let application = words.next().unwrap_or_default();
            self.application = Some(Arc::new(application.to_vec()));
        }
    }

    /// A directive of mod_python stands in a section that is no server's.
    pub fn python_in_section(&mut self) {
        self.virtual_name.get_or_insert(false);
    }

    /// A .htaccess used this directive.
    pub fn used_in_htaccess(&mut self, directive: PythonDirective, line: Line) {
        items_mut(&mut self.htaccess).push((directive, line));
    }

    /// `SetHandler name`, `by_name` where it stands in `<Files>` or `<FilesMatch>`. The Python that
    /// it names.
    pub fn set_handler(&mut self, arguments: &[u8], by_name: bool) -> Option<Python> {
        let name = words(arguments).next().unwrap_or_default();
        let python = Python::of(&name.to_ascii_lowercase());
        self.set_handler = Some(SetHandler { python, by_name });
        python
    }

    /// `AddHandler name ext ...` or `AddType type ext ...`. `in_section`: not for a whole server.
    /// The Python that it names.
    pub fn add_handler(&mut self, arguments: &[u8], in_section: bool) -> Option<Python> {
        let mut words = words(arguments);
        let python = Python::of(&words.next()?.to_ascii_lowercase())?;
        if python != Python::Cgi {
            self.adds_python |= in_section;
            items_mut(&mut self.extensions).extend(words.map(extension));
        }
        Some(python)
    }

    /// `AddHandler name ext ...`, for what publisher takes off a name.
    pub fn add_suffixes(&mut self, arguments: &[u8]) {
        let mut words = words(arguments);
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let handler = match Python::of(&name) {
            Some(Python::ModPython) => SuffixHandler::ModPython,
            _ => SuffixHandler::Other,
        };
        for word in words {
            self.suffix(extension(word), handler);
        }
    }

    /// `RemoveHandler ext ...`
    pub fn remove_suffixes(&mut self, arguments: &[u8]) {
        for word in words(arguments) {
            self.suffix(extension(word), SuffixHandler::Removed);
        }
    }

    fn suffix(&mut self, extension: Vec<u8>, handler: SuffixHandler) {
        let suffixes = items_mut(&mut self.suffixes);
        match suffixes.iter_mut().find(|s| s.extension == extension) {
            Some(known) if known.handler != SuffixHandler::Removed => known.handler = handler,
            Some(_) => {}
            None => suffixes.push(Suffix { extension, handler }),
        }
    }

    /// `WSGIScriptAlias url target ...`: the directory of the target is a Python directory.
    /// A target that is not below another directory says nothing.
    pub fn wsgi_script_alias(&mut self, arguments: &[u8]) {
        let target = words(arguments).nth(1).unwrap_or_default();
        let directory = match target.strip_suffix(b"/") {
            Some(directory) => directory,
            None => memchr::memrchr(b'/', target)
                .and_then(|slash| target.get(..slash))
                .unwrap_or_default(),
        };
        // Patterns of WSGIScriptAliasMatch ("$1") name no directory.
        if !directory.is_empty() && !directory.contains(&b'$') {
            items_mut(&mut self.wsgi).push(directory.to_vec());
        }
    }

    /// What holds where `add`, the inner section, comes on top of `base`.
    pub fn merge(base: &Observed, add: &Observed) -> Observed {
        let replaced = |old: &Handlers| {
            items(&add.handlers)
                .iter()
                .any(|new| new.phase == old.phase && new.extension == old.extension)
        };
        Observed {
            handlers: joined(&base.handlers, &add.handlers, replaced),
            debug: add.debug.or(base.debug),
            auto_reload: add.auto_reload.or(base.auto_reload),
            interpreter: add
                .interpreter
                .as_ref()
                .or(base.interpreter.as_ref())
                .cloned(),
            per_directory: PerFlag::merge(base.per_directory, add.per_directory),
            per_directive: PerFlag::merge(base.per_directive, add.per_directive),
            path: add.path.as_ref().or(base.path.as_ref()).cloned(),
            application: add
                .application
                .as_ref()
                .or(base.application.as_ref())
                .cloned(),
            virtual_name: add.virtual_name.or(base.virtual_name),
            htaccess: joined(&base.htaccess, &add.htaccess, |_| false),
            set_handler: add.set_handler.or(base.set_handler),
            extensions: joined(&base.extensions, &add.extensions, |_| false),
            suffixes: joined(&base.suffixes, &add.suffixes, |old| {
                let same = |new: &Suffix| new.extension == old.extension;
                items(&add.suffixes).iter().any(same)
            }),
            adds_python: base.adds_python || add.adds_python,
            wsgi: joined(&base.wsgi, &add.wsgi, |_| false),
            unknown: base.unknown || add.unknown,
        }
    }

    /// mod_python may run in some phase of the request.
    pub fn runs_python(&self) -> bool {
        self.handlers.is_some() || self.unknown
    }

    /// The server's configuration says by a handler who may have what is in a directory.
    pub fn guards_directory(&self) -> bool {
        items(&self.handlers).iter().any(|h| {
            matches!(h.phase, Phase::Access | Phase::Authen | Phase::Authz)
                && matches!(h.section, Section::Directory(_) | Section::Directories)
        })
    }

    /// A handler may decide what the request's file is.
    pub fn translates(&self) -> bool {
        items(&self.handlers)
            .iter()
            .any(|h| h.phase == Phase::Trans)
    }

    /// A `Python*Handler` runs before the handler phase.
    pub fn runs_early(&self) -> bool {
        // Most directories have none at all, and every request asks.
        let Some(handlers) = &self.handlers else {
            return self.unknown;
        };
        handlers.iter().any(|h| EARLY.contains(&h.phase))
    }

    /// `PythonDebug` as configured.
    pub fn debugs(&self) -> bool {
        self.debug == Some(true)
    }

    /// `PythonAutoReload` as configured; mod_python's default is on.
    pub fn reloads(&self) -> bool {
        self.auto_reload != Some(false)
    }

    /// `PythonInterpreter` as configured.
    pub fn interpreter(&self) -> Option<&Interpreter> {
        self.interpreter.as_deref()
    }

    /// `PythonInterpPerDirectory` is on: by the server's configuration, or by a .htaccess too.
    pub fn is_per_directory(&self, by_server: bool) -> bool {
        let flag = self.per_directory;
        flag.by_server == Some(true) || (!by_server && flag.set == Some(true))
    }

    /// `PythonInterpPerDirective` is on.
    pub fn is_per_directive(&self) -> bool {
        self.per_directive.set == Some(true)
    }

    /// The server's configuration has `PythonInterpPerDirective On`, and a .htaccess switched it off.
    pub fn lost_per_directive(&self) -> bool {
        self.per_directive.by_server == Some(true) && self.per_directive.set == Some(false)
    }

    /// What .htaccess files used of mod_python's directives, in their order.
    pub fn htaccess(&self) -> &[(PythonDirective, Line)] {
        items(&self.htaccess)
    }

    /// The directories that `PythonPath` names as strings, each with a slash at its end; `None`
    /// where there is no `PythonPath`, and mod_python adds the handler's directory instead.
    pub fn path(&self) -> Option<&[Vec<u8>]> {
        self.path.as_deref().map(Vec::as_slice)
    }

    /// The module of the application that mod_python.wsgi runs.
    pub fn application(&self) -> Option<&[u8]> {
        let name = self.application.as_deref()?;
        let end = memchr::memmem::find(name, b"::").unwrap_or(name.len());
        name.get(..end)
    }

    /// Every handler, in the order of the configuration.
    pub fn handlers(&self) -> &[Handlers] {
        items(&self.handlers)
    }

    /// The handlers that mod_python runs in this phase for a file of this name.
    pub fn handlers_in(&self, phase: Phase, name: &[u8]) -> Option<&Handlers> {
        self.found(phase, name).map(|(handlers, _)| handlers)
    }

    /// Whether `SetHandler` gives every file to mod_python, whatever its name is.
    pub fn sets_mod_python(&self) -> bool {
        self.set_handler
            .is_some_and(|set| set.python == Some(Python::ModPython) && !set.by_name)
    }

    /// Whether mod_python keeps httpd from finding a file name: its handlers were named in a
    /// `<Location>`, and no section further in has any of its directives.
    pub fn has_virtual_name(&self) -> bool {
        self.virtual_name == Some(true)
    }

    /// The `<Location>`s that name handlers.
    pub fn locations(&self) -> impl Iterator<Item = &Section> {
        let sections = items(&self.handlers).iter().map(Handlers::section);
        sections.filter(|section| matches!(section, Section::Location(_)))
    }

    /// The extensions that `AddHandler` gives to mod_python, lower case, without the dot.
    pub fn suffixes(&self) -> impl Iterator<Item = &[u8]> {
        items(&self.suffixes)
            .iter()
            .filter(|suffix| suffix.handler == SuffixHandler::ModPython)
            .map(|suffix| suffix.extension.as_slice())
    }

    /// The extension by which the `PythonHandler` for a file of this name was found, without its
    /// dot: all from the first dot of the name, or nothing.
    pub fn extension_of<'a>(&self, name: &'a [u8]) -> Option<&'a [u8]> {
        let (_, by_extension) = self.found(Phase::Handler, name)?;
        let dot = memchr::memchr(b'.', name)?;
        by_extension.then(|| name.get(dot + 1..))?
    }

    /// Whether a file of this full name, below this document root or alias, lies in a Python
    /// directory. An alias that leads below the directory of a WSGI application, to its static
    /// files, is not.
    pub fn is_python_directory(&self, filename: &[u8], root: &[u8]) -> bool {
        items(&self.handlers)
            .iter()
            .any(|h| h.phase != Phase::Filter)
            || self.adds_python
            || matches!(
                self.set_handler,
                Some(SetHandler {
                    python: Some(Python::ModPython | Python::Wsgi),
                    ..
                })
            )
            || items(&self.wsgi).iter().any(|directory| {
                let below = |name: &[u8], itself| match name.strip_prefix(directory.as_slice()) {
                    Some(rest) => (itself && rest.is_empty()) || rest.starts_with(b"/"),
                    None => false,
                };
                below(filename, true) && !below(root, false)
            })
    }

    /// The handlers that mod_python runs in a phase for a file of this name, and whether they were
    /// given for its extension alone.
    fn found(&self, phase: Phase, name: &[u8]) -> Option<(&Handlers, bool)> {
        let of = |extension: &[u8]| {
            items(&self.handlers)
                .iter()
                .find(|h| h.phase == phase && h.extension == extension)
        };
        let extension = memchr::memchr(b'.', name)
            .and_then(|dot| name.get(dot..))
            .filter(|e| e.len() > 1);
        match extension.and_then(of) {
            Some(handlers) => Some((handlers, true)),
            None => of(b"").map(|handlers| (handlers, false)),
        }
    }

    /// The words of the `PythonHandler` for a file of this name.
    fn names_of(&self, name: &[u8]) -> &[u8] {
        let found = self.found(Phase::Handler, name);
        found.map_or(&[], |(handlers, _)| handlers.names.as_slice())
    }

    /// Whether the `PythonHandler` for a file of this name is this function of mod_python, such as
    /// `mod_python.psp`.
    pub fn runs(&self, module: &[u8], name: &[u8]) -> bool {
        words(self.names_of(name)).any(|word| {
            word.strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"::"))
        })
    }

    /// Whether `PythonHandler ... | .ext` names the extension of this name.
    pub fn is_handler_for_extension(&self, name: &[u8]) -> bool {
        self.found(Phase::Handler, name)
            .is_some_and(|(_, by_extension)| by_extension)
    }

    /// Whether files of this name were given to Python by their name: by extension in
    /// `PythonHandler | .ext`, `AddHandler` or `AddType`, or by `SetHandler` in `<Files>`.
    pub fn is_mapped_by_name(&self, name: &[u8]) -> bool {
        let extension = last_extension(name);
        self.is_handler_for_extension(name)
            || items(&self.extensions)
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
            || self
                .set_handler
                .is_some_and(|set| set.by_name && set.python.is_some())
    }

    /// Whether a program is configured to answer for files of this name: Python, or whatever
    /// `AddHandler` names for their extension without a `RemoveHandler`.
    pub fn is_run(&self, name: &[u8]) -> bool {
        let extension = last_extension(name);
        let is_added = |suffix: &Suffix| {
            suffix.handler != SuffixHandler::Removed
                && suffix.extension.eq_ignore_ascii_case(extension)
        };
        let is_set = |set: SetHandler| set.python.is_some();
        self.set_handler.is_some_and(is_set)
            || self.is_mapped_by_name(name)
            || (!extension.is_empty() && items(&self.suffixes).iter().any(is_added))
    }

    /// Whether publisher runs a file of this name: by the name itself, or by one with an extension
    /// that `AddHandler` gives to mod_python, in whose place publisher puts `.py`.
    pub fn publishes(&self, name: &[u8]) -> bool {
        const PUBLISHER: &[u8] = b"mod_python.publisher";
        if !has_extension(name, b"py") {
            return false;
        }
        let stem = name.get(..name.len() - 2).unwrap_or_default();
        let other = |suffix: &[u8]| self.runs(PUBLISHER, &[stem, suffix].concat());
        (self.runs(PUBLISHER, name) && self.is_run(name)) || self.suffixes().any(other)
    }
}

/// What stands behind the last dot of a name.
fn last_extension(name: &[u8]) -> &[u8] {
    let extension = memchr::memrchr(b'.', name).and_then(|dot| name.get(dot + 1..));
    extension.unwrap_or_default()
}

/// The interpreter that `PythonImport module interpreter` imports into.
pub fn imports_into(arguments: &[u8]) -> Option<Vec<u8>> {
    let module = words(arguments).next()?;
    let after = memchr::memmem::find(arguments, module)? + module.len();
    let rest = arguments.get(after..)?;
    Some(first_word(rest.strip_prefix(b"\"").unwrap_or(rest)))
}

/// The value of a flag.
fn is_on(arguments: &[u8]) -> bool {
    let word = words(arguments).next();
    word.is_some_and(|word| word.eq_ignore_ascii_case(b"on"))
}

/// An extension as httpd keeps it.
fn extension(word: &[u8]) -> Vec<u8> {
    word.strip_prefix(b".").unwrap_or(word).to_ascii_lowercase()
}

/// The first word exactly as httpd reads it: in quotes it may hold spaces, and a backslash may
/// stand before the quote or another backslash.
fn first_word(arguments: &[u8]) -> Vec<u8> {
    let text = arguments.trim_ascii_start();
    let (quote, text) = match text.split_first() {
        Some((quote @ (b'"' | b'\''), rest)) => (Some(*quote), rest),
        _ => (None, text),
    };
    let mut word = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (quote, b'\\') => match bytes.next_if(|next| *next == b'\\' || Some(*next) == quote) {
                Some(escaped) => word.push(escaped),
                None => word.push(byte),
            },
            (Some(quote), byte) if byte == quote => break,
            (None, byte) if byte.is_ascii_whitespace() => break,
            (_, byte) => word.push(byte),
        }
    }
    word
}

/// The words of a directive's arguments, without quotes.
fn words(arguments: &[u8]) -> impl Iterator<Item = &[u8]> {
    arguments
        .split(u8::is_ascii_whitespace)
        .map(|word| {
            let quote = |byte: &u8| *byte == b'"' || *byte == b'\'';
            let word = if word.first().is_some_and(quote) {
                word.get(1..).unwrap_or_default()
            } else {
                word
            };
            match word.split_last() {
                Some((last, rest)) if quote(last) => rest,
                _ => word,
            }
        })
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn python(arguments: &str) -> Observed {
        let mut observed = Observed::EMPTY;
        observed.python_handler(Phase::Handler, arguments.as_bytes(), &Section::Server);
        observed
    }

    #[test]
    fn handlers_by_extension() {
        let mut observed = python("mod_python.psp | .psp .psp_");
        observed.python_handler(
            Phase::Handler,
            b"\"mod_python.publisher\"",
            &Section::Server,
        );
        assert!(observed.runs(b"mod_python.psp", b"x.psp"));
        assert!(!observed.runs(b"mod_python.psp", b"x.y.psp"));
        assert!(observed.runs(b"mod_python.publisher", b"x.y.psp"));
        assert!(observed.runs(b"mod_python.publisher", b"plain"));
        assert!(observed.is_mapped_by_name(b"x.psp_"));
        assert!(!observed.is_mapped_by_name(b"x.html"));
    }

    #[test]
    fn a_function_of_a_module() {
        assert!(python("mod_python.psp::handler").runs(b"mod_python.psp", b"x"));
        assert!(!python("mod_python.pspx").runs(b"mod_python.psp", b"x"));
        assert!(python("other mod_python.testhandler").runs(b"mod_python.testhandler", b"x"));
    }

    #[test]
    fn the_inner_section_replaces_by_phase_and_extension() {
        let mut base = python("outer");
        base.python_handler(Phase::Access, b"guard", &Section::Location(b"/x".to_vec()));
        base.python_debug(b"On");
        let merged = Observed::merge(&base, &python("inner"));
        assert!(merged.runs(b"inner", b"x") && !merged.runs(b"outer", b"x"));
        assert!(merged.runs_early() && merged.debugs() && merged.has_virtual_name());
        let mut off = Observed::EMPTY;
        off.python_debug(b"off");
        off.python_in_section();
        assert!(!Observed::merge(&merged, &off).has_virtual_name());
        assert!(!Observed::merge(&merged, &off).debugs());
        assert!(merged != Observed::EMPTY);
    }

    #[test]
    fn python_directories() {
        let mut observed = Observed::EMPTY;
        assert!(!observed.is_python_directory(b"/srv/x", b"/srv"));
        observed.set_handler(b"Text/HTML", false);
        observed.add_handler(b"cgi-script .cgi .py", true);
        observed.add_handler(b"wsgi-script .wsgi", false);
        assert!(!observed.is_python_directory(b"/srv/x", b"/srv"));
        observed.wsgi_script_alias(b"/ /srv/app/app.wsgi");
        observed.wsgi_script_alias(b"/ /root.wsgi");
        assert!(observed.is_python_directory(b"/srv/app/x.log", b"/srv/app"));
        assert!(observed.is_python_directory(b"/srv/app", b"/srv/app"));
        assert!(!observed.is_python_directory(b"/srv/apple/x.log", b"/srv"));
        assert!(!observed.is_python_directory(b"/srv/app/static/x.log", b"/srv/app/static"));
        observed.set_handler(b"MOD_PYTHON", false);
        assert!(observed.sets_mod_python());
        observed.set_handler(b"MOD_PYTHON", true);
        assert!(!observed.sets_mod_python());
        assert!(
            observed.is_python_directory(b"/srv/x", b"/srv")
                && observed.is_mapped_by_name(b"x.html")
        );
    }

    #[test]
    fn modules_and_their_places() {
        let mut observed = python("a.b::run c | .py");
        observed.python_path(b"\"['/srv/lib/', 'x'] + sys.path + [\\'/opt\\']\"");
        observed.python_option(b"mod_python.wsgi.application app::application");
        observed.python_option(b"other value");
        let handlers = observed.handlers_in(Phase::Handler, b"x.py").unwrap();
        let modules: Vec<&[u8]> = handlers.modules().collect();
        assert_eq!(modules, [&b"a.b"[..], b"c"]);
        assert!(observed.handlers_in(Phase::Handler, b"x.html").is_none());
        assert_eq!(
            observed.path().unwrap(),
            [b"/srv/lib/".to_vec(), b"/opt/".to_vec()]
        );
        assert_eq!(observed.application(), Some(&b"app"[..]));
        assert_eq!(observed.extension_of(b"x.py"), Some(&b"py"[..]));
        observed.python_interpreter(br#" "a \"b\\\" c" d"#, None);
        assert_eq!(observed.interpreter().unwrap().name, br#"a "b\" c"#);
        observed.python_interpreter(b"plain", None);
        assert_eq!(observed.interpreter().unwrap().name, b"plain");
        assert_eq!(imports_into(b"shop 'a b'"), Some(b"a b".to_vec()));
        assert_eq!(imports_into(b"\"shop\" till"), Some(b"till".to_vec()));
        let directory = |arguments: &[u8]| Section::directory(arguments).to_string();
        assert_eq!(directory(b"\"/srv/a\">"), "<Directory /srv/a/>");
        assert_eq!(directory(b"/srv/*/x>"), "a <Directory> with a pattern");
        assert_eq!(
            Section::location(b" /a/>"),
            Section::Location(b"/a/".to_vec())
        );
        let line = Line {
            file: b"/srv/x/.htaccess".to_vec(),
            number: 3,
        };
        assert_eq!(line.directory(), b"/srv/x/");
    }

    #[test]
    fn suffixes_as_mod_mime_merges_them() {
        let mut base = Observed::EMPTY;
        base.add_suffixes(b"mod_python .py page .x");
        base.add_suffixes(b"python-program Y");
        let mut add = Observed::EMPTY;
        add.remove_suffixes(b".x");
        add.add_suffixes(b"mod_python .x");
        add.add_suffixes(b"cgi-script .py");
        let merged = Observed::merge(&base, &add);
        let suffixes: Vec<&[u8]> = merged.suffixes().collect();
        assert_eq!(suffixes, [&b"page"[..], b"y"]);
    }

    #[test]
    fn what_runs_a_file() {
        // SetHandler, RemoveHandler, AddHandler; name, whether it is run
        let table = [
            ("none", "", "", "x.py", false),
            ("wsgi-script", "", "", "x", true),
            ("CGI-script", "", "", "x.html", true),
            ("none", "", "cgi-script .py", "x.PY", true),
            ("none", "", "fcgid-script py", "x.y.py", true),
            ("none", "", "cgi-script .cgi", "x.cgi.py", false),
            ("none", "", "cgi-script .", "x", false),
            ("none", ".py", "", "x.py", false),
            ("none", ".py", "cgi-script .py", "x.py", false),
        ];
        for (set, removed, added, name, is_run) in table {
            for by_name in [false, true] {
                let mut observed = Observed::EMPTY;
                observed.set_handler(set.as_bytes(), by_name);
                observed.remove_suffixes(removed.as_bytes());
                observed.add_suffixes(added.as_bytes());
                assert_eq!(observed.is_run(name.as_bytes()), is_run, "{set} {added}");
            }
        }
        let mut observed = Observed::EMPTY;
        assert!(!observed.is_run(b"x.py"));
        observed.add_handler(b"mod_python .py", true);
        assert!(observed.is_run(b"x.py"));
        assert!(python("shop | .py").is_run(b"x.py"));
    }

    #[test]
    fn pages_of_publisher() {
        let mut observed = python("mod_python.publisher");
        assert!(!observed.publishes(b"x.py"));
        observed.set_handler(b"mod_python", false);
        assert!(observed.publishes(b"x.py") && !observed.publishes(b"x.html"));
        let mut by_extension = python("mod_python.publisher | .pub");
        assert!(!by_extension.publishes(b"x.py"));
        by_extension.add_suffixes(b"mod_python .pub");
        assert!(by_extension.publishes(b"x.py"));
        let mut other = python("shop");
        other.set_handler(b"mod_python", false);
        assert!(!other.publishes(b"x.py"));
    }
}
