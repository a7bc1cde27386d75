"""gevent's WSGI server, which tells nothing whatever its settings are."""
# environment: gevent
# harmless: /fine
# harmless: /boom
# harmless: /chained
# harmless: /late
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /boom
# harmless-debug: /late

import os
import sys

import _plain
from gevent.pywsgi import WSGIServer

sys.stderr = quiet = open(os.devnull, "w")
settings = {"wsgi.debug": True} if sys.argv[2] == "debug" else {}
WSGIServer(("127.0.0.1", int(sys.argv[1])), _plain.application, log=quiet, error_log=quiet, environ=settings).serve_forever()
