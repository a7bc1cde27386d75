"""One small site for Flask from 1.0 on, as `flask run` gives it."""

import sys

from flask import Flask, jsonify, render_template_string, request

app = Flask("orders")
app.config["PAYMENT_KEY"] = "Zx9SecretSetting"


@app.route("/fine")
def fine():
    return render_template_string("<!doctype html>\n<title>Orders</title>\n<h1>{{ count }} orders</h1>\n", count=3)


@app.route("/json")
def json():
    return jsonify(orders=3)


@app.route("/boom", methods=["GET", "POST"])
def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


@app.route("/template")
def template():
    return render_template_string("<h1>{{ order.total / 0 }}</h1>{# Zx9SecretSource #}", order=app.config)


@app.route("/missing-template")
def missing_template():
    name = "Zx9SecretSource.html"
    return render_template_string("{% extends 'Zx9SecretMessage.html' %}", name=name)


@app.route("/key")
def key():
    wanted = "Zx9SecretMessage"
    return request.form[wanted]


def main():
    app.run("127.0.0.1", int(sys.argv[1]), debug=sys.argv[2] == "debug", use_reloader=False)
