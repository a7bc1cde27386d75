# environment: flask-3
# leak: /boom
# leak: /fine
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /json
"""Flask-DebugToolbar, which puts the configuration into pages that are fine."""

import sys

from flask import Flask, jsonify, render_template_string
from flask_debugtoolbar import DebugToolbarExtension

app = Flask("orders")
app.config.update(SECRET_KEY="Zx9SecretSetting", DEBUG_TB_INTERCEPT_REDIRECTS=False)
app.debug = sys.argv[2] == "debug"
DebugToolbarExtension(app)


@app.route("/fine")
def fine():
    return render_template_string(
        "<!doctype html>\n<title>Orders</title>\n<body><h1>{{ count }} orders</h1></body>\n", count=3)


@app.route("/json")
def json():
    return jsonify(orders=3)


@app.route("/boom")
def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


app.run("127.0.0.1", int(sys.argv[1]), use_reloader=False)
