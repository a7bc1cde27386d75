//! R22: the directory's rules for handlers that are named in a `<Location>`.
//!
//! For these, mod_python ends the phase that finds the file name, and without one httpd skips
//! `<Directory>`, `<Files>` and .htaccess. Here the phase goes on, as if mod_python had let it: what maps
//! URLs to files (Alias, UserDir, the document root) finds the name, httpd applies its rules to
//! it, and then the name is taken away again. What remains of the directory's configuration is what
//! decides on access. The handler sees what it always saw, no front controller in a .htaccess takes
//! its URLs, and no module finds itself with MultiViews and without a file name, which it would not
//! survive.

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::policy::observed::Section;
use crate::policy::path;
use crate::policy::rule::Rule;
use crate::policy::settings::{Mode, Protect};

use super::incident;
use super::module::{self, PYTHON_MODULE};
use super::once;
use super::overlay;
use super::request::Request;
use super::sys;

/// The places, in a vector, of the modules that decide on access.
static ACCESS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn access() -> MutexGuard<'static, Vec<usize>> {
    ACCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks which modules decide on access: those with a hook in one of the phases that do, or in the one
/// that leads to them, and those that say by their name that they provide for them.
///
/// # Safety
/// Called from post_config: every module is loaded, and its hooks are registered.
pub(super) unsafe fn prepare() {
    // SAFETY: each function only reads. Of every phase, httpd has null or an array of records that
    // are alike but for the type of the function in front.
    let phases = unsafe {
        [
            sys::ap_hook_get_header_parser(),
            sys::ap_hook_get_access_checker(),
            sys::ap_hook_get_access_checker_ex(),
            sys::ap_hook_get_check_user_id(),
            sys::ap_hook_get_auth_checker(),
            sys::ap_hook_get_force_authn(),
        ]
    };
    let takes_part = |name: &CStr| {
        phases.iter().any(|phase| {
            // SAFETY: as above; the names are null or strings.
            unsafe {
                let Some(phase) = phase.as_ref() else {
                    return false;
                };
                let hooks = phase.elts.cast::<sys::ap_LINK_access_checker_t>();
                (0..usize::try_from(phase.nelts).unwrap_or(0)).any(|index| {
                    let owner = (*hooks.add(index)).szName;
                    !owner.is_null() && CStr::from_ptr(owner) == name
                })
            }
        })
    };
    let own = module::module_index();
    let mut places = vec![own];
    // SAFETY: the modules are a list that ends in null; the name of each is a string.
    unsafe {
        let mut next = sys::ap_top_module;
        while let Some(module) = next.as_ref() {
            let name = CStr::from_ptr(module.name);
            let provides = ["auth", "session"]
                .iter()
                .any(|word| memchr::memmem::find(name.to_bytes(), word.as_bytes()).is_some());
            // mod_python's settings stay those of the <Location>.
            if (provides || takes_part(name))
                && name != PYTHON_MODULE
                && let Ok(place) = usize::try_from(module.module_index)
                && place != own
            {
                places.push(place);
            }
            next = module.next;
        }
    }
    *access() = places;
}

/// What a request had before it borrowed a file name.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) conf: *mut sys::ap_conf_vector_t,
    pub(super) prefix: *const c_char,
    pub(super) root: *const c_char,
    /// `r->uri`, where a shorter one is in its place.
    pub(super) uri: *mut c_char,
}

/// How a request of Python's gets its file name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Naming {
    /// As any other.
    #[default]
    Usual,
    /// A handler of the phase itself may end it without a name.
    Unsure,
    /// For httpd's rules alone: mod_python would not have let it have one.
    Borrowed,
}

/// translate_name, right before mod_python: keeps it from ending the phase.
pub(super) fn before_python(request: Request<'_>) {
    let Some(conf) = request.conf() else { return };
    let (is_virtual, translates) = (conf.observed.has_virtual_name(), conf.observed.translates());
    if !(is_virtual || translates)
        || conf.settings.mode() == Mode::Off
        || conf.settings.protect() == Protect::Off
        || request.has_filename()
        || !request.uri().starts_with(b"/")
    {
        return;
    }
    if conf.settings.mode() == Mode::Detect {
        let tag = Rule::LocationHandler.tag();
        let location = conf.observed.locations().last().map(Section::to_string);
        if is_virtual && once::first((tag, &location)) {
            let what = format!(
                "would apply the rules of <Directory>, <Files> and .htaccess to what a Python handler \
                 in {} answers",
                location.unwrap_or_default()
            );
            incident::report(request, tag, &what);
        }
        return;
    }
    let state = request.state();
    let mut before = request.before_walk();
    if translates {
        state.naming.set(Naming::Unsure);
    } else {
        state.naming.set(Naming::Borrowed);
        before.uri = shorten(request);
        overlay::leave_location(request);
    }
    state.before.set(Some(before));
}

/// Puts a path in the place of the URL's that could be a file's; the URL's where that was not.
fn shorten(request: Request<'_>) -> *mut c_char {
    match path::possible(request.uri()) {
        Some(shorter) => request.replace_uri(&shorter),
        None => ptr::null_mut(),
    }
}

/// map_to_storage, before httpd walks through the directories.
pub(super) fn before_walk(request: Request<'_>) {
    let Some((state, mut before)) = request.naming() else {
        return;
    };
    if !request.has_filename() {
        if state.naming.replace(Naming::Borrowed) == Naming::Unsure {
            before.uri = shorten(request);
        }
        // SAFETY: a live request whose URL begins with a slash, as the function wants it.
        if unsafe { sys::ap_core_translate(request.as_ptr()) } != sys::OK {
            request.forget_filename();
        }
    }
    if !before.uri.is_null() {
        request.restore_uri(before.uri);
    }
    // Where there is no document root, there are no rules for what is in it.
    let root = Path::new(OsStr::from_bytes(request.context_root()));
    if state.naming.get() == Naming::Borrowed && !root.is_dir() {
        request.forget_filename();
    }
}

/// post_perdir_config: httpd has applied its rules.
pub(super) fn after_walk(request: Request<'_>) {
    let Some((state, before)) = request.naming() else {
        return;
    };
    if state.naming.get() != Naming::Borrowed {
        return;
    }
    request.forget_filename();
    let guards = request
        .conf()
        .is_some_and(|conf| conf.observed.guards_directory());
    let mut places = access().clone();
    // But where the directory's access rule is a handler.
    places.extend(overlay::place().filter(|_| guards));
    request.restore(before, &places);
}
