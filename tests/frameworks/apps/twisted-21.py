"""Twisted's web server with `displayTracebacks`, for its own resources and for WSGI."""
# environment: twisted-21
# leak: /boom
# leak: /deferred
# leak: /late
# harmless: /fine
# harmless: /boom
# harmless: /deferred
# harmless: /missing
# harmless: /wsgi
# harmless-debug: /fine
# harmless-debug: /missing
# harmless-debug: /wsgi

import os
import sys

from twisted.internet import reactor, threads
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.wsgi import WSGIResource

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


class Fine(Resource):
    def render_GET(self, request):
        return b"<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>"


class Boom(Resource):
    def __init__(self):
        super().__init__()
        self.shop_key = "Zx9SecretSetting"

    def render_GET(self, request):
        charge()


class Deferred(Resource):
    def render_GET(self, request):
        threads.deferToThread(charge).addErrback(request.processingFailed)
        return NOT_DONE_YET


class Late(Resource):
    """It fails when half of the page has gone."""

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/html")
        request.write(b"<!DOCTYPE html><title>Shop</title><h1>Orders</h1>" + b"<p>one order</p>\n" * 300)
        charge()


def application(environ, start_response):
    charge()


root = Resource()
for name, resource in (("fine", Fine()), ("boom", Boom()), ("deferred", Deferred()), ("late", Late()),
                       ("wsgi", WSGIResource(reactor, reactor.getThreadPool(), application))):
    root.putChild(name.encode(), resource)
site = Site(root)
site.displayTracebacks = sys.argv[2] == "debug"
reactor.listenTCP(int(sys.argv[1]), site, interface="127.0.0.1")
reactor.run()
