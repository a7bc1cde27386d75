//! R22: a handler that is named in a `<Location>` does not put the directory's rules aside, and sees
//! what it always saw.

use std::collections::BTreeMap;

use crate::harness::{Options, Response, Server, request};
use crate::hazard::{Ask, Hazard, brief, check, report};

/// The handlers. Outside of the site, so that a module in a document root is nobody's concern.
const HANDLERS: &str = r#"
from mod_python import apache

NOT_THE_SAME_TWICE = ("PATH", "REDIRECT_PATH", "REMOTE_PORT")


def secret(req):
    req.content_type = "text/plain"
    req.write("SECRET-location")
    return apache.OK


def agrees(req):
    return apache.OK


def refuses(req):
    return apache.HTTP_FORBIDDEN


def asks(req):
    """Authentication that nobody passes."""
    return apache.HTTP_UNAUTHORIZED


def names_a_file(req):
    req.filename = req.document_root() + "/loc/named.txt"
    return apache.OK


def note(req):
    """Writes down what each phase sees."""
    seen = (req.phase, req.filename, req.canonical_filename, req.path_info, req.finfo.filetype)
    req.notes["phases"] = req.notes.get("phases", "") + "\n  %a" % (seen,)
    return apache.OK


def handler(req):
    if req.uri.endswith("/forward"):
        req.internal_redirect("/app/forwarded/to?x=1")
        return apache.OK
    req.content_type = "text/plain"
    lines = ["phases: " + req.notes.get("phases", "none")]
    for name in ("filename", "canonical_filename", "path_info", "uri", "unparsed_uri", "args", "the_request",
                 "hostname", "handler", "interpreter", "status", "user", "ap_auth_type", "parsed_uri",
                 "used_path_info", "assbackwards"):
        lines.append("%s=%r" % (name, getattr(req, name)))
    # Of a file that is not there, httpd leaves the names undefined: mod_python does not survive a look.
    names = ("fname", "name") if req.finfo.filetype or not req.filename else ()
    finfo = [getattr(req.finfo, n) for n in ("filetype", "size") + names]
    lines.append("finfo=%r" % (finfo,))
    hlist = req.hlist
    lines.append("hlist=%r" % ((hlist.handler, hlist.directory, hlist.is_location, hlist.silent),))
    lines.append("document_root=%r" % req.document_root())
    lines.append("options=%r" % sorted(req.get_options().items()))
    config = sorted(i for i in req.get_config().items() if i[0] != "PythonDebug")
    lines.append("config=%r" % config)
    req.add_common_vars()
    lines.append("common:" + environment(req.subprocess_env))
    req.add_cgi_vars()
    lines.append("cgi:" + environment(req.subprocess_env))
    req.write("\n".join(lines) + "\n")
    return apache.OK


def environment(table):
    return "".join("\n  %s=%r" % i for i in sorted(table.items()) if i[0] not in NOT_THE_SAME_TWICE)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    shown = {n: v for n, v in environ.items() if n not in ("wsgi.input", "wsgi.errors")}
    return [("wsgi:" + environment(shown) + "\n").encode()]
"#;

const PATH: &str = "PythonPath \"sys.path + ['@ROOT@/outside']\"\n";

fn install(server: &Server) {
    server.write("../outside/seen.py", HANDLERS.as_bytes());
}

/// Sections with a handler that must not run.
fn secrets(locations: &[&str]) -> String {
    let section = |path: &&str| {
        format!(
            "<Location \"{path}\">\nSetHandler mod_python\nPythonHandler seen::secret\n</Location>\n"
        )
    };
    locations.iter().map(section).collect()
}

const RULES: &str = r#"
# modules: auth_basic authn_file authz_user
<Directory "@SITE@/loc/closed">
    Require all denied
</Directory>
<Directory "@SITE@/loc/files">
    <Files "*.page">
        Require all denied
    </Files>
    <FilesMatch "\.sheet$">
        Require all denied
    </FilesMatch>
</Directory>
<Files "everywhere.page">
    Require all denied
</Files>
<DirectoryMatch "/loc/number[0-9]+">
    Require all denied
</DirectoryMatch>
<Directory "@SITE@/loc/address">
    Require ip 192.0.2.1
</Directory>
<Directory "@SITE@/loc/condition">
    <If "%{QUERY_STRING} == 'shut'">
        Require all denied
    </If>
</Directory>
<Directory "@SITE@/loc/python">
    PythonAccessHandler seen::refuses
</Directory>
<Directory "@SITE@/loc/outer/inner">
    Require all denied
