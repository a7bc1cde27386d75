//! R03 and R13: the environment steers neither Python nor what it starts, and no bytecode is written.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::harness::{Mpm, ONE_PROCESS, Options, Response, Server};
use crate::hazard::{Hazard, brief, check, get, report};

/// What the README promises.
const FIXED: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const HANDLERS: &str = r#"
import os
import sys
from mod_python import apache


def handler(req):
    """What a request hands to the programs that it starts."""
    req.add_common_vars()
    return say(req, req.subprocess_env["PATH"])


def process(req):
    return say(req, os.environ.get("PATH", "none"))


def children(req):
    """What programs get without further ado, and which one is found."""
    return say(req, os.popen("echo $PATH; tool 2>/dev/null").read())


def cgi(req):
    req.add_cgi_vars()
    return say(req, req.subprocess_env["PATH"])


def poison(req):
    os.environ["PATH"] = "@ROOT@/outside/evil:/usr/bin:/bin"
    return say(req, "done")


def poison_again(req):
    os.environ["PATH"] = "/usr/bin:/bin:@ROOT@/outside/evil"
    return say(req, "done")


def variables(req):
    return say(req, " ".join(sorted(n for n in os.environ if n.startswith("PYTHON"))))


def prefix(req):
    return say(req, sys.prefix)


def say(req, text):
    req.content_type = "text/plain"
    req.write(text)
    return apache.OK
"#;

/// A PATH that a request must not get; the program in it is called `tool`.
const EVIL: &str = "/tmp/SECRET-path:/usr/bin:/bin";

const SECTIONS: &str = r#"
# modules: cgi include rewrite
PythonPath "sys.path + ['@ROOT@/outside']"
<Directory "@SITE@/env">
    Options +ExecCGI +Includes
    AddHandler cgi-script .cgi
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
    <FilesMatch "\.(request|cgivars|process|children|poison|again|variables|prefix)$">
        SetHandler mod_python
    </FilesMatch>
    PythonHandler surroundings | .request
    PythonHandler surroundings::cgi | .cgivars
    PythonHandler surroundings::process | .process
    PythonHandler surroundings::children | .children
    PythonHandler surroundings::poison | .poison
    PythonHandler surroundings::poison_again | .again
    PythonHandler surroundings::variables | .variables
    PythonHandler surroundings::prefix | .prefix
</Directory>
<Directory "@SITE@/env/script">
    <Files "*.py">
        SetHandler mod_python
    </Files>
    PythonHandler mod_python.cgihandler
</Directory>
<Directory "@SITE@/env/other">
    PythonInterpreter other
</Directory>
"#;

/// Where each way to set a variable is used.
const WAYS: &[(&str, &str)] = &[
    ("setenv", "SetEnv PATH /tmp/SECRET-path:/usr/bin:/bin"),
    (
        "setenvif",
        "SetEnvIf Request_URI . PATH=/tmp/SECRET-path:/usr/bin:/bin",
    ),
    (
        "rewrite",
        "RewriteEngine On\nRewriteRule . - [E=PATH:/tmp/SECRET-path:/usr/bin:/bin]",
    ),
];

fn options() -> Options {
    Options {
        extra: [SECTIONS, ONE_PROCESS].concat(),
        ..Options::default()
    }
}

fn install(server: &Server) {
    let handlers = server.fill_in(HANDLERS);
    server.write("../outside/surroundings.py", handlers.as_bytes());
    program(server, "../outside/evil/tool", "echo SECRET-tool");
    pages(server, "plain");
    pages(server, "other");
    for (name, directive) in WAYS {
        pages(server, name);
        server.write(&format!("env/{name}/.htaccess"), directive.as_bytes());
    }
    for (directory, name) in [("script", "x"), ("script/setenv", "y")] {
        server.write(
            &format!("env/{directory}/{name}.py"),
            b"import os\nprint('Content-Type: text/plain\\n')\nprint(os.environ['PATH'])\n",
        );
    }
    server.write("env/script/setenv/.htaccess", WAYS[0].1.as_bytes());
}

