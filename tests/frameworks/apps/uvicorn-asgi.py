"""uvicorn without a framework, which tells nothing."""
# environment: uvicorn
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing

import sys

import _asgi
import uvicorn

uvicorn.run(_asgi.application, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
