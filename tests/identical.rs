//! A denied file and a missing one are the same to the last byte but for the date.

use crate::harness::{Options, Response, Server};
use crate::hazard::report;

/// Where the same names exist and do not exist.
const FILES: &[&str] = &[
    "plain/db.py",
    "plain/db.py~",
    "plain/.env",
    "plain/.git/config",
    "plain/shop.sqlite3",
    "plain/__pycache__/db.cpython-311.pyc",
    "views/db.html.bak",
    "views/old.py",
    "custom/db.sql",
    "local/db.sql",
    "headers/.env",
    "gzip/db.py",
    "private/db.py",
    "forbidden/db.py",
    "limited/db.py~",
    "ssi/db.shtml~",
    "python/page.tmpl",
    "python/shop.log",
    "python/requirements.txt",
];

/// Method and header fields.
const WAYS: &[(&str, &[(&str, &str)])] = &[
    ("GET", &[]),
    ("HEAD", &[]),
    ("POST", &[("Content-Length", "0")]),
    ("OPTIONS", &[]),
    ("PUT", &[("Content-Length", "0")]),
    ("DELETE", &[]),
    ("PATCH", &[("Content-Length", "0")]),
    ("TRACE", &[]),
    ("PROPFIND", &[("Depth", "1")]),
    ("COPY", &[("Destination", "/plain/x.txt")]),
    ("MOVE", &[("Destination", "/plain/x.txt")]),
    ("LOCK", &[]),
    ("FROBNICATE", &[]),
    ("GET", &[("Range", "bytes=0-3")]),
    ("GET", &[("Range", "bytes=999999-")]),
    ("GET", &[("Range", "bytes=0-1,3-4")]),
    ("GET", &[("If-Range", "\"x\""), ("Range", "bytes=0-3")]),
    ("GET", &[("If-None-Match", "*")]),
    ("GET", &[("If-None-Match", "\"x\"")]),
    ("GET", &[("If-Match", "*")]),
    ("GET", &[("If-Match", "\"x\"")]),
    (
        "GET",
        &[("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT")],
    ),
    (
        "GET",
        &[("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT")],
    ),
    ("HEAD", &[("If-None-Match", "*")]),
    ("GET", &[("Accept", "image/png")]),
    ("GET", &[("Accept", "text/plain;q=0.1, */*;q=0")]),
    ("GET", &[("Accept-Language", "de, en;q=0.5")]),
    ("GET", &[("Accept-Encoding", "gzip, br")]),
    ("GET", &[("Accept-Encoding", "identity;q=0")]),
    ("GET", &[("Accept-Charset", "utf-8")]),
    ("GET", &[("TE", "trailers")]),
    (
        "GET",
        &[("Upgrade", "h2c"), ("Connection", "close, Upgrade")],
    ),
    ("GET", &[("Expect", "100-continue")]),
    ("GET", &[("Expect", "the-spanish-inquisition")]),
    ("GET", &[("Max-Forwards", "0")]),
    ("GET", &[("Via", "1.0 proxy")]),
    ("GET", &[("Authorization", "Basic YTpi")]),
    ("GET", &[("X-Forwarded-For", "127.0.0.1")]),
    ("GET", &[("Origin", "http://other.example")]),
    ("GET", &[("Cache-Control", "only-if-cached")]),
    (
        "GET",
        &[("User-Agent", "Mozilla/4.0 (compatible; MSIE 4.0b2;)")],
    ),
    (
        "POST",
        &[("Content-Length", "0"), ("Expect", "100-continue")],
    ),
    ("GET", &[("Content-Length", "0")]),
];

fn options(guarded: bool) -> Options {
    Options {
        guarded,
        scenario: "identical",
        careless: true,
        ..Options::default()
    }
}

fn remove(server: &Server) {
    for file in FILES {
        std::fs::remove_file(server.site(file)).unwrap();
    }
}

fn create(server: &Server) {
    for file in FILES {
        server.write(
            file,
            b"SECRET-identical and some more text to have ranges in",
        );
    }
}

