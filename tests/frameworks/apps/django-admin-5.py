# environment: django-5
# leak: /boom
# leak: /missing
# harmless: /fine
# harmless: /admin/login/
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /admin/login/
# harmless-debug: /
"""Pages of Django that are no errors: its administration, its greeting, and django-debug-toolbar in a page."""

import sys

from _django import DEBUG, main

apps = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
middleware = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
              "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware"]


class Lazy(list):
    """The list of URLs, which cannot be made before the settings are"""

    def __iter__(self):
        if not len(self):
            import _django_urls
            from debug_toolbar.toolbar import debug_toolbar_urls
            from django.contrib import admin
            from django.urls import path
            from django.views.debug import default_urlconf
            self.extend([path("admin/", admin.site.urls), path("", default_urlconf),
                         *debug_toolbar_urls(), *_django_urls.urlpatterns])
        return super().__iter__()


sys.modules["django_admin"] = sys.modules["__main__"]
urlpatterns = Lazy()
main(ROOT_URLCONF="django_admin", STATIC_URL="static/", INTERNAL_IPS=["127.0.0.1"],
     INSTALLED_APPS=["django.contrib." + app for app in apps] + ["debug_toolbar"],
     DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
     MIDDLEWARE=(["debug_toolbar.middleware.DebugToolbarMiddleware"] if DEBUG else []) + middleware,
     context_processors=["django.contrib.auth.context_processors.auth",
                         "django.contrib.messages.context_processors.messages"])
