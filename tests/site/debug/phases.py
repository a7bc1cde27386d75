"""Handlers that fail, each in its own phase."""
from mod_python import apache


def handler(req):
    raise RuntimeError("SECRET-debug-handler")


def accesshandler(req):
    raise RuntimeError("SECRET-debug-access")


def authenhandler(req):
    raise RuntimeError("SECRET-debug-authen")


def authzhandler(req):
    raise RuntimeError("SECRET-debug-authz")


def typehandler(req):
    raise RuntimeError("SECRET-debug-type")


def fixuphandler(req):
    raise RuntimeError("SECRET-debug-fixup")


def headerparserhandler(req):
    raise RuntimeError("SECRET-debug-headerparser")


def inithandler(req):
    raise RuntimeError("SECRET-debug-init")


def postreadrequesthandler(req):
    raise RuntimeError("SECRET-debug-postread")


def transhandler(req):
    raise RuntimeError("SECRET-debug-trans")


def outputfilter(filter):
    raise RuntimeError("SECRET-debug-outputfilter")


def allowed(req):
    """Authentication that lets everybody in."""
    req.user = "guest"
    return apache.OK


def flushed(req):
    """Fails after the first bytes have left."""
    req.content_type = "text/html"
    req.write("<p>so far</p>")
    req.flush()
    raise RuntimeError("SECRET-debug-flushed")


def sees_debug(req):
    """Says whether PythonDebug is in force."""
    req.content_type = "text/plain"
    req.write("PythonDebug=%s" % req.get_config().get("PythonDebug", "unset"))
    return apache.OK


def again(req):
    """Switches debugging on, and asks for a page of the same directory, which fails."""
    if req.prev:
        raise RuntimeError("SECRET-debug-again")
    switch_on(req)
    req.internal_redirect("/debug/again/y")
    return apache.OK


def included(req):
    """A page beside one that has switched debugging on."""
    raise RuntimeError("SECRET-debug-included")


def count(req):
    """Counts how often access is checked for one request of a client."""
    first = req.main or req
    first.log_error("access checked")
    return apache.OK


def switch_on(req):
    """Switches debugging on for whatever comes next."""
    req.get_config()["PythonDebug"] = "1"
    return apache.OK
