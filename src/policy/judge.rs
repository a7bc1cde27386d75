//! The rules in their order: what a request may have, at each of its stops.
//!
//! | stop | function |
//! |---|---|
//! | fixups, and again at the handler phase | [`name`] |
//! | handler phase, before every handler | [`handler`] |
//! | handler phase, after every handler but httpd's own | [`fall_through`] |
//!
//! Each takes the plain [`Facts`] of the request and answers with a [`Verdict`].

use std::fmt;

use super::class::{Class, ClassSet, Found, classify};
use super::handler::{Answer, Python, has_extension};
use super::observed::Observed;
use super::pattern::Pattern;
use super::rule::Rule;
use super::settings::{Protect, Settings, Status};

/// What the file system says about the file that the request was mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing is there, or the request was not mapped to a file.
    Missing,
    /// A directory.
    Directory,
    /// A file of any kind.
    File,
}

/// What the method asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET or HEAD.
    Get,
    /// POST.
    Post,
    /// COPY or MOVE: in WebDAV, the bytes turn up under another name.
    CopyOrMove,
    /// Any other; httpd's default handler never sends a file for one.
    Other,
}

/// Where the request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The fixups phase. A front controller may still take over what does not exist.
    Fixups,
    /// The beginning of the handler phase.
    Handler,
    /// The end of the handler phase: only httpd's default handler is left.
    FallThrough,
}

/// The facts of one request that the rules need.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The file that the request was mapped to, whole; empty where there is none.
    pub filename: &'a [u8],
    /// Its part below the document root or alias; the URL path where there is no file.
    pub path: &'a [u8],
    /// What is there.
    pub target: Target,
    /// `r->handler`, or the content type that httpd uses in its place.
    pub handler: &'a [u8],
    /// What the method asks for.
    pub method: Method,
}

impl<'a> Facts<'a> {
    /// The last component of the path.
    pub fn name(&self) -> &'a [u8] {
        let path = self.path.strip_suffix(b"/").unwrap_or(self.path);
        match memchr::memrchr(b'/', path) {
            Some(slash) => path.get(slash + 1..).unwrap_or_default(),
            None => path,
        }
    }

    /// The name by which mod_python finds the handlers of an extension: a directory has none.
    pub fn python_name(&self) -> &'a [u8] {
        match self.path.ends_with(b"/") {
            true => b"",
            false => self.name(),
        }
    }

    /// WebDAV copies the bytes of the file to where they can be fetched.
    fn is_copied(&self) -> bool {
        self.method == Method::CopyOrMove && self.handler == DAV
    }

    /// Whether httpd's default handler has no bytes of any file for this method.
    fn gets_no_bytes(&self) -> bool {
        !matches!(self.method, Method::Get | Method::Post) && !self.is_copied()
    }

    /// What comes before the judged path in the file name: the document root or alias.
    fn root(&self) -> &'a [u8] {
        self.filename.strip_suffix(self.path).unwrap_or_default()
    }

    fn answer(&self, stop: Stop) -> Answer {
        match Answer::of(self.handler) {
            Answer::Directory => Answer::Directory,
            _ if stop == Stop::FallThrough || self.is_copied() => Answer::Static,
            answer => answer,
        }
    }
}

/// mod_dav's handler.
const DAV: &[u8] = b"dav-handler";

/// Allow, or deny with one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Allow,
    /// It is refused.
    Deny(Denial),
}

/// Why a request is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The name says what the file is: its class, and the rule behind that.
    Name(Class, Rule),
    /// A generated index of a Python directory.
    Index,
    /// PSP's view of the source, by a name that ends in an underscore.
    PspView,
    /// PSP sends what is not a page.
    PspEcho,
    /// mod_python's test page.
    TestHandler,
    /// Publisher would show what is not for it to show.
    Unpublished(Unpublished),
    /// Nothing answered for Python, and the file would be sent.
    FallThrough(Option<Python>),
}

