//! R22: the directory's rules for handlers that are named in a `<Location>`.
//!
//! For these, mod_python ends the phase that finds the file name, and without one httpd skips
//! `<Directory>`, `<Files>` and .htaccess. Here the phase goes on, as if mod_python had let it: what maps
//! URLs to files (Alias, UserDir, the document root) finds the name, httpd applies its rules to
//! it, and then the name is taken away again. What remains of the directory's configuration is what
//! decides on access. The handler sees what it always saw, no front controller in a .htaccess takes
//! its URLs, and no module finds itself with MultiViews and without a file name, which it would not
//! survive.

use std::ffi::{CStr, OsStr, c_char, c_int};
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
use super::sys::{self, DECLINED, HTTP_INTERNAL_SERVER_ERROR};

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
    // The module's own record is put together from both.
    let without = [PYTHON_MODULE, module::NAME];
    let mut places = Vec::new();
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
                && !without.contains(&name)
                && let Ok(place) = usize::try_from(module.module_index)
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
    /// What an earlier module of the phase left as its file name, without ending the phase:
    /// mod_rewrite the path of the URL. Null where there was nothing.
    pub(super) filename: *mut c_char,
    pub(super) prefix: *const c_char,
    pub(super) root: *const c_char,
    /// `r->uri`, where a shorter one is in its place.
    pub(super) uri: *mut c_char,
    // What else the modules set that map a URL to a file.
    pub(super) handler: *const c_char,
    pub(super) content_type: *const c_char,
    pub(super) document_root: *const c_char,
    pub(super) notes: [*const c_char; 2],
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

/// Puts a shorter path in the place of the URL's where that is too long to be mapped to a file.
fn shorten(request: Request<'_>) -> *mut c_char {
    match path::mappable(request.uri()) {
        Some(shorter) => request.replace_uri(shorter),
        None => ptr::null_mut(),
    }
}

/// map_to_storage, before httpd walks through the directories.
pub(super) fn before_walk(request: Request<'_>) {
    let Some((state, mut before)) = request.naming() else {
        return;
    };
    // A handler of mod_python's own may end the phase, and leave the name as it found it.
    if request.has_filename(before.filename) {
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
    if state.naming.get() != Naming::Borrowed {
        return;
    }
    // Where there is no document root, there are no rules for what is in it.
    let root = Path::new(OsStr::from_bytes(request.context_root()));
    if !root.is_dir() {
        request.forget_filename();
    } else if let Some(possible) = request.filename().and_then(path::possible) {
        request.rename(&possible);
    }
}

/// post_perdir_config: httpd has applied its rules. The status that refuses the request, or
/// `DECLINED`.
pub(super) fn after_walk(request: Request<'_>) -> c_int {
    let Some((state, before)) = request.naming() else {
        return DECLINED;
    };
    if state.naming.get() != Naming::Borrowed {
        return DECLINED;
    }
    let Some(walked) = request.conf() else {
        return HTTP_INTERNAL_SERVER_ERROR;
    };
    // mod_python's settings stay those of the <Location>, but where the directory's rule on access
    // is a handler of the server's configuration.
    let guards = walked.observed.guards_directory();
    if guards && !walked.observed.htaccess().is_empty() {
        // What a .htaccess says of Python is not for the application.
        let what = "a PythonAccessHandler, or its like, of a <Directory> and a .htaccess that has \
                    directives of Python cannot be told apart for a handler in a <Location>";
        let tag = Rule::LocationHandler.tag();
        let status = HTTP_INTERNAL_SERVER_ERROR;
        return incident::refuse(request, &walked.settings, tag, what, status);
    }
    let mut places = access().clone();
    places.extend(overlay::place().filter(|_| guards));
    let mut answer = request.restore(before, &places, guards);
    if answer == sys::OK && !before.filename.is_null() {
        // As httpd would have found it, from what the earlier module left.
        answer = request.find(before.filename);
    }
    match answer {
        sys::OK => DECLINED,
        refused => refused,
    }
}
