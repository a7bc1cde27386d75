//! R03 and R13: the environment of the process, and what requests get of it.
//!
//! The process's own environment is changed only while it has one thread: when the configuration has
//! been read, and at requests where the process has no other thread.

use std::ffi::{CStr, CString, c_char, c_int};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::{env, fs};

use crate::policy::environment::steers_python;
use crate::policy::message::escaped;
use crate::policy::rule::Rule;
use crate::policy::settings::{Bytecode, Environment, Mode, Settings};

use super::config::DirConf;
use super::incident;
use super::log::{self, Level};
use super::request::Request;
use super::sys;

const PATH: &CStr = c"PATH";
const BYTECODE: &CStr = c"PYTHONDONTWRITEBYTECODE";

/// The value by which the variable is known as the module's own. Any value would do for Python.
const OWN: &CStr = c"mod_pyguard";

/// Where the process keeps the names of the variables that were removed, until they are reported:
/// httpd unloads the library in between.
const REMOVED: &CStr = c"mod_pyguard: removed variables";

/// Cleans the environment of the process, before logs, pipes and Python are started.
///
/// # Safety
/// Called from check_config with the main server: this process has one thread.
pub(super) unsafe fn clean(server: *mut sys::server_rec, settings: &Settings) {
    // SAFETY: the names and values are strings; one thread, as promised by the caller.
    unsafe {
        if settings.mode() == Mode::On && settings.bytecode() == Bytecode::Off {
            libc::setenv(BYTECODE.as_ptr(), OWN.as_ptr(), 0);
        } else if variable(BYTECODE) == Some(OWN) {
            libc::unsetenv(BYTECODE.as_ptr());
        }
    }
    if settings.mode() == Mode::Off || settings.environment() == Environment::Leave {
        return;
    }
    let removed: Vec<CString> = env::vars_os()
        .filter(|(name, _)| steers_python(name.as_bytes()))
        .filter_map(|(name, _)| CString::new(name.as_bytes()).ok())
        .collect();
    if settings.mode() == Mode::On {
        for name in &removed {
            // SAFETY: as above.
            unsafe { libc::unsetenv(name.as_ptr()) };
        }
        // SAFETY: as above.
        unsafe { libc::setenv(PATH.as_ptr(), settings.path().as_ptr(), 1) };
    }
    if removed.is_empty() {
        return;
    }
    let names: Vec<String> = removed
        .iter()
        .map(|name| escaped(name.to_bytes()))
        .collect();
    let names = names.join(" ");
    // SAFETY: the process's pool lives as long as the process; the names and the key are copied
    // into it, as the library may be unloaded before they are looked at.
    unsafe {
        let pool = (*(*server).process).pool;
        let copy = sys::apr_pstrmemdup(pool, names.as_ptr().cast(), names.len());
        sys::apr_pool_userdata_set(copy.cast(), REMOVED.as_ptr(), None, pool);
    }
}

/// Reports what was removed since the last report.
///
/// # Safety
/// Called from post_config with the main server.
pub(super) unsafe fn report(server: *mut sys::server_rec, settings: &Settings) {
    let mut names = ptr::null_mut();
    // SAFETY: live pool; what `clean` put there is a string that lives as long.
    let names = unsafe {
        let pool = (*(*server).process).pool;
        sys::apr_pool_userdata_get(&raw mut names, REMOVED.as_ptr(), pool);
        if names.is_null() {
            return;
        }
        sys::apr_pool_userdata_set(ptr::null(), REMOVED.as_ptr(), None, pool);
        CStr::from_ptr(names.cast::<c_char>()).to_string_lossy()
    };
    let verb = match settings.mode() {
        Mode::Detect => "would be",
        _ => "is",
    };
    for name in names.split(' ') {
        log::server(
            Level::Warning,
            &format!(
                "PG003: {name}, which steers Python, {verb} removed from the environment of httpd"
            ),
        );
    }
}

/// Gives the request the fixed PATH: httpd hands it to what the request runs, and would otherwise
/// hand out that of a SetEnv, or that of the process.
pub(super) fn give(request: Request<'_>, conf: &DirConf) {
    if conf.settings.mode() == Mode::On && conf.settings.environment() == Environment::Clean {
        request.set_variable(PATH, conf.settings.path());
    }
}

