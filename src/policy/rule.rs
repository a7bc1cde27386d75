//! The twenty-four rules: their numbers, log tags and titles.

use std::ffi::CStr;

use super::class::Class;
use super::handler::has_extension;

/// One rule: a hazard that the old notes on mod_python's security name, or one found since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    /// Sensitive modules inside the document root.
    SensitiveModules = 1,
    /// Everything runs as one user.
    OneUser,
    /// PATH and PYTHON* steer Python and its children.
    Environment,
    /// Error messages reach the browser.
    ErrorText,
    /// The publisher exports whatever a module holds.
    PublisherExports,
    /// A database port is open to the world.
    DatabasePort,
    /// The publisher and names with an underscore.
    PublisherUnderscore,
    /// The same module name in two places.
    ModuleNames,
    /// What was removed stays callable.
    StaleCode,
    /// Interpreter names shared by strangers.
    InterpreterNames,
    /// PSP shows source.
    PspSource,
    /// PythonDebug for everyone.
    DebugGate,
    /// `.pyc` can be fetched.
    Bytecode,
    /// `.pyo` can be fetched.
    OptimizedBytecode,
    /// File types that nobody thought of.
    FileTypes,
    /// Generated directory indexes.
    DirectoryIndex,
    /// Python source is served as a file.
    SourceServed,
    /// Backups and editors' residue are served.
    BackupServed,
    /// PythonDebug shows tracebacks.
    DebugTraceback,
    /// No handler answers, and the static handler serves the file.
    FallThrough,
    /// A .htaccess runs code.
    HtaccessCode,
    /// A handler inside `<Location>` skips the directory's rules.
    LocationHandler,
    /// testhandler and pdb on a public site.
    TestHandler,
    /// Publisher's nested access functions, SSI's `#python`.
    BrokenGuards,
}

impl Rule {
    /// Every rule, in the order of the numbers.
    pub const ALL: [Rule; 24] = [
        Rule::SensitiveModules,
        Rule::OneUser,
        Rule::Environment,
        Rule::ErrorText,
        Rule::PublisherExports,
        Rule::DatabasePort,
        Rule::PublisherUnderscore,
        Rule::ModuleNames,
        Rule::StaleCode,
        Rule::InterpreterNames,
        Rule::PspSource,
        Rule::DebugGate,
        Rule::Bytecode,
        Rule::OptimizedBytecode,
        Rule::FileTypes,
        Rule::DirectoryIndex,
        Rule::SourceServed,
        Rule::BackupServed,
        Rule::DebugTraceback,
        Rule::FallThrough,
        Rule::HtaccessCode,
        Rule::LocationHandler,
        Rule::TestHandler,
        Rule::BrokenGuards,
    ];

