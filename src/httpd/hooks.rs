//! One request's way through httpd: a function for each stop.
//!
//! A hook answers `DECLINED` to let httpd go on, or the status that refuses. On a panic it is 500:
//! zero would be `OK`, and `OK` ends a phase as if all were well.

use std::ffi::c_int;

use crate::policy::class::is_plain;
use crate::policy::handler::{Answer, Python};
use crate::policy::judge::{self, Facts, Stop, Target, Verdict};
use crate::policy::observed::{EARLY, LATE};
use crate::policy::path::decoded;
use crate::policy::settings::{Mode, Protect};

use super::config::DirConf;
use super::environment;
use super::filter;
use super::gate;
use super::guard::guard;
use super::htaccess;
use super::incident::{self, NOTE};
use super::location;
use super::log::{self, Level};
use super::module;
use super::overlay;
use super::publisher;
use super::request::Request;
use super::stale;
use super::startup;
use super::sys::{self, DECLINED, HTTP_INTERNAL_SERVER_ERROR};

/// pre_config: a new configuration is about to be read, and every module is loaded.
pub(super) unsafe extern "C" fn pre_config(
    _conf: *mut sys::apr_pool_t,
    _log: *mut sys::apr_pool_t,
    _temp: *mut sys::apr_pool_t,
) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        startup::begin();
        // SAFETY: httpd sorts the hooks after this phase.
        unsafe { module::add_optional_hooks() };
        sys::OK
    })
}

/// post_config: the configuration is complete. Any answer but `OK` stops the start.
pub(super) unsafe extern "C" fn post_config(
    conf: *mut sys::apr_pool_t,
    _log: *mut sys::apr_pool_t,
    temp: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out the configuration's pool, a temporary one, and the main server.
        answer(unsafe { startup::complete(conf, temp, server) })
    })
}

/// What a hook of the start answers: an error is logged, and stops it.
fn answer(result: Result<(), String>) -> c_int {
    match result {
        Ok(()) => sys::OK,
        Err(message) => {
            log::server(Level::Critical, &message);
            HTTP_INTERNAL_SERVER_ERROR
        }
    }
}

/// check_config: the configuration has been read. Logs, pipes and modules have not been started.
pub(super) unsafe extern "C" fn check_config(
    _conf: *mut sys::apr_pool_t,
    _log: *mut sys::apr_pool_t,
    _temp: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out the main server.
        unsafe { startup::check(server) };
        sys::OK
    })
}

/// check_config, after every other: the audit that `apachectl -t` asks for.
pub(super) unsafe extern "C" fn check_audit(
    _conf: *mut sys::apr_pool_t,
    _log: *mut sys::apr_pool_t,
    temp: *mut sys::apr_pool_t,
    server: *mut sys::server_rec,
) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a temporary pool and the main server.
        answer(unsafe { startup::test(temp, server) })
    })
}

/// test_config: `apachectl -t`, which has no post_config.
pub(super) unsafe extern "C" fn test_config(
    _conf: *mut sys::apr_pool_t,
    _server: *mut sys::server_rec,
) {
    guard((), || {
        startup::warn_of_missing_modules();
    })
}

/// quick_handler: before a cache answers. A cache may hold a copy from a time when the file was
/// not denied, so a request whose URL has a telling name goes the whole way and is judged there.
pub(super) unsafe extern "C" fn quick_handler(r: *mut sys::request_rec, _lookup: c_int) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe { Request::with(r, DECLINED, before_caches) }
    })
}

fn before_caches(request: Request<'_>) -> c_int {
    if enforced(request).is_none() || is_plain(&decoded(request.uri())) {
        return DECLINED;
    }
    if request.main().is_none() || request.prev().is_some() {
        request.process()
    } else {
        // For a subrequest that was not redirected, httpd itself goes the whole way after any
        // answer but OK.
        sys::DONE
    }
}

/// post_read_request and translate_name: httpd has just put together a new configuration, and a
/// handler of mod_python may run under it.
pub(super) unsafe extern "C" fn new_configuration(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe {
            Request::with(r, (), |request| match request.conf() {
                Some(conf) if needs_care(conf) => before_early_handlers(request, conf),
                _ => {}
            });
        }
        DECLINED
    })
}

