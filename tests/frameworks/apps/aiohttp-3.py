"""aiohttp's server, whose error page tells all when asyncio's debug mode or its own is on."""
# environment: aiohttp-3
# leak: /boom
# leak: /boom Accept: text/html
# leak: /chained Accept: text/html
# leak: /group
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/html
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import asyncio
import os
import sys

from aiohttp import web

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


async def fine(request):
    return web.Response(text="<!DOCTYPE html><title>Shop</title><h1>Orders</h1>", content_type="text/html")


async def boom(request):
    charge()


async def chained(request):
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


async def group(request):
    async def one():
        charge()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one())


app = web.Application()
app.add_routes([web.get("/" + f.__name__, f) for f in (fine, boom, chained, group)])
loop = asyncio.new_event_loop()
loop.set_debug(sys.argv[2] == "debug")
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, loop=loop)
