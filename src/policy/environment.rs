//! R03: which variables of the environment steer a Python interpreter.

/// What Python reads from its environment, and what does no harm: it changes encodings, buffers or
/// diagnostics, or makes Python more careful. Everything else that is called `PYTHON...` goes.
const HARMLESS: [&[u8]; 17] = [
    b"PYTHONASYNCIODEBUG",
    b"PYTHONCOERCECLOCALE",
    b"PYTHONDEBUG",
    b"PYTHONDEVMODE",
    // R13: an administrator's own word on bytecode stays.
    b"PYTHONDONTWRITEBYTECODE",
    b"PYTHONFAULTHANDLER",
    b"PYTHONIOENCODING",
    b"PYTHONLEGACYWINDOWSSTDIO",
    b"PYTHONMALLOC",
    b"PYTHONMALLOCSTATS",
    b"PYTHONNODEBUGRANGES",
    b"PYTHONNOUSERSITE",
    b"PYTHONPROFILEIMPORTTIME",
    b"PYTHONSAFEPATH",
    b"PYTHONTRACEMALLOC",
    b"PYTHONUNBUFFERED",
    b"PYTHONUTF8",
];

/// The one of the newer names, which begin with `PYTHON_`, that chooses code. The others do not, and
/// applications have names like that of their own (`PYTHON_EGG_CACHE`).
const FROZEN: &[u8] = b"PYTHON_FROZEN_MODULES";

/// Whether a variable of this name decides where Python finds code, what it runs at its start, or
/// how it guards itself: PYTHONPATH, PYTHONHOME, PYTHONSTARTUP, PYTHONWARNINGS (which imports the
/// module of a category), PYTHONHASHSEED (a known one is an invitation to collisions) and the like,
/// also those that Python has not invented yet.
pub fn steers_python(name: &[u8]) -> bool {
    name == FROZEN
        || (name.starts_with(b"PYTHON")
            && !name.starts_with(b"PYTHON_")
            && !HARMLESS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_and_what_does_not() {
        for name in [
            "PYTHONPATH",
            "PYTHONHOME",
            "PYTHONSTARTUP",
            "PYTHONINSPECT",
            "PYTHONUSERBASE",
            "PYTHONPLATLIBDIR",
            "PYTHONEXECUTABLE",
            "PYTHONWARNINGS",
            "PYTHONBREAKPOINT",
            "PYTHONHASHSEED",
            "PYTHONOPTIMIZE",
            "PYTHONCASEOK",
            "PYTHONPYCACHEPREFIX",
            "PYTHONINTMAXSTRDIGITS",
            "PYTHONTOMORROW",
            "PYTHON_FROZEN_MODULES",
        ] {
            assert!(steers_python(name.as_bytes()), "{name}");
        }
        for name in [
            "PATH",
            "pythonpath",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONUTF8",
            "PYTHON_EGG_CACHE",
            "PYTHON_GIL",
            "DJANGO_SETTINGS_MODULE",
        ] {
            assert!(!steers_python(name.as_bytes()), "{name}");
        }
        assert!(HARMLESS.is_sorted());
    }
}
