"""Packages that print exceptions in their own way, each shown as a page by an application."""
# environment: printers
# leak: /rich
# leak: /rich.html
# leak: /rich-locals
# leak: /rich.svg
# leak: /loguru
# leak: /loguru-plain
# leak: /loguru.json
# leak: /ipython
# leak: /ipython-context
# leak: /ipython-colour
# leak: /ipython.html
# leak: /stackprinter
# leak: /structlog
# leak: /structlog.json
# leak: /mako
# leak: /mako.html
# leak: /jinja
# leak: /sqlalchemy
# harmless: /fine
# harmless: /rich
# harmless-debug: /fine

import html
import io
import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jinja2
import mako.exceptions
import mako.template
import sqlalchemy
import stackprinter
import structlog
from IPython.core import ultratb
from loguru import logger
from rich.console import Console
from rich.traceback import Traceback

DEBUG = sys.argv[2] == "debug"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


def checkout():
    charge()


def error(function=checkout):
    try:
        function()
    except Exception as error:
        return error


def rich(kind, **how):
    out = Console(record=True, file=io.StringIO(), width=110)
    failed = error()
    out.print(Traceback.from_exception(type(failed), failed, failed.__traceback__, **how))
    return {"text": out.export_text, "html": out.export_html, "svg": out.export_svg}[kind]()


def loguru(**how):
    out = io.StringIO()
    logger.remove()
    logger.add(out, **how)
    try:
        checkout()
    except ValueError:
        logger.exception("order failed")
    return out.getvalue()


def ipython(mode, colours="nocolor"):
    failed = error()
    for arguments in ({"theme_name": colours}, {"color_scheme": "NoColor" if colours == "nocolor" else "Linux"}):
        try:
            shown = ultratb.FormattedTB(mode=mode, **arguments)
            break
        except TypeError:
            continue
    return shown.text(type(failed), failed, failed.__traceback__)


def structured(*processors):
    out = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(out), processors=list(processors))
    try:
        checkout()
    except ValueError:
        log.error("order failed", exc_info=True)
    return out.getvalue()


def mako_page(template):
    try:
        mako.template.Template("<h1>Shop</h1>\n${charge()} Zx9SecretSource\n").render(charge=charge)
    except ValueError:
        return template().render()


def jinja():
    page = jinja2.Environment().from_string("<h1>Shop</h1>\n{% for x in %} Zx9SecretSource\n")
    return page.render()


def database():
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT card FROM orders WHERE card = :card"), {"card": "Zx9SecretLocal"})


def text_of(function):
    return "".join(traceback.format_exception(error(function)))


TEXT, HTML, JSON = "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/json"
PAGES = {
    "/rich": (TEXT, lambda: rich("text")),
    "/rich.html": (HTML, lambda: rich("html")),
    "/rich-locals": (TEXT, lambda: rich("text", show_locals=True)),
    "/rich.svg": ("image/svg+xml", lambda: rich("svg")),
    "/loguru": (TEXT, lambda: loguru(diagnose=True)),
    "/loguru-plain": (TEXT, lambda: loguru(diagnose=False, backtrace=False)),
    "/loguru.json": (JSON, lambda: loguru(serialize=True)),
    "/ipython": (TEXT, lambda: ipython("Plain")),
    "/ipython-context": (TEXT, lambda: ipython("Context")),
    "/ipython-colour": (TEXT, lambda: ipython("Verbose", "linux")),
    "/ipython.html": (HTML, lambda: f"<pre>{html.escape(ipython('Verbose'))}</pre>"),
    "/stackprinter": (TEXT, lambda: stackprinter.format(error())),
    "/structlog": (TEXT, lambda: structured(structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer())),
    "/structlog.json": (JSON, lambda: structured(structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer())),
    "/mako": (TEXT, lambda: mako_page(mako.exceptions.text_error_template)),
    "/mako.html": (HTML, lambda: mako_page(mako.exceptions.html_error_template)),
    "/jinja": (TEXT, lambda: text_of(jinja)),
    "/sqlalchemy": (JSON, lambda: json.dumps({"error": str(error(database))})),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, body = 500, HTML, "<!DOCTYPE html><title>Error</title><h1>Internal Server Error</h1>"
        if self.path == "/fine":
            status, body = 200, "<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>"
        elif DEBUG:
            kind, page = PAGES[self.path]
            body = page()
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
