//! Ways round a rule on names: what reaches a denied file by another spelling, protocol or module.

use std::os::unix::fs::symlink;

use crate::harness::{Engine, Mpm, Options, Server};
use crate::hazard::{Ask, Hazard, ask, brief, check, get, report};

const SOURCE: &[&str] = &["PG017"];
const BACKUP: &[&str] = &["PG018"];
const SECRET: &[&str] = &["PG015"];

/// What mod_negotiation says where the only variants are denied.
const NEGOTIATION: &[&str] = &["AH00687"];

fn options() -> Options {
    Options {
        scenario: "evasion",
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    let files: &[(&str, &str)] = &[
        ("db.py", "SECRET-evade-source"),
        ("db.py~", "SECRET-evade-backup"),
        (".env", "SECRET-evade-env"),
        ("assets/x.css", "body { }"),
        ("views/library.py", "SECRET-evade-views"),
        ("views/card.txt.bak", "SECRET-evade-card"),
        ("views/page.html.en", "a page"),
        ("views/page.html.en.py", "SECRET-evade-page"),
        (
            "typemap/doc.var",
            "URI: doc\n\nURI: doc.py\nContent-Type: text/plain\n\n",
        ),
        ("typemap/doc.py", "SECRET-evade-typemap"),
        (
            "typemap/body.var",
            "URI: body\n\nURI: body.txt~\nContent-Type: text/plain\n\n",
        ),
        ("typemap/body.txt~", "SECRET-evade-variant"),
        (
            "ssi/virtual.shtml",
            "<!--#include virtual=\"/evade/db.py\" -->.",
        ),
        ("ssi/file.shtml", "<!--#include file=\"note.txt~\" -->."),
        ("ssi/size.shtml", "<!--#fsize file=\"note.txt~\" -->."),
        ("ssi/note.txt~", "SECRET-evade-ssi"),
        ("errors/here.txt", ""),
        ("errors403/here.txt", ""),
        ("index/start.py", "SECRET-evade-index"),
        ("index-elsewhere/here.txt", ""),
        ("fallback/here.txt", ""),
        ("htrewrite/here.txt", ""),
        ("speling/ledger.py", "SECRET-evade-speling"),
        ("speling/report.txt", "a report"),
        (
            "asis/x.asis",
            "Status: 200 Fine\nContent-Type: text/plain\n\nas it is",
        ),
        (
            "asis/x.py",
            "Status: 200 Fine\nContent-Type: text/plain\n\nSECRET-evade-asis",
        ),
        ("gzip/db.sql", "SECRET-evade-gzip"),
        ("forced/db.py", "SECRET-evade-forced"),
        (
            "action/show.cgi",
            "#!/bin/sh\necho Content-Type: text/plain\necho\ncat \"$PATH_TRANSLATED\"\n",
        ),
        ("action/old.bak", "SECRET-evade-action"),
        ("parsed/x.py", "SECRET-evade-parsed"),
        ("viewindex/start.py", "SECRET-evade-viewindex"),
        (
            "redirector/redirector.py",
            "def handler(req):\n    req.internal_redirect('/evade/db.py')\n    return 0\n",
        ),
        ("hosts/www/index.html", "mass"),
        ("hosts/www/.git/config", "SECRET-evade-mass-git"),
        ("hosts/www/.env", "SECRET-evade-mass"),
        (
            "scan/old.html~",
            "<html><head><title>SECRET-evade-title</title></head></html>",
        ),
        ("linked.d/readme.txt", "a file"),
        ("UPPER.PY", "SECRET-evade-upper"),
        ("dots..py", "SECRET-evade-dots"),
        ("semi;colon.py", "SECRET-evade-semicolon"),
        ("percent%2Epy.py~", "SECRET-evade-percent"),
    ];
    for (name, text) in files {
        server.write(&format!("evade/{name}"), text.as_bytes());
    }
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(server.site("evade/action/show.cgi"), mode).unwrap();
    for (name, text) in [
        ("lib.py", "SECRET-outside-source"),
        ("plain.txt", "SECRET-outside-plain"),
        (".git/config", "SECRET-outside-git"),
        ("anna/public_html/db.py", "SECRET-anna-source"),
        ("anna/public_html/.env", "SECRET-anna-env"),
        ("anna/public_html/.git/config", "SECRET-anna-git"),
    ] {
        let path = server.path("outside").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let link = |from: &str, to: &str| symlink(server.path(from), server.site(to)).unwrap();
    link("outside/plain.txt", "evade/link.py");
    link("outside", "evade/linked");
    link("outside/plain.txt", "evade/old.txt~");
}

/// The same file by other spellings of its address.
#[test]
fn spellings() {
    let secret = "SECRET-evade-source";
    let rows = [
        get("/evade/db.py", secret, SOURCE),
        get("/evade/db%2Epy", secret, SOURCE),
        get("/evade/db%2epy", secret, SOURCE),
        get("/evade/db.%70y", secret, SOURCE),
        get("/evade/db.p%79", secret, SOURCE),
        get("/evade/%64%62%2e%70%79", secret, SOURCE),
        get("/%65vade/db.py", secret, SOURCE),
        get("//evade/db.py", secret, SOURCE),
        get("/evade//db.py", secret, SOURCE),
        get("////evade////db.py", secret, SOURCE),
        get("/./evade/./db.py", secret, SOURCE),
        get("/evade/x/../db.py", secret, SOURCE),
        get("/evade/%2e/db.py", secret, SOURCE),
        get("/evade/x/%2e%2e/db.py", secret, SOURCE),
        get("/evade/x/.%2e/db.py", secret, SOURCE),
        get("/evade/db.py/", secret, SOURCE),
        get("/evade/db.py/x", secret, SOURCE),
        get("/evade/db.py/x.css", secret, SOURCE),
        get("/evade/db.py/x/y/z.html", secret, SOURCE),
        get("/evade/db.py/.well-known/x", secret, SOURCE),
        get("/evade/db.py?", secret, SOURCE),
        get("/evade/db.py?x=.css", secret, SOURCE),
        get("/evade/db.py?/.well-known/", secret, SOURCE),
        get("/.well-known/../evade/db.py", secret, SOURCE),
        get("/~user/../evade/db.py", secret, SOURCE),
        get("/evade/db.py~", "SECRET-evade-backup", BACKUP),
        get("/evade/db.py%7E", "SECRET-evade-backup", BACKUP),
        get("/evade/db.py%7e/x.css", "SECRET-evade-backup", BACKUP),
        get("/evade/.env", "SECRET-evade-env", SECRET),
        get("/evade/%2Eenv", "SECRET-evade-env", SECRET),
        get("/evade/.%65nv", "SECRET-evade-env", SECRET),
        get("/evade/UPPER.PY", "SECRET-evade-upper", SOURCE),
        get("/evade/dots..py", "SECRET-evade-dots", SOURCE),
        get("/evade/semi;colon.py", "SECRET-evade-semicolon", SOURCE),
        get("/evade/semi%3Bcolon.py", "SECRET-evade-semicolon", SOURCE),
        get("/evade/percent%252Epy.py~", "SECRET-evade-percent", BACKUP),
        ask(
            "an encoded slash",
            Ask::Send("GET", "/evade%2Fdb.py", &[("Host", "slashes.example")]),
            secret,
            SOURCE,
        ),
        ask(
            "an encoded slash and dots",
            Ask::Send(
                "GET",
                "/evade/x%2F..%2Fdb.py",
                &[("Host", "slashes.example")],
            ),
            secret,
            SOURCE,
        ),
    ];
    check(&options(), &rows, prepare);
}

/// The same file by other ways to ask.
#[test]
fn protocols_and_methods() {
    let secret = "SECRET-evade-source";
    let rows = [
        ask(
            "HTTP/1.0",
            Ask::Raw("GET /evade/db.py HTTP/1.0\r\n\r\n"),
            secret,
            SOURCE,
        ),
        Hazard {
            status: 0,
            ..ask("HTTP/0.9", Ask::Raw("GET /evade/db.py\r\n"), secret, SOURCE)
        },
        ask(
            "absolute form",
            Ask::Raw(
                "GET http://@HOST@/evade/db.py HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n",
            ),
            secret,
            SOURCE,
        ),
        ask(
            "absolute form with another host",
            Ask::Raw(
                "GET http://second.example/prices.py HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n",
            ),
            "SECRET-shop-prices",
            SOURCE,
        ),
        ask(
            "no host",
            Ask::Raw("GET /evade/db.py HTTP/1.0\r\nHost:\r\n\r\n"),
            secret,
            SOURCE,
        ),
        // The status is the first response's.
        Hazard {
            status: 200,
            ..ask(
                "a second request on the connection",
                Ask::Raw(
                    "GET /assets/site.css HTTP/1.1\r\nHost: x\r\n\r\n\
                     GET /evade/db.py HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                ),
                secret,
                SOURCE,
            )
        },
        ask(
            "HEAD",
            Ask::Send("HEAD", "/evade/db.py", &[]),
            "Content-Length: 19",
            SOURCE,
        ),
        ask(
            "POST",
            Ask::Send("POST", "/evade/db.py", &[("Content-Length", "0")]),
            secret,
            SOURCE,
        ),
        ask(
            "a range",
            Ask::Send("GET", "/evade/db.py", &[("Range", "bytes=0-8")]),
            "SECRET-ev",
            SOURCE,
        ),
        ask(
            "a range from the end",
            Ask::Send("GET", "/evade/db.py", &[("Range", "bytes=-6")]),
            "source",
            SOURCE,
        ),
        ask(
            "many ranges",
            Ask::Send("GET", "/evade/db.py", &[("Range", "bytes=0-1,4-5,8-9")]),
            "multipart/byteranges",
            SOURCE,
        ),
        ask(
            "a range that is none",
            Ask::Send("GET", "/evade/db.py", &[("Range", "bytes=999-")]),
            "HTTP/1.1 416",
            SOURCE,
        ),
        ask(
            "If-None-Match",
            Ask::Send("GET", "/evade/db.py", &[("If-None-Match", "*")]),
            "HTTP/1.1 304",
            SOURCE,
        ),
        ask(
            "If-Match",
            Ask::Send("GET", "/evade/db.py", &[("If-Match", "\"x\"")]),
            "HTTP/1.1 412",
            SOURCE,
        ),
        ask(
            "If-Unmodified-Since",
            Ask::Send(
                "GET",
                "/evade/db.py",
                &[("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT")],
            ),
            "HTTP/1.1 412",
            SOURCE,
        ),
        ask(
            "If-Modified-Since",
            Ask::Send(
                "GET",
                "/evade/db.py",
                &[("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT")],
            ),
            secret,
            SOURCE,
        ),
        ask(
            "a method override",
            Ask::Send(
                "POST",
                "/evade/db.py",
                &[("X-HTTP-Method-Override", "GET"), ("Content-Length", "0")],
            ),
            secret,
            SOURCE,
        ),
    ];
    check(&options(), &rows, prepare);
}

/// HTTP/2 with prior knowledge; mod_http2 does not work under prefork.
#[test]
fn http2() {
    let options = Options {
        extra: "# modules: http2\nProtocols h2c http/1.1".to_owned(),
        ..options()
    };
    let rows = [
        ask(
            "HTTP/2",
            Ask::Http2("/evade/db.py"),
            "SECRET-evade-source",
            SOURCE,
        ),
        ask(
            "HTTP/2, encoded",
            Ask::Http2("/evade/x/%2e%2e/db.p%79"),
            "SECRET-evade-source",
            SOURCE,
        ),
        ask(
            "HTTP/2, backup",
            Ask::Http2("/evade/db.py~"),
            "SECRET-evade-backup",
            BACKUP,
        ),
    ];
    if Mpm::chosen().threaded() {
        check(&options, &rows, prepare);
    }
}

/// The same file by the help of another module of httpd.
#[test]
fn modules_of_httpd() {
    let included: &[&str] = &["mod_include", "AH01", "unable to include"];
    let rows = [
        get("/aliased/lib.py", "SECRET-outside-source", SOURCE),
        get("/aliased/.git/config", "SECRET-outside-git", SECRET),
        get("/by-match/lib.py", "SECRET-outside-source", SOURCE),
        get("/one-file.txt", "SECRET-outside-source", SOURCE),
        get("/evade/link.py", "SECRET-outside-plain", SOURCE),
        get("/evade/old.txt~", "SECRET-outside-plain", BACKUP),
        get("/evade/linked/lib.py", "SECRET-outside-source", SOURCE),
        get("/evade/linked/.git/config", "SECRET-outside-git", SECRET),
        Hazard {
            also: NEGOTIATION,
            ..get("/evade/views/library", "SECRET-evade-views", &[])
        },
        get("/evade/typemap/doc.var", "SECRET-evade-typemap", SOURCE),
        get("/evade/typemap/body.var", "SECRET-evade-variant", BACKUP),
        Hazard {
            status: 200,
            also: included,
            ..get("/evade/ssi/virtual.shtml", "SECRET-evade-source", SOURCE)
        },
        Hazard {
            status: 200,
            also: included,
            ..get("/evade/ssi/file.shtml", "SECRET-evade-ssi", BACKUP)
        },
        Hazard {
            status: 404,
            ..get("/evade/errors/nothing", "SECRET-evade-backup", BACKUP)
        },
        Hazard {
            status: 403,
            also: &["AH01630"],
            ..get("/evade/errors403/here.txt", "SECRET-evade-source", SOURCE)
        },
        // Without its index page, the directory is listed.
        Hazard {
            status: 200,
            ..get("/evade/index/", "SECRET-evade-index", SOURCE)
        },
        Hazard {
            status: 200,
            ..get("/evade/index-elsewhere/", "SECRET-evade-backup", BACKUP)
        },
        get("/evade/fallback/nothing", "SECRET-evade-source", SOURCE),
        get("/evade/htrewrite/pretty", "SECRET-evade-backup", BACKUP),
        get("/evade/htrewrite/typed", "SECRET-evade-source", SOURCE),
        get("/rewritten", "SECRET-evade-backup", BACKUP),
        get("/rewritten-file", "SECRET-evade-source", SOURCE),
        get("/elsewhere/lib.py", "SECRET-outside-source", SOURCE),
        get("/elsewhere/.git/config", "SECRET-outside-git", SECRET),
        get("/~anna/db.py", "SECRET-anna-source", SOURCE),
        get("/~anna/.env", "SECRET-anna-env", SECRET),
        get("/~anna/.git/config", "SECRET-anna-git", SECRET),
        get("/evade/redirector/x", "SECRET-evade-source", SOURCE),
        get("/proxied/db.py", "SECRET-evade-source", SOURCE),
        get("/mirror/db.py", "SECRET-evade-source", SOURCE),
        get("/mirror/db.py~", "SECRET-evade-backup", BACKUP),
        ask(
            "a forward proxy to itself",
            Ask::Raw(
                "GET http://127.0.0.1:@PORT@/evade/db.py HTTP/1.1\r\nHost: forward.example\r\nConnection: close\r\n\r\n",
            ),
            "SECRET-evade-source",
            SOURCE,
        ),
        get("/evade/asis/x.py", "SECRET-evade-asis", SOURCE),
        get("/evade/forced/db.py", "SECRET-evade-forced", SOURCE),
        get("/evade/parsed/x.py", "SECRET-evade-parsed", SOURCE),
        get("/evade/action/old.bak", "SECRET-evade-action", BACKUP),
        Hazard {
            status: 200,
            also: NEGOTIATION,
            ..get("/evade/viewindex/", "SECRET-evade-viewindex", &[])
        },
        ask(
            "compressed",
            Ask::Send("HEAD", "/evade/gzip/db.sql", &[("Accept-Encoding", "gzip")]),
            "HTTP/1.1 200",
            SECRET,
        ),
        ask(
            "mass hosting",
            Ask::Send("GET", "/.env", &[("Host", "www.mass.example")]),
            "SECRET-evade-mass",
            SECRET,
        ),
        ask(
            "mass hosting, a directory",
            Ask::Send("GET", "/.git/config", &[("Host", "www.mass.example")]),
            "SECRET-evade-mass-git",
            SECRET,
        ),
        ask(
            "a second virtual host without Python",
            Ask::Send("GET", "/prices.py", &[("Host", "second.example")]),
            "SECRET-shop-prices",
            SOURCE,
        ),
    ];
    check(&options(), &rows, prepare);
}

/// Nothing here shows a secret on any server; with the module nothing changes and nothing is logged
/// but what is tried on a denied name.
#[test]
fn what_never_leaks() {
    const ASKS: &[Ask<'_>] = &[
        Ask::Get("/evade/db%252Epy"),
        Ask::Get("/evade/db%2525py"),
        Ask::Get("/evade/db.py%00"),
        Ask::Get("/evade/db.py%00.css"),
        Ask::Get("/evade/db.py%20"),
        Ask::Get("/evade/db.py."),
        Ask::Get("/evade/db.py::$DATA"),
        Ask::Get("/evade/db%c0%aepy"),
        Ask::Get("/evade/db\u{ff0e}py"),
        Ask::Get("/evade%5Cdb.py"),
        Ask::Get("/evade/db.py;x"),
        Ask::Get("/evade%2Fdb.py"),
        Ask::Get("/../evade/db.py"),
        Ask::Get("/%2e%2e/%2e%2e/evade/db.py"),
        Ask::Get("/evade/db.py%"),
        Ask::Get("/evade/db.py%zz"),
        Ask::Send("TRACE", "/evade/db.py", &[]),
        Ask::Send("OPTIONS", "/evade/db.py", &[]),
        Ask::Send("OPTIONS", "*", &[]),
        Ask::Send("PROPFIND", "/evade/db.py", &[("Depth", "0")]),
        Ask::Send("PUT", "/evade/db.py", &[("Content-Length", "0")]),
        Ask::Send("DELETE", "/evade/db.py", &[]),
        Ask::Send("PATCH", "/evade/db.py", &[("Content-Length", "0")]),
        Ask::Send("FROBNICATE", "/evade/db.py", &[]),
        Ask::Send("get", "/evade/db.py", &[]),
        Ask::Send("CONNECT", "/evade/db.py", &[]),
    ];
    let server = Server::start_with(
        &Options {
            careless: true,
            ..options()
        },
        prepare,
    );
    let failures: Vec<String> = ASKS
        .iter()
        .map(|ask| ask.of(&server))
        .filter(|answer| answer.contains("SECRET-"))
        .map(|answer| brief(&answer))
        .collect();
    report(&failures);
    server.finish();
}

/// A listing of variants or titles must not name what cannot be fetched.
#[test]
fn names_are_not_revealed() {
    let rows = [
        Hazard {
            also: NEGOTIATION,
            ..ask(
                "variants",
                Ask::Send(
                    "GET",
                    "/evade/views/library",
                    &[("Accept", "image/png;q=1")],
                ),
                "library.py",
                &[],
            )
        },
        Hazard {
            status: 200,
            ..ask(
                "ScanHTMLTitles",
                Ask::Get("/evade/scan/"),
                "SECRET-evade-title",
                &[],
            )
        },
    ];
    let options = Options {
        extra: "IndexOptions FancyIndexing ScanHTMLTitles".to_owned(),
        ..options()
    };
    check(&options, &rows, |server| {
        prepare(server);
        server.write("evade/scan/.htaccess", b"ForceType text/html\n");
    });
}

/// Correct spellings of what is public are still found.
#[test]
fn spelling_of_public_files_is_corrected() {
    let server = Server::start_with(&options(), prepare);
    let answer = server.get("/evade/speling/repord.txt");
    assert_eq!(answer.status, 301, "{}", brief(&answer));
    assert!(
        answer
            .header("Location")
            .is_some_and(|to| to.ends_with("/report.txt"))
    );
    server.finish();
}

/// .htaccess files below a Python directory that switch Python off.
#[test]
fn nested_htaccess() {
    let rows = [
        get(
            "/members/archive/old_area.py",
            "SECRET-members-archive",
            SOURCE,
        ),
        get(
            "/members/listing/snippet.py",
            "SECRET-members-listing",
            SOURCE,
        ),
    ];
    let options = Options {
        scenario: "site",
        ..Options::default()
    };
    check(&options, &rows, |_| {});
}

/// A handler in `<Location>`, for which mod_python leaves the file name NULL.
#[test]
fn a_location_without_a_file_name() {
    let extra = "<Location \"/evade/nowhere\">\nSetHandler mod_python\nPythonHandler alarm\n\
        PythonPath \"sys.path + ['@SITE@/alerts']\"\n</Location>";
    let options = Options {
        extra: extra.to_owned(),
        careless: true,
        ..options()
    };
    let server = Server::start_with(&options, |server| {
        prepare(server);
        server.write("evade/nowhere/x.py", b"SECRET-evade-nowhere");
        server.write("evade/nowhere/x.txt~", b"SECRET-evade-nowhere");
    });
    for target in [
        "/evade/nowhere/x.py",
        "/evade/nowhere/x.txt~",
        "/evade/nowhere/",
        "/evade/nowhere",
    ] {
        let answer = server.get(target);
        assert!(
            answer.status >= 300 && !answer.contains("SECRET-"),
            "{}",
            brief(&answer)
        );
    }
    server.finish();
}

const DAV: &str =
    "# modules: dav dav_fs dav_lock\n<Directory \"@SITE@/dav\">\nDav On\n</Directory>";

fn dav(guarded: bool) -> Server {
    let options = Options {
        guarded,
        engine: Engine::Neither,
        extra: DAV.to_owned(),
        ..Options::default()
    };
    Server::start_with(&options, |server| {
        for (name, text) in [
            ("db.py", "SECRET-dav-source"),
            ("old.txt~", "SECRET-dav-backup"),
            (".env", "SECRET-dav-env"),
            ("tree/.git/config", "SECRET-dav-git"),
            ("tree/readme.txt", "a file"),
            ("free.txt", "free"),
        ] {
            server.write(&format!("dav/{name}"), text.as_bytes());
        }
        for name in ["dav", "dav/tree", "dav/db.py", "dav/old.txt~", "dav/.env"] {
            server.give_to_httpd(name);
        }
    })
}

/// mod_dav: a copy under a harmless name.
#[test]
fn webdav() {
    let copy = |server: &Server, method: &str, from: &str, to: &str| {
        let destination = format!("http://{}{to}", server.host());
        server.send(method, from, &[("Destination", &destination)])
    };
    let open = dav(false);
    let answer = copy(&open, "COPY", "/dav/db.py", "/dav/stolen.txt");
    assert_eq!(answer.status, 201, "{}", brief(&answer));
    assert!(open.get("/dav/stolen.txt").contains("SECRET-dav-source"));
    open.finish();

    let mut closed = dav(true);
    for (method, from, tag) in [
        ("COPY", "/dav/db.py", "PG017"),
        ("MOVE", "/dav/db.py", "PG017"),
        ("COPY", "/dav/old.txt~", "PG018"),
        ("COPY", "/dav/.env", "PG015"),
        ("MOVE", "/dav/tree/.git/config", "PG015"),
        ("COPY", "/dav/x/%2e%2e/db.p%79", "PG017"),
    ] {
        let answer = copy(&closed, method, from, "/dav/stolen.txt");
        assert_eq!(answer.status, 404, "{method} {from}: {}", brief(&answer));
        closed.expect_log(tag);
        assert_eq!(closed.get("/dav/stolen.txt").status, 404, "{method} {from}");
    }
    // What is public is copied as before.
    assert_eq!(
        copy(&closed, "COPY", "/dav/free.txt", "/dav/free2.txt").status,
        201
    );
    assert_eq!(closed.get("/dav/free2.txt").text(), "free");
    closed.finish();
}

/// mod_dav: a listing shows what there is.
#[test]
fn webdav_listing() {
    for guarded in [false, true] {
        let server = dav(guarded);
        let answer = server.send("PROPFIND", "/dav/", &[("Depth", "1")]);
        assert_eq!(answer.status, 207);
        assert!(answer.contains("free.txt"));
        if !guarded {
            assert!(answer.contains("db.py") && answer.contains("old.txt~"));
        }
        for method in ["PROPFIND", "GET"] {
            let answer = server.send(method, "/dav/db.py", &[("Depth", "0")]);
            assert_eq!(answer.contains("SECRET-"), !guarded && method == "GET");
        }
        let mut server = server;
        server.allow_log("PG017");
        server.finish();
    }
}

const CACHE: &str = "# modules: cache cache_disk\nCacheEnable disk \"/\"\nCacheMinExpire 3600\nCacheQuickHandler On\nCacheHeader On";

/// mod_cache: a copy of a denied file from the time before the module was loaded.
#[test]
fn a_cached_copy() {
    for quick in ["On", "Off"] {
        let options = |guarded| Options {
            guarded,
            engine: Engine::Neither,
            extra: CACHE.replace("QuickHandler On", &format!("QuickHandler {quick}")),
            ..Options::default()
        };
        let mut server = Server::start_with(&options(false), |server| {
            server.write("cached/db.py", b"SECRET-cached-source");
            server.write("cached/old.txt~", b"SECRET-cached-backup");
            server.write("cached/x.css", b"a { }");
        });
        for target in ["/cached/db.py", "/cached/old.txt~", "/cached/x.css"] {
            server.get(target);
            let again = server.get(target);
            let hit = again.header("X-Cache").unwrap_or_default();
            assert!(hit.starts_with("HIT"), "{target} is not cached: {hit}");
        }
        // The file is gone, its copy is not.
        std::fs::remove_file(server.site("cached/db.py")).unwrap();
        assert!(server.get("/cached/db.py").contains("SECRET-cached"));
        server.start_again(&options(true));
        for (target, tag) in [
            ("/cached/db.py", "PG017"),
            ("/cached/db%2Epy", "PG017"),
            ("/cached/old.txt~", "PG018"),
        ] {
            let answer = server.get(target);
            assert!(
                answer.status == 404 && !answer.contains("SECRET-"),
                "quick handler {quick}, {target}: {}",
                brief(&answer)
            );
            server.expect_log(tag);
        }
        let again = server.get("/cached/x.css");
        let hit = again.header("X-Cache").unwrap_or_default();
        assert!(hit.starts_with("HIT"), "the cache no longer works: {hit}");
        server.finish();
    }
}
