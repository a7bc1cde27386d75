# environment: exceptionite-3
# leak: /boom
# leak: /chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
"""Exceptionite, whose page Masonite shows."""

import os
import sys

from _wsgi import serve, site
from exceptionite import Handler
from exceptionite.options import DEFAULT_OPTIONS

DEFAULT_OPTIONS["options"]["stack"]["offset"] = 0
# It would ask PyPI for newer ones.
DEFAULT_OPTIONS["handlers"]["recommendations"]["packages_updates"]["list"] = []
os.environ["PAYMENT_KEY"] = "Zx9SecretSetting"


def shown(environ, start_response):
    try:
        return site(environ, start_response)
    except Exception as error:
        body = "<!doctype html>\n<title>Error</title>\n<h1>Error</h1>\n"
        if sys.argv[2] == "debug":
            handler = Handler()
            handler.start(error)
            body = handler.render("web")
        start_response("500 Internal Server Error", [("Content-Type", "text/html")])
        return [body.encode()]


serve(sys.argv[1], shown)
