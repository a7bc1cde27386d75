"""SECRET-alerts-source"""
from mod_python import apache


def handler(req):
    raise apache.SERVER_RETURN(apache.DECLINED)
