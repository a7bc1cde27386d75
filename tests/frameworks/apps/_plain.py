"""A WSGI application without a framework, for the servers."""

import os

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/boom":
        charge()
    if path == "/chained":
        try:
            charge()
        except ValueError as error:
            raise RuntimeError("Zx9SecretMessage again") from error
    if path == "/header":
        # A value that no server lets through
        start_response("200 OK", [("Content-Type", "text/html"), ("X-Order", "Zx9SecretLocal\nfailed")])
        return [b"never"]
    if path == "/late":
        return late(start_response)
    if path == "/fine":
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>"]
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"not here"]


def late(start_response):
    """It fails when the first part has gone."""
    start_response("200 OK", [("Content-Type", "text/html")])
    yield b"<!DOCTYPE html><title>Shop</title><h1>Orders</h1>" + b"<p>one order</p>\n" * 100
    charge()