</Directory>
<LocationMatch "^/loc/match/.*\.do$">
    SetHandler mod_python
    PythonHandler seen::secret
</LocationMatch>
<Location ~ "^/loc/tilde">
    SetHandler mod_python
    PythonHandler seen::secret
</Location>
<Location "/loc/outer/inner">
    PythonOption area inner
</Location>
<Location "/loc/access">
    PythonAccessHandler seen::agrees
</Location>
<Location "/loc/authen">
    PythonAuthenHandler seen::asks
</Location>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName host.example
    DocumentRoot "@SITE@/loc/host"
    <Directory "@SITE@/loc/host/closed">
        Require all denied
    </Directory>
    <Location "/">
        SetHandler mod_python
        PythonHandler seen::secret
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName shut.example
    DocumentRoot "@SITE@/loc/shut"
    <Location "/app">
        SetHandler mod_python
        PythonHandler seen::secret
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName trans.example
    PythonTransHandler seen::agrees
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName debug.example
    PythonDebug On
</VirtualHost>
"#;

fn rules() -> Options {
    let locations = [
        "/loc/closed",
        "/loc/files",
        "/loc/number1",
        "/loc/address",
        "/loc/condition",
        "/loc/python",
        "/loc/htaccess",
        "/loc/basic",
        "/loc/htaddress",
        "/loc/named",
        "/loc/parent/a/b",
        "/loc/below",
        "/loc/f*match/*",
        "/loc/outer",
        "/loc/access",
        "/loc/authen",
    ];
    Options {
        extra: [PATH, RULES, &secrets(&locations)].concat(),
        ..Options::default()
    }
}

fn prepare_rules(server: &Server) {
    install(server);
    let files: [(&str, &str); 21] = [
        ("closed/page.html", "a page"),
        ("files/a.txt", ""),
        ("files/a.page", ""),
        ("number1/page.html", ""),
        ("address/page.html", ""),
        ("condition/page.html", ""),
        ("python/page.html", ""),
        ("htaccess/.htaccess", "Require all denied"),
        ("htaccess/page.html", ""),
        (
            "basic/.htaccess",
            "AuthType Basic\nAuthName \"staff\"\nAuthUserFile /dev/null\nRequire valid-user",
        ),
        ("htaddress/.htaccess", "Require ip 192.0.2.1"),
        (
            "named/.htaccess",
            "<Files \"page.html\">\nRequire all denied\n</Files>",
        ),
        ("parent/.htaccess", "Require all denied"),
        ("below/a/b/.htaccess", "Require all denied"),
        ("fnmatch/.htaccess", "Require all denied"),
        ("match/.htaccess", "Require all denied"),
        ("tilde/.htaccess", "Require all denied"),
        ("outer/inner/page.html", ""),
        ("access/.htaccess", "Require all denied"),
        (
            "authen/.htaccess",
            "AuthType Marlow\nAuthName \"nobody\"\nRequire valid-user",
        ),
        ("shut/.htaccess", "Require all denied"),
    ];
    for (name, content) in files {
        server.write(&format!("loc/{name}"), content.as_bytes());
    }
    server.write("loc/host/closed/page.html", b"");
}

/// httpd's own lines about a client that it refuses, and about a name that no file can have.
const REFUSED: &[&str] = &["AH01630", "AH00127", "AH00036", "AH01797"];

const fn opens(target: &str, status: u16) -> Hazard<'_> {
    Hazard {
        name: target,
        ask: Ask::Get(target),
        shows: "SECRET-location",
        tags: &[],
        status,
        also: REFUSED,
    }
}

const fn sends<'a>(name: &'a str, ask: Ask<'a>) -> Hazard<'a> {
    Hazard {
        name,
        ask,
        ..opens("", 403)
    }
}

const fn on_host<'a>(target: &'a str, headers: &'a [(&'a str, &'a str)]) -> Hazard<'a> {
    sends(headers[0].1, Ask::Send("GET", target, headers))
}

