# environment: bottle-0.12
# leak: /boom
# leak: /boom Accept: application/json
# leak: /unspoken
# leak: /template
# leak: /missing
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless: POST /fine
# harmless-debug: /fine
# harmless-debug: POST /fine
"""Bottle 0.12's error pages."""

from _bottle import main

main()
