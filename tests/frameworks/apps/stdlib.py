"""What applications without a debug page print themselves when something fails, one form a path,
and ordinary pages that speak of tracebacks without being one."""
# environment: none
# leak: /text
# leak: /text-500
# leak: /text-as-html
# leak: /text-as-nothing
# leak: /pre
# leak: /escaped
# leak: /br
# leak: /nbsp
# leak: /list
# leak: /spans
# leak: /bold
# leak: /entities
# leak: /hex-entities
# leak: /html-comment
# leak: /textarea
# leak: /markdown
# leak: /below-a-page
# leak: /json
# leak: /json-lines
# leak: /json-twice
# leak: /json-ascii
# leak: /json-frames
# leak: /javascript
# leak: /javascript-html
# leak: /jsonp
# leak: /event-stream
# leak: /repr
# leak: /bytes-repr
# leak: /one-line
# leak: /crlf
# leak: /indented
# leak: /stripped
# leak: /chained
# leak: /cause
# leak: /group
# leak: /note
# leak: /syntax-error
# leak: /syntax-error-bare
# leak: /recursion
# leak: /locals
# leak: /frames-only
# leak: /frames-only-html
# leak: /stack
# leak: /faulthandler
# leak: /unittest
# leak: /colour
# leak: /xml
# leak: /cdata
# leak: /url-encoded
# leak: /utf-8-sig
# leak: /header
# leak: /exception-header
# leak: /cgitb
# leak: /cgitb-text
# leak: /cgitb-late
# leak: /xmlrpc-header
# leak: /logging
# leak: /logging-stack
# leak: /logging-html
# leak: /logging-json
# leak: /far-below
# harmless: /text
# harmless: /cgitb
# harmless: /wsgiref
# harmless: /how-to-read
# harmless: /how-to-read.txt
# harmless: /article
# harmless: /api-message
# harmless: /api-flag
# harmless: /openapi.json
# harmless: /bundle.js
# harmless: /source-map
# harmless: /log-viewer.json
# harmless: /log-viewer
# harmless: /listing
# harmless: /reference
# harmless: /exceptions.html
# harmless: /changelog
# harmless: /feed
# harmless: /search
# harmless: /search.json
# harmless: /java
# harmless: /style.css
# harmless: /translations.json
# harmless: /issue-list
# harmless: /csv
# harmless: /diff
# harmless-debug: /how-to-read
# harmless-debug: /log-viewer.json
#
# Not asked for, because nothing in them says what they are: /message-only /exception-only /json-message /warning /reason /base64 /utf-16

import base64
import cgitb
import contextlib
import faulthandler
import html
import io
import json
import logging
import os
import re
import socket
import sys
import tempfile
import threading
import traceback
import unittest
import urllib.parse
import warnings
import wsgiref.simple_server
import xmlrpc.client
import xmlrpc.server
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, MODE = int(sys.argv[1]), sys.argv[2]
DEBUG = MODE == "debug"
MESSAGE = "Zx9SecretMessage <b> & \"quoted\" it's"
os.environ["DATABASE_PASSWORD"] = "Zx9SecretSetting"


def charge(order):
    card = "Zx9SecretLocal"
    if order != card:
        raise ValueError(MESSAGE)  # Zx9SecretSource


def checkout():
    charge("a <basket> & more")


def chained():
    try:
        {}["Zx9SecretLocal"]
    except KeyError:
        checkout()


def cause():
    try:
        {}["Zx9SecretLocal"]
    except KeyError as missing:
        raise RuntimeError(MESSAGE) from missing


def group():
    found = []
    for _ in range(2):
        try:
            checkout()
        except ValueError as error:
            found.append(error)
    raise ExceptionGroup("Zx9SecretMessage of several", found)


def note():
    try:
        checkout()
    except ValueError as error:
        error.add_note("Zx9SecretMessage noted")
        raise


def broken():
    compile("total = Zx9SecretSource +* 2\n", "/srv/shop/till.py", "exec")