#[test]
fn the_rules_of_the_directory_apply() {
    let long = format!("/loc/closed/{}", "a".repeat(300));
    let longer = format!("/loc/closed/{}", "ab/".repeat(1500));
    let rows = [
        opens("/loc/closed/nothing", 403),
        opens("/loc/closed/page.html", 403),
        opens("/loc/closed/page.html/more", 403),
        opens("/loc/closed/", 403),
        opens("/loc/closed", 403),
        opens("//loc//closed/page.html", 403),
        opens("/loc/./closed/../closed/page.html", 403),
        opens("/loc/%63losed/page.html", 403),
        opens("/loc/closed/a%20b;c=d?e=f", 403),
        opens(&long, 403),
        opens(&longer, 403),
        sends(
            "POST",
            Ask::Send("POST", "/loc/closed/x", &[("Content-Length", "0")]),
        ),
        sends(
            "PUT",
            Ask::Send("PUT", "/loc/closed/page.html", &[("Content-Length", "0")]),
        ),
        sends("OPTIONS", Ask::Send("OPTIONS", "/loc/closed/x", &[])),
        sends("HTTP/1.0", Ask::Raw("GET /loc/closed/x HTTP/1.0\r\n\r\n")),
        sends(
            "absolute",
            Ask::Raw(
                "GET http://@HOST@/loc/closed/x HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n",
            ),
        ),
        opens("/loc/files/a.page", 403),
        opens("/loc/files/nothing.page", 403),
        opens("/loc/files/nothing.sheet", 403),
        opens("/loc/files/everywhere.page", 403),
        opens("/loc/number1/page.html", 403),
        opens("/loc/address/page.html", 403),
        opens("/loc/condition/page.html?shut", 403),
        opens("/loc/python/page.html", 403),
        opens("/loc/htaccess/page.html", 403),
        opens("/loc/htaccess/nothing", 403),
        opens("/loc/basic/x", 401),
        opens("/loc/htaddress/x", 403),
        opens("/loc/named/page.html", 403),
        opens("/loc/parent/a/b/c", 403),
        opens("/loc/below/a/b/c", 403),
        opens("/loc/fnmatch/x", 403),
        opens("/loc/match/x.do", 403),
        opens("/loc/tilde/x", 403),
        opens("/loc/outer/inner/x", 403),
        opens("/loc/access/x", 403),
        opens("/loc/authen/x", 401),
        on_host("/closed/page.html", &[("Host", "host.example")]),
        on_host("/app/x", &[("Host", "shut.example")]),
        on_host("/loc/closed/x", &[("Host", "trans.example")]),
        on_host("/loc/closed/x", &[("Host", "debug.example")]),
    ];
    check(&rules(), &rows, prepare_rules);
    // The same where mod_python's record is the gate's, and where it is not.
    for extra in [
        "PythonDebug On",
        "PythonDebug On\nPyGuardDebugFrom 127.0.0.1",
    ] {
        let mut options = rules();
        options.extra += extra;
        let mut server = Server::start_with(&options, prepare_rules);
        for row in &rows {
            let answer = row.ask.of(&server);
            assert_eq!(
                answer.status,
                row.status,
                "{extra:?} {}: {}",
                row.name,
                brief(&answer)
            );
        }
        for part in REFUSED {
            server.allow_log(part);
        }
        server.finish();
    }
}

/// Modules that map URLs to files, and that stand after mod_python in httpd's list.
const MAPPERS: &[&str] = &["alias", "userdir", "vhost_alias"];

fn mapped(after: &'static [&'static str]) -> Options {
    let early = if after.is_empty() {
        "# modules: userdir vhost_alias\n"
    } else {
        ""
    };
    let text = r#"
Alias "/aliased" "@ROOT@/outside/aliased"
AliasMatch "^/by/(.*)$" "@ROOT@/outside/aliased/$1"
Alias "/open" "@ROOT@/outside/open"
UserDir "@ROOT@/outside/homes/*/web"
<Directory "@ROOT@/outside/open">
    Require all granted
</Directory>
<Directory "@ROOT@/outside/homes">
    AllowOverride All
    Require all granted
</Directory>
<Directory "@ROOT@/outside/hosts">
    AllowOverride All
    Require all granted
</Directory>
<Location "/open">
    SetHandler mod_python
    PythonHandler seen
</Location>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName many.example
    ServerAlias *.many.example
    VirtualDocumentRoot "@ROOT@/outside/hosts/%1"
</VirtualHost>
"#;
    Options {
        after,
        extra: [
            early,
            PATH,
            text,
            &secrets(&["/aliased", "/by", "/~tom", "/app"]),
        ]
        .concat(),
        ..Options::default()
    }
}

fn prepare_mapped(server: &Server) {
    install(server);
    for (name, content) in [
        ("aliased/page.html", ""),
        ("open/page.html", ""),
        ("homes/tom/web/.htaccess", "Require all denied"),
        ("hosts/one/.htaccess", "Require all denied"),
        ("hosts/two/page.html", ""),
    ] {
        server.write(&format!("../outside/{name}"), content.as_bytes());
    }
}

