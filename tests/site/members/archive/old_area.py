"""The page of last year. SECRET-members-archive"""


def index(req):
    return "old"
