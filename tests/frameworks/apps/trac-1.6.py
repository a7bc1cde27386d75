# environment: trac-1.6
# leak: /boom
# leak: /boom X-User: admin
# leak: /unspoken
# leak: /unspoken X-User: admin
# harmless: /wiki
# harmless: /newticket
# harmless: /refused
# harmless: /missing
# harmless: /wiki X-User: admin
# harmless: /refused X-User: admin
"""Trac, whose page for an internal error has the traceback for everybody and all variables for administrators."""

import os
import sys
import wsgiref.simple_server

from trac.core import Component, TracError, implements
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.web.api import IRequestHandler
from trac.web.main import dispatch_request


class Orders(Component):
    implements(IRequestHandler)

    def match_request(self, request):
        return request.path_info in ("/boom", "/unspoken", "/refused")

    def process_request(self, request):
        getattr(self, request.path_info[1:])()

    def boom(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource

    def unspoken(self):
        password = "Zx9SecretLocal"
        assert not password  # Zx9SecretSource

    def refused(self):
        raise TracError("There is no such order")


folder = os.path.abspath("orders")
site = Environment(folder, create=True, options=[
    ("project", "name", "Orders"), ("components", "__main__.orders", "enabled"),
    ("components", "trac.versioncontrol.*", "disabled"), ("logging", "log_type", "none")])
PermissionSystem(site).grant_permission("admin", "TRAC_ADMIN")
site.shutdown()


def application(environ, start_response):
    environ["trac.env_path"] = folder
    if "HTTP_X_USER" in environ:
        environ["REMOTE_USER"] = environ["HTTP_X_USER"]
    return dispatch_request(environ, start_response)


wsgiref.simple_server.make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
