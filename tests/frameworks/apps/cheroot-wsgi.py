"""cheroot, CherryPy's server, which tells nothing."""
# environment: cheroot
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing

import sys

import _plain
from cheroot.wsgi import Server

server = Server(("127.0.0.1", int(sys.argv[1])), _plain.application)
server.error_log = lambda *args, **how: None
server.start()
