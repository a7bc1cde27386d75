//! R09: Python source that is newer than what runs.
//!
//! mod_python imports a handler's module once. What is in the file since then does not run, and what
//! was taken out of it stays callable, until httpd starts again.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_int};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::policy::judge::Facts;
use crate::policy::message::escaped;
use crate::policy::observed::Phase;
use crate::policy::rule::Rule;
use crate::policy::settings::{AutoReload, Mode, Stale};
use crate::policy::sources;

use super::config::DirConf;
use super::incident;
use super::once;
use super::request::Request;
use super::sys::{self, DECLINED};

/// When this generation of the server read its configuration, in microseconds since 1970.
static STARTED: AtomicI64 = AtomicI64::new(0);

/// When a client is to try again, in seconds.
const RETRY_AFTER: &CStr = c"60";

/// How many files are remembered.
const MOST_FILES: usize = 1024;

/// A generation of the server begins.
pub(super) fn begin() {
    // SAFETY: it reads the clock.
    STARTED.store(unsafe { sys::apr_time_now() }, Ordering::Relaxed);
}

/// Looks at the sources of the handlers that run in these phases: the status that refuses the
/// request, or `DECLINED`.
#[cold]
pub(super) fn check(
    request: Request<'_>,
    conf: &DirConf,
    facts: &Facts<'_>,
    phases: &[Phase],
) -> c_int {
    let settings = &conf.settings;
    if settings.stale() == Stale::Ignore || settings.mode() == Mode::Off {
        return DECLINED;
    }
    let mut found = None;
    sources::of(phases, facts, &conf.observed, |file| {
        let changed = match file == facts.filename {
            // httpd has looked at it for this very request.
            true => Some(request.changed()),
            false => changed(file, request.time() / 1_000_000),
        };
        found = newer(changed).map(|changed| (file.to_vec(), changed));
        found.is_some()
    });
    match found {
        Some((file, changed)) => answer(request, conf, &file, changed),
        None => DECLINED,
    }
}

/// The same for a page of publisher, which it does not load anew where it was told not to.
pub(super) fn check_page(request: Request<'_>, conf: &DirConf, page: &[u8]) -> c_int {
    let settings = &conf.settings;
    let reloads = conf.observed.reloads() && settings.auto_reload() == AutoReload::Leave;
    if reloads || settings.stale() == Stale::Ignore {
        return DECLINED;
    }
    match newer(changed(page, request.time() / 1_000_000)) {
        Some(changed) => answer(request, conf, page, changed),
        None => DECLINED,
    }
}

/// The time of a change, if it came after the beginning of this generation.
fn newer(changed: Option<i64>) -> Option<i64> {
    changed.filter(|changed| *changed > STARTED.load(Ordering::Relaxed))
}

fn answer(request: Request<'_>, conf: &DirConf, file: &[u8], changed: i64) -> c_int {
    let tag = Rule::StaleCode.tag();
    let name = escaped(file);
    if conf.settings.stale() == Stale::Deny {
        let what = format!(
            "{name} is newer than the server, which may run an older one until a graceful restart"
        );
        let retry = sys::HTTP_SERVICE_UNAVAILABLE;
        let answer = incident::refuse(request, &conf.settings, tag, &what, retry);
        if answer != DECLINED {
            request.set_error_field(c"Retry-After", RETRY_AFTER);
        }
        return answer;
    }
    if once::first((tag, file, changed)) {
        let what = format!(
            "{name} is newer than the server, which may run an older one: a graceful restart loads it"
        );
        incident::report(request, tag, &what);
    }
    DECLINED
}

/// When the file last changed, in microseconds since 1970; `None` where there is none. Looked up once
/// a second at most.
fn changed(file: &[u8], second: i64) -> Option<i64> {
    type Known = HashMap<Vec<u8>, (i64, Option<i64>)>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((looked, changed)) = known().as_ref().and_then(|known| known.get(file))
        && *looked == second
    {
        return *changed;
    }
    // The change of the inode: no copy that keeps a date, and no date in the future, moves it.
    let path = Path::new(OsStr::from_bytes(file));
    let changed = fs::metadata(path).ok().map(|file| {
        let seconds = file.ctime().saturating_mul(1_000_000);
        seconds.saturating_add(file.ctime_nsec() / 1000)
    });
    let mut known = known();
    let known = known.get_or_insert_default();
    if known.len() >= MOST_FILES {
        known.clear();
    }
    known.insert(file.to_vec(), (second, changed));
    changed
}
