//! mod_pyguard: an Apache httpd 2.4 module that makes a Python site fail closed.
//!
//! Two halves, and one arrow between them:
//!
//! - [`policy`] decides. Bytes and plain facts in, verdicts out; no unsafe code, no httpd, no I/O.
//!   [`policy::judge`] shows the rules in their order, one function for each stop of a request.
//! - `httpd` translates, and holds all unsafe code: it is the module that httpd loads, turns a
//!   live request into facts, asks the policy, and turns the verdict into a status and a log line.
//!   It is only built with the feature `httpd` (on by default), which needs httpd's headers.
//!
//! Beside them, [`survey`] reads the machine for the audit (files, sockets, the text of its configuration) when httpd
//! starts: no httpd, no unsafe code, and no part of a request.
//!
//! A request passes these stops: the PythonDebug gate wherever httpd has put together a new
//! configuration; the name rules at fixups; the name again, directory indexes, PSP and testhandler
//! before any handler runs; and, after all of them, whatever would fall through to a file.

#[cfg(feature = "httpd")]
mod httpd;
pub mod policy;
pub mod survey;
