//! R10: nobody takes the interpreter of another by a .htaccess. R08: each area runs its own modules.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{ONE_PROCESS, Options, Response, Server};
use crate::hazard::{Ask, Hazard, ask, brief, check, get, report};

const TAKEN: &[&str] = &["PG010"];

/// Whoever gets into the interpreter of another finds what is in its memory. PythonImport puts it
/// there in every process, so it does not matter which of them answers.
const CONFIGURATION: &str = r#"
# modules: include
PythonPath "['@SITE@/lib'] + sys.path"
PythonImport vault imported
PythonImport vault bank
PythonImport vault mine
PythonImport vault first.example
PythonImport vault located
PythonImport vault matched
PythonImport vault hosted
PythonImport vault second.example
PythonImport vault main_interpreter
PythonImport vault @SITE@/victims/directory/
PythonImport vault @SITE@/areas/
<Directory "@SITE@/lib">
    Require all denied
</Directory>
<Directory "@SITE@/victims/bank">
    PythonInterpreter bank
</Directory>
<Directory "@SITE@/areas">
    SetHandler mod_python
    PythonHandler spy
    <IfModule mod_pyguard.c>
        PyGuardHtaccess All
    </IfModule>
</Directory>
<Directory "@SITE@/areas/mine">
    PythonInterpreter mine
</Directory>
<Directory "@SITE@/areas/shared">
    PythonInterpreter bank
</Directory>
<Location "/victims/located">
    PythonInterpreter located
</Location>
<DirectoryMatch "/victims/m[a-z]+">
    PythonInterpreter matched
</DirectoryMatch>
<Directory "@SITE@/victims/w*">
    PythonInterpreter wild
</Directory>
<Directory "@SITE@/victims/directory">
    PythonInterpPerDirectory On
</Directory>
<Directory "@SITE@/pages">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
<VirtualHost *:@PORT@>
    ServerName first.example
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName second.example
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName third.example
    PythonInterpreter hosted
    <Directory "@SITE@/victims/in-host">
        PythonInterpreter deep
    </Directory>
</VirtualHost>
"#;

const LIBRARY: &[(&str, &str)] = &[
    (
        "lib/vault.py",
        "from mod_python import apache\n\nSECRET = 'SECRET-in-%s' % apache.interpreter\n",
    ),
    (
        "lib/spy.py",
        r#"
import sys
from mod_python import apache

def handler(req):
    req.content_type = "text/plain"
    vault = sys.modules.get("vault")
    found = vault.SECRET if vault else "nothing"
    req.headers_out["X-Found"] = found
    req.write("in [%s]: %s\n" % (req.interpreter, found))
    return apache.OK
"#,
    ),
];

/// The area, and its .htaccess.
const AREAS: &[(&str, &str)] = &[
    ("bank", "PythonInterpreter bank"),
    ("quoted", "pythoninterpreter \"bank\""),
    ("located", "PythonInterpreter located"),
    ("matched", "PythonInterpreter matched"),
    ("wild", "PythonInterpreter wild"),
    ("hosted", "PythonInterpreter hosted"),
    ("deep", "PythonInterpreter deep"),
    ("imported", "PythonInterpreter imported"),
    ("host", "PythonInterpreter second.example"),
    ("first", "PythonInterpreter first.example"),
    ("main", "PythonInterpreter main_interpreter"),
    ("directory", "PythonInterpreter @SITE@/victims/directory/"),
    ("parent", "PythonInterpreter @SITE@/areas/"),
    ("sibling", "PythonInterpreter @SITE@/areas/siblings/"),
    ("beside", "PythonInterpreter @SITE@/areas/besid"),
    ("tree", "PythonInterpreter mine"),
    ("files", "<Files page>\nPythonInterpreter bank\n</Files>"),
    ("if", "<If \"true\">\nPythonInterpreter bank\n</If>"),
    (
        "ifmodule",
        "<IfModule mod_python.c>\nPythonInterpreter bank\n</IfModule>",
    ),
    (
        "twice",
        "PythonInterpreter harmless\nPythonInterpreter bank\n",
    ),
    // What may be taken.
    ("new", "PythonInterpreter new"),
    ("upper", "PythonInterpreter BANK"),
    ("mine", "PythonInterpreter mine"),
    ("mine/deeper", "PythonInterpreter mine"),
    ("mine/other", "PythonInterpreter a-new-one"),
    ("shared", "PythonInterpreter bank"),
    ("own-path", "PythonInterpreter @SITE@/areas/own-path/"),
    ("below", "PythonInterpreter @SITE@/areas/below/it/"),
    ("alone", "PythonInterpPerDirectory Off"),
    ("each", "PythonInterpPerDirective Off"),
    ("per-directory", "PythonInterpPerDirectory On"),
    ("per-directive", "PythonInterpPerDirective On"),
];

