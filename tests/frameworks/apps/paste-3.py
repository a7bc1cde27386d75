# environment: paste-3
# leak: /boom
# leak: /unspoken
# leak: /chained
# leak: /late
# leak: /evaluated/boom
# leak: /evaluated/unspoken
# leak: /evaluated/chained
# leak: /evaluated/late
# leak: /caught/boom
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /evaluated/fine
"""Paste's ErrorMiddleware and EvalException, and cgitb around a WSGI application."""

import sys

import _old
from _wsgi import below, site

from paste.cgitb_catcher import CgitbMiddleware
from paste.evalexception.middleware import EvalException
from paste.exceptions.errormiddleware import ErrorMiddleware
from paste.httpserver import serve

DEBUG = sys.argv[2] == "debug"
shown = ErrorMiddleware(site, {}, debug=DEBUG)
if DEBUG:
    shown = below(evaluated=EvalException(site), caught=CgitbMiddleware(site, {}, display=True), other=shown)
serve(shown, "127.0.0.1", sys.argv[1], daemon_threads=True)