    /// The number: 11 for R11.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The tag of its log lines and of the request's note, which httpd keeps as a C string. Never
    /// reused for something else.
    pub const fn tag(self) -> &'static CStr {
        match self {
            Rule::SensitiveModules => c"PG001",
            Rule::OneUser => c"PG002",
            Rule::Environment => c"PG003",
            Rule::ErrorText => c"PG004",
            Rule::PublisherExports => c"PG005",
            Rule::DatabasePort => c"PG006",
            Rule::PublisherUnderscore => c"PG007",
            Rule::ModuleNames => c"PG008",
            Rule::StaleCode => c"PG009",
            Rule::InterpreterNames => c"PG010",
            Rule::PspSource => c"PG011",
            Rule::DebugGate => c"PG012",
            Rule::Bytecode => c"PG013",
            Rule::OptimizedBytecode => c"PG014",
            Rule::FileTypes => c"PG015",
            Rule::DirectoryIndex => c"PG016",
            Rule::SourceServed => c"PG017",
            Rule::BackupServed => c"PG018",
            Rule::DebugTraceback => c"PG019",
            Rule::FallThrough => c"PG020",
            Rule::HtaccessCode => c"PG021",
            Rule::LocationHandler => c"PG022",
            Rule::TestHandler => c"PG023",
            Rule::BrokenGuards => c"PG024",
        }
    }

    /// A few words for tables and reports.
    pub const fn title(self) -> &'static str {
        match self {
            Rule::SensitiveModules => "sensitive modules inside the document root",
            Rule::OneUser => "everything runs as one user",
            Rule::Environment => "PATH and PYTHON* steer Python and its children",
            Rule::ErrorText => "error messages reach the browser",
            Rule::PublisherExports => "publisher exports what a page imported",
            Rule::DatabasePort => "database port open to the world",
            Rule::PublisherUnderscore => "publisher and underscore names",
            Rule::ModuleNames => "the same module name in two places",
            Rule::StaleCode => "what was removed stays callable",
            Rule::InterpreterNames => "interpreter names shared by strangers",
            Rule::PspSource => "PSP shows source",
            Rule::DebugGate => "PythonDebug for everyone",
            Rule::Bytecode => ".pyc can be fetched",
            Rule::OptimizedBytecode => ".pyo can be fetched",
            Rule::FileTypes => "sensitive file types served",
            Rule::DirectoryIndex => "generated directory indexes",
            Rule::SourceServed => "Python source served as a file",
            Rule::BackupServed => "backups and editors' residue served",
            Rule::DebugTraceback => "PythonDebug shows tracebacks",
            Rule::FallThrough => "a declined request falls through to the file",
            Rule::HtaccessCode => ".htaccess runs code",
            Rule::LocationHandler => "a handler in <Location> skips the directory's rules",
            Rule::TestHandler => "testhandler on a public site",
            Rule::BrokenGuards => "publisher's and SSI's broken guards",
        }
    }

    /// The rule that denies a file of this class and name.
    pub fn of_file(class: Class, name: &[u8]) -> Rule {
        match class {
            Class::Source => Rule::SourceServed,
            Class::Bytecode if has_extension(name, b"pyo") => Rule::OptimizedBytecode,
            Class::Bytecode => Rule::Bytecode,
            Class::Backup | Class::Editor => Rule::BackupServed,
            Class::Template
            | Class::Vcs
            | Class::Secret
            | Class::Database
            | Class::Metadata
            | Class::Log
            | Class::Cache => Rule::FileTypes,
        }
    }
}