fn with(extra: &str) -> Options {
    Options {
        extra: format!("{CONFIGURATION}{extra}"),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    for (path, text) in LIBRARY {
        server.write(path, text.as_bytes());
    }
    for (name, text) in AREAS {
        let text = server.fill_in(text);
        server.write(&format!("areas/{name}/.htaccess"), text.as_bytes());
        server.write(&format!("areas/{name}/page"), b"");
    }
    server.write("areas/bank/deeper/page", b"");
    server.write(
        "pages/page.shtml",
        b"<p><!--#include virtual=\"/areas/bank/page\" --></p>",
    );
}

const fn taken<'a>(target: &'a str, shows: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        ..get(target, shows, TAKEN)
    }
}

const fn asked<'a>(name: &'a str, question: Ask<'a>, shows: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        ..ask(name, question, shows, TAKEN)
    }
}

#[test]
fn nobody_takes_the_name_of_another() {
    let rows = [
        taken("/areas/bank/page", "SECRET-in-bank"),
        taken("/areas/bank/", "SECRET-in-bank"),
        taken("/areas/bank/deeper/page", "SECRET-in-bank"),
        taken("/areas/bank/missing", "SECRET-in-bank"),
        taken("/areas/quoted/page", "SECRET-in-bank"),
        taken("/areas/located/page", "SECRET-in-located"),
        taken("/areas/matched/page", "SECRET-in-matched"),
        taken("/areas/wild/page", "in [wild]"),
        taken("/areas/hosted/page", "SECRET-in-hosted"),
        taken("/areas/deep/page", "in [deep]"),
        taken("/areas/imported/page", "SECRET-in-imported"),
        taken("/areas/host/page", "SECRET-in-second.example"),
        taken("/areas/main/page", "SECRET-in-main_interpreter"),
        taken("/areas/directory/page", "/htdocs/victims/directory/"),
        taken("/areas/parent/page", "/htdocs/areas/]: SECRET-in"),
        taken("/areas/sibling/page", "/htdocs/areas/siblings/"),
        taken("/areas/beside/page", "/htdocs/areas/besid]"),
        taken("/areas/tree/page", "SECRET-in-mine"),
        taken("/areas/files/page", "SECRET-in-bank"),
        taken("/areas/if/page", "SECRET-in-bank"),
        taken("/areas/ifmodule/page", "SECRET-in-bank"),
        taken("/areas/twice/page", "SECRET-in-bank"),
        Hazard {
            status: 200,
            also: &["unable to include"],
            ..get("/pages/page.shtml", "SECRET-in-bank", TAKEN)
        },
        asked(
            "POST",
            Ask::Send("POST", "/areas/bank/page", &[("Content-Length", "0")]),
            "SECRET-in-bank",
        ),
        asked(
            "HEAD",
            Ask::Send("HEAD", "/areas/bank/page", &[]),
            "SECRET-in-bank",
        ),
        asked(
            "the default of another host",
            Ask::Send("GET", "/areas/first/page", &[("Host", "second.example")]),
            "SECRET-in-first.example",
        ),
        asked(
            "another host's name",
            Ask::Send("GET", "/areas/hosted/page", &[("Host", "second.example")]),
            "SECRET-in-hosted",
        ),
    ];
    check(&with(""), &rows, prepare);
}

