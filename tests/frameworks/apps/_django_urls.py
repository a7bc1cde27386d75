"""The views of _django.py."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template import Template, Context

try:
    from django.urls import re_path
except ImportError:
    from django.conf.urls import url as re_path


def fine(request):
    return render(request, "fine.html", {"count": 3})


def boom(request):
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


def chained(request):
    try:
        return boom(request)
    except ValueError as error:
        raise RuntimeError("the order of Zx9SecretMessage") from error


def broken(request):
    return render(request, "broken.html")


def missing(request):
    return render(request, "Zx9SecretMessage.html")


def included(request):
    return render(request, "includes.html", {"name": "Zx9SecretMessage.html"})


def inline(request):
    return HttpResponse(Template("{% Zx9SecretMessage %}").render(Context()))


def order(request):
    raise Http404("no order of Zx9SecretMessage")


def nothing(request, Zx9SecretSource=None):
    return None


def form(request):
    return HttpResponse("done")


urlpatterns = [
    re_path("^fine$", fine),
    re_path("^boom$", boom),
    re_path("^chained$", chained),
    re_path("^broken$", broken),
    re_path("^template-missing$", missing),
    re_path("^included$", included),
    re_path("^inline$", inline),
    re_path("^order$", order),
    re_path("^nothing$", nothing, name="Zx9SecretMessage"),
    re_path("^form$", form),
    re_path("^Zx9SecretSetting/(?P<number>[0-9]+)$", fine, name="hidden"),
]
