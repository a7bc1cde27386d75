"""What Pythons of their time had and Python 3.11 has not, for old frameworks. Import it before them."""

import cgi
import collections
import collections.abc
import html
import html.parser
import inspect
import re
import time

for name in ("Callable Container Hashable Iterable Iterator Mapping MutableMapping MutableSet Sequence Set Sized "
             "ValuesView").split():
    setattr(collections, name, getattr(collections.abc, name))
cgi.escape = html.escape
html.parser.HTMLParseError = type("HTMLParseError", (Exception,), {})
inspect.ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
inspect.getargspec = lambda function: inspect.ArgSpec(*inspect.getfullargspec(function)[:4])
time.clock = time.perf_counter

compiled = re._compile
late = {str: re.compile(r"^(.+?)(\(\?[iLmsux]+\))", re.S), bytes: re.compile(rb"^(.+?)(\(\?[iLmsux]+\))", re.S)}


def flags_first(pattern, flags):
    """Flags elsewhere than at the start of a pattern are an error since 3.11."""
    found = late[type(pattern)].match(pattern) if type(pattern) in late else None
    if found:
        pattern = found[2] + found[1] + pattern[found.end():]
    return compiled(pattern, flags)


re._compile = flags_first
