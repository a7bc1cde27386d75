//! The response of a live request: what the output filter reads of it and changes.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::request::Request;
use super::sys;

/// The tables that a response has its header fields in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// The fields of a response without an error.
    Headers,
    /// The fields that error documents have too.
    ErrorHeaders,
    /// The fields after the body.
    Trailers,
}

impl Table {
    pub(super) const BEFORE_BODY: [Table; 2] = [Table::Headers, Table::ErrorHeaders];
}

/// What says something of a body that is not sent.
const OF_THE_BODY: [&CStr; 10] = [
    c"Accept-Ranges",
    c"Content-Disposition",
    c"Content-Encoding",
    c"Content-Language",
    c"Content-Length",
    c"Content-MD5",
    c"Content-Range",
    c"Content-Type",
    c"ETag",
    c"Last-Modified",
];

impl<'r> Request<'r> {
    /// The status of the response.
    pub(super) fn status(self) -> u16 {
        // SAFETY: live request.
        u16::try_from(unsafe { (*self.as_ptr()).status }).unwrap_or(u16::MAX)
    }

    /// Remembers what httpd has guessed of the response by the name of its file. A program that
    /// answers says itself what it sends, or says nothing.
    pub(super) fn remember_guesses(self) {
        let state = self.state();
        // SAFETY: live request; the pointers are compared, and never followed.
        unsafe {
            let r = self.as_ptr();
            state.guessed_type.set((*r).content_type);
            state.guessed_encoding.set((*r).content_encoding);
        }
    }

    /// The content type of the response, wherever its generator put it.
    pub(super) fn response_type(self) -> &'r [u8] {
        // SAFETY: live request; the string is null or lives as long.
        let own = unsafe { (*self.as_ptr()).content_type };
        let is_guess = ptr::eq(own, self.state().guessed_type.get());
        self.bytes(own)
            .filter(|_| !is_guess)
            .or_else(|| self.field(Table::Headers, c"Content-Type"))
            .or_else(|| self.field(Table::ErrorHeaders, c"Content-Type"))
            .unwrap_or_default()
    }

    /// The content encoding of the response, wherever its generator put it.
    pub(super) fn response_encoding(self) -> &'r [u8] {
        // SAFETY: live request; the string is null or lives as long.
        let own = unsafe { (*self.as_ptr()).content_encoding };
        let is_guess = ptr::eq(own, self.state().guessed_encoding.get());
        self.field(Table::Headers, c"Content-Encoding")
            .or_else(|| self.field(Table::ErrorHeaders, c"Content-Encoding"))
            .or_else(|| self.bytes(own).filter(|_| !is_guess))
            .unwrap_or_default()
    }

    /// The reason in the status line, where the generator gave one of its own.
    pub(super) fn status_line(self) -> Option<&'r [u8]> {
        // SAFETY: live request; the string is null or lives as long.
        self.bytes(unsafe { (*self.as_ptr()).status_line })
    }

    /// Has httpd write the status line.
    pub(super) fn forget_status_line(self) {
        // SAFETY: live request; null is what it has before a generator sets one.
        unsafe { (*self.as_ptr()).status_line = ptr::null() };
    }

    /// Whether this is what an `ErrorDocument` names, for a request that failed.
    pub(super) fn is_error_document(self) -> bool {
        self.prev().is_some_and(|prev| prev.status() >= 400)
    }

    fn table(self, table: Table) -> *mut sys::apr_table_t {
        // SAFETY: live request.
        unsafe {
            let r = self.as_ptr();
            match table {
                Table::Headers => (*r).headers_out,
                Table::ErrorHeaders => (*r).err_headers_out,
                Table::Trailers => (*r).trailers_out,
            }
        }
    }

    /// A header field of the response.
    pub(super) fn field(self, table: Table, name: &CStr) -> Option<&'r [u8]> {
        let table = self.table(table);
        if table.is_null() {
            return None;
        }
        // SAFETY: live table; the value lives in the request's pool.
        self.bytes(unsafe { sys::apr_table_get(table, name.as_ptr()) })
    }

    /// The header fields of the response that `is_wanted` wants, removed from it: name and value.
    pub(super) fn take_fields(
        self,
        table: Table,
        is_wanted: fn(&[u8], &[u8]) -> bool,
    ) -> Vec<(&'r [u8], &'r [u8])> {
        let raw = self.table(table);
        if raw.is_null() {
            return Vec::new();
        }
        let mut taken: Vec<(*const c_char, &[u8], &[u8])> = Vec::new();
        // SAFETY: live table; its elements are entries, whose strings live in the request's pool,
        // and nothing changes the table while it is read.
        unsafe {
            let elements = &*sys::apr_table_elts(raw);
            let entries = elements.elts.cast::<sys::apr_table_entry_t>();
            for index in 0..usize::try_from(elements.nelts).unwrap_or(0) {
                let entry = &*entries.add(index);
                let name = self.bytes(entry.key).unwrap_or_default();
                let value = self.bytes(entry.val).unwrap_or_default();
                if is_wanted(name, value) {
                    taken.push((entry.key, name, value));
                }
            }
            for (key, ..) in &taken {
                sys::apr_table_unset(raw, *key);
            }
        }
        taken
            .into_iter()
            .map(|(_, name, value)| (name, value))
            .collect()
    }

    /// Sets a header field that error documents have too.
    pub(super) fn set_error_field(self, name: &'static CStr, value: &CStr) {
        // SAFETY: live request with its table, which copies both strings.
        unsafe {
            sys::apr_table_set(
                (*self.as_ptr()).err_headers_out,
                name.as_ptr(),
                value.as_ptr(),
            );
        }
    }

    /// Sets a variable of the request's environment.
    pub(super) fn set_variable(self, name: &'static CStr, value: &CStr) {
        // SAFETY: live request with its table, which copies both strings.
        unsafe {
            sys::apr_table_set(
                (*self.as_ptr()).subprocess_env,
                name.as_ptr(),
                value.as_ptr(),
            );
        }
    }

    /// Keeps caches of this server from storing the response, and that of the request it is made for.
    pub(super) fn forbid_storing(self) {
        let mut response = Some(self);
        while let Some(request) = response {
            // SAFETY: live request.
            unsafe { (*request.as_ptr()).no_cache = 1 };
            response = request.main();
        }
    }

    /// Has httpd close the connection after this response.
    pub(super) fn close_connection(self) {
        // SAFETY: live request with its connection.
        unsafe {
            (*(*self.as_ptr()).connection).keepalive = sys::ap_conn_keepalive_e_AP_CONN_CLOSE;
        }
    }

    /// Answers with httpd's error document for a status, in place of a response of which nothing
    /// was sent.
    pub(super) fn die(self, status: u16) {
        // For the page that an ErrorDocument names, httpd goes back to the first error, and uses its
        // built-in page; it knows by the status.
        let before = match self.prev() {
            Some(prev) if self.is_error_document() => prev.status().into(),
            _ => sys::HTTP_OK,
        };
        for name in OF_THE_BODY {
            // SAFETY: live request with its table.
            unsafe { sys::apr_table_unset((*self.as_ptr()).err_headers_out, name.as_ptr()) };
        }
        self.forget_status_line();
        self.forbid_storing();
        // SAFETY: live request, of whose response nothing was sent.
        unsafe {
            let r = self.as_ptr();
            (*r).status = before;
            sys::ap_die(status.into(), r);
        }
    }
}
