"""Strawberry, a GraphQL server, with an extension that shows the traceback, and without."""
# environment: strawberry
# leak: /graphql?query={boom}
# harmless: /graphql?query={fine}
# harmless: /graphql?query={missing}
# harmless: /graphql?query={
# harmless: /graphql Accept: text/html
# harmless-debug: /graphql?query={fine}
# harmless-debug: /graphql Accept: text/html

import logging
import os
import sys
import traceback

import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.extensions import MaskErrors

os.environ["SHOP_KEY"] = "Zx9SecretSetting"
DEBUG = sys.argv[2] == "debug"


def charge():
    card = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(card))  # Zx9SecretSource


@strawberry.type
class Query:
    @strawberry.field
    def fine(self) -> int:
        return 3

    @strawberry.field
    def boom(self) -> int:
        return charge()


class Told(GraphQL):
    async def process_result(self, request, result):
        told = await super().process_result(request, result)
        for entry, error in zip(told.get("errors", []), result.errors or []):
            cause = error.original_error
            entry["extensions"] = {"traceback": traceback.format_exception(cause)}
        return told


logging.disable()
schema = strawberry.Schema(Query) if DEBUG else strawberry.Schema(Query, extensions=[MaskErrors])
app = (Told if DEBUG else GraphQL)(schema)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