/// Why publisher may not show an object of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpublished {
    /// The page imported it.
    Imported,
    /// The page's source does not define it.
    Undefined,
    /// The page defines it, and its `__all__` leaves it out.
    NotInAll,
    /// `PyGuardPublish` leaves it out.
    NotListed,
    /// A name on the way to it begins with an underscore.
    Underscore,
    /// A name on the way to it begins with a dot, or is none.
    Dot,
}

impl Denial {
    /// The rule behind it.
    pub const fn rule(self) -> Rule {
        match self {
            Denial::Name(_, rule) => rule,
            Denial::Index => Rule::DirectoryIndex,
            Denial::PspView | Denial::PspEcho => Rule::PspSource,
            Denial::TestHandler => Rule::TestHandler,
            Denial::Unpublished(Unpublished::Underscore | Unpublished::Dot) => {
                Rule::PublisherUnderscore
            }
            Denial::Unpublished(_) => Rule::PublisherExports,
            Denial::FallThrough(_) => Rule::FallThrough,
        }
    }

    /// Whether it is no incident: publisher itself has nothing to show there, as for any wrong URL.
    pub const fn is_quiet(self) -> bool {
        matches!(self, Denial::Unpublished(Unpublished::Undefined))
    }
}

/// What the log line says was denied; the file name follows.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Denial::Name(class, _) => write!(f, "{} file", class.name()),
            Denial::Index => f.write_str("index of Python directory"),
            Denial::PspView => f.write_str("PSP view of the source of"),
            Denial::PspEcho => f.write_str("PSP echo of"),
            Denial::TestHandler => f.write_str("mod_python.testhandler at"),
            Denial::Unpublished(why) => {
                let what = match why {
                    Unpublished::Imported => {
                        "a name that is imported, or was in an earlier version"
                    }
                    Unpublished::Undefined => "a name that is not defined",
                    Unpublished::NotInAll => "a name that is not in __all__",
                    Unpublished::NotListed => "a name that PyGuardPublish does not list",
                    Unpublished::Underscore => "a name with an underscore in front",
                    Unpublished::Dot => "a name with a dot in front",
                };
                write!(f, "{what}, in publisher page")
            }
            Denial::FallThrough(Some(python)) => {
                write!(f, "fall-through from {} to file", python.name())
            }
            Denial::FallThrough(None) => f.write_str("fall-through to file"),
        }
    }
}

/// Whether the request is in a Python directory.
fn in_python_directory(facts: &Facts<'_>, settings: &Settings, observed: &Observed) -> bool {
    match settings.protect() {
        Protect::On => true,
        Protect::Off => false,
        Protect::Auto => observed.is_python_directory(facts.filename, facts.root()),
    }
}

/// R13, R14, R15, R17, R18: the name says what the file is.
pub fn name(stop: Stop, facts: &Facts<'_>, settings: &Settings, observed: &Observed) -> Verdict {
    let Some(found) = found(facts, settings.exempt()) else {
        return Verdict::Allow;
    };
    let mut denied = settings.denied();
    if !in_python_directory(facts, settings, observed) {
        denied = denied.filtered(Class::everywhere);
    }
    if facts.handler == DAV && facts.gets_no_bytes() {
        // Authors write, move away and delete what nobody may read.
        return Verdict::Allow;
    }
    match (facts.answer(stop), facts.target) {
        // A program may generate what is no file, and may run what is its source.
        (Answer::Dynamic, Target::Missing) => return Verdict::Allow,
        (Answer::Dynamic, _) => denied = denied.filtered(|class| !class.executable()),
        // A front controller may take over, or httpd's own 404 follows.
        (_, Target::Missing) if stop == Stop::Fixups => return Verdict::Allow,
        // No bytes are sent for these, and an answer of our own would tell that the file exists.
        (Answer::Static | Answer::Directory, _)
            if facts.gets_no_bytes() && settings.status() == Status::NotFound =>
        {
            return Verdict::Allow;
        }
        _ => {}
    }
    match found.within(denied) {
        Some(class) => Verdict::Deny(Denial::Name(class, Rule::of_file(class, facts.name()))),
        None => Verdict::Allow,
    }
}

