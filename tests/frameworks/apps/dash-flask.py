"""Dash on Flask, with its own rendering of Werkzeug's page for what fails in an application of Dash."""
# environment: dash
# leak: /_dash-layout
# leak: /boom
# harmless: /
# harmless: /_dash-dependencies
# harmless: /_dash-layout
# harmless-debug: /
# harmless-debug: /_dash-dependencies

import logging
import os
import sys

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
app = Dash("shop", title="Shop")
app.layout = layout  # called once when it is set, and again for each visitor
started = True
app.server.add_url_rule("/boom", "boom", charge)
app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=DEBUG, use_reloader=False, dev_tools_silence_routes_logging=True)
