//! R12: PythonDebug is in force for trusted clients only, whatever set it.
//!
//! Python code alone reads the setting, from its record in the request's per-directory
//! configuration. So that is where it is switched off: a record made by mod_python's own functions
//! with `PythonDebug Off` in it goes on top, as a one-line .htaccess would. What an application
//! writes to its live table then ends at the next stop of the gate.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::policy::settings::Mode;
use crate::policy::trust::is_trusted;

use super::config::DirConf;
use super::incident;
use super::log::{self, Level};
use super::request::Request;
use super::sys;

/// The vector with `PythonDebug Off` for mod_python; null where mod_python is not loaded.
static DEBUG_OFF: AtomicPtr<sys::ap_conf_vector_t> = AtomicPtr::new(ptr::null_mut());

/// mod_python's place in that vector.
static PYTHON_INDEX: AtomicUsize = AtomicUsize::new(0);

/// Forgets the vector of an earlier configuration.
pub(super) fn forget() {
    DEBUG_OFF.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Makes the vector, with mod_python's own functions and nothing known of its record.
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
    let broken = || {
        "PG103: this mod_python has no PythonDebug that can be switched off; not starting"
            .to_owned()
    };
    // SAFETY: `python` is a live module; its functions are called as httpd calls them for a flag
    // in a section. Of the cmd_parms, mod_python's setter reads the path alone; what else is set
    // here is what a setter can count on, and the rest is null.
    unsafe {
        let command = sys::ap_find_command(c"PythonDebug".as_ptr(), (*python).cmds)
            .as_ref()
            .ok_or_else(broken)?;
        let create = (*python).create_dir_config.ok_or_else(broken)?;
        if command.args_how != sys::cmd_how_FLAG {
            return Err(broken());
        }
        let set = command.func.flag.ok_or_else(broken)?;
        let record: *mut c_void = create(pool, c"/".as_ptr().cast_mut());
        let mut cmd: sys::cmd_parms = std::mem::zeroed();
        cmd.pool = pool;
        cmd.temp_pool = pool;
        cmd.server = server;
        cmd.path = c"/".as_ptr().cast_mut();
        cmd.cmd = command;
        cmd.override_ = sys::OR_ALL;
        if record.is_null() || !set(&raw mut cmd, record, 0).is_null() {
            return Err(broken());
        }
        let vector = sys::ap_create_request_config(pool);
        let index = usize::try_from((*python).module_index).map_err(|_| broken())?;
        *vector.cast::<*mut c_void>().add(index) = record;
        PYTHON_INDEX.store(index, Ordering::Relaxed);
        DEBUG_OFF.store(vector, Ordering::Relaxed);
    }
    Ok(())
}

/// Switches debugging off for this request from here on, unless its client is trusted.
#[cold]
pub(super) fn close(request: Request<'_>, conf: &DirConf) {
    let mode = conf.settings.mode();
    let vector = DEBUG_OFF.load(Ordering::Relaxed);
    if vector.is_null() || mode == Mode::Off {
        return;
    }
    let trusted = trusts(request, conf);
    if trusted {
        if conf.observed.debugs() {
            request.forbid_caching();
        }
        return;
    }
    if conf.observed.debugs()
        && log::is_enabled(Level::Info, request)
        && !request.state().told.replace(true)
    {
        let verb = if mode == Mode::Detect {
            "would be off"
        } else {
            "is off"
        };
        incident::tell(
            request,
            Level::Info,
            &format!("PG012: PythonDebug {verb} for this client"),
        );
    }
    if mode == Mode::On {
        // SAFETY: the vector was made for the modules loaded, in the configuration's pool, which
        // outlives every request.
        unsafe { request.gate_conf(vector, PYTHON_INDEX.load(Ordering::Relaxed)) };
    }
}

/// Whether the client of this request is trusted here.
pub(super) fn trusts(request: Request<'_>, conf: &DirConf) -> bool {
    let from = conf.settings.debug_from();
    !from.is_empty() && is_trusted(request.client(), from, conf.settings.debug_proxy())
}