const MAPPED: &[Hazard<'_>] = &[
    opens("/aliased/page.html", 403),
    opens("/aliased/nothing", 403),
    opens("/by/page.html", 403),
    opens("/~tom/x", 403),
    on_host("/app/x", &[("Host", "one.many.example")]),
];

#[test]
fn behind_an_alias_too() {
    check(&mapped(MAPPERS), MAPPED, prepare_mapped);
}

/// What is mapped before mod_python has a say was never open.
#[test]
fn what_has_a_name_already() {
    for guarded in [false, true] {
        let options = Options {
            guarded,
            ..mapped(&[])
        };
        let mut server = Server::start_with(&options, prepare_mapped);
        for row in MAPPED {
            let answer = row.ask.of(&server);
            assert_eq!(
                answer.status,
                row.status,
                "{}: {}",
                row.name,
                brief(&answer)
            );
        }
        let answer = server.get("/open/page.html");
        let name = server.path("outside/open/page.html").display().to_string();
        assert!(
            answer.contains(&format!("\nfilename='{name}'")),
            "{}",
            answer.text()
        );
        server.expect_log("AH01630");
        server.finish();
    }
}

/// Where it is only looked, and where it is not.
#[test]
fn detect_and_off() {
    let mut options = rules();
    options.extra += "PyGuard Detect";
    let mut server = Server::start_with(&options, prepare_rules);
    for target in [
        "/loc/closed/page.html",
        "/loc/htaccess/nothing",
        "/loc/match/x.do",
    ] {
        assert_eq!(server.get(target).text(), "SECRET-location", "{target}");
        let lines = server.take_log();
        assert!(
            lines.len() == 1 && lines[0].contains("PG022: ") && lines[0].contains("would"),
            "{target}: {lines:?}"
        );
    }
    server.finish();

    let mut options = rules();
    options.extra += "<Location \"/loc/closed\">\nPyGuard Off\n</Location>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName off.example\nPyGuard Off\n</VirtualHost>";
    let mut server = Server::start_with(&options, prepare_rules);
    let off: &[(&str, &str)] = &[("Host", "off.example")];
    for (target, headers) in [
        ("/loc/closed/page.html", &[][..]),
        ("/loc/closed/nothing", off),
        ("/loc/htaccess/page.html", off),
    ] {
        let answer = server.send("GET", target, headers);
        assert_eq!(answer.text(), "SECRET-location", "{target} {headers:?}");
    }
    assert_eq!(server.get("/loc/htaccess/page.html").status, 403);
    server.expect_log("AH01630");
    server.finish();
}

// What must not change.

const KEEP: &str = r#"
# modules: include
<Location "/app">
    SetHandler mod_python
    PythonHandler mod_python.wsgi
    PythonOption mod_python.wsgi.application seen::application
</Location>
<Location "/slash/">
    SetHandler mod_python
    PythonHandler mod_python.wsgi
    PythonOption mod_python.wsgi.application seen::application
</Location>
<Location "/based">
    SetHandler mod_python
    PythonHandler mod_python.wsgi
    PythonOption mod_python.wsgi.application seen::application
    PythonOption mod_python.wsgi.base_uri /based/dir
</Location>
<Location "/seen">
    SetHandler mod_python
    PythonHandler seen
    PythonOption colour green
    PythonInitHandler seen::note
    PythonHeaderParserHandler seen::note
    PythonAccessHandler seen::note
    PythonTypeHandler seen::note
    PythonFixupHandler seen::note
</Location>
<Location "/seen/dir">
    PythonOption shape round
</Location>
<LocationMatch "^/(matched|seen/x)">
    SetHandler mod_python
    PythonHandler seen
    PythonOption matched yes
</LocationMatch>
<Location "/opened">
    Require all granted
    SetHandler mod_python
    PythonHandler seen
</Location>
<Location "/static">
    PythonAccessHandler seen::agrees
</Location>
<Directory "@SITE@/opened">
    Require all denied
</Directory>
<Directory "@SITE@/ssi">
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</Directory>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName main.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName root.example
    <Location "/">
        SetHandler mod_python
        PythonHandler mod_python.wsgi
        PythonOption mod_python.wsgi.application seen::application
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName rootbase.example
    <Location "/">
        SetHandler mod_python
        PythonHandler mod_python.wsgi
        PythonOption mod_python.wsgi.application seen::application
        PythonOption mod_python.wsgi.base_uri /app
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName rootseen.example
    <Location "/">
        SetHandler mod_python
        PythonHandler seen
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName nowhere.example
    DocumentRoot "@ROOT@/nowhere"
    <Location "/">
        SetHandler mod_python
        PythonHandler seen
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName trans.example
    PythonTransHandler seen::agrees
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName named.example
    PythonTransHandler seen::names_a_file
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName postread.example
    PythonPostReadRequestHandler seen::note
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName server.example
    SetHandler mod_python
    PythonHandler seen
