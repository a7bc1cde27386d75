# environment: zope.exceptions-6
# leak: /boom
# leak: /chained
# leak: /text/boom
# leak: /text/chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
"""How Zope and what is built on it write a traceback, as HTML and as text."""

import sys

from _wsgi import below, serve, site
from zope.exceptions.exceptionformatter import format_exception


def told(as_html):
    def application(environ, start_response):
        __traceback_info__ = "Zx9SecretSetting"
        try:
            return site(environ, start_response)
        except Exception:
            lines = format_exception(*sys.exc_info(), as_html=as_html)
            start_response("500 Internal Server Error", [
                ("Content-Type", "text/html" if as_html else "text/plain")])
            if as_html:
                lines = ["<!doctype html>\n<title>Site Error</title>\n<h1>Site Error</h1>\n", *lines]
            return ["".join(lines).encode()]
    return application


def silent(environ, start_response):
    try:
        return site(environ, start_response)
    except Exception:
        start_response("500 Internal Server Error", [("Content-Type", "text/html")])
        return [b"<!doctype html>\n<title>Site Error</title>\n<h1>Site Error</h1>\n"]


serve(sys.argv[1], below(text=told(False), other=told(True)) if sys.argv[2] == "debug" else silent)
