//! The module's record in httpd's per-directory configuration: made, merged and filled here.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::policy::directive::{Directive, Scope};
use crate::policy::observed::Observed;
use crate::policy::settings::{Mode, Protect, Settings};

use super::guard::guard;
use super::sys;

/// What is known of one directory, or of several sections merged.
#[derive(Clone)]
pub(super) struct DirConf {
    /// The module's own directives.
    pub(super) settings: Settings,
    /// What other modules' directives say.
    pub(super) observed: Observed,
    /// Some directive is in it: merging is for every request, and one that says nothing is cheap.
    says_something: bool,
}

impl DirConf {
    const EMPTY: DirConf = DirConf {
        settings: Settings::EMPTY,
        observed: Observed::EMPTY,
        says_something: false,
    };

    /// A record with the settings of one and what was observed for the other.
    ///
    /// # Safety
    /// `pool` is a live pool.
    pub(super) unsafe fn combined(
        pool: *mut sys::apr_pool_t,
        settings: &DirConf,
        observed: &DirConf,
    ) -> *mut c_void {
        let combined = DirConf {
            settings: settings.settings.clone(),
            observed: observed.observed.clone(),
            says_something: true,
        };
        // SAFETY: as promised by the caller.
        unsafe { combined.in_pool(pool) }
    }

    /// Puts the record into a pool.
    ///
    /// # Safety
    /// `pool` is a live pool.
    unsafe fn in_pool(self, pool: *mut sys::apr_pool_t) -> *mut c_void {
        // SAFETY: live pool; apr_palloc returns memory aligned for any type, or ends the process.
        // The cleanup drops what the record holds exactly once, when the pool is cleared. The child
        // cleanup does nothing: memory needs none before an exec.
        unsafe {
            let record = sys::apr_palloc(pool, size_of::<DirConf>()).cast::<DirConf>();
            record.write(self);
            let child = sys::apr_pool_cleanup_null;
            sys::apr_pool_cleanup_register(pool, record.cast(), Some(drop_record), Some(child));
            record.cast()
        }
    }
}

/// What holds where a record could not be made, or is gone: everything is Python's, any handler
/// may run, nothing is exempt.
pub(super) static CLOSED: DirConf = DirConf {
    settings: Settings {
        mode: Some(Mode::On),
        protect: Some(Protect::On),
        ..Settings::EMPTY
    },
    observed: Observed::UNKNOWN,
    says_something: true,
};

// Threads share records, and one that made a record need not be the one that drops it.
const _: () = {
    const fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<DirConf>();
};

/// The record for a section, in which no one writes.
fn closed() -> *mut c_void {
    (&raw const CLOSED).cast_mut().cast()
}

unsafe extern "C" fn drop_record(record: *mut c_void) -> sys::apr_status_t {
    // What cannot be dropped is leaked; nothing depends on it.
    guard(0, || {
        // SAFETY: the record that `in_pool` registered, once. Cleanups of the same pool that run
        // later may still ask (mod_python's redirect requests), and find a closed one in its
        // place: the memory is the pool's, which frees it after the last cleanup.
        drop(unsafe { record.cast::<DirConf>().replace(CLOSED.clone()) });
        0
    })
}

/// httpd's `create_dir_config`: an empty record for a section.
pub(super) unsafe extern "C" fn create(
    pool: *mut sys::apr_pool_t,
    _directory: *mut c_char,
) -> *mut c_void {
    guard(closed(), || {
        // SAFETY: httpd hands out the live pool that the section's configuration belongs to.
        unsafe { DirConf::EMPTY.in_pool(pool) }
    })
}