#[test]
fn what_is_ones_own_stays() {
    let mut server = Server::start_with(&with(""), prepare);
    let mut failures = Vec::new();
    let site = server.fill_in("@SITE@");
    for (host, path, name) in [
        ("first.example", "new", "new".to_owned()),
        ("first.example", "upper", "BANK".to_owned()),
        ("first.example", "mine", "mine".to_owned()),
        ("first.example", "mine/deeper", "mine".to_owned()),
        ("first.example", "mine/other", "a-new-one".to_owned()),
        // The server's configuration may give one name to two directories.
        ("first.example", "shared", "bank".to_owned()),
        (
            "first.example",
            "own-path",
            format!("{site}/areas/own-path/"),
        ),
        ("first.example", "below", format!("{site}/areas/below/it/")),
        (
            "first.example",
            "per-directory",
            format!("{site}/areas/per-directory/"),
        ),
        ("first.example", "per-directive", format!("{site}/areas/")),
        // A host's own name is its own.
        ("first.example", "first", "first.example".to_owned()),
        ("second.example", "host", "second.example".to_owned()),
        ("third.example", "hosted", "hosted".to_owned()),
        ("nobody.example", "first", "first.example".to_owned()),
    ] {
        let target = format!("/areas/{path}/page");
        let answer = server.send("GET", &target, &[("Host", host)]);
        let lines = server.take_log();
        let expected = format!("in [{name}]");
        if answer.status != 200 || !answer.contains(&expected) || !lines.is_empty() {
            failures.push(format!("{host} {path}: {} {lines:?}", brief(&answer)));
        }
    }
    server.finish();
    report(&failures);
}

#[test]
fn the_log_says_whose_it_is_and_what_to_do() {
    let mut server = Server::start_with(&with(""), prepare);
    for (path, parts) in [
        ("bank", ["bank", "victims/bank", ".htaccess"]),
        ("located", ["located", "/victims/located", ".htaccess"]),
        ("hosted", ["hosted", "third.example", ".htaccess"]),
        ("host", ["second.example", "host", ".htaccess"]),
        ("main", ["main_interpreter", "mod_python", ".htaccess"]),
    ] {
        assert_eq!(server.get(&format!("/areas/{path}/page")).status, 500);
        let lines = server.take_log();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        for part in parts {
            assert!(line.contains(part), "{path}: no {part:?} in {line}");
        }
        assert!(line.contains("PG010: "), "{line}");
        assert!(line.contains("another name"), "{line}");
    }
    server.finish();
}

#[test]
fn the_administrator_lets_them() {
    let extra = r#"
<Directory "@SITE@/areas/bank">
    PyGuardInterpreter Leave
</Directory>
"#;
    let mut server = Server::start_with(&with(extra), prepare);
    assert!(server.get("/areas/bank/page").contains("SECRET-in-bank"));
    assert!(server.take_log().is_empty());
    assert_eq!(server.get("/areas/files/page").status, 500);
    assert_eq!(server.expect_log("PG010: ").len(), 1);
    server.finish();
    let server = Server::start_with(&with("PyGuardInterpreter Leave"), prepare);
    assert!(server.get("/areas/host/page").contains("SECRET-in-second"));
    assert!(server.get("/areas/main/page").contains("SECRET-in-main"));
    server.finish();
}

#[test]
fn it_is_said_before_it_is_done() {
    let mut server = Server::start_with(&with("PyGuard Detect"), prepare);
    let answer = server.get("/areas/bank/page");
    assert!(answer.status == 200 && answer.contains("SECRET-in-bank"));
    let lines = server.take_log();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("PG010: ") && lines[0].contains("would refuse"));
    server.finish();
    let server = Server::start_with(&with("PyGuard Off"), prepare);
    assert!(server.get("/areas/bank/page").contains("SECRET-in-bank"));
    server.finish();
}

