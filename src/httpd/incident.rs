//! What is done about a denial: one log line, one note, and the status.

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::policy::judge::{Target, Verdict};
use crate::policy::message::{escaped, escaped_url};
use crate::policy::settings::{Mode, Settings, Status};

use super::log::{self, Level};
use super::request::Request;
use super::sys;

/// The note of a request that had an incident: its tag, for `%{pyguard}n` in a LogFormat.
pub(super) const NOTE: &CStr = c"pyguard";

/// The hook's answer to a verdict. A denial is logged and noted, and answered with its status, but
/// where only detection is wanted.
pub(super) fn answer(request: Request<'_>, settings: &Settings, verdict: Verdict) -> c_int {
    let file = request.filename().unwrap_or_else(|| request.uri());
    answer_for(request, settings, verdict, file)
}

/// The same for another file than that of the request.
pub(super) fn answer_for(
    request: Request<'_>,
    settings: &Settings,
    verdict: Verdict,
    file: &[u8],
) -> c_int {
    let Verdict::Deny(denial) = verdict else {
        return sys::DECLINED;
    };
    let detect = settings.mode() == Mode::Detect;
    let state = request.state();
    if !state.reported.replace(true) && !is_unasked(request) {
        let verb = if detect { "would deny" } else { "denied" };
        let tag = denial.rule().tag();
        let what = format!("{verb} {denial} {}", escaped(file));
        if denial.is_quiet() {
            tell(request, Level::Info, &tagged(tag, &what));
        } else {
            report(request, tag, &what);
        }
    }
    match (detect, settings.status()) {
        (true, _) => sys::DECLINED,
        (false, Status::NotFound) => sys::HTTP_NOT_FOUND,
        (false, Status::Forbidden) => sys::HTTP_FORBIDDEN,
    }
}

/// The hook's answer where something is wrong with the site, and not with what was asked for: it is
/// logged and noted, and answered with this status, but where only detection is wanted.
pub(super) fn refuse(
    request: Request<'_>,
    settings: &Settings,
    tag: &'static CStr,
    what: &str,
    status: c_int,
) -> c_int {
    let detect = settings.mode() == Mode::Detect;
    if !request.state().reported.replace(true) && !is_unasked(request) {
        let verb = if detect { "would refuse" } else { "refused" };
        report(request, tag, &format!("{verb}: {what}"));
    }
    if detect { sys::DECLINED } else { status }
}

/// What was done about a response: one line and the note. Returns the incident's id.
pub(super) fn report(request: Request<'_>, tag: &'static CStr, what: &str) -> String {
    note(request, tag);
    tell(request, Level::Warning, &tagged(tag, what))
}

fn tagged(tag: &CStr, what: &str) -> String {
    format!("{}: {what}", tag.to_string_lossy())
}

/// Notes the incident, for the request and for those that it was made for.
pub(super) fn note(request: Request<'_>, tag: &'static CStr) {
    let mut noted = Some(request);
    while let Some(request) = noted {
        request.set_note(NOTE, tag);
        noted = request.main();
    }
}

/// One line about a request: what happened, what was asked for, and an id, which is returned.
pub(super) fn tell(request: Request<'_>, level: Level, what: &str) -> String {
    let method = escaped(request.method_name());
    let asked = match request.main() {
        // A subrequest has no URL of its own that a client sent.
        Some(_) => escaped_url(request.uri()),
        None => escaped_url(request.unparsed_uri()),
    };
    let id = id(request);
    log::request(
        level,
        request,
        &format!("{what} ({method} {asked}) id={id}"),
    );
    id
}

/// Whether nobody asked for this very file: httpd looks it up to list its directory, to choose among
/// the variants of a name, or to tell a program what its PATH_INFO would be as a file. What it looks
/// up as the index of a directory is asked for, by the server's own configuration.
fn is_unasked(request: Request<'_>) -> bool {
    request.is_looked_up()
        && request.main().is_some_and(|main| {
            main.target() != Target::Directory || main.state().answers_directory.get()
        })
}

/// The incident's id: mod_unique_id's for the request where that is loaded, else one that no other
/// incident of this server has.
fn id(request: Request<'_>) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    match request.variable(c"UNIQUE_ID") {
        Some(unique) => escaped(unique),
        None => {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            format!("{:x}-{:x}-{count:x}", request.time(), std::process::id())
        }
    }
}
