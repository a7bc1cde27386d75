//! The directives: what they do, how sections merge, and what is said about a wrong one.

use crate::harness::{Engine, Options, Server, bad_configurations, config_test};
use crate::hazard::{brief, report};

fn options(extra: &str) -> Options {
    Options {
        scenario: "names",
        extra: extra.to_owned(),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    for directory in [
        "plain",
        "plain/docs",
        "plain/docs/deep",
        "python",
        "python/inner",
    ] {
        for name in [
            "x.py",
            "x.txt~",
            "x.sql",
            "x.log",
            "x.tmpl",
            "x.css",
            "example1.py",
            "mod.whl~",
            ".git/config",
        ] {
            let path = format!("{directory}/{name}");
            server.write(&path, format!("the content of {path}").as_bytes());
        }
    }
}

/// What a client gets for one target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gets {
    File,
    Denied(u16, &'static str),
    /// The file, and a line that says that it would be denied.
    Detected(&'static str),
}
use Gets::{Denied, Detected, File};

const NOT_SOURCE: Gets = Denied(404, "PG017");
const NOT_BACKUP: Gets = Denied(404, "PG018");
const NOT_TYPE: Gets = Denied(404, "PG015");

/// One configuration and what its site is like.
type Case<'a> = (&'a str, &'a [(&'a str, Gets)]);

