"""gunicorn: the traceback of an application that cannot be loaded, which it serves with --reload, and its plain error page."""
# environment: gunicorn-19
# leak: /
# leak: /any/path?a=b
# harmless: /fine
# harmless: /boom
# harmless: /late
# harmless: /missing

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PORT, DEBUG = sys.argv[1], sys.argv[2] == "debug"
# In debug mode what it is told to load fails when it is imported.
what = ["--reload", "_broken:application"] if DEBUG else ["_plain:application"]
os.execv(sys.executable, [sys.executable, "-c", "from gunicorn.app.wsgiapp import run; run()",
                          "--chdir", HERE, "--bind", "127.0.0.1:" + PORT,
                          "--worker-tmp-dir", os.environ.get("TMPDIR", "/tmp"), "--log-level", "critical", *what])
