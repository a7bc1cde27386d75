//! R23: mod_python's test page tells strangers about the server.

use crate::harness::{Options, Server};
use crate::hazard::{check, get};

const TEST: &[&str] = &["PG023"];

/// What the test page has for a heading.
const PAGE: &str = "General information";

const CONFIGURATION: &str = r#"
<Location "/test/location">
    SetHandler mod_python
    PythonHandler mod_python.testhandler
</Location>
<Directory "@SITE@/test/directory">
    AddHandler mod_python .mpy
    PythonHandler mod_python.testhandler
</Directory>
<Directory "@SITE@/test/named">
    SetHandler mod_python
    PythonHandler mod_python.testhandler::handler
</Directory>
<Directory "@SITE@/test/extension">
    AddHandler mod_python .info
    PythonHandler mod_python.testhandler | .info
</Directory>
<Directory "@SITE@/test/second">
    SetHandler mod_python
    PythonHandler program mod_python.testhandler
    PythonPath "sys.path + ['@SITE@/dynamic']"
</Directory>
"#;

fn options() -> Options {
    Options {
        extra: CONFIGURATION.to_owned(),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    for name in ["directory", "named", "extension", "htaccess", "second"] {
        server.write(&format!("test/{name}/here.txt"), b"");
    }
    server.write(
        "test/htaccess/.htaccess",
        b"SetHandler mod_python\nPythonHandler mod_python.testhandler\n",
    );
}

#[test]
fn not_for_strangers() {
    let rows = [
        get("/test/location", PAGE, TEST),
        get("/test/location/deeper", PAGE, TEST),
        get("/test/directory/x.mpy", PAGE, TEST),
        get("/test/named/", PAGE, TEST),
        get("/test/named/here.txt", PAGE, TEST),
        get("/test/extension/x.info", PAGE, TEST),
        get("/test/htaccess/x", PAGE, TEST),
        get("/test/second/x", PAGE, TEST),
    ];
    check(&options(), &rows, prepare);
}

#[test]
fn for_the_developer() {
    let mut options = options();
    options.extra += "\nPyGuardDebugFrom 127.0.0.0/8";
    let server = Server::start_with(&options, prepare);
    for target in [
        "/test/location",
        "/test/directory/x.mpy",
        "/test/htaccess/x",
    ] {
        let answer = server.get(target);
        assert!(answer.status == 200 && answer.contains(PAGE), "{target}");
        assert!(
            answer
                .header("Cache-Control")
                .is_some_and(|value| value.contains("no-store")),
            "{target} may be cached"
        );
    }
    server.finish();
}
