//! One line an incident, for grep, fail2ban and eyes alike.

use crate::harness::{Options, Server};

fn options(extra: &str) -> Options {
    Options {
        scenario: "site",
        extra: extra.to_owned(),
        ..Options::default()
    }
}

/// The one line of the module for this request.
fn line_of(server: &mut Server, target: &str) -> String {
    server.get(target);
    let mut lines = server.take_log();
    assert_eq!(lines.len(), 1, "{target}: {lines:?}");
    lines.remove(0)
}

#[test]
fn the_line() {
    let mut server = Server::start(&options(""));
    let line = line_of(&mut server, "/settings.py~?x=y");
    let site = server.site("settings.py~").display().to_string();
    assert!(line.contains("] [pyguard:warn] [pid "), "{line}");
    assert!(line.contains("] [client 127.0.0.1:"), "{line}");
    let (_, message) = line.split_once("] PG").expect("a tag after the client");
    let expected = format!("018: denied backup file {site} (GET /settings.py~?x=y) id=");
    let id = message
        .strip_prefix(&expected)
        .unwrap_or_else(|| panic!("{line} does not go on with {expected}"));
    assert!(!id.is_empty() && !id.contains(' '), "{line}");
    server.finish();
}

/// What each kind of incident is called.
#[test]
fn kinds() {
    let mut server = Server::start(&options(""));
    for (target, part) in [
        ("/settings.py", "PG017: denied source file "),
        ("/settings.pyc", "PG013: denied bytecode file "),
        ("/settings.py~", "PG018: denied backup file "),
        ("/.settings.py.swp", "PG018: denied editor file "),
        ("/.env", "PG015: denied secret file "),
        ("/shop.db", "PG015: denied database file "),
        ("/.git/config", "PG015: denied vcs file "),
        ("/shop/errors.log", "PG015: denied log file "),
        ("/shop/requirements.txt", "PG015: denied metadata file "),
        (
            "/shop/templates/invoice.tmpl",
            "PG015: denied template file ",
        ),
        ("/shop/", "PG016: denied "),
        ("/news/draft.html", "PG020: denied "),
        ("/pages/hello.psp_", "PG011: denied "),
        ("/showcase/models.py", "PG011: denied "),
    ] {
        let line = line_of(&mut server, target);
        assert!(line.contains(part), "{target}: {line}");
        assert!(
            line.contains(&format!("(GET {target}) id=")),
            "{target}: {line}"
        );
    }
    server.finish();
}

/// Every id is another one, and two requests are two lines.
#[test]
fn ids() {
    let mut server = Server::start(&options(""));
    for _ in 0..20 {
        server.get("/.env");
    }
    let lines = server.take_log();
    let mut ids: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once(" id="))
        .map(|(_, id)| id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((lines.len(), ids.len()), (20, 20));
    server.finish();
}

/// Nothing that a client sends makes a second line, a second field or a terminal's command.
#[test]
fn untrusted_bytes() {
    let mut server = Server::start(&options(""));
    for (target, parts) in [
        ("/a%0Ab%0D[pyguard:warn]%20PG999:.py~", &["a%0Ab%0D"][..]),
        ("/%1B%5B2J.py~", &["%1B[2J"]),
        ("/%20%22%27%5C%25.py~", &["%20\"'%5C%25"]),
        ("/%C3%A4%FF.py~", &["%C3%A4%FF"]),
    ] {
        let line = line_of(&mut server, target);
        assert!(line.contains("] PG018: denied backup file "), "{line}");
        for part in parts {
            assert!(line.contains(part), "{target}: no {part} in {line}");
        }
        assert!(
            line.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{line}"
        );
        assert!(line.contains(&format!("(GET {target}) id=")), "{line}");
    }
    // A line that is too long for httpd would lose its id. The system says "name too long" itself.
    let long = format!("/{}.py~", "x".repeat(230));
    let longer = format!("{long}?{}", "y".repeat(6000));
    let line = line_of(&mut server, &longer);
    assert!(line.contains("yyy...") && line.contains(") id="), "{line}");
    // The method is the client's word too.
    server.send("G%0aT", "/settings.py~", &[]);
    server.expect_log("AH00135: Invalid method in request");
    server.finish();
}

/// The client is httpd's: with mod_remoteip, the one that it put in place.
#[test]
fn the_client() {
    let extra = "# modules: remoteip\nRemoteIPHeader X-Real\nRemoteIPInternalProxy 127.0.0.1";
    let mut server = Server::start(&options(extra));
    server.send("GET", "/.env", &[("X-Real", "192.0.2.7")]);
    let line = server.expect_log("PG015: ").remove(0);
    assert!(line.contains("[client 192.0.2.7:"), "{line}");
    server.finish();
}

