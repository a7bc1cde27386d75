//! `PyGuardAudit*`: whether there is an audit, how far it looks, and what it no longer reports.

use super::check::{CHECKS, Check};
use super::facts::Place;
use super::{Finding, Severity};
use crate::policy::message::{quoted, unknown_word};
use crate::policy::pattern::Pattern;
use crate::policy::settings::List;

/// `PyGuardAudit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Only when it is asked for.
    Off,
    /// Findings go to the error log at each start.
    Warn,
    /// The same, and one of severity high stops the start.
    Strict,
}

/// What holds for the audit: the directives are for the whole server.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// `PyGuardAudit`
    pub when: When,
    /// `PyGuardAuditEntries`: how many entries of directories it looks at.
    pub entries: usize,
    /// `PyGuardAuditDepth`: how many directories deep, below the root of each tree.
    pub depth: usize,
    /// `PyGuardAuditTime`: for how long it looks at files, in milliseconds.
    pub time: u64,
    /// `PyGuardAuditAccept`
    pub accepted: List<Accepted>,
}

/// What holds where nothing is said.
pub(in crate::policy) static DEFAULT: Audit = Audit {
    when: When::Warn,
    entries: 200_000,
    depth: 32,
    time: 1000,
    accepted: None,
};

/// Findings that the administrator knows of and leaves as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    check: &'static Check,
    /// Where; `None`: everywhere.
    place: Option<Pattern>,
}

impl Accepted {
    /// A word of `PyGuardAuditAccept`: `name`, or `name:pattern` for the places.
    pub fn parse(word: &[u8]) -> Result<Accepted, String> {
        let colon = memchr::memchr(b':', word);
        let name = colon.and_then(|colon| word.get(..colon)).unwrap_or(word);
        let Some(check) = Check::from_name(name) else {
            let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            return Err(unknown_word("a check of the audit", name, &names));
        };
        let pattern = colon.and_then(|colon| word.get(colon + 1..));
        if let Some(pattern) = pattern
            && pattern.contains(&b'/')
            && !pattern.starts_with(b"/")
            && !pattern.starts_with(b"**/")
        {
            return Err(format!(
                "{} is no absolute path: with a / in it, a pattern is for whole paths, such as /srv/www/**",
                quoted(pattern)
            ));
        }
        let place = pattern.map(Pattern::parse).transpose()?;
        Ok(Accepted { check, place })
    }

    fn covers(&self, finding: &Finding) -> bool {
        let Some(pattern) = &self.place else {
            return self.check == finding.check;
        };
        let matches = |path: &[u8]| {
            let path = path.strip_prefix(b"/").unwrap_or(path);
            let mut names = path.split(|byte| *byte == b'/');
            pattern.matches_path(path) || names.any(|name| pattern.matches_component(name))
        };
        self.check == finding.check
            && match &finding.place {
                Place::Line(file, _) => matches(file),
                Place::Path(path) => matches(path),
                Place::Socket(address) => matches(address.as_bytes()),
            }
    }
}

impl Audit {
    /// What is to be reported, and what was accepted.
    pub fn sort(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
        let accepted = self.accepted.as_deref().map_or(&[][..], Vec::as_slice);
        let is_accepted = |finding: &Finding| accepted.iter().any(|one| one.covers(finding));
        findings
            .into_iter()
            .partition(|finding| !is_accepted(finding))
    }

    /// Whether the findings stop a start.
    pub fn refuses(&self, findings: &[Finding]) -> bool {
        let is_high = |finding: &Finding| finding.severity == Severity::High;
        self.when == When::Strict && findings.iter().any(is_high)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn finding(check: &str, place: Place) -> Finding {
        Finding {
            check: Check::from_name(check.as_bytes()).unwrap(),
            severity: Severity::High,
            place,
            what: String::new(),
            fix: String::new(),
            lines: Vec::new(),
        }
    }

    #[test]
    fn what_is_accepted() {
        let path = |path: &str| Place::Path(path.as_bytes().to_vec());
        let conf = || Place::Line(b"/etc/httpd/sites/shop.conf".to_vec(), 3);
        let socket = || Place::Socket("0.0.0.0:5432".to_owned());
        // word, check, place, accepted
        let table = [
            ("pdb", "pdb", conf(), true),
            ("PDB", "pdb", conf(), true),
            ("pdb", "indexes", conf(), false),
            ("pdb:shop.conf", "pdb", conf(), true),
            ("pdb:/etc/**/shop.conf", "pdb", conf(), true),
            ("pdb:/etc/**/till.conf", "pdb", conf(), false),
            ("pdb:till.conf", "pdb", conf(), false),
            (
                "backup-in-reach:*.bak",
                "backup-in-reach",
                path("/srv/x.bak"),
                true,
            ),
            (
                "backup-in-reach:*.bak",
                "backup-in-reach",
                path("/srv/x.old"),
                false,
            ),
            (
                "backup-in-reach:/srv/*",
                "backup-in-reach",
                path("/srv/x.old"),
                true,
            ),
            ("open-database:*:5432", "open-database", socket(), true),
            ("open-database:*:6379", "open-database", socket(), false),
        ];
        for (word, check, place, accepted) in table {
            let audit = Audit {
                accepted: Some(Arc::new(vec![Accepted::parse(word.as_bytes()).unwrap()])),
                when: When::Strict,
                ..DEFAULT.clone()
            };
            let (left, found) = audit.sort(vec![finding(check, place)]);
            assert_eq!(
                (left.len(), found.len() == 1),
                (usize::from(!accepted), accepted),
                "{word}"
            );
            assert_eq!(audit.refuses(&left), !accepted, "{word}");
        }
    }

    #[test]
    fn what_is_no_check() {
        let error = |word: &str| Accepted::parse(word.as_bytes()).unwrap_err();
        assert!(
            error("indexs")
                .starts_with("'indexs' is not a check of the audit, did you mean indexes?")
        );
        assert!(error("pdb:").contains("it is empty"));
        assert!(error("pdb:conf/*").contains("'conf/*' is no absolute path"));
        assert!(error("pdb:[").contains("a '[' without its ']'"));
    }
}
