"""One small site for every Werkzeug from 0.9 on: below / its debugger runs code, below /plain it only shows it."""

import sys

import _old

from werkzeug.debug import DebuggedApplication
from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response


DEBUG = sys.argv[2] == "debug"


def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


def chained():
    try:
        boom()
    except ValueError as error:
        raise RuntimeError("the order of Zx9SecretMessage") from error


def unspoken():
    password = "Zx9SecretLocal"
    assert not password  # Zx9SecretSource


def syntax():
    compile("orders = [\nZx9SecretSource = 1", "orders.py", "exec")


def late():
    yield "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"
    boom()


failing = {"/boom": boom, "/chained": chained, "/unspoken": unspoken, "/syntax": syntax}


@Request.application
def site(request):
    if request.path in failing:
        failing[request.path]()
    if request.path == "/late":
        return Response(late(), mimetype="text/html")
    if request.path == "/fine":
        return Response("<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n", mimetype="text/html")
    return Response("<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n", 404, mimetype="text/html")


def both(environ, start_response):
    if environ["PATH_INFO"].startswith("/plain/"):
        environ["PATH_INFO"] = environ["PATH_INFO"][len("/plain"):]
        return shows(environ, start_response)
    return runs(environ, start_response)


def main():
    global shows, runs
    shows = DebuggedApplication(site, evalex=False) if DEBUG else site
    runs = DebuggedApplication(site, evalex=True) if DEBUG else site
    run_simple("127.0.0.1", int(sys.argv[1]), both)
