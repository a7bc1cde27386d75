//! The table of checks.

use super::checks::{
    code, debugging, directories, exceptions, exposed, handlers, includes, interpreters, modules,
    permissions, publisher, users,
};
use super::facts::Facts;
use super::{Finding, Severity};
use crate::policy::rule::Rule;

/// One thing that the audit looks for.
pub struct Check {
    /// Its name, for reports and for `PyGuardAuditAccept`: never reused for something else.
    pub name: &'static str,
    /// The rule that it belongs to.
    pub rule: Rule,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// The worst it can be, and the milder one: where the module is in force, unless its row in
    /// `document.rs` says otherwise.
    pub severity: (Severity, Severity),
    /// What can happen.
    pub risk: &'static str,
    /// What to do about it, in general.
    pub fix: &'static str,
    /// Looks for it.
    pub look: fn(&'static Check, &Facts, &mut Vec<Finding>),
}

/// By name: the functions are not compared.
impl PartialEq for Check {
    fn eq(&self, other: &Check) -> bool {
        self.name == other.name
    }
}

impl Eq for Check {}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Check {
    /// The check of this name, without case.
    pub fn from_name(name: &[u8]) -> Option<&'static Check> {
        let mut all = CHECKS.iter();
        all.find(|check| check.name.as_bytes().eq_ignore_ascii_case(name))
    }
}

use Severity::*;

