# environment: webware-3
# leak: /boom
# leak: /unspoken
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine
# harmless-debug: /missing
"""Webware for Python and its exception report."""

import os
import sys

import webware
from _wsgi import serve

work = os.path.abspath("orders")
webware.addToSearchPath()
from Application import Application
from Scripts.MakeAppWorkDir import MakeAppWorkDir

SERVLET = '''
from Page import Page


class {name}(Page):
    def writeContent(self):
        password = "Zx9SecretLocal"
        {line}  # Zx9SecretSource
'''
FINE = '''
from Page import Page


class fine(Page):
    def writeContent(self):
        self.writeln("<h1>3 orders</h1>")
'''

MakeAppWorkDir(work, verbose=False).buildWorkDir()
for name, line in (("boom", "raise ValueError(\"Zx9SecretMessage <b> & \\\"quoted\\\" it's\", len(password))"),
                   ("unspoken", "assert not password")):
    with open(os.path.join(work, "MyContext", name + ".py"), "w") as file:
        file.write(SERVLET.format(name=name, line=line))
with open(os.path.join(work, "MyContext", "fine.py"), "w") as file:
    file.write(FINE)
os.chdir(work)
sys.path.insert(0, work)
serve(sys.argv[1], Application(work, settings={"ShowDebugInfoOnErrors": sys.argv[2] == "debug"}))
