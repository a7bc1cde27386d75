//! The directives of mod_python that a .htaccess could use, and the sets of them.

/// Every directive that mod_python allows in a .htaccess, as it is documented.
const NAMES: [&str; 19] = [
    "PythonAccessHandler",
    "PythonAuthenHandler",
    "PythonAuthzHandler",
    "PythonAutoReload",
    "PythonCleanupHandler",
    "PythonDebug",
    "PythonEnablePdb",
    "PythonFixupHandler",
    "PythonHandler",
    "PythonHandlerModule",
    "PythonHeaderParserHandler",
    "PythonInitHandler",
    "PythonInterpPerDirective",
    "PythonInterpPerDirectory",
    "PythonInterpreter",
    "PythonLogHandler",
    "PythonOption",
    "PythonPath",
    "PythonTypeHandler",
];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonDirective(u8);

impl PythonDirective {
    /// Every one, in the order of the alphabet.
    pub fn all() -> impl Iterator<Item = PythonDirective> {
        (0..).take(NAMES.len()).map(PythonDirective)
    }

    /// The directive of this name; httpd compares names without case.
    pub fn from_name(name: &[u8]) -> Option<PythonDirective> {
        PythonDirective::all().find(|one| one.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }
}

/// A set of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectiveSet(u32);

impl DirectiveSet {
    /// None of them.
    pub const EMPTY: DirectiveSet = DirectiveSet(0);
    /// All of them.
    pub const ALL: DirectiveSet = DirectiveSet((1 << NAMES.len()) - 1);

    /// What a .htaccess may use where nothing else is said: all but PythonPath, which is a
    /// program, and PythonInterpreter, by which it gets at the data of others.
    pub fn usual() -> DirectiveSet {
        PythonDirective::all()
            .filter(|one| !matches!(one.name(), "PythonPath" | "PythonInterpreter"))
            .fold(DirectiveSet::EMPTY, |set, one| {
                set.union(DirectiveSet::of(one))
            })
    }

    /// The set of one directive.
    pub const fn of(directive: PythonDirective) -> DirectiveSet {
        DirectiveSet(1 << directive.0)
    }

    /// Whether the directive is in it.
    pub const fn contains(self, directive: PythonDirective) -> bool {
        self.0 & DirectiveSet::of(directive).0 != 0
    }

    /// What is in either.
    pub const fn union(self, other: DirectiveSet) -> DirectiveSet {
        DirectiveSet(self.0 | other.0)
    }

    /// What is in this one and not in the other.
    pub const fn without(self, other: DirectiveSet) -> DirectiveSet {
        DirectiveSet(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets() {
        assert!(NAMES.is_sorted());
        for one in PythonDirective::all() {
            let name = one.name().to_ascii_uppercase();
            assert_eq!(PythonDirective::from_name(name.as_bytes()), Some(one));
            let dangerous = ["PythonPath", "PythonInterpreter"].contains(&one.name());
            assert_ne!(DirectiveSet::usual().contains(one), dangerous);
            assert!(DirectiveSet::ALL.contains(one) && !DirectiveSet::EMPTY.contains(one));
        }
        assert_eq!(PythonDirective::from_name(b"PythonImport"), None);
    }
}
