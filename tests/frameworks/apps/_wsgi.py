"""One small WSGI site, for what is put around one."""

import wsgiref.simple_server


def boom():
    password = "Zx9SecretLocal"
    raise ValueError("Zx9SecretMessage <b> & \"quoted\" it's", len(password))  # Zx9SecretSource


def unspoken():
    password = "Zx9SecretLocal"
    assert not password  # Zx9SecretSource


def chained():
    try:
        boom()
    except ValueError as error:
        raise RuntimeError("the order of Zx9SecretMessage") from error


def late():
    yield b"<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"
    boom()


failing = {"/boom": boom, "/unspoken": unspoken, "/chained": chained}


def site(environ, start_response):
    path = environ["PATH_INFO"]
    if path in failing:
        failing[path]()
    start_response("200 OK" if path in ("/fine", "/late") else "404 Not Found", [("Content-Type", "text/html")])
    if path == "/late":
        return late()
    if path == "/fine":
        return [b"<!doctype html>\n<title>Orders</title>\n<h1>3 orders</h1>\n"]
    return [b"<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"]


def below(**sites):
    """Several, by the first part of the path, or the one named other."""
    def choose(environ, start_response):
        name, _, rest = environ["PATH_INFO"][1:].partition("/")
        if name not in sites:
            return sites["other"](environ, start_response)
        environ["SCRIPT_NAME"] += "/" + name
        environ["PATH_INFO"] = "/" + rest
        return sites[name](environ, start_response)
    return choose


def serve(port, application):
    wsgiref.simple_server.make_server("127.0.0.1", int(port), application).serve_forever()
