# environment: web.py-0.62
# leak: /boom
# leak: /unspoken
# leak: /template
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""web.py 0.62's error pages."""

from _webpy import main

main()
