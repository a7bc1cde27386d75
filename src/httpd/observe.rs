//! A second pair of eyes on the directives of mod_python, mod_wsgi and httpd.
//!
//! httpd calls every module that registers a directive's name. So these rows carry the names and
//! the context flags of the owners (other flags would forbid what the owner allows), take the raw
//! arguments, and leave all checking to the owner.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::policy::handler::Python;
use crate::policy::observed::{HANDLER_MODULE, Phase};

use super::config::{DirConf, SETTER_FAILED, error, filled};
use super::guard::guard;
use super::module::is_loaded;
use super::startup;
use super::sys;

/// A directive of another module.
pub(super) struct Row {
    pub(super) name: &'static CStr,
    /// Where its owner allows it.
    pub(super) context: c_int,
    what: What,
    /// The module without which httpd would not know the directive, and still must not.
    owner: Option<&'static CStr>,
}

enum What {
    Handler(&'static [Phase]),
    Debug,
    SetHandler,
    AddHandler,
    WsgiScriptAlias,
}

const fn python(name: &'static CStr, context: c_int, phase: &'static [Phase]) -> Row {
    // mod_python itself may be missing: then the module's start-up says so and its files are denied.
    Row {
        name,
        context,
        what: What::Handler(phase),
        owner: None,
    }
}

/// Where mod_python allows its filters.
const FILTER: c_int = sys::RSRC_CONF | sys::ACCESS_CONF;

/// Every observed directive.
pub(super) static ROWS: [Row; 22] = [
    python(c"PythonAccessHandler", sys::OR_ALL, &[Phase::Access]),
    python(c"PythonAuthenHandler", sys::OR_ALL, &[Phase::Authen]),
    python(c"PythonAuthzHandler", sys::OR_ALL, &[Phase::Authz]),
    python(c"PythonCleanupHandler", sys::OR_ALL, &[Phase::Cleanup]),
    python(
        c"PythonConnectionHandler",
        sys::RSRC_CONF,
        &[Phase::Connection],
    ),
    python(c"PythonFixupHandler", sys::OR_ALL, &[Phase::Fixup]),
    python(c"PythonHandler", sys::OR_ALL, &[Phase::Handler]),
    python(c"PythonHandlerModule", sys::OR_ALL, &HANDLER_MODULE),
    python(
        c"PythonHeaderParserHandler",
        sys::OR_ALL,
        &[Phase::HeaderParser],
    ),
    python(c"PythonInitHandler", sys::OR_ALL, &[Phase::Init]),
    python(c"PythonLogHandler", sys::OR_ALL, &[Phase::Log]),
    python(
        c"PythonPostReadRequestHandler",
        sys::RSRC_CONF,
        &[Phase::PostReadRequest],
    ),
    python(c"PythonTransHandler", sys::RSRC_CONF, &[Phase::Trans]),
    python(c"PythonTypeHandler", sys::OR_ALL, &[Phase::Type]),
    python(c"PythonInputFilter", FILTER, &[Phase::Filter]),
    python(c"PythonOutputFilter", FILTER, &[Phase::Filter]),
    Row {
        name: c"PythonDebug",
        context: sys::OR_ALL,
        what: What::Debug,
        owner: None,
    },
    Row {
        name: c"SetHandler",
        context: sys::OR_FILEINFO,
        what: What::SetHandler,
        owner: None,
    },
    Row {
        name: c"AddHandler",
        context: sys::OR_FILEINFO,
        what: What::AddHandler,
        owner: Some(c"mod_mime.c"),
    },
    Row {
        name: c"AddType",
        context: sys::OR_FILEINFO,
        what: What::AddHandler,
        owner: Some(c"mod_mime.c"),
    },
    Row {
        name: c"WSGIScriptAlias",
        context: sys::RSRC_CONF,
        what: What::WsgiScriptAlias,
        owner: Some(c"mod_wsgi.c"),
    },
    Row {
        name: c"WSGIScriptAliasMatch",
        context: sys::RSRC_CONF,
        what: What::WsgiScriptAlias,
        owner: Some(c"mod_wsgi.c"),
    },
];

/// The setter of all observed directives; which one it is stands in the command's row.
pub(super) unsafe extern "C" fn observe(
    cmd: *mut sys::cmd_parms,
    record: *mut c_void,
    arguments: *const c_char,
) -> *const c_char {
    guard(SETTER_FAILED.as_ptr(), || {
        // SAFETY: httpd hands out the row that `module` made from a Row, the section's record, and
        // the rest of the line as a string.
        let (row, conf, arguments) = unsafe {
            let row = (*(*cmd).cmd).cmd_data.cast::<Row>().as_ref();
            (row, filled(record), CStr::from_ptr(arguments).to_bytes())
        };
        let (Some(row), Some(conf)) = (row, conf) else {
            return SETTER_FAILED.as_ptr();
        };
        // SAFETY: httpd hands out a live command, and the name is a string.
        unsafe {
            if let Some(owner) = row.owner
                && !is_loaded(owner)
            {
                let (name, owner) = (row.name.to_string_lossy(), owner.to_string_lossy());
                return error(
                    cmd,
                    &format!("{name} is a directive of {owner}, which is not loaded"),
                );
            }
            note(cmd, row, conf, arguments);
        }
        ptr::null()
    })
}

/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn note(cmd: *mut sys::cmd_parms, row: &Row, conf: &mut DirConf, arguments: &[u8]) {
    // SAFETY: live command; its path is null (the whole server) or a string.
    let section = unsafe {
        let path = (*cmd).path;
        (!path.is_null()).then(|| CStr::from_ptr(path))
    };
    let observed = &mut conf.observed;
    match row.what {
        What::Handler(phases) => {
            for phase in phases {
                observed.python_handler(*phase, arguments);
            }
            if !matches!(phases, [Phase::Filter]) {
                // SAFETY: live command.
                unsafe { startup::saw_python(cmd, section, Python::ModPython) };
            }
        }
        What::Debug => observed.python_debug(arguments),
        What::SetHandler => {
            // SAFETY: live command.
            let python = observed.set_handler(arguments, unsafe { is_by_name(cmd) });
            // SAFETY: live command.
            unsafe { saw(cmd, section, python) };
        }
        What::AddHandler => {
            let python = observed.add_handler(arguments, section.is_some());
            // SAFETY: live command.
            unsafe { saw(cmd, section, python) };
        }
        What::WsgiScriptAlias => observed.wsgi_script_alias(arguments),
    }
}

/// Counts the section if the directive gave it to Python. CGI may be Python or not.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn saw(cmd: *mut sys::cmd_parms, section: Option<&CStr>, python: Option<Python>) {
    if let Some(python @ (Python::ModPython | Python::Wsgi)) = python {
        // SAFETY: live command.
        unsafe { startup::saw_python(cmd, section, python) };
    }
}

/// Whether the directive stands in a section that goes by file names.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn is_by_name(cmd: *mut sys::cmd_parms) -> bool {
    // SAFETY: live command; the tree of directives lives as long, and names are strings.
    unsafe {
        let parent = (*cmd)
            .directive
            .as_ref()
            .and_then(|directive| directive.parent.as_ref());
        parent.is_some_and(|section| {
            !section.directive.is_null()
                && CStr::from_ptr(section.directive)
                    .to_bytes()
                    .to_ascii_lowercase()
                    .starts_with(b"<files")
        })
    }
}
