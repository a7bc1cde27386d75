# environment: flask-3
# leak: /boom
# leak: /boom Accept: application/json
# leak: POST /boom
# leak: /template
# leak: /missing-template
# leak: /key
# harmless: /fine
# harmless: /json
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""Flask 3 with Werkzeug's interactive debugger."""

from _flask import main

main()
