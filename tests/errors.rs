//! R04 and R19: what an application prints of its errors itself, on the way from mod_python to a
//! stranger. The pages of real frameworks, cut in every way, are in `replay`.

use crate::harness::{Mpm, Options, Response, Server};
use crate::hazard::{Ask, Hazard, brief, check, get, is_excerpt, report};

const SECRET: &str = "SECRET-error-message";

/// A response that is replaced by httpd's error document.
const fn replaced(target: &str) -> Hazard<'_> {
    Hazard {
        status: 500,
        ..get(target, SECRET, &["PG004"])
    }
}

/// A response whose rest is withheld.
const fn cut(target: &str) -> Hazard<'_> {
    Hazard {
        status: 200,
        ..get(target, SECRET, &["PG004"])
    }
}

const fn on_host<'a>(headers: &'a [(&'a str, &'a str)]) -> Hazard<'a> {
    Hazard {
        name: headers[0].1,
        ask: Ask::Send("GET", "/plain/page.html", headers),
        ..replaced("")
    }
}

const ROWS: &[Hazard<'_>] = &[
    replaced("/errors/printed/x"),
    replaced("/errors/failed/x"),
    replaced("/errors/failed/x?599"),
    Hazard {
        status: 503,
        ..replaced("/errors/failed/x?503")
    },
    // A failure that is none of the server's: nothing was sent, so the status is 500.
    replaced("/errors/failed/x?404"),
    replaced("/errors/failed/x?401"),
    replaced("/errors/elsewhere/x"),
    // The name in the URL says nothing of what a program sends.
    replaced("/errors/untyped/x"),
    replaced("/errors/untyped/x.png"),
    replaced("/errors/untyped/x.gz"),
    replaced("/errors/untyped/x.html.gz"),
    replaced("/errors/compressed/x"),
    Hazard {
        status: 500,
        ..cut("/errors/large/x")
    },
    cut("/errors/late/x"),
    cut("/errors/length/x"),
    Hazard {
        tags: &[],
        ..cut("/errors/afterwards/x")
    },
    Hazard {
        name: "POST",
        ask: Ask::Send("POST", "/errors/printed/x", &[("Content-Length", "0")]),
        ..replaced("")
    },
    Hazard {
        name: "HTTP/1.0",
        ask: Ask::Raw("GET /errors/printed/x HTTP/1.0\r\n\r\n"),
        ..replaced("")
    },
    Hazard {
        name: "HTTP/1.0, late",
        ask: Ask::Raw("GET /errors/late/x HTTP/1.0\r\n\r\n"),
        ..cut("")
    },
    Hazard {
        name: "range",
        ask: Ask::Send("GET", "/errors/printed/x", &[("Range", "bytes=10-")]),
        ..replaced("")
    },
    // Phases before the handler's, where no other filter is in place yet.
    replaced("/plain/page.html"),
    replaced("/reports/figures.csv"),
    on_host(&[("Host", "postread.example")]),
    on_host(&[("Host", "trans.example")]),
];

fn options() -> Options {
    Options {
        scenario: "errors",
        ..Options::default()
    }
}

fn with(extra: &str) -> Options {
    Options {
        extra: extra.to_owned(),
        ..options()
    }
}

/// The server's answer, and what the module logged about it.
fn ask(server: &mut Server, target: &str, headers: &[(&str, &str)]) -> (Response, Vec<String>) {
    server.take_log();
    let answer = server.send("GET", target, headers);
    let mut lines = server.take_log();
    lines.retain(|line| line.contains("[pyguard:"));
    (answer, lines)
}

/// The incident's id in a line of the log.
fn id(line: &str) -> &str {
    line.split_once(" id=").expect("an id").1.trim()
}

#[test]
fn what_an_application_prints() {
    check(&options(), ROWS, |_| {});
}

#[test]
fn over_http2() {
    if Mpm::chosen() == Mpm::Prefork {
        return;
    }
    let rows = [
        Hazard {
            name: "replaced",
            ask: Ask::Http2("/errors/printed/x"),
            ..replaced("")
        },
        Hazard {
            name: "late",
            ask: Ask::Http2("/errors/late/x"),
            ..cut("")
        },
        Hazard {
            name: "with a length",
            ask: Ask::Http2("/errors/length/x"),
            ..cut("")
        },
    ];
    check(
        &with("# modules: http2\nProtocols h2c http/1.1"),
        &rows,
        |_| {},
    );
}

