"""aiohttp with its toolbar, whose exception page descends from Werkzeug's debugger."""
# environment: aiohttp-debugtoolbar
# leak: /boom
# leak: /chained
# harmless: /fine
# harmless: /boom
# harmless-debug: /fine
# harmless-debug: /missing

import logging
import os
import sys

import aiohttp_debugtoolbar
from aiohttp import web

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


async def fine(request):
    return web.Response(text="<!DOCTYPE html><html><body><h1>Orders</h1></body></html>", content_type="text/html")


async def boom(request):
    charge()


async def chained(request):
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


logging.disable()
app = web.Application()
if sys.argv[2] == "debug":
    aiohttp_debugtoolbar.setup(app)
app.add_routes([web.get("/" + f.__name__, f) for f in (fine, boom, chained)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