/// Whether mod_python may run, or be asked whether it shows tracebacks: mod_include's #python needs
/// no handler.
fn needs_care(conf: &DirConf) -> bool {
    conf.observed.runs_python() || conf.observed.debugs()
}

fn before_early_handlers(request: Request<'_>, conf: &DirConf) {
    gate::close(request, conf);
    if conf.observed.runs_early() {
        environment::give(request, conf);
        // What an early handler writes goes past the handler phase.
        filter::insert(request, conf);
    }
}

/// translate_name, right before mod_python.
pub(super) unsafe extern "C" fn before_python(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe { Request::with(r, (), location::before_python) };
        DECLINED
    })
}

/// map_to_storage: before httpd walks through the directories.
pub(super) unsafe extern "C" fn before_walk(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe { Request::with(r, (), location::before_walk) };
        DECLINED
    })
}

/// post_perdir_config: every section and .htaccess for the request has been merged.
pub(super) unsafe extern "C" fn after_walk(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe {
            Request::with(r, DECLINED, |request| {
                let refused = location::after_walk(request);
                if refused != DECLINED {
                    return refused;
                }
                match request.conf() {
                    Some(conf) if needs_care(conf) || !conf.observed.htaccess().is_empty() => {
                        before_directory_handlers(request, conf)
                    }
                    _ => DECLINED,
                }
            })
        }
    })
}

#[cold]
fn before_directory_handlers(request: Request<'_>, conf: &DirConf) -> c_int {
    let refused = htaccess::check(request, conf);
    if refused != DECLINED {
        return refused;
    }
    if conf.observed.is_per_directory(false) {
        request.keep_directory();
    }
    if needs_care(conf) {
        before_early_handlers(request, conf);
    }
    if conf.observed.runs_python() {
        environment::watch(request, conf);
    }
    match conf.observed.runs_early() {
        true => stale::check(request, conf, &request.facts(), &EARLY),
        false => DECLINED,
    }
}

/// insert_filter: mod_include and mod_ext_filter may run programs, whatever the handler.
pub(super) unsafe extern "C" fn insert_filter(r: *mut sys::request_rec) {
    guard((), || {
        // SAFETY: httpd hands out a live request.
        unsafe {
            Request::with(r, (), |request| {
                if let Some(conf) = request.conf() {
                    environment::give(request, conf);
                }
            });
        }
    })
}

/// fixups: the file and, after core's own fixup, the handler are known.
pub(super) unsafe extern "C" fn fixups(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe { Request::with(r, DECLINED, at_fixups) }
    })
}

fn at_fixups(request: Request<'_>) -> c_int {
    let Some(conf) = enforced(request) else {
        return DECLINED;
    };
    if let Some(prev) = request.prev() {
        pass_on_note(prev, request);
    }
    close_gate_again(request, conf);
    if is_plain(request.judged_path()) && conf.settings.protect() != Protect::On {
        request.settle();
        return DECLINED;
    }
    if request.main().is_none() && request.target() != Target::Directory {
        // The other fixups may still give it to a program. It is judged before any handler runs.
        return DECLINED;
    }
    let stop = if is_copied_to_index(request) {
        Stop::FallThrough
    } else {
        Stop::Fixups
    };
    judge_name(stop, request, conf)
}

/// Whether mod_autoindex would copy the file into an index, as its header or readme: any text that
/// is not HTML, whatever handler it has.
fn is_copied_to_index(request: Request<'_>) -> bool {
    request
        .main()
        .is_some_and(|main| main.state().answers_directory.get())
        && !request.is_looked_up()
        && request.content_type().starts_with(b"text/")
        && !request.content_type().starts_with(b"text/html")
}

/// The access log looks at the last request of a chain of internal redirects.
#[cold]
fn pass_on_note(prev: Request<'_>, request: Request<'_>) {
    request.copy_note(prev, NOTE);
}

