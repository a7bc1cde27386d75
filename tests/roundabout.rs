//! Ways round that lead over another module: it reads, copies or echoes the file in its own way.

use crate::harness::{Engine, Options, Server};
use crate::hazard::{Ask, Hazard, ask, brief, check, get};

/// mod_autoindex copies its header and readme itself, whatever handler they have.
#[test]
fn the_readme_of_an_index() {
    for directive in ["ReadmeName foot.py", "HeaderName foot.py"] {
        let options = Options {
            engine: Engine::Neither,
            extra: format!(
                "<Directory \"@SITE@/list\">\nOptions +Indexes +ExecCGI\nAddHandler cgi-script .py\n\
                 {directive}\nIndexOptions FancyIndexing\n</Directory>"
            ),
            ..Options::default()
        };
        let row = Hazard {
            status: 200,
            ..ask(
                directive,
                Ask::Get("/list/"),
                "SECRET-list-foot",
                &["PG017"],
            )
        };
        check(&options, &[row], |server| {
            server.write("list/foot.py", b"# SECRET-list-foot");
        });
    }
}

/// PSP echoes what another handler was given, further out.
#[test]
fn psp_below_a_publisher() {
    let options = Options {
        extra: "<Directory \"@SITE@/outer\">\nAddHandler mod_python .py\n\
                PythonHandler mod_python.publisher\n</Directory>\n\
                <Directory \"@SITE@/outer/psp\">\nAddHandler mod_python .psp\n\
                PythonHandler mod_python.psp\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    let rows = [get("/outer/psp/lib.py", "SECRET-outer-lib", &["PG011"])];
    check(&options, &rows, |server| {
        server.write("outer/psp/lib.py", b"# SECRET-outer-lib");
    });
}

/// mod_include's `#python` runs without any handler. Its traceback goes to the log alone.
#[test]
fn python_in_an_included_page() {
    let options = |guarded| Options {
        guarded,
        careless: true,
        scenario: "debug",
        extra: "<Directory \"@SITE@/inside\">\nOptions +Includes\nAddType text/html .shtml\n\
                AddOutputFilter INCLUDES .shtml\nPythonDebug On\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    let write = |server: &Server| {
        server.write(
            "inside/x.shtml",
            b"<!--#python exec=\"raise ValueError('SECRET' + '-inside')\" -->",
        );
    };
    let open = Server::start_with(&options(false), write);
    let answer = open.get("/inside/x.shtml");
    assert!(answer.contains("SECRET-inside"), "{}", brief(&answer));
    open.finish();
    let closed = Server::start_with(&options(true), write);
    let answer = closed.get("/inside/x.shtml");
    assert!(!answer.contains("SECRET-inside"), "{}", brief(&answer));
    assert!(!answer.contains("Traceback"), "{}", brief(&answer));
    closed.finish();
}

/// Patterns take the name of a directory from anywhere in the URL.
#[test]
fn directories_by_patterns() {
    let options = Options {
        engine: Engine::Neither,
        extra: "# modules: rewrite\nRewriteEngine On\n\
                AliasMatch \"^/docs/(.+)/view$\" \"@ROOT@/outside/$1\"\n\
                RewriteRule \"^/wiki/(.+)\\.html$\" \"@ROOT@/outside/$1\" [L]\n\
                RewriteCond %{QUERY_STRING} f=(.*)\n\
                RewriteRule \"^/raw$\" \"@ROOT@/outside/%1\" [L]\n\
                <Directory \"@ROOT@/outside\">\nRequire all granted\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    let shows = "SECRET-outside-head";
    let rows = [
        get("/docs/.git/HEAD/view", shows, &["PG015"]),
        get("/wiki/.git/HEAD.html", shows, &["PG015"]),
        get("/raw?f=.git/HEAD", shows, &["PG015"]),
    ];
    check(&options, &rows, |server| {
        server.write("../outside/.git/HEAD", b"SECRET-outside-head");
    });
}

/// A CGI program of any name, where mod_cgi is not loaded.
#[test]
fn programs_without_mod_cgi() {
    let options = Options {
        engine: Engine::Neither,
        extra: "ScriptAlias /programs/ \"@SITE@/programs/\"".to_owned(),
        ..Options::default()
    };
    let rows = [
        get("/programs/trac", "SECRET-programs-trac", &["PG020"]),
        get("/programs/trac.cgi", "SECRET-programs-cgi", &["PG020"]),
    ];
    check(&options, &rows, |server| {
        server.write(
            "programs/trac",
            b"#!/usr/bin/python3\n# SECRET-programs-trac",
        );
        server.write(
            "programs/trac.cgi",
            b"#!/usr/bin/python3\n# SECRET-programs-cgi",
        );
    });
}

/// A .htaccess names a handler whose module is not loaded: the file is left to httpd's own.
#[test]
fn the_name_of_webdav() {
    let options = Options {
        engine: Engine::Neither,
        ..Options::default()
    };
    let rows = [get("/named/lib.py", "SECRET-named-lib", &["PG017"])];
    check(&options, &rows, |server| {
        server.write("named/.htaccess", b"SetHandler dav-handler\n");
        server.write("named/lib.py", b"# SECRET-named-lib");
    });
}

/// What stands in the way of nobody: authors by WebDAV, front controllers, static files of an
/// application.
#[test]
fn what_goes_on_working() {
    for guarded in [false, true] {
        let server = Server::start_with(
            &Options {
                guarded,
                engine: Engine::Neither,
                extra: "# modules: rewrite actions cgi\n\
                        <Directory \"@SITE@/front\">\nOptions +ExecCGI\nRewriteEngine On\n\
                        RewriteRule \"^(.*)$\" \"/cgi/hello.py/$1\" [L]\n</Directory>\n\
                        <Directory \"@SITE@/cgi\">\nOptions +ExecCGI\nAddHandler cgi-script .py\n</Directory>"
                    .to_owned(),
                ..Options::default()
            },
            |server| {
                server.write("front/export.sql", b"an older export");
                server.write("front/blog.py", b"# the blog");
            },
        );
        for target in ["/front/export.sql", "/front/blog.py", "/front/new.sql"] {
            let answer = server.get(target);
            assert_eq!(answer.status, 200, "{guarded} {target}: {}", brief(&answer));
        }
        server.finish();
        let server = Server::start_with(
            &Options {
                guarded,
                engine: Engine::ModWsgi,
                scenario: "wsgi",
                extra: "Alias /media/ \"@SITE@/wsgi/media/\"".to_owned(),
                ..Options::default()
            },
            |server| {
                server.write("wsgi/media/boot.log", b"a log for everybody");
                server.write("wsgi/media/row.tpl", b"a template of the browser");
            },
        );
        for target in ["/media/boot.log", "/media/row.tpl"] {
            let answer = server.get(target);
            assert_eq!(answer.status, 200, "{guarded} {target}: {}", brief(&answer));
        }
        server.finish();
    }
}
