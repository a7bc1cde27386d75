"""waitress with `expose_tracebacks`."""
# environment: waitress
# leak: /boom
# leak: /boom Accept: application/json
# leak: /chained
# harmless-debug: /late
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import logging
import sys

import _plain
from waitress import serve

logging.disable()
serve(_plain.application, host="127.0.0.1", port=int(sys.argv[1]), expose_tracebacks=sys.argv[2] == "debug", _quiet=True)
