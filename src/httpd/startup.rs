//! What is learned while the configuration is read, and said when it has been.
//!
//! The library is unloaded and loaded again between two reads of the configuration, so this state
//! is one start's; `begin` clears it for hosts that keep the library loaded.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::policy::handler::Python;
use crate::policy::interpreter::{Default, Given, Place, Reserved};
use crate::policy::message::escaped;
use crate::policy::observed::Section;
use crate::policy::settings::Settings;

use super::audit;
use super::config::{CLOSED, DirConf};
use super::environment;
use super::location;
use super::log::{self, Level};
use super::module::{PYTHON_MODULE, is_loaded, module_index};
use super::once;
use super::overlay;
use super::stale;
use super::sys;

struct Seen {
    /// The sections with a Python handler, by name.
    python: BTreeSet<String>,
    /// The first of them that needs mod_python, with file and line.
    needs_mod_python: Option<String>,
    /// Whose the names of interpreters are.
    reserved: Reserved,
}

static SEEN: Mutex<Seen> = Mutex::new(Seen {
    python: BTreeSet::new(),
    needs_mod_python: None,
    reserved: Reserved::NONE,
});

fn seen() -> MutexGuard<'static, Seen> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets what an earlier configuration said.
pub(super) fn begin() {
    let mut seen = seen();
    seen.python.clear();
    seen.needs_mod_python = None;
    seen.reserved = Reserved::NONE;
    overlay::forget();
    environment::forget();
}

/// A handler of this Python was read for this section (`None`: the whole server). A .htaccess is
/// read at requests, and is not counted.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
pub(super) unsafe fn saw_python(cmd: *mut sys::cmd_parms, section: Option<&CStr>, python: Python) {
    // SAFETY: live command.
    let place = unsafe {
        if !sys::ap_check_cmd_context(cmd, sys::NOT_IN_HTACCESS as u32).is_null() {
            return;
        }
        place(cmd)
    };
    let section = section.map_or_else(
        || "the whole server".to_owned(),
        |path| escaped(path.to_bytes()),
    );
    let mut seen = seen();
    if python == Python::ModPython {
        seen.needs_mod_python
            .get_or_insert_with(|| format!("{section} ({place})"));
    }
    seen.python.insert(section);
}

/// File and line of a directive.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn place(cmd: *mut sys::cmd_parms) -> String {
    // SAFETY: live command; its directive has a file name, a string, and a line.
    unsafe {
        let Some(directive) = (*cmd).directive.as_ref() else {
            return String::new();
        };
        let file = match directive.filename.is_null() {
            true => c"?",
            false => CStr::from_ptr(directive.filename),
        };
        format!("{}:{}", escaped(file.to_bytes()), directive.line_num)
    }
}

/// The server's configuration gave this name to an interpreter, for this section; `None`: by a
/// `PythonImport`.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
pub(super) unsafe fn saw_interpreter(
    cmd: *mut sys::cmd_parms,
    name: &[u8],
    section: Option<Section>,
) {
    // SAFETY: live command of a live server.
    let (host, place) = unsafe {
        let server = (*cmd).server;
        let host = ((*server).is_virtual != 0).then(|| server.addr());
        (host, place(cmd))
    };
    seen().reserved.given.push(Given {
        name: name.to_vec(),
        host,
        section,
        place,
    });
}

/// Whose the name of an interpreter is, where it is not for a .htaccess at this place to take.
pub(super) fn owner_of(name: &[u8], place: Place<'_>) -> Option<String> {
    seen().reserved.owner(name, place)
}

/// The settings for the whole server.
///
/// # Safety
/// `server` is the main server, with its configuration.
unsafe fn settings_of<'a>(server: *mut sys::server_rec) -> &'a Settings {
    // SAFETY: the server's per-directory defaults have a slot for each module.
    let conf = unsafe {
        let slot = (*server).lookup_defaults.cast::<*const DirConf>();
        (*slot.add(module_index())).as_ref()
    };
    &conf.unwrap_or(&CLOSED).settings
}

/// The configuration has been read, and nothing has been started for it.
///
/// # Safety
/// Called from check_config with its server.
pub(super) unsafe fn check(server: *mut sys::server_rec) {
    // SAFETY: as promised by the caller.
    unsafe { environment::clean(server, settings_of(server)) };
}

/// The configuration has been read, and every module has checked it. The error makes a test of it
/// fail.
///
/// # Safety
/// Called from check_config with its temporary pool and its server.
pub(super) unsafe fn test(
    temporary: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> Result<(), String> {
    // SAFETY: as promised by the caller.
    unsafe { audit::test(temporary, server, settings_of(server).audit()) }
}

/// The configuration is complete: gets ready for requests and says so. The error stops the start.
///
/// # Safety
/// Called from post_config with its pool and its server, which live as long as the configuration, and
/// its temporary pool.
pub(super) unsafe fn complete(
    pool: *mut sys::apr_pool_t,
    temporary: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> Result<(), String> {
    // SAFETY: the name is a string, and every module is loaded.
    let python = unsafe { sys::ap_find_linked_module(PYTHON_MODULE.as_ptr()) };
    // SAFETY: as promised by the caller; `python` is null or mod_python's live record.
    unsafe { overlay::prepare(pool, server, python)? };
    // SAFETY: ap_state_query only reads. httpd runs post_config twice; the first is a rehearsal.
    if unsafe { sys::ap_state_query(sys::AP_SQ_MAIN_STATE) } == sys::AP_SQ_MS_CREATE_PRE_CONFIG {
        return Ok(());
    }
    stale::begin();
    // SAFETY: as promised by the caller.
    let settings = unsafe {
        once::prepare(pool)?;
        environment::remember(pool);
        location::prepare();
        seen().reserved.defaults = hosts(server);
        let settings = settings_of(server);
        environment::report(server, settings);
        settings
    };
    let mode = settings.mode();
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
    // SAFETY: as promised by the caller.
    unsafe { audit::start(temporary, server, settings.audit()) }
}

/// The interpreters that mod_python uses for the virtual hosts, and for the main server.
///
/// # Safety
/// `server` is the main server.
unsafe fn hosts(server: *mut sys::server_rec) -> Vec<Default> {
    let mut hosts = Vec::new();
    let mut next = server;
    // SAFETY: the servers are a list that ends in null; their names are null or strings.
    unsafe {
        while let Some(host) = next.as_ref() {
            if !host.server_hostname.is_null() {
                hosts.push(Default {
                    host: next.addr(),
                    name: CStr::from_ptr(host.server_hostname).to_bytes().to_vec(),
                });
            }
            next = host.next;
        }
    }
    hosts
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
