"""The page of a member. SECRET-members-source"""


def index(req):
    return "<html><body><h1>Members</h1></body></html>"


def broken(req):
    raise RuntimeError("SECRET-members-exception")
