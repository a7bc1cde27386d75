"""Litestar's debug answers: HTML, JSON or plain text by what the client accepts."""
# environment: litestar-2
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /chained Accept: text/html
# leak: /refused
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/html
# harmless: /boom Accept: application/json
# harmless: /missing
# harmless: /items/three
# harmless: /schema/openapi.json
# harmless-debug: /fine
# harmless-debug: /items/3

import os
import sys

import uvicorn
from litestar import Litestar, get
from litestar.exceptions import InternalServerException

os.environ["SHOP_KEY"] = "Zx9SecretSetting"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@get("/fine")
async def fine() -> dict[str, int]:
    return {"orders": 0}


@get("/boom")
async def boom() -> None:
    charge()


@get("/chained")
async def chained() -> None:
    try:
        charge()
    except ValueError as error:
        raise RuntimeError("Zx9SecretMessage again") from error


@get("/refused")
async def refused() -> None:
    raise InternalServerException("Zx9SecretMessage", extra={"card": "Zx9SecretLocal"})


@get("/items/{number:int}")
async def items(number: int) -> dict[str, int]:
    return {"number": number}


app = Litestar([fine, boom, chained, refused, items], debug=sys.argv[2] == "debug")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
