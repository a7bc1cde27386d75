//! What is allowed and what is not: pure decisions on bytes.
//!
//! Nothing in here knows httpd, reads a file or a clock, or holds unsafe code, and all of it is
//! tested without a server. [`judge`] is the place to start: it shows the rules in their order.

#![forbid(unsafe_code)]

pub mod audit;
pub mod class;
pub mod coding;
pub mod directive;
pub mod environment;
pub mod handler;
pub mod htaccess;
pub mod interpreter;
pub mod judge;
pub mod leak;
pub mod marker;
mod markers;
pub mod message;
mod names;
pub mod observed;
pub mod page;
pub mod path;
pub mod pattern;
pub mod publish;
pub mod response;
pub mod rule;
pub mod settings;
pub mod sources;
mod spelling;
mod token;
pub mod trust;
