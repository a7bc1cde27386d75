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
