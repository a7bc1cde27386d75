//! R05, R07: publisher's URLs reach what a page defines, not what it imported, and nothing with an underscore.

use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Mpm, ONE_PROCESS, Options, Response, Server};
use crate::hazard::{Ask, Hazard, ask, brief, check, get, report};

const EXPORT: &[&str] = &["PG005"];
const UNDERSCORE: &[&str] = &["PG007"];
/// Nothing at warn or above: a probe, as for any missing page.
const MISSING: &[&str] = &[];

const CONFIGURATION: &str = r#"
# modules: rewrite negotiation include
<Directory "@SITE@/lib">
    Require all denied
</Directory>
<Directory "@SITE@/published">
    SetHandler mod_python
    PythonHandler mod_python.publisher
    PythonPath "sys.path + ['@SITE@/lib']"
</Directory>
"#;

/// Every way to a page that is not its own URL, and every way to bring the publisher.
const ROUNDABOUT: &str = r#"
Alias "/shortcut" "@SITE@/published"
Alias "/run" "@SITE@/published/forms.py"
Alias "/innocent" "@SITE@/published/_private.py"
AliasMatch "^/match/(.*)" "@SITE@/published/forms.py/$1"
<Directory "@SITE@/linked">
    SetHandler mod_python
    PythonHandler mod_python.publisher
    PythonPath "sys.path + ['@SITE@/lib']"
</Directory>
<Directory "@SITE@/detours">
    PythonPath "sys.path + ['@SITE@/lib']"
</Directory>
<Directory "@SITE@/detours/added">
    AddHandler mod_python .py
    PythonHandler mod_python.publisher
    DirectoryIndex index.py
</Directory>
<Directory "@SITE@/detours/views">
    Options +MultiViews
    AddHandler mod_python .py
    PythonHandler mod_python.publisher
</Directory>
<Directory "@SITE@/detours/rewritten">
    RewriteEngine On
    RewriteRule "^go/(.*)" "/published/forms.py/$1"
</Directory>
<Directory "@SITE@/detours/missing">
    ErrorDocument 404 /published/forms.py/takings
</Directory>
<Directory "@SITE@/detours/fallback">
    FallbackResource /published/forms.py/takings
</Directory>
<Directory "@SITE@/detours/index">
    DirectoryIndex /published/forms.py/takings
</Directory>
<Directory "@SITE@/detours/ssi">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
<Directory "@SITE@/detours/program">
    SetHandler python-program
    PythonHandler mod_python.publisher
</Directory>
<Directory "@SITE@/detours/typed">
    AddType mod_python .py
    PythonHandler mod_python.publisher
</Directory>
<Directory "@SITE@/detours/named">
    SetHandler mod_python
    PythonHandler mod_python.publisher::handler
</Directory>
<Directory "@SITE@/detours/second">
    SetHandler mod_python
    PythonHandler counter mod_python.publisher
</Directory>
<Directory "@SITE@/detours/moved">
    SetHandler mod_python
    PythonFixupHandler mover
    PythonHandler mod_python.publisher
</Directory>
<Directory "@SITE@/detours/extension">
    AddHandler mod_python .html
    PythonHandler mod_python.publisher | .html
</Directory>
<Directory "@SITE@/detours/extensions">
    SetHandler mod_python
    PythonHandler mod_python.publisher | .html .htm
</Directory>
<Directory "@SITE@/detours/several">
    AddHandler mod_python .py .html .do
    PythonHandler mod_python.publisher
</Directory>
<Directory "@SITE@/detours/files">
    <Files "*.py">
        SetHandler mod_python
        PythonHandler mod_python.publisher
    </Files>
</Directory>
<Directory "@SITE@/detours/if">
    <If "%{REQUEST_METHOD} == 'GET'">
        SetHandler mod_python
        PythonHandler mod_python.publisher
    </If>
</Directory>
<Directory "@SITE@/detours/by-location">
    PythonHandler mod_python.publisher
</Directory>
<Location "/detours/by-location">
    SetHandler mod_python
</Location>
<VirtualHost *:@PORT@>
    ServerName first.example
    RewriteEngine On
    RewriteRule "^/pretty/(.*)" "/published/forms.py/$1" [PT]
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName publisher.example
    PythonHandler mod_python.publisher
    AddHandler mod_python .py
</VirtualHost>
"#;

/// What the pages import from. No URL leads there.
const LIBRARY: &[(&str, &str)] = &[
    (
        "lib/store.py",
        r#"
import abc
import enum

PASSWORD = "SECRET-store-password"

def takings():
    return "SECRET-store-takings"

def export(req):
    req.headers_out["X-Export"] = "SECRET-store-export"
    return "exported"

class Cart:
    secret = "SECRET-store-cart"
    def total(self):
        return "SECRET-store-total"
    def __str__(self):
        return "SECRET-store-str"

class Colour(enum.Enum):
    RED = "SECRET-store-red"

class Report(abc.ABC):
    secret = "SECRET-store-report"

cart = Cart()
"#,
    ),
    (
        "lib/lazy.py",
        r#"
import sys
import types

class Lazy(types.ModuleType):
    """Not ModuleType itself, so the publisher has no rule against it."""

def takings():
    return "SECRET-lazy-takings"

sys.modules[__name__].__class__ = Lazy
"#,
    ),
    ("lib/house/__init__.py", ""),
    (
        "lib/house/attic.py",
        "def chest():\n    return 'SECRET-attic-chest'\n",
    ),
    (
        "lib/toolbox.py",
        r#"
class Tool:
    def __call__(self):
        return "SECRET-toolbox"
    def __setitem__(self, key, value):
        pass

for _name in """plain in_docstring in_comment in_function in_nested in_class annotated compared item
        attribute hinted keyword comprehended parameter in_brackets in_continued in_raw in_bytes
        in_format in_list shadowed after_quotes in_default in_decorator""".split():
    globals()[_name] = Tool()
"#,
    ),
    (
        "lib/counter.py",
        "from mod_python import apache\n\ndef handler(req):\n    return apache.OK\n",
    ),
    (
        "lib/mover.py",
        r#"
from mod_python import apache

def fixuphandler(req):
    req.filename = req.filename.replace("innocent", "forms")
    return apache.OK
"#,
    ),
];

