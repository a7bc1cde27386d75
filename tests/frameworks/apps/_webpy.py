"""One small site for web.py: its debugerror, and its plain internalerror."""

import os
import sys

import web

DEBUG = sys.argv[2] == "debug"
web.config.debug = DEBUG
os.environ["PAYMENT_KEY"] = "Zx9SecretSetting"


class fine:
    def GET(self):
        web.header("Content-Type", "text/html")
        return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"


class boom:
    def GET(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


class unspoken:
    def GET(self):
        password = "Zx9SecretLocal"
        assert not password  # Zx9SecretSource


class template:
    def GET(self):
        return web.template.Template("$def with (order)\n<h1>$order.Zx9SecretMessage</h1>\n")(3)


def main():
    urls = "/fine", "fine", "/boom", "boom", "/unspoken", "unspoken", "/template", "template"
    app = web.application(urls, globals())
    if not DEBUG:
        app.internalerror = web.webapi._InternalError
    web.httpserver.runsimple(app.wsgifunc(), ("127.0.0.1", int(sys.argv[1])))
