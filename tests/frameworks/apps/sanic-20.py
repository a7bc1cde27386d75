"""Sanic's error page of 2020, HTML for everyone."""
# environment: sanic-20
# leak: /boom
# leak: /chained Accept: text/html
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /fine.json

import logging
import os
import sys

from sanic import Sanic, response

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
app = Sanic("Shop", configure_logging=False)
app.config.SHOP_KEY = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@app.get("/fine")
async def fine(request):
    return response.html("<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>")


@app.get("/fine.json")
async def fine_json(request):
    return response.json({"orders": []})


@app.get("/boom")
async def boom(request):
    charge()


@app.get("/chained")
async def chained(request):
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


if __name__ == "__main__":
    logging.disable()
    app.run("127.0.0.1", int(sys.argv[1]), debug=sys.argv[2] == "debug", auto_reload=False, access_log=False)