</VirtualHost>
"#;

fn prepare_keep(server: &Server) {
    install(server);
    for place in [
        "app", "slash", "based", "seen", "matched", "opened", "static", ".",
    ] {
        server.write(&format!("{place}/real.txt"), b"a file");
        server.write(&format!("{place}/dir/real.txt"), b"a file");
    }
    server.write("loc/named.txt", b"a file");
    server.write(
        "ssi/page.shtml",
        b"<!--#include virtual=\"/app/x/y?z\" -->\n<!--#include virtual=\"/seen/x/y?z\" -->\n\
          <!--#include virtual=\"/seen/real.txt\" -->\n<!--#include virtual=\"/seen/dir\" -->",
    );
}

/// Every request whose answer the module leaves as it is.
fn kept(server: &Server) -> Vec<(String, Vec<u8>)> {
    let long = format!("/{}", "a".repeat(300));
    let long_directory = format!("/{}/real.txt", "a".repeat(256));
    let longer = "/ab".repeat(2000);
    let ends = [
        "",
        "/",
        "/x",
        "/x/y/z?q=1&r=2",
        "/real.txt",
        "/real.txt/more/of/it",
        "/real.txt/",
        "/dir",
        "/dir/",
        "/dir?q",
        "/dir/real.txt",
        "/dir/x/y",
        "/index.html",
        "/a%20b",
        "/%C3%A9t%C3%A9",
        "/a%25b",
        "/a%2541",
        "/a;b=c/d;e",
        "/~tom/x",
        "/a%0Ab",
        "/a%0D%0Ab",
        "/a%5Cb",
        "/a*b",
        "/a%3Fb",
        "/a%23b",
        "/%22%27%3C",
        "/$%7BX%7D",
        "/a+b",
        "/a&b",
        "/a|b",
        "/:x",
        "//x",
        "/x//y",
        "/./x",
        "/x/../y",
        "/x/..",
        "/a%2Fb",
        "x",
        "/CON",
        "/%09",
        "/%7F",
        "/-",
        "/a.b.c",
        &long,
        &long_directory,
        &longer,
    ];
    let host = server.host();
    let mut all = Vec::new();
    let mut ask = |method: &str, target: &str, host: &str| {
        let bytes = request(method, target, host, &[], b"");
        let short: String = target.chars().take(60).collect();
        all.push((
            format!("{method} {short} ({}) on {host}", target.len()),
            bytes,
        ));
    };
    for place in [
        "/app", "/slash", "/based", "/seen", "/matched", "/opened", "/static",
    ] {
        for end in ends {
            ask("GET", &format!("{place}{end}"), &host);
        }
        for method in ["HEAD", "OPTIONS", "DELETE", "TRACE", "FROBNICATE"] {
            ask(method, &format!("{place}/x/y"), &host);
            ask(method, &format!("{place}/real.txt"), &host);
        }
    }
    for host in [
        "root.example",
        "rootbase.example",
        "rootseen.example",
        "nowhere.example",
        "server.example",
    ] {
        for end in ends.iter().filter(|end| end.starts_with('/')) {
            ask("GET", end, host);
            if end.len() < 20 {
                ask("GET", &format!("/app{end}"), host);
            }
        }
        ask("OPTIONS", "*", host);
    }
    for host in ["trans.example", "named.example", "postread.example"] {
        for target in [
            "/seen/x/y",
            "/seen/real.txt",
            "/seen/dir",
            "/app/x/y",
            "/app/dir",
            "/matched/x",
            "/index.html",
        ] {
            ask("GET", target, host);
        }
    }
    ask("GET", "/ssi/page.shtml", &host);
    ask("GET", "/seen/forward", &host);
    ask("GET", "/seen/dir/forward", &host);
    ask("OPTIONS", "*", &host);
    for text in [
        "GET /app/x/y HTTP/1.0\r\n\r\n",
        "GET /seen/dir HTTP/1.0\r\n\r\n",
        "GET /seen/x\r\n\r\n",
        "OPTIONS * HTTP/1.0\r\n\r\n",
        "GET http://root.example/x/y HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
        "GET seen/x HTTP/1.1\r\nHost: main.example\r\nConnection: close\r\n\r\n",
        "POST /app/x HTTP/1.1\r\nHost: main.example\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    ] {
        all.push((format!("{text:?}"), text.as_bytes().to_vec()));
    }
    all
}