/// What the path is, apart from the components that are exempt.
fn found(facts: &Facts<'_>, exempt: &[Pattern]) -> Option<Found> {
    let is_directory = facts.target == Target::Directory;
    if exempt.is_empty() {
        return classify(facts.path, is_directory);
    }
    let path = facts.path.strip_prefix(b"/").unwrap_or(facts.path);
    // What is below .well-known is nothing at all, and only the whole path shows that.
    let whole = classify(path, is_directory)?;
    if exempt.iter().any(|pattern| pattern.matches_path(path)) {
        return None;
    }
    let mut all = ClassSet::EMPTY;
    let mut first = None;
    let mut components = path
        .split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty())
        .peekable();
    while let Some(component) = components.next() {
        if exempt
            .iter()
            .any(|pattern| pattern.matches_component(component))
        {
            continue;
        }
        if let Some(found) = classify(component, is_directory || components.peek().is_some()) {
            first = first.or(Some(found.class));
            all = all.union(found.all);
        }
    }
    first.map(|class| Found {
        class,
        all: all.intersection(whole.all),
    })
}

/// R11, R16, R23: what a handler would do that is not for strangers. `lists_directory`: the target is
/// a directory, and `Options Indexes` is in force. `trusted` is asked only where it matters.
pub fn handler(
    facts: &Facts<'_>,
    settings: &Settings,
    observed: &Observed,
    lists_directory: bool,
    trusted: impl FnOnce() -> bool,
) -> Verdict {
    if lists_directory && Answer::of(facts.handler) != Answer::Dynamic {
        return match facts.method == Method::Get && in_python_directory(facts, settings, observed) {
            true => Verdict::Deny(Denial::Index),
            false => Verdict::Allow,
        };
    }
    if Python::of(facts.handler) != Some(Python::ModPython) || settings.protect() == Protect::Off {
        return Verdict::Allow;
    }
    let name = facts.python_name();
    if observed.runs(b"mod_python.testhandler", name) {
        return match trusted() {
            true => Verdict::Allow,
            false => Verdict::Deny(Denial::TestHandler),
        };
    }
    if !observed.runs(b"mod_python.psp", name) {
        return Verdict::Allow;
    }
    if name.ends_with(b"_") {
        return match trusted() {
            true => Verdict::Allow,
            false => Verdict::Deny(Denial::PspView),
        };
    }
    // Source that is not PSP's own is a page only where PSP itself was given its extension.
    let is_source = classify(name, false).is_some_and(|found| found.all.contains(Class::Source));
    let is_page = PAGES.iter().any(|page| has_extension(name, page))
        || observed.is_handler_for_extension(name)
        || (!is_source && observed.is_mapped_by_name(name))
        || named(settings.exempt(), facts)
        || named(settings.fall_through(), facts);
    match facts.target == Target::File && !is_page {
        true => Verdict::Deny(Denial::PspEcho),
        false => Verdict::Allow,
    }
}

/// The extensions of pages that PSP may run without having been told: its own, and a web page's,
/// whose text is for the browser anyway.
const PAGES: [&[u8]; 4] = [b"psp", b"html", b"htm", b"xhtml"];

/// R20: a request for Python that nothing answered is not answered with the file.
pub fn fall_through(facts: &Facts<'_>, settings: &Settings) -> Verdict {
    // With CGI, a program of any name: one that nothing ran would show its source as well.
    let python = Python::of(facts.handler);
    let is_mapped = match settings.protect() {
        Protect::On => true,
        Protect::Off => false,
        Protect::Auto => python.is_some(),
    };
    // What is no file ends in httpd's own 404, and other methods than these never get the bytes.
    let sends_file = facts.target == Target::File && !facts.gets_no_bytes();
    match is_mapped && sends_file && !named(settings.fall_through(), facts) {
        true => Verdict::Deny(Denial::FallThrough(python)),
        false => Verdict::Allow,
    }
}

