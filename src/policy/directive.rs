//! The module's directives: one row each, with what it takes, its default, its help and its setter.
//!
//! A row is all that a new directive needs: httpd's command table, the README's table and the
//! tests are made from, or held against, this one.

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::Arc;

use super::class::{Class, ClassSet};
use super::message::{quoted, unknown_word};
use super::pattern::Pattern;
use super::settings::{Deny, Errors, List, Mode, Protect, Settings, Status};
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
    /// The most arguments it takes; at least one is always needed.
    pub most: usize,
    /// Puts the arguments into the settings. The error names what is wrong and what is accepted.
    pub set: fn(&mut Settings, &[&[u8]]) -> Result<(), String>,
}

/// No limit on the number of arguments.
const MANY: usize = usize::MAX;

/// Every directive, in the order of the documentation.
pub static DIRECTIVES: [Directive; 10] = [
    Directive {
        name: c"PyGuard",
        takes: "On|Off|Detect",
        default: "On",
        help: c"Enforce (On), log what would be enforced (Detect), or do nothing (Off)",
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
        most: MANY,
        set: set_deny,
    },
    Directive {
        name: c"PyGuardExempt",
        takes: "pattern ...|None",
        default: "None",
        help: c"File names that are served although their class is denied, such as example.py",
        most: MANY,
        set: |settings, arguments| list(&mut settings.exempt, arguments, Pattern::parse),
    },
    Directive {
        name: c"PyGuardProtect",
        takes: "On|Off|Auto",
        default: "Auto",
        help: c"Whether this is a Python directory: by decree (On, Off) or as configured (Auto)",
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
        most: MANY,
        set: |settings, arguments| list(&mut settings.fall_through, arguments, Pattern::parse),
    },
    Directive {
        name: c"PyGuardStatus",
        takes: "404|403",
        default: "404",
        help: c"The status of a denied request: 404 looks as if the file did not exist",
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
        most: MANY,
        set: |settings, arguments| list(&mut settings.debug_from, arguments, subnet),
    },
    Directive {
        name: c"PyGuardDebugProxy",
        takes: "address ...|None",
        default: "None",
        help: c"Proxies whose word (by mod_remoteip) is taken for the address of a trusted client",
        most: MANY,
        set: |settings, arguments| list(&mut settings.debug_proxy, arguments, subnet),
    },
    Directive {
        name: c"PyGuardErrors",
        takes: "Scrub|Replace|Strict|Log|Off",
        default: "Scrub",
        help: c"Error text in responses: withhold it (Scrub), replace every 5xx too (Replace), refuse the unreadable too (Strict), only log it (Log), or do not look (Off)",
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
        most: 1,
        set: |settings, arguments| {
            settings.error_buffer = Some(size(arguments.first().copied().unwrap_or_default())?);
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

/// `PyGuardDeny`: either every word has a sign, or none.
fn set_deny(settings: &mut Settings, arguments: &[&[u8]]) -> Result<(), String> {
    let mut deny = settings.deny.unwrap_or_default();
    let signed = |word: &&[u8]| matches!(word.first(), Some(b'+' | b'-'));
    let signs = arguments.iter().filter(|word| signed(word)).count();
    if signs != 0 && signs != arguments.len() {
        return Err(
            "either every class has a + or -, or none has: with signs the outer section's classes \
                    are changed, without they are replaced; to leave one out write only -class"
                .to_owned(),
        );
    }
    let mut replace = ClassSet::EMPTY;
    for word in arguments {
        match word.split_first() {
            Some((b'+', name)) => {
                let classes = classes(name)?;
                deny.add = deny.add.union(classes);
                deny.remove = deny.remove.without(classes);
            }
            Some((b'-', name)) => {
                let classes = classes(name)?;
                deny.remove = deny.remove.union(classes);
                deny.add = deny.add.without(classes);
            }
            _ if arguments.len() > 1 && is_set(word) => {
                return Err("All and None stand alone, or have a + or -".to_owned());
            }
            _ => replace = replace.union(classes(word)?),
        }
    }
    if signs == 0 {
        deny = Deny {
            replace: Some(replace),
            ..Deny::default()
        };
    }
    settings.deny = Some(deny);
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
