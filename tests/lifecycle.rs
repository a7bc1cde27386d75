//! Start, restart, stop, and a server without mod_python.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Engine, Options, Server, config_test, exchange};
use crate::hazard::brief;

fn options(extra: &str) -> Options {
    Options {
        scenario: "site",
        extra: extra.to_owned(),
        ..Options::default()
    }
}

/// Asks for each target, which is refused with a line of its tag in the log.
fn refuses(server: &mut Server, targets: &[(&str, &str)]) {
    for (target, tag) in targets {
        let answer = server.get(target);
        assert!(
            answer.status == 404 && !answer.contains("SECRET-"),
            "{target}: {}",
            brief(&answer)
        );
        server.expect_log(tag);
    }
}

fn protects(server: &mut Server) {
    refuses(
        server,
        &[
            ("/settings.py", "PG017: "),
            ("/shop/prices.py~", "PG018: "),
            ("/news/draft.html", "PG020: "),
            ("/shop/", "PG016: "),
            ("/pages/hello.psp_", "PG011: "),
        ],
    );
    assert_eq!(server.get("/shop/index.py").status, 200);
    assert_eq!(server.get("/assets/site.css").status, 200);
}

#[test]
fn graceful_restart_twice() {
    let mut server = Server::start(&options(""));
    protects(&mut server);
    for _ in 0..2 {
        server.graceful();
        protects(&mut server);
    }
    assert_eq!(server.whole_log().matches("PG100: ").count(), 3);
    server.finish();
}

/// No request of a busy server slips through a restart.
#[test]
fn graceful_restart_under_requests() {
    let mut server = Server::start(&options(""));
    let address = server.address();
    let over = AtomicBool::new(false);
    let answers = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let ask = |target: &str, answers: &AtomicUsize| {
        let bytes = format!("GET {target} HTTP/1.0\r\n\r\n");
        while !over.load(Ordering::Relaxed) {
            // A connection that the old generation no longer takes is an error, not an answer.
            if let Ok(answer) = exchange(address, bytes.as_bytes()) {
                let text = String::from_utf8_lossy(&answer);
                assert!(!text.contains("SECRET-"), "{text}");
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for (target, answers) in ["/settings.py", "/news/draft.html"]
            .into_iter()
            .zip(&answers)
        {
            scope.spawn(move || ask(target, answers));
        }
        for _ in 0..3 {
            let before = answers
                .each_ref()
                .map(|answers| answers.load(Ordering::Relaxed));
            server.graceful();
            let deadline = Instant::now() + Duration::from_secs(20);
            while Instant::now() < deadline
                && (answers.iter().zip(before))
                    .any(|(now, before)| now.load(Ordering::Relaxed) < before + 5)
            {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    for answers in &answers {
        assert!(answers.load(Ordering::Relaxed) >= 15);
    }
    server.expect_log("PG017: ");
    server.expect_log("PG020: ");
    server.finish();
}

/// A graceful restart brings a new configuration into force.
#[test]
fn a_changed_configuration() {
    let mut server = Server::start(&options("PyGuard Off"));
    assert_eq!(server.get("/settings.py").status, 200);
    server.configure(&options(""));
    server.graceful();
    protects(&mut server);
    server.configure(&options("PyGuard Detect"));
    server.graceful();
    assert_eq!(server.get("/settings.py").status, 200);
    server.expect_log("PG017: would deny ");
    server.finish();
}

#[test]
fn start_and_stop_again() {
    let mut server = Server::start(&options(""));
    for _ in 0..3 {
        server.stop();
        server.start_again(&options(""));
        protects(&mut server);
    }
    server.finish();
}

#[test]
fn configuration_test() {
    for engine in [Engine::ModPython, Engine::Neither] {
        let (ok, said) = config_test(&Options {
            engine,
            extra: "<Directory \"@SITE@/shop\">\nPythonHandler mod_python.publisher\n</Directory>"
                .to_owned(),
            ..Options::default()
        });
        assert!(ok, "{engine:?}: {said}");
        assert!(said.contains("Syntax OK"), "{engine:?}: {said}");
    }
}

/// The directives are known to the module now, so httpd starts; the module says what is missing and
/// keeps the pages shut.
#[test]
fn mod_python_is_not_loaded() {
    let options = Options {
        engine: Engine::Neither,
        ..options("")
    };
    let mut server = Server::start(&options);
    let lines = server.expect_log("PG101: ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("[pyguard:crit]"), "{lines:?}");
    let first = server.site("shop").display().to_string();
    assert!(lines[0].contains(&first), "{lines:?} does not name {first}");
    assert!(lines[0].contains("httpd.conf:"), "{lines:?}");
    refuses(
        &mut server,
        &[
            // What is source by its name is refused for that.
            ("/shop/prices.py", ": denied "),
            ("/shop/index.py", ": denied "),
            ("/pages/hello.psp", ": denied "),
            ("/news/draft.html", "PG020: "),
            ("/news/newsroom.py", ": denied "),
            ("/alerts/alarm.py", ": denied "),
            ("/typed/quote.py", ": denied "),
            ("/members/area.py", ": denied "),
            ("/shop/", "PG016: "),
            ("/shop/prices.py~", "PG018: "),
        ],
    );
    server.allow_log("Cannot get media type");
    assert_eq!(server.get("/assets/site.css").status, 200);
    assert_eq!(server.get("/shop/shop.css").status, 200);
    server.graceful();
    assert_eq!(server.expect_log("PG101: ").len(), 1);
    server.finish();
}

/// `apachectl -t` says it too, and knows SetHandler as well as mod_python's own directives.
#[test]
fn the_test_of_the_configuration_misses_mod_python() {
    let said = |directive: &str| {
        let (ok, said) = config_test(&Options {
            engine: Engine::Neither,
            extra: format!("<Directory \"@SITE@/plain\">\n{directive}\n</Directory>"),
            ..Options::default()
        });
        assert!(ok, "{said}");
        said.matches("PG101: mod_python is not loaded").count()
    };
    assert_eq!(said("SetHandler mod_python"), 1);
    assert_eq!(said("AddHandler python-program .py"), 1);
    assert_eq!(said("PythonHandler mod_python.publisher"), 1);
    assert_eq!(said("SetHandler server-status"), 0);
}

/// A server that has nothing to do with Python gets the names, and no complaint.
#[test]
fn a_server_without_python() {
    let mut server = Server::start(&Options {
        engine: Engine::Neither,
        ..Options::default()
    });
    assert!(server.whole_log().contains("0 Python directories"));
    assert_eq!(server.get("/assets/site.css").status, 200);
    assert_eq!(server.get("/.env").status, 404);
    server.expect_log("PG015: ");
    server.finish();
}

/// httpd sorts hooks by the modules' names, and the module adds some when all are loaded.
#[test]
fn another_module_is_loaded_last() {
    let modules = std::process::Command::new(std::env::var("APXS").unwrap_or("apxs".to_owned()))
        .args(["-q", "LIBEXECDIR"])
        .output()
        .expect("apxs");
    let modules = String::from_utf8_lossy(&modules.stdout).trim().to_owned();
    for last in ["cache", "remoteip"] {
        let server = Server::start(&Options {
            extra: format!("LoadModule {last}_module \"{modules}/mod_{last}.so\""),
            ..options("")
        });
        assert_eq!(server.get("/assets/site.css").status, 200);
        server.finish();
    }
}
