//! R09: Python source that is newer than what runs is reported, or refused, until a restart.

use std::thread;
use std::time::{Duration, SystemTime};

use crate::harness::{ONE_PROCESS, Options, Response, Server};
use crate::hazard::{brief, report};

/// One file that changes while the server runs.
struct Case {
    /// The directory of the site, and what is said in its section.
    place: &'static str,
    directives: &'static str,
    /// What is asked for, below the directory.
    page: &'static str,
    /// The file that changes, below the site.
    file: &'static str,
    /// Whether mod_python goes on with the old code, and nobody would know.
    stale: bool,
}

const fn case(
    place: &'static str,
    directives: &'static str,
    page: &'static str,
    file: &'static str,
    stale: bool,
) -> Case {
    Case {
        place,
        directives,
        page,
        file,
        stale,
    }
}

const HANDLER: &str = "SetHandler mod_python\n";

/// Every kind of source. The names of modules are unlike each other: Python keeps them by name alone.
const CASES: &[Case] = &[
    case(
        "module",
        "PythonHandler st_module",
        "x",
        "st_module.py",
        true,
    ),
    case(
        "function",
        "PythonHandler st_function::other",
        "x",
        "st_function.py",
        true,
    ),
    case(
        "method",
        "PythonHandler st_method::Page.serve",
        "x",
        "st_method.py",
        true,
    ),
    case(
        "package",
        "PythonHandler st_package.inner",
        "x",
        "st_package/inner.py",
        true,
    ),
    case(
        "init",
        "PythonHandler st_init::other",
        "x",
        "st_init/__init__.py",
        true,
    ),
    case(
        "second",
        "PythonHandler st_helper::passes st_second",
        "x",
        "st_second.py",
        true,
    ),
    case(
        "below",
        "PythonHandler st_below",
        "a/b/x",
        "st_below.py",
        true,
    ),
    case(
        "reloads",
        "PythonAutoReload On\nPythonHandler st_reloads",
        "x",
        "st_reloads.py",
        true,
    ),
    case(
        "keeps",
        "PythonAutoReload Off\nPythonHandler st_keeps",
        "x",
        "st_keeps.py",
        true,
    ),
    case(
        "access",
        "PythonAccessHandler st_access::note\nPythonHandler st_helper",
        "x",
        "st_access.py",
        true,
    ),
    case(
        "fixup",
        "PythonFixupHandler st_fixup::note\nPythonHandler st_helper",
        "x",
        "st_fixup.py",
        true,
    ),
    case(
        "type",
        "PythonTypeHandler st_type::note\nPythonHandler st_helper",
        "x",
        "st_type.py",
        true,
    ),
    case(
        "parser",
        "PythonHeaderParserHandler st_parser::note\nPythonHandler st_helper",
        "x",
        "st_parser.py",
        true,
    ),
    case(
        "wsgi",
        "PythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application st_wsgi",
        "x",
        "st_wsgi.py",
        true,
    ),
    case(
        "wsginame",
        "PythonHandler mod_python.wsgi\nPythonOption mod_python.wsgi.application st_wsginame::application",
        "x",
        "st_wsginame.py",
        true,
    ),
    // The page is the module that the handler imports by its name.
    case(
        "mapped",
        "PythonHandler st_helper::imports",
        "st_mapped.py",
        "st_mapped.py",
        true,
    ),
    case(
        "pages",
        "PythonAutoReload Off\nPythonHandler mod_python.publisher",
        "st_pages.py",
        "st_pages.py",
        true,
    ),
    case("htaccess", "", "x", "st_htaccess.py", true),
    // What mod_python loads anew itself.
    case(
        "publisher",
        "PythonHandler mod_python.publisher",
        "st_publisher.py",
        "st_publisher.py",
        false,
    ),
    case(
        "psp",
        "PythonHandler mod_python.psp",
        "st_page.psp",
        "st_page.psp",
        false,
    ),
    case(
        "cgi",
        "PythonHandler mod_python.cgihandler",
        "st_cgi.py",
        "st_cgi.py",
        false,
    ),
    // What does not run.
    case(
        "beside",
        "PythonHandler st_helper",
        "x",
        "st_beside.py",
        false,
    ),
    case(
        "data",
        "PythonHandler st_helper",
        "st_data.txt",
        "st_data.txt",
        false,
    ),
    // Nothing of the directory's: Python's own.
    case(
        "library",
        "PythonFixupHandler operator::length_hint\nPythonHandler st_helper",
        "x",
        "operator.txt",
        false,
    ),
];

/// The handlers that do not change.
const HELPER: &str = r#"
import os
from mod_python import apache


def handler(req):
    req.content_type = "text/plain"
    req.write(req.notes.get("age", "none"))
    return apache.OK


def passes(req):
    return apache.OK