/// The PATH of the process when the configuration had been read; null before.
static AT_START: AtomicPtr<c_char> = AtomicPtr::new(ptr::null_mut());

/// Whether the children have threads.
static THREADED: AtomicBool = AtomicBool::new(true);

/// Remembers the PATH that the children begin with.
///
/// # Safety
/// Called from post_config with its pool: this process has one thread.
pub(super) unsafe fn remember(pool: *mut sys::apr_pool_t) {
    let mut threaded: c_int = 1;
    // SAFETY: live pool, which outlives the requests of this configuration; the query writes to a
    // live variable.
    unsafe {
        if let Some(path) = variable(PATH) {
            let copy = sys::apr_pstrmemdup(pool, path.as_ptr(), path.count_bytes());
            AT_START.store(copy, Ordering::Relaxed);
        }
        sys::ap_mpm_query(sys::AP_MPMQ_IS_THREADED, &raw mut threaded);
    }
    THREADED.store(threaded != 0, Ordering::Relaxed);
}

/// Forgets what an earlier configuration said.
pub(super) fn forget() {
    AT_START.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Whether there is still something to say in this minute: a value that grows with each request is
/// not reported with each.
fn may_report(minute: i64) -> bool {
    const MOST: u32 = 5;
    static MINUTE: AtomicI64 = AtomicI64::new(0);
    static SAID: AtomicU32 = AtomicU32::new(0);
    if MINUTE.swap(minute, Ordering::Relaxed) != minute {
        SAID.store(0, Ordering::Relaxed);
    }
    SAID.fetch_add(1, Ordering::Relaxed) < MOST
}

/// Looks whether an application changed the PATH of the process, which is everybody's, and takes
/// that back where no other thread can be reading it.
pub(super) fn watch(request: Request<'_>, conf: &DirConf) {
    /// A hash of the value that was reported last.
    static REPORTED: AtomicU64 = AtomicU64::new(0);
    /// The second of the last look.
    static LOOKED: AtomicI64 = AtomicI64::new(0);
    let at_start = AT_START.load(Ordering::Relaxed);
    let mode = conf.settings.mode();
    let off = mode == Mode::Off || conf.settings.environment() == Environment::Leave;
    if at_start.is_null() || off {
        return;
    }
    let threaded = THREADED.load(Ordering::Relaxed);
    let second = request.time() / 1_000_000;
    if threaded && LOOKED.swap(second, Ordering::Relaxed) == second {
        return;
    }
    // SAFETY: a string in the configuration's pool.
    let at_start = unsafe { CStr::from_ptr(at_start) };
    // SAFETY: with one thread nobody writes. With more, an application that does so races with every
    // reader in the process, of which httpd and its libraries have many.
    let now = unsafe { variable(PATH) };
    if now == Some(at_start) {
        return;
    }
    let restored = mode == Mode::On && !threaded && is_alone();
    let mut hasher = DefaultHasher::new();
    now.hash(&mut hasher);
    let hash = hasher.finish();
    if REPORTED.swap(hash, Ordering::Relaxed) != hash && may_report(second / 60) {
        let now = now.map_or_else(|| "nothing".to_owned(), |now| escaped(now.to_bytes()));
        let done = match (mode, restored) {
            (Mode::Detect, _) if !threaded => "it would be restored",
            (Mode::Detect, _) => "it would stay, as other threads may be reading it",
            (_, true) => "it is restored",
            (_, false) => "it stays, as other threads may be reading it",
        };
        let what = format!("an earlier request changed the PATH of this process to {now}; {done}");
        incident::report(request, Rule::Environment.tag(), &what);
    }
    if restored {
        // SAFETY: both are strings; this process has one thread.
        unsafe { libc::setenv(PATH.as_ptr(), at_start.as_ptr(), 1) };
    }
}

/// Whether this is the only thread of the process: an MPM without threads is not the only one who
/// could start some.
fn is_alone() -> bool {
    fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}

/// A variable of the process.
///
/// # Safety
/// No thread changes the environment as long as the value is in use.
unsafe fn variable<'a>(name: &CStr) -> Option<&'a CStr> {
    // SAFETY: as promised by the caller; the name is a string, and so is what comes back.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value))
    }
}
