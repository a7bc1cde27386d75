//! R12: PythonDebug is in force for trusted clients only, whatever set it and in every phase.

use crate::harness::{Engine, Options, Response, Server, has_ipv6, request};
use crate::hazard::{Ask, Hazard, ask, brief, check, get, report};

/// What mod_python writes to the log about an exception, for whoever reads the log.
const PYTHON: &[&str] = &["Python", "fails phases: ", "unable to include"];

/// A request that fails in Python: 500 with nothing in it, and no incident.
const fn fails<'a>(target: &'a str, secret: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        also: PYTHON,
        ..get(target, secret, &[])
    }
}

/// The same on a virtual host.
const fn fails_on<'a>(headers: &'a [(&'a str, &'a str)], secret: &'a str) -> Hazard<'a> {
    Hazard {
        status: 500,
        also: PYTHON,
        ..ask(
            headers[0].1,
            Ask::Send("GET", "/debug/x", headers),
            secret,
            &[],
        )
    }
}

const ROWS: &[Hazard<'_>] = &[
    fails("/debug/handler/x", "SECRET-debug-handler"),
    fails("/debug/access/x", "SECRET-debug-access"),
    fails("/debug/type/x", "SECRET-debug-type"),
    fails("/debug/fixup/x", "SECRET-debug-fixup"),
    fails("/debug/headerparser/x", "SECRET-debug-headerparser"),
    Hazard {
        name: "authen",
        ask: Ask::Send("GET", "/debug/authen/x", AUTHORIZED),
        ..fails("", "SECRET-debug-authen")
    },
    Hazard {
        name: "authz",
        ask: Ask::Send("GET", "/debug/authz/x", AUTHORIZED),
        ..fails("", "SECRET-debug-authz")
    },
    fails_on(&[("Host", "postread.example")], "SECRET-debug-postread"),
    fails_on(&[("Host", "init.example")], "SECRET-debug-init"),
    fails_on(&[("Host", "trans.example")], "SECRET-debug-trans"),
    fails_on(&[("Host", "whole.example")], "SECRET-debug-handler"),
    // Applications that switch debugging on for themselves; on server level, for everybody and for good.
    fails("/debug/self/x", "SECRET-debug-handler"),
    fails("/debug/self-access/x", "SECRET-debug-fixup"),
    fails_on(&[("Host", "self.example")], "SECRET-debug-handler"),
    fails("/debug/again/x", "SECRET-debug-again"),
    fails("/debug/location/x", "SECRET-debug-handler"),
    fails("/debug/htaccess/x", "SECRET-debug-handler"),
    fails("/debug/outside/by-location", "SECRET-debug-handler"),
    fails("/debug/outside/by-file", "SECRET-debug-handler"),
    fails("/debug/outside/x?debug", "SECRET-debug-handler"),
    fails("/debug/index/", "SECRET-debug-handler"),
    fails("/debug/rewritten/pretty", "SECRET-debug-handler"),
    Hazard {
        name: "POST",
        ask: Ask::Send("POST", "/debug/handler/x", &[("Content-Length", "0")]),
        ..fails("", "SECRET-debug-handler")
    },
    Hazard {
        name: "HTTP/1.0",
        ask: Ask::Raw("GET /debug/handler/x HTTP/1.0\r\n\r\n"),
        ..fails("", "SECRET-debug-handler")
    },
];

/// Where the page of the client is another one than the one that fails.
const SUBREQUESTS: &[Hazard<'_>] = &[
    Hazard {
        status: 200,
        ..fails("/debug/beside/page.shtml", "SECRET-debug-included")
    },
    Hazard {
        status: 200,
        ..fails("/debug/ssi/virtual.shtml", "SECRET-debug-handler")
    },
    Hazard {
        status: 404,
        ..fails("/debug/errors/nothing", "SECRET-debug-handler")
    },
    // Without debugging, mod_python ends the connection.
    Hazard {
        status: 0,
        ..fails("/debug/outputfilter/x", "SECRET-debug-outputfilter")
    },
    // The response had begun: no traceback any more, but the status stays.
    Hazard {
        status: 200,
        ..fails("/debug/flushed/x", "SECRET-debug-flushed")
    },
];

