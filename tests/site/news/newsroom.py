"""Answers /news/latest and leaves the rest to httpd. SECRET-news-source"""
from mod_python import apache


def handler(req):
    if req.uri.endswith("/latest"):
        req.content_type = "text/html"
        req.write("<html><body><h1>News</h1></body></html>")
        return apache.OK
    return apache.DECLINED
