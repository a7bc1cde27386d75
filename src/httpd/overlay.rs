//! mod_python's own directives, put on top of one request's configuration.
//!
//! mod_python reads its settings from its record in the request's per-directory configuration. A
//! record made by its own functions goes on top of that, as a .htaccess of a few lines would: no
//! structure of mod_python is known here.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::request::Request;
use super::sys;

/// What goes on top.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlay<'a> {
    /// `PythonDebug Off`
    pub(super) debug_off: bool,
    /// `PythonAutoReload Off`
    pub(super) auto_reload_off: bool,
    pub(super) interpreter: Interpreter<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpreter<'a> {
    /// As configured.
    Configured,
    /// `PythonInterpPerDirective On`
    PerDirective,
    /// `PythonInterpreter name`
    Named(&'a CStr),
}

/// One directive of it.
#[derive(Clone, Copy)]
enum Value<'a> {
    Flag(bool),
    Word(&'a CStr),
}

/// mod_python's record; null where it is not loaded.
static PYTHON: AtomicPtr<sys::module> = AtomicPtr::new(ptr::null_mut());

/// Its place in a vector.
static INDEX: AtomicUsize = AtomicUsize::new(0);

/// The vectors that need no name, by [`Overlay::number`].
static VECTORS: [AtomicPtr<sys::ap_conf_vector_t>; 8] =
    [const { AtomicPtr::new(ptr::null_mut()) }; 8];

/// A vector with a record that says nothing, but that it is a directory's.
static DIRECTORY: AtomicPtr<sys::ap_conf_vector_t> = AtomicPtr::new(ptr::null_mut());

/// Forgets the vectors of an earlier configuration.
pub(super) fn forget() {
    PYTHON.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Whether mod_python is loaded and the vectors were made.
pub(super) fn is_prepared() -> bool {
    !PYTHON.load(Ordering::Relaxed).is_null()
}

/// mod_python's place in a vector, if it is loaded.
pub(super) fn place() -> Option<usize> {
    is_prepared().then(|| INDEX.load(Ordering::Relaxed))
}

/// Makes the vectors.
///
/// # Safety
/// Called from post_config with its pool and its server; `python` is null or mod_python's record.
pub(super) unsafe fn prepare(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    python: *mut sys::module,
) -> Result<(), String> {
    if python.is_null() {
        return Ok(());
    }
    // SAFETY: `python` is a live module with the index that httpd gave it.
    let index = unsafe { (*python).module_index };
    INDEX.store(
        usize::try_from(index).map_err(|_| broken("index"))?,
        Ordering::Relaxed,
    );
    for (number, place) in VECTORS.iter().enumerate() {
        let overlay = Overlay {
            debug_off: number & 1 != 0,
            auto_reload_off: number & 2 != 0,
            interpreter: match number & 4 {
                0 => Interpreter::Configured,
                _ => Interpreter::PerDirective,
            },
        };
        // SAFETY: as promised by the caller.
        let vector = unsafe { vector(pool, server, python, None, &overlay.values())? };
        place.store(vector, Ordering::Relaxed);
    }
    // Proof that a name can be given, before a request needs it.
    // SAFETY: as promised by the caller.
    unsafe {
        let name = [(c"PythonInterpreter", Value::Word(c"proof"))];
        vector(pool, server, python, None, &name)?;
        DIRECTORY.store(
            vector(pool, server, python, Some(c"/"), &[])?,
            Ordering::Relaxed,
        );
    }
    PYTHON.store(python, Ordering::Relaxed);
    Ok(())
}

fn broken(what: &str) -> String {
    format!("PG103: this mod_python has no {what} that can be set; not starting")
}

impl Overlay<'_> {
    fn number(self) -> usize {
        usize::from(self.debug_off)
            | usize::from(self.auto_reload_off) << 1
            | usize::from(self.interpreter == Interpreter::PerDirective) << 2
    }

    fn values(&self) -> Vec<(&'static CStr, Value<'_>)> {
        let mut values = Vec::new();
        if self.debug_off {
            values.push((c"PythonDebug", Value::Flag(false)));
        }
        if self.auto_reload_off {
            values.push((c"PythonAutoReload", Value::Flag(false)));
        }
        match self.interpreter {
            Interpreter::Configured => {}
            Interpreter::PerDirective => {
                values.push((c"PythonInterpPerDirectory", Value::Flag(false)));
                values.push((c"PythonInterpPerDirective", Value::Flag(true)));
            }
            Interpreter::Named(name) => values.push((c"PythonInterpreter", Value::Word(name))),
        }
        values
    }

    /// Puts it on top of the request's configuration.
    pub(super) fn apply(self, request: Request<'_>) {
        let python = PYTHON.load(Ordering::Relaxed);
        if python.is_null() {
            return;
        }
        let prepared = match self.interpreter {
            Interpreter::Named(_) => None,
            _ => VECTORS.get(self.number()),
        };
        let make = |pool| match prepared {
            Some(vector) => Some(vector.load(Ordering::Relaxed)),
            // SAFETY: live request of a live server; `python` was found when the configuration was
            // read. Proved to work then.
            None => unsafe {
                let server = (*request.as_ptr()).server;
                vector(pool, server, python, None, &self.values()).ok()
            },
        };
        // SAFETY: the prepared vectors were made for the modules loaded, in the configuration's
        // pool, which outlives every request; another one is made in the pool that it is for.
        unsafe { request.overlay(INDEX.load(Ordering::Relaxed), make) };
    }
}

