//! R10 and R21: what a .htaccess may not say of Python.

use std::ffi::c_int;

use crate::policy::interpreter::Place;
use crate::policy::message::escaped;
use crate::policy::observed::Line;
use crate::policy::rule::Rule;
use crate::policy::settings::{Interpreters, Mode};

use super::config::DirConf;
use super::incident;
use super::request::Request;
use super::startup;
use super::sys::{DECLINED, HTTP_INTERNAL_SERVER_ERROR};

/// The status that refuses a request below such a .htaccess, or `DECLINED`.
pub(super) fn check(request: Request<'_>, conf: &DirConf) -> c_int {
    let (settings, observed) = (&conf.settings, &conf.observed);
    if observed.htaccess().is_empty() || settings.mode() == Mode::Off {
        return DECLINED;
    }
    let allowed = settings.htaccess();
    let refused = observed.htaccess().iter();
    let mut refused = refused.filter(|(directive, _)| !allowed.contains(*directive));
    if let Some((directive, line)) = refused.next() {
        let name = directive.name();
        let what = format!(
            "{name} in {}: no .htaccess here may use it, unless the server's configuration says \
             PyGuardHtaccess +{name}",
            at(line)
        );
        return refuse(request, conf, Rule::HtaccessCode, &what);
    }
    if settings.interpreters() == Interpreters::Leave {
        return DECLINED;
    }
    let Some(interpreter) = observed.interpreter() else {
        return DECLINED;
    };
    let Some(line) = &interpreter.taken else {
        return DECLINED;
    };
    let place = Place {
        host: request.host(),
        directory: line.directory(),
        uri: request.uri(),
    };
    match startup::owner_of(&interpreter.name, place) {
        Some(owner) => {
            let name = escaped(&interpreter.name);
            let what = format!(
                "PythonInterpreter {name} in {}: {owner}; take another name there, or give this one \
                 to the directory in the server's configuration",
                at(line)
            );
            refuse(request, conf, Rule::InterpreterNames, &what)
        }
        None => DECLINED,
    }
}

fn at(line: &Line) -> String {
    format!("{} line {}", escaped(&line.file), line.number)
}

fn refuse(request: Request<'_>, conf: &DirConf, rule: Rule, what: &str) -> c_int {
    let status = HTTP_INTERNAL_SERVER_ERROR;
    incident::refuse(request, &conf.settings, rule.tag(), what, status)
}
