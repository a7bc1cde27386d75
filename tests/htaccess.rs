//! R21: which of mod_python's directives a .htaccess may use.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::harness::{Options, Platform, Server};
use crate::hazard::{Ask, Hazard, ask, brief, check, get, report};

const REFUSED: &[&str] = &["PG021"];

/// Every directive that mod_python allows in a .htaccess, with a value that does no harm.
const DIRECTIVES: &[(&str, &str)] = &[
    ("PythonAccessHandler", "probe"),
    ("PythonAuthenHandler", "probe"),
    ("PythonAuthzHandler", "probe"),
    ("PythonAutoReload", "On"),
    ("PythonCleanupHandler", "probe"),
    ("PythonDebug", "Off"),
    ("PythonEnablePdb", "Off"),
    ("PythonFixupHandler", "probe"),
    ("PythonHandler", "probe"),
    ("PythonHandlerModule", "probe"),
    ("PythonHeaderParserHandler", "probe"),
    ("PythonInitHandler", "probe"),
    ("PythonInterpPerDirective", "On"),
    ("PythonInterpPerDirectory", "On"),
    ("PythonInterpreter", "own"),
    ("PythonLogHandler", "probe"),
    ("PythonOption", "name value"),
    ("PythonPath", "\"sys.path + ['@SITE@/areas']\""),
    ("PythonTypeHandler", "probe"),
];

/// What a .htaccess may not use where nothing is said.
const DANGEROUS: &[&str] = &["PythonPath", "PythonInterpreter"];

const CONFIGURATION: &str = r#"
# modules: negotiation include
<Directory "@SITE@/areas">
    SetHandler mod_python
    PythonHandler probe
</Directory>
"#;

/// A module with a handler for each phase.
const PROBE: &str = r#"
import sys
from mod_python import apache

def handler(req):
    req.content_type = "text/plain"
    req.headers_out["X-Interpreter"] = req.interpreter
    req.headers_out["X-Path"] = " ".join(sys.path).replace("\n", "")
    req.write("served in %s\n%s\n" % (req.interpreter, "\n".join(sys.path)))
    return apache.OK

def inithandler(req):
    return apache.OK

headerparserhandler = accesshandler = authenhandler = authzhandler = inithandler
typehandler = fixuphandler = loghandler = cleanuphandler = inithandler
"#;

