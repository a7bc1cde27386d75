//! The tables of error text: one row for each kind, and for each text that may lead to it.
//!
//! A row says in its text what begins the error text and nothing else on ordinary pages, in the
//! notation of [`super::marker`]. A page that quotes one of these texts in prose must go unharmed: a
//! traceback counts with its first frame only, and a framework's page by what its own page alone
//! has.

use super::marker::{Lead, Marker, anywhere, at_start, lead, of_rule, title};
use super::rule::Rule;

/// Every kind of error text.
pub(super) static MARKERS: &[Marker] = &[
    // What Python itself writes, in all versions. zope.exceptions has "Module x, line 3" in place of
    // a file; rich and IPython have "x.py:3"; before 1.6 the innermost frame was last.
    anywhere(
        "Python traceback",
        "Traceback␣(most␣recent␣call␣last‥line␣№",
    ),
    anywhere(
        "Python traceback",
        "Traceback␣(most␣recent␣call␣last‥.py˽:˽№",
    ),
    anywhere("Python traceback", "Traceback␣(innermost␣last‥line␣№"),
    // Sanic puts the name of the application in between.
    anywhere(
        "Python traceback",
        "Traceback␣of␣…␣(most␣recent␣call␣last‥line␣№",
    ),
    anywhere("Python stack", "Stack␣(most␣recent␣call␣last‥line␣№"),
    anywhere(
        "Python stack",
        "Current␣thread␣0x…␣(most␣recent␣call␣first‥line␣№",
    ),
    anywhere("Python stack", "Thread␣0x…␣(most␣recent␣call␣first‥line␣№"),
    // traceback.format_tb(), stackprinter; jsonrpclib leaves the comma out.
    anywhere("Python stack frame", "File␣„…„,␣line␣№,␣in␣α"),
    anywhere("Python stack frame", "File␣„…„␣line␣№,␣in␣α"),
    anywhere("Python syntax error", "File␣„….py„,␣line␣№¶"),
    anywhere("Python syntax error", "File␣„<α>„,␣line␣№¶"),
    // Frames as data: Sanic, structlog, and many a handler of a site's own.
    anywhere("Python stack frames", "\"frames\":˽[˽{˽\"file"),
    anywhere("Python exceptions", "\"exceptions\":˽[˽{˽\"type\":"),
    anywhere("Python exceptions", "\"exception\":˽[˽{˽\"exc_type\":"),
    // json-rpc
    anywhere(
        "Python exception",
        "\"data\":˽{˽\"type\":˽\"α\",˽\"args\":˽[",
    ),
    // SQLAlchemy, in str() of its exceptions
    anywhere("SQLAlchemy error", "[SQL: ⋮(Background on this error at: "),
    // cgitb and those that use it (Paste, flup)
    anywhere("cgitb page", "<!--: spam"),
    anywhere(
        "cgitb page",
        "A problem occurred in a Python script.␣Here␣is␣the␣sequence",
    ),
    // mod_python: 3.1 and later, 3.0 to 3.3, PSP
    of_rule(
        Rule::DebugTraceback,
        anywhere("mod_python error page", "Mod_python error: \"Python"),
    ),
    of_rule(
        Rule::DebugTraceback,
        anywhere("mod_python error page", "MOD_PYTHON ERROR␣ProcessId:"),
    ),
    of_rule(
        Rule::PspSource,
        anywhere("mod_python PSP source", "PSP-produced␣Python␣Code:"),
    ),
    // Django: its 500 page since 1.0 and web.py's copy of it, its 404 page, its text for clients that
    // want no HTML
    anywhere("Django debug page", "ul.traceback li.frame {"),
    anywhere("Django debug page", "switchPastebinFriendly(link)"),
    anywhere("Django debug page", "<pre class=\"exception_value\">"),
    anywhere(
        "Django debug page",
        "info ol li { font-family: monospace; }",
    ),
    anywhere(
        "Django debug page",
        "Using the URLconf defined in␣α␣Django␣tried",
    ),
    anywhere(
        "Django debug page",
        "Request Method: α\nRequest URL: …\n˽Django Version: ",
    ),
    // Werkzeug of all ages (Flask, Pyramid, django-extensions, Dash), Backlash (TurboGears)
    title("Werkzeug debugger", "// Werkzeug Debugger"),
    title("Werkzeug debugger", "// Backlash"),
    anywhere("Werkzeug debugger", "__debugger__=yes"),
    // Dash without Flask
    title("Dash debugger", "// FastAPI Debugger"),
    title("Dash debugger", "// Quart Debugger"),
    // Flask-DebugToolbar: the configuration in every page
    anywhere("Flask debug toolbar", "<div id=\"flDebug\""),
    // Pyramid
    title("Pyramid debug toolbar", "Pyramid Debug Toolbar"),
    anywhere("Pyramid debug message", "debug_notfound of url "),
    anywhere("Pyramid debug message", "debug_authorization of url "),
    // Paste and WebError (Pylons, TurboGears 1, Pecan)
    anywhere("Paste error page", "a.switch_source {"),
    anywhere("Paste error page", "function hide_display(id) {"),
    anywhere("Paste error page", "source-type=\"long\">"),
    anywhere(
        "Paste error page",
        "id=\"full_traceback\" class=\"hidden-data\"",
    ),
    anywhere("Paste error page", "switch_display('traceback_data')"),
    title("Pecan error page", "Pecan - Application Error"),
    // Bottle: its page since 0.6, and the one where that fails
    anywhere("Bottle error page", "<h2>Exception:</h2>"),
    anywhere("Bottle error page", "</h1><h2>Error:</h2>"),
    // Trac, in production too
    anywhere("Trac error page", "Trac detected an internal error:"),
    // Mako: its page, and that within a page
    title("Mako error page", "Mako Runtime Error"),
    anywhere("Mako error page", "<h2>Error !</h2>"),
    // Starlette (FastAPI), Litestar, Quart, BlackSheep, Sanic
    title("Starlette debugger", "Starlette Debugger"),
    title("Litestar debug page", "Litestar exception page"),
    title("Litestar debug page", "Starlite exception page"),
    anywhere(
        "Litestar debug page",
        "code-background-color-dark: #b8b8b8;",
    ),
    anywhere("Quart debug page", "traceback>div, .locals>div {"),
    anywhere("BlackSheep error page", "<dt>Exception type:</dt>"),
    anywhere("Sanic debug page", "<details open class=smalltext>"),
    anywhere("Sanic debug page", "(Sanic debug mode only)"),
    anywhere("Sanic debug page", "<div class=tb-wrapper>"),
    // Twisted
    title(
        "Twisted error page",
        "web.Server Traceback (most recent call last)",
    ),
    // Emmett, Webware, Roundup, Exceptionite (Masonite)
    anywhere("Emmett debug page", "__emmett__/debug/"),
    anywhere("Webware error page", "<h2 class=\"section\">Traceback</h2>"),
    anywhere("Roundup error page", "<tr class=\"heading-text decor\">"),
    anywhere("Exceptionite page", "dark .hljs{color:"),
    // Zope 2
    anywhere(
        "Zope error page",
        "An error was encountered while publishing this resource.",
    ),
    // Servers
    anywhere("uWSGI exception", "uWSGI exceptions catcher for \""),
];

/// What may lead to error text, with the message of the exception first.
pub(super) static LEADS: &[Lead] = &[
    // JSON that begins as a report of an error does: {"error": message, "traceback": ...
    at_start("{˽\"error"),
    at_start("{˽\"detail"),
    at_start("{˽\"message\""),
    at_start("{˽\"msg\""),
    at_start("{˽\"description\""),
    at_start("{˽\"exc"),
    at_start("{˽\"exception"),
    at_start("{˽\"type\""),
    at_start("{˽\"title\""),
    at_start("{˽\"status"),
    at_start("{˽\"code\""),
    at_start("{˽\"ok\":˽false"),
    at_start("{˽\"success\":˽false"),
    at_start("{˽\"data\":˽null"),
    at_start("{˽\"jsonrpc\""),
    at_start("{˽\"id\""),
    at_start("{˽\"event\""),
    at_start("{˽\"text\""),
    // GraphQL: the messages, and their tracebacks among the extensions.
    lead("\"errors\":˽[˽{"),
    // Django's text: ValueError at /path, the message, then the request.
    at_start("α at /…\n"),
    // Sanic
    lead("Internal Server Error</h1><p>"),
    lead("Internal Server Error\n===="),
    // Exceptionite
    lead("<title>Error - "),
];