/// Every check, in the order of the rules.
#[rustfmt::skip]
pub static CHECKS: [Check; 37] = [
    Check {
        name: "source-in-reach",
        rule: Rule::SensitiveModules,
        title: "Python source that no handler runs lies where a URL leads",
        severity: (High, Low),
        risk: "Only the module keeps visitors from reading it: one PyGuardExempt, PyGuardDeny -source or PyGuard Off too many, or another server for the same files, and they can.",
        fix: "Move the file out of the document root and of every Alias, and name its new directory in PythonPath or python-path.",
        look: exposed::source_in_reach,
    },
    Check {
        name: "module-in-reach",
        rule: Rule::SensitiveModules,
        title: "a handler's module or a PythonPath directory lies where a URL leads",
        severity: (High, Medium),
        risk: "The code and the settings of the application can be asked for by URL.",
        fix: "Keep the application outside of every document root and Alias, and name its directory in PythonPath.",
        look: code::module_in_reach,
    },
    Check {
        name: "package-alias",
        rule: Rule::SensitiveModules,
        title: "an Alias leads into a directory of Python packages",
        severity: (High, Medium),
        risk: "Everything that is installed there can be asked for by URL.",
        fix: "Let the Alias lead to the directory with the public files only.",
        look: code::package_alias,
    },
    Check {
        name: "wsgi-target-in-reach",
        rule: Rule::SensitiveModules,
        title: "the directory of a WSGI application can also be reached as files",
        severity: (High, Medium),
        risk: "The script of the application, and all that lies beside it, can be asked for by URL.",
        fix: "Keep the script outside of every document root and Alias.",
        look: code::wsgi_target_in_reach,
    },
    Check {
        name: "runs-as-root",
        rule: Rule::OneUser,
        title: "requests are answered by root, or with root's group",
        severity: (High, High),
        risk: "Whoever gets a Python handler to do something does it with root's rights.",
        fix: "Give httpd a user and a group of its own.",
        look: users::runs_as_root,
    },
    Check {
        name: "world-writable",
        rule: Rule::OneUser,
        title: "everybody may write where Python code lies",
        severity: (High, High),
        risk: "Any user of this machine can put code there that httpd runs.",
        fix: "Take the right to write from others.",
        look: permissions::world_writable,
    },
    Check {
        name: "writable-by-httpd",
        rule: Rule::OneUser,
        title: "httpd may write where Python code lies",
        severity: (Medium, Medium),
        risk: "A hole that lets a visitor write one file is enough to run code, and to stay.",
        fix: "Give the code to another user, and httpd the right to read only; but leave it what it has to write, such as uploads.",
        look: permissions::writable_by_httpd,
    },
    Check {
        name: "readable-secret",
        rule: Rule::OneUser,
        title: "every user of this machine may read a secret",
        severity: (Medium, Medium),
        risk: "Every other account and every other application on this machine can read it.",
        fix: "Take the right to read from others; where a daemon process of mod_wsgi needs it, give the file to the group of that one.",
        look: permissions::readable_secret,
    },
    Check {
        name: "hosts-share-user",
        rule: Rule::OneUser,
        title: "Python of several virtual hosts runs as one user",
        severity: (Info, Info),
        risk: "Each of these sites can read and change the files and the memory of the others, whatever its interpreter is.",
        fix: "Run sites of different owners in servers of their own, or as daemon processes of mod_wsgi with a user each.",
        look: users::hosts_share_user,
    },
    Check {
        name: "server-tokens",
        rule: Rule::ErrorText,
        title: "the Server header tells versions",
        severity: (Low, Low),
        risk: "A visitor reads which holes are worth trying: the versions of httpd, mod_python, mod_wsgi and Python.",
        fix: "Let it say Apache only.",
        look: users::server_tokens,
    },
    Check {
        name: "published-names",
        rule: Rule::PublisherExports,
        title: "what publisher shows of a page",
        severity: (High, Info),
        risk: "Each of these names is a URL that anybody may ask for, with any arguments; without the module, so is what the page imports.",
        fix: "Say which names are meant, and put an underscore before the others.",
        look: publisher::published_names,
    },
    Check {
        name: "open-database",
        rule: Rule::DatabasePort,
        title: "a database listens on the network",
        severity: (Medium, Medium),
        risk: "Unless a firewall stands before it, its passwords are all that keeps the network out, if it asks for any.",
        fix: "Let the database listen on the loopback address or on a Unix socket only.",
        look: users::open_database,
    },
    Check {
        name: "duplicate-module",
        rule: Rule::ModuleNames,
        title: "two directories of one interpreter have a module of the same name",
        severity: (Medium, Medium),
        risk: "Whichever is asked for first in a process is run for both.",
        fix: "Give each area an interpreter of its own, or its modules other names.",
        look: modules::duplicate_module,
    },
    Check {
        name: "shadows-library",
        rule: Rule::ModuleNames,
        title: "a module has the name of one of Python's own",
        severity: (Medium, Medium),
        risk: "Whatever imports that name gets this file, in every application of the interpreter.",
        fix: "Rename the file.",
        look: modules::shadows_library,
    },
    Check {
        name: "dead-importer",
        rule: Rule::ModuleNames,
        title: "PythonOption mod_python.legacy.importer does nothing any more",
        severity: (Low, Low),
        risk: "The importer that told modules of the same name apart is gone, and with it what this option once chose.",
        fix: "Delete the line, and give areas with modules of the same name interpreters of their own.",
        look: interpreters::dead_importer,
    },
    Check {
        name: "shared-interpreter",
        rule: Rule::InterpreterNames,
        title: "areas share one interpreter",
        severity: (Medium, Low),
        risk: "Each of them can read and change the modules, the settings and the open connections of the others.",
        fix: "Give each area an interpreter of its own.",
        look: interpreters::shared_interpreter,
    },
    Check {
        name: "psp-source-mapping",
        rule: Rule::PspSource,
        title: "names that end in an underscore are mapped to PSP",
        severity: (High, Low),
        risk: "With PythonDebug On they show the source of pages; only the module keeps that to trusted clients.",
        fix: "Take the extension with the underscore out of the handler's list.",
        look: debugging::psp_source_mapping,
    },
    Check {
        name: "debug-without-client",
        rule: Rule::DebugGate,
        title: "PythonDebug is On, and nobody is admitted to see it",
        severity: (High, Low),
        risk: "Without the module every visitor gets tracebacks; with it nobody does, so that the line is of no use.",
        fix: "Switch it off, or admit the developers' addresses.",
        look: debugging::debug_without_client,
    },
    Check {
        name: "remoteip-believes-all",
        rule: Rule::DebugGate,
        title: "mod_remoteip believes every client's word about its address, and addresses are trusted",
        severity: (High, Medium),
        risk: "A visitor can claim the address of a developer, and is trusted where PyGuardDebugProxy admits the address that the connection comes from.",
        fix: "Name the proxies that mod_remoteip may believe.",
        look: debugging::remoteip_believes_all,
    },
    Check {
        name: "everybody-trusted",
        rule: Rule::DebugGate,
        title: "everybody is trusted",
        severity: (High, High),
        risk: "Every visitor gets tracebacks, PSP source and testhandler.",
        fix: "Name the developers' addresses only.",
        look: debugging::everybody_trusted,
    },
    Check {
        name: "loopback-trusted",
        rule: Rule::DebugGate,
        title: "the loopback address is trusted, and a proxy on this host speaks for the visitors",
        severity: (Medium, Low),
        risk: "Behind a proxy on the same host every visitor comes from the loopback address, and is trusted unless the proxy sends X-Forwarded-For.",
        fix: "Trust the developers' own addresses, and let mod_remoteip take them from the proxy.",
        look: debugging::loopback_trusted,
    },
    Check {
        name: "bytecode-in-reach",
        rule: Rule::Bytecode,
        title: "bytecode lies where a URL leads",
        severity: (High, Low),
        risk: "Bytecode is as good as the source, and only the module keeps it back.",
        fix: "Delete it, and keep Python from writing it.",
        look: exposed::bytecode_in_reach,
    },
    Check {
        name: "bytecode-writable",
        rule: Rule::Bytecode,
        title: "Python may write bytecode where a URL leads",
        severity: (Low, Low),
        risk: "With PyGuardBytecode On, Python leaves a copy of the code there that is as good as the source.",
        fix: "Switch it off, or take httpd's right to write there.",
        look: exposed::bytecode_writable,
    },
    Check {
        name: "optimized-bytecode-in-reach",
        rule: Rule::OptimizedBytecode,
        title: "optimized bytecode lies where a URL leads",
        severity: (High, Low),
        risk: "It is as good as the source, and only the module keeps it back.",
        fix: "Delete it.",
        look: exposed::optimized_bytecode_in_reach,
    },
    Check {
        name: "opened-secret",
        rule: Rule::FileTypes,
        title: "settings or keys are opened by an exception",
        severity: (High, High),
        risk: "Visitors can read files with passwords and keys in them.",
        fix: "Exempt the names that are meant, and no more.",
        look: exceptions::opened_secret,
    },
    Check {
        name: "secret-in-reach",
        rule: Rule::FileTypes,
        title: "secrets, repositories or databases lie where a URL leads",
        severity: (High, Low),
        risk: "Only the module keeps visitors from reading them.",
        fix: "Move them out of the document root and of every Alias.",
        look: exposed::secret_in_reach,
    },
    Check {
        name: "indexes",
        rule: Rule::DirectoryIndex,
        title: "Options Indexes is in force in a Python directory",
        severity: (High, Low),
        risk: "Without the module visitors get a list of everything that lies there.",
        fix: "Switch it off.",
        look: directories::indexes,
    },
    Check {
        name: "backup-in-reach",
        rule: Rule::BackupServed,
        title: "backups and editors' residue lie where a URL leads",
        severity: (High, Low),
        risk: "They are the source under another name, and only the module keeps them back.",
        fix: "Delete them.",
        look: exposed::backup_in_reach,
    },
    Check {
        name: "module-not-loaded",
        rule: Rule::FallThrough,
        title: "Python is configured, and the module that runs it is not loaded",
        severity: (High, High),
        risk: "No program answers there: what should be run would be sent as a file.",
        fix: "Load the module, or take its directives out.",
        look: handlers::module_not_loaded,
    },
    Check {
        name: "conditional-handler",
        rule: Rule::FallThrough,
        title: "Python's directives stand in <IfModule>",
        severity: (High, Low),
        risk: "Where that module is missing, after an upgrade for example, httpd starts all the same, and only mod_pyguard keeps it from sending the source.",
        fix: "Take the <IfModule> away, so that it is noticed when the module is missing.",
        look: handlers::conditional_handler,
    },
    Check {
        name: "handler-forgotten",
        rule: Rule::FallThrough,
        title: "files are given to mod_python, and no PythonHandler says what runs",
        severity: (High, Medium),
        risk: "mod_python declines, and only the module keeps httpd from sending the file.",
        fix: "Name the handler.",
        look: handlers::handler_forgotten,
    },
    Check {
        name: "htaccess-python",
        rule: Rule::HtaccessCode,
        title: "a .htaccess may run Python",
        severity: (Medium, Medium),
        risk: "Whoever can write a .htaccess below this directory runs code as httpd's user.",
        fix: "Read no .htaccess there, or allow it none of mod_python's directives.",
        look: directories::htaccess_python,
    },
    Check {
        name: "location-handler",
        rule: Rule::LocationHandler,
        title: "a Python handler is named in a <Location>",
        severity: (High, Low),
        risk: "mod_python makes httpd skip <Directory>, <Files> and .htaccess there; only the module restores their rules on access.",
        fix: "Name the handler in the <Directory>, or put what decides on access into the <Location> too.",
        look: directories::location_handler,
    },
    Check {
        name: "testhandler",
        rule: Rule::TestHandler,
        title: "mod_python.testhandler is configured",
        severity: (High, Medium),
        risk: "It shows the configuration, the environment and the end of the error log; only the module keeps it to trusted clients.",
        fix: "Take it out.",
        look: debugging::testhandler,
    },
    Check {
        name: "pdb",
        rule: Rule::TestHandler,
        title: "PythonEnablePdb is On",
        severity: (Low, Low),
        risk: "Where httpd runs as one process (httpd -D ONE_PROCESS), every request stops in a debugger; elsewhere mod_python ignores the line.",
        fix: "Take it out.",
        look: debugging::pdb,
    },
    Check {
        name: "nested-access",
        rule: Rule::BrokenGuards,
        title: "a page's access functions do not guard what they look like they guard",
        severity: (High, Low),
        risk: "publisher runs the function although its __auth__ or __access__ should have kept the visitor out, or fails for everybody.",
        fix: "Guard the page with Require in httpd's configuration.",
        look: publisher::nested_access,
    },
    Check {
        name: "ssi-python",
        rule: Rule::BrokenGuards,
        title: "a page with server-side includes runs Python",
        severity: (Medium, Medium),
        risk: "An exception in its #python can end the child, and with it every other request that it serves.",
        fix: "Let the page include a URL of a handler instead.",
        look: includes::ssi_python,
    },
];
