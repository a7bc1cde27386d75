//! The tables of error text: one row for each kind, and for each text that may lead to it.
//!
//! A row says in its text what begins the error text and nothing else on ordinary pages, in the
//! notation of [`super::marker`]. A page that quotes one of these texts in prose must go unharmed: a
//! traceback counts with its first frame only, and a framework's page by what its own page alone
//! has.
//!
//! A text need not begin where the error text does: the `t` of `traceback_data` may go. Texts that begin
//! alike are searched for together, and the fewer beginnings there are, the faster is the search.

use super::marker::{Lead, Marker, anywhere, at_start, lead, of_rule, title};
use super::rule::Rule;

/// Every kind of error text.
#[rustfmt::skip]
pub(super) static MARKERS: &[Marker] = &[
    // What Python itself writes, in all versions. zope.exceptions has "Module x, line 3" in place of
    // a file; rich and IPython have "x.py:3" or "x.py in pay("; before 1.6 the innermost frame was last.
    anywhere("Python traceback", "Traceback␣(most␣recent␣call␣last‥,␣line␣№"),
    anywhere("Python traceback", "Traceback␣(most␣recent␣call␣last‥.py˽:˽№"),
    anywhere("Python traceback", "Traceback␣(most␣recent␣call␣last‥.py␣in␣α("),
    anywhere("Python traceback", "Traceback␣(innermost␣last‥,␣line␣№"),
    // Sanic puts the name of the application in between.
    anywhere("Python traceback", "Traceback␣of␣…␣(most␣recent␣call␣last"),
    anywhere("Python stack", "Stack␣(most␣recent␣call␣last‥,␣line␣№"),
    // faulthandler: "Current thread" and "Thread"
    anywhere("Python stack", "hread 0x…␣(most␣recent␣call␣first"),
    // traceback.format_tb(), stackprinter; jsonrpclib leaves the comma out.
    anywhere("Python stack frame", "File␣„…„,␣line␣№,␣in␣α"),
    anywhere("Python stack frame", "File␣„…„␣line␣№,␣in␣α"),
    anywhere("Python syntax error", "File␣„…„,␣line␣№‥SyntaxError:"),
    anywhere("Python syntax error", "File␣„…„,␣line␣№‥IndentationError:"),
    anywhere("Python syntax error", "File␣„…„,␣line␣№‥TabError:"),
    // Frames as data: Sanic, structlog, and many a handler of a site's own.
    anywhere("Python stack frames", "frames\":˽[˽{˽\"file‥\"line"),
    anywhere("Python exceptions", "exceptions\":˽[˽{˽\"type\":˽\"α\",˽\"exception\":"),
    anywhere("Python exceptions", "exc_type\":˽\""),
    // json-rpc
    anywhere("Python exception", "Server error\",˽\"data\":˽{˽\"type\":"),
    // SQLAlchemy, in str() of its exceptions
    anywhere("SQLAlchemy error", "[SQL: ⋮(Background on this error at: "),
    // cgitb and those that use it (Paste, flup)
    anywhere("cgitb page", "<!--: spam"),
    anywhere("cgitb page", "A problem occurred in a Python script.␣Here␣is␣the␣sequence␣of␣function␣calls"),
    // mod_python: 3.1 and later, 3.0 to 3.3, PSP
    of_rule(Rule::DebugTraceback, anywhere("mod_python error page", "Mod_python error: \"Python")),
    of_rule(Rule::DebugTraceback, anywhere("mod_python error page", "MOD_PYTHON ERROR␣ProcessId:")),
    of_rule(Rule::PspSource, anywhere("mod_python PSP source", "PSP-produced␣Python␣Code:")),
    // Django: its 500 page since 1.0 and web.py's copy of it, its 404 page, its text for clients that
    // want no HTML
    anywhere("Django debug page", "raceback li.frame {"),
    anywhere("Django debug page", "switchPastebinFriendly(link)"),
    anywhere("Django debug page", "exception_value\">"),
    anywhere("Django debug page", "info ol li { font-family: monospace; }"),
    anywhere("Django debug page", "Using the URLconf defined in␣α␣Django␣tried"),
    anywhere("Django debug page", "Request Method: α\nRequest URL: …\n˽Django Version: "),
    // Werkzeug of all ages (Flask, Pyramid, django-extensions, Dash), Backlash (TurboGears)
    title("Werkzeug debugger", "// Werkzeug Debugger"),
    title("Werkzeug debugger", "// Backlash"),
    anywhere("Werkzeug debugger", "__debugger__=yes&cmd=resource"),
    // Dash without Flask
    title("Dash debugger", "// FastAPI Debugger"),
    title("Dash debugger", "// Quart Debugger"),
    // Flask-DebugToolbar: the configuration in every page
    anywhere("Flask debug toolbar", "flDebug\""),
    // Pyramid
    title("Pyramid debug toolbar", ">Pyramid Debug Toolbar"),
    anywhere("Pyramid debug message", "debug_notfound of url "),
    anywhere("Pyramid debug message", "debug_authorization of url "),
    // Paste and WebError (Pylons, TurboGears 1, Pecan)
    anywhere("Paste error page", "switch_source {"),
    anywhere("Paste error page", "raceback\" class=\"hidden-data\""),
    anywhere("Paste error page", "raceback_data')"),
    title("Pecan error page", ">Pecan - Application Error"),
    // Bottle
    anywhere("Bottle error page", "Exception:</h2>"),
    // Trac, in production too
    anywhere("Trac error page", "Trac detected an internal error:</strong>"),
    // Mako: its page, and that within a page
    title("Mako error page", ">Mako Runtime Error"),
    anywhere("Mako error page", "Error !</h2>\n\n<h3>"),
    // Starlette (FastAPI), Litestar, Quart, BlackSheep, Sanic
    title("Starlette debugger", ">Starlette Debugger"),
    title("Litestar debug page", ">Litestar exception page"),
    title("Litestar debug page", ">Starlite exception page"),
    anywhere("Litestar debug page", "code-background-color-dark: #b8b8b8;"),
    anywhere("Quart debug page", "raceback>div, .locals>div {"),
    anywhere("BlackSheep error page", "Exception type:</dt>"),
    anywhere("Sanic debug page", "smalltext>"),
    anywhere("Sanic debug page", "tb-wrapper><div class=frame-line>"),
    // Twisted
    title("Twisted error page", ">web.Server Traceback (most recent call last)"),
    // Emmett, Roundup, Exceptionite (Masonite)
    anywhere("Emmett debug page", "__emmett__/debug/"),
    anywhere("Roundup error page", "heading-text decor\">"),
    anywhere("Exceptionite page", "<title>Error - ⋮dark .hljs{color:#abb2bf}"),
    // Zope 2
    anywhere("Zope error page", "An error was encountered while publishing this resource.␣Error␣Type:"),
    // Servers
    anywhere("uWSGI exception", "uWSGI exceptions catcher for \""),
];

/// What may lead to error text, with the message of the exception first.
#[rustfmt::skip]
pub(super) static LEADS: &[Lead] = &[
    // JSON that begins as a report of an error does: {"error": message, "traceback": ...
    at_start("{˽\"error"),
    at_start("{˽\"detail"),
    at_start("{˽\"message\""),
    at_start("{˽\"msg\""),
    at_start("{˽\"description\""),
    at_start("{˽\"exc"),
    at_start("{˽\"exception"),
    at_start("{˽\"ok\":˽false"),
    at_start("{˽\"success\":˽false"),
    at_start("{˽\"data\":˽null"),
    // GraphQL: the messages, and their tracebacks among the extensions.
    lead("errors\":˽[˽{"),
    // Django's text: ValueError at /path, the message, then the request.
    at_start("α at /…\n"),
    // Bottle, where its error page fails
    lead("Error:</h2>"),
    // Sanic
    lead("Internal Server Error</h1><p>"),
    lead("Internal Server Error\n===="),
];
