//! What is learned while the configuration is read, and said when it has been.
//!
//! The library is unloaded and loaded again between two reads of the configuration, so this state
//! is one start's; `begin` clears it for hosts that keep the library loaded.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::policy::handler::Python;
use crate::policy::message::escaped;
use crate::policy::settings::Mode;

use super::config::DirConf;
use super::gate;
use super::log::{self, Level};
use super::module::{PYTHON_MODULE, is_loaded, module_index};
use super::sys;

struct Seen {
    /// The sections with a Python handler, by name.
    python: BTreeSet<String>,
    /// The first of them that needs mod_python, with file and line.
    needs_mod_python: Option<String>,
}

static SEEN: Mutex<Seen> = Mutex::new(Seen {
    python: BTreeSet::new(),
    needs_mod_python: None,
});

fn seen() -> MutexGuard<'static, Seen> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets what an earlier configuration said.
pub(super) fn begin() {
    let mut seen = seen();
    seen.python.clear();
    seen.needs_mod_python = None;
    gate::forget();
}

/// A handler of this Python was read for this section (`None`: the whole server). A .htaccess is
/// read at requests, and is not counted.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
pub(super) unsafe fn saw_python(cmd: *mut sys::cmd_parms, section: Option<&CStr>, python: Python) {
    // SAFETY: live command; its directive has a file name, a string, and a line.
    let place = unsafe {
        if !sys::ap_check_cmd_context(cmd, sys::NOT_IN_HTACCESS as u32).is_null() {
            return;
        }
        (*cmd).directive.as_ref().map(|directive| {
            let file = if directive.filename.is_null() {
                c"?"
            } else {
                CStr::from_ptr(directive.filename)
            };
            format!("{}:{}", escaped(file.to_bytes()), directive.line_num)
        })
    };
    let section = section.map_or_else(
        || "the whole server".to_owned(),
        |path| escaped(path.to_bytes()),
    );
    let mut seen = seen();
    if python == Python::ModPython {
        seen.needs_mod_python
            .get_or_insert_with(|| format!("{section} ({})", place.unwrap_or_default()));
    }
    seen.python.insert(section);
}

/// The configuration is complete: gets ready for requests and says so. The error stops the start.
///
/// # Safety
/// Called from post_config with its pool and its server, which live as long as the configuration.
pub(super) unsafe fn complete(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> Result<(), String> {
    // SAFETY: the name is a string, and every module is loaded.
    let python = unsafe { sys::ap_find_linked_module(PYTHON_MODULE.as_ptr()) };
    // SAFETY: as promised by the caller; `python` is null or mod_python's live record.
    unsafe { gate::prepare(pool, server, python)? };
    // SAFETY: ap_state_query only reads. httpd runs post_config twice; the first is a rehearsal.
    if unsafe { sys::ap_state_query(sys::AP_SQ_MAIN_STATE) } == sys::AP_SQ_MS_CREATE_PRE_CONFIG {
        return Ok(());
    }
    // SAFETY: the server's per-directory defaults have a slot for each module.
    let mode = unsafe {
        let conf = *(*server)
            .lookup_defaults
            .cast::<*const DirConf>()
            .add(module_index());
        conf.as_ref().map_or(Mode::On, |conf| conf.settings.mode())
    };
    let directories = match seen().python.len() {
        1 => "1 Python directory".to_owned(),
        number => format!("{number} Python directories"),
    };
    log::server(
        Level::Notice,
        &format!(
            "PG100: mod_pyguard/{} is {mode:?}, {directories} in the configuration",
            env!("CARGO_PKG_VERSION")
        ),
    );
    warn_of_missing_modules();
    Ok(())
}

/// Says where mod_python is configured and not loaded: its own directives would be errors without
/// it, if this module did not know them too.
pub(super) fn warn_of_missing_modules() {
    // SAFETY: the configuration was read, so every module is loaded.
    if !unsafe { is_loaded(PYTHON_MODULE) }
        && let Some(first) = &seen().needs_mod_python
    {
        log::server(
            Level::Critical,
            &format!(
                "PG101: mod_python is not loaded, but Python handlers are configured, first for {first}; \
                 the files of these directories that are for Python are refused, not served"
            ),
        );
    }
}
