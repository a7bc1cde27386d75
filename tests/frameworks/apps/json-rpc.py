"""JSON-RPC servers: what json-rpc and jsonrpclib answer when a method fails."""
# environment: json-rpc
# leak: /json-rpc
# leak: /jsonrpclib
# harmless: /fine
# harmless: /json-rpc-missing
# harmless: /jsonrpclib
# harmless-debug: /fine
# harmless-debug: /json-rpc-missing

import json
import logging
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jsonrpc import Dispatcher, JSONRPCResponseManager
from jsonrpclib.config import Config
from jsonrpclib.SimpleJSONRPCServer import SimpleJSONRPCDispatcher

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
DEBUG = sys.argv[2] == "debug"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


def fine():
    return {"orders": []}


def json_rpc(method):
    called = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method})
    return JSONRPCResponseManager.handle(called, Dispatcher({"boom": charge, "fine": fine})).json


def jsonrpclib():
    config = Config()
    config.send_exception_details = DEBUG
    site = SimpleJSONRPCDispatcher(config=config)
    site.register_function(charge, "boom")
    return site._marshaled_dispatch(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "boom"}))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/json-rpc": lambda: json_rpc("boom"), "/json-rpc-missing": lambda: json_rpc("nothing"),
                "/fine": lambda: json_rpc("fine"), "/jsonrpclib": jsonrpclib}[self.path]().encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


logging.disable()
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