#[test]
fn the_developer_finds_it_by_the_id() {
    let mut server = Server::start(&options());
    let (answer, lines) = ask(&mut server, "/errors/printed/x", &[]);
    let id = id(&lines[0]).to_owned();
    assert_eq!(answer.header("PyGuard-Incident"), Some(id.clone()));
    assert!(
        lines[0].contains("PG004: withheld Python traceback (GET /errors/printed/x)"),
        "{lines:?}"
    );
    let label = format!("PG004: id={id} | ");
    let text: Vec<&str> = lines[1..]
        .iter()
        .map(|line| line.split_once(&label).expect(&label).1)
        .collect();
    assert_eq!(text[0], "Traceback (most recent call last):");
    assert!(text[1].starts_with("  File \""), "{text:?}");
    assert!(
        text.last()
            .unwrap()
            .starts_with("ValueError: SECRET-error-message"),
        "{text:?}"
    );
    // In the middle of a page, the client finds it in the page.
    let (answer, lines) = ask(&mut server, "/errors/late/x", &[]);
    let id = self::id(&lines[0]);
    assert_eq!(
        answer.text(),
        format!("three orders\n\n[error text withheld, incident {id}]\n")
    );
    assert!(
        lines.iter().any(|line| line.contains("SECRET-error-rest")),
        "{lines:?}"
    );
    assert_eq!(lines.iter().filter(|line| !is_excerpt(line)).count(), 1);
    // mod_unique_id has the better one.
    let mut server = Server::start(&with("# modules: unique_id"));
    let (answer, lines) = ask(&mut server, "/errors/printed/x", &[]);
    let unique = answer.header("PyGuard-Incident").unwrap();
    assert_eq!(unique, self::id(&lines[0]));
    assert!(
        unique.len() >= 20 && !unique.contains('-') || unique.len() == 27,
        "{unique}"
    );
}

#[test]
fn a_promised_length_is_kept() {
    let mut server = Server::start(&options());
    let (answer, lines) = ask(&mut server, "/errors/length/x", &[]);
    let length: usize = answer.header("Content-Length").unwrap().parse().unwrap();
    assert_eq!(answer.raw.len(), length);
    let notice = format!(
        "three orders\n\n[error text withheld, incident {}]\n",
        id(&lines[0])
    );
    let text = answer.text();
    assert!(text.starts_with(&notice), "{text}");
    assert!(text[notice.len()..].chars().all(|c| c == ' '));
    // The connection goes on.
    let two = "GET /errors/length/x HTTP/1.1\r\nHost: x\r\n\r\nGET /errors/fine/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answers = server.exchange(two.as_bytes());
    assert!(
        answers.contains("three orders\n") && answers.text().ends_with("three orders\n"),
        "{}",
        brief(&answers)
    );
    server.take_log();
}

#[test]
fn header_fields_with_error_text_are_removed() {
    let open = Options {
        guarded: false,
        careless: true,
        ..options()
    };
    assert!(
        Server::start(&open)
            .get("/errors/field/x")
            .contains("SECRET-error-field")
    );
    let mut server = Server::start(&options());
    let (answer, lines) = ask(&mut server, "/errors/field/x", &[]);
    assert!(
        !answer.contains("SECRET-"),
        "{}",
        String::from_utf8_lossy(&answer.head)
    );
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "three orders\n")
    );
    assert_eq!(answer.header("X-Shop").as_deref(), Some("open"));
    for name in ["X-Traceback", "X-Reason", "X-Always"] {
        assert_eq!(answer.header(name), None);
        let what = format!("PG004: withheld header field {name} ");
        assert_eq!(
            lines.iter().filter(|line| line.contains(&what)).count(),
            1,
            "{lines:?}"
        );
    }
    let head = server.send("HEAD", "/errors/field/x", &[]);
    assert!(!head.contains("SECRET-"));
    server.take_log();
}

#[test]
fn error_documents() {
    let mut server = Server::start(&options());
    let host = [("Host", "documents.example")];
    let (answer, lines) = ask(&mut server, "/errors/failed/x", &host);
    assert_eq!(answer.text(), format!("sorry, {}", id(&lines[0])));
    assert_eq!((answer.status, answer.header("Set-Cookie")), (500, None));
    let (answer, lines) = ask(&mut server, "/errors/failed/x?501", &host);
    assert_eq!(answer.text(), format!("sorry {}\n", id(&lines[0])));
    let (answer, _) = ask(&mut server, "/errors/failed/x?503", &host);
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (503, "simply sorry")
    );
    // The error document fails itself: httpd's own page is left.
    let (answer, lines) = ask(&mut server, "/errors/failed/x?502", &host);
    assert_eq!(answer.status, 502);
    assert!(
        answer.contains("<title>502 ") && !answer.contains("SECRET-"),
        "{}",
        brief(&answer)
    );
    assert_eq!(
        lines.iter().filter(|line| !is_excerpt(line)).count(),
        2,
        "{lines:?}"
    );
}