const PAGES: &[(&str, &str)] = &[
    (
        "published/index.py",
        r#"
from subprocess import getoutput
from store import cart

def index(req):
    return "index of index"
"#,
    ),
    ("published/forms.py", FORMS),
    (
        "published/default.py",
        "from store import takings as index\n",
    ),
    (
        "published/start/index.py",
        "from store import takings as index\n",
    ),
    ("published/star.py", STAR),
    (
        "published/dynamic.py",
        r#"
import store

globals()["smuggled"] = store.takings
globals().update({"updated": store.takings})
vars()["in_vars"] = store.takings
exec("from store import takings as executed")
"#,
    ),
    (
        "published/late.py",
        r#"
import store

def __getattr__(name):
    return getattr(store, name)
"#,
    ),
    (
        "published/both.py",
        r#"
from toolbox import *

def __getattr__(name):
    import store
    return getattr(store, name)
"#,
    ),
    (
        "published/_private.py",
        r#"
def index():
    return "SECRET-private-index"

def takings():
    return "SECRET-private-takings"
"#,
    ),
    (
        "published/__init__.py",
        "def index():\n    return 'SECRET-private-init'\n",
    ),
    (
        "published/.hidden.py",
        "def index():\n    return 'SECRET-private-hidden'\n",
    ),
    ("published/v1.0.py", "from store import takings\n"),
    (
        "published/listed.py",
        r#"
from store import takings
__all__ = ["index", "takings"]

def index():
    return "index of listed"

def helper():
    return "SECRET-listed-helper"

LEVEL = "SECRET-listed-level"
"#,
    ),
    (
        "published/tuple.py",
        r#"
def index():
    return "index of tuple"

def helper():
    return "SECRET-listed-helper"

__all__ = 'index', \
    "other"
"#,
    ),
    (
        "published/annotated.py",
        r#"
__all__: list[str] = [
    "index",  # and no
    # "helper",
]

def helper():
    return "SECRET-listed-helper"
"#,
    ),
    (
        "published/empty.py",
        "__all__ = ()\ndef index():\n    return 'SECRET-listed-empty'\n",
    ),
    (
        "published/brackets.py",
        "__all__ = (['shown'])\ndef helper():\n    return 'SECRET-listed-helper'\n",
    ),
];

/// A page that has a name by each form of an import.
const FORMS: &str = r#"'''Imports.'''
from subprocess import getoutput
from linecache import getlines
from os import environ, popen
from glob import glob as find
from store import takings
from store import takings as income, PASSWORD
from store import (export,
    cart,  # a comment
    Colour as Paint,
    Report
)
from store import takings as one; from store import cart as basket
from store import cart as \
    trolley
from \
    store \
    import takings as broken
import lazy
import lazy as lazier
import os.path, lazy as laziest
from house.attic import chest
	
if True:
    from store import takings as in_if
else:
    in_if = "ours"
if False:
    pass
elif True:
	from store import takings as in_elif
try:
    from missing import nothing
except ImportError:
    from store import takings as in_except
else:
    pass
finally:
    from store import takings as in_finally
try:
    from store import takings as in_try
except ImportError:
    def in_try():
        return "ours"
for turn in range(1):
    from store import takings as in_for
else:
    from store import takings as in_else
while True:
    from store import takings as in_while
    break
with open("/dev/null"):
    from store import takings as in_with
match 1:
    case 1:
        from store import takings as in_match
if True: from store import takings as in_line
number = 1; from store import takings as after_semicolon
if True:
    # deeper
    try:
        with open("/dev/null"):
            from store import takings as deep
    finally:
        pass

def fill():
    global from_function
    from store import takings as from_function
fill()

class Filler:
    global from_class
    from store import takings as from_class

from store import (takings as alone,)
from store import takings as annotated
annotated: object
if True: number = 2; from store import takings as second

text = """
"""; from store import takings as after_text

def index():
    return "index of forms"
"#;

/// A page that seems to define what `from toolbox import *` brings.
const STAR: &str = r#"'''A page.

def in_docstring(): pass
in_docstring = 1
'''
from toolbox import *
# in_comment = 1

def own(in_default=1):
    in_function = 1
    def in_nested():
        pass
    return "own"

class Own:
    in_class = 1
    def shadowed(self):
        return ""

annotated: str
compared == 1
item["x"] = 1
attribute.x = 1
hinted.x: int = 1
table = dict(
keyword=1,
in_brackets = 1,
)
table = [comprehended for comprehended in ()]
table = [
in_list
]
table = lambda parameter=1: parameter
text = "a \
in_continued = 1"
text = r"\"; '"
after_quotes == 1
text = r'''
\'''
in_raw = 1
def in_raw(): pass
'''
text = b"""
in_bytes = 1
"""
text = r"" "" f"""{"x"}
in_format = 1
"""
"#;

fn options() -> Options {
    Options {
        extra: CONFIGURATION.to_owned(),
        ..Options::default()
    }
}

fn with(extra: &str) -> Options {
    Options {
        extra: format!("{CONFIGURATION}{extra}"),
        ..Options::default()
    }
}

fn prepare(server: &Server) {
    for (path, text) in LIBRARY.iter().chain(PAGES) {
        server.write(path, text.as_bytes());
    }
}

/// The page with an import, wherever the publisher is brought to.
const DETOURS: &[&str] = &[
    "added/forms.py",
    "added/index.py",
    "views/forms.py",
    "program/forms.py",
    "typed/forms.py",
    "named/forms.py",
    "second/forms.py",
    "moved/forms.py",
    "extension/forms.py",
    "extensions/forms.py",
    "several/forms.py",
    "files/forms.py",
    "if/forms.py",
    "by-location/forms.py",
    "htaccess/forms.py",
    "server/forms.py",
];

fn prepare_detours(server: &Server) {
    prepare(server);
    for path in DETOURS {
        server.write(
            &format!("detours/{path}"),
            b"from store import takings\nfrom store import takings as index\n",
        );
    }
    server.write(
        "detours/moved/innocent.py",
        b"def takings():\n    return 'innocent'\n",
    );
    server.write("detours/extension/forms.html", b"");
    server.write("detours/several/forms.html", b"");
    server.write(
        "detours/htaccess/.htaccess",
        b"SetHandler mod_python\nPythonHandler mod_python.publisher\n",
    );
    for name in ["missing", "fallback", "index", "rewritten"] {
        server.write(&format!("detours/{name}/x"), b"");
    }
    server.write(
        "detours/ssi/page.shtml",
        b"<p><!--#include virtual=\"/published/forms.py/takings\" --></p>",
    );
    let link = |to: &str, from: &str| {
        std::os::unix::fs::symlink(server.site(to), server.site(from)).unwrap();
    };
    link("published", "linked");
    link("published/forms.py", "published/linked.py");
}

