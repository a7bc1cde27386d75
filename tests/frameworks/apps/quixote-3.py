# environment: quixote-3
# leak: /boom
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""Quixote's error report: a traceback and the whole request as text."""

import sys

from quixote.directory import Directory
from quixote.publish import Publisher
from quixote.wsgi import QWIP
from _wsgi import serve

DEBUG = sys.argv[2] == "debug"


class Site(Directory):
    _q_exports = ["fine", "boom"]

    def fine(self):
        return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"

    def boom(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


made = QWIP(Publisher(Site(), display_exceptions=DEBUG))
serve(sys.argv[1], lambda environ, start_response: made(environ | {"wsgi.multithread": False}, start_response))