fn with(extra: &str) -> Options {
    Options {
        extra: format!("{CONFIGURATION}{extra}"),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    server.write("areas/probe.py", PROBE.as_bytes());
    server.write("areas/page", b"");
}

/// Writes the .htaccess of an area, with a file beside it.
fn area(server: &Server, name: &str, text: &str) {
    let text = server.fill_in(text);
    server.write(&format!("{name}/.htaccess"), text.as_bytes());
    server.write(&format!("{name}/page"), b"");
}

/// A PythonPath that runs a program: it leaves a file, and its name where the page shows it.
fn program(name: &str) -> String {
    format!(
        "PythonPath \"sys.path + ['@SITE@/areas', \
         open('@SITE@/drop/{name}', 'w').close() or '/SECRET-{name}']\""
    )
}

/// The area, its .htaccess (`@P@` is the program), and what it shows without the module.
const AREAS: &[(&str, &str)] = &[
    ("plain", "@P@"),
    (
        "file",
        "PythonPath \"sys.path + ['@SITE@/areas', open('@ROOT@/outside/secret').read()]\"",
    ),
    ("upper", "@P@ upper"),
    ("lower", "@P@ lower"),
    ("continued", "@P@ continued"),
    ("late", "# nothing\n\n\n   @P@\n# nothing"),
    ("files", "<Files \"page\">\n@P@\n</Files>"),
    ("filesmatch", "<FilesMatch \"^p\">\n@P@\n</FilesMatch>"),
    ("ifmodule", "<IfModule mod_python.c>\n@P@\n</IfModule>"),
    (
        "nested",
        "<IfModule mod_python.c>\n<IfModule !mod_nothing.c>\n<Files *>\n@P@\n</Files>\n\
         </IfModule>\n</IfModule>",
    ),
    ("ifdefine", "<IfDefine !NOTHING>\n@P@\n</IfDefine>"),
    ("if", "<If \"%{REQUEST_URI} =~ /if/\">\n@P@\n</If>"),
    (
        "else",
        "<If \"false\">\nPythonDebug Off\n</If>\n<Else>\n@P@\n</Else>",
    ),
    (
        "iffiles",
        "<Files page>\n<If \"true\">\n@P@\n</If>\n</Files>",
    ),
    ("limit", "<Limit GET POST>\n@P@\n</Limit>"),
    ("limitexcept", "<LimitExcept DELETE>\n@P@\n</LimitExcept>"),
    ("interpreter", "PythonInterpreter SECRET-interpreter"),
    ("both", "PythonInterpreter SECRET-both\n@P@"),
    (
        "own",
        "SetHandler mod_python\nPythonHandler probe\nPythonDebug On\n@P@",
    ),
    ("override", "@P@"),
    ("indexed", "@P@"),
    ("included", "@P@"),
    ("missing", "@P@"),
    ("multi", "@P@"),
    ("upper-level", "@P@"),
    ("upper-level/lower-level", "PythonDebug Off"),
];

const SERVER: &str = r#"
<Directory "@SITE@/areas/override">
    AllowOverride None
    AllowOverrideList PythonPath
</Directory>
<Directory "@SITE@/areas/multi">
    Options +MultiViews
</Directory>
<Directory "@SITE@/ways/index">
    DirectoryIndex /areas/indexed/page
</Directory>
<Directory "@SITE@/ways/missing">
    ErrorDocument 404 /areas/missing/page
</Directory>
<Directory "@SITE@/ways/ssi">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
Alias "/shortcut" "@SITE@/areas/plain"
<VirtualHost *:@PORT@>
    ServerName first.example
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName other-file.example
    AccessFileName access.conf
</VirtualHost>
"#;

fn prepare_areas(server: &Server) {
    prepare(server);
    server.write("drop/x", b"");
    server.give_to_httpd("drop");
    let secret = server.path("outside/secret");
    fs::write(&secret, "SECRET-file").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    for (name, text) in AREAS {
        let program = program(&name.replace('/', "-"));
        let text = match text.strip_prefix("@P@ ") {
            Some("upper") => program.replace("PythonPath", "PYTHONPATH"),
            Some("lower") => program.replace("PythonPath", "pythonpath"),
            Some("continued") => program.replace("PythonPath", "Python\\\nPath"),
            _ => text.replace("@P@", &program),
        };
        area(server, &format!("areas/{name}"), &text);
    }
    area(server, "areas/accessfile", "");
    let text = server.fill_in(&program("accessfile"));
    server.write("areas/accessfile/access.conf", text.as_bytes());
    server.write("areas/plain/deeper/still/page", b"");
    server.write("areas/multi/negotiated.html", b"");
    server.write("ways/index/x", b"");
    server.write("ways/missing/x", b"");
    server.write(
        "ways/ssi/page.shtml",
        b"<p><!--#include virtual=\"/areas/included/page\" --></p>",
    );
}

const fn refused<'a>(target: &'a str, shows: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        ..get(target, shows, REFUSED)
    }
}

const fn asked<'a>(name: &'a str, question: Ask<'a>, shows: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        ..ask(name, question, shows, REFUSED)
    }
}

