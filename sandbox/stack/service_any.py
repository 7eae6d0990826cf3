"""An HTTP server whose response depends on the path of the request (docs/sandbox.md), for tests of health
checks; with TLS if it gets a certificate.

    python3 -m stack.service_any STATE PORT [PEM]
"""

import json
import socket
import ssl
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .state import HOST

BLOCK = 1 << 16
PATIENCE = 3600  # "never"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, pem=None):
        self.mutex = threading.Lock()
        self.counts = {"connections": 0, "requests": 0}
        self.health = "/ok"  # the current behaviour of /health
        self.tls = None
        if pem:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(pem)
        super().__init__((HOST, port), Handler)

    def count(self, what):
        with self.mutex:
            self.counts[what] += 1

    def finish_request(self, request, client_address):
        """On the thread of the connection: a client without a handshake delays no other."""
        self.count("connections")
        if self.tls:
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        """The client has disconnected."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        """Calls the method that the first word of the path names, with the other words as arguments."""
        self.server.count("requests")
        path = self.path.split("?")[0]
        if path == "/health":
            path = self.server.health
        word, *arguments = path.strip("/").split("/")
        method = getattr(self, "on_" + word.replace("-", "_"), None)
        if method is None:
            return self.send(404, b"unknown path; see docs/sandbox.md\n")
        return method(*arguments)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def send(self, code=200, body=b"ok\n", **headers):
        self.send_response(code)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def raw(self, data):
        self.wfile.write(data)
        self.close_connection = True

    def on_ok(self):
        self.send()

    def on_status(self, code):
        self.send(int(code), b"" if code in ("204", "304") else f"{code}\n".encode())

    def on_delay(self, seconds, *then):
        time.sleep(float(seconds))
        self.path = "/" + "/".join(then or ["ok"])
        self.answer()

    def on_hang(self):
        """Reads the request and does not respond."""
        time.sleep(PATIENCE)

    def on_hang_head(self):
        """Stops in the middle of the headers."""
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Len")
        time.sleep(PATIENCE)

    def on_hang_body(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(PATIENCE)

    def on_drip(self, seconds):
        """One byte of the body per second."""
        self.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {seconds}\r\n\r\n".encode())
        for _ in range(int(seconds)):
            time.sleep(1)
            self.wfile.write(b".")

    def on_drop(self):
        """Closes the connection without a response."""
        self.close_connection = True

    def on_reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def on_cut(self):
        """Closes the connection in the middle of the body."""
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def on_garbage(self):
        """Sends something that is not HTTP."""
        self.raw(bytes(range(256)) * 4)

    def on_escape(self):
        """Control characters for a terminal, in the reason, a header and the body."""
        self.raw(b"HTTP/1.1 503 \x1b[2Jred\r\nX-Note: \x1b]0;title\x07\r\nContent-Length: 10\r\n\r\n\x1b[31mred\r\n\x00")

    def on_redirect(self, count="1"):
        """Redirects that many times, then ok; "loop": always."""
        left = count if count == "loop" else int(count) - 1
        self.send(302, b"", Location=f"/redirect/{left}" if left else "/ok")

    def on_headers(self, count, size="10"):
        self.send(**{f"X-{number}": "x" * int(size) for number in range(int(count))})

    def on_body(self, size):
        """A body of that many bytes."""
        self.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
        left = int(size)
        while left > 0:
            left -= self.wfile.write(b"x" * min(BLOCK, left))

    def on_endless(self):
        """A chunked body without an end."""
        self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (BLOCK, b"x" * BLOCK))

    def on_echo(self):
        """The request's line and headers, as JSON."""
        found = {"line": self.requestline, "headers": dict(self.headers)}
        self.send(body=json.dumps(found).encode() + b"\n", **{"Content-Type": "application/json"})

    def on_counts(self):
        """The number of connections and requests so far."""
        self.send(body=json.dumps(self.server.counts).encode() + b"\n", **{"Content-Type": "application/json"})

    def on_become(self, *path):
        """/become/status/503: /health responds like /status/503 from now on."""
        self.server.health = "/" + "/".join(path)
        self.send()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Server(int(sys.argv[2]), *sys.argv[3:]).serve_forever()