#[test]
fn nor_does_the_developer() {
    let mut server = Server::start_with(&with("PyGuardDebugFrom 127.0.0.1"), prepare);
    assert_eq!(server.get("/areas/bank/page").status, 500);
    assert_eq!(server.expect_log("PG010: ").len(), 1);
    server.finish();
}

/// Directories whose modules have the same name.
const SEPARATE: &str = r#"
<Directory "@SITE@/one">
    SetHandler mod_python
    PythonHandler handlers
</Directory>
<Directory "@SITE@/two">
    SetHandler mod_python
    PythonHandler handlers
</Directory>
<Directory "@SITE@/two/three">
    PythonHandler handlers
</Directory>
<Directory "@SITE@/helped">
    SetHandler mod_python
    PythonHandler page
</Directory>
<Directory "@SITE@/supported">
    SetHandler mod_python
    PythonHandler page
</Directory>
<Directory "@SITE@/named">
    SetHandler mod_python
    PythonHandler handlers
    PythonInterpreter chosen
</Directory>
<Directory "@SITE@/outer">
    PythonAccessHandler handlers
</Directory>
<Directory "@SITE@/outer/inner">
    SetHandler mod_python
    PythonHandler handlers
</Directory>
<Directory "@SITE@/filtered/one">
    PythonOutputFilter handlers FIRST
    SetOutputFilter FIRST
</Directory>
<Directory "@SITE@/filtered/two">
    PythonOutputFilter handlers SECOND
    SetOutputFilter SECOND
</Directory>
<VirtualHost *:@PORT@>
    ServerName first.example
    <Location "/app">
        SetHandler mod_python
        PythonHandler handlers
        PythonPath "['@SITE@/by-location'] + sys.path"
    </Location>
    <Location "/application">
        SetHandler mod_python
        PythonHandler handlers
        PythonPath "['@SITE@/by-other'] + sys.path"
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName second.example
    <Location "/app">
        SetHandler mod_python
        PythonHandler handlers
        PythonPath "['@SITE@/by-host'] + sys.path"
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName third.example
    PythonHandler handlers
    PythonPath "['@SITE@/level'] + sys.path"
    <Directory "@SITE@/level">
        SetHandler mod_python
    </Directory>
</VirtualHost>
"#;

/// The directories that have a `handlers` of their own.
const OWN: &[&str] = &[
    "one",
    "two",
    "two/three",
    "named",
    "outer",
    "outer/inner",
    "by-location",
    "by-other",
    "by-host",
    "level",
    "filtered/one",
    "filtered/two",
    "users/alice",
    "users/bob",
    "users/carol",
    "users/dave",
];

/// The .htaccess of some of them: two plain ones, and two that would rather be together.
const USERS: &[(&str, &str)] = &[
    ("alice", ""),
    ("bob", ""),
    ("carol", "PythonInterpPerDirective Off\n"),
    ("dave", "PythonInterpPerDirectory Off\n"),
];

fn separate(extra: &str) -> Options {
    Options {
        extra: format!("{SEPARATE}{extra}"),
        ..Options::default()
    }
}