/// All that a client gets; the header fields that keep a trusted client's pages out of caches are the gate's.
fn bytes(answer: &Response) -> Vec<u8> {
    let head = answer.timeless_head();
    let lines = head.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with(b"cache-control:") && !line.starts_with(b"expires:")
    });
    [lines.collect::<Vec<_>>().concat(), answer.body.clone()].concat()
}

/// The lines in which the answers differ.
fn differences(before: &[u8], after: &[u8]) -> String {
    let (before, after) = (
        String::from_utf8_lossy(before),
        String::from_utf8_lossy(after),
    );
    let only = |these: &str, those: &str| -> Vec<String> {
        let those: Vec<&str> = those.lines().collect();
        let lines = these.lines().filter(|line| !those.contains(line));
        lines
            .map(|line| line.chars().take(120).collect())
            .take(6)
            .collect()
    };
    format!(
        "{:?} became {:?}",
        only(&before, &after),
        only(&after, &before)
    )
}

/// Runs the requests without the module and under each of the configurations with it.
fn same(
    base: &Options,
    with: &[&str],
    asks: impl Fn(&Server) -> Vec<(String, Vec<u8>)>,
    prepare: impl Fn(&Server),
) {
    let careless = |guarded: bool, extra: &str| Options {
        guarded,
        careless: true,
        extra: format!("{}\n{extra}", base.extra),
        ..base.clone()
    };
    let mut server = Server::start_with(&careless(false, ""), prepare);
    let asks = asks(&server);
    let answers = |server: &Server| -> Vec<Vec<u8>> {
        asks.iter()
            .map(|(_, ask)| bytes(&server.exchange(ask)))
            .collect()
    };
    let before = answers(&server);
    let found = before
        .iter()
        .filter(|answer| answer.starts_with(b"HTTP/1.1 200"));
    assert!(
        found.count() * 2 > before.len(),
        "most of the pages are not there"
    );
    let mut failures = Vec::new();
    let mut differ: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (guarded, extra) in with
        .iter()
        .map(|extra| (true, *extra))
        .chain([(false, "PythonDebug On")])
    {
        server.start_again(&careless(guarded, extra));
        server.take_log();
        for ((name, _), (before, after)) in asks.iter().zip(before.iter().zip(answers(&server))) {
            if *before != after {
                let difference = format!("{name}: {}", differences(before, &after));
                differ.entry(difference).or_default().push(extra);
            }
        }
        for line in server.take_log() {
            let looked =
                extra.contains("Detect") && line.contains("PG022: ") && line.contains("would");
            if line.contains("[pyguard:") && !looked {
                failures.push(format!("{extra:?}: {line}"));
            }
        }
    }
    server.finish();
    let differ = differ
        .iter()
        .map(|(what, with)| format!("{what} with {with:?}"));
    failures.extend(differ);
    report(&failures);
}

const WITH: &[&str] = &[
    "",
    "PythonDebug On",
    "PythonDebug On\nPyGuardDebugFrom 127.0.0.1",
    "PyGuardDebugFrom 127.0.0.1",
    "PythonDebug On\nPyGuard Detect",
    "PythonDebug On\nPyGuard Off",
];

#[test]
fn the_handler_sees_what_it_saw() {
    let options = Options {
        extra: [PATH, KEEP].concat(),
        ..Options::default()
    };
    same(&options, WITH, kept, prepare_keep);
}

/// The same where it is another module's document root or alias that was not asked.
#[test]
fn behind_an_alias_it_does_too() {
    let asks = |server: &Server| {
        let host = server.host();
        let ask = |(target, host): (&str, &str)| {
            (
                format!("{target} on {host}"),
                request("GET", target, host, &[], b""),
            )
        };
        [
            ("/open", host.as_str()),
            ("/open/page.html", &host),
            ("/open/page.html/more", &host),
            ("/open/nothing", &host),
            ("/app/x", "two.many.example"),
            // There is no such directory, and so no rule.
            ("/app/x", "nowhere.many.example"),
            ("/open/x", "nowhere.many.example"),
        ]
        .map(ask)
        .to_vec()
    };
    same(&mapped(MAPPERS), WITH, asks, prepare_mapped);
}

