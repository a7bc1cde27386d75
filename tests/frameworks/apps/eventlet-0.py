"""eventlet's WSGI server, whose `debug`, on unless it is turned off, sends the traceback."""
# environment: eventlet
# leak: /boom
# leak: /chained
# leak: /late
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import os
import sys

import _plain
import eventlet
from eventlet import wsgi

quiet = open(os.devnull, "w")
sys.stderr = quiet
wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), _plain.application, log=quiet, debug=sys.argv[2] == "debug")
