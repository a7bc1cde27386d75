//! R11: PSP shows the source of a page by a trailing underscore, and sends what is no page.

use crate::harness::{Options, Server};
use crate::hazard::{Ask, ask, check, get};

const SOURCE: &[&str] = &["PG011"];

fn options() -> Options {
    Options {
        scenario: "site",
        extra: "<Files \"*.conf\">\nRequire all denied\n</Files>".to_owned(),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    server.write("showcase/till.conf", b"SECRET-showcase-conf");
    server.write("showcase/notes", b"SECRET-showcase-notes");
}

#[test]
fn strangers_see_no_source() {
    let rows = [
        get("/pages/hello.psp_", "SECRET-pages-hello", SOURCE),
        get("/pages/hello.psp%5F", "SECRET-pages-hello", SOURCE),
        get("/pages/hello.psp_/x.css", "SECRET-pages-hello", SOURCE),
        get("/pages/hello.psp_?x=y", "SECRET-pages-hello", SOURCE),
        get("/pages/./hello.psp_", "SECRET-pages-hello", SOURCE),
        get("/showcase/index.psp_", "SECRET-showcase-index", SOURCE),
        get("/showcase/models.py_", "SECRET-showcase-models", SOURCE),
        get("/showcase/till.conf_", "SECRET-showcase-conf", SOURCE),
        get("/showcase/models.py", "SECRET-showcase-models", SOURCE),
        get(
            "/showcase/shop.ini",
            "SECRET-showcase-ini",
            &["PG011", "PG015"],
        ),
        get("/showcase/notes", "SECRET-showcase-notes", SOURCE),
        ask(
            "POST",
            Ask::Send("POST", "/pages/hello.psp_", &[("Content-Length", "0")]),
            "SECRET-pages-hello",
            SOURCE,
        ),
        ask(
            "X-Forwarded-For does not make a friend",
            Ask::Send(
                "GET",
                "/pages/hello.psp_",
                &[("X-Forwarded-For", "127.0.0.1")],
            ),
            "SECRET-pages-hello",
            SOURCE,
        ),
    ];
    check(&options(), &rows, prepare);
}

#[test]
fn pages_are_pages() {
    let server = Server::start_with(&options(), prepare);
    let answer = server.get("/pages/hello.psp");
    assert!(answer.status == 200 && answer.contains("<p>Good day</p>"));
    let answer = server.get("/showcase/index.psp");
    assert!(answer.status == 200 && answer.contains("Roadster, Tandem"));
    assert!(!answer.contains("SECRET-"));
    server.finish();
}

#[test]
fn the_developer_sees_the_source() {
    let mut options = options();
    options.extra += "\nPyGuardDebugFrom 127.0.0.1";
    let mut server = Server::start_with(&options, prepare);
    let answer = server.get("/pages/hello.psp_");
    assert!(answer.status == 200 && answer.contains("SECRET-pages-hello"));
    assert!(
        answer
            .header("Cache-Control")
            .is_some_and(|value| value.contains("no-store"))
    );
    // What is no page is not sent to anybody.
    assert_eq!(server.get("/showcase/models.py").status, 404);
    server.expect_log("PG011: ");
    server.finish();
}