#[test]
fn python_path_is_a_program() {
    let rows = [
        refused("/areas/plain/page", "SECRET-plain"),
        refused("/areas/plain/", "SECRET-plain"),
        refused("/areas/plain/missing", "SECRET-plain"),
        refused("/areas/plain/page/more", "SECRET-plain"),
        refused("/areas/plain/deeper/still/page", "SECRET-plain"),
        refused("/areas/plain/deeper/still/missing?x", "SECRET-plain"),
        refused("/areas/file/page", "SECRET-file"),
        refused("/areas/upper/page", "SECRET-upper"),
        refused("/areas/lower/page", "SECRET-lower"),
        refused("/areas/continued/page", "SECRET-continued"),
        refused("/areas/late/page", "SECRET-late"),
        refused("/areas/files/page", "SECRET-files"),
        refused("/areas/filesmatch/page", "SECRET-filesmatch"),
        refused("/areas/ifmodule/page", "SECRET-ifmodule"),
        refused("/areas/nested/page", "SECRET-nested"),
        refused("/areas/ifdefine/page", "SECRET-ifdefine"),
        refused("/areas/if/page", "SECRET-if"),
        refused("/areas/else/page", "SECRET-else"),
        refused("/areas/iffiles/page", "SECRET-iffiles"),
        refused("/areas/limit/page", "SECRET-limit"),
        refused("/areas/limitexcept/page", "SECRET-limitexcept"),
        refused("/areas/interpreter/page", "SECRET-interpreter"),
        refused("/areas/both/page", "SECRET-both"),
        refused("/areas/own/page", "SECRET-own"),
        refused("/areas/override/page", "SECRET-override"),
        refused("/areas/upper-level/page", "SECRET-upper-level"),
        refused("/areas/upper-level/lower-level/page", "SECRET-upper-level"),
        refused("/areas/multi/negotiated", "SECRET-multi"),
        refused("/shortcut/page", "SECRET-plain"),
        refused("/areas/x/../pl%61in/page", "SECRET-plain"),
        refused("/ways/index/", "SECRET-indexed"),
        Hazard {
            status: 200,
            also: &["unable to include"],
            ..get("/ways/ssi/page.shtml", "SECRET-included", REFUSED)
        },
        get("/ways/missing/nothing", "SECRET-missing", REFUSED),
        asked(
            "HEAD",
            Ask::Send("HEAD", "/areas/plain/page", &[]),
            "SECRET-plain",
        ),
        asked(
            "POST",
            Ask::Send("POST", "/areas/plain/page", &[("Content-Length", "0")]),
            "SECRET-plain",
        ),
        asked(
            "HTTP/1.0",
            Ask::Raw("GET /areas/plain/page HTTP/1.0\r\n\r\n"),
            "SECRET-plain",
        ),
        asked(
            "another AccessFileName",
            Ask::Send(
                "GET",
                "/areas/accessfile/page",
                &[("Host", "other-file.example")],
            ),
            "SECRET-accessfile",
        ),
    ];
    check(&with(SERVER), &rows, prepare_areas);
}

