# environment: turbogears-2
# leak: /boom
# leak: /unspoken
# leak: /chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""TurboGears 2 with its debugger, Backlash."""

import sys
import wsgiref.simple_server

from tg import MinimalApplicationConfigurator, TGController, expose
from tg.configurator.components.debugger import DebuggerConfigurationComponent
from tg.configurator.components.error_reporting import ErrorReportingConfigurationComponent

DEBUG = sys.argv[2] == "debug"


class Site(TGController):
    @expose()
    def fine(self):
        return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"

    @expose()
    def boom(self):
        password = "Zx9SecretLocal"
        raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource

    @expose()
    def unspoken(self):
        password = "Zx9SecretLocal"
        assert not password  # Zx9SecretSource

    @expose()
    def chained(self):
        try:
            self.boom()
        except ValueError as error:
            raise RuntimeError("the order of Zx9SecretMessage") from error


config = MinimalApplicationConfigurator()
config.register(DebuggerConfigurationComponent)
config.register(ErrorReportingConfigurationComponent)
config.update_blueprint({"root_controller": Site(), "debug": DEBUG, "payment.key": "Zx9SecretSetting"})
site = config.make_wsgi_app()
wsgiref.simple_server.make_server("127.0.0.1", int(sys.argv[1]), site).serve_forever()