const AUTHORIZED: &[(&str, &str)] = &[("Authorization", "Basic Z3Vlc3Q6Z3Vlc3Q=")];

fn options(extra: &str) -> Options {
    Options {
        scenario: "debug",
        extra: extra.to_owned(),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    for name in [
        "handler",
        "access",
        "authen",
        "authz",
        "type",
        "fixup",
        "headerparser",
        "flushed",
        "config",
        "off",
        "outside",
        "outputfilter",
        "self",
        "self-access",
        "again",
    ] {
        server.write(&format!("debug/{name}/x"), b"a file");
    }
    server.write(
        "debug/beside/page.shtml",
        b"<!--#include virtual=\"fails.page\"-->",
    );
    server.write("debug/beside/fails.page", b"a file");
    server.write("debug/outside/by-file", b"a file");
    server.write("debug/outside/by-location", b"a file");
    server.write("debug/index/broken.page", b"");
    server.write("debug/errors/x", b"");
    server.write("debug/rewritten/x", b"");
    server.write(
        "debug/ssi/virtual.shtml",
        b"<p><!--#include virtual=\"/debug/handler/x\" --></p>",
    );
    server.write(
        "debug/htaccess/.htaccess",
        b"PythonDebug On\nSetHandler mod_python\nPythonHandler phases\n",
    );
}

#[test]
fn a_stranger_sees_no_traceback() {
    check(&options(""), ROWS, prepare);
}

#[test]
fn nor_by_a_subrequest() {
    check(&options(""), SUBREQUESTS, prepare);
}

/// The same requests from the developer's address show what they show without the module, and are
/// not cached. Two kinds cannot be kept out of caches: where the application switches debugging on
/// behind httpd's back, and where mod_include has sent the head of the page before it includes.
#[test]
fn the_developer_does() {
    let mut failures = Vec::new();
    let mut server = Server::start_with(&options("PyGuardDebugFrom 127.0.0.1"), prepare);
    for row in ROWS.iter().chain(SUBREQUESTS) {
        let answer = row.ask.of(&server);
        if !answer.contains(row.shows) {
            failures.push(format!("{}: no traceback: {}", row.name, brief(&answer)));
        }
        let known = row.name.starts_with("/debug/self")
            || row.name.starts_with("/debug/beside")
            || row.name == "self.example"
            || row.name == "/debug/ssi/virtual.shtml";
        if !known && !not_stored(&answer) {
            failures.push(format!("{}: may be cached: {}", row.name, brief(&answer)));
        }
    }
    for part in PYTHON {
        server.allow_log(part);
    }
    server.finish();
    report(&failures);
}

fn not_stored(answer: &Response) -> bool {
    answer
        .header("Cache-Control")
        .is_some_and(|value| value.contains("no-store"))
}

/// What the developer gets where nothing is debugged is as cacheable as ever.
#[test]
fn only_debugged_pages_are_kept_out_of_caches() {
    let mut server = Server::start_with(&options("PyGuardDebugFrom 127.0.0.1"), prepare);
    assert!(!not_stored(&server.get("/debug/off/x")));
    assert!(!not_stored(&server.get("/assets/site.css")));
    server.allow_log("Python");
    server.finish();
}

/// The gate changes one request and nothing that outlives it.
#[test]
fn a_stranger_and_the_developer_by_turns() {
    if !has_ipv6() {
        eprintln!("no ::1 on this machine: not run");
        return;
    }
    let options = Options {
        ipv6: true,
        extra: "PyGuardDebugFrom ::1".to_owned(),
        ..options("")
    };
    let mut server = Server::start_with(&options, prepare);
    let ask = request("GET", "/debug/handler/x", "localhost", &[], b"");
    for _ in 0..4 {
        let stranger = server.exchange(&ask);
        let developer = server.exchange_at(server.address6(), &ask);
        assert_eq!((stranger.status, developer.status), (500, 500));
        assert!(!stranger.contains("SECRET-"));
        assert!(developer.contains("SECRET-debug-handler"));
    }
    let address = server.address();
    let address6 = server.address6();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (server, ask) = (&server, &ask);
            scope.spawn(move || {
                for _ in 0..10 {
                    let (at, sees) = match number % 2 {
                        0 => (address, false),
                        _ => (address6, true),
                    };
                    assert_eq!(server.exchange_at(at, ask).contains("SECRET-"), sees);
                }
            });
        }
    });
    server.allow_log("Python");
    server.finish();
}

