//! What is harmless is answered as ever: the same bytes with and without the module.

use crate::harness::{Engine, Options, Response, Server};
use crate::hazard::{Ask, brief, report};

/// Asks a server twice, first without the module and then with it. A stray line in the log fails too.
fn same(options: &Options, asks: &[Ask<'_>], prepare: impl Fn(&Server)) {
    let open = Options {
        guarded: false,
        careless: true,
        ..options.clone()
    };
    let mut server = Server::start_with(&open, prepare);
    let before: Vec<_> = asks.iter().map(|ask| ask.of(&server)).collect();
    server.take_log();
    server.start_again(options);
    let mut failures = Vec::new();
    for (ask, before) in asks.iter().zip(&before) {
        let after = ask.of(&server);
        let lines = server.take_log();
        if before.status >= 400 {
            failures.push(format!("{ask:?} is no example: {}", brief(before)));
        }
        if meaning(&after) != meaning(before) {
            failures.push(format!(
                "{ask:?}: {} became {}",
                brief(before),
                brief(&after)
            ));
        }
        if !lines.is_empty() {
            failures.push(format!("{ask:?} logs {lines:?}"));
        }
    }
    server.finish();
    report(&failures);
}

/// The head and the body of a response but for how it was cut into pieces: how long a program takes
/// decides whether httpd knows the length before it sends. And how old a file is, whether its ETag
/// is weak: for its first second.
fn meaning(answer: &Response) -> (Vec<String>, Vec<u8>) {
    let head = String::from_utf8_lossy(&answer.timeless_head()).into_owned();
    let mut lines: Vec<String> = head
        .lines()
        .map(|line| match line {
            "Transfer-Encoding: chunked" => format!("Content-Length: {}", answer.body.len()),
            line => line.replace("ETag: W/", "ETag: "),
        })
        .collect();
    lines.sort();
    (lines, answer.body.clone())
}

/// Names that look like trouble and are not.
const PUBLIC: &[&str] = &[
    "a~b.html",
    "~user.html",
    "file.old-fashioned.html",
    "copyright.html",
    "copy.html",
    "backup.html",
    "backup-policy.html",
    "old.html",
    "history.html",
    "log.html",
    "login.html",
    "catalog.html",
    "database.html",
    "settings.html",
    "config.html",
    "secret.html",
    "password.html",
    "python.html",
    "py.html",
    "numpy",
    "index.html.en",
    "index.html.de",
    "index.pt-br.html",
    "page.html.gz",
    "site.v2024.01.15.min.css",
    "site.min.css",
    "jquery-3.7.1.min.js",
    "app.js",
    "app.js.map",
    "app.4f3d2a1b.chunk.js",
    "app.mjs",
    "app.wasm",
    "app.ts",
    "data.json",
    "data.xml",
    "feed.rss",
    "feed.atom",
    "sitemap.xml",
    "sitemap.xml.gz",
    "manifest.json",
    "manifest.webmanifest",
    "browserconfig.xml",
    "favicon.ico",
    "logo.png",
    "logo@2x.png",
    "photo.jpg",
    "photo.jpeg",
    "photo.webp",
    "photo.1.jpg",
    "photo (1).jpg",
    "photo-2024-01-01.jpg",
    "movie.mp4",
    "movie.swf",
    "sound.ogg",
    "font.woff",
    "font.woff2",
    "font.ttf",
    "paper.pdf",
    "table.csv",
    "table.xlsx",
    "text.txt",
    "readme.txt",
    "README",
    "README.md",
    "LICENSE",
    "mod-1.0.tar.gz",
    "mod-1.0.tar.bz2",
    "mod-1.0.zip",
    "mod-1.0-py3-none-any.whl",
    "mod-1.0.tar.gz.asc",
    "mod-1.0.tar.gz.sha256",
    "SHA256SUMS",
    "setup.exe",
    "package.deb",
    "image.iso",
    "v1.2/index.html",
    "2024/01/15/a-new-bicycle.html",
    "old/index.html",
    "backup/index.html",
    "log/index.html",
    "cache/logo.png",
];

#[test]
fn public_files() {
    let targets: Vec<String> = PUBLIC
        .iter()
        .map(|name| format!("/public/{}", name.replace(' ', "%20")))
        .collect();
    let asks: Vec<Ask<'_>> = targets.iter().map(|target| Ask::Get(target)).collect();
    let options = Options {
        scenario: "names",
        ..Options::default()
    };
    same(&options, &asks, |server| {
        for name in PUBLIC {
            server.write(&format!("public/{name}"), name.as_bytes());
        }
    });
}

/// Whatever it is called.
#[test]
fn well_known() {
    const NAMES: &[&str] = &[
        "security.txt",
        "acme-challenge/5a_zC-9.x",
        "acme-challenge/a~",
        "acme-challenge/x.bak",
        "apple-app-site-association",
        "assetlinks.json",
        "openid-configuration",
        "jwks/keys.pem",
        "dnt-policy.txt.old",
        "pki-validation/.x.key",
        "matrix/server",
        "plugin.py",
    ];
    let targets: Vec<String> = NAMES
        .iter()
        .map(|name| format!("/.well-known/{name}"))
        .collect();
    let asks: Vec<Ask<'_>> = targets.iter().map(|target| Ask::Get(target)).collect();
    same(&Options::default(), &asks, |server| {
        for name in NAMES {
            server.write(&format!(".well-known/{name}"), name.as_bytes());
        }
    });
}

/// The same beside Python pages; there, only what belongs to a Python application is denied more.
#[test]
fn public_files_in_a_python_directory() {
    let targets: Vec<String> = PUBLIC
        .iter()
        .map(|name| format!("/python/{}", name.replace(' ', "%20")))
        .collect();
    let asks: Vec<Ask<'_>> = targets.iter().map(|target| Ask::Get(target)).collect();
    let options = Options {
        scenario: "names",
        ..Options::default()
    };
    same(&options, &asks, |server| {
        for name in PUBLIC {
            server.write(&format!("python/{name}"), name.as_bytes());
        }
    });
}

/// What leads to the document root or an alias is the administrator's, and no name to judge.
#[test]
fn sites_in_odd_places() {
    let extra = "# modules: userdir vhost_alias\n\
        UserDir \"@ROOT@/outside/*/site.bak\"\nAlias /aliased/ \"@ROOT@/outside/old~/\"\n\
        AliasMatch \"^/match/(.*)$\" \"@ROOT@/outside/.git/$1\"\n\
        <Directory \"@ROOT@/outside\">\nOptions FollowSymLinks\nRequire all granted\n</Directory>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName plain.example\n</VirtualHost>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName odd.example\nDocumentRoot \"@ROOT@/outside/__pycache__/htdocs.orig\"\n</VirtualHost>\n\
        <VirtualHost 127.0.0.1:@PORT@>\nServerName mass.example\nVirtualDocumentRoot \"@ROOT@/outside/.cache/%1\"\n</VirtualHost>";
    let options = Options {
        extra: extra.to_owned(),
        ..Options::default()
    };
    let asks = [
        Ask::Get("/aliased/x.css"),
        Ask::Get("/aliased/"),
        Ask::Get("/match/x.css"),
        Ask::Get("/~anna/x.css"),
        Ask::Send("GET", "/x.css", &[("Host", "odd.example")]),
        Ask::Send("GET", "/", &[("Host", "odd.example")]),
        Ask::Send("GET", "/x.css", &[("Host", "mass.example")]),
    ];
    same(&options, &asks, |server| {
        for directory in [
            "old~",
            ".git",
            "anna/site.bak",
            "__pycache__/htdocs.orig",
            ".cache/mass",
        ] {
            let directory = server.path("outside").join(directory);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join("x.css"), "a { }").unwrap();
            std::fs::write(directory.join("index.html"), "an index").unwrap();
        }
    });
}