def imports(req):
    name = os.path.splitext(os.path.basename(req.filename))[0]
    directory = os.path.dirname(req.filename)
    import sys
    if directory not in sys.path:
        sys.path.insert(0, directory)
    return apache.import_module(name).handler(req)


def setting(req):
    req.content_type = "text/plain"
    req.write("PythonAutoReload=%s" % req.get_config().get("PythonAutoReload", "unset"))
    return apache.OK
"#;

/// A module that says how old it is, in whatever way it is asked. Its length changes with it, too.
fn source(file: &str, age: &str) -> Vec<u8> {
    if file.ends_with(".psp") {
        return format!("<p>{age}</p>").into_bytes();
    }
    if file.contains("cgi") && !file.contains("wsgi") {
        return format!("print('Content-Type: text/plain\\n')\nprint('{age}')\n").into_bytes();
    }
    format!(
        "from mod_python import apache\n\
         AGE = '{age}'\n\
         def handler(req):\n    req.content_type = 'text/plain'\n    req.write(AGE)\n    return apache.OK\n\
         other = handler\n\
         def note(req):\n    req.notes['age'] = AGE\n    return apache.OK\n\
         def index(req):\n    return AGE\n\
         def application(environ, start_response):\n    \
             start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [AGE.encode()]\n\
         class Page:\n    def __init__(self, req):\n        self.req = req\n    \
             def serve(self, req):\n        return handler(self.req)\n"
    )
    .into_bytes()
}

fn options(extra: &str) -> Options {
    let section = |case: &Case| {
        let handler = if case.directives.is_empty() {
            ""
        } else {
            HANDLER
        };
        format!(
            "<Directory \"@SITE@/stale/{}\">\n{handler}{}\n</Directory>\n",
            case.place, case.directives
        )
    };
    let sections: String = CASES.iter().map(section).collect();
    Options {
        extra: format!("{ONE_PROCESS}{sections}{extra}"),
        ..Options::default()
    }
}

fn install(server: &Server) {
    for case in CASES {
        let at = |file: &str| format!("stale/{}/{file}", case.place);
        server.write(&at("st_helper.py"), HELPER.as_bytes());
        server.write(&at(case.file), &source(case.file, "old"));
        server.write(&at("a/b/x"), b"a file");
        server.write(&at("x"), b"a file");
        if case.file.contains("inner") {
            server.write(&at("st_package/__init__.py"), b"");
        }
    }
    server.write(
        "stale/htaccess/.htaccess",
        b"SetHandler mod_python\nPythonHandler st_htaccess\n",
    );
}

impl Case {
    fn ask(&self, server: &Server) -> Response {
        server.get(&format!("/stale/{}/{}", self.place, self.page))
    }

    fn path(&self) -> String {
        format!("stale/{}/{}", self.place, self.file)
    }

    /// As an editor does it: the file has a new date.
    fn change(&self, server: &Server) {
        let content = source(self.file, "renewed");
        std::fs::write(server.site(&self.path()), content).expect("a file of the site");
    }

    /// Whether the page comes from this code; where the code is not in the answer, it does.
    fn comes_from(&self, answer: &Response, age: &str) -> bool {
        let constant = matches!(self.place, "beside" | "library" | "data");
        answer.status == 200 && (constant || answer.contains(age))
    }
}

/// Longer than a look at a file is good for, in httpd's module and in mod_python.
fn a_moment() {
    thread::sleep(Duration::from_millis(1500));
}

fn unguarded() -> Options {
    Options {
        guarded: false,
        careless: true,
        ..options("")
    }
}

/// What mod_python does: the old code answers, also where it was told to load it anew.
#[test]
fn old_code_goes_on() {
    let server = Server::start_with(&unguarded(), install);
    let mut failures = Vec::new();
    let mut expect = |case: &Case, age: &str| {
        let answer = case.ask(&server);
        if !case.comes_from(&answer, age) {
            failures.push(format!("{}: not {age}: {}", case.place, brief(&answer)));
        }
    };
    for case in CASES {
        expect(case, "old");
    }
    for case in CASES {
        case.change(&server);
    }
    a_moment();
    for case in CASES {
        expect(case, if case.stale { "old" } else { "renewed" });
    }
    // A second look does not change it.
    a_moment();
    for case in CASES.iter().filter(|case| case.stale) {
        expect(case, "old");
    }
    server.finish();
    report(&failures);
}

