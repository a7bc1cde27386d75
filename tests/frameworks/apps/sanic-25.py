"""Sanic's error pages: HTML, JSON or text by what the client accepts, full in debug mode."""
# environment: sanic
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /boom Accept: text/plain
# leak: /chained Accept: text/html
# leak: /refused Accept: text/html
# leak: /refused Accept: application/json
# leak: /refused Accept: text/plain
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/html
# harmless: /boom Accept: application/json
# harmless: /boom Accept: text/plain
# harmless: /missing
# harmless: /missing Accept: text/html
# harmless: /missing Accept: application/json
# harmless-debug: /fine
# harmless-debug: /fine.json

import logging
import os
import sys

from sanic import Sanic, response
from sanic.exceptions import SanicException

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
app = Sanic("Shop", configure_logging=False)
app.config.SHOP_KEY = "Zx9SecretSetting"
app.config.FALLBACK_ERROR_FORMAT = "auto"


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


@app.get("/refused")
async def refused(request):
    # What is in `context` is for everyone, what is in `extra` only for debug mode.
    raise SanicException("refused", status_code=500, extra={"card": "Zx9SecretLocal"}, context={"order": 3})


if __name__ == "__main__":
    logging.disable()
    app.run("127.0.0.1", int(sys.argv[1]), debug=sys.argv[2] == "debug", auto_reload=False, single_process=True, motd=False, access_log=False)