fn prepare_separate(server: &Server) {
    for name in OWN {
        let code = format!(
            r#"
from mod_python import apache

def handler(req):
    req.content_type = "text/plain"
    req.write("code of [{name}] in [%s]\n" % req.interpreter)
    return apache.OK

def accesshandler(req):
    req.headers_out["X-Access"] = "by [{name}]"
    return apache.OK

def outputfilter(fltr):
    data = fltr.read()
    while data:
        fltr.write("filter of [{name}]\\n")
        data = fltr.read()
    if data is None:
        fltr.close()
"#
        );
        server.write(&format!("{name}/handlers.py"), code.as_bytes());
        server.write(&format!("{name}/page"), b"a page");
    }
    // The handler's name differs, or not; what it imports has the same one.
    for name in ["helped", "supported"] {
        server.write(
            &format!("{name}/page.py"),
            b"import helper\nfrom mod_python import apache\n\n\
              def handler(req):\n    req.write(helper.NAME)\n    return apache.OK\n",
        );
        let text = format!("NAME = 'code of [{name}]'\n");
        server.write(&format!("{name}/helper.py"), text.as_bytes());
        server.write(&format!("{name}/page"), b"");
    }
    for (name, text) in USERS {
        let text = format!("SetHandler mod_python\nPythonHandler handlers\n{text}");
        server.write(&format!("users/{name}/.htaccess"), text.as_bytes());
    }
}

/// The host, the target, and whose code must answer.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("first.example", "/one/page", "code of [one]"),
    ("first.example", "/two/page", "code of [two]"),
    ("first.example", "/two/three/page", "code of [two/three]"),
    ("first.example", "/helped/page", "code of [helped]"),
    ("first.example", "/supported/page", "code of [supported]"),
    ("first.example", "/named/page", "code of [named]"),
    (
        "first.example",
        "/outer/inner/page",
        "code of [outer/inner]",
    ),
    ("first.example", "/outer/inner/page", "by [outer]"),
    ("first.example", "/outer/page", "by [outer]"),
    ("first.example", "/app/x", "code of [by-location]"),
    ("first.example", "/application/x", "code of [by-other]"),
    ("second.example", "/app/x", "code of [by-host]"),
    ("second.example", "/one/page", "code of [one]"),
    ("third.example", "/level/page", "code of [level]"),
    (
        "first.example",
        "/filtered/one/page",
        "filter of [filtered/one]",
    ),
    (
        "first.example",
        "/filtered/two/page",
        "filter of [filtered/two]",
    ),
    (
        "first.example",
        "/users/alice/page",
        "code of [users/alice]",
    ),
    ("first.example", "/users/bob/page", "code of [users/bob]"),
    (
        "first.example",
        "/users/carol/page",
        "code of [users/carol]",
    ),
    ("first.example", "/users/dave/page", "code of [users/dave]"),
];

/// Asks all of them so often, and in such an order, that each process has seen each of them
/// first or second, and returns what was wrong.
fn wrong(server: &Server) -> BTreeSet<&'static str> {
    let mut wrong = BTreeSet::new();
    for round in 0..6 {
        for index in 0..QUESTIONS.len() {
            // Neither the order nor the number of requests fits a fixed turn of the processes.
            let index = match round % 3 {
                0 => index,
                1 => QUESTIONS.len() - 1 - index,
                _ => (index * 7 + round) % QUESTIONS.len(),
            };
            let (_, target, expected) = QUESTIONS[index];
            let answer = ask_at(server, index);
            if !answer.contains(expected) {
                wrong.insert(target);
            }
        }
    }
    wrong
}

fn ask_at(server: &Server, index: usize) -> Response {
    let (host, target, _) = QUESTIONS[index];
    server.send("GET", target, &[("Host", host)])
}

/// The module that came first answers for all of the same name: one of each pair is not its own.
#[test]
fn the_first_module_answers_for_all() {
    let pairs = [
        ["/one/page", "/two/page"],
        ["/two/page", "/two/three/page"],
        ["/helped/page", "/supported/page"],
        ["/app/x", "/application/x"],
        ["/users/alice/page", "/users/bob/page"],
        ["/users/carol/page", "/users/dave/page"],
        ["/outer/page", "/outer/inner/page"],
        ["/filtered/one/page", "/filtered/two/page"],
    ];
    let open = Options {
        guarded: false,
        careless: true,
        ..separate("")
    };
    for options in [open, separate(""), separate("PyGuardInterpreter Leave")] {
        let server = Server::start_with(&options, prepare_separate);
        let wrong = wrong(&server);
        for pair in pairs {
            assert!(
                pair.iter().any(|target| wrong.contains(target)),
                "{pair:?} have their own modules: {wrong:?}"
            );
        }
        server.finish();
    }
}

