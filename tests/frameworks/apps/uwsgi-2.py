"""uWSGI with --catch-exceptions, which sends the traceback."""
# environment: uwsgi-2
# leak: /boom
# leak: /boom Accept: application/json
# leak: /chained
# harmless: /fine
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PORT, DEBUG = sys.argv[1], sys.argv[2] == "debug"
told = ["--catch-exceptions"] if DEBUG else []
os.execv(shutil.which("uwsgi"), ["uwsgi", "--http-socket", "127.0.0.1:" + PORT, "--chdir", HERE, "--module", "_plain:application",
                                 "--need-app", "--die-on-term", "--disable-logging", *told])
