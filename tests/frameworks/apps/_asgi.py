"""An ASGI application without a framework, for the servers."""

import os

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/boom":
        charge()
    kind = [(b"content-type", b"text/html")]
    if path == "/late":
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"<h1>Orders</h1>" * 50, "more_body": True})
        charge()
    await send({"type": "http.response.start", "status": 200 if path == "/fine" else 404, "headers": kind})
    await send({"type": "http.response.body", "body": b"<!DOCTYPE html><title>Shop</title><h1>Orders</h1>"})