#[test]
fn each_area_has_its_own() {
    let mut server = Server::start_with(&separate("PyGuardInterpreter Isolate"), prepare_separate);
    assert_eq!(wrong(&server), BTreeSet::new());
    // Each name is another's.
    let mut names = BTreeSet::new();
    for index in [0, 1, 2, 9, 10, 11, 16, 17, 18, 19] {
        let text = ask_at(&server, index).text();
        let (_, name) = text.rsplit_once(" in ").expect("the interpreter");
        assert!(names.insert(name.to_owned()), "{text} is not alone");
        assert_ne!(name.trim(), "[first.example]");
    }
    // What the configuration names stays, and a handler of the whole host stays with the host.
    assert!(ask_at(&server, 5).contains("in [chosen]"));
    assert!(ask_at(&server, 13).contains("in [third.example]"));
    // One area has one, whatever is asked for in it.
    server.write("one/deeper/page", b"");
    let first = server.get("/one/page").text();
    for target in ["/one/deeper/page", "/one/", "/one/missing/x", "/one/page?x"] {
        assert_eq!(server.get(target).text(), first, "{target}");
    }
    assert!(server.take_log().is_empty());
    server.finish();
}

/// Where it is said for one directory, the others share as ever.
#[test]
fn an_area_for_itself() {
    let extra = r#"
<Directory "@SITE@/two">
    PyGuardInterpreter Isolate
</Directory>
"#;
    let server = Server::start_with(&separate(extra), prepare_separate);
    for _ in 0..6 {
        let answer = server.get("/one/page");
        assert!(answer.contains("in [first.example]"), "{}", brief(&answer));
        let answer = server.get("/two/page");
        assert!(answer.contains("code of [two]"), "{}", brief(&answer));
        assert!(!answer.contains("in [first.example]"));
    }
    server.finish();
}

/// What the server's configuration gives a directory is not for its .htaccess to leave.
#[test]
fn an_interpreter_of_ones_own_stays_on() {
    let extra = r#"
<Directory "@SITE@/areas/alone">
    PythonInterpPerDirectory On
</Directory>
<Directory "@SITE@/areas/each">
    PythonInterpPerDirective On
</Directory>
"#;
    let stays = |target| Hazard {
        status: 200,
        ..get(target, "SECRET-in-first.example", &[])
    };
    let rows = [stays("/areas/alone/page"), stays("/areas/alone/missing")];
    check(&with(extra), &rows, prepare);
    let server = Server::start_with(&with(extra), prepare);
    let site = server.fill_in("@SITE@");
    for (name, directory) in [("alone", "areas/alone/"), ("each", "areas/")] {
        let answer = server.get(&format!("/areas/{name}/page"));
        let expected = format!("in [{site}/{directory}]");
        assert!(answer.contains(&expected), "{name}: {}", brief(&answer));
    }
    server.finish();
}

/// A handler that names a file of another user's, for the phases that follow.
const THIEF: &str = r#"
import sys
from mod_python import apache

def elsewhere(req):
    req.filename = req.filename.replace("/thief/", "/owner/")
    return apache.OK

fixuphandler = elsewhere

def found(req):
    owner = sys.modules.get("owner")
    return "in [%s]: %s" % (req.interpreter, owner.SECRET if owner else "nothing")

def handler(req):
    req.content_type = "text/plain"
    req.write(found(req))
    return elsewhere(req)

def loghandler(req):
    apache.log_error("logged " + found(req), apache.APLOG_ERR)
    return apache.OK
"#;