/// What the rule reference says of each rule, as Markdown.
#[rustfmt::skip]
impl Rule {
    /// How it is used against a site.
    pub const fn hazard(self) -> &'static str {
        match self {
            Rule::SensitiveModules => "What lies below a document root or an Alias has a URL. A site that keeps its modules, settings and templates there lets everybody try for them: `/settings.py` holds the password of the database, `/lib/login.py` shows how a login is checked. mod_python invites this, as it looks for a handler's module in the directory of the pages.",
            Rule::OneUser => "All Python code that runs in httpd runs as httpd's user, whichever site it belongs to. A hole in one site therefore reads the files and passwords of all the others. Where that user may write code, what the attacker leaves there runs on after the hole is closed. As root, there is nothing that it may not do.",
            Rule::Environment => "PATH decides which program a bare name runs. An application that writes `os.environ[\"PATH\"]` does so for the whole process, and chooses the programs that every other application in it starts. PYTHONPATH, PYTHONHOME and their like, in the shell that happens to start httpd, choose the code that the embedded Python loads, and httpd starts as root.",
            Rule::ErrorText => "A traceback tells paths, lines of the source, and names of tables and hosts. The debug page of a framework tells settings and the values of variables as well, and some let the visitor run Python. An attacker sends wrong input on purpose, and reads.",
            Rule::PublisherExports => "mod_python's publisher calls whatever a URL names in a page's module, also what the module imported. `from subprocess import getoutput` at the top of a page makes `/page/getoutput?cmd=id` a shell for everybody. An `__all__` in the page does not help: publisher does not look at it.",
            Rule::DatabasePort => "A database that listens on a network address can be tried by everyone who reaches that address. Passwords are guessed or taken from a settings file that leaked elsewhere, and some databases (Redis, memcached, an old MongoDB) ask for none as they are installed. Then nothing of the site has to be broken to read its data.",
            Rule::PublisherUnderscore => "By Python's custom, a name with an underscore in front is not for others. publisher refuses such names inside a page, but not the page itself: `/_admin/drop` runs the function `drop` of `_admin.py`, which its author took for hidden.",
            Rule::ModuleNames => "Python keeps modules by their names, and mod_python no longer tells two of the same name apart. If two areas that share an interpreter both have a `config.py`, both get the one that was asked for first in that process, with its passwords and its users. A file called `random.py` takes the place of Python's own for every application there, so that whoever may write one file runs code in all of them.",
            Rule::StaleCode => "mod_python imports a handler's module once in a process, and never again, whatever PythonAutoReload says. A function that was taken out of the file because of its hole stays callable, until httpd starts anew. The administrator sees the corrected file and believes the hole closed.",
            Rule::InterpreterNames => "Applications in one interpreter share modules, settings and open connections, and in mod_python its name is all that is needed to get in. A .htaccess of a stranger that says `PythonInterpreter shop.example.org` runs its code inside the shop: it reads the shop's passwords and replaces the shop's functions.",
            Rule::PspSource => "With PythonDebug On, PSP answers a name with an underscore at its end, such as `/login.psp_`, with the source of the page, and no rule about the file `login.psp` holds for that name. Where `SetHandler` gives a whole directory to PSP, any file counts as a page: `lib.py` has nothing in it that PSP would run, and is sent as it is.",
            Rule::DebugGate => "PythonDebug On sends the traceback of every error to whoever made the request. It may stand in a .htaccess, be forgotten after an afternoon's search, or be switched on by the application itself. A visitor needs no more than a wrong parameter to read paths, source and messages.",
            Rule::Bytecode => "Python writes what it compiled into `__pycache__/`, beside the source, and httpd sends that as any other file: `/__pycache__/settings.cpython-311.pyc`. Common tools turn it back into readable source, with every password that stands in it. A rule about `.py` does not cover it.",
            Rule::OptimizedBytecode => "Python 2 wrote `.pyo` files beside the source when it ran with `-O`, and mod_python when it ran with PythonOptimize. They outlive their source and the people who knew of them, and are as readable as any bytecode. (What Python 3 optimizes is called `.opt-1.pyc`: [PG013](#pg013).)",
            Rule::FileTypes => "A `<FilesMatch>` for `.py` says nothing of what else lies there: `.env`, `config.ini`, a private key, `.git/`, `db.sqlite3`, a dump of the database, `error_log`, templates. Scanners ask every site for these names, every day.",
            Rule::DirectoryIndex => "Where a directory has no index page, `Options Indexes` makes httpd list it. The list names every module, copy and forgotten script, so that an attacker does not even have to guess.",
            Rule::SourceServed => "httpd sends a `.py` as any other file wherever no handler claims it: when another extension is mapped, by a second Alias or virtual host for the same files, by MultiViews, after a RemoveHandler. One such way is enough to read the application's source, and the passwords in it.",
            Rule::BackupServed => "Editors and careful people leave copies: `login.py~`, `.login.py.swp`, `settings.py.bak`, `site_old.py`. No handler knows their extensions, so httpd sends them as text. Scanners try these endings on every page that they find.",
            Rule::DebugTraceback => "mod_python shows a traceback as a page of status 500, and where something was sent already, behind that, with status 200 and the page's own content type. It does so from access, fixup and other early phases too, where httpd's usual output filters are not in place yet. What looks for errors by their status, or comes with the handler, does not see it.",
            Rule::FallThrough => "A handler that declines, an extension that no handler was named for, a forgotten PythonHandler, or a WSGI application that is not found: each leaves the request to httpd's own handler, and that sends the file, the source. Where an upgrade drops mod_python, the whole site can be downloaded.",
            Rule::HtaccessCode => "AllowOverride with any category at all lets a .htaccess use mod_python's directives. PythonPath is evaluated as Python as soon as something in that directory is asked for. Whoever can write one file below the document root, by an upload or an FTP account, runs code as httpd's user.",
            Rule::LocationHandler => "A mod_python handler that is named in a `<Location>` has no file name, and without one httpd skips `<Directory>`, `<Files>` and .htaccess. `Require all denied` in the directory's section, or its password, then holds for the files and not for the handler.",
            Rule::TestHandler => "mod_python.testhandler is a page for trying out an installation. It tells the versions, the configuration and the environment of the server, and with `?view_log=1` the last hundred lines of the error log. PythonEnablePdb puts every handler into a debugger: where httpd runs as one process (`httpd -D ONE_PROCESS`), each request stops there and waits for somebody at the terminal.",
            Rule::BrokenGuards => "publisher finds a function's nested `__auth__` and `__access__` by counting through its bytecode, and that goes wrong: it may take another constant for the guard, and a constant that counts as true lets everybody in. With mod_python 3.5.0 and Python 3.9 or later, `__auth__` cannot read the password that a browser sends, and refuses everybody. An exception in the `#python` of a page with server-side includes can end the process that answers it, and every other request there with it.",
        }
    }

    /// What the module does about it, and which directives change that.
    pub const fn enforcement(self) -> &'static str {
        match self {
            Rule::SensitiveModules => "Nothing is refused under this number. Such files are refused by what they are: source by [PG017](#pg017), bytecode by [PG013](#pg013), settings and keys by [PG015](#pg015). The audit says which of them had better not lie there at all.",
            Rule::OneUser => "None: no module inside a process of that user can hold back the code that runs in it. The audit looks at who answers requests, and who may write and read.",
            Rule::Environment => "When httpd starts, its environment gets the PATH that `PyGuardPath` says and loses PYTHONPATH, PYTHONHOME and most variables that begin with PYTHON; one line names each that was taken away. Each request gets the same PATH, over any `SetEnv`. A PATH that an application changes for the whole process is logged, at most five times a minute, and put back where the process has no other thread.",
            Rule::ErrorText => "Error text in the response of a program (mod_python, mod_wsgi, CGI or a proxied application) is withheld from everybody but a client of `PyGuardDebugFrom`. The client gets httpd's error document, or, where something was sent already, a short notice. The error log has the text, line by line under the id that the client sees. `PyGuardErrors Replace` puts the error document over every response of status 500 or above, `Strict` refuses also what cannot be read, `Log` only logs, and `Off` does not look.",
            Rule::PublisherExports => "publisher reaches only names that the page's own source defines at its top level (`def`, `class`, an assignment), and of these only what its `__all__` lists, if it has a literal one. A name that an earlier version of the page imported stays refused until a restart. A page that cannot be read is refused with status 500. `PyGuardPublish name ...` replaces both rules by a list.",
            Rule::DatabasePort => "None: the sockets of other programs are not the module's. The audit looks at the ports that are open on this machine.",
            Rule::PublisherUnderscore => "A publisher request is denied if any name in it, the page's own included, begins with an underscore or a dot. `PyGuardPublish` does not open such a name either.",
            Rule::ModuleNames => "Nothing is refused under this number. `PyGuardInterpreter Isolate` gives each area, that is each section or .htaccess that names handlers, an interpreter of its own. A line with PG008 at level `info` says of a request that it got one.",
            Rule::StaleCode => "A handler's module whose file changed after httpd read its configuration is named in the log, once; so is a publisher page where PythonAutoReload is off. What such a module itself imports is not looked at. `PyGuardStale Deny` answers 503 until a graceful restart. `PyGuardAutoReload Off` switches PythonAutoReload off for every request, and says so with PG009 at level `info`.",
            Rule::InterpreterNames => "A name that the server's configuration gives to a section or virtual host, the default name of every virtual host, that of a PythonImport, and `main_interpreter` are reserved. A .htaccess elsewhere that takes one gets a 500 for all that is below it, and the log says whose the name is and in which line it was taken. (Unless `PyGuardHtaccess` allows it, no .htaccess may use PythonInterpreter at all: [PG021](#pg021).)",
            Rule::PspSource => "Under PSP, a name that ends in an underscore is for the clients of `PyGuardDebugFrom` only. Of the files there, `.psp`, web pages (`.html`, `.htm`, `.xhtml`) and the extensions that the configuration gives to PSP are run, and the others are denied. Python that PSP made of a page is withheld where it turns up in a response.",
            Rule::DebugGate => "In every phase of a request, PythonDebug is in force only if `PyGuardDebugFrom` admits the client, whatever set it. Other clients get a plain 500, and the log the traceback. Behind a proxy that mod_remoteip knows, `PyGuardDebugProxy` has to admit the proxy too. The line is at level `info`: `LogLevel pyguard:info` shows it.",
            Rule::Bytecode => "Files of the class `bytecode` are denied everywhere: `.pyc`, `.pyd`, built extensions such as `x.cpython-311-x86_64-linux-gnu.so`, and all in `__pycache__/`. Python in httpd writes no bytecode, unless the server configuration says `PyGuardBytecode On`.",
            Rule::OptimizedBytecode => "As [PG013](#pg013): `.pyo` files are of the class `bytecode`, and have this number in the log.",
            Rule::FileTypes => "The classes `secret`, `vcs` and `database` are denied everywhere; `template`, `metadata`, `log` and `cache` in Python directories. The name decides, and [one table](../src/policy/names.rs) has all of them. What a program generates itself, where there is no such file, is not denied.",
            Rule::DirectoryIndex => "A generated index of a Python directory is denied. In the indexes of other directories, files that are denied do not appear.",
            Rule::SourceServed => "Files of the class `source` are not sent by httpd's own handler, nor copied by WebDAV, by whatever URL, method or subrequest they are asked for; a handler may still run them. A symbolic link is judged by its own name, not by where it leads.",
            Rule::BackupServed => "Files of the classes `backup` and `editor` are denied everywhere, Python's or not, and also where a handler would run them.",
            Rule::DebugTraceback => "[PG012](#pg012) keeps PythonDebug off for strangers. Where mod_python's error page comes all the same, it is withheld as any other error text, in every phase and with any status: see [PG004](#pg004).",
            Rule::FallThrough => "A request for mod_python, mod_wsgi or CGI that none of them answered is not answered with the file, but for what `PyGuardStatic` names. In a directory with `PyGuardProtect On` the same holds for every request. Where mod_python is configured and not loaded, PG101 says so when httpd starts.",
            Rule::HtaccessCode => "A .htaccess that uses PythonPath or PythonInterpreter gets a 500 for all that is below it, and the log has the file and the line. The other directives of mod_python stay allowed, as far as AllowOverride goes: `PyGuardHtaccess None` forbids them all, and `PyGuardHtaccess` with a list, or with + and -, chooses. None of the module's own directives may stand in a .htaccess.",
            Rule::LocationHandler => "Such a handler is under the rules on access of `<Directory>`, `<Files>` and .htaccess for the file that its URL would have. What these refuse has httpd's own line in the log (AH01630). PG022 itself is one case, refused with 500: a PythonAccessHandler or its like of a `<Directory>` together with a .htaccess that has directives of Python, which cannot be told apart. (With `PyGuard Detect`, it names each `<Location>` that the rules would be applied to.) A RewriteRule or Redirect of the directory does not guard the handler.",
            Rule::TestHandler => "mod_python.testhandler answers the clients of `PyGuardDebugFrom` only. PythonEnablePdb is left alone; `PyGuardHtaccess -PythonEnablePdb` keeps it out of every .htaccess.",
            Rule::BrokenGuards => "Nothing is refused under this number: the module cannot know what such a guard was meant to do. The text of the exception is withheld ([PG004](#pg004)). The audit names the pages.",
        }
    }

    /// How an administrator makes an exception from it; empty where no directive makes one.
    pub const fn accept(self) -> &'static str {
        match self {
            Rule::Environment => "`PyGuardEnv Leave` in the server configuration leaves httpd's environment as it is, in a section the PATH of its requests.",
            Rule::ErrorText => "`PyGuardErrors Off` in the `<Location>` of a page that shows tracebacks on purpose; `PyGuardDebugFrom address` for developers.",
            Rule::PublisherExports => "`PyGuardPublish name ...` in the `<Directory>` of the page.",
            Rule::StaleCode => "`PyGuardStale Ignore`, or `PyGuardStale Log` in a section where the server says Deny.",
            Rule::InterpreterNames => "`PythonInterpreter name` in the server's `<Directory>` of that .htaccess gives the name to it too; `PyGuardInterpreter Leave` there ends the check.",
            Rule::PspSource => "`PyGuardDebugFrom address` for the view of the source; `PyGuardExempt pattern` for other files that PSP is to run.",
            Rule::DebugGate => "`PyGuardDebugFrom address`, and behind a proxy `PyGuardDebugProxy address`.",
            Rule::Bytecode | Rule::OptimizedBytecode => "`PyGuardDeny -bytecode` in the `<Directory>`, or `PyGuardExempt pattern` for single files outside of `__pycache__/`.",
            Rule::FileTypes => "`PyGuardExempt pattern` in the `<Directory>` for single files, `PyGuardDeny -class` for all of a class.",
            Rule::DirectoryIndex => "`PyGuardProtect Off` in the `<Directory>`; it is then no Python directory in any respect.",
            Rule::SourceServed => "`PyGuardExempt pattern` in the `<Directory>`; where the whole directory is Python's, `PyGuardStatic pattern` besides.",
            Rule::BackupServed => "`PyGuardExempt pattern` in the `<Directory>`. A backup of source is source too: `PyGuardDeny -backup` alone does not open `x.py~`.",
            Rule::DebugTraceback => "`PyGuardDebugFrom address` for developers; `PyGuardErrors Off` in a section sends error text to everybody.",
            Rule::FallThrough => "`PyGuardStatic pattern` in the `<Directory>`, such as `PyGuardStatic *.css *.js *.png`.",
            Rule::HtaccessCode => "`PyGuardHtaccess +PythonPath` (or another directive) in the `<Directory>`.",
            Rule::LocationHandler => "`Require all granted` in the `<Location>` opens it to everybody; `PyGuardProtect Off` there leaves everything to mod_python.",
            Rule::TestHandler => "`PyGuardDebugFrom address`.",
            Rule::SensitiveModules
            | Rule::OneUser
            | Rule::DatabasePort
            | Rule::PublisherUnderscore
            | Rule::ModuleNames
            | Rule::BrokenGuards => "",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_number_and_the_list_is_complete() {
        for (index, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(usize::from(rule.number()), index + 1);
            assert_eq!(
                rule.tag().to_str().unwrap(),
                format!("PG{:03}", rule.number())
            );
            assert!(!rule.title().is_empty());
        }
    }

    #[test]
    fn every_class_has_a_rule() {
        let tag = |class, name: &str| Rule::of_file(class, name.as_bytes()).tag();
        assert_eq!(tag(Class::Source, "x.py"), c"PG017");
        assert_eq!(tag(Class::Bytecode, "x.pyc"), c"PG013");
        assert_eq!(tag(Class::Bytecode, "x.PYO"), c"PG014");
        assert_eq!(tag(Class::Editor, "#x#"), c"PG018");
        for class in Class::ALL {
            assert!(Rule::ALL.contains(&Rule::of_file(class, b"x")));
        }
    }
}