/// What each program leaves, after each area was asked for.
fn dropped(options: &Options) -> BTreeSet<String> {
    let server = Server::start_with(
        &Options {
            careless: true,
            ..options.clone()
        },
        prepare_areas,
    );
    for (name, _) in AREAS {
        for path in ["page", "", "missing"] {
            server.get(&format!("/areas/{name}/{path}"));
        }
    }
    let found = fs::read_dir(server.site("drop"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "x")
        .collect();
    server.finish();
    found
}

#[test]
fn and_it_does_not_run() {
    let open = Options {
        guarded: false,
        ..with(SERVER)
    };
    let ran = dropped(&open);
    for name in ["plain", "continued", "files", "if", "own", "override"] {
        assert!(ran.contains(name), "{name} is not among {ran:?}");
    }
    assert_eq!(dropped(&with(SERVER)), BTreeSet::new());
}

#[test]
fn the_log_says_where_and_what_to_do() {
    let mut server = Server::start_with(&with(SERVER), prepare_areas);
    for (path, directive, line) in [
        ("plain", "PythonPath", "line 1"),
        ("lower", "PythonPath", "line 1"),
        ("late", "PythonPath", "line 4"),
        ("nested", "PythonPath", "line 4"),
        ("if", "PythonPath", "line 2"),
        ("interpreter", "PythonInterpreter", "line 1"),
        ("own", "PythonPath", "line 4"),
    ] {
        assert_eq!(server.get(&format!("/areas/{path}/page")).status, 500);
        let lines = server.take_log();
        let file = server.site(&format!("areas/{path}/.htaccess"));
        let said = lines.concat();
        for part in [
            "PG021: ",
            directive,
            &file.display().to_string(),
            line,
            "PyGuardHtaccess",
        ] {
            assert!(said.contains(part), "{path}: no {part:?} in {lines:?}");
        }
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
    server.finish();
}

/// The directives of the module are for httpd.conf only, so they do not hinder a server without it.
fn only_with_the_module(text: &str) -> String {
    format!("<IfModule mod_pyguard.c>\n{text}\n</IfModule>\n")
}

/// How PyGuardHtaccess is set for each directory of `name/PythonX`: what stands in the outer
/// directory, and in its own, where `@D@` is the directive and `@O@` another one.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("default", "", ""),
    ("none", "PyGuardHtaccess None", ""),
    ("all", "PyGuardHtaccess All", ""),
    ("only", "", "PyGuardHtaccess @D@"),
    ("other", "", "PyGuardHtaccess @O@"),
    ("but", "PyGuardHtaccess All", "PyGuardHtaccess -@D@"),
    ("plus", "PyGuardHtaccess None", "PyGuardHtaccess +@D@"),
    ("two", "PyGuardHtaccess None", "PyGuardHtaccess +@O@ +@D@"),
    ("more", "", "PyGuardHtaccess +PythonPath +PythonInterpreter"),
    ("kept", "PyGuardHtaccess All", "PyGuardHtaccess -@O@"),
    ("reset", "PyGuardHtaccess None", "PyGuardHtaccess All"),
    ("closed", "PyGuardHtaccess All", "PyGuardHtaccess None"),
    ("case", "PyGuardHtaccess none", "PyGuardHtaccess @L@"),
];

fn allowed(setting: &str, directive: &str) -> bool {
    match setting {
        "default" => !DANGEROUS.contains(&directive),
        "none" | "other" | "but" | "closed" => false,
        _ => true,
    }
}

#[test]
fn each_directive_is_allowed_and_refused() {
    let mut text = String::new();
    // For a phase before the one whose handler is named in the directory of the module.
    let path = "<Directory \"@SITE@/areas\">\n\
                PythonPath \"sys.path + ['@SITE@/areas']\"\n</Directory>\n";
    let others = DIRECTIVES.iter().cycle().skip(1);
    for (name, outer, inner) in SETTINGS {
        text += &format!("<Directory \"@SITE@/areas/{name}\">\n{outer}\n</Directory>\n");
        for ((directive, _), (other, _)) in DIRECTIVES.iter().zip(others.clone()) {
            let inner = inner
                .replace("@D@", directive)
                .replace("@O@", other)
                .replace("@L@", &directive.to_lowercase());
            text += &format!(
                "<Directory \"@SITE@/areas/{name}/{directive}\">\n{inner}\n</Directory>\n"
            );
        }
    }
    let options = with(&format!("{path}{}", only_with_the_module(&text)));
    let prepare = |server: &Server| {
        prepare(server);
        for (name, _, _) in SETTINGS {
            for (directive, value) in DIRECTIVES {
                let path = format!("areas/{name}/{directive}");
                area(server, &path, &format!("{directive} {value}\n"));
            }
        }
    };
    let mut failures = Vec::new();
    let open = Options {
        guarded: false,
        careless: true,
        ..options.clone()
    };
    let server = Server::start_with(&open, prepare);
    for (directive, _) in DIRECTIVES {
        let answer = server.get(&format!("/areas/default/{directive}/page"));
        if answer.status != 200 || !answer.contains("served in") {
            failures.push(format!(
                "without the module {directive}: {}",
                brief(&answer)
            ));
        }
    }
    server.finish();
    let mut server = Server::start_with(&options, prepare);
    for (name, _, _) in SETTINGS {
        for (directive, _) in DIRECTIVES {
            let target = format!("/areas/{name}/{directive}/page");
            let answer = server.get(&target);
            let lines = server.take_log();
            let right = match allowed(name, directive) {
                true => answer.status == 200 && lines.is_empty(),
                false => {
                    answer.status == 500
                        && lines.len() == 1
                        && lines[0].contains("PG021: ")
                        && lines[0].contains(directive)
                }
            };
            if !right {
                failures.push(format!("{target}: {} {lines:?}", brief(&answer)));
            }
        }
    }
    server.finish();
    report(&failures);
}

/// The table above is the whole: mod_python itself is asked about each name in it.
#[test]
fn no_directive_is_forgotten() {
    let load = Platform::find().load("python", "");
    let Some(file) = load.split('"').nth(1) else {
        eprintln!("mod_python is inside httpd: not run");
        return;
    };
    let bytes = fs::read(file).unwrap();
    let names: BTreeSet<&str> = bytes
        .split(|byte| *byte == 0)
        .filter_map(|word| std::str::from_utf8(word).ok())
        .filter(|word| word.starts_with("Python") && word.len() > "Python".len())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .collect();
    let open = Options {
        guarded: false,
        careless: true,
        ..Options::default()
    };
    let mut server = Server::start_with(&open, |server| {
        for name in &names {
            area(server, &format!("areas/{name}"), &format!("{name} Off\n"));
        }
    });
    let mut found = BTreeSet::new();
    for name in &names {
        server.get(&format!("/areas/{name}/page"));
        let said = server.take_log().concat();
        if !said.contains("not allowed here") && !said.contains("Invalid command") {
            found.insert(*name);
        }
    }
    server.finish();
    let table: BTreeSet<&str> = DIRECTIVES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, table);
}

