# environment: django-1.11
# leak: /boom
# leak: /boom X-Requested-With: XMLHttpRequest
# leak: /chained
# leak: /missing
# leak: /order
# leak: /broken
# leak: /template-missing
# leak: /included
# leak: /inline
# leak: /fine Host: example.com
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless: /broken
# harmless: POST /form
# harmless: /fine Host: example.com
# harmless-debug: /fine
# harmless-debug: POST /form
"""Django 1.11's debug pages."""

from _django import main

main(old=True)
