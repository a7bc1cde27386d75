#!/usr/bin/python3 -ES
"""Answers with a captured page, cut, coded and delayed as the query asks, under every engine that
httpd has for Python: a mod_python handler, a WSGI application, a CGI script, and, where it is
started with the path of a socket, an HTTP/1.1 server behind a proxy.

The captures lie in captures/ beside this file: status line and header fields, an empty line, the body.

    file=APP/leak-1     the capture; without it, status 200 and text/html
    big=N               instead of a capture, N megabytes of harmless text, never all in memory
    lines=N             instead of a capture, N lines, each a piece
    prefix=N            N bytes of harmless text before the page
    status=N            another status than the capture's
    type=T              another content type; none for no content type
    header=Name:value   one more header field; may be repeated
    length=1            with Content-Length
    coding=gzip|deflate|br  the body compressed
    pieces=N            N bytes a piece, until=N only as far as that, from=N only from there on
    at=N                one cut there; may be repeated
    drip=N              N milliseconds between two pieces
    gate=NAME           before each piece but the first, wait until gates/NAME has so many bytes
    trailer=Name:value  a trailer field               (the HTTP/1.1 server alone)
    broken=N            end the connection after N bytes of the body         (the same)

Between two pieces it waits until httpd has read the first, as far as the engine lets it see that:
otherwise the socket would put together again what was cut.
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = 64 * 1024
# How long a gate stays closed at most. Longer than the patience of any test.
GATE_SECONDS = 30
NOT_OF_THE_PAGE = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "content-encoding", "date", "server",
}
REASONS = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 302: "Found",
           304: "Not Modified", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 500: "Internal Server Error", 502: "Bad Gateway",
           503: "Service Unavailable"}


def decoded(text):
    """A component of a query; urllib would be half of a CGI script's time."""
    first, *rest = text.replace("+", " ").split("%")
    return first + "".join(chr(int(part[:2], 16)) + part[2:] for part in rest)


class Query:
    """The parameters of a request."""

    def __init__(self, text):
        self.values = {}
        for pair in filter(None, text.split("&")):
            name, _, value = pair.partition("=")
            self.values.setdefault(decoded(name), []).append(decoded(value))

    def text(self, name, default=""):
        return self.values.get(name, [default])[0]

    def number(self, name, default=0):
        return int(self.text(name, str(default)))

    def all(self, name):
        return self.values.get(name, [])


def capture(name):
    """Status, reason, header fields and body of a captured page."""
    if ".." in name:
        raise ValueError(name)
    with open(os.path.join(HERE, "captures", name + ".http"), "rb") as file:
        head, _, body = file.read().partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status, _, reason = first.partition(" ")[2].partition(" ")
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if fields and (not colon or not name.replace("-", "").isalnum()):
            # A traceback in a field goes on.
            fields[-1] = (fields[-1][0], fields[-1][1] + "\n " + line.strip())
        else:
            fields.append((name, value.strip()))
    return int(status), reason, fields, body


def harmless(size, content_type):
    """Exactly so many bytes of lines that may stand before a page of this type."""
    markup = "html" in content_type
    if "json" in content_type:
        return b" " * (size - 1) + b"\n" * min(size, 1)
    lines = []
    left = size
    number = 0
    while left > 0:
        number += 1
        line = "Bicycle %d stands in hall %d and is ridden on Sundays." % (number, number % 7)
        line = "<p>%s</p>\n" % line if markup else line + "\n"
        if len(line) > left:
            line = " " * (left - 1) + "\n"
        lines.append(line)
        left -= len(line)
    return "".join(lines).encode()


