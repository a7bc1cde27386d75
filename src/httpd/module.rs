//! The module's record, its command table, and the hooks with the reason for their order.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::policy::directive::{DIRECTIVES, Directive, Scope};

use super::config;
use super::filter;
use super::guard::{guard, log_panics};
use super::hooks;
use super::observe::{self, ROWS};
use super::sys;

/// The module's name in httpd. It ends in `.c`, or `<IfModule mod_pyguard.c>` would be skipped.
pub(super) const NAME: &CStr = c"mod_pyguard.c";

/// The record that `LoadModule pyguard_module` looks for.
///
/// Mutable, because httpd writes the index, the links and the handle into it; a plain static would
/// be in read-only memory.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static mut pyguard_module: sys::module = sys::module {
    version: sys::MODULE_MAGIC_NUMBER_MAJOR,
    minor_version: sys::MODULE_MAGIC_NUMBER_MINOR,
    module_index: -1,
    name: NAME.as_ptr(),
    dynamic_load_handle: ptr::null_mut(),
    next: ptr::null_mut(),
    magic: sys::MODULE_MAGIC_COOKIE as _,
    rewrite_args: None,
    create_dir_config: Some(config::create),
    merge_dir_config: Some(config::merge),
    create_server_config: None,
    merge_server_config: None,
    cmds: COMMANDS.0.as_ptr(),
    register_hooks: Some(register_hooks),
    flags: 0,
};

/// The module's place in httpd's vectors.
pub(super) fn module_index() -> usize {
    // SAFETY: httpd writes the index once, when it loads the module, before it calls any of it.
    let index = unsafe { (&raw const pyguard_module.module_index).read() };
    // Never negative once loaded. A slot that cannot exist would be better than another module's.
    index as usize
}

/// httpd's command table: the own directives, the observed ones, and a row of nulls as the end.
struct Commands([sys::command_rec; DIRECTIVES.len() + ROWS.len() + 1]);

// SAFETY: the table is never written, and what its pointers lead to is static and never written.
unsafe impl Sync for Commands {}

static COMMANDS: Commands = {
    let mut rows = [END; DIRECTIVES.len() + ROWS.len() + 1];
    let mut index = 0;
    // const evaluation has no iterators, and checks every index at compile time.
    #[expect(clippy::indexing_slicing)]
    while index < DIRECTIVES.len() {
        rows[index] = own(&DIRECTIVES[index]);
        index += 1;
    }
    #[expect(clippy::indexing_slicing)]
    while index < DIRECTIVES.len() + ROWS.len() {
        rows[index] = observed(&ROWS[index - DIRECTIVES.len()]);
        index += 1;
    }
    Commands(rows)
};

const END: sys::command_rec = sys::command_rec {
    name: ptr::null(),
    func: sys::cmd_func { no_args: None },
    cmd_data: ptr::null_mut(),
    req_override: 0,
    args_how: sys::cmd_how_RAW_ARGS,
    errmsg: ptr::null(),
};

/// A directive of the module: for the server's configuration only, never for a .htaccess.
const fn own(directive: &'static Directive) -> sys::command_rec {
    sys::command_rec {
        name: directive.name.as_ptr(),
        func: sys::cmd_func {
            take_argv: Some(config::set),
        },
        cmd_data: ptr::from_ref(directive).cast_mut().cast::<c_void>(),
        req_override: match directive.scope {
            Scope::Section => sys::RSRC_CONF | sys::ACCESS_CONF,
            Scope::Server => sys::RSRC_CONF,
        },
        args_how: sys::cmd_how_TAKE_ARGV,
        errmsg: directive.help.as_ptr(),
    }
}

/// A directive of another module, where its owner allows it.
const fn observed(row: &'static observe::Row) -> sys::command_rec {
    sys::command_rec {
        name: row.name.as_ptr(),
        func: sys::cmd_func {
            raw_args: Some(observe::observe),
        },
        cmd_data: ptr::from_ref(row).cast_mut().cast::<c_void>(),
        req_override: row.context,
        args_how: sys::cmd_how_RAW_ARGS,
        errmsg: c"observed by mod_pyguard; see the module that owns it".as_ptr(),
    }
}

/// A list of module names for the order of hooks.
struct Names([*const c_char; 2]);

// SAFETY: the list is never written, and its string is static.
unsafe impl Sync for Names {}

impl Names {
    const fn one(name: &'static CStr) -> Names {
        Names([name.as_ptr(), ptr::null()])
    }

    fn as_ptr(&'static self) -> *const *const c_char {
        self.0.as_ptr()
    }
}

/// mod_python by its name in httpd.
pub(super) const PYTHON_MODULE: &CStr = c"mod_python.c";
const CACHE_MODULE: &CStr = c"mod_cache.c";
const INCLUDE_MODULE: &CStr = c"mod_include.c";
const EXT_FILTER_MODULE: &CStr = c"mod_ext_filter.c";

