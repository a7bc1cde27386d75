"""SECRET-reports-source"""
from mod_python import apache


def handler(req):
    req.content_type = "text/plain"
    req.write("figures")
    return apache.OK