/// The interpreter of a directory is that of where the request was mapped to.
#[test]
fn naming_a_file_of_another_leads_nowhere() {
    const ON: &str = "PythonInterpPerDirectory On\n";
    const APART: &str = "<Directory \"@SITE@/apart\">\nPythonInterpPerDirectory On\n</Directory>\n";
    const ISOLATE: &str = "<IfModule mod_pyguard.c>\nPyGuardInterpreter Isolate\n</IfModule>\n";
    // The configuration, the .htaccess of the one and the other, and whether it is a hazard without the module.
    let cases = [
        ("", ON, ON, true),
        (APART, "", "", true),
        (APART, ON, "", true),
        (ISOLATE, ON, ON, true),
        (ISOLATE, ON, "", false),
    ];
    let mut failures = Vec::new();
    for (extra, thief, owner, hazard) in cases {
        for phase in ["PythonFixupHandler", "PythonLogHandler"] {
            for guarded in [false, true] {
                let options = Options {
                    guarded,
                    careless: true,
                    extra: format!("{ONE_PROCESS}{extra}"),
                    ..Options::default()
                };
                let server = Server::start_with(&options, |server| {
                    let handlers = "SetHandler mod_python\nPythonHandler";
                    let thief = format!("{thief}{handlers} thief\n{phase} thief\n");
                    let owner = format!("{owner}{handlers} owner\n");
                    server.write("apart/thief/.htaccess", thief.as_bytes());
                    server.write("apart/thief/thief.py", THIEF.as_bytes());
                    server.write("apart/owner/.htaccess", owner.as_bytes());
                    server.write(
                        "apart/owner/owner.py",
                        b"SECRET = 'SECRET-owner'\n\ndef handler(req):\n    req.write('owner')\n    return 0\n",
                    );
                });
                assert_eq!(server.get("/apart/owner/x").text(), "owner");
                let answer = server.get("/apart/thief/x");
                let deadline = Instant::now() + Duration::from_secs(3);
                let logs = phase == "PythonLogHandler" && answer.status == 200;
                while logs && !server.whole_log().contains("logged ") && Instant::now() < deadline {
                    thread::sleep(Duration::from_millis(20));
                }
                let shows =
                    answer.contains("SECRET-owner") || server.whole_log().contains("SECRET-owner");
                if shows != (hazard && !guarded) {
                    failures.push(format!(
                        "guarded {guarded}, {phase}, {extra:?}, {thief:?}: {} {}",
                        brief(&answer),
                        server.whole_log()
                    ));
                }
                server.finish();
            }
        }
    }
    report(&failures);
}

/// The names that PythonInterpPerDirectory gives stay, where nobody names another file.
#[test]
fn the_names_of_directories_stay() {
    let extra = r#"
<Directory "@SITE@/areas/configured">
    PythonInterpPerDirectory On
</Directory>
<Directory "@SITE@/areas/configured/back">
    PythonInterpPerDirectory Off
</Directory>
"#;
    let open = Options {
        guarded: false,
        ..with(extra)
    };
    let mut server = Server::start_with(&open, |server| {
        prepare(server);
        for name in [
            "per-directory/a/b",
            "configured",
            "configured/a",
            "configured/back",
        ] {
            server.write(&format!("areas/{name}/page"), b"");
        }
    });
    let ask = |server: &Server| -> Vec<String> {
        [
            "per-directory/page",
            "per-directory/",
            "per-directory",
            "per-directory/missing",
            "per-directory/page/more/of/it",
            "per-directory/missing/more/of/it",
            "per-directory/a/b/page",
            "per-directory/a",
            "per-directory/a/missing",
            "per-directory/./a//b/page",
            "configured/page",
            "configured/",
            "configured/a/page",
            "configured/a/missing",
            "configured/back/page",
            "per-directive/page",
            "per-directive/missing/x",
        ]
        .map(|path| format!("{path}: {}", server.get(&format!("/areas/{path}")).text()))
        .to_vec()
    };
    let before = ask(&server);
    let own = before.iter().filter(|text| text.contains("in [/"));
    assert!(own.count() > 12, "{before:?}");
    server.start_again(&with(extra));
    assert_eq!(ask(&server), before);
    server.finish();
}
