"""One small site for CherryPy, which shows tracebacks unless it is told not to."""

import sys

import cherrypy

DEBUG = sys.argv[2] == "debug"


def broken():
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's")  # Zx9SecretSource


class Site:
    @cherrypy.expose
    def fine(self):
        return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"

    @cherrypy.expose
    def boom(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource

    @cherrypy.expose
    def refused(self):
        raise cherrypy.HTTPError(403, "not for you")  # Zx9SecretSource

    @cherrypy.expose
    def late(self):
        yield "<!doctype html>\n"
        self.boom()

    @cherrypy.expose
    @cherrypy.config(**{"request.error_response": broken})
    def worse(self):
        self.boom()

    @cherrypy.expose
    @cherrypy.config(**{"tools.hooked.on": True})
    def hooked(self):
        return ""


@cherrypy.tools.register("before_handler")
def hooked():
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's")  # Zx9SecretSource


def main():
    cherrypy.config.update({
        "server.socket_host": "127.0.0.1",
        "server.socket_port": int(sys.argv[1]),
        "engine.autoreload.on": False,
        "log.screen": False,
        "request.show_tracebacks": DEBUG,
    })
    cherrypy.quickstart(Site())