/// Outside Python directories, a template or a log is just a file.
#[test]
fn application_files_elsewhere() {
    const NAMES: &[&str] = &[
        "page.tmpl",
        "page.jinja2",
        "requirements.txt",
        "Makefile",
        "build.log",
    ];
    let targets: Vec<String> = NAMES.iter().map(|name| format!("/plain/{name}")).collect();
    let asks: Vec<Ask<'_>> = targets.iter().map(|target| Ask::Get(target)).collect();
    let options = Options {
        scenario: "names",
        ..Options::default()
    };
    same(&options, &asks, |server| {
        for name in NAMES {
            server.write(&format!("plain/{name}"), name.as_bytes());
        }
    });
}

#[test]
fn the_ordinary_life_of_the_site() {
    const ASKS: &[Ask<'_>] = &[
        Ask::Get("/"),
        Ask::Get("/index.html"),
        Ask::Get("/robots.txt"),
        Ask::Get("/.well-known/security.txt"),
        Ask::Get("/assets/site.css"),
        Ask::Get("/assets/site.v2024.01.15.min.css"),
        Ask::Get("/assets/app.js?v=3"),
        Ask::Get("/assets/app.js.map"),
        Ask::Get("/assets/logo.png"),
        Ask::Get("/assets/wheel.svg"),
        Ask::Get("/downloads/catalogue-2024.zip"),
        Ask::Get("/downloads/price-list.csv"),
        Ask::Get("/shop"),
        Ask::Get("/shop/index.py"),
        Ask::Get("/shop/prices.py/show"),
        Ask::Get("/shop/prices.py/show?item=tandem"),
        Ask::Get("/shop/shop.css"),
        Ask::Get("/members/area.py"),
        Ask::Get("/pages/hello.psp"),
        Ask::Get("/pages/pages.css"),
        Ask::Get("/showcase/index.psp"),
        Ask::Get("/news/latest"),
        Ask::Get("/reports/year.figures"),
        Ask::Get("/cgi/hello.py"),
        Ask::Get("/cgi/hello.py/more/x.py?y=z~"),
        // httpd looks the path after the program up, for PATH_TRANSLATED, and nobody asked for that file.
        Ask::Get("/cgi/hello.py/settings.py"),
        Ask::Get("/cgi/hello.py/.env"),
        Ask::Get("/~anna/"),
        Ask::Get("/~anna/index.html"),
        Ask::Get("/~anna/bikes/"),
        Ask::Get("/~anna"),
        Ask::Send("HEAD", "/assets/site.css", &[]),
        Ask::Send("HEAD", "/shop/index.py", &[]),
        Ask::Send("OPTIONS", "/assets/site.css", &[]),
        Ask::Send("OPTIONS", "*", &[]),
        Ask::Send("GET", "/assets/site.css", &[("Range", "bytes=2-9")]),
        Ask::Send("GET", "/assets/site.css", &[("If-None-Match", "*")]),
        Ask::Send("GET", "/company/about.html", &[("Accept-Language", "en")]),
        Ask::Send("GET", "/company/about.html", &[("Accept-Language", "de")]),
        Ask::Get("/company/about.html.de"),
        Ask::Raw("GET / HTTP/1.0\r\n\r\n"),
        Ask::Raw("GET /assets/site.css HTTP/1.0\r\n\r\n"),
        Ask::Raw(
            "GET http://@HOST@/shop/index.py HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\r\n",
        ),
        Ask::Raw(
            "POST /shop/prices.py/show HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\nitem=tandem",
        ),
        Ask::Raw(
            "GET /assets/site.css HTTP/1.1\r\nHost: x\r\n\r\n\
             GET /shop/index.py HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ),
    ];
    let options = Options {
        scenario: "site",
        extra: "# modules: userdir\nUserDir \"@ROOT@/outside/*/public_html\"\n\
            <Directory \"@ROOT@/outside\">\nRequire all granted\n</Directory>\n\
            <Directory \"@SITE@/shop\">\nDirectoryIndex index.html\n</Directory>"
            .to_owned(),
        ..Options::default()
    };
    // Two answers to one Raw ask have two Date fields, which `timeless` does not know.
    let (pairs, single): (Vec<Ask<'_>>, Vec<Ask<'_>>) = ASKS
        .iter()
        .copied()
        .partition(|ask| matches!(ask, Ask::Raw(text) if text.matches("Host:").count() == 2));
    assert_eq!(pairs.len(), 1);
    same(&options, &single, |server| {
        let home = server.path("outside/anna/public_html/bikes");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("index.html"), "Anna's bicycles").unwrap();
        std::fs::write(home.join("../index.html"), "Anna").unwrap();
    });
}