fn pages(server: &Server, place: &str) {
    for name in [
        "request",
        "cgivars",
        "process",
        "children",
        "poison",
        "again",
        "variables",
        "prefix",
    ] {
        server.write(&format!("env/{place}/x.{name}"), b"a file");
    }
    program(
        server,
        &format!("env/{place}/x.cgi"),
        "echo Content-Type: text/plain; echo; echo $PATH",
    );
    server.write(
        &format!("env/{place}/x.shtml"),
        b"<!--#exec cmd=\"echo $PATH\" -->",
    );
}

fn program(server: &Server, name: &str, does: &str) {
    server.write(name, format!("#!/bin/sh\n{does}\n").as_bytes());
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(server.site(name), executable).expect("a program");
}

fn started_with(variables: &[(&str, &str)]) -> Options {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Options {
        environment: variables.iter().map(own).collect(),
        ..options()
    }
}

const fn shows<'a>(target: &'a str, shows: &'a str) -> Hazard<'a> {
    Hazard {
        status: 200,
        ..get(target, shows, &[])
    }
}

// The process.

/// The PATH of the shell from which httpd was started is not that of what Python starts.
#[test]
fn the_path_of_whoever_starts_httpd() {
    let path = "/usr/sbin:/usr/bin:/sbin:/bin:@ROOT@/outside/evil:/SECRET-shell";
    let rows = [
        shows("/env/plain/x.process", "/SECRET-shell"),
        shows("/env/plain/x.children", "SECRET-tool"),
        shows("/env/plain/x.request", "/SECRET-shell"),
        shows("/env/plain/x.cgi", "/SECRET-shell"),
        shows("/env/plain/x.shtml", "/SECRET-shell"),
    ];
    check(&started_with(&[("PATH", path)]), &rows, install);

    let mut server = Server::start_with(&started_with(&[("PATH", path)]), install);
    for _ in 0..2 {
        for name in ["process", "request", "cgivars", "cgi", "shtml", "children"] {
            let answer = server.get(&format!("/env/plain/x.{name}"));
            assert_eq!(answer.text().trim_end(), FIXED, "{name}");
        }
        server.graceful();
    }
    let mut options = started_with(&[("PATH", path)]);
    options.extra += "PyGuardPath /opt/own/bin:/usr/bin:/bin";
    server.start_again(&options);
    for name in ["process", "request", "cgi", "children"] {
        let answer = server.get(&format!("/env/plain/x.{name}"));
        assert_eq!(
            answer.text().trim_end(),
            "/opt/own/bin:/usr/bin:/bin",
            "{name}"
        );
    }
    for (extra, lines) in [
        ("PyGuardEnv Leave", 0),
        ("PyGuard Off", 0),
        ("PyGuard Detect", 0),
    ] {
        let mut options = started_with(&[("PATH", path)]);
        options.extra += extra;
        server.start_again(&options);
        for name in ["process", "request", "cgi", "children"] {
            let answer = server.get(&format!("/env/plain/x.{name}"));
            assert!(
                answer.contains("/SECRET-shell"),
                "{extra}: {name}: {}",
                brief(&answer)
            );
        }
        assert_eq!(server.take_log().len(), lines);
    }
    server.finish();
}

/// A program that Python runs by itself at its start, as root where httpd is started by root.
const SITECUSTOMIZE: &[u8] = b"import os\n\
    try:\n    \
        with open(os.path.dirname(os.path.abspath(__file__)) + '/../../run/ran', 'a') as trace:\n        \
            trace.write('%d\\n' % os.getuid())\n\
    except OSError:\n    pass  # Not root, in the children.\n";

/// Who ran it; removes the trace.
fn ran(server: &Server) -> Option<String> {
    let trace = server.path("run/ran");
    let uids = std::fs::read_to_string(&trace).ok()?;
    std::fs::remove_file(&trace).expect("the trace can be removed");
    Some(uids.lines().next().unwrap_or_default().to_owned())
}