/// What a directory says about its files is not about a page that is no file.
const FURNISHED: &[(&str, &str)] = &[
    ("views", "Options +MultiViews"),
    (
        "index",
        "Options +Indexes\nDirectoryIndex real.txt\nDirectorySlash On",
    ),
    ("fallback", "FallbackResource /index.html"),
    (
        "fallbackoff",
        "DirectoryIndex disabled\nFallbackResource real.txt",
    ),
    ("spelling", "CheckSpelling On"),
    ("meta", "MetaFiles On\nMetaDir .web\nMetaSuffix .meta"),
    (
        "type",
        "ForceType text/html\nDefaultLanguage de\nAddCharset utf-8 .txt",
    ),
    (
        "handler",
        "AddHandler server-status .txt\nSetHandler default-handler",
    ),
    (
        "option",
        "PythonOption mod_python.wsgi.base_uri /wrong\nPythonInterpreter other",
    ),
    (
        "front",
        "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule ^ /index.html [L]",
    ),
];

#[test]
fn what_is_said_about_files_is_not_about_pages() {
    let section = |(name, directives): &(&str, &str)| {
        let handlers = [("seen", ""), ("wsgi", "mod_python.")].map(|(handler, module)| {
            format!(
                "<Location \"/{name}/{handler}\">\nSetHandler mod_python\nPythonHandler {module}{handler}\n\
                 PythonOption mod_python.wsgi.application seen::application\n</Location>\n"
            )
        });
        format!(
            "<Directory \"@SITE@/{name}\">\n{directives}\n</Directory>\n{}",
            handlers.concat()
        )
    };
    let sections: String = FURNISHED.iter().map(section).collect();
    let options = Options {
        extra: [
            "# modules: rewrite negotiation speling cern_meta\n",
            PATH,
            &sections,
        ]
        .concat(),
        ..Options::default()
    };
    let asks = |server: &Server| {
        let mut all = Vec::new();
        for (name, _) in FURNISHED {
            for handler in ["seen", "wsgi"] {
                for end in ["", "/x", "/real.txt", "/dir", "/reel.txt"] {
                    let target = format!("/{name}/{handler}{end}");
                    let bytes = request("GET", &target, &server.host(), &[], b"");
                    all.push((target, bytes));
                }
            }
        }
        all
    };
    same(&options, WITH, asks, |server| {
        install(server);
        for (name, _) in FURNISHED {
            for handler in ["seen", "wsgi"] {
                server.write(&format!("{name}/{handler}/real.txt"), b"a file");
                server.write(&format!("{name}/{handler}/x.html.en"), b"a variant");
                server.write(&format!("{name}/{handler}/dir/real.txt"), b"a file");
            }
        }
    });
}

/// What the directory below an application's URL, or its .htaccess, says of Python.
const INTRUDERS: &[(&str, &str, &str)] = &[
    ("fixup", "", "PythonFixupHandler intruder"),
    ("access", "", "PythonAccessHandler intruder"),
    ("both", "PythonAccessHandler seen::agrees", ""),
    ("cleanup", "", "PythonCleanupHandler intruder"),
    ("path", "", "PythonPath \"sys.path\""),
    ("interpreter", "", "PythonInterpreter other"),
    ("setting", "", "PythonOption colour red\nPythonDebug On"),
    ("alone", "", "PythonInterpPerDirectory On"),
    ("named", "PythonInterpreter other", ""),
    ("each", "PythonInterpPerDirectory On", ""),
    ("handler", "", "PythonInterpPerDirective On"),
    ("colour", "PythonOption colour red\nPythonPath \"[]\"", ""),
    (
        "server",
        "PythonFixupHandler intruder\nPythonInitHandler intruder",
        "",
    ),
];

/// What mod_python ignored without the module runs no code in the application's interpreter with it.
#[test]
fn what_is_said_of_python_is_not_for_the_application() {
    let section = |(name, directives, _): &(&str, &str, &str)| {
        format!("<Directory \"@SITE@/app/{name}\">\n{directives}\n</Directory>\n")
    };
    let sections: String = INTRUDERS.iter().map(section).collect();
    let options = Options {
        extra: [
            PATH,
            "<Location \"/app\">\nSetHandler mod_python\nPythonHandler seen\nPythonOption colour green\n\
             </Location>\n",
            &sections,
        ]
        .concat(),
        ..Options::default()
    };
    let asks = |server: &Server| {
        let mut all = Vec::new();
        for (name, ..) in INTRUDERS {
            for end in ["", "/x", "/real.txt", "/dir/x"] {
                let target = format!("/app/{name}{end}");
                let bytes = request("GET", &target, &server.host(), &[], b"");
                all.push((target, bytes));
            }
        }
        all
    };
    same(&options, WITH, asks, |server| {
        install(server);
        for (name, _, htaccess) in INTRUDERS {
            server.write(&format!("app/{name}/real.txt"), b"a file");
            server.write(&format!("app/{name}/.htaccess"), htaccess.as_bytes());
            server.write(
                &format!("app/{name}/intruder.py"),
                b"from mod_python import apache\n\
                  def handler(req):\n    req.headers_out['X-Intruder'] = req.interpreter\n    return apache.OK\n\
                  inithandler = accesshandler = fixuphandler = cleanuphandler = handler\n",
            );
        }
    });
}