#[test]
fn mod_wsgi() {
    const ASKS: &[Ask<'_>] = &[
        Ask::Get("/app"),
        Ask::Get("/app/"),
        Ask::Get("/app/some/where"),
        Ask::Get("/app/static/settings.py"),
        Ask::Get("/app/settings.py"),
        Ask::Get("/app/backup.sql"),
        Ask::Get("/app/.env"),
        Ask::Get("/app/x.py~"),
        Ask::Get("/app/.git/config"),
        Ask::Get("/wsgi/site.wsgi"),
        Ask::Get("/wsgi/site.wsgi/page"),
        Ask::Send("HEAD", "/app/", &[]),
        Ask::Send("POST", "/app/form", &[("Content-Length", "0")]),
        Ask::Get("/assets/site.css"),
        Ask::Get("/"),
    ];
    let options = Options {
        engine: Engine::ModWsgi,
        scenario: "wsgi",
        ..Options::default()
    };
    same(&options, ASKS, |_| {});
}

/// The application in a process of its own, as mod_wsgi recommends.
#[test]
fn mod_wsgi_daemon() {
    let options = Options {
        engine: Engine::ModWsgi,
        scenario: "wsgi",
        extra: "WSGIDaemonProcess marlow threads=2 home=@ROOT@\nWSGIProcessGroup marlow".to_owned(),
        ..Options::default()
    };
    let asks = [
        Ask::Get("/app/some/where"),
        Ask::Get("/app/x.py~"),
        Ask::Get("/wsgi/site.wsgi"),
        Ask::Send("POST", "/app/form", &[("Content-Length", "0")]),
    ];
    same(&options, &asks, |_| {});
}

