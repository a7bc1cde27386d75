//! What mod_python's own settings become for one request: R12, R08 and R09.
//!
//! PythonDebug is in force for trusted clients only, whatever set it. Python code alone reads the
//! setting, and an application may write to its live table: what it writes ends at the next stop of
//! the gate. In the same way PythonAutoReload is switched off, and an area gets its interpreter.

use std::ffi::CString;

use crate::policy::interpreter::Isolation;
use crate::policy::settings::{AutoReload, Mode};
use crate::policy::trust::is_trusted;

use super::config::DirConf;
use super::incident;
use super::log::{self, Level};
use super::overlay::{Interpreter, Overlay};
use super::request::Request;

/// Puts the settings on top of the request's configuration, where they are enforced.
#[cold]
pub(super) fn close(request: Request<'_>, conf: &DirConf) {
    let mode = conf.settings.mode();
    if mode == Mode::Off {
        return;
    }
    let trusted = trusts(request, conf);
    if trusted && conf.observed.debugs() {
        request.forbid_caching();
    }
    let isolation = Isolation::of(
        &conf.observed,
        conf.settings.interpreters(),
        request.host_name(),
        request.kept_directory(),
    );
    let name = match &isolation {
        Isolation::Named(name) => CString::new(name.as_slice()).ok(),
        _ => None,
    };
    let wanted = Overlay {
        debug_off: !trusted,
        auto_reload_off: conf.settings.auto_reload() == AutoReload::Off,
        interpreter: match (&isolation, &name) {
            (Isolation::PerDirective, _) => Interpreter::PerDirective,
            (_, Some(name)) => Interpreter::Named(name),
            _ => Interpreter::Configured,
        },
    };
    tell(request, conf, wanted);
    let nothing = Overlay {
        debug_off: false,
        auto_reload_off: false,
        interpreter: Interpreter::Configured,
    };
    if mode == Mode::On && wanted != nothing {
        wanted.apply(request);
    }
}

/// Says once for a request, to whoever wants to know it, what is otherwise than it was configured.
fn tell(request: Request<'_>, conf: &DirConf, wanted: Overlay<'_>) {
    let debug = wanted.debug_off && conf.observed.debugs();
    let reload = wanted.auto_reload_off && conf.observed.reloads();
    let interpreter = wanted.interpreter != Interpreter::Configured;
    if !(debug || reload || interpreter)
        || !log::is_enabled(Level::Info, request)
        || request.state().told.replace(true)
    {
        return;
    }
    let verb = match conf.settings.mode() {
        Mode::Detect => "would be",
        _ => "is",
    };
    if debug {
        let what = format!("PG012: PythonDebug {verb} off for this client");
        incident::tell(request, Level::Info, &what);
    }
    if reload {
        let what = format!("PG009: PythonAutoReload {verb} off");
        incident::tell(request, Level::Info, &what);
    }
    if interpreter {
        let what = format!("PG008: the interpreter {verb} that of the area or directory");
        incident::tell(request, Level::Info, &what);
    }
}

/// Whether the client of this request is trusted here.
pub(super) fn trusts(request: Request<'_>, conf: &DirConf) -> bool {
    let from = conf.settings.debug_from();
    !from.is_empty() && is_trusted(request.client(), from, conf.settings.debug_proxy())
}
