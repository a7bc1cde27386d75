//! The module's own settings: what the directives say for one directory, and what holds where
//! they say nothing.

use std::ffi::CStr;
use std::sync::Arc;

use super::audit::accept::{self, Audit};
use super::class::ClassSet;
use super::htaccess::DirectiveSet;
use super::pattern::Pattern;
use super::trust::Subnet;

/// `PyGuard`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Enforce.
    On,
    /// Do nothing.
    Off,
    /// Log what `On` would do, and do nothing.
    Detect,
}

/// `PyGuardProtect`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protect {
    /// Python, whatever the configuration looks like.
    On,
    /// Not Python, whatever the configuration looks like.
    Off,
    /// As the configuration of httpd, mod_python and mod_wsgi says.
    Auto,
}

/// `PyGuardStatus`: what a denied request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 404: the file looks as if it did not exist.
    NotFound,
    /// 403.
    Forbidden,
}

/// `PyGuardErrors`: what is done about error text in the response of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// Error text is withheld.
    Scrub,
    /// The same, and every response with a status of 500 or above is httpd's error document.
    Replace,
    /// As `Scrub`, and a response that cannot be read is refused.
    Strict,
    /// Error text is logged and sent.
    Log,
    /// Responses are not looked at.
    Off,
}

/// `PyGuardPublish`: what of a page mod_python's publisher may show, by the name of the first object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publish {
    /// What the page itself defines, as far as its `__all__` lists it.
    Auto,
    /// These names.
    Names(Arc<Vec<Vec<u8>>>),
}

/// `PyGuardAutoReload`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoReload {
    /// As `PythonAutoReload` says.
    Leave,
    /// `PythonAutoReload Off`, whatever set it.
    Off,
}

/// `PyGuardStale`: what is done about Python source that is newer than what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Nothing.
    Ignore,
    /// It is logged, once for each file.
    Log,
    /// It is refused until a restart.
    Deny,
}

/// `PyGuardInterpreter`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpreters {
    /// A .htaccess takes no interpreter that is another's.
    Reserve,
    /// The same, and each area has an interpreter of its own.
    Isolate,
    /// As mod_python does it.
    Leave,
}

/// `PyGuardEnv`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A fixed PATH, and no variables that steer Python.
    Clean,
    /// As it is.
    Leave,
}

/// `PyGuardBytecode`: whether Python writes bytecode beside the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytecode {
    /// It does not.
    Off,
    /// As Python does by itself.
    On,
}

/// A set that directives name words of.
pub trait WordSet: Copy + Default {
    /// What is in either.
    fn union(self, other: Self) -> Self;
    /// What is in this one and not in the other.
    fn without(self, other: Self) -> Self;
}

impl WordSet for ClassSet {
    fn union(self, other: ClassSet) -> ClassSet {
        self.union(other)
    }

    fn without(self, other: ClassSet) -> ClassSet {
        self.without(other)
    }
}

impl WordSet for DirectiveSet {
    fn union(self, other: DirectiveSet) -> DirectiveSet {
        self.union(other)
    }

    fn without(self, other: DirectiveSet) -> DirectiveSet {
        self.without(other)
    }
}

/// `PyGuardDeny`, `PyGuardHtaccess`: a new set of words, or changes to the outer one, as in `Options`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes<S> {
    /// The set to start from; `None`: the outer section's.
    pub replace: Option<S>,
    /// Words switched on.
    pub add: S,
    /// Words switched off.
    pub remove: S,
}

impl<S: WordSet> Changes<S> {
    /// The set that results on top of `base`.
    fn over(self, base: S) -> S {
        self.replace
            .unwrap_or(base)
            .union(self.add)
            .without(self.remove)
    }

    fn merge(base: Option<Changes<S>>, add: Option<Changes<S>>) -> Option<Changes<S>> {
        let (Some(base), Some(add)) = (base, add) else {
            return add.or(base);
        };
        Some(match add.replace {
            Some(_) => add,
            None => Changes {
                replace: base.replace,
                add: base.add.without(add.remove).union(add.add),
                remove: base.remove.without(add.add).union(add.remove),
            },
        })
    }
}

/// A list of which an inner section's replaces the outer one's. Shared, not copied, on a merge.
pub type List<T> = Option<Arc<Vec<T>>>;