/// What the application is told is what is in force.
#[test]
fn what_the_application_sees() {
    for (extra, expected) in [
        ("", "PythonDebug=0"),
        ("PyGuardDebugFrom 127.0.0.1", "PythonDebug=1"),
        ("PyGuard Off", "PythonDebug=1"),
        ("PyGuard Detect", "PythonDebug=1"),
    ] {
        let mut server = Server::start_with(&options(extra), prepare);
        let answer = server.get("/debug/config/x");
        assert_eq!(answer.text(), expected, "{extra}");
        for line in server.take_log() {
            assert!(line.contains("PG012: would"), "{extra}: {line}");
        }
        server.finish();
    }
}

/// Who is trusted.
#[test]
fn addresses_and_proxies() {
    // Configuration, header fields of the request, whether the traceback is shown.
    type Case = (&'static str, &'static [(&'static str, &'static str)], bool);
    const FROM_PROXY: &[(&str, &str)] = &[("X-Real", "192.0.2.7")];
    const CASES: &[Case] = &[
        ("PyGuardDebugFrom 127.0.0.1", &[], true),
        ("PyGuardDebugFrom 127.0.0.2", &[], false),
        ("PyGuardDebugFrom 127", &[], true),
        ("PyGuardDebugFrom 127.0.0.0/255.0.0.0", &[], true),
        ("PyGuardDebugFrom 192.0.2.0/24 127.0.0.1", &[], true),
        ("PyGuardDebugFrom 0.0.0.0/0", &[], true),
        ("PyGuardDebugFrom ::1", &[], false),
        ("PyGuardDebugFrom None", &[], false),
        (
            "PyGuardDebugFrom 127.0.0.1\nPyGuardDebugFrom None",
            &[],
            false,
        ),
        ("PyGuardDebugProxy 127.0.0.1", &[], false),
        (
            "PyGuardDebugFrom 127.0.0.1",
            &[("X-Forwarded-For", "127.0.0.1")],
            false,
        ),
        (
            "PyGuardDebugFrom 127.0.0.1",
            &[("x-forwarded-for", "")],
            false,
        ),
        (
            "PyGuardDebugFrom 127.0.0.1",
            &[("Forwarded", "for=127.0.0.1")],
            false,
        ),
        // mod_remoteip believes everybody who is no proxy of its list.
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 192.0.2.7",
            FROM_PROXY,
            false,
        ),
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 127.0.0.1",
            FROM_PROXY,
            false,
        ),
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 192.0.2.7 127.0.0.1",
            FROM_PROXY,
            false,
        ),
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.1",
            FROM_PROXY,
            true,
        ),
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 192.0.2.8\nPyGuardDebugProxy 127.0.0.1",
            FROM_PROXY,
            false,
        ),
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.9",
            FROM_PROXY,
            false,
        ),
        (
            "RemoteIPHeader X-Forwarded-For\nPyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.1",
            &[("X-Forwarded-For", "192.0.2.7")],
            true,
        ),
        (
            "RemoteIPHeader X-Forwarded-For\nPyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.1",
            &[
                ("X-Forwarded-For", "192.0.2.7"),
                ("Forwarded", "for=198.51.100.1"),
            ],
            false,
        ),
        // No proxy: the developer on the machine itself, where mod_remoteip is configured.
        (
            "RemoteIPHeader X-Real\nPyGuardDebugFrom 127.0.0.1",
            &[],
            true,
        ),
        // mod_headers runs too late to make a stranger a friend.
        (
            "PyGuardDebugFrom 127.0.0.1\nRequestHeader unset X-Forwarded-For",
            &[("X-Forwarded-For", "198.51.100.1")],
            false,
        ),
    ];
    let mut failures = Vec::new();
    let mut server = Server::start_with(&options(""), prepare);
    for (extra, headers, shown) in CASES {
        server.start_again(&options(extra));
        let answer = server.send("GET", "/debug/handler/x", headers);
        if answer.status != 500 || answer.contains("SECRET-debug-handler") != *shown {
            failures.push(format!("{extra:?} {headers:?}: {}", brief(&answer)));
        }
    }
    server.allow_log("Python");
    server.finish();
    report(&failures);
}

