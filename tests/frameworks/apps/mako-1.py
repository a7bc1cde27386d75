# environment: mako-1
# leak: /boom
# leak: /syntax
# leak: /text/boom
# harmless: /fine
# harmless: /boom
# harmless-debug: /fine
"""Mako's error pages, HTML and text."""

import sys

from _wsgi import boom, serve
from mako.exceptions import html_error_template, text_error_template
from mako.template import Template

DEBUG = sys.argv[2] == "debug"
pages = {
    "/fine": "<!doctype html>\n<title>Orders</title>\n<h1>${3} orders</h1>\n",
    "/boom": "<h1>Orders</h1>\n## Zx9SecretSource\n${boom()}\n",
    "/syntax": "<h1>Orders</h1>\n## Zx9SecretSource\n% for order in Zx9SecretMessage\n",
}


def site(environ, start_response):
    path = environ["PATH_INFO"].removeprefix("/text")
    try:
        status, body = "200 OK", Template(pages[path]).render(boom=boom)
    except Exception:
        status, body = "500 Internal Server Error", "<!doctype html>\n<title>Error</title>\n<h1>Error</h1>\n"
        if DEBUG:
            template = html_error_template if path == environ["PATH_INFO"] else text_error_template
            body = template().render()
    text = environ["PATH_INFO"].startswith("/text")
    start_response(status, [("Content-Type", "text/plain" if text else "text/html")])
    return [body.encode() if isinstance(body, str) else body]


serve(sys.argv[1], site)