#[test]
fn a_part_of_a_page() {
    let mut server = Server::start(&options());
    let (answer, lines) = ask(&mut server, "/errors/including/page.shtml", &[]);
    let ids: Vec<&str> = lines
        .iter()
        .filter(|line| !is_excerpt(line))
        .map(|line| id(line))
        .collect();
    assert_eq!(
        answer.text(),
        format!(
            "before\nSorry:\n\n[error text withheld, incident {}]\n\nbetween\n<h1>Oh no</h1><pre>\n[error text withheld, incident {}]\n\nafter\n",
            ids[0], ids[1]
        )
    );
}

#[test]
fn trusted_clients_see_all_of_it_and_no_cache_does() {
    let plain = Server::start(&Options {
        guarded: false,
        careless: true,
        ..options()
    });
    let server = Server::start(&with("PyGuardDebugFrom 127.0.0.1"));
    for target in [
        "/errors/failed/x",
        "/errors/printed/x",
        "/errors/late/x",
        "/errors/length/x",
        "/errors/field/x",
        "/errors/large/x",
    ] {
        let (open, trusted) = (plain.get(target), server.get(target));
        // The two servers differ in the path of the source.
        assert_eq!(open.status, trusted.status, "{target}");
        assert!(
            trusted.contains("SECRET-error-"),
            "{target}: {}",
            brief(&trusted)
        );
        assert_eq!(
            trusted.header("Cache-Control").as_deref(),
            Some("no-store"),
            "{target}"
        );
    }
    assert_eq!(
        server
            .get("/errors/cached/x")
            .header("Cache-Control")
            .as_deref(),
        Some("no-store")
    );
}

#[test]
fn harmless_responses_are_as_without_the_module() {
    let plain = Server::start(&Options {
        guarded: false,
        ..options()
    });
    let server = Server::start(&options());
    for target in [
        "/errors/fine/x",
        "/errors/served/x",
        "/errors/quiet/x",
        "/errors/quiet/x?404",
        "/errors/quiet/x?503",
        "/errors/tutorial.txt",
        "/errors/cached/x",
    ] {
        for (method, headers) in [
            ("GET", vec![]),
            ("HEAD", vec![]),
            ("GET", vec![("Range", "bytes=3-5")]),
            ("GET", vec![("If-None-Match", "\"fine\"")]),
        ] {
            let (wanted, got) = (
                plain.send(method, target, &headers),
                server.send(method, target, &headers),
            );
            if target.contains("quiet/x") && wanted.status >= 500 {
                // It was held to its end, so that httpd knows its length and need not send chunks.
                assert_eq!(got.body, wanted.body, "{target}");
                if method == "GET" {
                    let length = got.header("Content-Length").map(|length| length.parse());
                    assert_eq!(length, Some(Ok(got.raw.len())), "{target}");
                }
                continue;
            }
            // Where a chunk ends is nobody's business; all else is.
            assert_eq!(
                String::from_utf8_lossy(&got.timeless_head()),
                String::from_utf8_lossy(&wanted.timeless_head()),
                "{method} {target} {headers:?}"
            );
            assert_eq!(got.body, wanted.body, "{method} {target} {headers:?}");
        }
    }
}