#[test]
fn what_a_page_imports_is_not_published() {
    const FORMS: &[(&str, &str)] = &[
        ("getoutput?cmd=echo+SECRET-$((6*7))", "SECRET-42"),
        ("getlines?filename=/etc/passwd", "root:"),
        ("environ", "PATH"),
        ("popen?cmd=true", "os._wrap_close"),
        ("find?pathname=/etc/pass*", "/etc/passwd"),
        ("takings", "SECRET-store"),
        ("income", "SECRET-store"),
        ("PASSWORD", "SECRET-store"),
        ("export", "SECRET-store"),
        ("cart", "SECRET-store"),
        ("cart/secret", "SECRET-store"),
        ("cart.secret", "SECRET-store"),
        ("cart/total", "SECRET-store"),
        ("basket/total", "SECRET-store"),
        ("trolley/total/", "SECRET-store"),
        ("Paint/RED", "Colour.RED"),
        ("Paint.RED/value", "SECRET-store"),
        ("Report/secret", "SECRET-store"),
        ("one", "SECRET-store"),
        ("broken", "SECRET-store"),
        ("lazy/takings", "SECRET-lazy"),
        ("lazier/takings", "SECRET-lazy"),
        ("laziest.takings", "SECRET-lazy"),
        ("chest", "SECRET-attic"),
        ("in_if", "SECRET-store"),
        ("in_elif", "SECRET-store"),
        ("in_except", "SECRET-store"),
        ("in_finally", "SECRET-store"),
        ("in_try", "SECRET-store"),
        ("in_for", "SECRET-store"),
        ("in_else", "SECRET-store"),
        ("in_while", "SECRET-store"),
        ("in_with", "SECRET-store"),
        ("in_match", "SECRET-store"),
        ("in_line", "SECRET-store"),
        ("after_semicolon", "SECRET-store"),
        ("deep", "SECRET-store"),
        ("from_function", "SECRET-store"),
        ("from_class", "SECRET-store"),
        ("alone", "SECRET-store"),
        ("annotated", "SECRET-store"),
        ("second", "SECRET-store"),
        ("after_text", "SECRET-store"),
    ];
    let targets: Vec<String> = FORMS
        .iter()
        .map(|(name, _)| format!("/published/forms.py/{name}"))
        .collect();
    let rows: Vec<_> = FORMS
        .iter()
        .zip(&targets)
        .map(|((_, shows), target)| get(target, shows, EXPORT))
        .collect();
    check(&options(), &rows, prepare);
}

/// What a star brings is not told from what is missing, so it is said; the rest is like any missing page.
#[test]
fn nor_what_appears_in_it() {
    const STAR: &[&str] = &[
        "plain",
        "in_docstring",
        "in_comment",
        "in_function",
        "in_nested",
        "in_class",
        "shadowed",
        "in_default",
        "in_decorator",
        "annotated",
        "compared",
        "item",
        "attribute",
        "hinted",
        "keyword",
        "in_brackets",
        "comprehended",
        "in_list",
        "parameter",
        "in_continued",
        "after_quotes",
        "in_raw",
        "in_bytes",
        "in_format",
    ];
    let targets: Vec<String> = STAR
        .iter()
        .map(|name| format!("/published/star.py/{name}"))
        .collect();
    let mut rows: Vec<_> = targets
        .iter()
        .map(|target| get(target, "SECRET-toolbox", EXPORT))
        .collect();
    rows.extend([
        get("/published/dynamic.py/smuggled", "SECRET-store", MISSING),
        get("/published/dynamic.py/updated", "SECRET-store", MISSING),
        get("/published/dynamic.py/in_vars", "SECRET-store", MISSING),
        get("/published/dynamic.py/executed", "SECRET-store", MISSING),
        get("/published/late.py/takings", "SECRET-store", MISSING),
        get("/published/late.py/cart/secret", "SECRET-store", MISSING),
        get("/published/both.py/takings", "SECRET-store", EXPORT),
    ]);
    check(&options(), &rows, prepare);
}

#[test]
fn all_is_the_word_of_the_page() {
    let rows = [
        get("/published/listed.py/helper", "SECRET-listed", EXPORT),
        get("/published/listed/LEVEL", "SECRET-listed", EXPORT),
        // It does not make what was imported the page's own.
        get("/published/listed.py/takings", "SECRET-store", EXPORT),
        get("/published/tuple.py/helper", "SECRET-listed", EXPORT),
        get("/published/annotated.py/helper", "SECRET-listed", EXPORT),
        get("/published/empty.py", "SECRET-listed", EXPORT),
        get("/published/brackets.py/helper", "SECRET-listed", EXPORT),
    ];
    check(&options(), &rows, prepare);
}

#[test]
fn what_begins_with_an_underscore_is_private() {
    const DOT: &[&str] = &["PG007", "PG015", "PG018"];
    let rows = [
        get(
            "/published/_private.py/takings",
            "SECRET-private",
            UNDERSCORE,
        ),
        get("/published/_private.py", "SECRET-private", UNDERSCORE),
        get("/published/_private/takings", "SECRET-private", UNDERSCORE),
        get("/published/_private", "SECRET-private", UNDERSCORE),
        get("/published/_private/", "SECRET-private", UNDERSCORE),
        get(
            "/published/%5Fprivate/takings",
            "SECRET-private",
            UNDERSCORE,
        ),
        get("/published/__init__.py", "SECRET-private", UNDERSCORE),
        get("/published/__init__/index", "SECRET-private", UNDERSCORE),
        get("/published/.hidden/index", "SECRET-private", DOT),
        get("/published/.hidden", "SECRET-private", DOT),
        get("/published/.hidden.py/index", "SECRET-private", DOT),
        get("/published/%2Ehidden/index/", "SECRET-private", DOT),
        get("/innocent/takings", "SECRET-private", UNDERSCORE),
        get("/shortcut/_private/takings", "SECRET-private", UNDERSCORE),
    ];
    let mut options = options();
    options.extra += ROUNDABOUT;
    check(&options, &rows, prepare_detours);
}

