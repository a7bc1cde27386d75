//! The audit on a real httpd: for each of its checks a configuration that has it and one that has
//! not, the formats, the bounds, what is accepted, and what a start makes of findings.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::OnceLock;

use mod_pyguard::policy::audit::Severity;
use mod_pyguard::policy::audit::check::{CHECKS, Check};
use serde_json::Value;

use crate::harness::{Engine, Options, Server, Tested, is_root, test_with};
use crate::hazard::{brief, report};

const TEXT: &[&str] = &["-D", "DUMP_PYGUARD"];
const JSON: &[&str] = &["-D", "DUMP_PYGUARD_JSON"];
const SARIF: &[&str] = &["-D", "DUMP_PYGUARD_SARIF"];

/// What no report may contain. Files, options and variables that are nobody's business have it.
const SECRET: &str = "SECRET-";

/// Where a finding must be. `@ROOT@` and `@SITE@` are filled in.
#[derive(Clone, Copy, Debug)]
enum At {
    /// The last line of httpd.conf that says this.
    Said(&'static str),
    /// A line of another file.
    Line(&'static str, u64),
    Path(&'static str),
    Socket(&'static str),
}
use At::{Line, Path, Said, Socket};

/// A check, a site that has it, and the nearest that has not.
#[derive(Clone, Copy)]
struct Row {
    check: &'static str,
    severity: &'static str,
    at: At,
    engine: Engine,
    /// The files of both, below the document root.
    files: &'static [(&'static str, &'static str)],
    bad: Site,
    good: Site,
}

/// What is different.
#[derive(Clone, Copy)]
struct Site {
    configuration: &'static str,
    /// Files, as above.
    files: &'static [(&'static str, &'static str)],
    /// Modes of files and directories, below the server root.
    modes: &'static [(&'static str, u32)],
    /// What belongs to httpd, below the document root.
    given: &'static [&'static str],
    /// An address that something else listens on, on this machine's network as httpd sees it.
    socket: Option<&'static str>,
    listen: Option<&'static str>,
    engine: Option<Engine>,
}

const PLAIN: Site = Site {
    configuration: "",
    files: &[],
    modes: &[],
    given: &[],
    socket: None,
    listen: None,
    engine: None,
};

const fn row(
    check: &'static str,
    severity: &'static str,
    at: At,
    bad: &'static str,
    good: &'static str,
) -> Row {
    Row {
        check,
        severity,
        at,
        engine: Engine::ModPython,
        files: &[],
        bad: Site {
            configuration: bad,
            ..PLAIN
        },
        good: Site {
            configuration: good,
            ..PLAIN
        },
    }
}

/// The same configuration, and a file of the one that the other has not.
const fn file(
    check: &'static str,
    severity: &'static str,
    at: At,
    bad: &'static [(&'static str, &'static str)],
    good: &'static [(&'static str, &'static str)],
) -> Row {
    Row {
        bad: Site {
            files: bad,
            ..PLAIN
        },
        good: Site {
            files: good,
            ..PLAIN
        },
        ..row(check, severity, at, "", "")
    }
}

const MODULE: &str = "PASSWORD = 'SECRET-module'\n\n\ndef handler(req):\n    return 0\n";

/// Public, imported, and one of its own that nobody is meant to see.
const PAGE: &str = "from subprocess import getoutput\n\nKEY = 'SECRET-page'\n\n\n\
                    def index(req):\n    return 'SECRET-text'\n\n\ndef _own(req):\n    return ''\n";

const HIDDEN_PAGE: &str = "_KEY = 'SECRET-page'\n\n\ndef _index(req):\n    return 'SECRET-text'\n";

/// The area of a handler whose module lies outside of the document root.
const NEWS: &str = r#"
<Directory "@SITE@/news">
    SetHandler mod_python
    PythonHandler newsroom
    PythonPath "['@ROOT@/outside/app'] + sys.path"
</Directory>
"#;

const NEWSROOM: &[(&str, &str)] = &[
    ("news/index.html", ""),
    ("../outside/app/newsroom.py", MODULE),
];

const PUBLISHER: &str = r#"
<Directory "@SITE@/shop">
    AddHandler mod_python .py
    PythonHandler mod_python.publisher
    PythonInterpreter shop
</Directory>
"#;

/// Two areas; their interpreters are for the rows to say.
const BRANCHES: &str = r#"
<Directory "@SITE@/north">
    SetHandler mod_python
    PythonHandler hours
</Directory>
<Directory "@SITE@/south">
    SetHandler mod_python
    PythonHandler hours::handler
</Directory>
"#;

const APART: &str = r#"
PyGuardInterpreter Isolate
<Directory "@SITE@/north">
    SetHandler mod_python
    PythonHandler hours
</Directory>
<Directory "@SITE@/south">
    SetHandler mod_python
    PythonHandler hours::handler
</Directory>
"#;

const HOURS: &[(&str, &str)] = &[("north/hours.py", MODULE), ("south/hours.py", MODULE)];

/// publisher takes the first constant of the function for the guard: here 100, which lets all in.
const NESTED: &str = "def today(req):\n    limit = 100\n\n    def __access__(req):\n        return False\n\n    \
                      return 'SECRET-takings'\n";

const GUARDED: &str = "def today(req):\n    def __access__(req):\n        return False\n\n    \
                       return 'SECRET-takings'\n";

fn rows() -> Vec<Row> {
    vec![
        // R01
        Row {
            good: Site {
                configuration: PUBLISHER,
                files: &[("shop/tool.py", PAGE)],
                ..PLAIN
            },
            ..file(
                "source-in-reach",
                "low",
                Path("@SITE@/shop/tool.py"),
                &[("shop/tool.py", PAGE)],
                &[],
            )
        },
        Row {
            files: &[("news/newsroom.py", MODULE)],
            good: Site {
                configuration: NEWS,
                files: &[
                    ("news/newsroom.py", ""),
                    ("../outside/app/newsroom.py", MODULE),
                ],
                ..PLAIN
            },
            ..row(
                "module-in-reach",
                "medium",
                Path("@SITE@/news/newsroom.py"),
                "<Directory \"@SITE@/news\">\nSetHandler mod_python\nPythonHandler newsroom\n</Directory>",
                "",
            )
        },
        Row {
            files: &[
                (
                    "../outside/site-packages/shopkit/__init__.py",
                    "KEY = 'SECRET-package'\n",
                ),
                (
                    "../outside/site-packages/shopkit/models.py",
                    "KEY = 'SECRET-package'\n",
                ),
                (
                    "../outside/site-packages/shopkit/static/shopkit/site.css",
                    "p {}\n",
                ),
            ],
            ..row(
                "package-alias",
                "medium",
                Said("Alias \"/kit\" \"@ROOT@/outside/site-packages/shopkit\""),
                "Alias \"/kit\" \"@ROOT@/outside/site-packages/shopkit\"\n\
                 <Directory \"@ROOT@/outside\">\nRequire all granted\n</Directory>",
                "Alias \"/kit\" \"@ROOT@/outside/site-packages/shopkit/static/shopkit\"\n\
                 <Directory \"@ROOT@/outside\">\nRequire all granted\n</Directory>",
            )
        },
        Row {
            engine: Engine::ModWsgi,
            files: &[
                ("app/site.wsgi", "KEY = 'SECRET-wsgi'\n"),
                ("../outside/app/site.wsgi", "KEY = 'SECRET-wsgi'\n"),
            ],
            ..row(
                "wsgi-target-in-reach",
                "medium",
                Said("WSGIScriptAlias \"/orders\" \"@SITE@/app/site.wsgi\""),
                "WSGIScriptAlias \"/orders\" \"@SITE@/app/site.wsgi\"",
                "WSGIScriptAlias \"/orders\" \"@ROOT@/outside/app/site.wsgi\"",
            )
        },
        // R02
        row("runs-as-root", "high", Said("Group root"), "Group root", ""),
        Row {
            files: NEWSROOM,
            bad: Site {
                configuration: NEWS,
                modes: &[("outside/app", 0o777)],
                ..PLAIN
            },
            ..row(
                "world-writable",
                "high",
                Path("@ROOT@/outside/app"),
                "",
                NEWS,
            )
        },
        Row {
            files: NEWSROOM,
            bad: Site {
                configuration: NEWS,
                modes: &[("outside/app/newsroom.py", 0o666)],
                ..PLAIN
            },
            ..row(
                "world-writable",
                "high",
                Path("@ROOT@/outside/app/newsroom.py"),
                "",
                NEWS,
            )
        },
        Row {
            files: NEWSROOM,
            bad: Site {
                configuration: NEWS,
                given: &["../outside/app"],
                ..PLAIN
            },
            good: Site {
                configuration: NEWS,
                given: &["../outside/app"],
                modes: &[("outside/app", 0o555), ("outside/app/newsroom.py", 0o444)],
                ..PLAIN
            },
            ..row(
                "writable-by-httpd",
                "medium",
                Path("@ROOT@/outside/app"),
                "",
                "",
            )
        },
        Row {
            files: &[
                ("../outside/app/newsroom.py", MODULE),
                ("../outside/app/secrets.ini", "password = SECRET-ini\n"),
            ],
            good: Site {
                configuration: NEWS,
                modes: &[("outside/app/secrets.ini", 0o640)],
                ..PLAIN
            },
            ..row(
                "readable-secret",
                "medium",
                Path("@ROOT@/outside/app/secrets.ini"),
                NEWS,
                "",
            )
        },
        Row {
            files: HOURS,
            ..row(
                "hosts-share-user",
                "info",
                Said("<VirtualHost *:8082>"),
                "<VirtualHost *:8081>\nServerName one.example\n<Location \"/a\">\nSetHandler mod_python\n\
                 PythonHandler hours\n</Location>\n</VirtualHost>\n\
                 <VirtualHost *:8082>\nServerName two.example\n<Location \"/b\">\nSetHandler mod_python\n\
                 PythonHandler prices\n</Location>\n</VirtualHost>",
                "<VirtualHost *:8081>\nServerName one.example\n<Location \"/a\">\nSetHandler mod_python\n\
                 PythonHandler hours\n</Location>\n</VirtualHost>\n\
                 <VirtualHost *:8082>\nServerName two.example\n</VirtualHost>",
            )
        },
        // R04
        row(
            "server-tokens",
            "low",
            Said("ServerTokens Full"),
            "ServerTokens Full",
            "ServerTokens Prod",
        ),
        row(
            "server-tokens",
            "low",
            Said("ServerTokens OS"),
            "ServerTokens OS",
            "ServerTokens ProductOnly",
        ),
        // R05
        Row {
            bad: Site {
                configuration: PUBLISHER,
                files: &[("shop/index.py", PAGE)],
                ..PLAIN
            },
            good: Site {
                configuration: PUBLISHER,
                files: &[("shop/index.py", HIDDEN_PAGE)],
                ..PLAIN
            },
            ..row(
                "published-names",
                "info",
                Path("@SITE@/shop/index.py"),
                "",
                "",
            )
        },
        // R06
        Row {
            bad: Site {
                socket: Some("0.0.0.0:5432"),
                ..PLAIN
            },
            good: Site {
                socket: Some("127.0.0.1:5432"),
                ..PLAIN
            },
            ..row("open-database", "medium", Socket("0.0.0.0:5432"), "", "")
        },
        // R08
        Row {
            files: HOURS,
            ..row(
                "duplicate-module",
                "medium",
                Path("@SITE@/south/hours.py"),
                BRANCHES,
                APART,
            )
        },
        Row {
            files: NEWSROOM,
            bad: Site {
                configuration: NEWS,
                files: &[("../outside/app/json.py", MODULE)],
                ..PLAIN
            },
            good: Site {
                configuration: NEWS,
                files: &[("../outside/app/json_of_news.py", MODULE)],
                ..PLAIN
            },
            ..row(
                "shadows-library",
                "medium",
                Path("@ROOT@/outside/app/json.py"),
                "",
                "",
            )
        },
        row(
            "dead-importer",
            "low",
            Said("PythonOption mod_python.legacy.importer SECRET-option"),
            "PythonOption mod_python.legacy.importer SECRET-option",
            "PythonOption mod_python.mutex_locks SECRET-option",
        ),
        // R10
        Row {
            files: HOURS,
            ..row(
                "shared-interpreter",
                "low",
                Said("PythonHandler hours"),
                BRANCHES,
                APART,
            )
        },
        // R11
        row(
            "psp-source-mapping",
            "low",
            Said("AddHandler mod_python .psp .psp_"),
            "<Directory \"@SITE@/pages\">\nAddHandler mod_python .psp .psp_\nPythonHandler mod_python.psp\n</Directory>",
            "<Directory \"@SITE@/pages\">\nAddHandler mod_python .psp\nPythonHandler mod_python.psp\n</Directory>",
        ),
        // R12
        row(
            "debug-without-client",
            "low",
            Said("PythonDebug On"),
            "PythonDebug On",
            "PythonDebug On\nPyGuardDebugFrom 192.0.2.7",
        ),
        // In a file of its own, and where it is not in force.
        Row {
            files: &[("../conf/debug.conf", "# For us.\nPythonDebug On\n")],
            ..row(
                "debug-without-client",
                "low",
                Line("@ROOT@/conf/debug.conf", 2),
                "<IfModule mod_alias.c>\nInclude \"@ROOT@/conf/debug.conf\"\n</IfModule>",
                "<IfModule !mod_alias.c>\nInclude \"@ROOT@/conf/debug.conf\"\n</IfModule>",
            )
        },
        row(
            "debug-without-client",
            "low",
            Said("PythonDebug on"),
            "<VirtualHost *:@PORT@>\nPythonDebug on\n</VirtualHost>\nPythonDebug Off",
            "<VirtualHost *:@PORT@>\nPythonDebug on\nPyGuardDebugFrom 192.0.2.7\n</VirtualHost>",
        ),
        row(
            "remoteip-believes-all",
            "medium",
            Said("RemoteIPHeader X-Forwarded-For"),
            "# modules: remoteip\nRemoteIPHeader X-Forwarded-For\nPyGuardDebugFrom 192.0.2.7",
            "# modules: remoteip\nRemoteIPHeader X-Forwarded-For",
        ),
        row(
            "remoteip-believes-all",
            "high",
            Said("RemoteIPHeader X-Forwarded-For"),
            "# modules: remoteip\nRemoteIPHeader X-Forwarded-For\n\
             PyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 192.0.2.1",
            "# modules: remoteip\nRemoteIPHeader X-Forwarded-For\nRemoteIPTrustedProxy 192.0.2.1\n\
             PyGuardDebugFrom 192.0.2.7\nPyGuardDebugProxy 192.0.2.1",
        ),
        row(
            "everybody-trusted",
            "high",
            Said("PyGuardDebugFrom 0.0.0.0/1 128.0.0.0/1"),
            "PyGuardDebugFrom 0.0.0.0/1 128.0.0.0/1",
            "PyGuardDebugFrom 192.0.2.7 2001:db8::/32",
        ),
        Row {
            good: Site {
                configuration: "PyGuardDebugFrom 127.0.0.1",
                listen: Some("Listen 127.0.0.1:@PORT@\nListen 192.0.2.1:80"),
                ..PLAIN
            },
            ..row(
                "loopback-trusted",
                "low",
                Said("PyGuardDebugFrom 127.0.0.1"),
                "PyGuardDebugFrom 127.0.0.1",
                "",
            )
        },
        // R13, R14
        file(
            "bytecode-in-reach",
            "low",
            Path("@SITE@/shop/tool.pyc"),
            &[("shop/tool.pyc", "SECRET-bytecode")],
            &[("../outside/tool.pyc", "SECRET-bytecode")],
        ),
        Row {
            files: &[("news/newsroom.py", MODULE)],
            bad: Site {
                configuration: "PyGuardBytecode On\n<Directory \"@SITE@/news\">\nSetHandler mod_python\nPythonHandler newsroom\n</Directory>",
                given: &["news"],
                ..PLAIN
            },
            good: Site {
                configuration: "PyGuardBytecode Off\n<Directory \"@SITE@/news\">\nSetHandler mod_python\nPythonHandler newsroom\n</Directory>",
                given: &["news"],
                ..PLAIN
            },
            ..row("bytecode-writable", "low", Path("@SITE@/news"), "", "")
        },
        file(
            "optimized-bytecode-in-reach",
            "low",
            Path("@SITE@/shop/tool.pyo"),
            &[("shop/tool.pyo", "SECRET-bytecode")],
            &[("../outside/tool.pyo", "SECRET-bytecode")],
        ),
        // R15
        row(
            "opened-secret",
            "high",
            Said("PyGuardExempt settings.py *.whl"),
            "PythonHandler newsroom\nPyGuardExempt settings.py *.whl",
            "PythonHandler newsroom\nPyGuardExempt *.whl",
        ),
        row(
            "opened-secret",
            "high",
            Said("PyGuardDeny -secret"),
            "PyGuardDeny -secret",
            "PyGuardDeny -metadata",
        ),
        file(
            "secret-in-reach",
            "low",
            Path("@SITE@/.env"),
            &[(".env", "PASSWORD=SECRET-env\n")],
            &[("../outside/.env", "PASSWORD=SECRET-env\n")],
        ),
        // R16
        Row {
            files: NEWSROOM,
            ..row(
                "indexes",
                "low",
                Said("Options +Indexes"),
                "<Directory \"@SITE@/shop\">\nOptions +Indexes\nAddHandler mod_python .py\nPythonHandler mod_python.publisher\n</Directory>",
                "<Directory \"@SITE@/shop\">\nOptions -Indexes\nAddHandler mod_python .py\nPythonHandler mod_python.publisher\n</Directory>\n\
                 <Directory \"@SITE@/files\">\nOptions +Indexes\n</Directory>",
            )
        },
        // R18
        file(
            "backup-in-reach",
            "low",
            Path("@SITE@/index.html~"),
            &[("index.html~", "SECRET-backup")],
            &[("../outside/index.html~", "SECRET-backup")],
        ),
        // R20
        Row {
            engine: Engine::Neither,
            good: Site {
                engine: Some(Engine::ModPython),
                ..NEWS_WITHOUT_PATH
            },
            ..row(
                "module-not-loaded",
                "high",
                Said("SetHandler mod_python"),
                NEWS_WITHOUT_PATH.configuration,
                "",
            )
        },
        row(
            "conditional-handler",
            "low",
            Said("<IfModule python_module>"),
            "<Directory \"@SITE@/shop\">\n<IfModule python_module>\nAddHandler mod_python .py\nPythonHandler mod_python.publisher\n</IfModule>\n</Directory>",
            PUBLISHER,
        ),
        row(
            "handler-forgotten",
            "medium",
            Said("SetHandler mod_python"),
            "<Directory \"@SITE@/shop\">\nAllowOverride None\nSetHandler mod_python\n</Directory>",
            "PythonHandler mod_python.publisher\n<Directory \"@SITE@/shop\">\nAllowOverride None\nSetHandler mod_python\n</Directory>",
        ),
        // R21
        row(
            "htaccess-python",
            "medium",
            Said("AllowOverride FileInfo"),
            "<Directory \"@SITE@\">\nAllowOverride FileInfo\n</Directory>",
            "<Directory \"@SITE@\">\nAllowOverride None\n</Directory>",
        ),
        // R22
        Row {
            files: NEWSROOM,
            ..row(
                "location-handler",
                "low",
                Said("PythonHandler newsroom::latest"),
                "<Directory \"@SITE@/news\">\nRequire ip 192.0.2.0/24\n</Directory>\n\
                 <Location \"/news\">\nSetHandler mod_python\nPythonHandler newsroom::latest\n</Location>",
                "<Directory \"@SITE@/news\">\nRequire ip 192.0.2.0/24\n\
                 SetHandler mod_python\nPythonHandler newsroom::latest\n</Directory>",
            )
        },
        // R23
        row(
            "testhandler",
            "medium",
            Said("PythonHandler mod_python.testhandler"),
            "<Directory \"@SITE@/status\">\nSetHandler mod_python\nPythonHandler mod_python.testhandler\n</Directory>",
            PUBLISHER,
        ),
        row(
            "pdb",
            "low",
            Said("PythonEnablePdb On"),
            "PythonEnablePdb On",
            "PythonEnablePdb Off",
        ),
        // R24
        Row {
            bad: Site {
                configuration: PUBLISHER,
                files: &[("shop/till.py", NESTED)],
                ..PLAIN
            },
            good: Site {
                configuration: PUBLISHER,
                files: &[("shop/till.py", GUARDED)],
                ..PLAIN
            },
            ..row(
                "nested-access",
                "high",
                Line("@SITE@/shop/till.py", 4),
                "",
                "",
            )
        },
        Row {
            bad: Site {
                files: &[(
                    "letters/page.shtml",
                    "<p>SECRET-page</p>\n<!--#python exec=\"SECRET\" -->\n",
                )],
                ..INCLUDES
            },
            good: Site {
                files: &[(
                    "letters/page.shtml",
                    "<p>SECRET-page</p>\n<!--#include virtual=\"/index.html\" -->\n",
                )],
                ..INCLUDES
            },
            ..row(
                "ssi-python",
                "medium",
                Line("@SITE@/letters/page.shtml", 2),
                "",
                "",
            )
        },
    ]
}

const NEWS_WITHOUT_PATH: Site = Site {
    configuration: "<Directory \"@SITE@/news\">\nSetHandler mod_python\nPythonHandler newsroom\n</Directory>",
    ..PLAIN
};

const INCLUDES: Site = Site {
    configuration: "# modules: include\n<Directory \"@SITE@/letters\">\nOptions +Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>",
    ..PLAIN
};

/// Leaves one public page of the site, as nobody would complain about.
fn empty(server: &Server) {
    fs::remove_dir_all(server.site("")).expect("the site");
    server.write("index.html", b"<h1>Good day</h1>\n");
    for name in ["shop", "pages", "status", "files", "letters"] {
        server.write(&format!("{name}/index.html"), b"");
    }
}

/// Something that listens where no address is another machine's, and runs httpd there.
const LISTENER: &str = "
import fcntl, socket, struct, subprocess, sys
host, port = sys.argv[1].rsplit(':', 1)
listener = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
if sys.argv[2] == 'apart':
    # The loopback device is down at first.
    fcntl.ioctl(listener, 0x8914, struct.pack('16sh14x', b'lo', 0x1))
# Whatever the address says, nothing comes in by another device.
listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo')
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((host, int(port)))
listener.listen()
sys.exit(subprocess.call(sys.argv[3:]))
";

/// The command that runs httpd where this address is listened on: in a network of its own, if this
/// machine lets us have one.
fn network(address: &str) -> Vec<&str> {
    static HAS_NETWORKS: OnceLock<bool> = OnceLock::new();
    let apart = if is_root() { "-n" } else { "-rn" };
    let has_networks = HAS_NETWORKS.get_or_init(|| {
        let tried = Command::new("unshare").args([apart, "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    });
    let listener = ["/usr/bin/python3", "-c", LISTENER, address];
    match has_networks {
        true => [&["unshare", apart], &listener[..], &["apart"]].concat(),
        false => [&listener[..], &["here"]].concat(),
    }
}

fn run(row: &Row, site: &Site, arguments: &[&str]) -> Tested {
    let options = Options {
        engine: site.engine.unwrap_or(row.engine),
        extra: format!("{PLANTED}{}", site.configuration),
        listen: site.listen,
        ..Options::default()
    };
    let through = match site.socket {
        Some(address) => network(address),
        // The group has no meaning for who is not root.
        None if row.check == "runs-as-root" && !is_root() => vec!["unshare", "-r"],
        None => Vec::new(),
    };
    test_with(&options, arguments, &through, |server| {
        empty(server);
        for (path, content) in row.files.iter().chain(site.files) {
            server.write(path, content.as_bytes());
        }
        for path in site.given {
            server.give_to_httpd(path);
        }
        for (path, mode) in site.modes {
            server.chmod(path, *mode);
        }
    })
}

/// Values that no report has to repeat.
const PLANTED: &str = "SetEnv PASSWORD SECRET-variable\n\
    <IfModule mod_python.c>\nPythonOption password SECRET-option\n</IfModule>\n";

/// The report of a run; the error is what is wrong with it.
fn parsed(tested: &Tested) -> Result<Value, String> {
    if tested.stdout.contains(SECRET) {
        return Err(format!("a secret is in the report: {}", tested.stdout));
    }
    if !tested.ok || !tested.stderr.contains("Syntax OK") {
        return Err(format!("{}{}{}", tested.stderr, tested.log, tested.stdout));
    }
    serde_json::from_str(&tested.stdout).map_err(|e| format!("{e}: {}", tested.stdout))
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name} in {report}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn of<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    let all = list(report, "findings").iter();
    all.filter(|finding| text(finding, "check") == check)
        .collect()
}

/// Whether the finding is there.
fn is_at(finding: &Value, at: At, tested: &Tested) -> bool {
    let fill = |text: &str| {
        let text = text.replace("@SITE@", "@ROOT@/htdocs");
        text.replace("@ROOT@", &tested.root)
    };
    let place = &finding["place"];
    let is_line = |file: &str, line: u64| {
        text(place, "kind") == "line" && text(place, "file") == file && place["line"] == line
    };
    match at {
        Said(said) => {
            let wanted = fill(said);
            let lines: Vec<&str> = tested.configuration.lines().map(str::trim).collect();
            let number = lines.iter().rposition(|line| *line == wanted);
            let number = number.unwrap_or_else(|| panic!("{wanted} is not in {lines:?}"));
            is_line(&fill("@ROOT@/conf/httpd.conf"), number as u64 + 1)
        }
        Line(file, line) => is_line(&fill(file), line),
        Path(path) => text(place, "kind") == "path" && text(place, "path") == fill(path),
        Socket(address) => text(place, "kind") == "socket" && text(place, "address") == address,
    }
}

/// What every finding must have.
fn flaws(finding: &Value) -> Vec<String> {
    let mut flaws = Vec::new();
    let Some(check) = Check::from_name(text(finding, "check").as_bytes()) else {
        return vec![format!("of no check: {finding}")];
    };
    let number = check.rule.number();
    let severity = text(finding, "severity");
    let mut severities = Severity::ALL.iter();
    let severity = severities.find(|one| one.name() == severity);
    if text(finding, "rule") != format!("R{number:02}")
        || text(finding, "tag") != format!("PG{number:03}")
        || severity.is_none_or(|severity| *severity < check.severity.0)
        || text(finding, "title") != check.title
    {
        flaws.push(format!("not as its check says: {finding}"));
    }
    for name in ["what", "risk", "fix"] {
        let said = text(finding, name);
        if said.is_empty() || said.contains("  ") || !said.ends_with('.') {
            flaws.push(format!("{name} is no sentence: {finding}"));
        }
    }
    if !finding["lines"].is_array() {
        flaws.push(format!("no lines: {finding}"));
    }
    flaws
}

#[test]
fn each_check_finds_what_it_is_for_and_nothing_else() {
    let mut failures = Vec::new();
    for row in rows() {
        let mut fail = |what: String| failures.push(format!("{}: {what}", row.check));
        let bad = run(&row, &row.bad, JSON);
        match parsed(&bad) {
            Err(what) => fail(what),
            Ok(report) => {
                let found = of(&report, row.check);
                let fits = |finding: &&Value| {
                    text(finding, "severity") == row.severity && is_at(finding, row.at, &bad)
                };
                if !found.iter().any(fits) {
                    let all: Vec<&str> = list(&report, "findings")
                        .iter()
                        .map(|finding| text(finding, "check"))
                        .collect();
                    fail(format!(
                        "not {} at {:?}: {found:?} of {all:?}",
                        row.severity, row.at
                    ));
                }
                for finding in list(&report, "findings") {
                    flaws(finding).into_iter().for_each(&mut fail);
                }
            }
        }
        match parsed(&run(&row, &row.good, JSON)) {
            Err(what) => fail(what),
            Ok(report) => {
                let found = of(&report, row.check);
                if !found.is_empty() {
                    fail(format!("found where it is not: {found:?}"));
                }
            }
        }
    }
    report(&failures);
}

#[test]
fn each_check_has_a_row() {
    let rows = rows();
    let named: BTreeSet<&str> = rows.iter().map(|row| row.check).collect();
    let known: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(named, known);
}

/// What only the module keeps back is worse where it does not.
#[test]
fn findings_are_worse_where_the_module_is_off() {
    let files = &[
        ("shop/tool.py", PAGE),
        ("shop/tool.pyc", "SECRET-bytecode"),
        ("shop/tool.pyo", "SECRET-bytecode"),
        (".env", "PASSWORD=SECRET-env\n"),
        ("index.html~", "SECRET-backup"),
    ];
    let checks = [
        "source-in-reach",
        "bytecode-in-reach",
        "optimized-bytecode-in-reach",
        "secret-in-reach",
        "backup-in-reach",
    ];
    for (configuration, severity) in [
        ("", "low"),
        ("PyGuard Off", "high"),
        ("PyGuard Detect", "high"),
        ("PyGuardDeny None", "high"),
        (
            "PyGuard Off\n<Directory \"@SITE@\">\nPyGuard On\n</Directory>",
            "low",
        ),
    ] {
        let site = Site {
            files,
            configuration,
            ..PLAIN
        };
        let tested = run(&row("", "", Path(""), "", ""), &site, JSON);
        let report = parsed(&tested).unwrap();
        for check in checks {
            let found = of(&report, check);
            assert_eq!(found.len(), 1, "{configuration:?}: {check}: {found:?}");
            assert_eq!(
                text(found[0], "severity"),
                severity,
                "{configuration:?}: {check}"
            );
        }
    }
}

/// The naive site is what the module was made for: whatever is said of it, nothing secret is.
#[test]
fn no_secret_of_the_naive_site_is_told() {
    for arguments in [TEXT, JSON, SARIF] {
        let options = Options {
            scenario: "site",
            extra: PLANTED.to_owned(),
            ..Options::default()
        };
        let tested = test_with(&options, arguments, &[], |_| {});
        assert!(tested.ok, "{}", tested.stderr);
        assert!(tested.stdout.contains("secret-in-reach"));
        assert!(!tested.stdout.contains(SECRET), "{}", tested.stdout);
    }
}

/// Most servers of the world: nothing in Python, and .htaccess files.
#[test]
fn a_server_without_python_hears_nothing() {
    let options = Options {
        engine: Engine::Neither,
        extra: "Options +Indexes\n<Directory \"@SITE@/cgi\">\nOptions +ExecCGI\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    let through = network("127.0.0.1:5432");
    let tested = test_with(&options, JSON, &through, |server| {
        empty(server);
        server.write("wheels/example-1.0-py3-none-any.whl", b"");
        server.write(".htaccess", b"Options -Indexes\nAddType text/plain .log\n");
    });
    let report = parsed(&tested).unwrap();
    let findings = list(&report, "findings").iter();
    let names: Vec<&str> = findings.map(|finding| text(finding, "check")).collect();
    assert!(names.is_empty(), "{report:#}");
}

// The start.

/// A site without a finding.
fn clean(more: &str) -> Options {
    // What else runs on this machine is not the site's affair. And without root, who runs the tests
    // owns the files and is the user of httpd.
    let accept = match is_root() {
        true => "open-database",
        false => "open-database writable-by-httpd bytecode-writable",
    };
    Options {
        audit: true,
        extra: format!(
            "ServerTokens Prod\nPyGuardAuditAccept {accept}\n\
             <Directory \"@SITE@\">\nAllowOverride None\n</Directory>\n{NEWS}\n{more}\n"
        ),
        ..Options::default()
    }
}

fn prepare_clean(server: &Server) {
    empty(server);
    for (path, content) in NEWSROOM {
        server.write(path, content.as_bytes());
    }
}

const STRICT: &str = "PyGuardAudit Strict";

/// One of severity high, one of medium, and one that does not get into the log.
fn with_findings(server: &Server) {
    prepare_clean(server);
    server.chmod("outside/app", 0o777);
    server.write("../outside/app/json.py", MODULE.as_bytes());
    server.write("shop/index.py", PAGE.as_bytes());
}

fn own(lines: &[String]) -> Vec<&String> {
    let own = |line: &&String| line.contains("[pyguard:");
    lines.iter().filter(own).collect()
}

#[test]
fn the_log_of_a_start_has_the_findings() {
    let mut server = Server::start_with(&clean(PUBLISHER), with_findings);
    let lines = server.take_log();
    let has = |parts: &[&str]| {
        let fits = |line: &&String| parts.iter().all(|part| line.contains(part));
        own(&lines).into_iter().filter(fits).count()
    };
    let app = server.path("outside/app").display().to_string();
    assert_eq!(
        has(&["[pyguard:warn]", "PG002: ", "world-writable", &app]),
        1,
        "{lines:?}"
    );
    assert_eq!(
        has(&["[pyguard:warn]", "PG008: ", "shadows-library", "json.py"]),
        1,
        "{lines:?}"
    );
    assert_eq!(has(&["published-names"]), 0, "{lines:?}");
    let log = server.whole_log();
    assert!(!log.contains("published-names"), "{log}");
    assert!(!log.contains(SECRET), "{log}");
    assert_eq!(
        log.matches("PG105: audit: 1 high, 1 medium, 1 info;")
            .count(),
        1,
        "{log}"
    );
    // Once for each start, not for each of httpd's two reads of its configuration.
    server.graceful();
    let lines = server.take_log();
    assert_eq!(
        own(&lines)
            .iter()
            .filter(|line| line.contains("world-writable"))
            .count(),
        1,
        "{lines:?}"
    );
    server.finish();
}

#[test]
fn a_clean_server_says_so_in_one_line() {
    let mut server = Server::start_with(&clean(""), prepare_clean);
    assert_eq!(server.get("/news/today").status, 200);
    assert_eq!(server.take_log(), Vec::<String>::new());
    let log = server.whole_log();
    let said: Vec<&str> = log.lines().filter(|line| line.contains("audit")).collect();
    assert_eq!(said.len(), 1, "{log}");
    assert!(said[0].contains("[pyguard:notice]"), "{said:?}");
    server.finish();
}

#[test]
fn no_audit_no_line() {
    let server = Server::start_with(
        &clean(&format!("PyGuardAudit Off\n{PUBLISHER}")),
        with_findings,
    );
    let log = server.whole_log();
    assert!(!log.contains("audit") && !log.contains("PG002"), "{log}");
    server.finish();
}

#[test]
fn strict_stops_a_start() {
    let options = clean(STRICT);
    let Err(said) = Server::try_start_with(&options, with_findings) else {
        panic!("it starts");
    };
    assert!(
        said.contains("PG002: ") && said.contains("world-writable"),
        "{said}"
    );
    assert!(said.contains("PyGuardAudit Strict"), "{said}");
    let tested = test_with(&options, &[], &[], with_findings);
    let said = format!("{}{}", tested.stderr, tested.log);
    assert_eq!(tested.code, Some(1), "{said}");
    assert!(
        said.contains("world-writable") && said.contains("outside/app"),
        "{said}"
    );
    assert!(!said.contains("Syntax OK"), "{said}");
    // What is asked for is there all the same.
    let tested = test_with(&options, JSON, &[], with_findings);
    assert_eq!(tested.code, Some(1));
    let report: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!(of(&report, "world-writable").len(), 1);
}

#[test]
fn strict_starts_with_lesser_findings() {
    let lesser = |server: &Server| {
        with_findings(server);
        server.chmod("outside/app", 0o755);
    };
    let options = clean(&format!("{STRICT}\n{PUBLISHER}"));
    let tested = test_with(&options, &[], &[], lesser);
    assert!(
        tested.ok && tested.stderr.contains("Syntax OK"),
        "{}",
        tested.stderr
    );
    let mut server = Server::start_with(&options, lesser);
    assert_eq!(server.expect_log("shadows-library").len(), 1);
    assert_eq!(server.get("/news/today").status, 200);
    server.expect_log("PG105: audit: ");
    server.finish();
}

/// It stops a start, and never a server that runs.
#[test]
fn strict_leaves_a_running_server_alone() {
    let mut server = Server::start_with(&clean(STRICT), prepare_clean);
    server.chmod("outside/app", 0o777);
    for _ in 0..2 {
        server.graceful();
        assert_eq!(server.get("/news/today").status, 200);
        let lines = server.expect_log("world-writable");
        assert_eq!(lines.len(), 1, "{lines:?}");
        server.take_log();
    }
    // The next start is another matter.
    let said = server.try_again(&clean(STRICT)).expect_err("a refusal");
    assert!(said.contains("world-writable"), "{said}");
    server.take_log();
    server.finish();
}

#[test]
fn the_test_of_the_configuration_alone_prints_nothing() {
    let tested = test_with(&clean(PUBLISHER), &[], &[], with_findings);
    assert!(tested.ok);
    assert_eq!(tested.stdout, "");
    assert_eq!(tested.stderr.trim(), "Syntax OK");
}

// What is accepted.

#[test]
fn accepted_findings_are_apart() {
    let prepare = |server: &Server| {
        prepare_clean(server);
        server.write("shop/tool.pyc", b"SECRET-bytecode");
    };
    // The words, and whether they cover it.
    for (words, covered) in [
        ("", false),
        ("bytecode-in-reach", true),
        ("Bytecode-In-Reach", true),
        ("\"bytecode-in-reach:*.pyc\"", true),
        ("bytecode-in-reach:shop", true),
        ("\"bytecode-in-reach:@SITE@/shop/*\"", true),
        ("\"bytecode-in-reach:*.pyo\"", false),
        ("bytecode-in-reach:news", false),
        ("backup-in-reach pdb", false),
        ("pdb bytecode-in-reach", true),
    ] {
        let accept = match words {
            "" => String::new(),
            words => format!("PyGuardAuditAccept {words}"),
        };
        // The module is off, so that it is of severity high.
        let options = clean(&format!("{STRICT}\nPyGuard Off\n{accept}"));
        let tested = test_with(&options, JSON, &[], prepare);
        assert_eq!(
            tested.ok, covered,
            "{words}: {}{}",
            tested.stderr, tested.stdout
        );
        let report: Value = serde_json::from_str(&tested.stdout).unwrap();
        let is_it = |finding: &&Value| text(finding, "check") == "bytecode-in-reach";
        let of = |name: &str| list(&report, name).iter().find(is_it);
        let (finding, accepted) = (of("findings"), of("accepted"));
        assert_eq!(
            (finding.is_some(), accepted.is_some()),
            (!covered, covered),
            "{words}: {report}"
        );
        let finding = finding.or(accepted).unwrap();
        assert_eq!(flaws(finding), Vec::<String>::new());

        let tested = test_with(&options, SARIF, &[], prepare);
        let log: Value = serde_json::from_str(&tested.stdout).unwrap();
        let mut results = log["runs"][0]["results"].as_array().unwrap().iter();
        let result = results.find(|result| result["ruleId"] == "bytecode-in-reach");
        let suppressions = result.expect("a result")["suppressions"].as_array();
        assert_eq!(
            suppressions.map_or(0, Vec::len),
            usize::from(covered),
            "{words}: {log}"
        );
    }
}

// Formats.

#[test]
fn the_formats_say_the_same() {
    let run = |arguments: &[&str]| {
        let more = format!("{PUBLISHER}\nPythonDebug On\nPyGuardAuditAccept debug-without-client");
        let tested = test_with(&clean(&more), arguments, &[], with_findings);
        assert!(tested.ok, "{}", tested.stderr);
        assert_eq!(tested.stderr.trim(), "Syntax OK");
        tested
    };
    let json: Value = serde_json::from_str(&run(JSON).stdout).unwrap();
    assert_eq!(json["version"], 1);
    let findings = list(&json, "findings");
    let names: Vec<&str> = findings
        .iter()
        .map(|finding| text(finding, "check"))
        .collect();
    for name in ["world-writable", "shadows-library", "published-names"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let accepted = list(&json, "accepted");
    let is_it = |finding: &Value| text(finding, "check") == "debug-without-client";
    assert!(accepted.iter().any(is_it), "{json}");
    let order = |finding: &Value| {
        let severity = text(finding, "severity");
        Severity::ALL
            .iter()
            .position(|one| one.name() == severity)
            .unwrap()
    };
    assert!(findings.is_sorted_by_key(order), "{findings:?}");

    let printed = run(TEXT).stdout;
    assert!(!printed.contains('\x1b'), "{printed}");
    // In the same order, each under its severity.
    let mut from = 0;
    for finding in findings {
        let name = text(finding, "check");
        let found = printed[from..].find(name);
        from += found.unwrap_or_else(|| panic!("{name} is not there, or too early: {printed}"));
    }
    assert!(!printed.contains(SECRET), "{printed}");

    let sarif: Value = serde_json::from_str(&run(SARIF).stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len() + accepted.len(), "{sarif}");
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["name"], "mod_pyguard");
}

#[test]
fn a_clean_server_prints_one_line() {
    let tested = test_with(&clean(""), TEXT, &[], prepare_clean);
    assert!(tested.ok);
    let lines: Vec<&str> = tested.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", tested.stdout);
    assert_eq!(tested.stderr.trim(), "Syntax OK");
    let tested = test_with(&clean(""), JSON, &[], prepare_clean);
    let report: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert!(list(&report, "findings").is_empty() && list(&report, "left_out").is_empty());
}

/// Colour is for a terminal, and for text.
#[test]
fn colour_is_for_a_terminal() {
    const TERMINAL: &str = "import os, pty, sys\n\
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let through = ["/usr/bin/python3", "-c", TERMINAL];
    for (arguments, coloured) in [(TEXT, true), (JSON, false), (SARIF, false)] {
        let tested = test_with(&clean(PUBLISHER), arguments, &through, with_findings);
        let printed = &tested.stdout;
        assert!(
            printed.contains("world-writable"),
            "{printed}{}",
            tested.stderr
        );
        assert_eq!(printed.contains('\x1b'), coloured, "{printed}");
    }
}

// How far it looks.

fn left_out(report: &Value) -> String {
    let sentences = list(report, "left_out").iter();
    sentences
        .filter_map(Value::as_str)
        .collect::<Vec<&str>>()
        .join("\n")
}

/// The JSON of the clean site with these directives and changes, and whether `shop/a/b/c/tool.pyc`,
/// which is there, was found.
fn looked(more: &str, through: &[&str], prepare: impl FnOnce(&Server)) -> (Value, bool) {
    let tested = test_with(&clean(more), JSON, through, |server| {
        prepare_clean(server);
        server.write("shop/a/b/c/tool.pyc", b"");
        prepare(server);
    });
    let report = parsed(&tested).unwrap();
    let found = of(&report, "bytecode-in-reach");
    assert!(found.len() < 2, "{found:?}");
    let found = !found.is_empty();
    (report, found)
}

#[test]
fn the_audit_has_bounds() {
    let many = |server: &Server| {
        for number in 0..5_000 {
            fs::write(server.site(&format!("shop/a/{number}.html")), "").unwrap();
        }
    };
    let (report, found) = looked("", &[], many);
    assert!(found && left_out(&report).is_empty(), "{report}");
    let (report, _) = looked("PyGuardAuditEntries 10", &[], many);
    assert!(
        left_out(&report).contains("PyGuardAuditEntries"),
        "{report}"
    );
    let (report, found) = looked("PyGuardAuditDepth 2", &[], |_| {});
    assert!(
        !found && left_out(&report).contains("PyGuardAuditDepth"),
        "{report}"
    );
    let (report, found) = looked("PyGuardAuditDepth 4", &[], |_| {});
    assert!(found && left_out(&report).is_empty(), "{report}");
    let (report, _) = looked("PyGuardAuditTime 1", &[], many);
    assert!(left_out(&report).contains("PyGuardAuditTime"), "{report}");
}

#[test]
fn the_audit_leaves_no_tree_and_turns_in_no_circle() {
    let (report, found) = looked("", &[], |server| {
        server.write("../outside/other/tool.pyc", b"");
        for (original, link) in [
            ("htdocs", "htdocs/shop/a/top"),
            ("htdocs/shop", "htdocs/shop/a/b/up"),
            ("htdocs/one", "htdocs/two"),
            ("htdocs/two", "htdocs/one"),
            ("outside/other", "htdocs/other"),
            ("missing", "htdocs/missing"),
        ] {
            symlink(server.path(original), server.path(link)).unwrap();
        }
    });
    // Once, and not the one of another tree.
    assert!(found && left_out(&report).is_empty(), "{report}");
}

#[test]
fn the_audit_survives_what_it_cannot_read() {
    // Root can read everything, as long as it may.
    let weak: &[&str] = match is_root() {
        true => &["setpriv", "--bounding-set=-dac_override,-dac_read_search"],
        false => &[],
    };
    let (report, found) = looked("", weak, |server| {
        server.write("shop/closed/tool.pyc", b"");
        server.chmod("htdocs/shop/closed", 0o000);
    });
    assert!(found, "{report}");
    assert!(left_out(&report).contains("shop/closed"), "{report}");
}

// The documents.

/// `docs/<name>` with the paths, the port and the accounts of a test.
fn documented(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    [
        ("\"/srv/shop", "\"@ROOT@/shop"),
        ("'/srv/shop", "'@ROOT@/shop"),
        ("=/srv/shop", "=@ROOT@/shop"),
        ("\"/etc/httpd\"", "\"@ROOT@\""),
        ("\"/run/httpd", "\"@ROOT@/run"),
        ("\"/var/log/httpd", "\"@ROOT@/logs"),
        ("\nListen 80\n", "\nListen 127.0.0.1:@PORT@\n"),
        (" user=shop group=shop", ""),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

/// The accounts that the example takes for granted: without root, there is only one.
fn hardened(name: &str, engine: Engine) -> Options {
    let mut whole = documented(name);
    if !is_root() {
        whole += "PyGuardAuditAccept writable-by-httpd bytecode-writable\n";
    }
    Options {
        audit: true,
        engine,
        whole: Some(whole),
        ..Options::default()
    }
}

fn answer(name: &str) -> String {
    format!(
        "import configparser\n\n\ndef handler(req):\n    settings = configparser.ConfigParser()\n    \
         settings.read('@ROOT@/shop/etc/settings.ini')\n    req.content_type = 'text/html'\n    \
         req.write('<h1>{name} for ' + settings['shop']['name'] + '</h1>')\n    return 0\n"
    )
}

const SCRIPT: &str = "from shop import application\n";

const APPLICATION: &str = "def application(environ, start_response):\n    \
    start_response('200 OK', [('Content-Type', 'text/html')])\n    return [b'<h1>Orders</h1>']\n";

fn prepare_hardened(server: &Server) {
    for (path, content) in [
        ("htdocs/index.html", "<h1>The shop</h1>\n"),
        ("htdocs/orders/.keep", ""),
        ("htdocs/office/.keep", ""),
        ("static/site.css", "h1 { font-weight: bold }\n"),
        ("app/orders/orders.py", &answer("Orders")),
        ("app/office/office.py", &answer("Office")),
        ("app/shop.py", APPLICATION),
        ("wsgi/shop.wsgi", SCRIPT),
        (
            "etc/settings.ini",
            "[shop]\nname = Marlow\npassword = SECRET-hardened\n",
        ),
    ] {
        server.write(
            &format!("../shop/{path}"),
            server.fill_in(content).as_bytes(),
        );
    }
    for name in ["orders", "office"] {
        fs::remove_file(server.path(&format!("shop/htdocs/{name}/.keep"))).unwrap();
    }
    server.give_to_group_of_httpd("../shop/etc/settings.ini");
    server.chmod("shop/etc/settings.ini", 0o640);
}

#[test]
fn the_hardened_examples_have_no_finding() {
    for (name, engine) in [
        ("hardened.conf", Engine::ModPython),
        ("hardened-wsgi.conf", Engine::ModWsgi),
    ] {
        let through = network("127.0.0.1:5432");
        let tested = test_with(&hardened(name, engine), JSON, &through, prepare_hardened);
        let report = parsed(&tested).unwrap_or_else(|what| panic!("{name}: {what}"));
        assert!(list(&report, "findings").is_empty(), "{name}: {report:#}");
        assert!(list(&report, "left_out").is_empty(), "{name}: {report:#}");
        assert!(
            list(&report, "accepted").is_empty() || !is_root(),
            "{name}: {report:#}"
        );
        let tested = test_with(&hardened(name, engine), TEXT, &through, prepare_hardened);
        assert_eq!(
            tested.stdout.lines().count(),
            1,
            "{name}: {}",
            tested.stdout
        );
    }
}

#[test]
fn the_hardened_examples_serve() {
    for (name, engine) in [
        ("hardened.conf", Engine::ModPython),
        ("hardened-wsgi.conf", Engine::ModWsgi),
    ] {
        let mut server = Server::start_with(&hardened(name, engine), prepare_hardened);
        let mut pages = vec![
            ("/", "<h1>The shop</h1>"),
            ("/static/site.css", "font-weight"),
        ];
        pages.extend(match engine {
            Engine::ModPython => vec![
                ("/orders/4711", "<h1>Orders for Marlow</h1>"),
                ("/office/today", "<h1>Office for Marlow</h1>"),
            ],
            _ => vec![("/orders/4711", "<h1>Orders</h1>")],
        });
        for (target, shows) in pages {
            let answer = server.get(target);
            assert!(
                answer.status == 200 && answer.contains(shows),
                "{name}: {target}: {}{}",
                brief(&answer),
                server.whole_log()
            );
            let software = answer.header("Server").unwrap_or_default();
            assert_eq!(software, "Apache", "{name}: {target}");
        }
        // The code and the settings cannot be asked for.
        for target in [
            "/orders.py",
            "/app/orders/orders.py",
            "/etc/settings.ini",
            "/shop.wsgi",
        ] {
            let answer = server.get(target);
            assert!(answer.status == 404, "{name}: {target}: {}", brief(&answer));
        }
        server.take_log();
        server.finish();
    }
}

/// Whether a section that switches the module off holds for a file: httpd answers a request for it, and
/// the audit must say the same without one.
#[test]
fn the_audit_merges_what_httpd_merges() {
    let sections = [
        ("<Directory \"@SITE@/priv\">", "</Directory>"),
        ("<Directory \"@SITE@/pri\">", "</Directory>"),
        ("<Directory \"@SITE@//priv/../priv/\">", "</Directory>"),
        ("<Directory \"@SITE@/pr[i]v\">", "</Directory>"),
        ("<Directory \"@SITE@/*\">", "</Directory>"),
        ("<Directory \"@SITE@/*/in\">", "</Directory>"),
        ("<Directory ~ \"priv/\\.env$\">", "</Directory>"),
        ("<DirectoryMatch \"^@SITE@/priv/\">", "</DirectoryMatch>"),
        ("<DirectoryMatch \"/\\.env$\">", "</DirectoryMatch>"),
        ("<DirectoryMatch \"^@SITE@/priv$\">", "</DirectoryMatch>"),
        ("<Files \".env\">", "</Files>"),
        ("<Files \"*.env\">", "</Files>"),
        ("<Files \"env\">", "</Files>"),
        ("<FilesMatch \"^\\.e\">", "</FilesMatch>"),
        (
            "<Directory \"@SITE@/priv\">\n<Files \"?env\">",
            "</Files>\n</Directory>",
        ),
        ("<Location \"/priv\">", "</Location>"),
        ("<Location \"/priv/\">", "</Location>"),
        ("<Location \"/priv/.env/\">", "</Location>"),
        ("<Location \"/pri\">", "</Location>"),
        ("<Location \"/[op]riv/*\">", "</Location>"),
        ("<Location ~ \"env$\">", "</Location>"),
        ("<LocationMatch \"^/priv/.+\">", "</LocationMatch>"),
        (
            "<VirtualHost *:@PORT@>\n<Location \"/priv\">",
            "</Location>\n</VirtualHost>",
        ),
    ];
    let options = |section: (&str, &str)| Options {
        extra: format!("{}\nPyGuard Off\n{}", section.0, section.1),
        careless: true,
        ..Options::default()
    };
    let mut server = Server::start_with(&options(sections[0]), |server| {
        server.write("priv/.env", b"PASSWORD=SECRET-env\n");
    });
    let mut failures = Vec::new();
    for section in sections {
        server.start_again(&options(section));
        let is_open = server.get("/priv/.env").status == 200;
        let output = server.test_command(JSON).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let severities: BTreeSet<&str> = of(&found, "secret-in-reach")
            .into_iter()
            .map(|finding| text(finding, "severity"))
            .collect();
        if severities.contains("high") != is_open || severities.is_empty() {
            failures.push(format!("{}: open: {is_open}, {severities:?}", section.0));
        }
    }
    server.finish();
    report(&failures);
}

/// One file for two virtual hosts, as a template: only the one that opens something is told.
#[test]
fn a_template_that_is_included_twice() {
    let host = |name: &str, mode: &str| {
        format!("Define HOST {name}\nDefine MODE {mode}\nInclude \"@ROOT@/outside/host.conf\"\n")
    };
    for modes in [["Off", "On"], ["On", "Off"]] {
        let options = Options {
            extra: host("first.test", modes[0]) + &host("second.test", modes[1]),
            ..Options::default()
        };
        let tested = test_with(&options, JSON, &[], |server| {
            server.write("priv/.env", b"PASSWORD=SECRET-env\n");
            let text = "<VirtualHost *:1>\nServerName ${HOST}\nPyGuard ${MODE}\n</VirtualHost>\n";
            fs::write(server.path("outside/host.conf"), text).unwrap();
        });
        let found = parsed(&tested).unwrap();
        let finding = of(&found, "secret-in-reach")[0];
        let open = if modes[0] == "Off" { "first" } else { "second" };
        assert_eq!(text(finding, "severity"), "high", "{finding}");
        assert!(text(finding, "what").contains(open), "{finding}");
    }
}

/// Strict is about starts and tests: what only prints something goes on printing.
#[test]
fn strict_leaves_the_other_dumps_alone() {
    let options = clean(STRICT);
    for arguments in [&["-S"][..], &["-M"], &["-D", "DUMP_VHOSTS"]] {
        let tested = test_with(&options, arguments, &[], with_findings);
        assert!(
            tested.ok && !tested.stdout.is_empty(),
            "{arguments:?}: {tested:?}"
        );
    }
    let tested = test_with(&options, &[], &[], with_findings);
    assert_eq!(tested.code, Some(1), "{tested:?}");
}

/// Text in a section that is not in force is read for its Python only, and httpd's complaints about the
/// rest would be new to the administrator.
#[test]
fn undefined_variables_are_nobodys_affair() {
    let options = Options {
        extra: "<IfModule nothing.c>\nInclude \"${NOT_DEFINED}/x.conf\"\n\
                SetHandler ${NOT_DEFINED}\n</IfModule>"
            .to_owned(),
        ..Options::default()
    };
    let tested = test_with(&options, JSON, &[], |_| {});
    assert!(!tested.stderr.contains("NOT_DEFINED"), "{}", tested.stderr);
    parsed(&tested).unwrap();
}

/// A .htaccess is not merged, but what it gives to Python is not source that nothing runs.
#[test]
fn source_that_a_htaccess_gives_to_python() {
    let tested = test_with(&Options::default(), JSON, &[], |server| {
        for (path, content) in [
            (
                "own/.htaccess",
                "SetHandler  \"mod_python\"\nPythonHandler page\n",
            ),
            ("own/deep/page.py", PAGE),
            ("bare/.htaccess", "Options -Indexes\nAddType text/x .py\n"),
            ("bare/page.py", PAGE),
        ] {
            server.write(path, content.as_bytes());
        }
    });
    let found = parsed(&tested).unwrap();
    let is_told = |path: &str| {
        let path = format!("{}/htdocs/{path}", tested.root);
        let mut findings = of(&found, "source-in-reach").into_iter();
        findings.any(|finding| text(&finding["place"], "path") == path)
    };
    assert!(is_told("bare/page.py") && !is_told("own/deep/page.py"));
}

/// Handlers that a `<Directory>` gives to some of its files, as many sites do.
#[test]
fn handlers_of_some_files() {
    let options = Options {
        extra: "<Directory \"@SITE@/shop\">\n<FilesMatch \"\\.py$\">\nSetHandler mod_python\n\
                PythonHandler mod_python.publisher\n</FilesMatch>\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    let tested = test_with(&options, JSON, &[], |server| {
        server.write("shop/index.py", PAGE.as_bytes());
        server.chmod("htdocs/shop", 0o777);
    });
    let found = parsed(&tested).unwrap();
    for check in ["published-names", "world-writable"] {
        let places: Vec<&str> = of(&found, check)
            .into_iter()
            .map(|finding| text(&finding["place"], "path"))
            .collect();
        let is_there = |place: &&str| place.contains("/htdocs/shop");
        assert!(places.iter().any(is_there), "{check}: {places:?}");
    }
}

/// A macro's lines are told by the line that uses it.
#[test]
fn a_finding_in_a_macro() {
    let options = Options {
        extra: "# modules: macro\n<Macro Pages $where>\n<Directory \"$where\">\n\
                PythonHandler mod_python.testhandler\n</Directory>\n</Macro>\n\
                Use Pages \"@SITE@/shop\""
            .to_owned(),
        ..Options::default()
    };
    let tested = test_with(&options, JSON, &[], |_| {});
    let found = parsed(&tested).unwrap();
    let used = Said("Use Pages \"@SITE@/shop\"");
    let finding = of(&found, "testhandler")[0];
    assert!(is_at(finding, used, &tested), "{finding}");
}

/// What only the main server would answer, where virtual hosts answer everything.
#[test]
fn a_main_server_that_nobody_reaches() {
    let host = "<VirtualHost *:1>\nDocumentRoot \"@ROOT@/outside\"\n</VirtualHost>";
    for (host, is_told) in [("", true), (host, false)] {
        let options = Options {
            extra: host.to_owned(),
            ..Options::default()
        };
        let tested = test_with(&options, JSON, &[], |server| {
            server.write(".env", b"PASSWORD=SECRET-env\n");
        });
        let found = parsed(&tested).unwrap();
        let findings = of(&found, "secret-in-reach");
        assert_eq!(!findings.is_empty(), is_told, "{host}");
    }
}

/// More findings than anybody reads do not fill the memory.
#[test]
fn a_thousand_findings_of_a_check_are_enough() {
    let tested = test_with(&Options::default(), JSON, &[], |server| {
        for number in 0..1100 {
            server.write(&format!("old/{number}.html.bak"), b"");
        }
    });
    let found = parsed(&tested).unwrap();
    assert_eq!(of(&found, "backup-in-reach").len(), 1000);
    assert!(
        left_out(&found).contains("backup-in-reach: "),
        "{}",
        left_out(&found)
    );
}

/// The same of access: what httpd refuses is no finding, and what it sends is one, whoever says so last.
/// Where it depends on the visitor, it is a lesser one.
#[test]
fn the_audit_knows_what_httpd_refuses() {
    const DENIED: &str = "Require all denied";
    const GRANTED: &str = "Require all granted";
    let one = |opening: &str, rules: &str| {
        let name = opening.trim_matches(['<', '>']).split(' ').next();
        format!("{opening}\n{rules}\n</{}>\n", name.unwrap_or_default())
    };
    let openings = [
        "<Directory \"@SITE@/priv\">",
        "<Directory \"@SITE@//priv/../priv/\">",
        "<Directory \"@SITE@/other\">",
        "<Directory \"@SITE@/pr[i]v\">",
        "<Directory \"@SITE@/*\">",
        "<Directory ~ \"priv/\\.env$\">",
        "<Directory ~ \"priv/\\.enx$\">",
        "<DirectoryMatch \"/priv/\">",
        "<DirectoryMatch \"/\\.git\">",
        "<Files \".env\">",
        "<Files \"*.py\">",
        "<Files ~ \"^\\.e\">",
        "<FilesMatch \"\\.(env|pyc)$\">",
        "<FilesMatch \"\\.(py|pyc)$\">",
        "<Location \"/priv/\">",
        "<Location \"/pri\">",
        "<Location \"/[op]riv/*\">",
        "<Location ~ \"env$\">",
        "<LocationMatch \"^/priv/.+\">",
        "<LocationMatch \"^/x/\">",
    ];
    let mut configurations: Vec<String> = openings.map(|opening| one(opening, DENIED)).to_vec();
    let [directory, files, location] = [
        "<Directory \"@SITE@/priv\">",
        "<Files \"*.env\">",
        "<Location \"/priv\">",
    ];
    let host = |inside: &str| format!("<VirtualHost *:@PORT@>\n{inside}</VirtualHost>\n");
    let denied = one(directory, DENIED);
    let old = "# modules: access_compat\n";
    configurations.extend([
        // Whoever says it last.
        format!("{}{denied}", one(files, GRANTED)),
        format!("{}{}", one(files, DENIED), one(directory, GRANTED)),
        format!("{}{denied}", one(location, GRANTED)),
        format!("{}{}", one(location, DENIED), one(files, GRANTED)),
        format!("{denied}{}", one(directory, GRANTED)),
        format!("{}{denied}", one(directory, GRANTED)),
        format!("{denied}{}", one(directory, "Options FollowSymLinks")),
        format!("{denied}{}", one("<DirectoryMatch \"/p\">", GRANTED)),
        format!("{denied}{}", one("<Directory \"@SITE@\">", GRANTED)),
        host(&denied),
        format!("{denied}{}", host(&one(directory, GRANTED))),
        format!("{}{}", one(directory, GRANTED), host(&denied)),
        format!("{}{}", one(location, GRANTED), host(&denied)),
        format!("{}{}", one(files, DENIED), host(&one(files, GRANTED))),
        format!("{}{}", host(&one(directory, GRANTED)), one(files, DENIED)),
        // In one another.
        one(directory, &one(files, DENIED)),
        one(directory, &one("<Files \"*.py\">", DENIED)),
        one(directory, &format!("{}{DENIED}", one(files, GRANTED))),
        format!(
            "{}{}",
            one(directory, &one(files, DENIED)),
            one(files, GRANTED)
        ),
        format!(
            "{}{}",
            one(files, GRANTED),
            one(directory, &one(files, DENIED))
        ),
        // Several that go together.
        one(directory, &one("<RequireAll>", DENIED)),
        one(directory, &one("<RequireAny>", DENIED)),
        one(
            directory,
            &one("<RequireAll>", &format!("{GRANTED}\n{DENIED}")),
        ),
        one(
            directory,
            &one("<RequireAny>", &format!("{GRANTED}\n{DENIED}")),
        ),
        one(directory, &format!("{GRANTED}\n{DENIED}")),
        one(
            directory,
            &one("<RequireAll>", &format!("{DENIED}\nRequire ip 127")),
        ),
        format!(
            "{denied}{}",
            one(files, &format!("AuthMerging Or\n{GRANTED}"))
        ),
        format!(
            "{denied}{}",
            one(files, &format!("AuthMerging And\n{GRANTED}"))
        ),
        format!("{denied}{}", one(files, "AuthMerging And")),
        format!("{denied}{}", one(files, "AuthMerging Off")),
        // As in httpd 2.2.
        old.to_owned() + &one(directory, "Deny from all"),
        old.to_owned() + &one(directory, "Allow from all"),
        old.to_owned() + &one(directory, "Order allow,deny"),
        old.to_owned() + &one(directory, "Order deny,allow"),
        old.to_owned() + &one(directory, "Order allow,deny\nAllow from all"),
        old.to_owned() + &one(directory, "Order allow,deny\nDeny from all\nAllow from all"),
        old.to_owned() + &one(directory, "Order deny,allow\nDeny from all\nAllow from all"),
        old.to_owned() + &denied + &one(files, "Allow from all"),
        old.to_owned() + &one(directory, "Deny from all") + &one(files, GRANTED),
        old.to_owned() + &one(directory, "Deny from all") + &one(files, "Allow from all"),
        old.to_owned() + &one(directory, "Deny from all") + &one(files, "Order deny,allow"),
    ]);
    // httpd refuses these requests, or answers them, and would not do so with others.
    let guarded = [
        one(directory, "Require ip 192.0.2.1"),
        one(directory, "Require ip 127.0.0.1"),
        one(files, "Require local"),
        one(directory, "Require env nobody"),
        one(
            directory,
            &one(
                "<RequireAll>",
                &format!("{GRANTED}\nRequire not ip 192.0.2.1"),
            ),
        ),
        one(directory, &one("<Limit POST>", DENIED)),
        one(directory, &one("<LimitExcept POST>", DENIED)),
        format!("{denied}{}", one(files, "Require ip 127")),
        old.to_owned() + &one(directory, "Deny from 192.0.2.1"),
        old.to_owned() + &one(directory, "Order deny,allow\nDeny from all\nAllow from 127"),
        old.to_owned() + &one(directory, &format!("Satisfy Any\n{DENIED}\nAllow from all")),
    ];
    let all = configurations
        .iter()
        .map(|text| (text, false))
        .chain(guarded.iter().map(|text| (text, true)));
    let options = |text: &str| Options {
        extra: format!("PyGuard Off\n{text}"),
        careless: true,
        ..Options::default()
    };
    let mut server = Server::start_with(&options(""), |server| {
        server.write("priv/.env", b"PASSWORD=SECRET-env\n");
    });
    let (mut failures, mut refused) = (Vec::new(), 0);
    for (text_of_it, is_guarded) in all {
        server.start_again(&options(text_of_it));
        let status = server.get("/priv/.env").status;
        refused += usize::from(status == 403);
        let output = server.test_command(JSON).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let severities: BTreeSet<&str> = of(&found, "secret-in-reach")
            .into_iter()
            .filter(|finding| text(&finding["place"], "path").ends_with("/priv/.env"))
            .map(|finding| text(finding, "severity"))
            .collect();
        let expected = match status {
            _ if is_guarded => BTreeSet::from(["medium"]),
            200 => BTreeSet::from(["high"]),
            403 => BTreeSet::new(),
            other => panic!("{other} in\n{text_of_it}"),
        };
        if severities != expected {
            failures.push(format!("{text_of_it}: {status}, {severities:?}"));
        }
    }
    server.finish();
    assert!(
        refused > 20 && refused < configurations.len() - 15,
        "{refused}"
    );
    report(&failures);
}

/// Source that is on offer, as the README shows it, and PSP that sends whatever it does not know.
#[test]
fn source_that_is_offered_or_echoed() {
    let row = |extra: &str| {
        let options = Options {
            extra: extra.to_owned(),
            ..Options::default()
        };
        let tested = test_with(&options, JSON, &[], |server| {
            empty(server);
            server.write("downloads/example.py", PAGE.as_bytes());
            server.write("downloads/example.pyc", b"");
        });
        let found = parsed(&tested).unwrap();
        let of = |check: &str| {
            let findings = of(&found, check).into_iter();
            let severities = findings.map(|finding| text(finding, "severity").to_owned());
            severities.collect::<Vec<_>>().join(" ")
        };
        (of("source-in-reach"), of("bytecode-in-reach"))
    };
    let directory =
        |lines: &str| format!("<Directory \"@SITE@/downloads\">\n{lines}\n</Directory>");
    let psp = "SetHandler mod_python\nPythonHandler mod_python.psp\n";
    let table = [
        ("", "low", "low"),
        ("PyGuardExempt *.py *.pyc", "", ""),
        ("PyGuard Off", "high", "high"),
        (psp, "low", "low"),
        (&format!("{psp}PyGuard Off"), "high", "high"),
    ];
    for (lines, source, bytecode) in table {
        let (found_source, found_bytecode) = row(&directory(lines));
        assert_eq!(
            (&*found_source, &*found_bytecode),
            (source, bytecode),
            "{lines}"
        );
    }
}
