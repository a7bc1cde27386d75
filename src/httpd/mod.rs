//! The half that talks to httpd: it translates, and decides nothing.
//!
//! The only unsafe code of the project is in this folder, and it rests on these promises of
//! httpd, to which the `SAFETY` comments refer:
//!
//! - **Live.** A `request_rec` or `cmd_parms` that a callback gets is alive until the callback
//!   returns, and so is everything reachable from it. [`request::Request`] carries that as a
//!   lifetime and is made nowhere else.
//! - **One thread.** A request is worked on by one thread at a time. httpd's own code changes a
//!   `request_rec` behind every pointer to it, so there is never a `&request_rec` nor a
//!   `&mut request_rec`: fields are read and written through the raw pointer.
//! - **Pools.** What is allocated in a pool lives until the pool is cleared; a cleanup registered
//!   with it runs exactly once, then. A configuration lives in the pool that httpd hands out for
//!   it, never longer: httpd unloads and reloads this library between the two reads of its
//!   configuration and on every restart.
//! - **Configuration first.** Directives are read by one thread, before any child or thread
//!   serves a request; a .htaccess fills a fresh record that no other thread sees.
//! - **Strings.** A `char *` field is null or ends in a NUL. Its bytes need not be text.
//!
//! - **Buckets.** A filter's brigade is the filter's for the length of the call; a bucket is in one
//!   brigade at a time, and what was read from it lives until it is moved or destroyed.
//!
//! No state lives longer than its pool but for statics that every start sets anew or that only
//! remember what was looked at: in [`startup`], [`overlay`], [`environment`], [`location`], [`once`],
//! [`stale`], [`publisher`]. Every `extern "C"` function is one call of [`guard::guard`] with the value that
//! refuses.

mod audit;
mod brigade;
mod config;
mod environment;
mod filter;
mod gate;
mod guard;
mod hooks;
mod htaccess;
mod incident;
mod location;
mod log;
mod merged;
mod module;
mod observe;
mod once;
mod overlay;
mod publisher;
mod request;
mod response;
mod stale;
mod startup;
mod survey;
mod sys;