/// httpd's `merge_dir_config`: `add`, the inner section, over `base`. Runs at every request that
/// has sections with records, so that one that says nothing costs nothing.
pub(super) unsafe extern "C" fn merge(
    pool: *mut sys::apr_pool_t,
    base: *mut c_void,
    add: *mut c_void,
) -> *mut c_void {
    guard(closed(), || {
        // SAFETY: both are records that `create` or `merge` made, alive while they are merged, and
        // no one writes to them any more.
        let (outer, inner) = unsafe { (&*base.cast::<DirConf>(), &*add.cast::<DirConf>()) };
        if !inner.says_something {
            return base;
        }
        if !outer.says_something {
            return add;
        }
        let merged = DirConf {
            settings: Settings::merge(&outer.settings, &inner.settings),
            observed: Observed::merge(&outer.observed, &inner.observed),
            says_something: true,
        };
        // SAFETY: httpd hands out a live pool.
        unsafe { merged.in_pool(pool) }
    })
}

/// The record that a directive is to be put into.
///
/// # Safety
/// `record` is the record that httpd hands to a directive's setter, for the length of the call.
pub(super) unsafe fn filled<'a>(record: *mut c_void) -> Option<&'a mut DirConf> {
    // `closed` is in read-only memory: it is what a failed `create` left, and takes no directive.
    if ptr::eq(record, closed()) {
        return None;
    }
    // SAFETY: configuration is read by one thread, and a record is filled before anyone reads it.
    let conf = unsafe { record.cast::<DirConf>().as_mut() }?;
    conf.says_something = true;
    Some(conf)
}

/// The answer of a setter that could not do its work: httpd refuses to start.
pub(super) const SETTER_FAILED: &CStr =
    c"internal error in mod_pyguard; the directive was not understood";

/// httpd hands out no more arguments than these, and drops the others without a word.
const MOST_ARGUMENTS: usize = 64;
const TOO_MANY: &str =
    "more than 63 arguments: split the line, a list given in several lines adds up";

/// The setter of all own directives; which one it is stands in the command's row.
pub(super) unsafe extern "C" fn set(
    cmd: *mut sys::cmd_parms,
    record: *mut c_void,
    argc: c_int,
    argv: *const *mut c_char,
) -> *const c_char {
    guard(SETTER_FAILED.as_ptr(), || {
        // SAFETY: httpd hands out the row that `module` made from a Directive, the section's record,
        // and `argc` strings that live as long as the call.
        let (directive, conf, arguments) = unsafe {
            let directive = (*(*cmd).cmd).cmd_data.cast::<Directive>().as_ref();
            let arguments: Vec<&[u8]> = (0..usize::try_from(argc).unwrap_or(0))
                .map(|index| CStr::from_ptr(*argv.add(index)).to_bytes())
                .collect();
            (directive, filled(record), arguments)
        };
        let (Some(directive), Some(conf)) = (directive, conf) else {
            return SETTER_FAILED.as_ptr();
        };
        if arguments.len() >= MOST_ARGUMENTS {
            // SAFETY: httpd hands out a live command.
            return unsafe { error(cmd, TOO_MANY) };
        }
        // SAFETY: httpd hands out a live command.
        let limited = unsafe { sys::ap_check_cmd_context(cmd, sys::NOT_IN_LIMIT as u32) };
        if !limited.is_null() {
            // httpd would accept it and apply it to every method.
            return limited;
        }
        // SAFETY: httpd hands out a live command of a live server.
        let in_host = unsafe { (*(*cmd).server).is_virtual != 0 };
        if directive.scope == Scope::Server && in_host {
            let name = directive.name();
            let message = format!("{name} is for the whole server, not for a <VirtualHost>");
            // SAFETY: httpd hands out a live command.
            return unsafe { error(cmd, &message) };
        }
        match directive.apply(&mut conf.settings, &arguments) {
            Ok(()) => ptr::null(),
            // SAFETY: httpd hands out a live command.
            Err(message) => unsafe { error(cmd, &message) },
        }
    })
}

/// An error message in the pool of the configuration, as httpd wants it from a setter.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
pub(super) unsafe fn error(cmd: *mut sys::cmd_parms, message: &str) -> *const c_char {
    // SAFETY: live pool; apr_pstrmemdup copies the bytes and ends them with a NUL.
    unsafe { sys::apr_pstrmemdup((*cmd).pool, message.as_ptr().cast(), message.len()) }
}
