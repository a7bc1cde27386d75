//! `make demo`: one naive site on two private httpds, one without the module and one with it.
//!
//! Prints a table: what an attacker asks for, what comes back without the module, and what comes back
//! with it. Each row has a promise for both; a row that is not as promised is marked, and makes the
//! exit status 1. Below it stands what the audit says of the site; one finding more or less than expected
//! makes the exit status 1 too. `KEEP=1` leaves the protected server running.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Engine, ONE_PROCESS, Options, Response, Server, request};

/// Which servers a row is asked of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Site {
    /// The whole site, under mod_python.
    Python,
    /// Its WSGI applications under mod_wsgi, which refuses to live beside mod_python.
    Wsgi,
    /// The site on a machine where mod_python, mod_wsgi and mod_cgi were forgotten.
    Bare,
    /// A server without Python, before one that is written in it.
    Front,
}

/// In the order of their numbers.
const SITES: [Site; 4] = [Site::Python, Site::Wsgi, Site::Bare, Site::Front];

/// What the module makes of a row.
#[derive(Clone, Copy)]
enum Promise {
    /// This status, nothing of what was shown without the module, and a word for what is left.
    Hidden(u16, &'static str),
    /// The same status and this, which was sent before; from what was shown on, a notice.
    Notice(&'static str),
    /// The same status, and this instead of what was shown without the module.
    Instead(&'static str),
    /// The same status, and what the row is about: for the developer.
    Shown,
    /// The same status, content type and body.
    Same,
}

/// What happens before a row is asked for.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    /// Somebody asks for this path.
    Visit(&'static str),
    /// Somebody asks for the same. Then all is removed from this file of the site.
    Removal(&'static str),
}

struct Row {
    site: Site,
    /// The rule that the row is about; empty for what must go on working.
    rule: &'static str,
    /// A path, or a host name and a path.
    target: &'static str,
    forwarded_for: Option<&'static str>,
    before: Before,
    what: &'static str,
    /// The status without the module.
    status: u16,
    /// A part of the response without the module.
    shows: &'static str,
    with: Promise,
}

/// A file or page that nobody should get: as if it did not exist.
const fn leak(
    rule: &'static str,
    target: &'static str,
    what: &'static str,
    shows: &'static str,
) -> Row {
    Row {
        site: Site::Python,
        rule,
        target,
        forwarded_for: None,
        before: Before::Nothing,
        what,
        status: 200,
        shows,
        with: Promise::Hidden(404, ""),
    }
}

/// An error page with a traceback: still an error page, without the traceback.
const fn traceback(
    rule: &'static str,
    target: &'static str,
    what: &'static str,
    shows: &'static str,
) -> Row {
    Row {
        status: 500,
        with: Promise::Hidden(500, "no traceback"),
        ..leak(rule, target, what, shows)
    }
}

/// A page that says one thing without the module, and another one with it.
const fn instead(
    rule: &'static str,
    target: &'static str,
    what: &'static str,
    shows: &'static str,
    with: &'static str,
) -> Row {
    Row {
        with: Promise::Instead(with),
        ..leak(rule, target, what, shows)
    }
}

/// What works, and goes on working.
const fn page(target: &'static str, what: &'static str, shows: &'static str) -> Row {
    Row {
        with: Promise::Same,
        ..leak("", target, what, shows)
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    instead("R03", "/cgi/letters/send.py", "a .htaccess sets a CGI's PATH", "/srv/evil/bin", FIXED_PATH),
    instead("R03", "/startup/report", "httpd started with PYTHONPATH", "ran as uid ", "nothing ran"),

    Row {
        status: 200,
        with: Promise::Notice("<h1>Your bicycle</h1>"),
        ..traceback("R04", "/repairs/bicycle", "a page prints its traceback", "SECRET-repairs-table")
    },
    Row {
        status: 200,
        ..traceback("R04", "/cgi/quote.py", "a CGI's traceback in JSON", "SECRET-cgi-quote")
    },
    Row {
        site: Site::Wsgi,
        ..traceback("R04", "/orders/pay", "Django in debug mode", "SECRET-orders-account")
    },
    Row {
        site: Site::Wsgi,
        ..traceback("R04", "/stock/count", "Flask, Werkzeug's debugger", "SECRET-stock-shelf")
    },
    Row {
        site: Site::Front,
        ..traceback("R04", "/workshop/diary", "Flask's server behind a proxy", "SECRET-workshop-diary")
    },

    // `id` alone is too short: mod_python 3.5 on Python 3 loses the name of a field with so short a value.
    leak("R05", "/shop/parcels.py/getoutput?cmd=id+-a", "an import is a remote shell", "uid="),
    leak("R05", "/shop/loans.py/borrowers", "not in the page's __all__", "SECRET-shop-borrowers"),

    leak("R07", "/shop/_admin.py/takings", "a page that begins with _", "SECRET-shop-takings"),

    Row {
        before: Before::Visit("/branches/north/hours"),
        ..instead("R08", "/branches/south/hours", "the north has the same module", "north's code", "south's code")
    },

    Row {
        before: Before::Removal("voucher/voucher.py"),
        with: Promise::Hidden(503, ""),
        ..leak("R09", "/voucher/spring", "removed, but not restarted", "SECRET-voucher")
    },

    Row {
        before: Before::Visit("/accounts/today"),
        with: Promise::Hidden(500, ""),
        ..leak("R10", "/users/eve/home", "into another's interpreter", "SECRET-password")
    },

    leak("R11", "/pages/hello.psp_", "PSP shows source of a page", "SECRET-pages-hello"),
    leak("R11", "/showcase/index.psp_", "no .psp_ mapping needed", "SECRET-showcase-index"),
    leak("R11", "/showcase/models.py", "PSP echoes a module", "SECRET-showcase-models"),
    leak("R11", "/showcase/suppliers.txt", "PSP echoes anything", "SECRET-showcase-suppliers"),

    traceback("R12", "/shop/index.py/fail", "PythonDebug On in httpd.conf", "SECRET-shop-exception"),
    traceback("R12", "/members/area.py/broken", "PythonDebug On by .htaccess", "SECRET-members-exception"),
    traceback("R12", "/pages/broken.psp", "a PSP page fails", "SECRET-pages-exception"),
    Row {
        forwarded_for: Some("127.0.0.1"),
        ..traceback("R12", "dev.localhost/shop/index.py/fail", "developer behind a proxy", "SECRET-shop-exception")
    },

    leak("R13", "/settings.pyc", "bytecode", "SECRET-settings-pyc"),
    leak("R13", "/__pycache__/settings.cpython-311.pyc", "bytecode of Python 3", "SECRET---pycache--"),
    instead("R13", "/counter/visits", "Python writes its bytecode", "bytecode written", "no bytecode"),
    leak("R14", "/shop/prices.pyo", "optimized bytecode", "SECRET-shop-pyo"),

    leak("R15", "/.env", "passwords of the application", "SECRET--env"),
    leak("R15", "/.git/config", "the repository and its past", "SECRET--git-config"),
    leak("R15", "/.svn/wc.db", "another one", "SECRET--svn-wc-db"),
    leak("R15", "/shop.sqlite3", "a database", "SECRET-shop-sqlite3"),
    leak("R15", "/files/dump.sql", "a dump of it", "SECRET-files-dump-sql"),
    leak("R15", "/server.key", "the key of the certificate", "SECRET-server-key"),
    leak("R15", "/id_rsa", "the key to the machine", "SECRET-id-rsa"),
    leak("R15", "/shop/templates/letter.jinja2", "a template", "SECRET-shop-templates"),
    leak("R15", "/shop/errors.log", "a log", "SECRET-shop-errors-log"),

    leak("R16", "/shop/", "index of a Python directory", "settings.ini"),
    Row {
        with: Promise::Hidden(200, "without them"),
        ..leak("R16", "/files/", "index with backups in it", "notes.txt.bak")
    },

    leak("R17", "/settings.py", "source beside the pages", "SECRET-settings"),
    leak("R17", "/latest/prices.py", "source through a symlink", "SECRET-shop-prices"),
    leak("R17", "/tools/import_orders.py", "source through an Alias", "SECRET-tools"),
    leak("R17", "static.localhost/shop/prices.py", "source on a virtual host", "SECRET-shop-prices"),
    leak("R17", "/members/archive/old_area.py", "RemoveHandler by .htaccess", "SECRET-members-archive"),
    Row {
        site: Site::Wsgi,
        ..leak("R17", "/wsgi/settings.py", "beside an app of mod_wsgi", "SECRET-wsgi-settings")
    },
    Row {
        site: Site::Wsgi,
        ..leak("R17", "/scripts/site.wsgi", "the app through an Alias", "SECRET-wsgi-script")
    },

    leak("R18", "/shop/prices.py~", "backup of Emacs and others", "SECRET-shop-prices-py-"),
    leak("R18", "/settings.py.bak", "backup by hand", "SECRET-settings-py-bak"),
    leak("R18", "/.settings.py.swp", "Vim is open, or crashed", "SECRET--settings-py-swp"),
    leak("R18", "/shop/%23prices.py%23", "Emacs crashed", "SECRET-shop--prices-py-"),
    leak("R18", "/settings%20copy.py", "copy of a file manager", "SECRET-copy"),
    leak("R18", "/settings.py.orig", "residue of a merge", "SECRET-orig"),
    leak("R18", "/settings.py.1", "a numbered copy", "SECRET-settings-py-1"),
    leak("R18", "/files/price-list.txt~", "not Python, and no better", "SECRET-files-price-list"),

    traceback("R19", "/till/access/", "failure in an early phase", "SECRET-till-access"),
    Row {
        status: 200,
        with: Promise::Hidden(200, "no traceback"),
        ..traceback("R19", "/till/receipt", "failure after first bytes", "SECRET-till-receipt")
    },

    leak("R20", "/news/newsroom.py", "the dispatcher declines", "SECRET-news-source"),
    leak("R20", "/news/draft.html", "what it keeps back is sent", "SECRET-news-draft"),
    leak("R20", "/reports/figures.py", "handler for another extension", "SECRET-reports-source"),
    leak("R20", "/forgotten/tools.py", "PythonHandler forgotten", "SECRET-forgotten-source"),
    leak("R20", "/typed/quote.py", "AddType, and it declines", "SECRET-typed-source"),
    leak("R20", "/portal/portal_app.py", "WSGI application not found", "SECRET-portal-source"),
    Row {
        site: Site::Bare,
        ..leak("R20", "/shop/prices.py/show", "mod_python is not loaded", "SECRET-shop-prices")
    },
    Row {
        site: Site::Bare,
        ..leak("R20", "/wsgi/site.wsgi", "mod_wsgi is not loaded", "SECRET-wsgi-script")
    },
    Row {
        site: Site::Bare,
        ..leak("R20", "/cgi/hello.py", "mod_cgi is not loaded", "SECRET-cgi-source")
    },

    Row {
        with: Promise::Hidden(500, ""),
        ..leak("R21", "/users/mallory/home", "PythonPath runs a command", "SECRET-till-key")
    },

    Row {
        with: Promise::Hidden(403, ""),
        ..leak("R22", "/ledger/2024", "Location, Require all denied", "SECRET-ledger")
    },

    leak("R23", "/status", "mod_python.testhandler", "General information"),

    // The developer, on the virtual host that has `PyGuardDebugFrom 127.0.0.1`.
    Row {
        with: Promise::Shown,
        ..traceback("", "dev.localhost/shop/index.py/fail", "the developer: traceback", "SECRET-shop-exception")
    },
    Row {
        with: Promise::Shown,
        ..leak("", "dev.localhost/pages/hello.psp_", "the developer: PSP source", "SECRET-pages-hello")
    },
    Row {
        site: Site::Wsgi,
        with: Promise::Shown,
        ..traceback("", "dev.localhost/orders/pay", "the developer: Django", "SECRET-orders-account")
    },

    page("/", "home page", "Bicycles since 1974"),
    page("/assets/site.css", "style sheet", "font-family"),
    page("/assets/site.v2024.01.15.min.css", "dots in its name", "opacity"),
    page("/assets/app.js", "script", "classList"),
    page("/assets/app.js.map", "source map", "sources"),
    page("/assets/logo.png", "picture", "PNG"),
    page("/shop/shop.css", "style sheet beside the pages", ".shop"),
    page("/downloads/catalogue-2024.zip", "archive that is on offer", "Roadster 499"),
    page("/.well-known/security.txt", ".well-known", "security@"),
    page("/tutorial/tracebacks.html", "tutorial with a traceback", "KeyError: &#x27;tandem&#x27;"),
    page("/shop/index.py", "publisher page", "<h1>Shop</h1>"),
    page("/shop/prices.py/show?item=tandem", "publisher page with a value", "tandem: 1299"),
    page("/shop/parcels.py", "it uses what it imports", "<p>Parcels: 3</p>"),
    page("/shop/loans.py", "its __all__ has this one", "<h1>On loan</h1>"),
    page("/pages/hello.psp", "PSP page", "<p>Good day</p>"),
    page("/showcase/index.psp", "PSP page", "Roadster, Tandem"),
    page("/news/latest", "dispatcher", "<h1>News</h1>"),
    page("/members/area.py", "publisher page by .htaccess", "<h1>Members</h1>"),
    page("/users/carol/home", "own interpreter by .htaccess", "in carol"),
    page("/accounts/today", "interpreter by httpd.conf", "in accounts"),
    page("/branches/north/hours", "the other of the same name", "north's code"),
    page("/rental/tandem", "WSGI application, Location", "/rental + /tandem"),
    page("/booking/tandem", "WSGI application, mod_python", "Booked: "),
    page("/cgi/hello.py", "CGI script", "Hello from CGI"),
    Row { site: Site::Wsgi, ..page("/app/orders", "WSGI application, mod_wsgi", "WSGI at /orders") },
    Row { site: Site::Wsgi, ..page("/wsgi/site.wsgi", "WSGI script, mod_wsgi", "WSGI at") },
    Row { site: Site::Wsgi, ..page("/orders/", "Django page in debug mode", "<h1>Orders</h1>") },
    Row { site: Site::Wsgi, ..page("/stock/", "Flask page in debug mode", "<h1>Stock</h1>") },
    Row { site: Site::Front, ..page("/workshop/", "page behind a proxy", "<h1>Workshop</h1>") },
];

/// What the audit finds on the site with the module, by the names of its checks. What else runs on this
/// machine is not the site's affair: `open-database` is left out.
const FINDINGS: &[&str] = &[
    "module-in-reach",
    "writable-by-httpd",
    "readable-secret",
    "loopback-trusted",
    "htaccess-python",
    "testhandler",
    "source-in-reach",
    "server-tokens",
    "shared-interpreter",
    "psp-source-mapping",
    "debug-without-client",
    "bytecode-in-reach",
    "optimized-bytecode-in-reach",
    "secret-in-reach",
    "indexes",
    "backup-in-reach",
    "location-handler",
    "published-names",
];

/// The default of PyGuardPath.
const FIXED_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the demo's site has beyond that of the tests.
const MORE: &str = r#"
<Directory "@SITE@/till">
    SetHandler mod_python
    PythonHandler till
    PythonDebug On
</Directory>
<Directory "@SITE@/till/access">
    PythonAccessHandler guard
</Directory>
<Directory "@SITE@/booking">
    SetHandler mod_python
    PythonHandler mod_python.wsgi
    PythonOption mod_python.wsgi.application booking_app::application
</Directory>
<Directory "@SITE@/repairs">
    SetHandler mod_python
    PythonHandler repairs
</Directory>
<Location "/status">
    SetHandler mod_python
    PythonHandler mod_python.testhandler
</Location>
<Directory "@ROOT@/outside">
    Options FollowSymLinks
    Require all granted
</Directory>
Alias "/tools" "@ROOT@/outside/tools"

<Directory "@SITE@/startup">
    SetHandler mod_python
    PythonHandler startup
</Directory>
<Directory "@SITE@/branches">
    <IfModule mod_pyguard.c>
        PyGuardInterpreter Isolate
    </IfModule>
</Directory>
<Directory "@SITE@/branches/north">
    SetHandler mod_python
    PythonHandler hours
</Directory>
<Directory "@SITE@/branches/south">
    SetHandler mod_python
    PythonHandler hours
</Directory>
<Directory "@SITE@/voucher">
    SetHandler mod_python
    PythonHandler voucher
    <IfModule mod_pyguard.c>
        PyGuardStale Deny
    </IfModule>
</Directory>
<Directory "@SITE@/accounts">
    SetHandler mod_python
    PythonHandler accounts
    PythonInterpreter accounts
</Directory>
# Some of them want an interpreter of their own.
<Directory "@SITE@/users">
    <IfModule mod_pyguard.c>
        PyGuardHtaccess +PythonInterpreter
    </IfModule>
</Directory>
<Directory "@SITE@/counter">
    SetHandler mod_python
    PythonHandler counter
</Directory>
<Directory "@SITE@/ledger">
    Require all denied
</Directory>
<Location "/ledger">
    SetHandler mod_python
    PythonHandler ledger
    PythonPath "sys.path + ['@ROOT@/outside']"
</Location>
<Location "/rental">
    SetHandler mod_python
    PythonHandler mod_python.wsgi
    PythonOption mod_python.wsgi.application rental::application
    PythonPath "sys.path + ['@ROOT@/outside']"
</Location>

# For the style sheets, by the path that the last release was put under.
<VirtualHost 127.0.0.1:@PORT@>
    ServerName static.localhost
    DocumentRoot "@ROOT@/outside/current"
</VirtualHost>
"#;

/// What its WSGI site has beyond that of the tests.
const MORE_WSGI: &str = r#"
WSGIDaemonProcess orders python-path="@COMMON@/django"
WSGIDaemonProcess stock python-path="@COMMON@/flask"
WSGIScriptAlias /orders "@ROOT@/outside/orders.wsgi" process-group=orders application-group=%{GLOBAL}
WSGIScriptAlias /stock "@ROOT@/outside/stock.wsgi" process-group=stock application-group=%{GLOBAL}
<Directory "@ROOT@/outside">
    Require all granted
</Directory>
"#;

/// What the server has that only passes requests on.
const FRONT: &str = r#"
# modules: proxy proxy_http
ProxyPass "/workshop/" "http://127.0.0.1:@WORKSHOP@/"
"#;

/// The hosts of a site: the first is for everybody, the other for the developer.
const HOSTS: &str = r#"
<VirtualHost 127.0.0.1:@PORT@>
    ServerName www.localhost
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
    ServerName dev.localhost
    <IfModule mod_pyguard.c>
        PyGuardDebugFrom 127.0.0.1
    </IfModule>
</VirtualHost>
"#;

const TILL: &str = r#""""The till."""
from mod_python import apache


def handler(req):
    req.content_type = "text/html"
    req.write("<h1>Your receipt</h1>")
    req.flush()
    raise RuntimeError("SECRET-till-receipt")
"#;

const GUARD: &str = r#""""Says who may see the till."""


def accesshandler(req):
    raise RuntimeError("SECRET-till-access")
"#;

const BOOKING: &str = r#""""The WSGI application of the bookings."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("Booked: %s" % environ["PATH_INFO"]).encode()]
"#;

/// Shows an error as many a site does: it prints the traceback, and goes on.
const REPAIRS: &str = r#""""The repairs."""
import traceback

from mod_python import apache


def handler(req):
    req.content_type = "text/html"
    req.write("<h1>Your bicycle</h1>")
    req.flush()
    try:
        raise LookupError("SECRET-repairs-table")
    except LookupError:
        req.write("<pre>%s</pre>" % traceback.format_exc())
    req.write("<p>Ask again tomorrow.</p>")
    return apache.OK
"#;

/// Python runs it at its start, which is that of httpd.
const SITECUSTOMIZE: &str = r#""""What somebody left in a directory of PYTHONPATH."""
import os

os.environ.setdefault("PLANTED", "ran as uid %d" % os.getuid())
"#;

/// Handlers, and the expression that is their answer.
const HANDLERS: &[(&str, &str)] = &[
    (
        "startup/startup.py",
        "os.environ.get('PLANTED', 'nothing ran')",
    ),
    ("branches/north/hours.py", "\"north's code\""),
    ("branches/south/hours.py", "\"south's code\""),
    ("voucher/voucher.py", "'SECRET-voucher'"),
    ("accounts/accounts.py", "'in ' + req.interpreter"),
    ("users/eve/eve.py", "sys.modules['accounts'].PASSWORD"),
    ("users/mallory/mallory.py", "sys.path[-1]"),
    ("users/carol/carol.py", "'in ' + req.interpreter"),
    (
        "counter/counter.py",
        "'bytecode written' if os.path.exists(__cached__) else 'no bytecode'",
    ),
    ("../outside/ledger.py", "'SECRET-ledger'"),
];

/// The .htaccess of each user, after the lines that name the handler.
const USERS: &[(&str, &str)] = &[
    ("eve", "PythonInterpreter accounts"),
    (
        "mallory",
        "PythonPath \"sys.path + ['@SITE@/users/mallory', \
         __import__('os').popen('cat @ROOT@/outside/till.key').read()]\"",
    ),
    ("carol", "PythonInterpreter carol"),
];

const PARCELS: &str = r#""""The parcels."""
from subprocess import getoutput


def index(req):
    return "<p>Parcels: %s</p>" % getoutput("echo 3")
"#;

const LOANS: &str = r#""""What is on loan."""
__all__ = ["index"]


def index(req):
    return "<h1>On loan</h1>"


def borrowers(req):
    return "SECRET-shop-borrowers"
"#;

const ADMIN: &str = r#""""Not for customers."""


def takings(req):
    return "SECRET-shop-takings"
"#;

const RENTAL: &str = r#""""The WSGI application of the rental."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%(SCRIPT_NAME)s + %(PATH_INFO)s" % environ).encode()]
"#;

const SEND: &str = r#"#!/usr/bin/python3
"""Sends a letter, by a program that it finds on its PATH."""
import os

print("Content-Type: text/plain")
print()
print(os.environ["PATH"])
"#;

const QUOTE: &str = r#"#!/usr/bin/python3
"""What a repair will cost, for a script in a page."""
import json
import traceback

print("Content-Type: application/json\n")
try:
    raise RuntimeError("SECRET-cgi-quote")
except RuntimeError as error:
    print(json.dumps({"ok": False, "error": str(error), "traceback": traceback.format_exc()}))
"#;

const ORDERS: &str = r#""""The orders, on Django as it was when they were written."""
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def orders(request):
    return HttpResponse("<h1>Orders</h1>")


def pay(request):
    card = "SECRET-orders-card"
    raise ValueError("SECRET-orders-account does not take %s" % card)


settings.configure(
    DEBUG=True,
    SECRET_KEY="SECRET-orders-key",
    ROOT_URLCONF=(path("", orders), path("pay", pay)),
)
application = get_wsgi_application()
"#;

const STOCK: &str = r#""""The stock, on Flask. Nobody took the debugger away."""
from flask import Flask
from werkzeug.debug import DebuggedApplication

app = Flask(__name__)
app.debug = True


@app.route("/")
def stock():
    return "<h1>Stock</h1>"


@app.route("/count")
def count():
    shelf = {"tandem": "SECRET-stock-shelf"}
    raise KeyError("not in %s" % shelf)


application = DebuggedApplication(app)
"#;

/// Runs as whoever runs the demo. So it has no console in the browser, and it ends with the demo,
/// however that ends.
const WORKSHOP: &str = r#""""The workshop, on Flask's own server."""
import os
import sys
import threading

from flask import Flask

app = Flask(__name__)


@app.route("/")
def workshop():
    return "<h1>Workshop</h1>"


@app.route("/diary")
def diary():
    raise OSError("cannot read SECRET-workshop-diary")


def end():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end, daemon=True).start()
app.run(port=0, debug=True, use_reloader=False, use_evalex=False)
"#;

const TUTORIAL: &str = r#"<!DOCTYPE html>
<title>How to read a traceback</title>
<p>The last line says what went wrong, the one above it where:</p>
<pre>Traceback (most recent call last):
  File "prices.py", line 3, in show
    return PRICES["tandem"]
KeyError: &#x27;tandem&#x27;
</pre>
"#;

/// How long the workshop's server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than a look at a file is good for.
const A_MOMENT: Duration = Duration::from_millis(1500);

/// A directory for what several servers use, while the demo runs.
struct Common {
    directory: PathBuf,
}

impl Common {
    /// With copies of the two directories that have Django and Flask in them: what lies below
    /// somebody's home, httpd may not be allowed to read.
    fn new(django: &Path, flask: &Path) -> Result<Common, String> {
        let directory = std::env::temp_dir().join(format!("pyguard-demo-{}", std::process::id()));
        let failed = |e: io::Error| format!("{}: {e}", directory.display());
        new_directory(&directory).map_err(failed)?;
        let common = Common {
            directory: directory.clone(),
        };
        for (from, name) in [(django, "django"), (flask, "flask")] {
            copy(from, &directory.join(name)).map_err(|e| format!("{}: {e}", from.display()))?;
        }
        Ok(common)
    }
}

impl Drop for Common {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.directory)
            .unwrap_or_else(|e| eprintln!("{}: {e}", self.directory.display()));
    }
}

fn new_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Copies packages so that everybody can read them, without the translations, the largest part of
/// Django, and without hidden directories.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    new_directory(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (original, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                copy(&original, &target)?;
            }
        } else if !original.extension().is_some_and(|e| e == "mo" || e == "po") {
            fs::copy(&original, &target)?;
            fs::set_permissions(&target, Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

/// The server behind the proxy.
struct Workshop {
    child: Child,
    port: u16,
}

impl Workshop {
    fn start(common: &Common) -> Result<Workshop, String> {
        let program = common.directory.join("workshop.py");
        let log = common.directory.join("workshop.log");
        let failed = |e: io::Error| format!("{}: {e}", program.display());
        fs::write(&program, WORKSHOP).map_err(failed)?;
        // The Python that httpd has inside, and nothing of the caller's environment.
        let child = Command::new("/usr/bin/python3")
            .arg(&program)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C")
            .env("PYTHONPATH", common.directory.join("flask"))
            .current_dir(&common.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let mut workshop = Workshop { child, port: 0 };
        let deadline = Instant::now() + PATIENCE;
        loop {
            // It takes a port that is free and says which.
            let said = fs::read(&log).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            let port = said
                .split_once("Running on http://127.0.0.1:")
                .and_then(|(_, rest)| rest.split_once('\n'))
                .and_then(|(port, _)| port.trim().parse().ok());
            if let Some(port) = port {
                workshop.port = port;
                return Ok(workshop);
            }
            if !matches!(workshop.child.try_wait(), Ok(None)) || Instant::now() > deadline {
                return Err(format!("Flask's server does not start:\n{said}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Site {
    fn options(self, guarded: bool, common: &Common, workshop: &Workshop) -> Options {
        let (engine, scenario, extra) = match self {
            Site::Python => (
                Engine::ModPython,
                "site",
                format!("{HOSTS}{MORE}{ONE_PROCESS}"),
            ),
            Site::Wsgi => (Engine::ModWsgi, "wsgi", format!("{HOSTS}{MORE_WSGI}")),
            Site::Bare => (Engine::Neither, "unloaded", "AcceptPathInfo On".to_owned()),
            Site::Front => (Engine::Neither, "", FRONT.to_owned()),
        };
        let environment = match self {
            Site::Python => vec![("PYTHONPATH".to_owned(), "@ROOT@/outside/planted".to_owned())],
            Site::Wsgi | Site::Bare | Site::Front => Vec::new(),
        };
        Options {
            guarded,
            engine,
            scenario,
            extra: extra
                .replace("@COMMON@", &common.directory.display().to_string())
                .replace("@WORKSHOP@", &workshop.port.to_string()),
            environment,
            careless: true,
            ..Options::default()
        }
    }

    fn start(self, options: &Options) -> Result<Server, String> {
        Server::try_start_with(options, |server| match self {
            Site::Python => prepare(server),
            Site::Wsgi => {
                server.write("../outside/orders.wsgi", ORDERS.as_bytes());
                server.write("../outside/stock.wsgi", STOCK.as_bytes());
            }
            Site::Bare | Site::Front => {}
        })
    }
}

/// The files of the demo's site that the tests' does not have.
fn prepare(server: &Server) {
    server.write("till/till.py", TILL.as_bytes());
    server.write("till/access/guard.py", GUARD.as_bytes());
    server.write("booking/booking_app.py", BOOKING.as_bytes());
    server.write("repairs/repairs.py", REPAIRS.as_bytes());
    for (path, program) in [("cgi/quote.py", QUOTE), ("cgi/letters/send.py", SEND)] {
        server.write(path, program.as_bytes());
        fs::set_permissions(server.site(path), Permissions::from_mode(0o755)).expect("a program");
    }
    server.write(
        "cgi/letters/.htaccess",
        b"SetEnv PATH /srv/evil/bin:/usr/bin\n",
    );
    server.write(
        "../outside/planted/sitecustomize.py",
        SITECUSTOMIZE.as_bytes(),
    );
    for (path, answer) in HANDLERS {
        server.write(path, handler(answer).as_bytes());
    }
    for (name, text) in USERS {
        let text = format!("SetHandler mod_python\nPythonHandler {name}\n{text}\n");
        server.write(
            &format!("users/{name}/.htaccess"),
            server.fill_in(&text).as_bytes(),
        );
    }
    server.write("ledger/2024.html", b"");
    server.give_to_httpd("counter");
    server.write("shop/parcels.py", PARCELS.as_bytes());
    server.write("shop/loans.py", LOANS.as_bytes());
    server.write("shop/_admin.py", ADMIN.as_bytes());
    server.write("../outside/rental.py", RENTAL.as_bytes());
    server.write("../outside/till.key", b"SECRET-till-key\n");
    server.write("tutorial/tracebacks.html", TUTORIAL.as_bytes());
    server.write("showcase/suppliers.txt", b"SECRET-showcase-suppliers\n");
    server.write("shop/prices.pyo", b"SECRET-shop-pyo\n");
    server.write("settings copy.py", b"SECRET-copy\n");
    server.write("settings.py.orig", b"SECRET-orig\n");
    server.write("shop/settings.ini", b"SECRET-shop-ini\n");
    server.write(
        "../outside/tools/import_orders.py",
        b"\"\"\"SECRET-tools\"\"\"\nimport os\n",
    );
    link(&server.site("shop"), &server.site("latest"));
    link(&server.site(""), &server.path("outside/current"));
}

/// A handler with this expression for its answer, and something to steal.
fn handler(answer: &str) -> String {
    format!(
        "import os\nimport sys\nfrom mod_python import apache\n\n\
         PASSWORD = 'SECRET-password'\n\n\n\
         def handler(req):\n    req.content_type = 'text/plain'\n    req.write({answer})\n    \
         return apache.OK\n"
    )
}

fn link(original: &Path, link: &Path) {
    symlink(original, link).unwrap_or_else(|e| panic!("{}: {e}", link.display()));
}

impl Row {
    fn ask(&self, server: &Server) -> Response {
        match self.before {
            Before::Nothing => {}
            Before::Visit(path) => drop(self.get(server, path)),
            Before::Removal(file) => {
                self.get(server, self.target);
                fs::write(server.site(file), "# It is over.\n").expect("a file of the site");
                thread::sleep(A_MOMENT);
            }
        }
        self.get(server, self.target)
    }

    fn get(&self, server: &Server, target: &str) -> Response {
        let slash = target.find('/').unwrap_or(0);
        let (name, path) = target.split_at(slash);
        let host = match name {
            "" => server.host(),
            name => format!("{name}:{}", server.port()),
        };
        let mut headers = vec![("Host", host.as_str())];
        headers.extend(self.forwarded_for.map(|from| ("X-Forwarded-For", from)));
        server.exchange(&request("GET", path, &host, &headers, b""))
    }

    /// Whether the answer without the module is the one that the row is about.
    fn is_open(&self, without: &Response) -> bool {
        without.status == self.status && without.contains(self.shows)
    }

    /// Whether the module keeps its promise.
    fn is_kept(&self, without: &Response, with: &Response) -> bool {
        match self.with {
            Promise::Hidden(status, _) => {
                with.status == status && !with.contains(self.shows) && !with.contains("SECRET-")
            }
            Promise::Notice(begin) => {
                with.status == without.status
                    && with.contains(begin)
                    && with.contains("[error text withheld, incident ")
                    && !with.contains("SECRET-")
            }
            Promise::Instead(text) => {
                with.status == without.status
                    && with.contains(text)
                    && !with.contains(self.shows)
                    && !with.contains("SECRET-")
            }
            Promise::Shown => self.is_open(with),
            Promise::Same => {
                let meaning = |r: &Response| (r.status, r.header("Content-Type"), r.body.clone());
                meaning(with) == meaning(without)
            }
        }
    }
}

/// One line of the table.
struct Line {
    cells: [String; 5],
    as_promised: bool,
}

impl Line {
    fn new(row: &Row, without: &Response, with: &Response) -> Line {
        let is_kept = row.is_kept(without, with);
        let verdict = match row.with {
            Promise::Same if is_kept => "the same".to_owned(),
            Promise::Notice(_) if is_kept => format!("{} and a notice", with.status),
            Promise::Hidden(status, left) if is_kept => format!("{status} {left}"),
            Promise::Instead(text) if is_kept => format!("{} {text}", with.status),
            _ => telling(row, with),
        };
        let before = telling(row, without);
        let cells = [row.rule, row.target, row.what, &before, &verdict];
        Line {
            cells: cells.map(str::to_owned),
            as_promised: is_kept && row.is_open(without),
        }
    }
}

/// What a row promises, for a message.
fn promise(row: &Row) -> String {
    let with = match row.with {
        Promise::Hidden(status, _) => format!("{status} without it"),
        Promise::Notice(begin) => format!("{begin:?} and a notice"),
        Promise::Instead(text) => format!("{text:?} instead"),
        Promise::Shown => "the same".to_owned(),
        Promise::Same => "the same in every byte".to_owned(),
    };
    format!("promised {} with {:?}, then {with}", row.status, row.shows)
}

/// A response in a few words: its status, and the most telling thing in it.
fn telling(row: &Row, answer: &Response) -> String {
    let text = answer.text();
    let found = if text.contains("Traceback (most recent call last)") {
        "traceback".to_owned()
    } else if text.contains("<title>Index of") {
        let parent = text.matches("> Parent Directory<").count();
        let names = text.matches("<li>").count().saturating_sub(parent);
        format!("index, {names} names")
    } else if text.contains("General information") {
        "test page".to_owned()
    } else if text.contains("SECRET-") && SOURCE.iter().any(|word| text.contains(word)) {
        "source code".to_owned()
    } else if let Some(start) = text.find("SECRET-") {
        let end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
        text[start..]
            .split(end)
            .next()
            .unwrap_or_default()
            .to_owned()
    } else if answer.status >= 400 {
        String::new()
    } else if let (false, Some(start)) = (row.rule.is_empty(), text.find(row.shows)) {
        text[start..].lines().next().unwrap_or_default().to_owned()
    } else {
        let kind = answer.header("Content-Type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().to_owned()
    };
    format!("{} {found}", answer.status).trim_end().to_owned()
}

/// What is only in programs: a docstring, an assignment, PSP's brackets.
const SOURCE: &[&str] = &["\"\"\"", " = ", "&lt;%", "#!"];

const HEADINGS: [&str; 5] = [
    "rule",
    "asked for",
    "what it is",
    "without the module",
    "with it",
];

/// How wide the columns are; with the mark and the gaps a line has at most 120 columns.
const WIDTHS: [usize; 5] = [4, 37, 29, 24, 16];

fn columns(cells: &[&str; 5]) -> String {
    let mut line = String::new();
    for (text, width) in cells.iter().zip(WIDTHS) {
        match text.chars().count() <= width {
            true => line += &format!("  {text:width$}"),
            false => {
                let kept: String = text.chars().take(width - 3).collect();
                line += &format!("  {kept}...");
            }
        }
    }
    line.trim_end().to_owned()
}

fn print_table(lines: &[Line]) {
    let (bold, red, plain) = match io::stdout().is_terminal() {
        true => ("\x1b[1m", "\x1b[31m", "\x1b[0m"),
        false => ("", "", ""),
    };
    println!("{bold}{}{plain}", columns(&HEADINGS));
    let mut attacks = true;
    for line in lines {
        if attacks && line.cells[0].is_empty() {
            println!();
            attacks = false;
        }
        let text = columns(&line.cells.each_ref().map(String::as_str));
        match line.as_promised {
            true => println!("{text}"),
            false => println!("{red}!{}{plain}", &text[1..]),
        }
    }
}

/// What the audit says of a site.
struct Audit {
    /// As the administrator reads it.
    report: String,
    /// How many checks have findings.
    checks: usize,
    /// Each finding that should be there and is not, or is and should not.
    unexpected: Vec<String>,
}

impl Audit {
    fn of(server: &Server) -> Result<Audit, String> {
        let ask = |format: &str| -> Result<String, String> {
            let output = server
                .test_command(&["-D", format])
                .output()
                .map_err(|e| format!("httpd -t: {e}"))?;
            let said = String::from_utf8_lossy(&output.stderr);
            match output.status.success() {
                true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
                false => Err(format!("httpd -t -D {format}: {said}")),
            }
        };
        let json: serde_json::Value = serde_json::from_str(&ask("DUMP_PYGUARD_JSON")?)
            .map_err(|e| format!("the audit's JSON: {e}"))?;
        let findings = json["findings"].as_array().ok_or("no findings")?;
        let found: BTreeSet<&str> = findings
            .iter()
            .filter_map(|finding| finding["check"].as_str())
            .filter(|name| *name != "open-database")
            .collect();
        let expected: BTreeSet<&str> = FINDINGS.iter().copied().collect();
        let missing = expected.difference(&found);
        let additional = found.difference(&expected);
        let unexpected = missing
            .map(|name| format!("no finding of {name}"))
            .chain(additional.map(|name| format!("a finding of {name}")))
            .collect();
        Ok(Audit {
            report: ask("DUMP_PYGUARD")?,
            checks: found.len(),
            unexpected,
        })
    }
}

/// How many lines of each check are shown.
const LINES_OF_CHECK: usize = 9;

/// The report without most of its places: the naive site has enough of them to push the table off the
/// screen.
fn abridged(report: &str) -> String {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    for line in report.lines() {
        match blocks.last_mut() {
            Some(block) if line.is_empty() || line.starts_with(' ') => block.push(line),
            _ => blocks.push(vec![line]),
        }
    }
    let shown = blocks.iter().map(|block| {
        let text = block.join("\n").trim_end().to_owned();
        match text.lines().count() > LINES_OF_CHECK {
            true => format!("{}\n  ...", block[..LINES_OF_CHECK].join("\n").trim_end()),
            false => text,
        }
    });
    shown.collect::<Vec<String>>().join("\n\n")
}

/// The two servers of one site.
struct Pair {
    open: Server,
    guarded: Server,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(said) => {
            eprintln!("demo: {said}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row is as promised.
fn run() -> Result<bool, String> {
    let module = harness::module_file();
    if !module.is_file() {
        return Err(format!(
            "{} does not exist: run `make build`",
            module.display()
        ));
    }
    let packages = std::env::var("PYGUARD_DEMO_PACKAGES").unwrap_or_default();
    let packages: Vec<&Path> = packages.lines().map(Path::new).collect();
    let [django, flask] = packages[..] else {
        return Err("it needs Django and Flask: use `make demo`, which installs them".to_owned());
    };
    let common = Common::new(django, flask)?;
    let workshop = Workshop::start(&common)?;
    let start = |site: Site| -> Result<Pair, String> {
        Ok(Pair {
            open: site.start(&site.options(false, &common, &workshop))?,
            guarded: site.start(&site.options(true, &common, &workshop))?,
        })
    };
    let pairs: Vec<Pair> = SITES.into_iter().map(start).collect::<Result<_, _>>()?;
    // Before the rows change the site.
    let audit = Audit::of(&pairs[Site::Python as usize].guarded)?;
    let lines: Vec<Line> = ROWS
        .iter()
        .map(|row| {
            let pair = &pairs[row.site as usize];
            Line::new(row, &row.ask(&pair.open), &row.ask(&pair.guarded))
        })
        .collect();

    println!("The site of a small company, without mod_pyguard and with it:\n");
    print_table(&lines);
    println!("\n{NOTES}");
    println!("\nThe audit of the same site, with the module, by httpd -t -D DUMP_PYGUARD:\n");
    println!("{}\n", abridged(&audit.report));
    if std::env::var("KEEP").is_ok_and(|keep| !matches!(keep.as_str(), "" | "0")) {
        keep(pairs);
    }
    let kept = lines.iter().filter(|line| line.as_promised).count();
    for (row, line) in ROWS.iter().zip(&lines) {
        if !line.as_promised {
            println!("! {}: {}", row.target, promise(row));
        }
    }
    for unexpected in &audit.unexpected {
        println!("! the audit: {unexpected}");
    }
    println!("{} rows, {kept} as promised", lines.len());
    println!(
        "{} checks of the audit have findings, {} unexpected",
        audit.checks,
        audit.unexpected.len()
    );
    Ok(kept == lines.len() && audit.unexpected.is_empty())
}

const NOTES: &str = "\
The rows on mod_wsgi (/app, /wsgi, /scripts, /orders, /stock), on what is not loaded and on a proxy
(/workshop) come from three more pairs of servers.
Three directories have a directive of the module: /branches `PyGuardInterpreter Isolate`, /voucher
`PyGuardStale Deny`, /users `PyGuardHtaccess +PythonInterpreter`. Before the rows of R08 and R10,
somebody visits the other area; before that of R09 its page, the source of which is then removed.
Everybody in this demo is 127.0.0.1. The developer is whoever asks the host dev.localhost, which has
`PyGuardDebugFrom 127.0.0.1`; the other hosts trust nobody. A request with X-Forwarded-For in it (the
last row of R12) comes from behind a proxy, and is not the developer's.";

/// Lets the protected server of the whole site run, and stops the others.
fn keep(pairs: Vec<Pair>) {
    for (site, pair) in SITES.into_iter().zip(pairs) {
        if site != Site::Python {
            continue;
        }
        let port = pair.guarded.port();
        let command = pair.guarded.test_command(&["-D", "DUMP_PYGUARD"]);
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy())
            .collect();
        let (pid, directory) = pair.guarded.leave_running();
        println!("\nThe protected server still runs:");
        println!("  http://127.0.0.1:{port}/, and as the developer http://dev.localhost:{port}/");
        println!(
            "  {}: htdocs, conf/httpd.conf, logs/error_log",
            directory.display()
        );
        println!("  the whole audit: {}", words.join(" "));
        println!("  to end it: kill {pid}; rm -r {}\n", directory.display());
    }
}