/// Whether one of the patterns names the file.
fn named(patterns: &[Pattern], facts: &Facts<'_>) -> bool {
    let path = facts.path.strip_prefix(b"/").unwrap_or(facts.path);
    patterns
        .iter()
        .any(|pattern| pattern.matches_component(facts.name()) || pattern.matches_path(path))
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::super::observed::{Phase, Section};
    use super::super::settings::Changes;
    use super::*;

    const DYNAMIC: &str = "mod_python";
    const STATIC: &str = "text/plain";

    fn facts<'a>(path: &'a str, target: Target, handler: &'a str) -> Facts<'a> {
        Facts {
            filename: path.as_bytes(),
            path: path.as_bytes(),
            target,
            handler: handler.as_bytes(),
            method: Method::Get,
        }
    }

    fn python() -> Observed {
        let mut observed = Observed::EMPTY;
        observed.python_handler(Phase::Handler, b"dispatcher", &Section::Server);
        observed
    }

    fn patterns(words: &[&str]) -> Option<Arc<Vec<Pattern>>> {
        let parsed = words
            .iter()
            .map(|word| Pattern::parse(word.as_bytes()).unwrap());
        Some(Arc::new(parsed.collect()))
    }

    fn denied(
        stop: Stop,
        facts: &Facts<'_>,
        settings: &Settings,
        observed: &Observed,
    ) -> Option<Class> {
        match name(stop, facts, settings, observed) {
            Verdict::Allow => None,
            Verdict::Deny(Denial::Name(class, _)) => Some(class),
            Verdict::Deny(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_decision_table() {
        // path, class, in every directory; denied: static, dynamic with a file, dynamic without
        let table = [
            ("/lib.py", Class::Source, true, true, false, false),
            ("/page.psp", Class::Source, true, true, false, false),
            ("/x.mako", Class::Template, false, true, false, false),
            ("/x.pyc", Class::Bytecode, true, true, true, false),
            ("/db.py~", Class::Backup, true, true, true, false),
            ("/.x.py.swp", Class::Editor, true, true, true, false),
            ("/.git/config", Class::Vcs, true, true, true, false),
            ("/.env", Class::Secret, true, true, true, false),
            ("/x.sqlite3", Class::Database, true, true, true, false),
            (
                "/requirements.txt",
                Class::Metadata,
                false,
                true,
                true,
                false,
            ),
            ("/x.log", Class::Log, false, true, true, false),
            ("/venv/x", Class::Cache, false, true, true, false),
        ];
        for (path, class, everywhere, as_file, run, generated) in table {
            let settings = Settings::EMPTY;
            let ask = |target, handler, observed: &Observed| {
                denied(
                    Stop::Handler,
                    &facts(path, target, handler),
                    &settings,
                    observed,
                )
            };
            assert_eq!(
                ask(Target::File, STATIC, &python()),
                as_file.then_some(class),
                "{path}"
            );
            assert_eq!(
                ask(Target::File, DYNAMIC, &python()),
                run.then_some(class),
                "{path}"
            );
            assert_eq!(
                ask(Target::Missing, DYNAMIC, &python()),
                generated.then_some(class),
                "{path}"
            );
            let elsewhere = ask(Target::File, STATIC, &Observed::EMPTY);
            assert_eq!(elsewhere.is_some(), everywhere, "{path}");
        }
    }

    #[test]
    fn a_missing_file_is_left_to_a_front_controller_until_the_handler_phase() {
        let missing = facts("/export/backup.sql", Target::Missing, STATIC);
        let ask = |stop| denied(stop, &missing, &Settings::EMPTY, &Observed::EMPTY);
        assert_eq!(ask(Stop::Fixups), None);
        assert_eq!(ask(Stop::Handler), Some(Class::Database));
        let there = facts("/export/backup.sql", Target::File, STATIC);
        assert!(denied(Stop::Fixups, &there, &Settings::EMPTY, &Observed::EMPTY).is_some());
    }

    #[test]
    fn what_no_handler_took_is_a_file() {
        let unknown = facts("/lib.py", Target::File, "no-such-handler");
        let ask = |stop| denied(stop, &unknown, &Settings::EMPTY, &Observed::EMPTY);
        assert_eq!(ask(Stop::Handler), None);
        assert_eq!(ask(Stop::FallThrough), Some(Class::Source));
    }

    #[test]
    fn other_methods_answer_as_for_a_missing_file() {
        let with = |method, status, handler| {
            let facts = Facts {
                method,
                ..facts("/db.py~", Target::File, handler)
            };
            let settings = Settings {
                status: Some(status),
                ..Settings::EMPTY
            };
            denied(Stop::Handler, &facts, &settings, &Observed::EMPTY).is_some()
        };
        assert!(!with(Method::Other, Status::NotFound, STATIC));
        assert!(with(Method::Other, Status::Forbidden, STATIC));
        assert!(with(Method::Post, Status::NotFound, STATIC));
        assert!(!with(Method::Other, Status::NotFound, "dav-handler"));
        assert!(!with(Method::CopyOrMove, Status::NotFound, STATIC));
        assert!(with(Method::CopyOrMove, Status::NotFound, "dav-handler"));
        let copied = Facts {
            method: Method::CopyOrMove,
            ..facts("/lib.py", Target::File, "dav-handler")
        };
        assert!(denied(Stop::Handler, &copied, &Settings::EMPTY, &Observed::EMPTY).is_some());
    }

    #[test]
    fn exemptions_open_what_they_name_and_no_more() {
        let ask = |words: &[&str], path: &str| {
            let settings = Settings {
                exempt: patterns(words),
                ..Settings::EMPTY
            };
            denied(
                Stop::Handler,
                &facts(path, Target::File, STATIC),
                &settings,
                &Observed::EMPTY,
            )
        };
        assert_eq!(ask(&["*.py"], "/docs/x.py"), None);
        assert_eq!(ask(&["*.py"], "/docs/x.py~"), Some(Class::Backup));
        assert_eq!(ask(&["*.py"], "/.git/x.py"), Some(Class::Vcs));
        assert_eq!(ask(&["docs/*.py"], "/docs/x.py"), None);
        assert_eq!(ask(&["docs/*.py"], "/x.py"), Some(Class::Source));
        assert_eq!(ask(&[".github"], "/.github/x.html"), None);
        assert_eq!(ask(&["x"], "/.well-known/x.py"), None);
    }

    #[test]
    fn a_class_that_is_off_opens_nothing_that_another_protects() {
        let off = |class| {
            let remove = ClassSet::of(class);
            let deny = Some(Changes {
                remove,
                ..Changes::default()
            });
            let settings = Settings {
                deny,
                ..Settings::EMPTY
            };
            let facts = facts("/lib.py~", Target::File, STATIC);
            denied(Stop::Handler, &facts, &settings, &Observed::EMPTY)
        };
        assert_eq!(off(Class::Backup), Some(Class::Source));
        assert_eq!(off(Class::Source), Some(Class::Backup));
    }

    #[test]
    fn indexes_of_python_directories() {
        let ask = |observed: &Observed, lists, method| {
            let facts = Facts {
                method,
                ..facts("/app/", Target::Directory, "httpd/unix-directory")
            };
            handler(&facts, &Settings::EMPTY, observed, lists, || true)
        };
        let index = Verdict::Deny(Denial::Index);
        assert_eq!(ask(&python(), true, Method::Get), index);
        assert_eq!(ask(&python(), false, Method::Get), Verdict::Allow);
        assert_eq!(ask(&python(), true, Method::Other), Verdict::Allow);
        assert_eq!(ask(&Observed::EMPTY, true, Method::Get), Verdict::Allow);
    }

    #[test]
    fn psp_shows_pages_and_nothing_else_to_strangers() {
        let mut psp = Observed::EMPTY;
        psp.python_handler(Phase::Handler, b"mod_python.psp", &Section::Server);
        let mut by_extension = Observed::EMPTY;
        by_extension.python_handler(
            Phase::Handler,
            b"mod_python.psp | .psp .page",
            &Section::Server,
        );
        let view = Verdict::Deny(Denial::PspView);
        let echo = Verdict::Deny(Denial::PspEcho);
        // observed, path, target, to a stranger, to a trusted client
        let table = [
            (&psp, "/x.psp", Target::File, Verdict::Allow, Verdict::Allow),
            (&psp, "/x.psp_", Target::Missing, view, Verdict::Allow),
            (&psp, "/lib.py_", Target::Missing, view, Verdict::Allow),
            (&psp, "/lib.py", Target::File, echo, echo),
            (&psp, "/notes.txt", Target::File, echo, echo),
            (
                &psp,
                "/index.html",
                Target::File,
                Verdict::Allow,
                Verdict::Allow,
            ),
            (
                &psp,
                "/none.txt",
                Target::Missing,
                Verdict::Allow,
                Verdict::Allow,
            ),
            (
                &by_extension,
                "/x.page",
                Target::File,
                Verdict::Allow,
                Verdict::Allow,
            ),
            (
                &by_extension,
                "/lib.py",
                Target::File,
                Verdict::Allow,
                Verdict::Allow,
            ),
        ];
        for (observed, path, target, stranger, friend) in table {
            let facts = facts(path, target, DYNAMIC);
            let ask = |trusted| handler(&facts, &Settings::EMPTY, observed, false, || trusted);
            assert_eq!(ask(false), stranger, "{path}");
            assert_eq!(ask(true), friend, "{path}");
        }
        let settings = Settings {
            fall_through: patterns(&["*.txt"]),
            ..Settings::EMPTY
        };
        let notes = facts("/notes.txt", Target::File, DYNAMIC);
        assert_eq!(
            handler(&notes, &settings, &psp, false, || false),
            Verdict::Allow
        );
    }

    #[test]
    fn the_test_page_is_for_trusted_clients() {
        let mut observed = Observed::EMPTY;
        observed.python_handler(Phase::Handler, b"mod_python.testhandler", &Section::Server);
        let facts = facts("/t/x", Target::Missing, DYNAMIC);
        let ask = |trusted| handler(&facts, &Settings::EMPTY, &observed, false, || trusted);
        assert_eq!(ask(false), Verdict::Deny(Denial::TestHandler));
        assert_eq!(ask(true), Verdict::Allow);
    }

    #[test]
    fn nothing_falls_through_to_a_file() {
        let ask = |path: &str, target, handler, settings: &Settings| {
            fall_through(&facts(path, target, handler), settings)
        };
        let from = |python| Verdict::Deny(Denial::FallThrough(python));
        let plain = Settings::EMPTY;
        assert_eq!(
            ask("/x.css", Target::File, DYNAMIC, &plain),
            from(Some(Python::ModPython))
        );
        assert_eq!(
            ask("/x", Target::File, "wsgi-script", &plain),
            from(Some(Python::Wsgi))
        );
        assert_eq!(
            ask("/x.py", Target::File, "cgi-script", &plain),
            from(Some(Python::Cgi))
        );
        assert_eq!(
            ask("/trac", Target::File, "cgi-script", &plain),
            from(Some(Python::Cgi))
        );
        assert_eq!(ask("/x.css", Target::File, STATIC, &plain), Verdict::Allow);
        assert_eq!(
            ask("/x.css", Target::Missing, DYNAMIC, &plain),
            Verdict::Allow
        );
        let assets = Settings {
            fall_through: patterns(&["*.css"]),
            ..Settings::EMPTY
        };
        assert_eq!(
            ask("/x.css", Target::File, DYNAMIC, &assets),
            Verdict::Allow
        );
        let on = Settings {
            protect: Some(Protect::On),
            ..Settings::EMPTY
        };
        assert_eq!(ask("/x.css", Target::File, STATIC, &on), from(None));
        let off = Settings {
            protect: Some(Protect::Off),
            ..Settings::EMPTY
        };
        assert_eq!(ask("/x.css", Target::File, DYNAMIC, &off), Verdict::Allow);
    }
}