/// What was removed from a module stays callable.
#[test]
fn a_removed_function_stays_callable() {
    let function = &CASES[1];
    let remove = |server: &Server| {
        let path = server.site(&function.path());
        std::fs::write(path, b"# Nothing is left.\n").expect("a file of the site");
        a_moment();
    };
    let server = Server::start_with(&unguarded(), install);
    assert_eq!(function.ask(&server).text(), "old");
    remove(&server);
    assert_eq!(
        function.ask(&server).text(),
        "old",
        "the hazard does not show"
    );
    server.finish();

    let mut server = Server::start_with(&options("PyGuardStale Deny"), install);
    assert_eq!(function.ask(&server).text(), "old");
    remove(&server);
    assert_eq!(function.ask(&server).status, 503);
    server.expect_log("PG009: ");
    server.graceful();
    assert_eq!(function.ask(&server).status, 500);
    server.allow_log("contains no 'other'");
    server.allow_log("Traceback (most recent call last)");
    server.allow_log("PythonHandler st_function::other");
    server.finish();
}

/// One line for each file, from all children together, until the next restart.
#[test]
fn what_is_older_than_its_file_is_reported() {
    let mut failures = Vec::new();
    let mut server = Server::start_with(&options(""), install);
    for case in CASES {
        let answer = case.ask(&server);
        if !case.comes_from(&answer, "old") {
            failures.push(format!("{}: {}", case.place, brief(&answer)));
        }
    }
    let early = server.take_log();
    if !early.is_empty() {
        failures.push(format!("before anything changed: {early:?}"));
    }
    for case in CASES {
        case.change(&server);
    }
    a_moment();
    for case in CASES {
        for _ in 0..3 {
            let answer = case.ask(&server);
            if !case.comes_from(&answer, if case.stale { "old" } else { "renewed" }) {
                failures.push(format!("{}: {}", case.place, brief(&answer)));
            }
        }
        let lines = server.take_log();
        let file = server.site(&case.path()).display().to_string();
        let named = |line: &String| {
            line.contains("PG009: ") && line.contains(&file) && line.contains("restart")
        };
        if lines.len() != usize::from(case.stale) || !lines.iter().all(named) {
            failures.push(format!("{}: {lines:?}", case.place));
        }
    }
    server.graceful();
    for case in CASES {
        let answer = case.ask(&server);
        if !case.comes_from(&answer, "renewed") {
            failures.push(format!(
                "after a restart, {}: {}",
                case.place,
                brief(&answer)
            ));
        }
    }
    let late = server.take_log();
    if !late.is_empty() {
        failures.push(format!("after a restart: {late:?}"));
    }
    server.finish();
    report(&failures);
}

/// However many children there are, and however often they are asked.
#[test]
fn once_for_all_children() {
    let mut options = options("");
    options.extra = options.extra.replace(ONE_PROCESS, "");
    let mut server = Server::start_with(&options, install);
    let module = &CASES[0];
    for round in 0..2 {
        module.ask(&server);
        a_moment();
        module.change(&server);
        a_moment();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..4 {
                        assert_eq!(module.ask(&server).status, 200);
                    }
                });
            }
        });
        let lines = server.take_log();
        assert!(
            lines.len() == 1 && lines[0].contains("PG009: "),
            "{round}: {lines:?}"
        );
        server.graceful();
    }
    server.finish();
}

#[test]
fn deny_until_a_restart() {
    let mut failures = Vec::new();
    let mut server = Server::start_with(&options("PyGuardStale Deny"), install);
    for case in CASES {
        let answer = case.ask(&server);
        if !case.comes_from(&answer, "old") {
            failures.push(format!("{}: {}", case.place, brief(&answer)));
        }
    }
    for case in CASES {
        case.change(&server);
    }
    a_moment();
    for case in CASES {
        let answer = case.ask(&server);
        let lines = server.take_log();
        if case.stale {
            let retry = answer
                .header("Retry-After")
                .is_some_and(|after| after.parse::<u32>().is_ok());
            if answer.status != 503 || !retry || answer.contains("old") {
                failures.push(format!("{}: {}", case.place, brief(&answer)));
            }
            if lines.len() != 1 || !lines[0].contains("PG009: ") {
                failures.push(format!("{}: {lines:?}", case.place));
            }
        } else if !case.comes_from(&answer, "renewed") || !lines.is_empty() {
            failures.push(format!("{}: {} {lines:?}", case.place, brief(&answer)));
        }
    }
    server.graceful();
    for case in CASES {
        let answer = case.ask(&server);
        if !case.comes_from(&answer, "renewed") {
            failures.push(format!(
                "after a restart, {}: {}",
                case.place,
                brief(&answer)
            ));
        }
    }
    server.finish();
    report(&failures);
}

