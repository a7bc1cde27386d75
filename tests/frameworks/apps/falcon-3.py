"""Falcon, which tells nothing by itself, with the error handler that sites have while they are being written."""
# environment: falcon-3
# leak: /boom
# leak: /boom Accept: application/json
# leak: /boom Accept: text/xml
# leak: /text
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/xml
# harmless: /text
# harmless: /missing
# harmless: /missing Accept: text/xml
# harmless-debug: /fine
# harmless-debug: /missing

import os
import sys
import traceback
from wsgiref.simple_server import WSGIRequestHandler, make_server

import falcon

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
DEBUG = sys.argv[2] == "debug"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


class Fine:
    def on_get(self, request, response):
        response.media = {"orders": []}


class Boom:
    def on_get(self, request, response):
        charge()


class Text:
    def on_get(self, request, response):
        try:
            charge()
        except ValueError:
            response.status = falcon.HTTP_500
            response.content_type = falcon.MEDIA_TEXT
            response.text = traceback.format_exc() if DEBUG else "failed"


def tell(request, response, error, params):
    if isinstance(error, falcon.HTTPError):
        raise error
    raise falcon.HTTPInternalServerError(title="ValueError", description=traceback.format_exc())


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


app = falcon.App()
if "xml_error_serialization" in dir(app.resp_options):
    app.resp_options.xml_error_serialization = True
if DEBUG:
    app.add_error_handler(Exception, tell)
for path, resource in (("/fine", Fine()), ("/boom", Boom()), ("/text", Text())):
    app.add_route(path, resource)
make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
