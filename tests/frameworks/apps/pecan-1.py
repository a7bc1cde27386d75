# environment: pecan-1
# leak: /boom
# leak: /unspoken
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""Pecan with its debug middleware."""

import sys

import pecan
from _wsgi import serve


class Site:
    @pecan.expose()
    def fine(self):
        return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"

    @pecan.expose()
    def boom(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource

    @pecan.expose()
    def unspoken(self):
        password = "Zx9SecretLocal"
        assert not password  # Zx9SecretSource


def silent(application):
    def around(environ, start_response):
        try:
            return application(environ, start_response)
        except Exception:
            start_response("500 Internal Server Error", [("Content-Type", "text/html")])
            return [b"<!doctype html>\n<title>Error</title>\n<h1>Error</h1>\n"]
    return around


debug = sys.argv[2] == "debug"
site = pecan.make_app(Site(), debug=debug)
serve(sys.argv[1], site if debug else silent(site))
