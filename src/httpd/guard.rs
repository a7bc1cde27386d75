//! What stands between a panic and httpd.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use super::log::{self, Level};

/// Runs the body of a callback. A panic ends in `closed`, the value that refuses; every call
/// writes its own, because what a zero means differs from callback to callback.
pub(super) fn guard<T>(closed: T, body: impl FnOnce() -> T) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) => {
            // The hook has logged it. Dropping the payload could run code that panics again.
            std::mem::forget(payload);
            closed
        }
    }
}

/// Has panics logged in the server's error log, with the place and never with a request's bytes.
pub(super) fn log_panics() {
    set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        log::server(
            Level::Critical,
            &format!("PG102: internal error{place}; what was asked for is refused"),
        );
    }));
}
