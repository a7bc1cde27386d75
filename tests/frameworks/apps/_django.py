"""One small site for every Django from 1.5 on, by its development server."""

import os
import sys

DEBUG = sys.argv[2] == "debug"


def main(old=False, command=("runserver", "--noreload"), **settings):
    if old:
        import _old
        # Theirs asks for what gettext no longer has.
        settings["USE_I18N"] = False
    import django
    from django.conf import settings as lazy
    folder = os.path.join(os.getcwd(), "templates")
    os.makedirs(folder, exist_ok=True)
    for name, text in (("fine.html", "<!doctype html>\n<title>Orders</title>\n<h1>{{ count }} orders</h1>\n"),
                       ("broken.html", "<h1>Orders</h1>\n{# Zx9SecretSource #}\n{% for order orders %}{% endfor %}\n"),
                       ("includes.html", "<h1>Orders</h1>\n{# Zx9SecretSource #}\n{% include name %}\n")):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    defaults = {
        "DEBUG": DEBUG,
        "ROOT_URLCONF": "_django_urls",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": ["127.0.0.1"],
        "PAYMENT_ACCOUNT": "Zx9SecretSetting",
        "MIDDLEWARE": ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
        "MIDDLEWARE_CLASSES": ("django.middleware.common.CommonMiddleware",
                               "django.middleware.csrf.CsrfViewMiddleware"),
    }
    if django.VERSION < (1, 8):
        defaults |= {"TEMPLATE_DIRS": (folder,), "TEMPLATE_DEBUG": DEBUG}
    else:
        defaults["TEMPLATES"] = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [folder],
                                  "APP_DIRS": True,
                                  "OPTIONS": {"debug": DEBUG, "context_processors": [
                                      "django.template.context_processors.request"]
                                      + settings.pop("context_processors", [])}}]
    if django.VERSION >= (2,):
        del defaults["MIDDLEWARE_CLASSES"]
    lazy.configure(**defaults | settings)
    from django.core.management import execute_from_command_line
    execute_from_command_line(["manage.py", *command, "127.0.0.1:" + sys.argv[1]])