/// What the directives of one section say, or of several merged. `None`: nothing was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `PyGuard`
    pub mode: Option<Mode>,
    /// `PyGuardDeny`
    pub deny: Option<Changes<ClassSet>>,
    /// `PyGuardExempt`
    pub exempt: List<Pattern>,
    /// `PyGuardProtect`
    pub protect: Option<Protect>,
    /// `PyGuardStatic`
    pub fall_through: List<Pattern>,
    /// `PyGuardStatus`
    pub status: Option<Status>,
    /// `PyGuardDebugFrom`
    pub debug_from: List<Subnet>,
    /// `PyGuardDebugProxy`
    pub debug_proxy: List<Subnet>,
    /// `PyGuardErrors`
    pub errors: Option<Errors>,
    /// `PyGuardErrorBuffer`, in bytes
    pub error_buffer: Option<usize>,
    /// `PyGuardPublish`
    pub publish: Option<Publish>,
    /// `PyGuardHtaccess`
    pub htaccess: Option<Changes<DirectiveSet>>,
    /// `PyGuardInterpreter`
    pub interpreters: Option<Interpreters>,
    /// `PyGuardStale`
    pub stale: Option<Stale>,
    /// `PyGuardAutoReload`
    pub auto_reload: Option<AutoReload>,
    /// `PyGuardEnv`
    pub environment: Option<Environment>,
    /// `PyGuardPath`
    pub path: Option<Arc<CStr>>,
    /// `PyGuardBytecode`
    pub bytecode: Option<Bytecode>,
    /// `PyGuardAudit` and the directives whose names begin with it
    pub audit: Option<Arc<Audit>>,
}