/// handler, before every other: judges again what has changed since fixups, and what the handler
/// itself would do.
pub(super) unsafe extern "C" fn handler(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe {
            Request::with(r, DECLINED, |request| {
                if is_settled(request) && request.is_static() {
                    DECLINED
                } else {
                    before_handlers(request)
                }
            })
        }
    })
}

#[cold]
fn before_handlers(request: Request<'_>) -> c_int {
    let Some(conf) = enforced(request) else {
        return DECLINED;
    };
    close_gate_again(request, conf);
    let verdict = judge_name(Stop::Handler, request, conf);
    if verdict != DECLINED {
        return verdict;
    }
    let facts = request.facts();
    let is_directory = facts.target == Target::Directory;
    let lists = is_directory && request.allows_indexes();
    if is_directory {
        request.state().answers_directory.set(true);
    }
    let trusted = || {
        let trusted = gate::trusts(request, conf);
        if trusted {
            request.forbid_caching();
        }
        trusted
    };
    let verdict = judge::handler(&facts, &conf.settings, &conf.observed, lists, trusted);
    let answer = incident::answer(request, &conf.settings, verdict);
    let is_dynamic = Answer::of(facts.handler) == Answer::Dynamic || request.is_proxied();
    if answer != DECLINED || !is_dynamic {
        return answer;
    }
    environment::give(request, conf);
    let answer = match Python::of(facts.handler) {
        // Without mod_python, nothing answers.
        Some(Python::ModPython) if overlay::is_prepared() => {
            before_mod_python(request, conf, &facts)
        }
        Some(Python::Wsgi) => {
            environment::watch(request, conf);
            DECLINED
        }
        _ => DECLINED,
    };
    if answer == DECLINED {
        filter::insert(request, conf);
    }
    answer
}

/// What mod_python's handlers would run.
fn before_mod_python(request: Request<'_>, conf: &DirConf, facts: &Facts<'_>) -> c_int {
    let stale = stale::check(request, conf, facts, &LATE);
    if stale != DECLINED
        || !conf
            .observed
            .runs(b"mod_python.publisher", facts.python_name())
    {
        return stale;
    }
    publisher::check(request, conf, facts)
}

/// handler, after every other but httpd's own default handler: nothing answered the request.
pub(super) unsafe extern "C" fn fall_through(r: *mut sys::request_rec) -> c_int {
    guard(HTTP_INTERNAL_SERVER_ERROR, || {
        // SAFETY: httpd hands out a live request.
        unsafe {
            Request::with(r, DECLINED, |request| {
                if is_settled(request) && !request.may_be_python() {
                    DECLINED
                } else {
                    after_handlers(request)
                }
            })
        }
    })
}

#[cold]
fn after_handlers(request: Request<'_>) -> c_int {
    let Some(conf) = enforced(request) else {
        return DECLINED;
    };
    let answer = match judge::fall_through(&request.facts(), &conf.settings) {
        Verdict::Allow => judge_name(Stop::FallThrough, request, conf),
        denied => incident::answer(request, &conf.settings, denied),
    };
    if answer == DECLINED {
        // A file is not looked at.
        filter::withdraw(request);
    }
    answer
}

/// The configuration of the request, unless the module is off there. A request without any is one
/// that httpd has already refused.
fn enforced<'r>(request: Request<'r>) -> Option<&'r DirConf> {
    request
        .conf()
        .filter(|conf| conf.settings.mode() != Mode::Off)
}

/// In the handler phase: whether there is nothing to judge about the file. The name was settled,
/// and it is no directory.
#[inline(always)]
fn is_settled(request: Request<'_>) -> bool {
    request.is_settled() && request.target() != Target::Directory
}

/// An early handler may have switched debugging on for itself since.
fn close_gate_again(request: Request<'_>, conf: &DirConf) {
    if conf.observed.runs_early() {
        gate::close(request, conf);
    }
}

/// The name rules at one stop.
#[cold]
fn judge_name(stop: Stop, request: Request<'_>, conf: &DirConf) -> c_int {
    let verdict = judge::name(stop, &request.facts(), &conf.settings, &conf.observed);
    incident::answer(request, &conf.settings, verdict)
}
