"""Answers whatever it is asked."""
from mod_python import apache


def handler(req):
    req.content_type = "text/plain"
    req.write("program")
    return apache.OK
