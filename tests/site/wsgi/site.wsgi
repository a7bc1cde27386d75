"""The WSGI application. SECRET-wsgi-script"""


def application(environ, start_response):
    body = ("WSGI at %s" % environ.get("PATH_INFO", "")).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