fn asks() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for file in FILES {
        for suffix in ["", "?x=y", "/more"] {
            for (method, headers) in WAYS {
                let name = format!("{method} /{file}{suffix} {headers:?}");
                let target = format!("/{file}{suffix}");
                let bytes = crate::harness::request(method, &target, "site.example", headers, b"");
                all.push((name, bytes));
            }
        }
        let target = format!("GET /{file} HTTP/1.0\r\n\r\n");
        all.push((format!("HTTP/1.0 {file}"), target.into_bytes()));
    }
    all
}

fn answers(server: &Server, asks: &[(String, Vec<u8>)]) -> Vec<Response> {
    asks.iter()
        .map(|(_, bytes)| server.exchange(bytes))
        .collect()
}

/// The same address, first without the file on a server that knows nothing of the module, then with the file.
#[test]
fn to_a_server_that_has_no_such_file() {
    let asks = asks();
    let mut server = Server::start_with(&options(false), |server| {
        create(server);
        remove(server);
    });
    let missing = answers(&server, &asks);
    assert!(missing.iter().any(|answer| answer.status == 404));
    create(&server);
    let mut shown = 0;
    for (_, bytes) in asks.iter().take(WAYS.len()) {
        shown += usize::from(server.exchange(bytes).contains("SECRET-"));
    }
    assert!(shown > 10, "the files are not served without the module");
    server.start_again(&options(true));
    let denied = answers(&server, &asks);
    remove(&server);
    let gone = answers(&server, &asks);
    server.finish();
    let mut failures = Vec::new();
    for (number, (name, _)) in asks.iter().enumerate() {
        if denied[number].timeless() != missing[number].timeless() {
            failures.push(difference(name, &missing[number], &denied[number]));
        }
        if gone[number].timeless() != missing[number].timeless() {
            failures.push(difference(
                &format!("no file: {name}"),
                &missing[number],
                &gone[number],
            ));
        }
    }
    let more = failures.len().saturating_sub(10);
    failures.truncate(10);
    failures.extend((more > 0).then(|| format!("and {more} more")));
    report(&failures);
}

/// A denied name and a harmless one of the same directory that does not exist. Other methods than
/// these tell the content type, which depends on the name.
#[test]
fn to_a_missing_file_beside_it() {
    let mut server = Server::start_with(&options(true), create);
    let mut failures = Vec::new();
    for file in FILES {
        let (directory, _) = file.split_once('/').unwrap();
        for (method, headers) in WAYS {
            if !["GET", "HEAD", "POST"].contains(method) {
                continue;
            }
            let denied = server.send(method, &format!("/{file}"), headers);
            let missing = server.send(method, &format!("/{directory}/nothing.html"), headers);
            if denied.timeless() != missing.timeless() {
                failures.push(difference(
                    &format!("{method} {file} {headers:?}"),
                    &missing,
                    &denied,
                ));
            }
        }
    }
    server.take_log();
    server.finish();
    let more = failures.len().saturating_sub(10);
    failures.truncate(10);
    failures.extend((more > 0).then(|| format!("and {more} more")));
    report(&failures);
}

/// Two requests on one connection: the first one's body is read, the connection stays usable.
#[test]
fn on_a_connection_that_goes_on() {
    let ask = |target: &str| {
        format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
             GET /assets/site.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .into_bytes()
    };
    let server = Server::start_with(&options(true), create);
    let denied = server.exchange(&ask("/plain/db.py"));
    let missing = server.exchange(&ask("/plain/nothing"));
    assert_eq!(denied.status, 404);
    assert_eq!(denied.head.len(), missing.head.len());
    let css = std::fs::read(server.site("assets/site.css")).unwrap();
    assert!(denied.raw.ends_with(&css) && missing.raw.ends_with(&css));
    server.finish();
}

/// The lines in which the answers differ.
fn difference(name: &str, missing: &Response, denied: &Response) -> String {
    let [missing, denied] = [missing, denied].map(|answer| {
        let text = String::from_utf8_lossy(&answer.timeless()).into_owned();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let only = |these: &[String], others: &[String]| -> Vec<String> {
        let mut lines = these.to_vec();
        lines.retain(|line| !others.contains(line));
        lines.truncate(3);
        lines
    };
    format!(
        "{name}: missing {:?}, denied {:?}",
        only(&missing, &denied),
        only(&denied, &missing)
    )
}
