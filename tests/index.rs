//! R16: generated directory indexes.

use crate::harness::{Engine, Options, Server};
use crate::hazard::{Ask, ask, check, get};

const INDEX: &[&str] = &["PG016"];

fn site() -> Options {
    Options {
        scenario: "site",
        ..Options::default()
    }
}

#[test]
fn no_index_of_a_python_directory() {
    let rows = [
        get("/shop/", "Index of /shop", INDEX),
        get("/shop/?C=M;O=D", "prices.py", INDEX),
        get("//shop//", "Index of /shop", INDEX),
        get("/members/", "area.py", INDEX),
        get("/pages/", "hello.psp", INDEX),
        get("/alerts/", "alarm.py", INDEX),
        get("/shop/templates/", "invoice.tmpl", INDEX),
        ask(
            "HEAD",
            Ask::Send("HEAD", "/shop/", &[]),
            "HTTP/1.1 200",
            INDEX,
        ),
        ask(
            "HTTP/1.0",
            Ask::Raw("GET /shop/ HTTP/1.0\r\n\r\n"),
            "Index of /shop",
            INDEX,
        ),
    ];
    check(&site(), &rows, |_| {});
}

#[test]
fn no_index_of_a_wsgi_directory() {
    let options = Options {
        engine: Engine::ModWsgi,
        scenario: "wsgi",
        ..Options::default()
    };
    let rows = [
        get("/wsgi/", "settings.py", INDEX),
        get("/scripts/", "settings.py", INDEX),
    ];
    check(&options, &rows, |_| {});
}

/// Elsewhere the index stays, without what could not be fetched anyway.
#[test]
fn denied_files_are_not_listed() {
    const NAMES: [&str; 5] = [
        "price-list.txt~",
        "notes.txt.bak",
        ".env",
        "dump.sql",
        ".git",
    ];
    for extra in [
        "",
        "IndexOptions FancyIndexing HTMLTable",
        "IndexOptions FancyIndexing FoldersFirst ScanHTMLTitles",
    ] {
        let options = |guarded| Options {
            guarded,
            extra: extra.to_owned(),
            ..site()
        };
        let prepare = |server: &Server| server.write("files/.git/config", b"SECRET-files-git");
        let open = Server::start_with(&options(false), prepare);
        let answer = open.get("/files/");
        for name in NAMES {
            assert!(
                answer.contains(name),
                "{name} is not listed: {}",
                answer.text()
            );
        }
        open.finish();
        let closed = Server::start_with(&options(true), prepare);
        let answer = closed.get("/files/");
        assert_eq!(answer.status, 200);
        for name in NAMES {
            assert!(
                !answer.contains(name),
                "{name} is listed: {}",
                answer.text()
            );
        }
        assert!(answer.contains("price-list.txt") && answer.contains("hours.html"));
        // A listing looks at every file by a subrequest, and that is nobody's attempt: no line in the log.
        closed.finish();
    }
}

/// A directory that has its index page, or an address without its slash, is not affected.
#[test]
fn directories_that_are_no_listing() {
    let server = Server::start_with(&site(), |server| {
        server.write("shop/sub/index.html", b"a page");
    });
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/shop/sub/").text(), "a page");
    let answer = server.get("/shop");
    assert_eq!(answer.status, 301);
    assert!(
        answer
            .header("Location")
            .is_some_and(|to| to.ends_with("/shop/"))
    );
    server.finish();
}

/// mod_autoindex puts what these name above and below the list. It looks for them as for every other
/// file of the directory, and that is nobody's attempt.
#[test]
fn readme_and_header() {
    for (directive, shows) in [
        ("HeaderName notes.html~", "SECRET-files-header"),
        ("ReadmeName notes.html.bak", "SECRET-files-readme"),
    ] {
        let options = Options {
            extra: format!(
                "<Directory \"@SITE@/files\">\n{directive}\nIndexOptions FancyIndexing\n</Directory>"
            ),
            ..site()
        };
        let row = crate::hazard::Hazard {
            status: 200,
            ..ask(directive, Ask::Get("/files/"), shows, &["PG018"])
        };
        check(&options, &[row], |server| {
            server.write(
                "files/.htaccess",
                b"AddType text/html .html~ .bak\nForceType text/html\n",
            );
            server.write("files/notes.html~", b"SECRET-files-header");
            server.write("files/notes.html.bak", b"SECRET-files-readme");
        });
    }
}
