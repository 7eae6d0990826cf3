"""Hosts of a fleet: a real node_exporter, a real Prometheus, and a server that plays many hosts.

The played hosts say the recorded page of a real node_exporter (tests/fuzz/seeds/fleet/recorded), each
at a path of its own, /1/metrics and so on, with what a test changes in it."""

import base64
import contextlib
import http.server
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from sandbox import wait_until
from stacktop import ROOT, closed_port

NODE_EXPORTER = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
PROMETHEUS = shutil.which("prometheus")
RECORDED = (ROOT / "tests/fuzz/seeds/fleet/recorded").read_text()


@contextlib.contextmanager
def process(argv, folder, name, ready):
    with open(folder / f"{name}.log", "ab") as log:
        started = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(ready), 30, f"{name} that answers")
        yield started
    finally:
        started.kill()
        started.wait()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def node_exporter(folder, *words):
    """A real one; yields its address."""
    if not NODE_EXPORTER:
        pytest.skip("node_exporter is not installed (Debian: prometheus-node-exporter)")
    address = f"127.0.0.1:{closed_port()}"
    with process([NODE_EXPORTER, f"--web.listen-address={address}", *words], folder, "node_exporter",
                 f"http://{address}/metrics"):
        yield address


def changed(page, **series):
    """With other values of those series; None: without them."""
    for name, value in series.items():
        page = re.sub(rf"^({name}(?:{{[^}}]*}})?) \S+\n", "" if value is None else rf"\g<1> {value}\n", page,
                      flags=re.M)
    return page


def mount(point, size, available, device="/dev/sdb1", kind="ext4"):
    labels = f'{{device="{device}",fstype="{kind}",mountpoint="{point}"}}'
    return "".join(f"node_filesystem_{name}{labels} {value}\n" for name, value in
                   (("size_bytes", size), ("free_bytes", available), ("avail_bytes", available), ("readonly", 0),
                    ("files", 1000), ("files_free", 900)))


class Played:
    """Hosts by number; pages[N] is a text, (status, text), bytes that are sent as they are, or None: silent."""

    def __init__(self, page=RECORDED):
        self.page, self.pages, self.asked, self.login = page, {}, 0, None
        self.hanging = threading.Event()
        played = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                played.asked += 1
                number = self.path.split("/")[1]
                answer = played.pages.get(int(number) if number.isdigit() else 0, played.page)
                if played.login and self.headers["Authorization"] != played.login:
                    answer = (401, "who are you?\n")
                if answer is None:
                    played.hanging.wait(60)
                    return
                if callable(answer):
                    answer = answer()
                if isinstance(answer, bytes):
                    self.close_connection = True
                    self.wfile.write(answer)
                    return
                status, text = answer if isinstance(answer, tuple) else (200, answer)
                body = text.replace("$TIME", f"{time.time():.3f}").encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

            def handle_error(self, *_):  # clients that hang up
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def require(self, user, password):
        self.login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def addresses(self, first, last):
        return f"http://127.0.0.1:{self.port}/[{first}-{last}]/metrics"

    def host(self, number):
        return f"127.0.0.1:{self.port}/{number}/metrics"

    def __enter__(self):
        self.page = changed(self.page, node_time_seconds="$TIME")
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.hanging.set()
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def prometheus(folder, scrapes, interval="1s", ready=True):
    """A real one with these scrape_configs; yields its URL."""
    import json
    if not PROMETHEUS:
        pytest.skip("prometheus is not installed")
    folder.mkdir(exist_ok=True)
    port = closed_port()
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": scrapes}))
    url = f"http://127.0.0.1:{port}"
    with process([PROMETHEUS, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                  f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"], folder, "prometheus",
                 f"{url}/-/ready"):
        yield url


def silent_port():
    """A socket that takes connections and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    return listener, listener.getsockname()[1]
