# environment: werkzeug-0.12
# leak: /boom
# leak: /chained
# leak: /unspoken
# leak: /syntax
# leak: /plain/boom
# leak: /plain/chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /late
# harmless-debug: /plain/late
# harmless-debug: /plain/missing
"""Werkzeug 0.12's debugger on its own."""

from _werkzeug import main

main()
