"""FastAPI: Starlette's page in debug mode, and answers of its own to requests that are wrong."""
# environment: fastapi-0
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /depends Accept: text/html
# leak: /response Accept: text/html
# leak: /handler
# harmless: /fine
# harmless: /boom
# harmless: /boom Accept: text/html
# harmless: /missing
# harmless: /items/three
# harmless: /items/3?size=ValueError
# harmless: /depends
# harmless: /docs
# harmless: /redoc
# harmless: /openapi.json
# harmless-debug: /fine
# harmless-debug: /items/three
# harmless-debug: /docs
# harmless-debug: /openapi.json

import os
import sys
import traceback

import uvicorn
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
DEBUG = sys.argv[2] == "debug"
app = FastAPI(debug=DEBUG, title="Shop")


class Order(BaseModel):
    """An order, and the traceback of the worker that failed at it, if one did."""

    number: int
    traceback: str | None = None


class Refused(Exception):
    pass


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@app.exception_handler(Refused)
async def refused(request, error):
    """The handler many sites have while they are being written."""
    told = {"detail": str(error), "traceback": traceback.format_exc()} if DEBUG else {"detail": "refused"}
    return JSONResponse(told, status_code=500)


@app.get("/fine")
async def fine() -> Order:
    return Order(number=3)


@app.get("/boom")
async def boom():
    charge()


@app.get("/depends")
async def depends(paid=Depends(charge)):
    return paid


@app.get("/response", response_model=Order)
async def response():
    return {"number": "Zx9SecretLocal"}


@app.get("/handler")
async def handler():
    try:
        charge()
    except ValueError as error:
        raise Refused("Zx9SecretMessage") from error


@app.get("/items/{number}")
async def items(number: int, size: int = 1) -> Order:
    return Order(number=number * size)


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
