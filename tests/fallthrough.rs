//! R20: a request that was meant for Python and that nothing answered is not answered with the file.

use crate::harness::{Engine, Options, Server, config_test};
use crate::hazard::{Ask, Hazard, ask, check, get};

const FALLS: &[&str] = &["PG020"];

/// The same for what is source by its name too: either rule is a good reason.
const SOURCE_FALLS: &[&str] = &["PG020", "PG017"];

fn site() -> Options {
    Options {
        scenario: "site",
        extra: MORE.to_owned(),
        ..Options::default()
    }
}

/// Ways to forget a handler that the naive site does not have.
const MORE: &str = r#"
<Directory "@SITE@/fall/program">
    AddHandler python-program .py
    PythonHandler alarm
    PythonPath "sys.path + ['@SITE@/alerts']"
</Directory>
<Directory "@SITE@/fall/files">
    PythonPath "sys.path + ['@SITE@/alerts']"
    PythonHandler alarm
    <Files "*.page">
        SetHandler mod_python
    </Files>
</Directory>
<LocationMatch "^/fall/(match|other)/">
    SetHandler mod_python
</LocationMatch>
<Directory "@SITE@/fall/stop">
    SetHandler mod_python
    PythonHandler newsroom alarm
    PythonPath "sys.path + ['@SITE@/alerts', '@SITE@/news']"
</Directory>
<Directory "@SITE@/fall/fixup">
    PythonFixupHandler maps
    PythonPath "sys.path + ['@SITE@/fall']"
</Directory>
<Directory "@SITE@/fall/static">
    SetHandler mod_python
    PyGuardStaticHere
</Directory>
"#;

const MAPS: &str = r#"
from mod_python import apache

def fixuphandler(req):
    req.handler = "mod_python"
    return apache.OK
"#;

fn prepare(server: &Server) {
    for name in [
        "program/x.py",
        "files/x.page",
        "match/x.txt",
        "stop/x.py",
        "fixup/x.txt",
        "htaccess/x.html",
    ] {
        let word = name.replace(['/', '.'], "-");
        server.write(
            &format!("fall/{name}"),
            format!("SECRET-fall-{word}").as_bytes(),
        );
    }
    server.write("fall/maps.py", MAPS.as_bytes());
    server.write("fall/htaccess/.htaccess", b"SetHandler mod_python\n");
    server.write("reports/year.2024.figures", b"SECRET-reports-year");
}

#[test]
fn nothing_answers_for_mod_python() {
    let declines: &[&str] = &["WSGI handler: mod_python.wsgi.application"];
    let rows = [
        get("/news/newsroom.py", "SECRET-news-source", SOURCE_FALLS),
        get("/news/draft.html", "SECRET-news-draft", FALLS),
        get("/alerts/alarm.py", "SECRET-alerts-source", SOURCE_FALLS),
        get("/reports/figures.py", "SECRET-reports-source", SOURCE_FALLS),
        get("/reports/year.2024.figures", "SECRET-reports-year", FALLS),
        get(
            "/forgotten/tools.py",
            "SECRET-forgotten-source",
            SOURCE_FALLS,
        ),
        get("/forgotten/notes.txt", "SECRET-forgotten-text", FALLS),
        Hazard {
            also: declines,
            ..get(
                "/portal/portal_app.py",
                "SECRET-portal-source",
                SOURCE_FALLS,
            )
        },
        Hazard {
            also: &["Cannot get media type from"],
            ..get("/typed/quote.py", "SECRET-typed-source", SOURCE_FALLS)
        },
        get("/fall/program/x.py", "SECRET-fall-program", SOURCE_FALLS),
        get("/fall/files/x.page", "SECRET-fall-files", FALLS),
        get("/fall/match/x.txt", "SECRET-fall-match", FALLS),
        get("/fall/stop/x.py", "SECRET-fall-stop", SOURCE_FALLS),
        get("/fall/fixup/x.txt", "SECRET-fall-fixup", FALLS),
        get("/fall/htaccess/x.html", "SECRET-fall-htaccess", FALLS),
        ask(
            "POST",
            Ask::Send("POST", "/forgotten/tools.py", &[("Content-Length", "0")]),
            "SECRET-forgotten-source",
            SOURCE_FALLS,
        ),
        ask(
            "a range",
            Ask::Send("GET", "/forgotten/tools.py", &[("Range", "bytes=3-20")]),
            "SECRET-forgot",
            SOURCE_FALLS,
        ),
        ask(
            "HEAD shows the length",
            Ask::Send("HEAD", "/forgotten/notes.txt", &[]),
            "Content-Length: 22",
            FALLS,
        ),
        ask(
            "a condition shows the file",
            Ask::Send("GET", "/forgotten/tools.py", &[("If-None-Match", "*")]),
            "HTTP/1.1 304",
            SOURCE_FALLS,
        ),
    ];
    let options = Options {
        extra: MORE.replace("    PyGuardStaticHere\n", ""),
        ..site()
    };
    check(&options, &rows, prepare);
}