#[test]
fn however_the_url_is_spelt() {
    const FORM: &[(&str, &str)] = &[
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", "0"),
    ];
    let rows = [
        get("/published/forms/takings", "SECRET-store", EXPORT),
        get("/published/forms/takings/", "SECRET-store", EXPORT),
        get("/published/forms.py/takings/", "SECRET-store", EXPORT),
        get("/published/forms.py/takings?", "SECRET-store", EXPORT),
        get("/published/forms.py/takings?x=/own", "SECRET-store", EXPORT),
        get("/published/forms.py/%74akings", "SECRET-store", EXPORT),
        get("/published/f%6Frms.p%79/takings", "SECRET-store", EXPORT),
        get("//published//forms.py//takings", "SECRET-store", EXPORT),
        get("/published/x/../forms.py/./takings", "SECRET-store", EXPORT),
        get(
            "/published/forms.py/index/../takings",
            "SECRET-store",
            EXPORT,
        ),
        get("/published/forms.py/cart%2Esecret", "SECRET-store", EXPORT),
        get("/published/v1.0.py/takings", "SECRET-store", EXPORT),
        get("/published/v1.0/takings", "SECRET-store", EXPORT),
        // The page is missing, so its name is the first name in index.py.
        get(
            "/published/getoutput?cmd=echo+SECRET-$((6*7))",
            "SECRET-42",
            EXPORT,
        ),
        get("/published/cart", "SECRET-store", EXPORT),
        get("/published/cart.py", "SECRET-store", EXPORT),
        get("/published/cart/secret", "SECRET-store", EXPORT),
        get("/published/cart.py/secret/", "SECRET-store", EXPORT),
        get("/published/cart.secret", "SECRET-store", EXPORT),
        get("/published/index.py/cart/total", "SECRET-store", EXPORT),
        get("/published/index/cart/total", "SECRET-store", EXPORT),
        // The function is index where there is no other.
        get("/published/default.py", "SECRET-store", EXPORT),
        get("/published/default", "SECRET-store", EXPORT),
        get("/published/default/", "SECRET-store", EXPORT),
        get("/published/start/", "SECRET-store", EXPORT),
        get("/published/start/index", "SECRET-store", EXPORT),
        get("/published/start/index.py", "SECRET-store", EXPORT),
        ask(
            "POST",
            Ask::Send("POST", "/published/forms.py/takings", FORM),
            "SECRET-store",
            EXPORT,
        ),
        ask(
            "POST with a query",
            Ask::Send(
                "POST",
                "/published/forms.py/getoutput?cmd=echo+SECRET-$((6*7))",
                FORM,
            ),
            "SECRET-42",
            EXPORT,
        ),
        ask(
            "HEAD",
            Ask::Send("HEAD", "/published/forms.py/export", &[]),
            "SECRET-store",
            EXPORT,
        ),
        ask(
            "HTTP/1.0",
            Ask::Raw("GET /published/forms.py/takings HTTP/1.0\r\n\r\n"),
            "SECRET-store",
            EXPORT,
        ),
        ask(
            "the absolute form",
            Ask::Raw(
                "GET http://@HOST@/published/forms.py/takings HTTP/1.1\r\nHost: other\r\n\
                 Connection: close\r\n\r\n",
            ),
            "SECRET-store",
            EXPORT,
        ),
        ask(
            "X-Forwarded-For",
            Ask::Send(
                "GET",
                "/published/forms.py/takings",
                &[("X-Forwarded-For", "127.0.0.1")],
            ),
            "SECRET-store",
            EXPORT,
        ),
    ];
    check(&options(), &rows, prepare);
}

/// mod_http2 does not work under prefork.
#[test]
fn over_http2() {
    let rows = [
        ask(
            "HTTP/2",
            Ask::Http2("/published/forms.py/takings"),
            "SECRET-store",
            EXPORT,
        ),
        ask(
            "HTTP/2, underscore",
            Ask::Http2("/published/%5Fprivate/takings"),
            "SECRET-private",
            UNDERSCORE,
        ),
    ];
    if Mpm::chosen().threaded() {
        check(
            &with("# modules: http2\nProtocols h2c http/1.1"),
            &rows,
            prepare,
        );
    }
}

#[test]
fn whichever_way_leads_there() {
    const SECRET: &str = "SECRET-store";
    let rows = [
        get("/shortcut/forms.py/takings", SECRET, EXPORT),
        get("/shortcut/takings/../cart", SECRET, EXPORT),
        get("/run/takings", SECRET, EXPORT),
        get("/match/takings", SECRET, EXPORT),
        get("/pretty/takings", SECRET, EXPORT),
        get("/linked/forms.py/takings", SECRET, EXPORT),
        get("/published/linked.py/takings", SECRET, EXPORT),
        get("/detours/rewritten/go/takings", SECRET, EXPORT),
        get("/detours/missing/nothing", SECRET, EXPORT),
        get("/detours/fallback/nothing", SECRET, EXPORT),
        get("/detours/index/", SECRET, EXPORT),
        Hazard {
            status: 200,
            also: &["unable to include"],
            ..get("/detours/ssi/page.shtml", SECRET, EXPORT)
        },
        get("/detours/added/forms.py/takings", SECRET, EXPORT),
        get("/detours/added/", SECRET, EXPORT),
        get("/detours/views/forms/takings", SECRET, EXPORT),
        get("/detours/views/forms.py/takings", SECRET, EXPORT),
        get("/detours/program/forms.py/takings", SECRET, EXPORT),
        Hazard {
            also: &["AH01599: "],
            ..get("/detours/typed/forms.py/takings", SECRET, EXPORT)
        },
        get("/detours/named/forms.py/takings", SECRET, EXPORT),
        get("/detours/second/forms.py/takings", SECRET, EXPORT),
        get("/detours/moved/innocent.py/takings", SECRET, EXPORT),
        get("/detours/extension/forms.html/takings", SECRET, EXPORT),
        get("/detours/extensions/forms.html/takings", SECRET, EXPORT),
        get("/detours/extensions/forms.htm/takings", SECRET, EXPORT),
        get("/detours/several/forms.py/takings", SECRET, EXPORT),
        get("/detours/several/forms.html/takings", SECRET, EXPORT),
        get("/detours/several/forms.do/takings", SECRET, EXPORT),
        get("/detours/files/forms.py/takings", SECRET, EXPORT),
        get("/detours/if/forms.py/takings", SECRET, EXPORT),
        get("/detours/by-location/forms.py/takings", SECRET, EXPORT),
        get("/detours/htaccess/forms.py/takings", SECRET, EXPORT),
        ask(
            "publisher.example",
            Ask::Send(
                "GET",
                "/detours/server/forms.py/takings",
                &[("Host", "publisher.example")],
            ),
            SECRET,
            EXPORT,
        ),
    ];
    check(&with(ROUNDABOUT), &rows, prepare_detours);
}

/// What the publisher refuses itself is refused as if it did not exist.
#[test]
fn what_was_forbidden_is_missing() {
    // The target, the status without the module, and the tag.
    const ROWS: &[(&str, u16, &[&str])] = &[
        ("/published/forms.py/_private", 403, UNDERSCORE),
        ("/published/forms.py/__builtins__", 403, UNDERSCORE),
        ("/published/forms.py/fill/__globals__", 403, UNDERSCORE),
        ("/published/forms.py/fill.__globals__", 403, UNDERSCORE),
        ("/published/_nothing", 403, UNDERSCORE),
        ("/published/dynamic.py/store", 403, EXPORT),
        ("/published/dynamic.py/store/takings", 403, EXPORT),
        ("/published/dynamic.py/store.takings", 403, EXPORT),
    ];
    let open = Options {
        guarded: false,
        careless: true,
        ..options()
    };
    let server = Server::start_with(&open, prepare);
    let mut failures = Vec::new();
    for (target, status, _) in ROWS {
        let answer = server.get(target);
        if answer.status != *status {
            failures.push(format!("without the module: {target}: {}", brief(&answer)));
        }
    }
    server.finish();
    let mut server = Server::start_with(&options(), prepare);
    for (target, _, tags) in ROWS {
        let answer = server.get(target);
        let lines = server.take_log();
        let tag = format!("{}: ", tags[0]);
        if answer.status != 404 || lines.len() != 1 || !lines[0].contains(&tag) {
            failures.push(format!("{target}: {} {lines:?}", brief(&answer)));
        }
    }
    server.finish();
    report(&failures);
}

