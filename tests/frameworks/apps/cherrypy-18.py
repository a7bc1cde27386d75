# environment: cherrypy-18
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
"""CherryPy 18's error pages."""

from _cherrypy import main

main()
