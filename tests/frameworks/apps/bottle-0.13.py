# environment: bottle-0.13
# leak: /boom
# leak: /boom Accept: application/json
# leak: /unspoken
# leak: /template
# leak: /missing-template
# leak: /missing
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless: POST /fine
# harmless-debug: /fine
# harmless-debug: POST /fine
"""Bottle 0.13's error pages."""

from _bottle import main

main()