fn own_uid() -> String {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self")
        .expect("/proc")
        .uid()
        .to_string()
}

fn unguarded(options: &Options) -> Options {
    Options {
        guarded: false,
        careless: true,
        ..options.clone()
    }
}

const PYTHONPATH: (&str, &str) = ("PYTHONPATH", "@ROOT@/outside/evil");

#[test]
fn pythonpath_runs_nothing_as_root() {
    let prepare = |server: &Server| {
        install(server);
        server.write("../outside/evil/sitecustomize.py", SITECUSTOMIZE);
    };
    let options = started_with(&[PYTHONPATH]);
    let server = Server::start_with(&unguarded(&options), prepare);
    assert_eq!(ran(&server), Some(own_uid()), "the hazard does not show");
    server.finish();

    let mut server = Server::start_with(&options, prepare);
    for _ in 0..2 {
        assert!(!server.get("/env/plain/x.variables").contains("PYTHONPATH"));
        assert!(!server.get("/env/other/x.variables").contains("PYTHONPATH"));
        assert_eq!(ran(&server), None);
        server.graceful();
    }
    // Once, not at each reading of the configuration.
    let lines = server.expect_log("PG003: ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("PYTHONPATH") && !lines[0].contains("evil"),
        "{lines:?}"
    );
    for extra in ["PyGuardEnv Leave", "PyGuard Off", "PyGuard Detect"] {
        let mut with = options.clone();
        with.extra += extra;
        server.start_again(&with);
        assert_eq!(ran(&server), Some(own_uid()), "{extra}");
        let answer = server.get("/env/plain/x.variables");
        assert!(answer.contains("PYTHONPATH"), "{extra}: {}", brief(&answer));
        let lines = server.take_log();
        assert_eq!(
            lines.len(),
            usize::from(extra == "PyGuard Detect"),
            "{lines:?}"
        );
        assert!(
            lines
                .iter()
                .all(|line| line.contains("PG003: ") && line.contains("would")),
            "{lines:?}"
        );
    }
    server.finish();
}

