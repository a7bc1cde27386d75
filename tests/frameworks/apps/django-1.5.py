# environment: django-1.5
# leak: /boom
# leak: /boom X-Requested-With: XMLHttpRequest
# leak: /chained
# leak: /missing
# leak: /order
# leak: /broken
# leak: /template-missing
# leak: /included
# leak: /inline
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless: /broken
# harmless: POST /form
# harmless-debug: /fine
# harmless-debug: POST /form
"""Django 1.5's debug pages."""

from _django import main

main(old=True)
