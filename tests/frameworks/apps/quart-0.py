"""Quart's own debug page, by its own server."""
# environment: quart-0
# leak: /boom
# leak: /boom Accept: application/json
# leak: /chained
# leak: /template
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import logging
import os
import sys

from quart import Quart, render_template_string

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
app = Quart(__name__)
app.config["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@app.get("/fine")
async def fine():
    return "<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>"


@app.get("/boom")
async def boom():
    charge()


@app.get("/chained")
async def chained():
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


@app.get("/template")
async def template():
    return await render_template_string("<p>\n{{ charge() }}\n</p>", charge=charge)


if __name__ == "__main__":
    logging.disable()
    app.run("127.0.0.1", int(sys.argv[1]), debug=sys.argv[2] == "debug", use_reloader=False)
