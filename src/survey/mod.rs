//! Reads the machine for the audit: files, sockets, the text of the configuration; no httpd, no unsafe code, nothing of
//! it runs at request time.
//!
//! What it finds goes into [`crate::policy::audit::facts`], which says what each part means. Nothing
//! here judges: what is worth keeping is asked of the caller.

#![forbid(unsafe_code)]

pub mod conditional;
pub mod files;
pub mod python;
pub mod sockets;
