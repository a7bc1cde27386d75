"""Applications that show their own errors: mod_python's PythonDebug has no part in it."""
import traceback

from mod_python import apache


def text():
    """A traceback with a secret in it."""
    try:
        card = "SECRET-error-local"
        raise ValueError("SECRET-error-message %s" % len(card))
    except ValueError:
        return traceback.format_exc()


def printed(req):
    req.content_type = "text/plain"
    req.write("Sorry:\n" + text())
    return apache.OK


def early(req):
    """Any phase before the handler's."""
    req.content_type = "text/plain"
    req.status = apache.HTTP_INTERNAL_SERVER_ERROR
    req.write(text())
    return apache.DONE


accesshandler = fixuphandler = postreadrequesthandler = transhandler = early


def failed(req):
    """As printed, and the status says so."""
    req.status = int(req.args or 500)
    req.content_type = "text/html"
    req.headers_out["Set-Cookie"] = "kept=no"
    req.write("<h1>Oh no</h1><pre>" + text() + "</pre>")
    return apache.OK


def quiet(req):
    """A page for visitors, with the status of a failure."""
    req.status = int(req.args or 500)
    req.content_type = "text/html"
    req.write("<h1>We are sorry</h1>")
    return apache.OK


def large(req):
    """A failure that says more than is held, and shows its error after that."""
    req.status = 500
    req.content_type = "text/plain"
    for _ in range(40):
        req.write("x" * 1023 + "\n")
    req.write(text())
    return apache.OK


def late(req):
    """An error when the first part of the page has been sent."""
    req.content_type = "text/plain"
    req.write("three orders\n")
    req.flush()
    req.write(text())
    req.write("and the rest SECRET-error-rest\n")
    return apache.OK


def length(req):
    """The same with a length that was promised."""
    page = b"three orders\n" + text().encode() + b"and the rest SECRET-error-rest\n" + b"." * 9000
    req.content_type = "text/plain"
    req.set_content_length(len(page))
    req.write(page[:13])
    req.flush()
    for start in range(13, len(page), 100):
        req.write(page[start:start + 100])
    return apache.OK


def field(req):
    req.content_type = "text/plain"
    req.headers_out["X-Shop"] = "open"
    req.headers_out["X-Traceback"] = "SECRET-error-field"
    req.headers_out["X-Reason"] = "ValueError: SECRET-error-field"
    req.err_headers_out["X-Always"] = repr(text())
    req.write("three orders\n")
    return apache.OK


def served(req):
    """A file that the application sends: a tutorial with a traceback in it."""
    req.content_type = "text/plain"
    req.sendfile(req.document_root() + "/errors/tutorial.txt")
    return apache.OK


def fine(req):
    req.content_type = "text/plain"
    req.headers_out["Last-Modified"] = "Mon, 02 Jan 2023 10:00:00 GMT"
    req.headers_out["ETag"] = '"fine"'
    req.set_content_length(13)
    req.write("three orders\n")
    return apache.OK


def sorry(req):
    """A page for an ErrorDocument."""
    req.content_type = "text/plain"
    req.write("sorry, %s" % req.subprocess_env.get("REDIRECT_PYGUARD_INCIDENT"))
    return apache.OK


def elsewhere(req):
    req.internal_redirect("/errors/printed/x")
    return apache.OK


def coded(req):
    """The traceback in a coding that httpd and its modules cannot read."""
    req.content_type = "text/plain"
    req.headers_out["Content-Encoding"] = "x-rot13"
    req.status = int(req.args or 200)
    req.write("GENPRONPX SECRET-error-coded\n")
    return apache.OK


def zipped(req):
    """The traceback compressed by the application, and zeros behind it."""
    import gzip
    req.content_type = "text/plain"
    req.headers_out["Content-Encoding"] = "gzip"
    body = gzip.compress(text().encode(), mtime=0)
    if req.args == "clean":
        body = gzip.compress(b"three orders\n", mtime=0) + b"\0" * 20
    for byte in range(len(body)):
        req.write(body[byte:byte + 1])
    return apache.OK


def untyped(req):
    """Says nothing of what it sends: httpd guesses by the name in the URL."""
    req.write(text())
    return apache.OK


def afterwards(req):
    """A log handler that writes when the response is over."""
    req.write(text())
    return apache.OK


def wide(req):
    req.content_type = "text/plain; charset=utf-16"
    req.status = int(req.args or 200)
    req.write("SECRET-error-wide ".encode("ascii") + text().encode("utf-16"))
    return apache.OK