/// Has mod_python forget, until httpd makes a new configuration for the request, that its handlers
/// were named in a `<Location>`.
pub(super) fn leave_location(request: Request<'_>) {
    let vector = DIRECTORY.load(Ordering::Relaxed);
    if !is_prepared() {
        return;
    }
    // SAFETY: the vector was made for the modules loaded, in the configuration's pool, which
    // outlives every request.
    unsafe { request.overlay(INDEX.load(Ordering::Relaxed), |_| Some(vector)) };
}

/// A vector with a record of mod_python's in it. In `directory`: `None` for a record that is merged
/// as if it stood in no section, and so leaves the section of the other one.
///
/// # Safety
/// The pool, the server and the module are live.
unsafe fn vector(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    python: *mut sys::module,
    directory: Option<&'static CStr>,
    values: &[(&'static CStr, Value<'_>)],
) -> Result<*mut sys::ap_conf_vector_t, String> {
    // SAFETY: as promised by the caller. The module's functions are called as httpd calls them for
    // a directive in a section: of the cmd_parms, mod_python's setters read the path alone; what
    // else is set here is what a setter can count on, and the rest is null: no handler can be named
    // this way, whose setters look at the directive.
    unsafe {
        let create = (*python)
            .create_dir_config
            .ok_or_else(|| broken("record"))?;
        let section = directory.map_or(ptr::null_mut(), |path| path.as_ptr().cast_mut());
        let record: *mut c_void = create(pool, section);
        if record.is_null() {
            return Err(broken("record"));
        }
        for (name, value) in values {
            let missing = || broken(&name.to_string_lossy());
            let command = sys::ap_find_command(name.as_ptr(), (*python).cmds)
                .as_ref()
                .ok_or_else(missing)?;
            let mut cmd: sys::cmd_parms = std::mem::zeroed();
            cmd.pool = pool;
            cmd.temp_pool = pool;
            cmd.server = server;
            cmd.path = c"/".as_ptr().cast_mut();
            cmd.cmd = command;
            cmd.override_ = sys::OR_ALL;
            // Not in a <Limit>.
            cmd.limited = -1;
            let error = match *value {
                Value::Flag(on) if command.args_how == sys::cmd_how_FLAG => {
                    let set = command.func.flag.ok_or_else(missing)?;
                    set(&raw mut cmd, record, c_int::from(on))
                }
                Value::Word(word) if command.args_how == sys::cmd_how_TAKE1 => {
                    let set = command.func.take1.ok_or_else(missing)?;
                    // mod_python's table copies it.
                    set(&raw mut cmd, record, word.as_ptr())
                }
                _ => return Err(missing()),
            };
            if !error.is_null() {
                return Err(missing());
            }
        }
        let vector = sys::ap_create_request_config(pool);
        *vector
            .cast::<*mut c_void>()
            .add(INDEX.load(Ordering::Relaxed)) = record;
        Ok(vector)
    }
}
