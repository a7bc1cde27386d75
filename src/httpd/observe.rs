//! A second pair of eyes on the directives of mod_python, mod_wsgi and httpd.
//!
//! httpd calls every module that registers a directive's name. So these rows carry the names and
//! the context flags of the owners (other flags would forbid what the owner allows), take the raw
//! arguments, and leave all checking to the owner.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::policy::handler::Python;
use crate::policy::htaccess::PythonDirective;
use crate::policy::observed::{HANDLER_MODULE, Line, Phase, Section, imports_into};

use super::config::{DirConf, SETTER_FAILED, error, filled};
use super::guard::guard;
use super::module::{PYTHON_MODULE, is_loaded};
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
    AutoReload,
    Interpreter,
    PerDirective,
    PerDirectory,
    Import,
    Path,
    Option,
    /// Only that a .htaccess used it matters.
    Used,
    SetHandler,
    AddHandler,
    AddType,
    RemoveHandler,
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

/// What mod_python allows in a .htaccess and is no handler.
const fn setting(name: &'static CStr, what: What) -> Row {
    Row {
        name,
        context: sys::OR_ALL,
        what,
        owner: Some(PYTHON_MODULE),
    }
}

/// A directive of mod_mime for extensions.
const fn mime(name: &'static CStr, what: What) -> Row {
    Row {
        name,
        context: sys::OR_FILEINFO,
        what,
        owner: Some(c"mod_mime.c"),
    }
}

/// A directive of mod_wsgi.
const fn wsgi(name: &'static CStr) -> Row {
    Row {
        name,
        context: sys::RSRC_CONF,
        what: What::WsgiScriptAlias,
        owner: Some(c"mod_wsgi.c"),
    }
}

/// Every observed directive.
pub(super) static ROWS: [Row; 31] = [
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
    setting(c"PythonAutoReload", What::AutoReload),
    setting(c"PythonEnablePdb", What::Used),
    setting(c"PythonInterpPerDirective", What::PerDirective),
    setting(c"PythonInterpPerDirectory", What::PerDirectory),
    setting(c"PythonInterpreter", What::Interpreter),
    setting(c"PythonOption", What::Option),
    setting(c"PythonPath", What::Path),
    Row {
        context: sys::RSRC_CONF,
        ..setting(c"PythonImport", What::Import)
    },
    Row {
        name: c"SetHandler",
        context: sys::OR_FILEINFO,
        what: What::SetHandler,
        owner: None,
    },
    mime(c"AddHandler", What::AddHandler),
    mime(c"AddType", What::AddType),
    mime(c"RemoveHandler", What::RemoveHandler),
    wsgi(c"WSGIScriptAlias"),
    wsgi(c"WSGIScriptAliasMatch"),
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
    let (path, htaccess) = unsafe {
        let path = (*cmd).path;
        let path = (!path.is_null()).then(|| CStr::from_ptr(path));
        (path, line_of_htaccess(cmd))
    };
    let observed = &mut conf.observed;
    if let Some(line) = &htaccess
        && let Some(directive) = PythonDirective::from_name(row.name.to_bytes())
    {
        observed.used_in_htaccess(directive, line.clone());
    }
    if row.name.to_bytes().starts_with(b"Python") && path.is_some() {
        observed.python_in_section();
    }
    match row.what {
        What::Handler(phases) => {
            // SAFETY: live command.
            let section = unsafe { section(cmd, htaccess.as_ref()) };
            for phase in phases {
                observed.python_handler(*phase, arguments, &section);
            }
            if !matches!(phases, [Phase::Filter]) {
                // SAFETY: live command.
                unsafe { startup::saw_python(cmd, path, Python::ModPython) };
            }
        }
        What::Debug => observed.python_debug(arguments),
        What::AutoReload => observed.python_auto_reload(arguments),
        What::Interpreter => {
            let given = htaccess.is_none();
            observed.python_interpreter(arguments, htaccess);
            if given && let Some(interpreter) = observed.interpreter() {
                // SAFETY: live command.
                unsafe {
                    startup::saw_interpreter(cmd, &interpreter.name, Some(section(cmd, None)))
                };
            }
        }
        What::PerDirective => observed.python_per_directive(arguments, htaccess.is_some()),
        What::PerDirectory => observed.python_per_directory(arguments, htaccess.is_some()),
        What::Import => {
            if let Some(name) = imports_into(arguments) {
                // SAFETY: live command.
                unsafe { startup::saw_interpreter(cmd, &name, None) };
            }
        }
        What::Path => observed.python_path(arguments),
        What::Option => observed.python_option(arguments),
        What::Used => {}
        What::SetHandler => {
            // SAFETY: live command.
            let python = observed.set_handler(arguments, unsafe { is_by_name(cmd) });
            // SAFETY: live command.
            unsafe { saw(cmd, path, python) };
        }
        What::AddHandler | What::AddType => {
            let python = observed.add_handler(arguments, path.is_some());
            if matches!(row.what, What::AddHandler) {
                observed.add_suffixes(arguments);
            }
            // SAFETY: live command.
            unsafe { saw(cmd, path, python) };
        }
        What::RemoveHandler => observed.remove_suffixes(arguments),
        What::WsgiScriptAlias => observed.wsgi_script_alias(arguments),
    }
}

/// Where a directive of a .htaccess stands; `None` for the server's configuration.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn line_of_htaccess(cmd: *mut sys::cmd_parms) -> Option<Line> {
    // SAFETY: live command; its directive has a file name, a string, and a line.
    unsafe {
        if sys::ap_check_cmd_context(cmd, sys::NOT_IN_HTACCESS as u32).is_null() {
            return None;
        }
        let directive = (*cmd).directive.as_ref();
        Some(Line {
            file: directive
                .filter(|directive| !directive.filename.is_null())
                .map(|directive| CStr::from_ptr(directive.filename).to_bytes().to_vec())
                .unwrap_or_default(),
            number: directive.map_or(0, |directive| directive.line_num),
        })
    }
}

/// The section that mod_python counts a directive to: the innermost `<Location>`, else the
/// innermost `<Directory>`, else the directory of the .htaccess.
///
/// # Safety
/// `cmd` is the live command that httpd handed to a setter.
unsafe fn section(cmd: *mut sys::cmd_parms, htaccess: Option<&Line>) -> Section {
    // SAFETY: live command; the tree of directives lives as long, and its texts are strings.
    let enclosing = |wanted: &[&[u8]]| unsafe {
        let mut parent = (*cmd)
            .directive
            .as_ref()
            .and_then(|own| own.parent.as_ref());
        while let Some(section) = parent {
            if !section.directive.is_null() && !section.args.is_null() {
                let name = CStr::from_ptr(section.directive).to_bytes();
                if wanted
                    .iter()
                    .any(|wanted| name.eq_ignore_ascii_case(wanted))
                {
                    return Some(CStr::from_ptr(section.args).to_bytes());
                }
            }
            parent = section.parent.as_ref();
        }
        None
    };
    if let Some(arguments) = enclosing(&[b"<Location", b"<LocationMatch"]) {
        Section::location(arguments)
    } else if let Some(arguments) = enclosing(&[b"<Directory"]) {
        Section::directory(arguments)
    } else if enclosing(&[b"<DirectoryMatch"]).is_some() {
        Section::Directories
    } else if let Some(line) = htaccess {
        Section::Htaccess(line.directory().to_vec())
    } else {
        Section::Server
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