/// The other settings, and a file that keeps its date or goes away.
#[test]
fn the_other_settings() {
    let [module, function, method] = [&CASES[0], &CASES[1], &CASES[2]];
    // Configuration, status, what lines there are.
    for (extra, status, line) in [
        ("PyGuardStale Ignore", 200, None),
        ("PyGuard Off\nPyGuardStale Deny", 200, None),
        ("PyGuard Detect\nPyGuardStale Deny", 200, Some("would")),
        ("PyGuardStale Log", 200, Some("restart")),
        ("PyGuardStale Deny", 503, Some("PG009: ")),
    ] {
        let mut server = Server::start_with(&options(extra), install);
        for case in [module, function, method] {
            assert_eq!(case.ask(&server).text(), "old", "{extra}");
        }
        module.change(&server);
        // As `cp -p` does it: the file has an old date.
        server.write(&function.path(), &source(function.file, "renewed"));
        std::fs::remove_file(server.site(&method.path())).expect("a file of the site");
        a_moment();
        for case in [module, function] {
            let answer = case.ask(&server);
            assert_eq!(
                answer.status,
                status,
                "{extra}: {}: {}",
                case.place,
                brief(&answer)
            );
            let lines = server.take_log();
            assert_eq!(
                lines.len(),
                usize::from(line.is_some()),
                "{extra}: {lines:?}"
            );
            if let Some(part) = line {
                assert!(
                    lines[0].contains("PG009: ") && lines[0].contains(part),
                    "{extra}: {lines:?}"
                );
            }
        }
        let answer = method.ask(&server);
        assert_eq!(answer.text(), "old", "{extra}: {}", brief(&answer));
        server.finish();
    }
}

/// For everybody, and whatever a .htaccess says.
#[test]
fn nothing_is_loaded_anew() {
    let places = ["unset", "on", "off", "htaccess"];
    let prepare = |server: &Server| {
        for name in places {
            server.write(
                &format!("reload/{name}/reload_{name}.py"),
                HELPER.as_bytes(),
            );
        }
        server.write("reload/htaccess/.htaccess", b"PythonAutoReload On\n");
    };
    let section = |name: &str| {
        let own = match name {
            "on" => "PythonAutoReload On",
            "off" => "PythonAutoReload Off",
            _ => "",
        };
        format!(
            "<Directory \"@SITE@/reload/{name}\">\n{HANDLER}PythonHandler reload_{name}::setting\n{own}\n</Directory>\n"
        )
    };
    let sections: String = places.map(section).concat();
    let mut failures = Vec::new();
    for (guarded, extra, expected) in [
        (false, "", ["unset", "1", "0", "1"]),
        (true, "", ["unset", "1", "0", "1"]),
        (true, "PyGuardAutoReload Leave", ["unset", "1", "0", "1"]),
        (true, "PyGuardAutoReload Off", ["0", "0", "0", "0"]),
        (
            true,
            "PyGuardAutoReload Off\nPythonDebug On",
            ["0", "0", "0", "0"],
        ),
        (
            true,
            "PyGuardAutoReload Off\nPyGuardDebugFrom 127.0.0.1",
            ["0", "0", "0", "0"],
        ),
        (
            true,
            "PyGuardAutoReload Off\nPyGuardDebugFrom 127.0.0.1\nPythonDebug On",
            ["0", "0", "0", "0"],
        ),
        (
            true,
            "PyGuardAutoReload Off\nPyGuard Detect",
            ["unset", "1", "0", "1"],
        ),
        (
            true,
            "PyGuardAutoReload Off\nPyGuard Off",
            ["unset", "1", "0", "1"],
        ),
    ] {
        let options = Options {
            guarded,
            extra: format!("{sections}{extra}"),
            ..Options::default()
        };
        let server = Server::start_with(&options, prepare);
        for (name, value) in places.iter().zip(expected) {
            let answer = server.get(&format!("/reload/{name}/x"));
            if answer.text() != format!("PythonAutoReload={value}") {
                failures.push(format!("{extra:?} {name}: not {value}: {}", brief(&answer)));
            }
        }
        server.finish();
    }
    report(&failures);
}

/// As a checkout leaves it where the clock of another machine is ahead: nothing has changed since the start.
#[test]
fn a_date_in_the_future_is_no_change() {
    let hour = Duration::from_secs(3600);
    for guarded in [false, true] {
        let mut options = Options {
            guarded,
            ..options("")
        };
        if guarded {
            options.extra += "PyGuardStale Deny\n";
        }
        let module = &CASES[0];
        let mut server = Server::start_with(&options, |server| {
            install(server);
            std::fs::File::options()
                .write(true)
                .open(server.site(&module.path()))
                .and_then(|file| file.set_modified(SystemTime::now() + hour))
                .expect("a file of the site");
        });
        for _ in 0..2 {
            for _ in 0..3 {
                let answer = module.ask(&server);
                assert!(
                    answer.status == 200 && answer.text() == "old",
                    "{}",
                    brief(&answer)
                );
            }
            a_moment();
            server.graceful();
        }
        assert!(server.take_log().is_empty());
        server.finish();
    }
}