/// In the directory sections as everywhere: the inner section decides.
#[test]
fn trust_is_per_directory() {
    let extra = "PyGuardDebugFrom 127.0.0.1\n\
        <Directory \"@SITE@/debug/handler\">\nPyGuardDebugFrom None\n</Directory>\n\
        <Directory \"@SITE@/debug/off\">\nPyGuardDebugFrom 127.0.0.1\n</Directory>";
    let mut server = Server::start_with(&options(extra), prepare);
    assert!(!server.get("/debug/handler/x").contains("SECRET-"));
    assert!(server.get("/debug/location/x").contains("SECRET-"));
    // Nobody asked for a traceback there.
    assert!(!server.get("/debug/off/x").contains("SECRET-"));
    server.allow_log("Python");
    server.finish();
}

/// Where PythonDebug is off, the gate has nothing to do and answers are as without it.
#[test]
fn without_python_the_gate_is_silent() {
    let options = Options {
        engine: Engine::Neither,
        extra: "PyGuardDebugFrom 127.0.0.1".to_owned(),
        ..Options::default()
    };
    let server = Server::start(&options);
    assert_eq!(server.get("/assets/site.css").status, 200);
    server.finish();
}

/// mod_remoteip says who the client is in the first phase of a request, and the gate asks after it.
#[test]
fn the_first_phase_knows_the_client() {
    let extra = "RemoteIPHeader X-Real\nRemoteIPInternalProxy 127.0.0.1\n";
    let stranger = "PyGuardDebugFrom 127.0.0.1";
    let friend = "PyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 127.0.0.1";
    let headers = [("Host", "postread.example"), ("X-Real", "192.0.2.7")];
    for (trust, shown) in [(stranger, false), (friend, true)] {
        let mut server = Server::start_with(&options(&format!("{extra}{trust}")), prepare);
        let answer = server.send("GET", "/", &headers);
        assert_eq!(answer.status, 500, "{trust}: {}", brief(&answer));
        assert_eq!(
            answer.contains("SECRET-debug-postread"),
            shown,
            "{trust}: {}",
            brief(&answer)
        );
        server.allow_log("Python");
        server.finish();
    }
}

/// What is included from the same directory is not checked again, with the module as without.
#[test]
fn access_is_checked_once() {
    for guarded in [false, true] {
        let options = Options {
            guarded,
            ..options("")
        };
        let mut server = Server::start_with(&options, |server| {
            prepare(server);
            server.write(
                "debug/counted/twice.shtml",
                b"<!--#include file=\"a.txt\"--><!--#include file=\"b.txt\"-->",
            );
            server.write("debug/counted/a.txt", b"one ");
            server.write("debug/counted/b.txt", b"two");
        });
        let answer = server.get("/debug/counted/twice.shtml");
        assert_eq!(answer.text(), "one two", "{}", brief(&answer));
        let checks = server.expect_log("access checked").len();
        assert_eq!(checks, 1, "guarded: {guarded}");
        server.allow_log("Python");
        server.finish();
    }
}
