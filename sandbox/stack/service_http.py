"""Shared by the two web services of the sandbox: a small HTTP server that counts requests."""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import service_log
from .state import HOST, State

SLOW_SECONDS = 1
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Requests by path and code, and a histogram of how long they took."""

    def __init__(self):
        self.mutex = threading.Lock()
        self.codes = {}
        self.buckets = {}
        self.sums = {}

    def count(self, path, code, seconds):
        with self.mutex:
            self.codes[path, code] = self.codes.get((path, code), 0) + 1
            self.sums[path] = self.sums.get(path, 0) + seconds
            buckets = self.buckets.setdefault(path, [0] * (len(BUCKETS) + 1))
            for index, limit in enumerate((*BUCKETS, float("inf"))):
                buckets[index] += seconds <= limit

    def text(self):
        """In the format of Prometheus."""
        name = "http_request_duration_seconds"
        with self.mutex:
            lines = ["# TYPE http_requests_total counter"]
            for (path, code), count in sorted(self.codes.items()):
                lines.append(f'http_requests_total{{path="{path}",code="{code}"}} {count}')
            lines.append(f"# TYPE {name} histogram")
            for path, buckets in sorted(self.buckets.items()):
                for limit, count in zip((*BUCKETS, "+Inf"), buckets):
                    lines.append(f'{name}_bucket{{path="{path}",le="{limit}"}} {count}')
                lines.append(f'{name}_sum{{path="{path}"}} {self.sums[path]:.6f}')
                lines.append(f'{name}_count{{path="{path}"}} {buckets[-1]}')
        return "\n".join(lines) + "\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, state, port, routes):
        """routes: {path: function() -> (code, type, text)}."""
        self.state, self.routes, self.metrics = state, routes, Metrics()
        super().__init__((HOST, port), Handler)

    def handle_error(self, request, client_address):
        """What no route is the cause of: mostly a client that did not wait for the response."""
        log_failure(sys.exc_info()[1], client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # limit for idle connections

    def do_GET(self):
        start = time.monotonic()
        failure = None
        path = self.path.split("?")[0]
        route = self.server.routes.get(path)
        try:
            code, kind, text = route() if route else answer(404, {"error": "not found"})
        except Exception as error:  # always respond, even if a route fails
            failure = " ".join(str(error).split())
            code, kind, text = answer(503, {"error": failure})
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        seconds = time.monotonic() - start
        self.server.metrics.count(path if route else "other", code, seconds)
        log(code, seconds, method=self.command, path=path, client=self.client_address[0], error=failure)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def log(code, seconds, **fields):
    """A request, as a line of the part's log."""
    level = "ERROR" if code >= 500 else "WARN" if code >= 400 or seconds > SLOW_SECONDS else "INFO"
    service_log.write(service_log.line(level, "request failed" if code >= 500 else "request", status=code,
                                       request_duration=round(seconds, 4), **fields))


def log_failure(error, client_address):
    """As a service logs it: one line, without a traceback."""
    gone = isinstance(error, (BrokenPipeError, ConnectionResetError))
    level, message = ("WARN", "client closed the connection") if gone else ("ERROR", "request failed")
    service_log.write(service_log.line(level, message, client=client_address[0],
                                       error=None if gone else " ".join(str(error).split())))


def answer(code, data):
    return code, "application/json", json.dumps(data) + "\n"


def arguments():
    """(state, port) of `python3 -m stack.service_X STATE PORT`."""
    return State(sys.argv[1]), int(sys.argv[2])