def megabytes(number):
    block = harmless(BLOCK, "text/html")
    for _ in range(number * 1024 * 1024 // BLOCK):
        yield block


def compressed(blocks, coding):
    if coding == "br":
        try:
            import brotli
        except ImportError:
            # Debian's packages are not on the path of a Python without `site`.
            import site
            site.main()
            import brotli
        coder = brotli.Compressor(quality=4)
        add, flush, finish = coder.process, coder.flush, coder.finish
    else:
        import zlib
        coder = zlib.compressobj(6, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[coding])
        add, finish = coder.compress, coder.flush

        def flush():
            return coder.flush(zlib.Z_SYNC_FLUSH)
    for block in blocks:
        yield add(block) + flush()
    yield finish()


def cut(body, query):
    """One body in the pieces that the query asks for."""
    size = query.number("pieces")
    cuts = [int(at) for at in query.all("at")]
    if size:
        until = min(query.number("until", len(body)), len(body))
        cuts += range(query.number("from", size), until, size)
    begin = 0
    for end in sorted({at for at in cuts if 0 < at < len(body)}):
        yield body[begin:end]
        begin = end
    yield body[begin:]


class Reply:
    """The response to one request."""

    def __init__(self, query_text):
        query = self.query = Query(query_text)
        status, reason, fields, body = 200, "OK", [("Content-Type", "text/html")], b""
        if query.text("file"):
            status, reason, fields, body = capture(query.text("file"))
        self.status = query.number("status", status)
        if self.status != status or not reason:
            reason = REASONS.get(self.status, "Status")
        self.reason = reason
        coding = query.text("coding")
        self.fields = []
        for name, value in fields:
            lower = name.lower()
            still_true = lower == "content-encoding" and not coding and not query.text("prefix")
            if lower == "content-type" and query.text("type"):
                value = query.text("type")
                if value == "none":
                    continue
            if still_true or lower not in NOT_OF_THE_PAGE:
                self.fields.append((name, value))
        for field in query.all("header"):
            name, _, value = field.partition(":")
            self.fields.append((name, value))
        if coding:
            self.fields.append(("Content-Encoding", coding))
        self.length = None
        if query.text("big"):
            self.length = query.number("big") * 1024 * 1024
            self.blocks = megabytes(query.number("big"))
        elif query.text("lines"):
            self.blocks = [b"<p>Line %d of the news</p>\n" % n for n in range(query.number("lines"))]
            self.length = sum(map(len, self.blocks))
        else:
            body = harmless(query.number("prefix"), self.field("content-type")) + body
            if coding:
                body = b"".join(compressed([body], coding))
                coding = ""
            self.length = len(body)
            self.blocks = cut(body, query)
        if coding:
            self.length = None
            self.blocks = compressed(self.blocks, coding)
        if not query.text("length"):
            self.length = None

    def field(self, wanted):
        return next((value for name, value in self.fields if name.lower() == wanted), "")

    def bodiless(self):
        return self.status in (204, 304)

    def pieces(self, settle):
        """The pieces; `settle` waits until the one before has been read by httpd."""
        drip = self.query.number("drip") / 1000
        gate = self.query.text("gate")
        for number, piece in enumerate(self.blocks):
            if number:
                settle()
                if number == 1 and settle is not at_once:
                    # Read, together with the head, it still has to be passed on.
                    time.sleep(0.002)
                if drip:
                    time.sleep(drip)
                if gate:
                    wait_at(gate, number)
            if piece:
                yield piece

    def head(self):
        """The fields with the length, if it is told. No engine takes a value of several lines."""
        return [(name, " ".join(value.splitlines())) for name, value in self.raw_head()]

    def raw_head(self):
        length = [] if self.length is None else [("Content-Length", str(self.length))]
        return self.fields + length


def wait_at(gate, size):
    path = os.path.join(HERE, "gates", gate)
    deadline = time.time() + GATE_SECONDS
    while time.time() < deadline:
        if os.path.exists(path) and os.path.getsize(path) >= size:
            return
        time.sleep(0.002)
    raise RuntimeError("nobody opened the gate")


def at_once():
    """For engines that pass every piece on before they ask for the next."""


def settled(descriptors):
    """Returns a function that waits until the other end of these pipes and local sockets has read
    all that was written."""
    import array
    import fcntl
    import stat

    watched = []
    for descriptor in descriptors:
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError:
            continue
        # FIONREAD tells what is in a pipe, SIOCOUTQ what a socket has sent and nobody has read.
        if stat.S_ISFIFO(mode):
            watched.append((descriptor, 0x541B))
        elif stat.S_ISSOCK(mode):
            watched.append((descriptor, 0x5411))

    def settle():
        deadline = time.time() + 5
        for descriptor, request in watched:
            left = array.array("i", [0])
            tries = 0
            while time.time() < deadline:
                try:
                    fcntl.ioctl(descriptor, request, left, True)
                except OSError:
                    break
                if not left[0]:
                    break
                tries += 1
                time.sleep(0 if tries < 20 else 0.0002)

    return settle


def handler(req):
    """mod_python."""
    from mod_python import apache

    reply = Reply(req.args or "")
    req.status = reply.status
    for name, value in reply.head():
        if name.lower() == "content-type":
            req.content_type = value
        elif name == "Content-Length":
            req.set_content_length(int(value))
        else:
            req.headers_out.add(name, value)
    if not reply.bodiless():
        for piece in reply.pieces(at_once):
            req.write(piece)
    return apache.OK


def application(environ, start_response):
    """WSGI."""
    reply = Reply(environ.get("QUERY_STRING", ""))
    start_response("%d %s" % (reply.status, reply.reason), reply.head())
    if reply.bodiless():
        return []
    return reply.pieces(wsgi_settle(environ))


def wsgi_settle(environ):
    if environ.get("mod_wsgi.process_group"):
        # The daemon does not say which of its sockets is this request's; the others settle too.
        return settled(range(3, 256))
    if "mod_wsgi.version" in environ:
        return at_once
    import uwsgi
    return settled([uwsgi.connection_fd()])


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def script():
    """CGI."""
    reply = Reply(os.environ.get("QUERY_STRING", ""))
    lines = ["Status: %d %s" % (reply.status, reply.reason)]
    lines += ["%s: %s" % field for field in reply.head()]
    try:
        write_all(1, ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if not reply.bodiless():
            settle = settled([1])
            settle()
            for piece in reply.pieces(settle):
                write_all(1, piece)
    except BrokenPipeError:
        # Nobody reads on, as after HEAD.
        pass


class Connection:
    """One connection of the HTTP/1.1 server."""

    def __init__(self, socket):
        self.socket = socket
        self.settle = settled([socket.fileno()])
        self.buffer = b""

    def serve(self):
        try:
            while self.one():
                pass
        except OSError:
            # httpd may go away before it has read all.
            pass
        finally:
            self.socket.close()

    def one(self):
        """One request; says whether there may be another."""
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(BLOCK)
            if not data:
                return False
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        asked = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        try:
            reply = Reply(target.partition("?")[2])
        except (OSError, ValueError):
            self.socket.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        bodiless = method == "HEAD" or reply.bodiless()
        chunked = reply.length is None and not bodiless
        # Of several lines, too, if the page had them: so did its own server send it.
        fields = reply.raw_head()
        if chunked:
            fields.append(("Transfer-Encoding", "chunked"))
        trailers = [trailer.partition(":") for trailer in reply.query.all("trailer")]
        if trailers:
            fields.append(("Trailer", ", ".join(name for name, _, _ in trailers)))
        lines = ["HTTP/1.1 %d %s" % (reply.status, reply.reason)]
        lines += ["%s: %s" % field for field in fields]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        if not bodiless and not self.body(reply, chunked):
            return False
        if chunked:
            lines = ["%s: %s\r\n" % (name, value) for name, _, value in trailers]
            self.send(b"0\r\n%s\r\n" % "".join(lines).encode("latin-1"))
        return asked.get("connection") != "close"

    def body(self, reply, chunked):
        """Sends the body; says whether it is whole."""
        left = reply.query.number("broken") or sys.maxsize
        self.settle()
        for piece in reply.pieces(self.settle):
            told = piece
            piece = piece[:left]
            left -= len(piece)
            size = b"%x\r\n" % len(told) if chunked else b""
            end = b"\r\n" if chunked and len(piece) == len(told) else b""
            self.send(size + piece + end)
            if not left:
                return False
        return True

    def send(self, data):
        self.socket.sendall(data)


def serve(path):
    """The HTTP/1.1 server."""
    import socket
    import threading

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(64)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=Connection(accepted).serve, daemon=True).start()


if __name__ == "__main__":
    if "GATEWAY_INTERFACE" in os.environ:
        script()
    else:
        serve(sys.argv[1])
