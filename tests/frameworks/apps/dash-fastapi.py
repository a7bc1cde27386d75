"""Dash on FastAPI, which has an error page of its own."""
# environment: dash
# leak: /_dash-layout
# harmless: /
# harmless: /_dash-dependencies
# harmless: /_dash-layout
# harmless-debug: /
# harmless-debug: /_dash-dependencies

import logging
import os
import sys

import uvicorn
from dash import Dash, html

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
DEBUG = sys.argv[2] == "debug"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


def layout():
    if started:
        charge()
    return html.H1("Orders")


logging.disable()
started = False
app = Dash("shop", backend="fastapi", title="Shop")
app.layout = layout  # called once when it is set, and again for each visitor
started = True
if DEBUG:
    app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
uvicorn.run(app.server, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