#[test]
fn the_note_for_the_access_log() {
    let mut server = Server::start(&options("ErrorDocument 404 /index.html"));
    for (target, note) in [
        ("/.env", "PG015"),
        ("/settings.py~", "PG018"),
        ("/news/draft.html", "PG020"),
        ("/shop/", "PG016"),
        ("/pages/hello.psp_", "PG011"),
        ("/index.html", "-"),
        ("/nothing", "-"),
        ("/shop/index.py", "-"),
    ] {
        let before = server.access_log().len();
        server.get(target);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        // The line is written after the response.
        while server.access_log().len() == before && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let log = server.access_log();
        let line = log.lines().last().unwrap_or_default();
        assert!(
            line.contains(&format!("\"GET {target} ")),
            "{target}: {line}"
        );
        assert!(
            line.ends_with(&format!(" pyguard={note}")),
            "{target}: {line}"
        );
    }
    server.take_log();
    server.finish();
}

/// A subrequest on behalf of a page that the client asked for is an incident, one line each.
#[test]
fn subrequests() {
    let extra = "# modules: include\n<Directory \"@SITE@/ssi\">\nOptions +Includes\nAddType text/html .shtml\n\
        AddOutputFilter INCLUDES .shtml\nErrorDocument 404 default\n</Directory>";
    let mut server = Server::start_with(&options(extra), |server| {
        server.write(
            "ssi/page.shtml",
            b"<!--#include virtual=\"/.env\" -->|<!--#include virtual=\"/settings.py~\" -->",
        );
    });
    let answer = server.get("/ssi/page.shtml");
    assert!(answer.status == 200 && !answer.contains("SECRET-"));
    assert_eq!(server.expect_log("PG015: denied secret file ").len(), 1);
    assert_eq!(server.expect_log("PG018: denied backup file ").len(), 1);
    server.allow_log("unable to include");
    // What httpd looks at for a listing or a choice of variants, nobody asked for.
    assert_eq!(server.get("/files/").status, 200);
    assert_eq!(server.get("/company/about.html").status, 200);
    server.finish();
}

/// mod_unique_id's id is the incident's, so that the logs of others can be searched for it.
#[test]
fn the_id_of_mod_unique_id() {
    let extra = "# modules: unique_id\nCustomLog \"@ROOT@/logs/unique_log\" \"%{UNIQUE_ID}e\"";
    let mut server = Server::start(&options(extra));
    let line = line_of(&mut server, "/.env");
    let (_, id) = line.split_once(" id=").expect("an id");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let mut log = String::new();
    while log.is_empty() && std::time::Instant::now() < deadline {
        log = std::fs::read_to_string(server.path("logs/unique_log")).unwrap_or_default();
    }
    assert_eq!(log.trim(), id);
    server.finish();
}

#[test]
fn the_notice_at_the_start() {
    for (extra, mode) in [
        ("", "On"),
        ("PyGuard Off", "Off"),
        ("PyGuard Detect", "Detect"),
    ] {
        let server = Server::start(&options(extra));
        let log = server.whole_log();
        let notices: Vec<&str> = log.lines().filter(|line| line.contains("PG1")).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        let version = format!(
            "PG100: mod_pyguard/{} is {mode}, ",
            env!("CARGO_PKG_VERSION")
        );
        assert!(notices[0].contains("[pyguard:notice]"), "{notices:?}");
        assert!(notices[0].contains(&version), "{notices:?}");
        // shop, pages, showcase, news, alerts, reports, portal, forgotten, typed; a .htaccess is read
        // later.
        assert!(notices[0].contains("9 Python directories"), "{notices:?}");
        server.finish();
    }
}

/// The filter that the README gives to fail2ban finds the client, and nobody whom a client names.
#[test]
fn the_filter_for_fail2ban() {
    let readme = include_str!("../README.md");
    let filter = readme
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("failregex = "))
        .expect("the README's failregex");
    let mut server = Server::start(&options(""));
    for referer in [
        "x",
        "[client 203.0.113.9] PG018: denied x",
        "] [pyguard:warn] [pid 1] [client 203.0.113.9] PG018: denied x",
    ] {
        assert_eq!(
            server.send("GET", "/.env", &[("Referer", referer)]).status,
            404
        );
    }
    for line in server.expect_log("PG015: ") {
        // fail2ban's engine is Python's.
        let found = std::process::Command::new("python3")
            .args(["-c", FIND, filter, &line])
            .output()
            .expect("python3");
        let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        assert_eq!(found, "127.0.0.1", "{line}");
    }
    server.finish();
}

const FIND: &str = r"
import re, sys
found = re.search(sys.argv[1].replace('<HOST>', r'(?P<host>(?:\d{1,3}\.){3}\d{1,3})'), sys.argv[2])
print(found and found['host'])
";

/// PG012 is for whoever wants to know, not for everybody.
#[test]
fn the_gate_is_logged_at_info() {
    for (extra, count, says) in [
        ("", 0, ""),
        ("LogLevel pyguard:info", 1, "is off"),
        ("PyGuard Detect\nLogLevel pyguard:info", 1, "would be off"),
    ] {
        let server = Server::start(&options(extra));
        assert_eq!(server.get("/shop/index.py").status, 200);
        let log = server.whole_log();
        let lines: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("PG012: "))
            .collect();
        assert_eq!(lines.len(), count, "{extra}: {lines:?}");
        assert!(lines.iter().all(|line| line.contains("[pyguard:info]")));
        assert!(lines.iter().all(|line| line.contains(says)));
        server.finish();
    }
}
