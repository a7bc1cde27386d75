# environment: roundup-2
# leak: /boom
# leak: /unspoken
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
"""The error page of Roundup, by its own cgitb, put together as its client does."""

import sys

from _wsgi import serve, site
from roundup.cgi import cgitb


def shown(environ, start_response):
    try:
        return site(environ, start_response)
    except Exception:
        start_response("500 Internal Server Error", [("Content-Type", "text/html")])
        if sys.argv[2] == "debug":
            return [("<h1>Traceback</h1>" + cgitb.html()
                     + "<h1>Environment Variables</h1><table>%s</table>" % cgitb.niceDict("", environ)).encode()]
        return [b"<!doctype html>\n<title>Error</title>\n<h1>An error has occurred</h1>\n"]


serve(sys.argv[1], shown)
