"""Starlette's ServerErrorMiddleware: HTML or text by what the client accepts."""
# environment: starlette-1
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /chained Accept: text/html
# leak: /template Accept: text/html
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/html
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import os
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


async def fine(request):
    return HTMLResponse("<!DOCTYPE html><title>Shop</title><h1>Orders</h1><p>No order yet.</p>")


async def boom(request):
    charge()


async def chained(request):
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


def template(request):
    exec(compile("\n\ntotal = charge()\n", "templates/shop.html", "exec"), {"charge": charge})


routes = [Route("/fine", fine), Route("/boom", boom), Route("/chained", chained), Route("/template", template)]
app = Starlette(debug=sys.argv[2] == "debug", routes=routes)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