#[test]
fn the_log_says_what_and_why() {
    let mut server = Server::start_with(&with("LogLevel warn pyguard:info"), prepare);
    assert_eq!(server.get("/published/forms.py/takings").status, 404);
    let lines = server.expect_log("PG005: ");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("takings"), "{lines:?}");
    assert!(lines[0].contains("forms.py"), "{lines:?}");
    assert_eq!(server.get("/published/forms.py/nowhere").status, 404);
    assert!(server.take_log().is_empty());
    let log = server.whole_log();
    assert!(
        log.lines()
            .any(|line| line.contains("[pyguard:info]") && line.contains("nowhere")),
        "{log}"
    );
    server.finish();
}

/// What cannot be read is not published, and not taken for missing.
#[test]
fn a_page_that_is_not_understood() {
    const BROKEN: &[(&str, &[u8])] = &[
        ("open", b"def index(req:\n    return 'SECRET-open'\n"),
        ("quotes", b"def index(req):\n    return '''SECRET-quotes\n"),
        ("quote", b"def index(req):\n    return 'SECRET-quote\n"),
        ("closed", b"def index(req)):\n    return 'SECRET-closed'\n"),
        (
            "indent",
            b"def index(req):\n    x = 1\n  return 'SECRET-indent'\n",
        ),
    ];
    // The page of an older Python, which only Python itself may find wrong.
    const TWO: &[u8] = b"def index(req):\n    print \"SECRET-two\"\n";
    let prepare = |server: &Server| {
        prepare(server);
        for (name, text) in BROKEN {
            server.write(&format!("published/{name}.py"), text);
        }
        server.write("published/two.py", TWO);
    };
    let open = Options {
        guarded: false,
        careless: true,
        ..options()
    };
    let server = Server::start_with(&open, prepare);
    for (name, _) in BROKEN {
        assert_eq!(server.get(&format!("/published/{name}.py")).status, 500);
    }
    assert_eq!(server.get("/published/two.py").status, 500);
    server.finish();
    let mut server = Server::start_with(&options(), prepare);
    let mut failures = Vec::new();
    for (name, _) in BROKEN {
        let answer = server.get(&format!("/published/{name}.py"));
        let lines = server.take_log();
        let own = lines.iter().filter(|line| line.contains("PG005: ")).count();
        if answer.status != 500 || answer.contains("SECRET-") || own != 1 {
            failures.push(format!("{name}: {} {lines:?}", brief(&answer)));
        }
    }
    let answer = server.get("/published/two.py");
    if answer.status != 500 || answer.contains("SECRET-") || server.take_log().is_empty() {
        failures.push(format!("two: {}", brief(&answer)));
    }
    server.finish();
    report(&failures);
}

#[test]
fn the_administrator_names_what_is_published() {
    let extra = r#"
<Directory "@SITE@/published">
    PyGuardPublish index takings
</Directory>
<Files "listed.py">
    PyGuardPublish helper
</Files>
<Files "default.py">
    PyGuardPublish None
</Files>
<Files "star.py">
    PyGuardPublish Auto
</Files>
<Files "two.py">
    PyGuardPublish index
    PyGuardPublish plain cart
</Files>
"#;
    let rows: &[(&str, u16)] = &[
        ("/published/forms.py/takings", 200),
        ("/published/forms.py", 200),
        ("/published/forms.py/fill", 404),
        ("/published/forms.py/getoutput", 404),
        ("/published/forms.py/number", 404),
        // It replaces the page's own __all__.
        ("/published/listed.py/helper", 200),
        ("/published/listed.py/index", 404),
        ("/published/listed.py", 404),
        ("/published/default.py", 404),
        ("/published/default.py/index", 404),
        ("/published/star.py/own", 200),
        ("/published/star.py/plain", 404),
        ("/published/two.py", 200),
        ("/published/two.py/plain", 200),
        ("/published/two.py/cart/secret", 200),
        ("/published/two.py/takings", 404),
        // An underscore stays one.
        ("/published/_private.py/takings", 404),
    ];
    let prepare = |server: &Server| {
        prepare(server);
        server.write(
            "published/two.py",
            b"from toolbox import *\nfrom store import *\ndef index():\n    return 'two'\n",
        );
    };
    let mut server = Server::start_with(&with(extra), prepare);
    let mut failures = Vec::new();
    for (target, status) in rows {
        let answer = server.get(target);
        let lines = server.take_log();
        let tagged = lines
            .iter()
            .all(|line| line.contains("PG005: ") || line.contains("PG007: "));
        let count = usize::from(*status == 404);
        if answer.status != *status || lines.len() != count || !tagged {
            failures.push(format!("{target}: {} {lines:?}", brief(&answer)));
        }
    }
    server.finish();
    report(&failures);
}

const REFUSED: &[(&str, &str, &str)] = &[
    ("/published/forms.py/takings", "SECRET-store", "PG005: "),
    ("/published/cart/secret", "SECRET-store", "PG005: "),
    ("/published/_private/takings", "SECRET-private", "PG007: "),
];

#[test]
fn the_developer_is_no_exception() {
    let mut server = Server::start_with(&with("PyGuardDebugFrom 127.0.0.1"), prepare);
    for (target, _, tag) in REFUSED {
        let answer = server.get(target);
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(server.expect_log(tag).len(), 1);
    }
    server.finish();
}

#[test]
fn it_is_said_before_it_is_done() {
    let mut server = Server::start_with(&with("PyGuard Detect"), prepare);
    for (target, shows, tag) in REFUSED {
        let answer = server.get(target);
        assert!(answer.status == 200 && answer.contains(shows), "{target}");
        let lines = server.take_log();
        assert_eq!(lines.len(), 1, "{target}: {lines:?}");
        assert!(lines[0].contains(tag) && lines[0].contains("would deny"));
    }
    // The publisher's own answer to what is missing stays.
    assert_eq!(server.get("/published/forms.py/nowhere").status, 404);
    server.finish();
    let server = Server::start_with(&with("PyGuard Off"), prepare);
    for (target, shows, _) in REFUSED {
        assert!(server.get(target).contains(shows), "{target}");
    }
    server.finish();
}

/// A page is what it is now: what it no longer defines is gone, and what it defines anew is there.
#[test]
fn a_page_changes() {
    let mut server = Server::start_with(&options(), |server| {
        prepare(server);
        server.write(
            "published/page.py",
            b"def old():\n    return 'the old one'\n",
        );
    });
    assert_eq!(server.get("/published/page.py/old").text(), "the old one");
    assert_eq!(server.get("/published/page.py/new").status, 404);
    // As an editor does it: a new date, unlike `Server::write`.
    let write = |server: &Server, text: &str| {
        std::fs::write(server.site("published/page.py"), text).unwrap();
    };
    write(
        &server,
        "from store import takings as old\n\ndef new():\n    return 'the new one'\n",
    );
    until(&server, "/published/page.py/new", |answer| {
        answer.status == 200 && answer.text() == "the new one"
    });
    until(&server, "/published/page.py/old", |answer| {
        answer.status == 404
    });
    write(&server, "def old():\n    return 'the old one again'\n");
    until(&server, "/published/page.py/new", |answer| {
        answer.status == 404
    });
    // What was imported could still run, until a restart.
    until(&server, "/published/page.py/old", |answer| {
        answer.status == 404
    });
    server.graceful();
    until(&server, "/published/page.py/old", |answer| {
        answer.status == 200 && answer.text() == "the old one again"
    });
    // The page is missing, and its name falls to index.py.
    std::fs::remove_file(server.site("published/page.py")).unwrap();
    until(&server, "/published/page.py/old", |answer| {
        answer.status == 404
    });
    server.allow_log("PG005: ");
    server.finish();
}