/// The PATH that systemd gives to a service.
const SYSTEM_PATH: &CStr = c"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Settings {
    /// Nothing was said.
    pub const EMPTY: Settings = Settings {
        mode: None,
        deny: None,
        exempt: None,
        protect: None,
        fall_through: None,
        status: None,
        debug_from: None,
        debug_proxy: None,
        errors: None,
        error_buffer: None,
        publish: None,
        htaccess: None,
        interpreters: None,
        stale: None,
        auto_reload: None,
        environment: None,
        path: None,
        bytecode: None,
        audit: None,
    };

    /// What holds where `add`, the inner section, comes on top of `base`.
    pub fn merge(base: &Settings, add: &Settings) -> Settings {
        fn list<T>(base: &List<T>, add: &List<T>) -> List<T> {
            add.as_ref().or(base.as_ref()).cloned()
        }
        Settings {
            mode: add.mode.or(base.mode),
            deny: Changes::merge(base.deny, add.deny),
            exempt: list(&base.exempt, &add.exempt),
            protect: add.protect.or(base.protect),
            fall_through: list(&base.fall_through, &add.fall_through),
            status: add.status.or(base.status),
            debug_from: list(&base.debug_from, &add.debug_from),
            debug_proxy: list(&base.debug_proxy, &add.debug_proxy),
            errors: add.errors.or(base.errors),
            error_buffer: add.error_buffer.or(base.error_buffer),
            publish: add.publish.as_ref().or(base.publish.as_ref()).cloned(),
            htaccess: Changes::merge(base.htaccess, add.htaccess),
            interpreters: add.interpreters.or(base.interpreters),
            stale: add.stale.or(base.stale),
            auto_reload: add.auto_reload.or(base.auto_reload),
            environment: add.environment.or(base.environment),
            path: add.path.as_ref().or(base.path.as_ref()).cloned(),
            bytecode: add.bytecode.or(base.bytecode),
            audit: add.audit.as_ref().or(base.audit.as_ref()).cloned(),
        }
    }

    /// `PyGuard`, by default `On`.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::On)
    }

    /// The denied classes, by default all.
    pub fn denied(&self) -> ClassSet {
        self.deny.unwrap_or_default().over(ClassSet::ALL)
    }

    /// `PyGuardProtect`, by default `Auto`.
    pub fn protect(&self) -> Protect {
        self.protect.unwrap_or(Protect::Auto)
    }

    /// `PyGuardStatus`, by default 404.
    pub fn status(&self) -> Status {
        self.status.unwrap_or(Status::NotFound)
    }

    /// The patterns of `PyGuardExempt`.
    pub fn exempt(&self) -> &[Pattern] {
        self.exempt.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The patterns of `PyGuardStatic`.
    pub fn fall_through(&self) -> &[Pattern] {
        self.fall_through.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The addresses of `PyGuardDebugFrom`.
    pub fn debug_from(&self) -> &[Subnet] {
        self.debug_from.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The addresses of `PyGuardDebugProxy`.
    pub fn debug_proxy(&self) -> &[Subnet] {
        self.debug_proxy.as_deref().map_or(&[], Vec::as_slice)
    }

    /// `PyGuardErrors`, by default `Scrub`.
    pub fn errors(&self) -> Errors {
        self.errors.unwrap_or(Errors::Scrub)
    }

    /// Whether error text is withheld, and not only logged.
    pub fn withholds(&self) -> bool {
        self.mode() == Mode::On && !matches!(self.errors(), Errors::Log | Errors::Off)
    }

    /// `PyGuardErrorBuffer`, by default 256 KiB.
    pub fn error_buffer(&self) -> usize {
        self.error_buffer.unwrap_or(256 * 1024)
    }

    /// `PyGuardPublish`, by default `Auto`.
    pub fn publish(&self) -> &Publish {
        self.publish.as_ref().unwrap_or(&Publish::Auto)
    }

    /// The directives of mod_python that a .htaccess may use, by default [`DirectiveSet::usual`].
    pub fn htaccess(&self) -> DirectiveSet {
        self.htaccess
            .unwrap_or_default()
            .over(DirectiveSet::usual())
    }

    /// `PyGuardInterpreter`, by default `Reserve`.
    pub fn interpreters(&self) -> Interpreters {
        self.interpreters.unwrap_or(Interpreters::Reserve)
    }

    /// `PyGuardStale`, by default `Log`.
    pub fn stale(&self) -> Stale {
        self.stale.unwrap_or(Stale::Log)
    }

    /// `PyGuardAutoReload`, by default `Leave`.
    pub fn auto_reload(&self) -> AutoReload {
        self.auto_reload.unwrap_or(AutoReload::Leave)
    }

    /// `PyGuardEnv`, by default `Clean`.
    pub fn environment(&self) -> Environment {
        self.environment.unwrap_or(Environment::Clean)
    }

    /// `PyGuardPath`, by default that of a system service.
    pub fn path(&self) -> &CStr {
        self.path.as_deref().unwrap_or(SYSTEM_PATH)
    }

    /// `PyGuardBytecode`, by default `Off`.
    pub fn bytecode(&self) -> Bytecode {
        self.bytecode.unwrap_or(Bytecode::Off)
    }

    /// `PyGuardAudit` and its like.
    pub fn audit(&self) -> &Audit {
        self.audit.as_deref().unwrap_or(&accept::DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::super::class::Class;
    use super::*;

    fn set(classes: &[Class]) -> ClassSet {
        classes.iter().fold(ClassSet::EMPTY, |set, class| {
            set.union(ClassSet::of(*class))
        })
    }

    #[test]
    fn the_default_is_the_safe_side() {
        let settings = Settings::EMPTY;
        assert_eq!(settings.mode(), Mode::On);
        assert_eq!(settings.denied(), ClassSet::ALL);
        assert_eq!(settings.protect(), Protect::Auto);
        assert_eq!(settings.status(), Status::NotFound);
        assert!(settings.exempt().is_empty() && settings.fall_through().is_empty());
        assert!(settings.debug_from().is_empty() && settings.debug_proxy().is_empty());
        assert_eq!(settings.errors(), Errors::Scrub);
        assert_eq!(settings.error_buffer(), 262_144);
        assert_eq!(settings.publish(), &Publish::Auto);
        assert_eq!(settings.htaccess(), DirectiveSet::usual());
        assert_eq!(settings.interpreters(), Interpreters::Reserve);
        assert_eq!(settings.stale(), Stale::Log);
        assert_eq!(settings.auto_reload(), AutoReload::Leave);
        assert_eq!(settings.environment(), Environment::Clean);
        assert!(settings.path().to_bytes().starts_with(b"/usr/local/sbin:"));
        assert_eq!(settings.bytecode(), Bytecode::Off);
    }

    #[test]
    fn classes_merge_like_options() {
        let minus = |class| Changes {
            remove: set(&[class]),
            ..Changes::default()
        };
        let plus = |class| Changes {
            add: set(&[class]),
            ..Changes::default()
        };
        let only = |classes: &[Class]| Changes {
            replace: Some(set(classes)),
            ..Changes::default()
        };
        let of = |changes: &[Changes<ClassSet>]| {
            changes
                .iter()
                .map(|deny| Settings {
                    deny: Some(*deny),
                    ..Settings::EMPTY
                })
                .fold(Settings::EMPTY, |base, add| Settings::merge(&base, &add))
                .denied()
        };
        assert_eq!(
            of(&[minus(Class::Log)]),
            ClassSet::ALL.without(set(&[Class::Log]))
        );
        assert_eq!(of(&[minus(Class::Log), plus(Class::Log)]), ClassSet::ALL);
        assert_eq!(
            of(&[only(&[Class::Source]), plus(Class::Log)]),
            set(&[Class::Source, Class::Log])
        );
        assert_eq!(
            of(&[minus(Class::Log), only(&[Class::Source])]),
            set(&[Class::Source])
        );
        assert_eq!(
            of(&[plus(Class::Log), minus(Class::Log), minus(Class::Cache)]),
            ClassSet::ALL.without(set(&[Class::Log, Class::Cache]))
        );
    }

    #[test]
    fn an_inner_list_replaces_the_outer_one() {
        let list = |word: &[u8]| {
            Some(Arc::new(
                Pattern::parse(word).into_iter().collect::<Vec<_>>(),
            ))
        };
        let base = Settings {
            exempt: list(b"*.whl"),
            mode: Some(Mode::Detect),
            ..Settings::EMPTY
        };
        let add = Settings {
            exempt: list(b"*.egg"),
            ..Settings::EMPTY
        };
        let merged = Settings::merge(&base, &add);
        assert_eq!(merged.exempt, add.exempt);
        assert_eq!(merged.mode(), Mode::Detect);
        assert_eq!(Settings::merge(&base, &Settings::EMPTY), base);
    }
}
