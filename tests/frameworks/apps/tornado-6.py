"""Tornado: `serve_traceback`, which `debug=True` turns on, sends the traceback as plain text."""
# environment: tornado-6
# leak: /boom
# leak: /chained
# leak: /template
# harmless: /fine
# harmless: /boom
# harmless: /argument
# harmless: /missing
# harmless-debug: /fine

import logging
import os
import sys

import tornado.ioloop
import tornado.template
import tornado.web

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


class Fine(tornado.web.RequestHandler):
    def get(self):
        self.write("<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>")


class Boom(tornado.web.RequestHandler):
    def get(self):
        charge()


class Chained(tornado.web.RequestHandler):
    async def get(self):
        try:
            charge()
        except ValueError as error:
            raise RuntimeError("Zx9SecretMessage again") from error


class Template(tornado.web.RequestHandler):
    def get(self):
        page = tornado.template.Template("<h1>Shop</h1>\n<p>{{ charge() }}</p>  {# Zx9SecretSource #}\n", "shop.html")
        self.write(page.generate(charge=charge))


class Argument(tornado.web.RequestHandler):
    def get(self):
        self.write(self.get_argument("order"))


logging.disable()
app = tornado.web.Application(
    [("/fine", Fine), ("/boom", Boom), ("/chained", Chained), ("/template", Template), ("/argument", Argument)],
    serve_traceback=sys.argv[2] == "debug",
)
app.listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
