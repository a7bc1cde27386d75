//! The module's directives: one row each, with what it takes, its default, its help and its setter.
//!
//! A row is all that a new directive needs: httpd's command table, the README's table and the
//! tests are made from, or held against, this one.

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::sync::Arc;

use super::audit::accept::{self, Accepted, Audit, When};
use super::class::{Class, ClassSet};
use super::htaccess::{DirectiveSet, PythonDirective};
use super::message::{quoted, unknown_word};
use super::pattern::Pattern;
use super::settings::{
    AutoReload, Bytecode, Changes, Environment, Errors, Interpreters, List, Mode, Protect, Publish,
    Settings, Stale, Status, WordSet,
};
use super::trust::Subnet;

/// One directive.
pub struct Directive {
    /// Its name as documented, in the form that httpd's command table wants. httpd compares names
    /// without case.
    pub name: &'static CStr,
    /// What it takes, for the documentation and the message about a missing argument.
    pub takes: &'static str,
    /// What holds where it is not given, for the documentation.
    pub default: &'static str,
    /// What it does, in one line, for `httpd -L`.
    pub help: &'static CStr,
    /// Where it may stand.
    pub scope: Scope,
    /// The most arguments it takes; at least one is always needed.
    pub most: usize,
    /// Puts the arguments into the settings. The error names what is wrong and what is accepted.
    pub set: fn(&mut Settings, &[&[u8]]) -> Result<(), String>,
}

/// Where a directive may stand. None may stand in a .htaccess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the server configuration, in virtual hosts and in sections.
    Section,
    /// In the server configuration only: it is about the process.
    Server,
}

/// No limit on the number of arguments.
const MANY: usize = usize::MAX;

