//! The module on a real httpd, with real mod_python, mod_wsgi and CGI.
//!
//! Every hazard is a row of a table that is run twice: without the module it must show, with the
//! module it must be closed, and the log must say so. See `harness` for what a server is, and for
//! the variables of the environment.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod harness;
mod hazard;

mod audit;
mod config;
mod debug;
mod environment;
mod errors;
mod evasion;
mod fallthrough;
mod htaccess;
mod identical;
mod index;
mod interpreter;
mod lifecycle;
mod location;
mod log;
mod names;
mod psp;
mod publisher;
mod replay;
mod roundabout;
mod stale;
mod testhandler;
mod transparency;