/// mod_rewrite in the server's configuration leaves the path of the URL as the file's name.
fn rewriting(base: &str) -> String {
    let rules = "RewriteEngine On\n\
        RewriteRule \"^/old$\" \"/new\" [R]\n\
        RewriteRule \"^/seen/marked\" - [E=COLOUR:red]\n\
        RewriteRule \"^/seen/moved/(.*)\" \"/matched/$1\" [PT]\n\
        RewriteRule \"^/moved/(.*)\" \"/loc/$1\" [PT]\n";
    let hosts = base.replace("ServerName ", &format!("{rules}ServerName "));
    format!(
        "# modules: rewrite\n<Directory \"/\">\nRequire all granted\n</Directory>\n{rules}{hosts}"
    )
}

#[test]
fn where_urls_are_rewritten_they_apply_too() {
    let options = Options {
        extra: [rewriting(&rules().extra), secrets(&["/moved"])].concat(),
        ..Options::default()
    };
    let rows = [
        opens("/loc/closed/nothing", 403),
        opens("/loc/closed/page.html", 403),
        opens("/loc/closed/page.html/more", 403),
        opens("/loc/closed", 403),
        opens("//loc//%63losed/x", 403),
        opens("/loc/./x/../closed/page.html", 403),
        opens("/loc/files/a.page", 403),
        opens("/loc/files/nothing.sheet", 403),
        opens("/loc/number1/page.html", 403),
        opens("/loc/address/page.html", 403),
        opens("/loc/condition/page.html?shut", 403),
        opens("/loc/python/page.html", 403),
        opens("/loc/htaccess/page.html", 403),
        opens("/loc/htaccess/nothing", 403),
        opens("/loc/basic/x", 401),
        opens("/loc/named/page.html", 403),
        opens("/loc/parent/a/b/c", 403),
        opens("/loc/below/a/b/c", 403),
        opens("/loc/match/x.do", 403),
        opens("/loc/outer/inner/x", 403),
        opens("/loc/access/x", 403),
        opens("/loc/authen/x", 401),
        opens("/moved/closed/page.html", 403),
        opens("/moved/htaccess/nothing", 403),
        on_host("/closed/page.html", &[("Host", "host.example")]),
        on_host("/app/x", &[("Host", "shut.example")]),
        on_host("/loc/closed/x", &[("Host", "debug.example")]),
    ];
    check(&options, &rows, prepare_rules);
}

#[test]
fn where_urls_are_rewritten_it_sees_what_it_saw() {
    let options = Options {
        extra: rewriting(&[PATH, KEEP].concat()),
        ..Options::default()
    };
    same(&options, WITH, kept, prepare_keep);
}

/// What httpd adds to the configuration after the file name: that of another URL, and of an `<If>`.
#[test]
fn the_settings_are_those_of_the_request() {
    let conditions = r#"
<Location "/seen">
    <If "%{QUERY_STRING} == 'red'">
        PythonOption colour red
    </If>
    <If "reqenv('COLOUR') == 'red'">
        PythonOption colour red
    </If>
</Location>
<If "%{QUERY_STRING} == 'square'">
    PythonOption shape square
</If>
"#;
    let plain = [PATH, KEEP, conditions].concat();
    for (extra, targets) in [
        (
            plain.clone(),
            &["/seen/x?red", "/seen/real.txt?red", "/seen/x?square"][..],
        ),
        (
            rewriting(&plain),
            &["/seen/marked/x", "/seen/moved/real.txt", "/seen/x?red"][..],
        ),
    ] {
        let options = Options {
            extra,
            ..Options::default()
        };
        let asks = |server: &Server| {
            let ask = |target: &&str| {
                let bytes = request("GET", target, &server.host(), &[], b"");
                ((*target).to_owned(), bytes)
            };
            targets.iter().map(ask).collect()
        };
        same(&options, WITH, asks, prepare_keep);
    }
}