static CORE: Names = Names::one(c"core.c");
static CACHE: Names = Names::one(CACHE_MODULE);
static PYTHON: Names = Names::one(PYTHON_MODULE);
static REMOTEIP: Names = Names::one(c"mod_remoteip.c");

/// Without hooks the module would be loaded and do nothing, so a panic ends the start: in a
/// function that cannot answer, by abort.
unsafe extern "C" fn register_hooks(_pool: *mut sys::apr_pool_t) {
    let registered = guard(false, || {
        log_panics();
        // SAFETY: this is the function that httpd calls for it.
        unsafe { add_hooks() };
        true
    });
    if !registered {
        std::process::abort();
    }
}

const FIRST: c_int = sys::APR_HOOK_REALLY_FIRST;
const NONE: *const *const c_char = ptr::null();

/// # Safety
/// httpd is registering this module's hooks.
unsafe fn add_hooks() {
    // SAFETY: as promised by the caller; the lists are static.
    unsafe {
        sys::ap_hook_pre_config(Some(hooks::pre_config), NONE, NONE, sys::APR_HOOK_MIDDLE);
        sys::ap_hook_check_config(Some(hooks::check_config), NONE, NONE, FIRST);
        // Last: what `apachectl -t` audits, everybody else has accepted.
        let last = sys::APR_HOOK_REALLY_LAST;
        sys::ap_hook_check_config(Some(hooks::check_audit), NONE, NONE, last);
        // First, so that a start which is stopped has not started anything of mod_python's.
        sys::ap_hook_post_config(Some(hooks::post_config), NONE, NONE, FIRST);
        sys::ap_hook_test_config(Some(hooks::test_config), NONE, NONE, sys::APR_HOOK_MIDDLE);
        // After core's fixup, which applies SetHandler, and before everybody else's.
        sys::ap_hook_fixups(Some(hooks::fixups), CORE.as_ptr(), NONE, FIRST);
        // Before mod_cache, which as a normal handler also asks to be really first.
        sys::ap_hook_handler(Some(hooks::handler), NONE, CACHE.as_ptr(), FIRST);
        filter::register();
        // After every handler but the default one, which is at REALLY_LAST. Naming core.c as the
        // successor would put this hook in front of all: core has another handler, at REALLY_FIRST.
        sys::ap_hook_handler(
            Some(hooks::fall_through),
            NONE,
            NONE,
            sys::APR_HOOK_REALLY_LAST - 1,
        );
    }
}

/// The hooks that another module makes necessary. A request pays for none that it does not need.
///
/// # Safety
/// Called from pre_config: every module is loaded, and httpd sorts the hooks afterwards.
pub(super) unsafe fn add_optional_hooks() {
    // SAFETY: as promised by the caller; the lists are static. httpd notes with each hook whose it
    // is, by a variable that here still names the module that was loaded last; no other thread
    // runs while the configuration is read.
    unsafe {
        let last = sys::apr_hook_debug_current;
        sys::apr_hook_debug_current = NAME.as_ptr();
        if is_loaded(CACHE_MODULE) {
            // Right before mod_cache serves what it once stored, and not before anybody else.
            let order = sys::APR_HOOK_MIDDLE;
            sys::ap_hook_quick_handler(Some(hooks::quick_handler), NONE, CACHE.as_ptr(), order);
        }
        if is_loaded(PYTHON_MODULE) {
            // Before mod_python's handlers of the same phases, which are in the middle, but after
            // mod_remoteip has said who the client is.
            let remoteip = REMOTEIP.as_ptr();
            sys::ap_hook_post_read_request(Some(hooks::new_configuration), remoteip, NONE, FIRST);
            sys::ap_hook_translate_name(Some(hooks::new_configuration), NONE, NONE, FIRST);
            // The latest place of all, but before mod_python, is right before mod_python.
            let (python, last) = (PYTHON.as_ptr(), sys::APR_HOOK_REALLY_LAST);
            sys::ap_hook_translate_name(Some(hooks::before_python), NONE, python, last);
            sys::ap_hook_map_to_storage(Some(hooks::before_walk), NONE, NONE, FIRST);
            sys::ap_hook_post_perdir_config(Some(hooks::after_walk), NONE, NONE, FIRST);
        }
        if is_loaded(INCLUDE_MODULE) || is_loaded(EXT_FILTER_MODULE) {
            let order = sys::APR_HOOK_REALLY_LAST;
            sys::ap_hook_insert_filter(Some(hooks::insert_filter), NONE, NONE, order);
        }
        sys::apr_hook_debug_current = last;
    }
}

/// Whether a module is loaded.
///
/// # Safety
/// httpd has loaded the modules of its configuration.
pub(super) unsafe fn is_loaded(name: &CStr) -> bool {
    // SAFETY: as promised by the caller; the name is a string.
    unsafe { !sys::ap_find_linked_module(name.as_ptr()).is_null() }
}
