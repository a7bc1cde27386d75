# environment: django-5
# leak: /boom
# leak: /boom Accept: text/html
# leak: /boom Accept: application/json
# leak: /traced
# leak: /missing Accept: text/html
# harmless: /fine
# harmless: /fine Accept: text/html
# harmless: /boom
# harmless: POST /fine
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /fine Accept: text/html
# harmless-debug: POST /fine Accept: text/html
"""Django REST framework: JSON, its browsable pages, and an error handler that answers with a traceback."""

import sys
import traceback

from _django import DEBUG, main

rest = {"UNAUTHENTICATED_USER": None, "EXCEPTION_HANDLER": "django_rest.answer"}


def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


def urls():
    from django.urls import path
    from rest_framework.decorators import api_view
    from rest_framework.response import Response

    @api_view()
    def fine(request):
        return Response({"orders": 3})

    @api_view()
    def failing(request):
        boom()

    @api_view()
    def traced(request):
        boom()

    return [path("fine", fine), path("boom", failing), path("traced", traced), path("Zx9SecretSetting", fine)]


def answer(error, context):
    from rest_framework.response import Response
    from rest_framework.views import exception_handler
    if context["request"].path == "/traced" and DEBUG:
        return Response({"detail": str(error), "traceback": traceback.format_exc()}, 500)
    return exception_handler(error, context)


class Lazy(list):
    """The list of URLs, which cannot be made before the settings are"""

    def __iter__(self):
        if not len(self):
            self.extend(urls())
        return super().__iter__()


sys.modules["django_rest"] = sys.modules["__main__"]
urlpatterns = Lazy()
main(ROOT_URLCONF="django_rest", INSTALLED_APPS=["rest_framework"], REST_FRAMEWORK=rest,
     MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