/// Whatever child answers has a moment to notice; then it is so, in each of them.
fn until(server: &Server, target: &str, expected: impl Fn(&Response) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(3);
    let mut right = 0;
    while right < 4 {
        let answer = server.get(target);
        assert!(!answer.contains("SECRET-"), "{target}: {}", brief(&answer));
        right = if expected(&answer) { right + 1 } else { 0 };
        assert!(
            Instant::now() < deadline,
            "{target} stays {}",
            brief(&answer)
        );
        if right == 0 {
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Pages as people write them.
const ORDINARY: &[(&str, &[u8])] = &[
    ("published/ordinary.py", PLAIN.as_bytes()),
    ("published/decoy.py", DECOY.as_bytes()),
    ("published/modern.py", MODERN.as_bytes()),
    ("published/guarded.py", GUARDED.as_bytes()),
    (
        "published/parts.py",
        b"__all__ = ['index']\n__all__ += ['more']\n\
        def index():\n    return 'index'\n\
        def more():\n    return 'more'\n",
    ),
    (
        "published/dos.py",
        b"import os\r\n\r\ndef index():\r\n    return 'dos'\r\n",
    ),
    (
        "published/mac.py",
        b"import os\rdef index():\r    return 'mac'\r",
    ),
    ("published/short.py", b"def index(): return 'short'"),
    ("published/bare.py", b""),
    (
        "published/starry.py",
        b"from string import *\n\ndef index():\n    return 'starry'\n",
    ),
    (
        "published/feed.py",
        b"import os\n\x0c\ndef index():\n\treturn 'feed'\n\x0c",
    ),
    (
        "published/latin.py",
        b"# -*- coding: latin-1 -*-\ndef index():\n    return 'plain'\n",
    ),
    ("published/style.css", b"body {}"),
];

const DECOY: &str = r#"'''
__all__ = ['nothing']
'''
# __all__ = ['nothing']
class Inner:
    __all__ = ['nothing']
def index():
    __all__ = ['nothing']
    return 'decoy'
index.__all__ = ['nothing']
"#;

const PLAIN: &str = r#"#!/usr/bin/env python3
"""The usual."""
from __future__ import annotations
import os, sys
import functools
from mod_python import apache, util

VERSION = "1.2"
NUMBER = 42
RATE = 1.5
NOTHING = None
TABLE = {"a": 1}
ITEMS = [1, 2]
BYTES = b"bytes"
first, (second, *rest) = "one", ("two", "three")
left = right = "both"
total = 1
total += 1
[in_list, also_in_list] = "ab"

def index(req):
    return "<html><body>index</body></html>"

def form(req, name="nobody", colour=None):
    return "%s %s" % (name, colour)

def everything(req, **fields):
    fields.pop("req", None)
    return ", ".join(sorted("%s=%s" % pair for pair in fields.items()))

def nothing(req):
    return None

def leave(req):
    util.redirect(req, "/published/ordinary.py")

def typed(req):
    req.content_type = "text/x-typed"
    req.write("written ")
    return "returned"

def stop(req):
    raise apache.SERVER_RETURN(apache.HTTP_GONE)

def count(req):
    yield 1

def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return "logged " + str(function(*args, **kwargs))
    return wrapper

@logged
def decorated(req):
    return "decorated"

@logged
@logged
def twice(req):
    return "twice"

class Shop:
    """Not traversable itself, its instances are."""
    motto = "all bicycles"
    class Inner:
        depth = "inner"
    inner = Inner()
    def __init__(self):
        self.open = "always"
    def show(self, req, item="none"):
        return "show %s" % item
    def __call__(self, req):
        return "called"
    def __str__(self):
        return "a shop"
    @property
    def state(self):
        return "open"
    @staticmethod
    def fixed():
        return "fixed"
    @classmethod
    def made(cls):
        return cls.motto

shop = Shop()
shout = lambda req, text="hey": text.upper()
partial = functools.partial(form, name="partial")
bound = shop.show

if sys.version_info[0] > 2:
    def three():
        return "three"
else:
    def two():
        return "two"

try:
    import simplejson as json
except ImportError:
    def dumps(text="x"):
        return "our own dumps of " + text
    FOUND = "no"
else:
    FOUND = "yes"
finally:
    DONE = "done"

for letter in "abc":
    LAST = letter
while True:
    ONCE = "once"
    break
with open("/dev/null") as null:
    READ = "read nothing"
if True: ONE_LINE = "one line"; TWO = "two of them"
"#;

const MODERN: &str = r#"
import asyncio
import dataclasses
import enum
import typing

count: int = 3
text: typing.Optional[str] = f"{count!r:>4} {'nested'} {{braces}} {count=}"
long = (
    "in "
    "brackets"
)
continued = \
    "continued"
raw = r"\d" + Rb"\d".decode() + u"u"
triple = '''one "two" """three"""
def not_a_function():
four'''
number = 0x_ff + 0b1 + 0o7 + 1_000
complex_one = 1e3j
walrus = (inner := "inner") + "!"
unpacked = [*range(3), *{4}]
merged = {**{"a": 1}, "b": 2}
starred, *others = "xyz"
conditional = "yes" if count else "no"
matrix = type("Matrix", (), {"__matmul__": lambda a, b: "product", "__str__": lambda s: "m"})()
product = matrix @ matrix
slices = "abcdef"[1:-1:2]
ellipsis = str(...)

def positional(req, /, a="1", *, b="2"):
    return a + b

def annotated(req: object, word: "str" = "word") -> "str":
    return word

def matched(req, word="other"):
    match word:
        case "one" | "two":
            return "number"
        case [x, *_]:
            return x
        case _:
            return "wild"

match = "not a keyword here"
case = "nor here"
type = "nor this"
match count:
    case 3:
        in_case = "three"
    case _:
        in_case = "other"

def waited(req):
    async def later():
        await asyncio.sleep(0)
        return "later"
    return asyncio.run(later())

@dataclasses.dataclass(frozen=True)
class Point:
    x: int = 1
    y: int = 2
    def sum(self):
        return self.x + self.y

point = Point()

class Colour(enum.Enum):
    RED = "red"

T = typing.TypeVar("T")
class Box(typing.Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value
box: Box[int] = Box(7)

try:
    raise ExceptionGroup("several", [ValueError("v")])
except* ValueError:
    grouped = "grouped"

with (open("/dev/null") as a, open("/dev/null") as b):
    parenthesized = "parenthesized"

def outer(req):
    total = 0
    def add(n):
        nonlocal total
        total += n
    add(2)
    return "%d" % total

@(lambda f: f)
def decorated_by_expression(req):
    return "decorated"

if (n := 10) > 5: compact = "compact"
class Empty: ...
def one_line(): return "one line"
lookup = {"a": lambda: 1, "b": [lambda x: {x: (x,)}]}
assert isinstance(lookup, dict), "no"
del lookup
index = one_line
"#;

/// Pages with publisher's own access control.
const GUARDED: &str = r#"
__auth_realm__ = "members"

def index(req):
    return "members only"

def __auth__(req, user, password):
    return user == "guest"
"#;

#[test]
fn ordinary_sites_do_not_notice() {
    let mut asks: Vec<(Ask<'_>, u16)> = Vec::new();
    let paths: &[(&str, u16)] = &[
        ("ordinary.py", 200),
        ("ordinary", 200),
        ("ordinary/", 200),
        ("ordinary.py/index", 200),
        ("ordinary.py/index/", 200),
        ("ordinary.py?x=y", 200),
        ("ordinary.py/form", 200),
        ("ordinary.py/form?name=a%20b&colour=red", 200),
        ("ordinary.py/form?name=a&name=b", 200),
        ("ordinary.py/%66orm?name=%C3%A9", 200),
        ("ordinary.py/everything?a=1&b=2&_c=3", 200),
        ("ordinary.py/nothing", 200),
        ("ordinary.py/leave", 302),
        ("ordinary.py/typed", 200),
        ("ordinary.py/stop", 410),
        ("ordinary.py/VERSION", 200),
        ("ordinary.py/NUMBER", 200),
        ("ordinary.py/RATE", 200),
        ("ordinary.py/NOTHING", 200),
        ("ordinary.py/TABLE", 200),
        ("ordinary.py/ITEMS", 200),
        ("ordinary.py/BYTES", 200),
        ("ordinary.py/first", 200),
        ("ordinary.py/second", 200),
        ("ordinary.py/rest", 200),
        ("ordinary.py/left", 200),
        ("ordinary.py/right", 200),
        ("ordinary.py/total", 200),
        ("ordinary.py/in_list", 200),
        ("ordinary.py/also_in_list", 200),
        ("ordinary.py/decorated", 200),
        ("ordinary.py/twice", 200),
        // A class is not published, and Python says so.
        ("ordinary.py/Shop", 403),
        ("ordinary.py/Shop/motto", 403),
        ("ordinary.py/shop", 200),
        ("ordinary.py/shop/motto", 200),
        ("ordinary.py/shop.motto", 200),
        ("ordinary.py/shop/inner/depth", 200),
        ("ordinary.py/shop.inner/depth/", 200),
        ("ordinary.py/shop/open", 200),
        ("ordinary.py/shop/show?item=roadster", 200),
        ("ordinary.py/shop/state", 200),
        ("ordinary.py/shop/fixed", 200),
        ("ordinary.py/shop/made", 200),
        ("ordinary.py/shop/nothing", 404),
        ("ordinary.py/shout?text=ho", 200),
        ("ordinary.py/bound?item=tandem", 200),
        ("ordinary.py/three", 200),
        ("ordinary.py/two", 404),
        ("ordinary.py/dumps?text=y", 200),
        ("ordinary.py/FOUND", 200),
        ("ordinary.py/DONE", 200),
        ("ordinary.py/LAST", 200),
        ("ordinary.py/ONCE", 200),
        ("ordinary.py/READ", 200),
        ("ordinary.py/ONE_LINE", 200),
        ("ordinary.py/TWO", 200),
        ("modern.py", 200),
        ("modern.py/count", 200),
        ("modern.py/text", 200),
        ("modern.py/long", 200),
        ("modern.py/continued", 200),
        ("modern.py/raw", 200),
        ("modern.py/triple", 200),
        ("modern.py/not_a_function", 404),
        ("modern.py/number", 200),
        ("modern.py/complex_one", 200),
        ("modern.py/walrus", 200),
        ("modern.py/unpacked", 200),
        ("modern.py/merged", 200),
        ("modern.py/starred", 200),
        ("modern.py/others", 200),
        ("modern.py/conditional", 200),
        ("modern.py/product", 200),
        ("modern.py/slices", 200),
        ("modern.py/ellipsis", 200),
        ("modern.py/positional?a=7", 500),
        ("modern.py/annotated?word=w", 200),
        ("modern.py/matched?word=one", 200),
        ("modern.py/matched", 200),
        ("modern.py/match", 200),
        ("modern.py/case", 200),
        ("modern.py/type", 200),
        ("modern.py/in_case", 200),
        ("modern.py/waited", 200),
        ("modern.py/Point", 403),
        ("modern.py/point", 200),
        ("modern.py/point/x", 200),
        ("modern.py/point/sum", 200),
        ("modern.py/Colour/RED", 200),
        ("modern.py/box/value", 200),
        ("modern.py/grouped", 200),
        ("modern.py/parenthesized", 200),
        ("modern.py/outer", 200),
        ("modern.py/decorated_by_expression", 200),
        ("modern.py/compact", 200),
        ("modern.py/one_line", 200),
        ("modern.py/index", 200),
        ("modern.py/lookup", 404),
        ("guarded.py", 401),
        ("guarded.py/index", 401),
        ("listed.py", 200),
        ("listed/index", 200),
        ("tuple", 200),
        ("parts.py", 200),
        ("parts.py/more", 200),
        ("decoy.py", 200),
        ("dos.py", 200),
        ("mac.py", 200),
        ("short.py", 200),
        ("bare.py", 404),
        ("starry.py", 200),
        ("feed.py", 200),
        ("latin.py", 200),
        ("forms.py", 200),
        ("star.py/own", 200),
        ("", 200),
        ("index", 200),
        ("index.py", 200),
        ("index.py/index", 200),
        ("start/nothing", 404),
        ("nothing.py", 404),
        ("nothing/at/all", 404),
        ("ordinary.py/missing", 404),
        ("ordinary.py/missing/deeper", 404),
        ("favicon.ico", 404),
        ("style.css", 404),
        ("robots.txt", 404),
        ("ordinary.html", 404),
    ];
    let targets: Vec<String> = paths
        .iter()
        .map(|(path, _)| format!("/published/{path}"))
        .collect();
    for (target, (_, status)) in targets.iter().zip(paths) {
        asks.push((Ask::Get(target), *status));
    }
    asks.push((Ask::Send("HEAD", "/published/ordinary.py", &[]), 200));
    asks.push((
        Ask::Send("HEAD", "/published/ordinary.py/missing", &[]),
        404,
    ));
    for method in ["OPTIONS", "PUT", "DELETE", "PATCH", "FROBNICATE"] {
        const EMPTY: &[(&str, &str)] = &[("Content-Length", "0")];
        asks.push((Ask::Send(method, "/published/ordinary.py", EMPTY), 405));
    }
    asks.push((
        Ask::Raw(
            "POST /published/ordinary.py/form HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 22\r\n\r\n\
             name=posted&colour=red",
        ),
        200,
    ));
    asks.push((
        Ask::Raw(
            "POST /published/ordinary.py/form HTTP/1.1\r\nHost: @HOST@\r\nConnection: close\r\n\
             Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 66\r\n\r\n\
             --b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nparts\r\n--b--\r\n",
        ),
        200,
    ));
    asks.push((Ask::Raw("GET /published/ordinary.py HTTP/1.0\r\n\r\n"), 200));
    same(&options(), &asks, |server| {
        prepare(server);
        for (path, text) in ORDINARY {
            server.write(path, text);
        }
    });
}

/// Asks a server twice, first without the module and then with it: the same answer, and nothing in
/// the log that was not there before.
fn same(options: &Options, asks: &[(Ask<'_>, u16)], prepare: impl Fn(&Server)) {
    let open = Options {
        guarded: false,
        careless: true,
        ..options.clone()
    };
    let mut failures = Vec::new();
    let mut server = Server::start_with(&open, prepare);
    let mut before = Vec::new();
    for (ask, status) in asks {
        let answer = ask.of(&server);
        if answer.status != *status {
            failures.push(format!(
                "{ask:?} is no example of {status}: {} {:?}",
                brief(&answer),
                server.take_log()
            ));
        }
        before.push((meaning(&answer), messages(&server.take_log())));
    }
    server.start_again(options);
    for ((ask, _), (expected, lines)) in asks.iter().zip(&before) {
        let answer = ask.of(&server);
        if meaning(&answer) != *expected {
            failures.push(format!("{ask:?} became {}", brief(&answer)));
        }
        let now = messages(&server.take_log());
        if now != *lines {
            failures.push(format!("{ask:?} logs {now:?}, not {lines:?}"));
        }
    }
    server.finish();
    report(&failures);
}

/// What an answer says, however it was cut into pieces.
fn meaning(answer: &Response) -> (Vec<String>, String) {
    let head = String::from_utf8_lossy(&answer.timeless_head()).into_owned();
    let mut lines: Vec<String> = head
        .lines()
        .filter(|line| *line != "Transfer-Encoding: chunked" && !line.starts_with("Content-Length"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    (lines, answer.text())
}

/// The lines without who wrote them when, and without the place of an object in memory.
fn messages(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| {
            let message = line
                .rsplit_once("] ")
                .map_or(line.as_str(), |(_, text)| text);
            let end = message.find(" at 0x").unwrap_or(message.len());
            message[..end].to_owned()
        })
        .collect()
}

/// publisher goes on with the page that it has, where it cannot load the new one or does not see it.
#[test]
fn what_an_older_page_imported_is_not_published() {
    const OLD: &[u8] = b"from store import takings\n\ndef old():\n    return 'old'\n";
    const PAGES: &[(&str, &str)] = &[
        ("broken", "import missing_module\n"),
        ("wrong", "raise ValueError\n"),
        ("renamed", ""),
    ];
    let prepare = |server: &Server| {
        prepare(server);
        for name in ["broken", "wrong", "renamed", "fresh"] {
            server.write(&format!("published/{name}.py"), OLD);
        }
    };
    let ask = |server: &Server, name: &str| server.get(&format!("/published/{name}.py/takings"));
    let change = |server: &Server| {
        for (name, _) in PAGES {
            let answer = server.get(&format!("/published/{name}.py/old"));
            assert_eq!(answer.text(), "old", "{name}");
        }
        for (name, first) in PAGES {
            let new = format!("{first}def takings():\n    return 'ours'\n");
            let to = format!("published/{name}.py");
            if *name == "renamed" {
                // `Server::write` gives every file one date.
                server.write("published/renamed.new", new.as_bytes());
                std::fs::rename(server.site("published/renamed.new"), server.site(&to)).unwrap();
            } else {
                std::fs::write(server.site(&to), new).unwrap();
            }
        }
    };
    let one = with(ONE_PROCESS);
    let open = Options {
        guarded: false,
        careless: true,
        ..one.clone()
    };
    let server = Server::start_with(&open, prepare);
    change(&server);
    for (name, _) in PAGES {
        // The first one may be the one that cannot load it.
        let shows = (0..3).any(|_| ask(&server, name).contains("SECRET-store"));
        assert!(shows, "{name}: the hazard does not show");
    }
    server.finish();

    let mut failures = Vec::new();
    let mut server = Server::start_with(&one, prepare);
    change(&server);
    for (name, _) in PAGES {
        for turn in 0..3 {
            let answer = ask(&server, name);
            let lines = server.take_log();
            if answer.status != 404 || !lines.iter().any(|line| line.contains("PG005: ")) {
                failures.push(format!("{name}, {turn}: {} {lines:?}", brief(&answer)));
            }
        }
        // Where publisher tried, and failed, it is no other.
        server.get(&format!("/published/{name}.py/old"));
        server.take_log();
        let answer = ask(&server, name);
        if answer.status != 404 {
            failures.push(format!("{name}, in the end: {}", brief(&answer)));
        }
        server.take_log();
    }
    // What nobody imported is there at once.
    assert_eq!(server.get("/published/fresh.py/old").text(), "old");
    std::fs::write(
        server.site("published/fresh.py"),
        "from store import takings\n\ndef old():\n    return 'newer'\n\ndef new():\n    return 'new'\n",
    )
    .unwrap();
    for (name, text) in [("new", "new"), ("old", "newer"), ("new", "new")] {
        let answer = server.get(&format!("/published/fresh.py/{name}"));
        if answer.text() != text {
            failures.push(format!("fresh, {name}: {}", brief(&answer)));
        }
    }
    server.finish();
    report(&failures);
}

/// The name of a directory has no extension for publisher.
#[test]
fn in_a_directory_with_a_dot() {
    let options = with(
        "<Directory \"@SITE@/man.html\">\nSetHandler mod_python\n\
         PythonHandler mod_python.publisher\nPythonHandler mod_python.psp | .html\n</Directory>\n",
    );
    let rows = [
        get("/man.html/?pathname=/etc/pass*", "/etc/passwd", EXPORT),
        get("/man.html/index?pathname=/etc/pass*", "/etc/passwd", EXPORT),
        get(
            "/man.html/index.py/index?pathname=/etc/pass*",
            "/etc/passwd",
            EXPORT,
        ),
    ];
    check(&options, &rows, |server| {
        server.write("man.html/index.py", b"from glob import glob as index\n");
    });
}