def forever(depth=0):
    return forever(depth + 1)  # Zx9SecretSource


def failed(function=checkout):
    """The exception a function raises, with the traceback of a handler that let it through."""
    try:
        function()
    except Exception as error:
        return error


def text_of(function=checkout):
    return "".join(traceback.format_exception(failed(function)))


def page(body, title="Error"):
    return f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body>\n{body}\n</body></html>\n"


def spans(text):
    """As a syntax highlighter writes it: every word in an element of its own."""
    out = []
    for line in text.splitlines():
        words = " ".join(f'<span class="w">{html.escape(word)}</span>' for word in line.strip().split(" "))
        out.append(f'<div class="line">{words}</div>')
    return "\n".join(out)


def entities(text, form):
    return "".join(c if c.isalnum() or c in " \n" else form % ord(c) for c in text)


def frames_json():
    error = failed()
    frames = [
        {"file": f.filename, "line": f.lineno, "function": f.name, "code": f.line}
        for f in traceback.extract_tb(error.__traceback__)
    ]
    return {"error": {"type": "ValueError", "message": str(error), "frames": frames}}


def logged(**how):
    """What the logging module makes of it."""
    out = io.StringIO()
    stream = logging.StreamHandler(out)
    stream.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.Logger("shop")
    logger.addHandler(stream)
    try:
        checkout()
    except ValueError:
        logger.error("order failed", **how)  # Zx9SecretSource
    return out.getvalue()


def stack():
    return "".join(traceback.format_stack())  # Zx9SecretSource


def dumped():
    def Zx9SecretSource():
        with tempfile.TemporaryFile("w+") as out:
            faulthandler.dump_traceback(out, all_threads=True)
            out.seek(0)
            return out.read()

    return Zx9SecretSource()


