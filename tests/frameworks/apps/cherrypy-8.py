# environment: cherrypy-8
# leak: /boom
# leak: /refused
# leak: /hooked
# leak: /late
# leak: /worse
# harmless: /fine
# harmless: /boom
# harmless: /worse
# harmless: /refused
# harmless: /missing
# harmless-debug: /fine
"""CherryPy 8's error pages."""

import _old
from _cherrypy import main

main()