#[test]
fn what_httpd_conf_says_is_not_asked_about() {
    let extra = r#"
<Directory "@SITE@/areas/said">
    PythonPath "sys.path + ['@SITE@/areas', '/said-in-directory']"
    PythonInterpreter said
    PyGuardHtaccess None
</Directory>
<Files "by-files">
    PythonPath "sys.path + ['@SITE@/areas', '/said-in-files']"
</Files>
<Location "/areas/said/by-location">
    PythonPath "sys.path + ['@SITE@/areas', '/said-in-location']"
</Location>
<VirtualHost *:@PORT@>
    ServerName first.example
    PyGuardHtaccess None
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName second.example
    PythonPath "sys.path + ['@SITE@/areas', '/said-in-host']"
    PyGuardHtaccess All
</VirtualHost>
"#;
    let mut server = Server::start_with(&with(extra), |server| {
        prepare(server);
        area(
            server,
            "areas/said",
            "Options -Indexes\n# PythonPath \"x\"\n",
        );
        server.write("areas/said/by-files", b"");
        server.write("areas/said/by-location", b"");
        area(
            server,
            "areas/without",
            "<IfModule !mod_python.c>\nPythonPath \"x\"\n</IfModule>\n\
             <IfDefine NOTHING>\nPythonDebug On\n</IfDefine>\n",
        );
        area(server, "areas/second", "PythonDebug Off\n");
    });
    for (target, said) in [
        ("/areas/said/page", "/said-in-directory"),
        ("/areas/said/by-files", "/said-in-files"),
        ("/areas/said/by-location", "/said-in-location"),
        ("/areas/without/page", "served in"),
        ("/areas/page", "served in"),
    ] {
        let answer = server.get(target);
        assert!(answer.status == 200, "{target}: {}", brief(&answer));
        assert!(answer.contains(said), "{target}: {}", brief(&answer));
    }
    // Each virtual host has its own word.
    let host = [("Host", "second.example")];
    let answer = server.send("GET", "/areas/second/page", &host);
    assert!(answer.status == 200 && answer.contains("/said-in-host"));
    assert!(server.take_log().is_empty());
    assert_eq!(server.get("/areas/second/page").status, 500);
    assert_eq!(server.expect_log("PG021: ").len(), 1);
    server.finish();
}

/// A listing looks into every directory that it shows; that is no reason to refuse the listing.
#[test]
fn beside_it_all_is_as_ever() {
    let extra = "<Directory \"@SITE@/listed\">\nOptions +Indexes\n</Directory>";
    let mut server = Server::start_with(&with(extra), |server| {
        prepare(server);
        area(server, "listed/evil", "PythonPath \"sys.path\"\n");
        area(server, "listed/fine", "PythonDebug Off\n");
        server.write("listed/text.txt", b"text");
    });
    let answer = server.get("/listed/");
    assert!(answer.status == 200 && answer.contains("text.txt") && answer.contains("fine"));
    server.allow_log("PG021: ");
    assert_eq!(server.get("/listed/text.txt").status, 200);
    assert_eq!(server.get("/listed/fine/page").status, 200);
    assert_eq!(server.get("/areas/page").status, 200);
    assert!(server.take_log().is_empty());
    // No Python at all would run there; what it says is refused all the same.
    assert_eq!(server.get("/listed/evil/page").status, 500);
    assert_eq!(server.expect_log("PG021: ").len(), 1);
    server.finish();
}

#[test]
fn the_developer_is_no_exception() {
    let options = with(&format!("{SERVER}PyGuardDebugFrom 127.0.0.1"));
    let mut server = Server::start_with(&options, prepare_areas);
    assert_eq!(server.get("/areas/plain/page").status, 500);
    assert_eq!(server.expect_log("PG021: ").len(), 1);
    server.finish();
}

#[test]
fn it_is_said_before_it_is_done() {
    let options = with(&format!("{SERVER}PyGuard Detect"));
    let mut server = Server::start_with(&options, prepare_areas);
    for (path, shows) in [
        ("plain", "SECRET-plain"),
        ("files", "SECRET-files"),
        ("interpreter", "SECRET-interpreter"),
    ] {
        let answer = server.get(&format!("/areas/{path}/page"));
        assert!(answer.status == 200 && answer.contains(shows), "{path}");
        let lines = server.take_log();
        assert_eq!(lines.len(), 1, "{path}: {lines:?}");
        assert!(lines[0].contains("PG021: ") && lines[0].contains("would refuse"));
    }
    server.finish();
    let options = with(&format!("{SERVER}PyGuard Off"));
    let server = Server::start_with(&options, prepare_areas);
    let answer = server.get("/areas/plain/page");
    assert!(answer.status == 200 && answer.contains("SECRET-plain"));
    server.finish();
}
