//! The audit: when it runs, and where its findings go.

use std::ffi::CStr;
use std::io::{IsTerminal, Write, stdout};

use crate::policy::audit::accept::{Audit, When};
use crate::policy::audit::facts::Extent;
use crate::policy::audit::report::{Format, Report, Server};
use crate::policy::audit::{Finding, Severity, judge};

use super::guard::guard;
use super::log::{self, Level};
use super::survey;
use super::sys;

/// How to ask for it: `apachectl -t -D DUMP_PYGUARD`.
const ASKED: [(&CStr, Format); 3] = [
    (c"DUMP_PYGUARD", Format::Text { colour: false }),
    (c"DUMP_PYGUARD_JSON", Format::Json),
    (c"DUMP_PYGUARD_SARIF", Format::Sarif),
];

/// What was found, or that it could not be looked for.
struct Outcome {
    findings: Vec<Finding>,
    accepted: Vec<Finding>,
    extent: Extent,
    server: Server,
}

/// Audits the server. `None`: it failed, which is in the log.
///
/// # Safety
/// As `survey::facts`.
unsafe fn run(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    audit: &Audit,
) -> Option<Outcome> {
    guard(None, || {
        // SAFETY: as promised by the caller.
        let mut facts = unsafe { survey::facts(pool, server, audit) };
        let (findings, accepted) = judge(&mut facts, audit);
        Some(Outcome {
            findings,
            accepted,
            extent: facts.extent,
            // SAFETY: the configuration has been read.
            server: unsafe { survey::description(facts.main_file) },
        })
    })
}

impl Outcome {
    fn report(&self) -> Report<'_> {
        Report {
            findings: &self.findings,
            accepted: &self.accepted,
            extent: &self.extent,
            server: &self.server,
        }
    }

    /// Writes the findings to the error log, down to this severity.
    fn log(&self, level: Level, least: Severity) {
        for (severity, line) in self.report().log_lines(LINES) {
            if severity <= least {
                log::server(level, &line);
            }
        }
    }

    /// The error that stops a start, or a test of the configuration.
    fn refused(&self, audit: &Audit) -> Result<(), String> {
        match audit.refuses(&self.findings) {
            true => Err(REFUSED.to_owned()),
            false => Ok(()),
        }
    }
}

/// The most lines of findings in the error log at one start.
const LINES: usize = 50;

const REFUSED: &str = "PG105: PyGuardAudit Strict: a finding of severity high stops the start; \
                       apachectl -t -D DUMP_PYGUARD shows all, PyGuardAuditAccept accepts one";
const AT_RESTART: &str =
    "PG105: PyGuardAudit Strict would refuse to start httpd; a restart of a running server goes on";
const FAILED: &str = "PG105: the audit failed, and PyGuardAudit Strict wants its result";

/// `apachectl -t`: prints the report if it was asked for. The error makes the test fail.
///
/// # Safety
/// Called from check_config with its temporary pool and its server.
pub(super) unsafe fn test(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    audit: &Audit,
) -> Result<(), String> {
    // SAFETY: ap_state_query and ap_exists_config_define only read; the names are strings.
    let (mode, state, asked) = unsafe {
        let is_asked =
            |(name, _): &&(&CStr, Format)| sys::ap_exists_config_define(name.as_ptr()) != 0;
        (
            sys::ap_state_query(sys::AP_SQ_RUN_MODE),
            sys::ap_state_query(sys::AP_SQ_MAIN_STATE),
            ASKED.iter().rev().find(is_asked),
        )
    };
    let starts = mode == sys::AP_SQ_RM_NORMAL;
    // `-S`, `-M` and the other dumps are no tests. The rehearsal of a start is one: whoever starts httpd
    // is still there to be told.
    let tests = audit.when == When::Strict
        && match starts {
            true => state == sys::AP_SQ_MS_CREATE_PRE_CONFIG,
            false => mode == sys::AP_SQ_RM_CONFIG_TEST,
        };
    let asked = asked.filter(|_| !starts);
    if !tests && asked.is_none() {
        return Ok(());
    }
    // SAFETY: as promised by the caller.
    let Some(outcome) = (unsafe { run(pool, server, audit) }) else {
        return Err(FAILED.to_owned());
    };
    match asked {
        Some((_, Format::Text { .. })) => {
            let colour = stdout().is_terminal();
            print(&outcome.report().write(Format::Text { colour }));
        }
        Some((_, format)) => print(&outcome.report().write(*format)),
        None if audit.refuses(&outcome.findings) => outcome.log(Level::Critical, Severity::High),
        None => {}
    }
    match tests {
        true => outcome.refused(audit),
        false => Ok(()),
    }
}

/// Nobody is left to be told that standard output is closed.
fn print(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A start: the findings go to the error log. The error stops the start.
///
/// # Safety
/// Called from post_config with its temporary pool and its server.
pub(super) unsafe fn start(
    pool: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
    audit: &Audit,
) -> Result<(), String> {
    if audit.when == When::Off {
        return Ok(());
    }
    // SAFETY: as promised by the caller.
    let refused = match unsafe { run(pool, server, audit) } {
        Some(outcome) => {
            let level = match outcome.findings.is_empty() {
                true => Level::Notice,
                false => Level::Warning,
            };
            outcome.log(level, Severity::Info);
            outcome.refused(audit)
        }
        None if audit.when == When::Strict => Err(FAILED.to_owned()),
        None => Ok(()),
    };
    // SAFETY: ap_state_query only reads.
    let generation = unsafe { sys::ap_state_query(sys::AP_SQ_CONFIG_GEN) };
    match refused {
        // httpd would end, and the site with it, at the rotation of a log.
        Err(_) if generation > 1 => {
            log::server(Level::Critical, AT_RESTART);
            Ok(())
        }
        result => result,
    }
}
