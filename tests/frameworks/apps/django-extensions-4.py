# environment: django-5
# leak: /boom
# leak: /chained
# leak: /missing
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
"""Django under Werkzeug's debugger: runserver_plus of django-extensions."""

from _django import DEBUG, main

plus = {"command": ["runserver_plus"]} if DEBUG else {}
main(**plus, STATIC_URL="static/", INSTALLED_APPS=["django_extensions"])
