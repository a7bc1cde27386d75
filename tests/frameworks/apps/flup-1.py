"""flup's SCGI server with `debug`, which sends cgitb's page, behind the little HTTP that a web server would speak."""
# environment: flup
# leak: /boom
# leak: /chained
# harmless: /fine
# harmless: /boom
# harmless: /missing
# harmless-debug: /fine

import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import _plain
from flup.server.scgi import WSGIServer

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    SCGI = probe.getsockname()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        fields = {"CONTENT_LENGTH": "0", "SCGI": "1", "REQUEST_METHOD": "GET", "PATH_INFO": self.path, "SCRIPT_NAME": "",
                  "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"}
        head = "".join(f"{name}\0{value}\0" for name, value in fields.items()).encode()
        with socket.create_connection(SCGI) as connection:
            connection.sendall(b"%d:%s," % (len(head), head))
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        status = next((line.split()[1] for line in lines if line.startswith("Status:")), "200")
        self.send_response(int(status))
        for line in lines:
            name, _, value = line.partition(": ")
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def front():
    """Does not listen before the SCGI server does: that it listens says that all is ready."""
    while True:
        try:
            socket.create_connection(SCGI, 1).close()
            break
        except OSError:
            time.sleep(0.05)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


threading.Thread(target=front, daemon=True).start()
WSGIServer(_plain.application, bindAddress=SCGI, debug=sys.argv[2] == "debug").run()