/// What `PyGuardStatic` names is served as before.
#[test]
fn static_files_beside_the_pages_are_an_exception_to_name() {
    let options = Options {
        extra: MORE.replace("PyGuardStaticHere", "PyGuardStatic *.css *.png"),
        ..site()
    };
    let mut server = Server::start_with(&options, |server| {
        prepare(server);
        server.write("fall/static/x.css", b"body { }");
        server.write("fall/static/x.html", b"SECRET-fall-static");
    });
    let answer = server.get("/fall/static/x.css");
    assert_eq!((answer.status, answer.text().as_str()), (200, "body { }"));
    assert_eq!(server.get("/fall/static/x.html").status, 404);
    server.expect_log("PG020: ");
    // A missing file is httpd's own 404, and no incident.
    assert_eq!(server.get("/fall/static/nothing.html").status, 404);
    assert_eq!(server.get("/news/nothing.html").status, 404);
    server.finish();
}

#[test]
fn mod_wsgi() {
    let options = Options {
        engine: Engine::ModWsgi,
        scenario: "wsgi",
        ..Options::default()
    };
    let rows = [
        get("/wsgi/app.py", "SECRET-wsgi-source", &["PG017"]),
        get("/wsgi/settings.py", "SECRET-wsgi-settings", &["PG017"]),
        get("/scripts/app.py", "SECRET-wsgi-source", &["PG017"]),
        get("/scripts/site.wsgi", "SECRET-wsgi-script", &["PG017"]),
    ];
    check(&options, &rows, |_| {});
}

/// The site moved to a machine where the administrator forgot a package.
#[test]
fn the_module_that_should_answer_is_not_loaded() {
    let options = Options {
        engine: Engine::Neither,
        scenario: "unloaded",
        ..Options::default()
    };
    let rows = [
        get("/wsgi/site.wsgi", "SECRET-wsgi-script", SOURCE_FALLS),
        get("/cgi/hello.py", "SECRET-cgi-source", SOURCE_FALLS),
        get("/shop/prices.py", "SECRET-shop-prices", SOURCE_FALLS),
        get("/shop/prices.py/show", "SECRET-shop-prices", SOURCE_FALLS),
    ];
    let extra = Options {
        extra: "AcceptPathInfo On".to_owned(),
        ..options
    };
    check(&extra, &rows, |_| {});
}

/// A WSGI application that is not found is mod_wsgi's own 404 or 500, with and without the module.
#[test]
fn wsgi_application_not_found() {
    for guarded in [false, true] {
        let options = Options {
            guarded,
            engine: Engine::ModWsgi,
            scenario: "wsgi",
            ..Options::default()
        };
        let mut server = Server::start(&options);
        let answer = server.get("/wsgi/nothing.wsgi");
        assert!(answer.status >= 400 && !answer.contains("SECRET-"));
        server.expect_log("does not contain WSGI application");
        server.finish();
    }
}

#[test]
fn the_scenarios_are_legal() {
    for (engine, scenario) in [
        (Engine::ModPython, "site"),
        (Engine::ModWsgi, "wsgi"),
        (Engine::Neither, "unloaded"),
    ] {
        let (ok, said) = config_test(&Options {
            engine,
            scenario,
            ..Options::default()
        });
        assert!(ok, "{scenario}: {said}");
    }
}