/// Every directive, in the order of the documentation.
pub static DIRECTIVES: [Directive; 23] = [
    Directive {
        name: c"PyGuard",
        takes: "On|Off|Detect",
        default: "On",
        help: c"Enforce (On), log what would be enforced (Detect), or do nothing (Off)",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            settings.mode = Some(choice(arguments, &[("On", Mode::On), ("Off", Mode::Off), ("Detect", Mode::Detect)])?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardDeny",
        takes: "[+|-]class ...|All|None",
        default: "All",
        help: c"The classes of files that are denied; + and - change the outer section's, as in Options",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| changes(&mut settings.deny, arguments, "class", classes),
    },
    Directive {
        name: c"PyGuardExempt",
        takes: "pattern ...|None",
        default: "None",
        help: c"File names that are served although their class is denied, such as example.py",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| list(&mut settings.exempt, arguments, Pattern::parse),
    },
    Directive {
        name: c"PyGuardProtect",
        takes: "On|Off|Auto",
        default: "Auto",
        help: c"Whether this is a Python directory: by decree (On, Off) or as configured (Auto)",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [("On", Protect::On), ("Off", Protect::Off), ("Auto", Protect::Auto)];
            settings.protect = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardStatic",
        takes: "pattern ...|None",
        default: "None",
        help: c"File names that a request for Python may fall through to, such as *.css *.png",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| list(&mut settings.fall_through, arguments, Pattern::parse),
    },
    Directive {
        name: c"PyGuardStatus",
        takes: "404|403",
        default: "404",
        help: c"The status of a denied request: 404 looks as if the file did not exist",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            settings.status = Some(choice(arguments, &[("404", Status::NotFound), ("403", Status::Forbidden)])?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardDebugFrom",
        takes: "address ...|None",
        default: "None",
        help: c"Trusted clients, who see tracebacks, PSP source and testhandler: addresses as in Require ip",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| list(&mut settings.debug_from, arguments, subnet),
    },
    Directive {
        name: c"PyGuardDebugProxy",
        takes: "address ...|None",
        default: "None",
        help: c"Proxies whose word (by mod_remoteip) is taken for the address of a trusted client",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| list(&mut settings.debug_proxy, arguments, subnet),
    },
    Directive {
        name: c"PyGuardErrors",
        takes: "Scrub|Replace|Strict|Log|Off",
        default: "Scrub",
        help: c"Error text in responses: withhold it (Scrub), replace every 5xx too (Replace), refuse the unreadable too (Strict), only log it (Log), or do not look (Off)",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [
                ("Scrub", Errors::Scrub),
                ("Replace", Errors::Replace),
                ("Strict", Errors::Strict),
                ("Log", Errors::Log),
                ("Off", Errors::Off),
            ];
            settings.errors = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardErrorBuffer",
        takes: "bytes",
        default: "256K",
        help: c"How much of a response of status 500 or above is held until it is known to be clean: bytes, or with K or M",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            settings.error_buffer = Some(size(arguments.first().copied().unwrap_or_default())?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardPublish",
        takes: "name ...|Auto|None",
        default: "Auto",
        help: c"What mod_python's publisher may show of a page: what the page itself defines (Auto), or these names",
        scope: Scope::Section,
        most: MANY,
        set: set_publish,
    },
    Directive {
        name: c"PyGuardHtaccess",
        takes: "[+|-]directive ...|All|None",
        default: "-PythonPath -PythonInterpreter",
        help: c"The directives of mod_python that a .htaccess may use: these alone, or with + and - the outer section's and these changes",
        scope: Scope::Section,
        most: MANY,
        set: |settings, arguments| changes(&mut settings.htaccess, arguments, "directive", directives),
    },
    Directive {
        name: c"PyGuardInterpreter",
        takes: "Reserve|Isolate|Leave",
        default: "Reserve",
        help: c"Keep each .htaccess out of interpreters that are another's (Reserve), give each area its own besides (Isolate), or neither",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [
                ("Reserve", Interpreters::Reserve),
                ("Isolate", Interpreters::Isolate),
                ("Leave", Interpreters::Leave),
            ];
            settings.interpreters = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardStale",
        takes: "Ignore|Log|Deny",
        default: "Log",
        help: c"Python source that is newer than the running server: nothing, a line in the log, or 503 until a restart",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [("Ignore", Stale::Ignore), ("Log", Stale::Log), ("Deny", Stale::Deny)];
            settings.stale = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardAutoReload",
        takes: "Leave|Off",
        default: "Leave",
        help: c"Whether PythonAutoReload is off for every request, whatever set it",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [("Leave", AutoReload::Leave), ("Off", AutoReload::Off)];
            settings.auto_reload = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardEnv",
        takes: "Clean|Leave",
        default: "Clean",
        help: c"Give httpd and every request a fixed PATH, and take PYTHONPATH and its like away (Clean), or do not (Leave)",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            let words = [("Clean", Environment::Clean), ("Leave", Environment::Leave)];
            settings.environment = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardPath",
        takes: "path",
        default: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        help: c"The fixed PATH: absolute directories, separated by colons",
        scope: Scope::Section,
        most: 1,
        set: |settings, arguments| {
            settings.path = Some(path(arguments.first().copied().unwrap_or_default())?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardBytecode",
        takes: "Off|On",
        default: "Off",
        help: c"Whether Python writes bytecode beside the source",
        scope: Scope::Server,
        most: 1,
        set: |settings, arguments| {
            let words = [("Off", Bytecode::Off), ("On", Bytecode::On)];
            settings.bytecode = Some(choice(arguments, &words)?);
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardAudit",
        takes: "Off|Warn|Strict",
        default: "Warn",
        help: c"The audit at each start: none (Off), findings in the error log (Warn), or besides no start with one of severity high (Strict)",
        scope: Scope::Server,
        most: 1,
        set: |settings, arguments| {
            let words = [("Off", When::Off), ("Warn", When::Warn), ("Strict", When::Strict)];
            audit(settings).when = choice(arguments, &words)?;
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardAuditAccept",
        takes: "check[:pattern] ...|None",
        default: "None",
        help: c"Findings of the audit to leave as they are: by check, or by check and place, such as backup-in-reach:*.orig",
        scope: Scope::Server,
        most: MANY,
        set: |settings, arguments| list(&mut audit(settings).accepted, arguments, Accepted::parse),
    },
    Directive {
        name: c"PyGuardAuditEntries",
        takes: "number",
        default: "200000",
        help: c"The most files and directories that the audit looks at",
        scope: Scope::Server,
        most: 1,
        set: |settings, arguments| {
            audit(settings).entries = number(arguments, 10_000_000)?;
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardAuditDepth",
        takes: "number",
        default: "32",
        help: c"How many directories deep the audit looks, below each document root, Alias and Python directory",
        scope: Scope::Server,
        most: 1,
        set: |settings, arguments| {
            audit(settings).depth = number(arguments, 255)?;
            Ok(())
        },
    },
    Directive {
        name: c"PyGuardAuditTime",
        takes: "milliseconds",
        default: "1000",
        help: c"For how long the audit looks at files, in milliseconds",
        scope: Scope::Server,
        most: 1,
        set: |settings, arguments| {
            audit(settings).time = number(arguments, 600_000)? as u64;
            Ok(())
        },
    },
];

impl Directive {
    /// Its name.
    pub fn name(&self) -> Cow<'static, str> {
        self.name.to_string_lossy()
    }

    /// Applies the directive with these arguments. The error is a sentence for the administrator.
    pub fn apply(&self, settings: &mut Settings, arguments: &[&[u8]]) -> Result<(), String> {
        if arguments.is_empty() || arguments.len() > self.most {
            let number = if self.most == 1 {
                "exactly one argument"
            } else {
                "at least one argument"
            };
            return Err(format!("{} takes {number}: {}", self.name(), self.takes));
        }
        (self.set)(settings, arguments).map_err(|why| format!("{}: {why}", self.name()))
    }
}

/// The value of the one argument.
fn choice<T: Copy>(arguments: &[&[u8]], accepted: &[(&str, T)]) -> Result<T, String> {
    let word = arguments.first().copied().unwrap_or_default();
    let found = accepted
        .iter()
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = accepted.iter().map(|(name, _)| *name).collect();
        unknown_word("accepted here", word, &names)
    })
}

/// Adds the arguments to a list; `None` alone empties it.
fn list<T: Clone>(
    list: &mut List<T>,
    arguments: &[&[u8]],
    parse: fn(&[u8]) -> Result<T, String>,
) -> Result<(), String> {
    if let [only] = arguments
        && only.eq_ignore_ascii_case(b"none")
    {
        *list = Some(Arc::default());
        return Ok(());
    }
    let words = Arc::make_mut(list.get_or_insert_default());
    for word in arguments {
        if word.eq_ignore_ascii_case(b"none") {
            return Err("None stands alone, or not at all".to_owned());
        }
        words.push(parse(word)?);
    }
    Ok(())
}

/// The settings of the audit, to change one.
fn audit(settings: &mut Settings) -> &mut Audit {
    let audit = settings
        .audit
        .get_or_insert_with(|| Arc::new(accept::DEFAULT.clone()));
    Arc::make_mut(audit)
}

/// A number from 1 on.
fn number(arguments: &[&[u8]], largest: usize) -> Result<usize, String> {
    let word = arguments.first().copied().unwrap_or_default();
    let digits = word.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(word).ok().filter(|_| digits);
    number
        .and_then(|digits| digits.parse().ok())
        .filter(|number| (1..=largest).contains(number))
        .ok_or_else(|| format!("{} is not a number from 1 to {largest}", quoted(word)))
}

/// A size in bytes, or with K or M in units of 1024 or 1024 * 1024.
fn size(word: &[u8]) -> Result<usize, String> {
    const SMALLEST: usize = 4 * 1024;
    const LARGEST: usize = 64 * 1024 * 1024;
    let (digits, unit) = match word {
        [digits @ .., b'k' | b'K'] => (digits, 1024),
        [digits @ .., b'm' | b'M'] => (digits, 1024 * 1024),
        digits => (digits, 1),
    };
    let number = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse::<usize>().ok())
        .and_then(|number| number.checked_mul(unit));
    match number {
        Some(bytes) if (SMALLEST..=LARGEST).contains(&bytes) => Ok(bytes),
        Some(_) => Err(format!("{} is not between 4K and 64M", quoted(word))),
        None => Err(format!(
            "{} is not a size: a number of bytes, or one with K or M, such as 256K",
            quoted(word)
        )),
    }
}

fn subnet(word: &[u8]) -> Result<Subnet, String> {
    Subnet::parse(&String::from_utf8_lossy(word))
}

/// `PyGuardPublish`: lines of one section add up.
fn set_publish(settings: &mut Settings, arguments: &[&[u8]]) -> Result<(), String> {
    if let [only] = arguments
        && only.eq_ignore_ascii_case(b"auto")
    {
        settings.publish = Some(Publish::Auto);
        return Ok(());
    }
    let mut names = match settings.publish.take() {
        Some(Publish::Names(names)) => Some(names),
        _ => None,
    };
    list(&mut names, arguments, |word| {
        if word.eq_ignore_ascii_case(b"auto") {
            Err("Auto stands alone, or not at all".to_owned())
        } else if word.eq_ignore_ascii_case(b"all") {
            Err("All is not accepted: names, Auto or None".to_owned())
        } else if word.starts_with(b"_") {
            let word = quoted(word);
            Err(format!(
                "{word} begins with an underscore, which publisher never shows"
            ))
        } else if is_identifier(word) {
            Ok(word.to_vec())
        } else {
            let word = quoted(word);
            Err(format!(
                "{word} is not a Python name: the first name after the page, such as index"
            ))
        }
    })?;
    settings.publish = Some(Publish::Names(names.unwrap_or_default()));
    Ok(())
}

/// Whether the word can be a name in Python, whose letters need not be ASCII.
fn is_identifier(word: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    word.iter().all(letter) && !word.first().is_none_or(u8::is_ascii_digit)
}

/// A PATH: a relative or empty part of it would be whatever directory a program is in.
fn path(word: &[u8]) -> Result<Arc<CStr>, String> {
    let absolute = |part: &[u8]| {
        part.starts_with(b"/") && part.split(|byte| *byte == b'/').all(|name| name != b"..")
    };
    if word.contains(&b';') || !word.split(|byte| *byte == b':').all(absolute) {
        return Err(format!(
            "{} is not a PATH: absolute directories without .. in them, none of them empty, separated by colons",
            quoted(word)
        ));
    }
    match CString::new(word) {
        Ok(path) => Ok(path.into()),
        Err(_) => Err("a PATH has no NUL in it".to_owned()),
    }
}

/// Words of a set: either every one has a sign, or none.
fn changes<S: WordSet>(
    changes: &mut Option<Changes<S>>,
    arguments: &[&[u8]],
    what: &str,
    parse: fn(&[u8]) -> Result<S, String>,
) -> Result<(), String> {
    let mut result = changes.unwrap_or_default();
    let signed = |word: &&[u8]| matches!(word.first(), Some(b'+' | b'-'));
    let signs = arguments.iter().filter(|word| signed(word)).count();
    if signs != 0 && signs != arguments.len() {
        return Err(format!(
            "either every {what} has a + or -, or none has: with signs the outer section's words are \
             changed, without they are replaced; to leave one out write only -{what}"
        ));
    }
    let mut replace = S::default();
    for word in arguments {
        match word.split_first() {
            Some((b'+', name)) => {
                let words = parse(name)?;
                result.add = result.add.union(words);
                result.remove = result.remove.without(words);
            }
            Some((b'-', name)) => {
                let words = parse(name)?;
                result.remove = result.remove.union(words);
                result.add = result.add.without(words);
            }
            _ if arguments.len() > 1 && is_set(word) => {
                return Err("All and None stand alone, or have a + or -".to_owned());
            }
            _ => replace = replace.union(parse(word)?),
        }
    }
    if signs == 0 {
        result = Changes {
            replace: Some(replace),
            ..Changes::default()
        };
    }
    *changes = Some(result);
    Ok(())
}

fn is_set(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"all") || word.eq_ignore_ascii_case(b"none")
}

/// The classes that a word names: one, `All` or `None`.
fn classes(word: &[u8]) -> Result<ClassSet, String> {
    if word.eq_ignore_ascii_case(b"all") {
        return Ok(ClassSet::ALL);
    }
    if word.eq_ignore_ascii_case(b"none") {
        return Ok(ClassSet::EMPTY);
    }
    Class::from_name(word).map(ClassSet::of).ok_or_else(|| {
        let mut names: Vec<&str> = Class::ALL.iter().map(|class| class.name()).collect();
        names.extend(["All", "None"]);
        unknown_word("a class", word, &names)
    })
}

/// The directives of mod_python that a word names: one, `All` or `None`.
fn directives(word: &[u8]) -> Result<DirectiveSet, String> {
    if word.eq_ignore_ascii_case(b"all") {
        return Ok(DirectiveSet::ALL);
    }
    if word.eq_ignore_ascii_case(b"none") {
        return Ok(DirectiveSet::EMPTY);
    }
    let found = PythonDirective::from_name(word).map(DirectiveSet::of);
    found.ok_or_else(|| {
        let mut names: Vec<&str> = PythonDirective::all().map(PythonDirective::name).collect();
        names.extend(["All", "None"]);
        unknown_word(
            "a directive that mod_python allows in a .htaccess",
            word,
            &names,
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn apply(line: &str) -> Result<Settings, String> {
        let mut settings = Settings::EMPTY;
        apply_to(&mut settings, line).map(|()| settings)
    }

    fn apply_to(settings: &mut Settings, line: &str) -> Result<(), String> {
        let mut words = line.split(' ').map(str::as_bytes);
        let name = words.next().unwrap();
        let directive = DIRECTIVES
            .iter()
            .find(|d| d.name.to_bytes() == name)
            .unwrap();
        directive.apply(settings, &words.collect::<Vec<_>>())
    }

    #[test]
    fn what_is_accepted() {
        assert_eq!(apply("PyGuard detect").unwrap().mode(), Mode::Detect);
        assert_eq!(apply("PyGuardProtect OFF").unwrap().protect(), Protect::Off);
        assert_eq!(
            apply("PyGuardStatus 403").unwrap().status(),
            Status::Forbidden
        );
        assert_eq!(
            apply("PyGuardExempt *.whl *.egg").unwrap().exempt().len(),
            2
        );
        assert_eq!(
            apply("PyGuardStatic *.css").unwrap().fall_through().len(),
            1
        );
        assert_eq!(
            apply("PyGuardDebugFrom 127.0.0.1 ::1")
                .unwrap()
                .debug_from()
                .len(),
            2
        );
        assert_eq!(
            apply("PyGuardDebugProxy 10.0.0.0/8")
                .unwrap()
                .debug_proxy()
                .len(),
            1
        );
        assert_eq!(
            apply("PyGuardErrors strict").unwrap().errors(),
            Errors::Strict
        );
        for (size, bytes) in [("4096", 4096), ("64K", 65_536), ("1m", 1_048_576)] {
            let line = format!("PyGuardErrorBuffer {size}");
            assert_eq!(apply(&line).unwrap().error_buffer(), bytes);
        }
        assert_eq!(apply("PyGuardDeny None").unwrap().denied(), ClassSet::EMPTY);
        assert_eq!(
            apply("PyGuardDeny source Backup")
                .unwrap()
                .denied()
                .iter()
                .count(),
            2
        );
        assert_eq!(
            apply("PyGuardDeny -log -cache")
                .unwrap()
                .denied()
                .iter()
                .count(),
            9
        );
    }

    #[test]
    fn what_the_rules_of_python_accept() {
        let names = apply("PyGuardPublish index caf\u{e9} _x".trim_end_matches(" _x"));
        let names = names.unwrap();
        assert!(matches!(names.publish(), Publish::Names(names) if names.len() == 2));
        let mut settings = apply("PyGuardPublish index").unwrap();
        apply_to(&mut settings, "PyGuardPublish more").unwrap();
        assert!(matches!(settings.publish(), Publish::Names(names) if names.len() == 2));
        apply_to(&mut settings, "PyGuardPublish None").unwrap();
        assert!(matches!(settings.publish(), Publish::Names(names) if names.is_empty()));
        apply_to(&mut settings, "PyGuardPublish auto").unwrap();
        assert_eq!(settings.publish(), &Publish::Auto);

        let path = PythonDirective::from_name(b"pythonpath").unwrap();
        let debug = PythonDirective::from_name(b"PythonDebug").unwrap();
        let settings = apply("PyGuardHtaccess +PythonPath -pythondebug").unwrap();
        assert!(settings.htaccess().contains(path) && !settings.htaccess().contains(debug));
        let settings = apply("PyGuardHtaccess PythonDebug").unwrap();
        assert_eq!(settings.htaccess(), DirectiveSet::of(debug));
        let settings = apply("PyGuardHtaccess All").unwrap();
        assert_eq!(settings.htaccess(), DirectiveSet::ALL);

        let settings = apply("PyGuardPath /bin:/opt/bin").unwrap();
        assert_eq!(settings.path(), c"/bin:/opt/bin");
        assert_eq!(apply("PyGuardStale deny").unwrap().stale(), Stale::Deny);
        let settings = apply("PyGuardInterpreter isolate").unwrap();
        assert_eq!(settings.interpreters(), Interpreters::Isolate);
        assert_eq!(
            apply("PyGuardBytecode On").unwrap().bytecode(),
            Bytecode::On
        );
        let settings = apply("PyGuardEnv Leave").unwrap();
        assert_eq!(settings.environment(), Environment::Leave);
        let settings = apply("PyGuardAutoReload Off").unwrap();
        assert_eq!(settings.auto_reload(), AutoReload::Off);

        let mut settings = apply("PyGuardAudit strict").unwrap();
        apply_to(&mut settings, "PyGuardAuditAccept pdb indexes:*.conf").unwrap();
        apply_to(&mut settings, "PyGuardAuditTime 250").unwrap();
        let audit = settings.audit();
        assert_eq!(
            (audit.when, audit.time, audit.depth),
            (When::Strict, 250, 32)
        );
        assert!(
            audit
                .accepted
                .as_ref()
                .is_some_and(|words| words.len() == 2)
        );
        assert_eq!(Settings::EMPTY.audit().when, When::Warn);
    }

    #[test]
    fn lists_grow_in_one_section_and_none_empties_them() {
        let mut settings = apply("PyGuardExempt *.whl").unwrap();
        apply_to(&mut settings, "PyGuardExempt *.egg").unwrap();
        assert_eq!(settings.exempt().len(), 2);
        apply_to(&mut settings, "PyGuardExempt None").unwrap();
        assert!(settings.exempt().is_empty() && settings.exempt.is_some());
    }

    #[test]
    fn what_the_administrator_reads() {
        let table = [
            (
                "PyGuard Onn",
                "PyGuard: 'Onn' is not accepted here, did you mean On? Accepted: On, Off, Detect",
            ),
            (
                "PyGuard",
                "PyGuard takes exactly one argument: On|Off|Detect",
            ),
            (
                "PyGuard On Off",
                "PyGuard takes exactly one argument: On|Off|Detect",
            ),
            (
                "PyGuardDeny",
                "PyGuardDeny takes at least one argument: [+|-]class ...|All|None",
            ),
            (
                "PyGuardDeny backups",
                "PyGuardDeny: 'backups' is not a class, did you mean backup? Accepted: source, template",
            ),
            (
                "PyGuardDeny +log cache",
                "PyGuardDeny: either every class has a + or -, or none has",
            ),
            (
                "PyGuardStatus 401",
                "PyGuardStatus: '401' is not accepted here. Accepted: 404, 403",
            ),
            (
                "PyGuardDeny All source",
                "PyGuardDeny: All and None stand alone",
            ),
            (
                "PyGuardExempt a[b",
                "PyGuardExempt: 'a[b' is not a pattern: a '[' without its ']'",
            ),
            (
                "PyGuardExempt None *.py",
                "PyGuardExempt: None stands alone",
            ),
            (
                "PyGuardDebugFrom localhost",
                "PyGuardDebugFrom: 'localhost' is not an address: not an IPv4 or IPv6",
            ),
            (
                "PyGuardErrors Srcub",
                "PyGuardErrors: 'Srcub' is not accepted here, did you mean Scrub? Accepted: Scrub, Replace, Strict, Log, Off",
            ),
            (
                "PyGuardErrorBuffer 256KB",
                "PyGuardErrorBuffer: '256KB' is not a size: a number of bytes",
            ),
            ("PyGuardErrorBuffer K", "'K' is not a size"),
            ("PyGuardErrorBuffer -1", "'-1' is not a size"),
            ("PyGuardErrorBuffer 0", "'0' is not between 4K and 64M"),
            ("PyGuardErrorBuffer 99999999999999999999M", "is not a size"),
            (
                "PyGuardPublish _secret",
                "PyGuardPublish: '_secret' begins with an underscore",
            ),
            ("PyGuardPublish page.py", "'page.py' is not a Python name"),
            ("PyGuardPublish index Auto", "Auto stands alone"),
            (
                "PyGuardHtaccess PythonPaht",
                "'PythonPaht' is not a directive that mod_python allows in a .htaccess, did you mean PythonPath?",
            ),
            (
                "PyGuardHtaccess +PythonPath PythonDebug",
                "PyGuardHtaccess: either every directive has a + or -, or none has",
            ),
            (
                "PyGuardPath bin:/usr/bin",
                "PyGuardPath: 'bin:/usr/bin' is not a PATH: absolute directories",
            ),
            ("PyGuardPath /bin:", "is not a PATH"),
            ("PyGuardPath /bin/../tmp", "is not a PATH"),
            ("PyGuardPath /bin;/usr/bin", "is not a PATH"),
            ("PyGuardPublish All", "All is not accepted"),
            ("PyGuardAudit Strikt", "did you mean Strict?"),
            (
                "PyGuardAuditAccept pdp",
                "PyGuardAuditAccept: 'pdp' is not a check of the audit, did you mean pdb?",
            ),
            ("PyGuardAuditAccept pdb None", "None stands alone"),
            (
                "PyGuardAuditEntries many",
                "PyGuardAuditEntries: 'many' is not a number from 1 to 10000000",
            ),
            ("PyGuardAuditDepth 0", "'0' is not a number from 1 to 255"),
            (
                "PyGuardAuditTime +1",
                "'+1' is not a number from 1 to 600000",
            ),
            (
                "PyGuardDebugFrom 10.0.0.0/40",
                "the width is neither 0 to 32 nor a netmask",
            ),
        ];
        for (line, message) in table {
            let error = apply(line).unwrap_err();
            assert!(error.contains(message), "{line}: {error}");
        }
    }
}
