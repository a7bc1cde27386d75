"""Ariadne, a GraphQL server, whose debug mode shows the stack and the variables of every error."""
# environment: ariadne
# leak: /?query={boom}
# harmless: /?query={fine}
# harmless: /?query={missing}
# harmless: / Accept: text/html
# harmless-debug: /?query={fine}

import logging
import os
import sys

import uvicorn
from ariadne import QueryType, format_error, make_executable_schema
from ariadne.asgi import GraphQL

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
query = QueryType()


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@query.field("fine")
def fine(*_):
    return 3


@query.field("boom")
def boom(*_):
    return charge()


logging.disable()
schema = make_executable_schema("type Query { fine: Int, boom: Int }", query)
app = GraphQL(schema, debug=sys.argv[2] == "debug", execute_get_queries=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
