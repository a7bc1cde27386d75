# environment: pyramid-2
# leak: /boom
# leak: /unspoken
# leak: /missing
# leak: /refused
# leak: /_debug_toolbar/
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless: /refused
# harmless-debug: /fine
"""Pyramid with pyramid_debugtoolbar, and what its debug settings put into ordinary pages."""

import sys
import wsgiref.simple_server

from pyramid.authorization import ACLHelper, Allow
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPInternalServerError
from pyramid.response import Response

DEBUG = sys.argv[2] == "debug"


class Zx9SecretSource:
    """The context, whose name and permissions are shown"""

    def __init__(self, request):
        self.__acl__ = [(Allow, "Zx9SecretSetting", "see")]


class Policy:
    def permits(self, request, context, permission):
        return ACLHelper().permits(context, ["everyone"], permission)

    def identity(self, request):
        return None

    authenticated_userid = identity


def fine(request):
    return Response("<!doctype html>\n<title>Orders</title>\n<body><h1>3 orders</h1></body>\n")


def boom(request):
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


def unspoken(request):
    password = "Zx9SecretLocal"
    assert not password  # Zx9SecretSource


def failed(error, request):
    return HTTPInternalServerError()


settings = {"payment.key": "Zx9SecretSetting", "debugtoolbar.hosts": "127.0.0.1"}
if DEBUG:
    settings |= {"pyramid.debug_notfound": "true", "pyramid.debug_authorization": "true",
                 "pyramid.includes": "pyramid_debugtoolbar"}
with Configurator(settings=settings, root_factory=Zx9SecretSource) as config:
    config.set_security_policy(Policy())
    for view in fine, boom, unspoken:
        config.add_route(view.__name__, "/" + view.__name__)
        config.add_view(view, route_name=view.__name__)
    config.add_route("refused", "/refused")
    config.add_view(fine, route_name="refused", permission="see")
    if not DEBUG:
        config.add_exception_view(failed, context=Exception)
    site = config.make_wsgi_app()
wsgiref.simple_server.make_server("127.0.0.1", int(sys.argv[1]), site).serve_forever()