/// The first python3 on PATH says where Python's library is.
#[test]
fn path_chooses_no_library() {
    let prepare = |server: &Server| {
        install(server);
        let output = Command::new("/usr/bin/python3")
            .args(["-c", "import os; print(os.path.dirname(os.__file__))"])
            .output()
            .expect("/usr/bin/python3");
        let library = String::from_utf8(output.stdout).expect("a path");
        let library = Path::new(library.trim());
        let above = server.path("outside/evil/lib");
        let own = above.join(library.file_name().expect("a name"));
        server.write("../outside/evil/lib/.keep", b"");
        std::fs::create_dir(&own).expect("a directory");
        for entry in std::fs::read_dir(library).expect("Python's library") {
            let entry = entry.expect("an entry");
            if entry.file_name() != "sitecustomize.py" {
                symlink(entry.path(), own.join(entry.file_name())).expect("a link");
            }
        }
        symlink(library.with_file_name("python3"), above.join("python3")).expect("a link");
        let name = own.join("sitecustomize.py");
        let evil =
            String::from_utf8_lossy(SITECUSTOMIZE).replace("/../../run/", "/../../../../run/");
        std::fs::write(name, evil).expect("a file");
        program(server, "../outside/evil/bin/python3", "exit 1");
    };
    let options = started_with(&[(
        "PATH",
        "@ROOT@/outside/evil/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    )]);
    let server = Server::start_with(&unguarded(&options), prepare);
    let answer = server.get("/env/plain/x.prefix");
    assert!(
        answer.text().ends_with("/outside/evil") && ran(&server) == Some(own_uid()),
        "the hazard does not show: {}",
        brief(&answer)
    );
    server.finish();

    let server = Server::start_with(&options, prepare);
    assert_eq!(server.get("/env/plain/x.prefix").text(), "/usr");
    assert_eq!(ran(&server), None);
    server.finish();
}

/// Each variable is reported by its name; what does not steer an interpreter stays.
#[test]
fn which_variables_go() {
    const STEER: &[(&str, &str)] = &[
        ("PYTHONPATH", "/SECRET-value"),
        ("PYTHONSTARTUP", "/SECRET-value"),
        ("PYTHONWARNINGS", "ignore"),
        ("PYTHONUSERBASE", "/SECRET-value"),
        ("PYTHONHASHSEED", "4711"),
        ("PYTHONOPTIMIZE", "1"),
        ("PYTHONINSPECT", "1"),
        ("PYTHONBREAKPOINT", "os.abort"),
        ("PYTHONPYCACHEPREFIX", "/SECRET-value"),
    ];
    const STAY: &[(&str, &str)] = &[
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONIOENCODING", "utf-8"),
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONUTF8", "0"),
        ("PYTHON_EGG_CACHE", "/tmp/eggs"),
    ];
    let all = [STEER, STAY].concat();
    let mut stay: Vec<&str> = STAY.iter().map(|(name, _)| *name).collect();
    stay.sort_unstable();
    let mut every: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    every.sort_unstable();

    let server = Server::start_with(&unguarded(&started_with(&all)), install);
    assert_eq!(server.get("/env/plain/x.variables").text(), every.join(" "));
    server.finish();

    let mut server = Server::start_with(&started_with(&all), install);
    for _ in 0..2 {
        assert_eq!(server.get("/env/plain/x.variables").text(), stay.join(" "));
        server.graceful();
    }
    assert!(!server.whole_log().contains("SECRET-value"));
    let lines = server.expect_log("PG003: ");
    assert_eq!(lines.len(), STEER.len(), "{lines:?}");
    for (name, _) in STEER {
        let named = |line: &&String| line.split([' ', ',']).any(|word| word == *name);
        assert_eq!(lines.iter().filter(named).count(), 1, "{name}: {lines:?}");
    }
    server.finish();
}

/// PYTHONHOME without a library in it ends httpd at its start.
#[test]
fn pythonhome_does_not_stop_the_server() {
    let mut options = started_with(&[("PYTHONHOME", "@ROOT@/outside")]);
    // The daemon of mod_cgid would outlive a start that fails.
    options.extra = options.extra.replace("# modules: cgi include rewrite", "");
    let mut server = Server::start(&unguarded(&Options::default()));
    let failed = server.try_again(&unguarded(&options)).is_err();
    server.finish();
    assert!(failed, "the hazard does not show");

    let mut server = Server::start_with(&options, install);
    assert_eq!(server.get("/env/plain/x.prefix").text(), "/usr");
    assert!(server.expect_log("PG003: ")[0].contains("PYTHONHOME"));
    server.finish();
}

// A request.

#[test]
fn no_htaccess_sets_the_path() {
    let mut names = Vec::new();
    for (way, _) in WAYS {
        for name in ["request", "cgivars", "cgi", "shtml"] {
            names.push(format!("/env/{way}/x.{name}"));
        }
    }
    names.push("/env/script/setenv/y.py".to_owned());
    let rows: Vec<Hazard<'_>> = names
        .iter()
        .map(|name| shows(name, "SECRET-path"))
        .collect();
    check(&options(), &rows, install);

    let server = Server::start_with(&options(), install);
    let mut failures = Vec::new();
    for name in names
        .iter()
        .map(String::as_str)
        .chain(["/env/script/x.py", "/env/plain/x.cgi"])
    {
        let answer = server.get(name);
        if answer.text().trim_end() != FIXED {
            failures.push(format!("{name}: {}", brief(&answer)));
        }
    }
    server.finish();
    report(&failures);
}

#[test]
fn the_path_is_per_directory() {
    let mut options = options();
    options.extra += "
<Directory \"@SITE@/env/setenv\">
    PyGuardPath /opt/own/bin:/usr/bin:/bin
</Directory>
<Directory \"@SITE@/env/setenvif\">
    PyGuardEnv Leave
</Directory>
<Directory \"@SITE@/env/rewrite\">
    PyGuard Detect
</Directory>
";
    let server = Server::start_with(&options, install);
    for name in ["request", "cgivars", "cgi", "shtml"] {
        for (place, path) in [
            ("plain", FIXED),
            ("setenv", "/opt/own/bin:/usr/bin:/bin"),
            ("setenvif", EVIL),
            ("rewrite", EVIL),
        ] {
            let answer = server.get(&format!("/env/{place}/x.{name}"));
            assert_eq!(answer.text().trim_end(), path, "{place}/{name}");
        }
    }
    server.finish();
}

// Between applications.

/// Asks until the answer is as wanted: where there are threads, the process is looked at once a second.
fn soon(server: &Server, target: &str, wanted: impl Fn(&Response) -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(3);
    while !wanted(&server.get(target)) {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(100));
    }
    true
}

#[test]
fn one_application_does_not_set_it_for_all() {
    let others = "/env/other/x.children";
    let server = Server::start_with(&unguarded(&options()), install);
    assert!(!server.get(others).contains("SECRET-tool"));
    server.get("/env/plain/x.poison");
    assert!(
        server.get(others).contains("SECRET-tool"),
        "the hazard does not show"
    );
    server.finish();

    let threaded = Mpm::chosen().threaded();
    let mut server = Server::start_with(&options(), install);
    assert!(!server.get(others).contains("SECRET-tool"));
    for name in ["poison", "again"] {
        server.get(&format!("/env/plain/x.{name}"));
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(3);
        while lines.is_empty() && Instant::now() < deadline {
            let answer = server.get(others);
            // Only a process with one thread can take it back.
            assert_eq!(
                answer.contains("SECRET-tool"),
                threaded,
                "{name}: {}",
                brief(&answer)
            );
            lines = server.take_log();
            thread::sleep(Duration::from_millis(100));
        }
        // Once for each change.
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_millis(1300) {
            server.get(others);
            thread::sleep(Duration::from_millis(100));
        }
        lines.extend(server.take_log());
        assert!(
            lines.len() == 1 && lines[0].contains("PG003: "),
            "{name}: {lines:?}"
        );
    }
    server.finish();

    let mut detect = options();
    detect.extra += "PyGuard Detect";
    let mut server = Server::start_with(&detect, install);
    server.get(others);
    server.get("/env/plain/x.poison");
    assert!(soon(&server, others, |answer| answer.contains("SECRET-tool")));
    let deadline = Instant::now() + Duration::from_secs(3);
    let mut lines = Vec::new();
    while lines.is_empty() && Instant::now() < deadline {
        assert!(server.get(others).contains("SECRET-tool"));
        lines = server.take_log();
        thread::sleep(Duration::from_millis(100));
    }
    assert!(
        lines.len() == 1 && lines[0].contains("PG003: ") && lines[0].contains("would"),
        "{lines:?}"
    );
    server.finish();
}

// R13.

/// Whether Python writes bytecode beside a module, in a directory where httpd may write.
fn writes_bytecode(server: &Server, name: &str) -> bool {
    assert_eq!(
        server.get(&format!("/bytecode/{name}/x")).text(),
        "here",
        "{name}"
    );
    server
        .site(&format!("bytecode/{name}/__pycache__"))
        .exists()
}

#[test]
fn no_bytecode_is_written() {
    let places = ["first", "second", "third"];
    let prepare = |server: &Server| {
        for name in places {
            server.write(
                &format!("bytecode/{name}/here_{name}.py"),
                b"from mod_python import apache\ndef handler(req):\n    req.write('here')\n    return apache.OK\n",
            );
            server.give_to_httpd(&format!("bytecode/{name}"));
        }
    };
    let section = |name: &str| {
        format!(
            "<Directory \"@SITE@/bytecode/{name}\">\nSetHandler mod_python\nPythonHandler here_{name}\n</Directory>\n"
        )
    };
    let sections: String = places.map(section).concat();
    let own = ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned());
    let mut failures = Vec::new();
    for (guarded, extra, own, written) in [
        (false, "", None, true),
        (true, "", None, false),
        (true, "PyGuardBytecode On", None, true),
        (true, "PyGuardBytecode On", Some(&own), false),
        (true, "PyGuardBytecode Off", Some(&own), false),
        (true, "PyGuard Off", None, true),
        (true, "PyGuard Detect", None, true),
        (true, "PyGuardEnv Leave", None, false),
        (false, "", Some(&own), false),
    ] {
        let options = Options {
            guarded,
            extra: format!("{sections}{extra}"),
            environment: own.into_iter().cloned().collect(),
            ..Options::default()
        };
        let mut server = Server::start_with(&options, prepare);
        let mut found = vec![writes_bytecode(&server, "first")];
        if guarded {
            server.graceful();
            found.push(writes_bytecode(&server, "second"));
        }
        if found.iter().any(|found| *found != written) {
            failures.push(format!(
                "guarded {guarded}, {extra:?}, {own:?}: {found:?}, not {written}"
            ));
        }
        server.finish();
    }
    report(&failures);
}

/// mod_ext_filter starts its program with the variables of the request.
#[test]
fn nor_that_of_a_filter() {
    let mut options = options();
    options.extra += "
# modules: ext_filter
ExtFilterDefine path mode=output cmd=@ROOT@/outside/path
<Directory \"@SITE@/filtered\">
    AddOutputFilter path .txt
</Directory>
";
    let prepare = |server: &Server| {
        install(server);
        program(
            server,
            "../outside/path",
            "/bin/cat >/dev/null; echo \"$PATH\"",
        );
        server.write("filtered/plain/x.txt", b"a text");
        for (way, directive) in WAYS {
            server.write(&format!("filtered/{way}/x.txt"), b"a text");
            server.write(&format!("filtered/{way}/.htaccess"), directive.as_bytes());
        }
    };
    let targets: Vec<String> = WAYS
        .iter()
        .map(|(way, _)| format!("/filtered/{way}/x.txt"))
        .collect();
    let rows: Vec<Hazard<'_>> = targets
        .iter()
        .map(|target| shows(target, "SECRET-path"))
        .collect();
    check(&options, &rows, prepare);
    let server = Server::start_with(&options, prepare);
    for target in targets
        .iter()
        .map(String::as_str)
        .chain(["/filtered/plain/x.txt"])
    {
        assert_eq!(server.get(target).text().trim_end(), FIXED, "{target}");
    }
    server.finish();
}

/// A log that grows with each request is a hazard, too.
#[test]
fn what_changes_always_is_not_said_always() {
    let mut options = options();
    options.extra += "
<Directory \"@SITE@/longer\">
    SetHandler mod_python
    PythonHandler longer
</Directory>
";
    let mut server = Server::start_with(&options, |server| {
        install(server);
        server.write("longer/x", b"a file");
        server.write(
            "../outside/longer.py",
            b"import os\nfrom mod_python import apache\n\n\
              def handler(req):\n    os.environ['PATH'] += ':/opt/x'\n    req.write('longer')\n    return apache.OK\n",
        );
    });
    // Within one minute of the clock.
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("the time");
    if since.as_secs() % 60 >= 45 {
        thread::sleep(Duration::from_secs(60 - since.as_secs() % 60));
    }
    let started = Instant::now();
    // Where there are threads, the process is looked at once a second.
    while started.elapsed() < Duration::from_secs(9) {
        for _ in 0..20 {
            assert_eq!(server.get("/longer/x").text(), "longer");
        }
        thread::sleep(Duration::from_millis(500));
    }
    let lines = server.expect_log("PG003: ");
    assert!(lines.len() <= 5, "{lines:?}");
    server.finish();
}
