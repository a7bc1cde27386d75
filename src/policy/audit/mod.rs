//! The audit: what no single request can show.
//!
//! [`facts`] is what is known of a server: its configuration tree, its merged sections, the files
//! that can be reached and those that Python imports, its sockets and its user. [`access`] reads
//! from the tree whom each section lets in. [`check`] is the table of what is looked for, one row
//! each; [`checks`] holds the functions of the rows. [`interest`] says what of the files they want
//! to see. [`judge`] runs them all, and [`report`] writes what they found.
//!
//! To add a check, add a row to the table, its function, its row in [`document`], from which
//! `docs/rules.md` is made, and a configuration that has it and one that has not to `tests/audit.rs`.

pub mod accept;
pub mod access;
pub mod check;
mod checks;
pub mod document;
pub mod facts;
pub mod interest;
pub(crate) mod paths;
pub mod reach;
pub mod report;
#[cfg(test)]
mod site;

use std::collections::HashSet;

use accept::Audit;
use check::{CHECKS, Check};
use facts::{Facts, Place};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something is open, or runs with rights that it must not have.
    High,
    /// One more mistake opens something.
    Medium,
    /// The module closes it, or it opens nothing by itself.
    Low,
    /// Good to know.
    Info,
}

impl Severity {
    /// Every one, the worst first.
    pub const ALL: [Severity; 4] = [
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
    ];

    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        }
    }
}

/// One result of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub check: &'static Check,
    /// How much it matters here.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What can happen, in one sentence that says what was found: never the content of a file
    /// that may be secret.
    pub what: String,
    /// What to do, in one sentence.
    pub fix: String,
    /// The lines to write or the commands to run, exactly; none where there is nothing to write.
    pub lines: Vec<String>,
}

/// The most findings of one check: who has more reads no more of them.
const MOST: usize = 1000;

/// Everything that is wrong, and what of it was accepted: the worst first, then in the order of the
/// checks and of the places. What is more than enough is left out, and said so.
pub fn judge(facts: &mut Facts, audit: &Audit) -> (Vec<Finding>, Vec<Finding>) {
    let (mut findings, mut accepted) = (Vec::new(), Vec::new());
    for check in &CHECKS {
        let mut all = Vec::new();
        (check.look)(check, facts, &mut all);
        all.sort_by_key(|finding| finding.severity);
        // A file that is included twice says everything twice.
        let mut told = HashSet::new();
        all.retain(|finding| told.insert(finding.place.clone()));
        let (left, known) = audit.sort(all);
        if left.len() > MOST {
            let more = left.len() - MOST;
            let more = format!("{}: {more} more findings than {MOST}.", check.name);
            facts.extent.left_out.push(more);
        }
        findings.extend(left.into_iter().take(MOST));
        accepted.extend(known.into_iter().take(MOST));
    }
    let order = |finding: &Finding| (finding.severity, finding.check.rule);
    findings.sort_by_key(order);
    accepted.sort_by_key(order);
    (findings, accepted)
}