fn run(cases: &[Case<'_>]) {
    let mut failures = Vec::new();
    let mut server = Server::start_with(&options(""), prepare);
    for (extra, expected) in cases {
        server.start_again(&options(extra));
        for (target, gets) in *expected {
            let answer = server.get(target);
            let lines = server.take_log();
            let sent = answer.status == 200
                && answer.contains(&format!("the content of {}", &target[1..]));
            let fits = match gets {
                File => sent && lines.is_empty(),
                Denied(status, tag) => {
                    answer.status == *status
                        && lines.len() == 1
                        && lines[0].contains(&format!("{tag}: denied "))
                }
                Detected(tag) => {
                    sent && lines.len() == 1 && lines[0].contains(&format!("{tag}: would deny "))
                }
            };
            if !fits {
                failures.push(format!(
                    "{extra:?}: {target} is not {gets:?}: {} {lines:?}",
                    brief(&answer)
                ));
            }
        }
    }
    server.finish();
    report(&failures);
}

#[test]
fn modes() {
    run(&[
        ("", &[("/plain/x.py", NOT_SOURCE), ("/plain/x.css", File)]),
        ("PyGuard On", &[("/plain/x.py", NOT_SOURCE)]),
        ("pyguard ON", &[("/plain/x.py", NOT_SOURCE)]),
        (
            "PyGuard Off",
            &[
                ("/plain/x.py", File),
                ("/plain/x.txt~", File),
                ("/plain/.git/config", File),
            ],
        ),
        (
            "PyGuard Detect",
            &[
                ("/plain/x.py", Detected("PG017")),
                ("/plain/x.txt~", Detected("PG018")),
                ("/plain/x.sql", Detected("PG015")),
                ("/plain/x.css", File),
            ],
        ),
        (
            "PyGuard Off\n<Directory \"@SITE@/plain/docs\">\nPyGuard On\n</Directory>",
            &[("/plain/x.py", File), ("/plain/docs/x.py", NOT_SOURCE)],
        ),
        (
            "<Directory \"@SITE@/plain/docs\">\nPyGuard Detect\n</Directory>\n<Location /plain/docs/deep>\nPyGuard Off\n</Location>",
            &[
                ("/plain/x.py", NOT_SOURCE),
                ("/plain/docs/x.py", Detected("PG017")),
                ("/plain/docs/deep/x.py", File),
            ],
        ),
        (
            "<IfModule mod_pyguard.c>\nPyGuard Off\n</IfModule>",
            &[("/plain/x.py", File)],
        ),
    ]);
}

#[test]
fn classes() {
    run(&[
        ("PyGuardDeny All", &[("/plain/x.py", NOT_SOURCE)]),
        (
            "PyGuardDeny None",
            &[("/plain/x.py", File), ("/plain/x.sql", File)],
        ),
        (
            "PyGuardDeny -database",
            &[("/plain/x.sql", File), ("/plain/x.py", NOT_SOURCE)],
        ),
        (
            "PyGuardDeny source",
            &[
                ("/plain/x.sql", File),
                ("/plain/x.txt~", File),
                ("/plain/x.py", NOT_SOURCE),
            ],
        ),
        (
            "PyGuardDeny -source -backup -editor\n<Directory \"@SITE@/plain/docs\">\nPyGuardDeny +source\n</Directory>",
            &[
                ("/plain/x.py", File),
                ("/plain/x.txt~", File),
                ("/plain/docs/x.py", NOT_SOURCE),
                ("/plain/docs/x.txt~", File),
                ("/plain/x.sql", NOT_TYPE),
            ],
        ),
        (
            "<Directory \"@SITE@/plain/docs\">\nPyGuardDeny None\n</Directory>\n<Directory \"@SITE@/plain/docs/deep\">\nPyGuardDeny All\n</Directory>",
            &[
                ("/plain/x.py", NOT_SOURCE),
                ("/plain/docs/x.py", File),
                ("/plain/docs/deep/x.py", NOT_SOURCE),
            ],
        ),
        (
            "<Files \"*.py\">\nPyGuardDeny -source\n</Files>",
            &[("/plain/x.py", File), ("/plain/x.txt~", NOT_BACKUP)],
        ),
        (
            "<If \"%{QUERY_STRING} == 'let'\">\nPyGuardDeny -source\n</If>",
            &[("/plain/x.py", NOT_SOURCE)],
        ),
        (
            "PyGuardDeny -log\n",
            &[("/python/x.log", File), ("/python/x.tmpl", NOT_TYPE)],
        ),
    ]);
}

#[test]
fn exemptions() {
    run(&[
        (
            "PyGuardExempt example?.py *.whl~",
            &[
                ("/plain/example1.py", File),
                ("/plain/x.py", NOT_SOURCE),
                ("/plain/mod.whl~", File),
                ("/plain/x.txt~", NOT_BACKUP),
            ],
        ),
        (
            "PyGuardExempt plain/docs/*.py",
            &[
                ("/plain/docs/x.py", File),
                ("/plain/x.py", NOT_SOURCE),
                ("/plain/docs/deep/x.py", NOT_SOURCE),
            ],
        ),
        ("PyGuardExempt .git", &[("/plain/.git/config", File)]),
        (
            "PyGuardExempt *.py\n<Directory \"@SITE@/plain/docs\">\nPyGuardExempt None\n</Directory>",
            &[("/plain/x.py", File), ("/plain/docs/x.py", NOT_SOURCE)],
        ),
        (
            "PyGuardExempt *.py\nPyGuardExempt *.sql",
            &[("/plain/x.py", File), ("/plain/x.sql", File)],
        ),
    ]);
}

#[test]
fn protect() {
    run(&[
        (
            "",
            &[
                ("/plain/x.tmpl", File),
                ("/python/x.tmpl", NOT_TYPE),
                ("/python/x.css", File),
                ("/python/inner/x.log", NOT_TYPE),
            ],
        ),
        (
            "<Directory \"@SITE@/plain/docs\">\nPyGuardProtect On\nPyGuardStatic *.css\n</Directory>",
            &[
                ("/plain/x.tmpl", File),
                ("/plain/docs/x.tmpl", NOT_TYPE),
                ("/plain/docs/x.log", NOT_TYPE),
                ("/plain/docs/x.css", File),
                ("/plain/docs/deep/x.tmpl", NOT_TYPE),
            ],
        ),
        (
            "<Directory \"@SITE@/plain/docs\">\nPyGuardProtect On\n</Directory>",
            &[("/plain/docs/x.css", Denied(404, "PG020"))],
        ),
        (
            "<Directory \"@SITE@/python\">\nPyGuardProtect Off\n</Directory>",
            &[("/python/x.tmpl", File), ("/python/x.py", NOT_SOURCE)],
        ),
        (
            "<Directory \"@SITE@/python\">\nPyGuardProtect Off\n</Directory>\n<Directory \"@SITE@/python/inner\">\nPyGuardProtect Auto\n</Directory>",
            &[("/python/x.tmpl", File), ("/python/inner/x.tmpl", NOT_TYPE)],
        ),
    ]);
}

#[test]
fn status() {
    run(&[
        ("PyGuardStatus 404", &[("/plain/x.py", NOT_SOURCE)]),
        (
            "PyGuardStatus 403",
            &[
                ("/plain/x.py", Denied(403, "PG017")),
                ("/plain/x.css", File),
            ],
        ),
        (
            "PyGuardStatus 403\n<Directory \"@SITE@/plain/docs\">\nPyGuardStatus 404\n</Directory>",
            &[
                ("/plain/x.py", Denied(403, "PG017")),
                ("/plain/docs/x.py", NOT_SOURCE),
            ],
        ),
    ]);
}

/// With 403 too, an existing file and a missing one look the same.
#[test]
fn status_403_does_not_tell_what_exists() {
    let mut server = Server::start_with(&options("PyGuardStatus 403"), prepare);
    for method in ["GET", "HEAD", "POST"] {
        let there = server.send(method, "/plain/x.py", &[]);
        let missing = server.send(method, "/plain/nothing.py", &[]);
        assert_eq!(there.status, 403);
        assert_eq!(there.timeless(), missing.timeless(), "{method}");
    }
    server.expect_log("PG017: ");
    server.finish();
}

#[test]
fn virtual_hosts() {
    let extra = "PyGuardStatus 403\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName one.example\n</VirtualHost>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName two.example\nPyGuard Off\n</VirtualHost>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName three.example\nPyGuardStatus 404\nPyGuardDeny -backup -editor\n</VirtualHost>";
    let mut server = Server::start_with(&options(extra), prepare);
    for (host, target, status) in [
        ("one.example", "/plain/x.py", 403),
        ("two.example", "/plain/x.py", 200),
        ("three.example", "/plain/x.py", 404),
        ("three.example", "/plain/x.txt~", 200),
        ("one.example", "/plain/x.txt~", 403),
    ] {
        let answer = server.send("GET", target, &[("Host", host)]);
        assert_eq!(answer.status, status, "{host} {target}");
    }
    assert_eq!(server.expect_log("PG017: ").len(), 2);
    assert_eq!(server.expect_log("PG018: ").len(), 1);
    server.finish();
}

/// Detect changes nothing: not for what falls through, not for an index, not for PSP or the test page.
#[test]
fn detect_changes_nothing() {
    let options = Options {
        scenario: "site",
        extra: "PyGuard Detect\n<Location /test>\nSetHandler mod_python\nPythonHandler mod_python.testhandler\n</Location>".to_owned(),
        ..Options::default()
    };
    let open = Options {
        guarded: false,
        careless: true,
        extra: options.extra.replace("PyGuard Detect\n", ""),
        ..options.clone()
    };
    const ROWS: &[(&str, &str)] = &[
        ("/news/draft.html", "PG020"),
        ("/shop/", "PG016"),
        ("/files/", ""),
        ("/pages/hello.psp_", "PG011"),
        ("/showcase/models.py", "PG011"),
        ("/settings.py", "PG017"),
        ("/backup.sql", "PG015"),
        ("/.git/config", "PG015"),
        ("/nothing.sql", "PG015"),
    ];
    let mut server = Server::start(&open);
    let before: Vec<_> = ROWS.iter().map(|(target, _)| server.get(target)).collect();
    server.start_again(&options);
    server.take_log();
    let mut failures = Vec::new();
    for ((target, tag), before) in ROWS.iter().zip(&before) {
        let after = server.get(target);
        let lines = server.take_log();
        if after.timeless() != before.timeless() {
            failures.push(format!(
                "{target}: {} became {}",
                brief(before),
                brief(&after)
            ));
        }
        let fits = match *tag {
            "" => lines.is_empty(),
            tag => lines.len() == 1 && lines[0].contains(&format!("{tag}: would deny ")),
        };
        if !fits {
            failures.push(format!("{target} is not {tag}: {lines:?}"));
        }
    }
    assert_eq!(server.get("/test").status, 200);
    server.expect_log("PG023: would deny ");
    server.expect_log("PG022: would apply the rules");
    server.finish();
    report(&failures);
}

/// No .htaccess can weaken the module.
#[test]
fn not_in_htaccess() {
    for directive in [
        "PyGuard Off",
        "PyGuardDeny None",
        "PyGuardExempt *",
        "PyGuardProtect Off",
        "PyGuardStatic *",
        "PyGuardStatus 403",
        "PyGuardDebugFrom 0.0.0.0/0",
        "PyGuardDebugProxy 0.0.0.0/0",
    ] {
        let mut server = Server::start_with(&options(""), |server| {
            prepare(server);
            server.write("plain/.htaccess", directive.as_bytes());
        });
        let answer = server.get("/plain/x.py");
        assert!(
            answer.status == 500 && !answer.contains("the content"),
            "{directive}: {}",
            brief(&answer)
        );
        let line = server.expect_log("not allowed here").remove(0);
        let name = directive.split(' ').next().unwrap();
        assert!(line.contains(name), "{line}");
        server.finish();
    }
}

#[test]
fn bad_configuration() {
    let mut failures = Vec::new();
    let all = bad_configurations();
    assert!(all.len() >= 10);
    for bad in all {
        let (ok, said) = config_test(&Options {
            extra: bad.text,
            ..Options::default()
        });
        if ok {
            failures.push(format!("{} is accepted", bad.name));
        }
        for part in bad
            .expected
            .iter()
            .map(String::as_str)
            .chain(["httpd.conf:", " on line "])
        {
            if !said.contains(part) {
                failures.push(format!("{}: no {part:?} in {said:?}", bad.name));
            }
        }
    }
    report(&failures);
}

/// The checks of mod_python's own directives stay mod_python's: a wrong one is refused, a right one not.
#[test]
fn directives_of_mod_python() {
    for (line, accepted) in [
        ("PythonDebug On", true),
        ("PythonDebug maybe", false),
        ("PythonInterpreter", false),
        ("PythonInterpreter a b", false),
        ("PythonAutoReload Off", true),
        ("PythonOption one", true),
        ("PythonOption one two three", false),
        ("<Directory />\nPythonTransHandler x\n</Directory>", false),
        (
            "<Directory />\nPythonPostReadRequestHandler x\n</Directory>",
            false,
        ),
        ("<Directory />\nPythonHandler x | .y\n</Directory>", true),
        ("<Location />\nPythonAccessHandler x\n</Location>", true),
        ("PythonConnectionHandler x", true),
        ("PythonNonsense x", false),
    ] {
        let [with, without] = [true, false].map(|guarded| {
            config_test(&Options {
                guarded,
                extra: line.to_owned(),
                ..Options::default()
            })
        });
        assert_eq!(
            without.0, accepted,
            "{line} without the module: {}",
            without.1
        );
        assert_eq!(with.0, accepted, "{line} with the module: {}", with.1);
    }
}

/// The module's place among the `LoadModule` lines does not matter.
#[test]
fn loaded_before_mod_python() {
    let extra = "LoadModule python_module \"@LIBEXEC@/mod_python.so\"\n\
        <Directory \"@SITE@/shop\">\nAddHandler mod_python .py\nPythonHandler mod_python.publisher\nPythonDebug On\nOptions +Indexes\n</Directory>\n\
        <Directory \"@SITE@/news\">\nSetHandler mod_python\nPythonHandler newsroom\n</Directory>";
    let mut server = Server::start(&Options {
        engine: Engine::Neither,
        extra: extra.to_owned(),
        ..Options::default()
    });
    assert_eq!(server.get("/shop/index.py").status, 200);
    assert_eq!(server.get("/news/draft.html").status, 404);
    server.expect_log("PG020: ");
    assert_eq!(server.get("/shop/").status, 404);
    server.expect_log("PG016: ");
    let answer = server.get("/shop/index.py/fail");
    assert!(
        answer.status == 500 && !answer.contains("SECRET-"),
        "{}",
        brief(&answer)
    );
    server.expect_log("SECRET-shop-exception");
    server.allow_log("PythonHandler");
    server.finish();
}
