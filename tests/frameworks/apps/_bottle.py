"""One small site for Bottle, with its own server."""

import sys

import bottle

app = bottle.Bottle()
DEBUG = sys.argv[2] == "debug"


@app.route("/fine")
def fine():
    return bottle.template("<!doctype html>\n<title>Orders</title>\n<h1>{{count}} orders</h1>\n", count=3)


@app.route("/boom")
def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


@app.route("/unspoken")
def unspoken():
    password = "Zx9SecretLocal"
    assert not password  # Zx9SecretSource


@app.route("/template")
def template():
    return bottle.template("<h1>{{Zx9SecretMessage}}</h1>\n")


@app.route("/missing-template")
def missing_template():
    return bottle.template("Zx9SecretMessage.html")


def main():
    bottle.debug(DEBUG)
    if DEBUG:
        # Where its own pages cannot be made, what fails falls through to a simpler one.
        @app.error(404)
        def broken(error):
            raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's")  # Zx9SecretSource
    bottle.run(app, host="127.0.0.1", port=int(sys.argv[1]), quiet=True)