#[test]
fn what_the_directive_says() {
    // Log and Detect say what they saw, and let it pass; Off and PyGuard Off do not look.
    for (extra, said) in [
        (
            "PyGuardErrors Log",
            Some("PG004: would withhold Python traceback"),
        ),
        (
            "PyGuard Detect",
            Some("PG004: would withhold Python traceback"),
        ),
        ("PyGuardErrors Off", None),
        ("PyGuard Off", None),
    ] {
        let mut server = Server::start(&with(extra));
        for target in [
            "/errors/printed/x",
            "/errors/failed/x",
            "/errors/late/x",
            "/errors/length/x",
            "/errors/large/x",
        ] {
            let (answer, mut lines) = ask(&mut server, target, &[]);
            // Detect speaks of the <Location> too.
            lines.retain(|line| !line.contains("PG022: would apply"));
            assert!(
                answer.contains(SECRET),
                "{extra}: {target}: {}",
                brief(&answer)
            );
            assert_eq!(
                lines.len(),
                usize::from(said.is_some()),
                "{extra}: {target}: {lines:?}"
            );
            assert!(
                lines.iter().all(|line| line.contains(said.unwrap())),
                "{lines:?}"
            );
        }
        let (answer, _) = ask(&mut server, "/errors/field/x", &[]);
        assert!(answer.contains("SECRET-error-field"));
    }
    let mut server = Server::start(&with("PyGuardErrors Replace"));
    for (target, status) in [
        ("/errors/quiet/x", 500),
        ("/errors/quiet/x?503", 503),
        ("/errors/failed/x", 500),
    ] {
        let (answer, lines) = ask(&mut server, target, &[]);
        assert_eq!(answer.status, status);
        assert!(
            !answer.contains("We are sorry") && !answer.contains("SECRET-"),
            "{}",
            brief(&answer)
        );
        assert!(
            lines[0].contains(&format!(
                "PG004: withheld response of status {status} (GET "
            )),
            "{lines:?}"
        );
        assert!(
            lines.iter().any(|line| line.contains("| <h1>")),
            "{lines:?}"
        );
    }
    assert!(server.get("/errors/quiet/x?404").contains("We are sorry"));
    let answer = server.send("GET", "/errors/quiet/x", &[("Host", "documents.example")]);
    assert!(answer.text().starts_with("sorry, "), "{}", brief(&answer));
    let (answer, _) = ask(&mut server, "/errors/printed/x", &[]);
    assert_eq!((answer.status, answer.contains("SECRET-")), (500, false));
}

#[test]
fn what_cannot_be_read() {
    for target in ["/errors/coded/x", "/errors/wide/x"] {
        // Without Strict it passes, and the first is told aloud.
        let mut server = Server::start(&options());
        let (answer, lines) = ask(&mut server, target, &[]);
        assert!(answer.contains("SECRET-error-"), "{}", brief(&answer));
        assert!(
            lines[0].contains("PG104: response not looked at for error text, Content-Encoding "),
            "{lines:?}"
        );
        // With the status of a failure it is nothing that a visitor misses.
        let failed = format!("{target}?500");
        let (answer, lines) = ask(&mut server, &failed, &[]);
        assert_eq!((answer.status, answer.contains("SECRET-")), (500, false));
        assert!(
            lines[0].contains("PG104: refused response that cannot be read, Content-Encoding "),
            "{lines:?}"
        );
        let mut server = Server::start(&with("PyGuardErrors Strict"));
        let (answer, lines) = ask(&mut server, target, &[]);
        assert_eq!((answer.status, answer.contains("SECRET-")), (500, false));
        assert!(lines[0].contains("PG104: refused "), "{lines:?}");
    }
}

#[test]
fn compressed_bodies_pass_unchanged_where_nothing_is_withheld() {
    let gzip = [0x1f, 0x8b];
    let plain = Server::start(&Options {
        guarded: false,
        careless: true,
        ..options()
    });
    let clean = plain.get("/errors/zipped/x?clean");
    assert!(clean.body.starts_with(&gzip));
    for extra in ["PyGuard Detect", "PyGuardErrors Log", ""] {
        let mut server = Server::start(&with(extra));
        // The zeros behind the data belong to no coding; they pass as they are.
        let (answer, _) = ask(&mut server, "/errors/zipped/x?clean", &[]);
        assert_eq!(answer.body, clean.body, "{extra}");
        let (answer, lines) = ask(&mut server, "/errors/zipped/x", &[]);
        let verb = if extra.is_empty() {
            "withheld"
        } else {
            "would withhold"
        };
        let what = format!("PG004: {verb} Python traceback");
        assert!(
            lines.iter().any(|line| line.contains(&what)),
            "{extra}: {lines:?}"
        );
        if extra.is_empty() {
            // Its first bytes were sent, so the connection ends without the end of the body.
            assert!(!answer.text().contains("SECRET-"));
        } else {
            assert_eq!(answer.header("Content-Encoding").as_deref(), Some("gzip"));
            let mut text = String::new();
            let mut decoder = flate2::read::GzDecoder::new(answer.body.as_slice());
            std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
            assert!(text.contains(SECRET), "{extra}: {text}");
        }
    }
}

#[test]
fn another_response_by_wish() {
    let wish = "<Files tutorial.txt>\nSetOutputFilter PYGUARD\n</Files>";
    let mut server = Server::start(&with(wish));
    // What comes from a file is trusted even so; what mod_include makes of it is looked at.
    assert!(server.get("/errors/tutorial.txt").contains("KeyError"));
    server.take_log();
    report(&[]);
}
