//! What the directives of other modules say about a directory: Python's handlers above all.
//!
//! The directives stay the property of their modules, which parse them as ever. This is a
//! second pair of eyes on the same words, merged over the sections as the owner merges them.

use std::sync::Arc;

use super::handler::Python;

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

/// The handlers of one phase for one extension.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Handlers {
    phase: Phase,
    /// With its dot, as mod_python compares it: all from the first dot of the name. Empty: any.
    extension: Vec<u8>,
    /// The words of the directive, separated by spaces.
    names: Vec<u8>,
}

/// `SetHandler`: what it names, and whether it does so for files of certain names only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SetHandler {
    python: Option<Python>,
    by_name: bool,
}

/// What was observed for one directory.
///
/// Merged on requests, so its lists are shared and not copied where only one side has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    handlers: Shared<Handlers>,
    debug: Option<bool>,
    set_handler: Option<SetHandler>,
    /// Extensions that `AddHandler` and `AddType` give to Python, lower case, without the dot.
    extensions: Shared<Vec<u8>>,
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
        set_handler: None,
        extensions: None,
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

    /// Nothing was observed.
    pub fn is_empty(&self) -> bool {
        *self == Observed::EMPTY
    }

    /// A `Python*Handler` directive: `name ... [| .ext ...]`.
    pub fn python_handler(&mut self, phase: Phase, arguments: &[u8]) {
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
            self.add_handlers(phase, b"", names);
        }
        for extension in words {
            self.add_handlers(phase, extension, names);
        }
    }

    fn add_handlers(&mut self, phase: Phase, extension: &[u8], names: &[u8]) {
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
            }),
        }
    }

    /// `PythonDebug On|Off`.
    pub fn python_debug(&mut self, arguments: &[u8]) {
        self.debug = Some(
            words(arguments)
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(b"on")),
        );
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
            let extension =
                |word: &[u8]| word.strip_prefix(b".").unwrap_or(word).to_ascii_lowercase();
            items_mut(&mut self.extensions).extend(words.map(extension));
        }
        Some(python)
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
            set_handler: add.set_handler.or(base.set_handler),
            extensions: joined(&base.extensions, &add.extensions, |_| false),
            adds_python: base.adds_python || add.adds_python,
            wsgi: joined(&base.wsgi, &add.wsgi, |_| false),
            unknown: base.unknown || add.unknown,
        }
    }

    /// mod_python may run in some phase of the request.
    pub fn runs_python(&self) -> bool {
        self.handlers.is_some() || self.unknown
    }

    /// A `Python*Handler` runs before the handler phase.
    pub fn runs_early(&self) -> bool {
        // Most directories have none at all, and every request asks.
        let Some(handlers) = &self.handlers else {
            return self.unknown;
        };
        handlers.iter().any(|h| {
            matches!(
                h.phase,
                Phase::PostReadRequest
                    | Phase::Trans
                    | Phase::HeaderParser
                    | Phase::Init
                    | Phase::Access
                    | Phase::Authen
                    | Phase::Authz
                    | Phase::Type
                    | Phase::Fixup
            )
        })
    }

    /// `PythonDebug` as configured.
    pub fn debugs(&self) -> bool {
        self.debug == Some(true)
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

    /// The words of the `PythonHandler` that mod_python runs for a file of this name, and whether
    /// they were given for its extension alone.
    fn handlers_of(&self, name: &[u8]) -> (&[u8], bool) {
        let of = |extension: &[u8]| {
            items(&self.handlers)
                .iter()
                .find(|h| h.phase == Phase::Handler && h.extension == extension)
                .map(|h| h.names.as_slice())
        };
        let extension = memchr::memchr(b'.', name)
            .and_then(|dot| name.get(dot..))
            .filter(|e| e.len() > 1);
        match extension.and_then(of) {
            Some(names) => (names, true),
            None => (of(b"").unwrap_or_default(), false),
        }
    }

    /// Whether the `PythonHandler` for a file of this name is this function of mod_python, such as
    /// `mod_python.psp`.
    pub fn runs(&self, module: &[u8], name: &[u8]) -> bool {
        words(self.handlers_of(name).0).any(|word| {
            word.strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"::"))
        })
    }

    /// Whether `PythonHandler ... | .ext` names the extension of this name.
    pub fn is_handler_for_extension(&self, name: &[u8]) -> bool {
        self.handlers_of(name).1
    }

    /// Whether files of this name were given to Python by their name: by extension in
    /// `PythonHandler | .ext`, `AddHandler` or `AddType`, or by `SetHandler` in `<Files>`.
    pub fn is_mapped_by_name(&self, name: &[u8]) -> bool {
        let extension = memchr::memrchr(b'.', name)
            .and_then(|dot| name.get(dot + 1..))
            .unwrap_or_default();
        self.is_handler_for_extension(name)
            || items(&self.extensions)
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
            || self
                .set_handler
                .is_some_and(|set| set.by_name && set.python.is_some())
    }
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
mod tests {
    use super::*;

    fn python(arguments: &str) -> Observed {
        let mut observed = Observed::EMPTY;
        observed.python_handler(Phase::Handler, arguments.as_bytes());
        observed
    }

    #[test]
    fn handlers_by_extension() {
        let mut observed = python("mod_python.psp | .psp .psp_");
        observed.python_handler(Phase::Handler, b"\"mod_python.publisher\"");
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
        base.python_handler(Phase::Access, b"guard");
        base.python_debug(b"On");
        let merged = Observed::merge(&base, &python("inner"));
        assert!(merged.runs(b"inner", b"x") && !merged.runs(b"outer", b"x"));
        assert!(merged.runs_early() && merged.debugs());
        let mut off = Observed::EMPTY;
        off.python_debug(b"off");
        assert!(!Observed::merge(&merged, &off).debugs());
        assert!(Observed::EMPTY.is_empty() && !merged.is_empty());
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
        observed.set_handler(b"MOD_PYTHON", true);
        assert!(
            observed.is_python_directory(b"/srv/x", b"/srv")
                && observed.is_mapped_by_name(b"x.html")
        );
    }
}
