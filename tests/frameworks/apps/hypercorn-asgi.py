"""hypercorn without a framework, which tells nothing."""
# environment: hypercorn
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing

import asyncio
import sys

import _asgi
from hypercorn.asyncio import serve
from hypercorn.config import Config

config = Config()
config.bind = ["127.0.0.1:" + sys.argv[1]]
config.errorlog = config.accesslog = None
asyncio.run(serve(_asgi.application, config))