/// The classic ways of a framework: everything but what exists goes to one program.
#[test]
fn front_controllers() {
    const ASKS: &[Ask<'_>] = &[
        Ask::Get("/front/any/where"),
        Ask::Get("/front/export.sql"),
        Ask::Get("/front/report.py"),
        Ask::Get("/front/site.css"),
        Ask::Get("/fallback/any"),
        Ask::Get("/fallback/export.sql"),
        Ask::Get("/fallback/site.css"),
        Ask::Get("/proxied/export.sql"),
        Ask::Get("/proxied/any.py"),
    ];
    let extra = "# modules: rewrite proxy proxy_http\n\
        <Directory \"@SITE@/front\">\nRewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\n\
        RewriteRule .* /dynamic/program.app\n</Directory>\n\
        <Directory \"@SITE@/fallback\">\nFallbackResource /dynamic/program.app\n</Directory>\n\
        ProxyPass \"/proxied/\" \"http://127.0.0.1:@PORT@/dynamic/\"";
    let options = Options {
        scenario: "names",
        extra: extra.to_owned(),
        ..Options::default()
    };
    same(&options, ASKS, |server| {
        server.write("front/site.css", b"a { }");
        server.write("fallback/site.css", b"a { }");
        server.write("dynamic/program.app", b"");
    });
}

/// A .htaccess of mod_python, with all that it may say, works as before.
#[test]
fn htaccess_of_mod_python() {
    let options = Options {
        extra: "PythonPath \"sys.path + ['@SITE@/dynamic', '@SITE@/debug']\"".to_owned(),
        ..Options::default()
    };
    let asks = [
        Ask::Get("/access/any"),
        Ask::Get("/access/options.page"),
        Ask::Get("/access/sub/x.txt"),
    ];
    same(&options, &asks, |server| {
        server.write(
            "access/.htaccess",
            b"SetHandler mod_python\nPythonHandler program\nPythonDebug Off\nPythonAutoReload Off\n\
              PythonOption colour red\nPythonInterpPerDirectory On\nPythonEnablePdb Off\n\
              <Files \"*.page\">\nPythonHandler phases::sees_debug\n</Files>\n",
        );
        server.write(
            "access/sub/.htaccess",
            b"SetHandler None\nPythonInterpPerDirective Off\nPythonCleanupHandler program::handler\n",
        );
        server.write("access/sub/x.txt", b"text");
    });
}
