//! httpd's error log. The message is data and never a format.

use std::ffi::c_int;

use super::request::Request;
use super::sys;

/// A level of httpd's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Critical,
    Warning,
    Notice,
    Info,
}

impl Level {
    const fn aplog(self) -> c_int {
        match self {
            Level::Critical => sys::APLOG_CRIT,
            Level::Warning => sys::APLOG_WARNING,
            Level::Notice => sys::APLOG_NOTICE,
            Level::Info => sys::APLOG_INFO,
        }
    }
}

/// The length for the shim. httpd cuts a line at 8 KiB, long before an int overflows.
fn length(message: &str) -> c_int {
    c_int::try_from(message.len()).unwrap_or(c_int::MAX)
}

/// One line for the main server.
pub(super) fn server(level: Level, message: &str) {
    // SAFETY: ap_server_conf is the main server, or null before there is one, which httpd logs to
    // standard error; the shim reads `length` bytes.
    unsafe {
        sys::pyguard_log_server(
            level.aplog(),
            sys::ap_server_conf,
            message.as_ptr().cast(),
            length(message),
        );
    }
}

/// One line for a request, with the client's address as httpd writes it.
pub(super) fn request(level: Level, request: Request<'_>, message: &str) {
    // SAFETY: the request is live; the shim reads `length` bytes.
    unsafe {
        sys::pyguard_log_request(
            level.aplog(),
            request.as_ptr(),
            message.as_ptr().cast(),
            length(message),
        );
    }
}

/// Whether a line at this level would be written for this request.
pub(super) fn is_enabled(level: Level, request: Request<'_>) -> bool {
    // SAFETY: the request is live.
    unsafe { sys::pyguard_logs_request(level.aplog(), request.as_ptr()) != 0 }
}
