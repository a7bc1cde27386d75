"""BlackSheep with `show_error_details`."""
# environment: blacksheep
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import os
import sys

import uvicorn
from blacksheep import Application, get, html

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@get("/fine")
async def fine():
    return html("<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>")


@get("/boom")
async def boom():
    charge()


@get("/chained")
async def chained():
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


app = Application(show_error_details=sys.argv[2] == "debug")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
