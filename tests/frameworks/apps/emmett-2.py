# environment: emmett-2
# leak: /boom
# leak: /unspoken
# leak: /template
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""Emmett with its debug page."""

import os
import sys

from emmett import App

os.makedirs("templates", exist_ok=True)
with open("templates/broken.html", "w") as file:
    file.write("<h1>Orders</h1>\n<p>{{=Zx9SecretMessage}}</p>\n")
app = App(__name__, root_path=os.getcwd())


@app.route("/fine", output="str")
async def fine():
    return "<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"


@app.route("/boom", output="str")
async def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


@app.route("/unspoken", output="str")
async def unspoken():
    password = "Zx9SecretLocal"
    assert not password  # Zx9SecretSource


@app.route("/template", template="broken.html")
async def template():
    return {}


if __name__ == "__main__":
    command = ["develop", "--no-reloader"] if sys.argv[2] == "debug" else ["serve"]
    os.execv(sys.executable, [sys.executable, "-m", "emmett", "-a", os.path.abspath(__file__), *command,
                              "--port", sys.argv[1]])