def warned():
    with contextlib.redirect_stderr(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Zx9SecretMessage is old", DeprecationWarning, stacklevel=2)
    return out.getvalue()


def tested():
    class Till(unittest.TestCase):
        def test_checkout(self):
            checkout()

    out = io.StringIO()
    unittest.TextTestRunner(out).run(Till("test_checkout"))
    return out.getvalue()


def colour():
    """What Python 3.13 writes to a terminal, whose colours an application passed on."""
    text = re.sub(r'File (".*"), line (\d+), in (.*)', "File \x1b[35m\\1\x1b[0m, line \x1b[35m\\2\x1b[0m, in \x1b[35m\\3\x1b[0m", text_of())
    return re.sub(r"^(\w+): (.*)", "\x1b[1;35m\\1\x1b[0m: \x1b[35m\\2\x1b[0m", text, flags=re.M)


def cgitb_of(kind, late=False):
    out = io.StringIO()
    if late:
        # The page had begun when it failed, so cgitb's page stands in the middle of it.
        out.write(page("<table><tr><td><font size=1>orders</font><p>" + "one row after another<br>\n" * 40))
    try:
        checkout()
    except ValueError:
        cgitb.Hook(file=out, format=kind).handle()
    return out.getvalue()


def xmlrpc_server():
    """A real XML-RPC server beside this one."""

    class Server(xmlrpc.server.SimpleXMLRPCServer):
        def _marshaled_dispatch(self, data, *args, **kwargs):
            if b"whole" in data:
                checkout()
            return super()._marshaled_dispatch(data, *args, **kwargs)

    server = Server(("127.0.0.1", 0), logRequests=False)
    server._send_traceback_header = DEBUG
    server.register_function(checkout)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def wsgiref_server():
    class Handler(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *args):
            pass

    def application(environ, start_response):
        checkout()

    server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


XMLRPC, WSGIREF = xmlrpc_server(), wsgiref_server()


def asked(port, method, body=b""):
    """The answer of one of the servers above, byte for byte: the header with a traceback has line ends in it."""
    request = f"{method} / HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        while part := connection.recv(65536):
            answer += part
    return answer


HTML, TEXT, JSON, JS, XML = "text/html", "text/plain", "application/json", "text/javascript", "text/xml"
LONG = "Every order is kept for ten years, and every line of it can be printed again. " * 60


def leak(path):
    t = text_of
    forms = {
        "/text": lambda: (200, TEXT, t()),
        "/text-500": lambda: (500, TEXT, t()),
        "/text-as-html": lambda: (500, HTML, t()),
        "/text-as-nothing": lambda: (500, None, t()),
        "/pre": lambda: (500, HTML, page(f"<h1>Error</h1><pre>{html.escape(t())}</pre>")),
        "/escaped": lambda: (500, HTML, page(f"<p>{html.escape(t())}</p>")),
        "/br": lambda: (500, HTML, page(html.escape(t(), quote=False).replace("\n", "<br>\n"))),
        "/nbsp": lambda: (500, HTML, page(html.escape(t()).replace(" ", "&nbsp;").replace("\n", "<br/>"))),
        "/list": lambda: (500, HTML, page("<ul>" + "".join(f"<li>{html.escape(x)}</li>" for x in t().splitlines()) + "</ul>")),
        "/spans": lambda: (500, HTML, page(spans(t()))),
        "/bold": lambda: (500, HTML, page("<p><b>Traceback</b> <i>(most recent call last)</i>:</p><pre>" + html.escape(t().split("\n", 1)[1]) + "</pre>")),
        "/entities": lambda: (500, HTML, page("<pre>" + entities(t(), "&#%d;") + "</pre>")),
        "/hex-entities": lambda: (500, HTML, page("<pre>" + entities(t(), "&#x%x;") + "</pre>")),
        "/html-comment": lambda: (500, HTML, page(f"<h1>Sorry</h1>\n<!--\n{t()}\n-->")),
        "/textarea": lambda: (500, HTML, page(f"<textarea rows=40 cols=100>{html.escape(t())}</textarea>")),
        "/markdown": lambda: (500, "text/markdown", "# Error\n\n```\n" + t() + "```\n\n> " + t().replace("\n", "\n> ")),
        "/below-a-page": lambda: (200, HTML, page(f"<p>{LONG}</p><pre>{html.escape(t())}</pre>")),
        "/json": lambda: (500, JSON, json.dumps({"error": str(failed()), "traceback": t()})),
        "/json-lines": lambda: (500, JSON, json.dumps({"traceback": traceback.format_exception(failed())}, indent=2)),
        "/json-twice": lambda: (500, JSON, json.dumps({"body": json.dumps({"error": "failed", "traceback": t()})})),
        "/json-ascii": lambda: (500, JSON, json.dumps({"traceback": t()}).replace("<", "\\u003c").replace("&", "\\u0026").replace("'", "\\u0027").replace("(", "\\u0028")),
        "/json-message": lambda: (500, JSON, json.dumps({"error": repr(failed())})),
        "/json-frames": lambda: (500, JSON, json.dumps(frames_json())),
        "/javascript": lambda: (500, JS, "var problem = " + json.dumps(t()) + ";\nalert(problem);\n"),
        "/javascript-html": lambda: (500, HTML, page("<script>console.error('" + t().replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("<", "\\x3c") + "')</script>")),
        "/jsonp": lambda: (200, JS, "/**/shown(" + json.dumps({"ok": False, "trace": t()}) + ");"),
        "/event-stream": lambda: (200, "text/event-stream", "event: error\n" + "".join(f"data: {x}\n" for x in t().splitlines()) + "\n"),
        "/repr": lambda: (500, TEXT, repr(t())),
        "/bytes-repr": lambda: (500, TEXT, repr(t().encode())),
        "/one-line": lambda: (500, TEXT, " ".join(t().split())),
        "/crlf": lambda: (500, TEXT, t().replace("\n", "\r\n")),
        "/indented": lambda: (500, TEXT, "worker said:\n" + "".join(f"\t| {x}\n" for x in t().splitlines())),
        "/stripped": lambda: (500, TEXT, "\n".join(x.strip() for x in t().splitlines())),
        "/chained": lambda: (500, TEXT, t(chained)),
        "/cause": lambda: (500, TEXT, t(cause)),
        "/group": lambda: (500, TEXT, t(group)),
        "/note": lambda: (500, TEXT, t(note)),
        "/syntax-error": lambda: (500, TEXT, t(broken)),
        "/syntax-error-bare": lambda: (500, TEXT, "".join(traceback.format_exception_only(failed(broken)))),
        "/recursion": lambda: (500, TEXT, t(forever)),
        "/locals": lambda: (500, TEXT, "".join(traceback.TracebackException.from_exception(failed(), capture_locals=True).format())),
        "/frames-only": lambda: (500, TEXT, "".join(traceback.format_tb(failed().__traceback__))),
        "/frames-only-html": lambda: (500, HTML, page("".join(f"<p>{html.escape(x)}</p>" for x in traceback.format_tb(failed().__traceback__)))),
        "/exception-only": lambda: (500, TEXT, "".join(traceback.format_exception_only(failed()))),
        "/message-only": lambda: (500, TEXT, str(failed())),
        "/stack": lambda: (500, TEXT, stack()),
        "/faulthandler": lambda: (500, TEXT, dumped()),
        "/warning": lambda: (200, TEXT, warned()),
        "/unittest": lambda: (200, TEXT, tested()),
        "/colour": lambda: (500, TEXT, colour()),
        "/xml": lambda: (500, XML, f"<?xml version=\"1.0\"?>\n<fault><detail>{html.escape(t(), quote=False)}</detail></fault>\n"),
        "/cdata": lambda: (500, "application/xml", f"<fault><![CDATA[{t()}]]></fault>"),
        "/url-encoded": lambda: (500, "application/x-www-form-urlencoded", urllib.parse.urlencode({"error": t()})),
        "/base64": lambda: (500, TEXT, base64.b64encode(t().encode()).decode() + "\nZx9SecretMessage\n"),
        "/utf-16": lambda: (500, "text/plain; charset=utf-16", t().encode("utf-16") + b"\nZx9SecretMessage"),
        "/utf-8-sig": lambda: (500, TEXT, t().encode("utf-8-sig")),
        "/header": lambda: (500, TEXT, "failed\n", {"X-Traceback": " ".join(t().split())}),
        "/exception-header": lambda: (500, JSON, '{"error": "failed"}', {"X-Exception": repr(failed())}),
        "/reason": lambda: (f"500 {failed()}", TEXT, "failed\n"),
        "/cgitb": lambda: (200, HTML, cgitb_of("html")),
        "/cgitb-text": lambda: (200, TEXT, cgitb_of("text")),
        "/cgitb-late": lambda: (200, HTML, cgitb_of("html", late=True)),
        "/xmlrpc-fault": lambda: asked(XMLRPC, "POST", xmlrpc.client.dumps((), "checkout").encode()),
        "/xmlrpc-header": lambda: asked(XMLRPC, "POST", xmlrpc.client.dumps((), "whole").encode()),
        "/logging": lambda: (200, TEXT, logged(exc_info=True)),
        "/logging-stack": lambda: (200, TEXT, logged(stack_info=True)),
        "/logging-html": lambda: (200, HTML, page(f"<table><tr><td>{html.escape(logged(exc_info=True))}</td></tr></table>", "Log")),
        "/logging-json": lambda: (200, JSON, json.dumps({"level": "error", "logger": "shop", "exc_info": t()})),
        "/far-below": lambda: (200, TEXT, (LONG + "\n") * 3 + t()),
    }
    return forms.get(path, lambda: None)()


def paragraphs(*texts):
    return "".join(f"<p>{text}</p>\n" for text in texts)


ORDINARY = {
    "/how-to-read": (HTML, page("<h1>How to read a traceback</h1>\n" + paragraphs(
        "When a Python program stops because of an error, it prints a <em>traceback</em>: the calls that were under "
        "way, the most recent call last. Beginners read it from the top; read it from the bottom instead.",
        "The last line names the exception, a <code>ValueError</code> or a <code>KeyError</code> say, and what was "
        "wrong with it. Above it stand pairs of lines. The first of a pair says in which File and on which line, the "
        "second repeats that line of the program.",
        "If the words &ldquo;During handling of the above exception&rdquo; are there, a second error happened while "
        "the program was busy with the first.",
        "A site must never show one to its visitors: keep debug off in production."), "How to read a traceback")),
    "/how-to-read.txt": (TEXT, "HOW TO READ A TRACEBACK\n\nA traceback has a heading, the frames and the exception. The heading says that the\n"
        "most recent call comes last. A frame says which file, which line and in which function.\n"
        "The exception comes last: KeyError: and the key, ValueError: and what was wrong.\n"),
    "/article": (HTML, page("<h1>ValueError or TypeError?</h1>\n" + paragraphs(
        "Raise <code>TypeError</code> if the kind of a thing is wrong and <code>ValueError</code> if its kind is "
        "right but the thing is not.", "In Django a <code>Http404</code> is not an error of the program, so no "
        "traceback is logged for it.", "Flask's debugger and Werkzeug's console are for developers; Pyramid has its "
        "own toolbar.") + '<pre><code>try:\n    number = int(text)\nexcept ValueError:\n    number = 0\n</code></pre>', "ValueError")),
    "/api-message": (JSON, json.dumps({"error": "not found", "message": "ValueError is not a known word", "line": 12, "file": "orders.csv"})),
    "/api-flag": (JSON, json.dumps({"status": "error", "traceback": None, "stack": [], "exception": "", "debug": False, "code": 17})),
    "/openapi.json": (JSON, json.dumps({"openapi": "3.1.0", "components": {"schemas": {"Failure": {"type": "object", "properties": {
        "traceback": {"type": "string", "description": "The traceback, if the job failed in the worker (most recent call last)."},
        "exception": {"type": "string", "example": "ValueError"}, "frames": {"type": "array", "items": {"properties": {"filename": {"type": "string"}, "lineno": {"type": "integer"}}}}}}}}})),
    "/bundle.js": (JS, '!function(e){"use strict";var t={traceback:!0,File:1,line:2},n=/^\\s*File "(.*)", line (\\d+)(?:, in (.*))?$/;'
        'e.isTraceback=function(e){return-1!==e.indexOf("Traceback")&&n.test(e)},e.frames=function(e){return e.split("\\n").map(function(e)'
        '{var r=n.exec(e);return r&&{file:r[1],line:+r[2],name:r[3]||"<module>"}}).filter(Boolean)},e.lexer={keywords:"raise try except",'
        'traceback:/^Traceback \\(most recent call last\\):\\n/,error:/^(ValueError|KeyError|TypeError)(:)/}}(window);\n'),
    "/source-map": (JSON, json.dumps({"version": 3, "file": "bundle.js", "sources": ["traceback.ts", "frame.ts"], "mappings": "AAAA,SAASA"})),
    "/log-viewer.json": (JSON, json.dumps([{"time": f"2024-05-0{n} 10:00", "level": "INFO", "file": f"/srv/shop/orders_{n}.py", "line": n * 11,
        "message": f'File "orders_{n}.csv", line {n}: 12 columns'} for n in range(1, 8)], indent=1)),
    "/log-viewer": (HTML, page("<h1>Log</h1><table><tr><th>File<th>line<th>function<th>message</tr>" + "".join(
        f"<tr><td>/srv/shop/orders_{n}.py<td>line {n}<td>in checkout<td>traceback written to the log</tr>" for n in range(1, 20)) + "</table>", "Log viewer")),
    "/listing": (HTML, page("<h1>Files</h1><ul>" + "".join(f'<li>File "report-{n}.txt", line {n}0 of 900</li>' for n in range(1, 9)) + "</ul>")),
    "/reference": (HTML, page("<h1>traceback &mdash; print a stack</h1><dl><dt>traceback.format_exc(limit=None)</dt><dd>Returns a text "
        "instead of writing it.</dd><dt>class traceback.FrameSummary</dt><dd>One frame: filename, lineno, name, line.</dd></dl>", "traceback")),
    "/exceptions.html": (HTML, page("".join(f"<h2>{name}</h2><p>{name}: raised when {why}.</p>" for name, why in (
        ("ValueError", "the value is wrong"), ("KeyError", "a key is missing"), ("TypeError", "the kind is wrong"),
        ("ImportError", "a module cannot be loaded"), ("ZeroDivisionError", "a number is divided by nothing"),
        ("sqlalchemy.exc.IntegrityError", "the database refuses"))), "Exceptions")),
    "/changelog": (TEXT, "Changes\n=======\n\n2.1.0\n-----\n- The traceback of a failed job is written to the log, no longer to the page.\n"
        "- ValueError: now raised for a negative amount (was: ZeroDivisionError).\n- Fixed: TypeError: unsupported operand in the total.\n\n"
        "2.0.4\n-----\n- RecursionError: maximum recursion depth exceeded, for a basket that contains itself.\n"),
    "/feed": ("application/rss+xml", '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Traceback, a weekly letter</title>'
        "<item><title>KeyError: the missing key</title><description>Why &lt;pre&gt;Traceback&lt;/pre&gt; is the first thing you see; File, line and function explained."
        "</description></item></channel></rss>\n"),
    "/search": (HTML, page('<form><input name="q" value="Traceback (most recent call last)"></form><h1>3 results for &ldquo;Traceback (most recent call last)&rdquo;</h1>'
        "<ol><li>Questions with ValueError</li><li>What is a traceback?</li><li>Tracebacks of workers</li></ol>", "Search")),
    "/search.json": (JSON, json.dumps({"query": "Traceback (most recent call last):", "results": [{"title": "Reading one", "score": 0.7}]})),
    "/java": (TEXT, 'Exception in thread "main" java.lang.IllegalStateException: closed\n\tat shop.Till.open(Till.java:12)\n\tat shop.Main.main(Main.java:3)\n'),
    "/style.css": ("text/css", "div.traceback{color:#900}\n.traceback .frame>pre{white-space:pre}\n#traceback_area{display:none}\n.exception_value{font-size:1.1em}\n.debugger{text-align:left}\n"),
    "/translations.json": (JSON, json.dumps({"Traceback": "Ablaufverfolgung", "most recent call last": "letzter Aufruf zuletzt", "Internal Server Error": "Interner Fehler"})),
    "/issue-list": (HTML, page("<h1>Open issues</h1><ul><li>#12 Traceback when the basket is empty</li><li>#15 KeyError: 'total' in checkout</li>"
        '<li>#17 crash in File "till.py"</li><li>#21 ValueError: invalid literal for int() with base 10</li></ul>', "Issues")),
    "/csv": ("text/csv", "file,line,function,error\norders.py,12,checkout,ValueError\ntill.py,9,charge,KeyError\n"),
    "/diff": ("text/x-diff", '--- a/shop.py\n+++ b/shop.py\n@@ -1,3 +1,3 @@\n import traceback\n-    print(traceback.format_exc())\n+    log.exception("failed")\n'),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, headers = self.path, {}
        if path in ORDINARY:
            answer = (200, *ORDINARY[path])
        elif path == "/wsgiref":
            answer = asked(WSGIREF, "GET")
        else:
            answer = leak(path) if DEBUG else (500, HTML, page("<h1>Internal Server Error</h1>"))
        if answer is None:
            return self.send_error(404)
        if isinstance(answer, bytes):
            return self.wfile.write(answer)
        status, kind, body, headers = (*answer, {})[:4]
        number, _, reason = str(status).partition(" ")
        self.send_response(int(number), reason or None)
        body = body if isinstance(body, bytes) else body.encode()
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
