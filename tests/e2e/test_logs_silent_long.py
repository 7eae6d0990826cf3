"""`stacktop logs` where an engine accepts and never answers: the lines of the others are printed, and the reason is said."""

import http.server
import json
import threading
import time

from stacktop import stacktop, write_config

BESIDE = "others"
TROUBLE = 2
LINE = "2026-11-27T10:00:00Z INFO in a file\n"


class Engine(http.server.BaseHTTPRequestHandler):
    """Lists a container, and keeps the client waiting for its log; `mute`: also for the list."""
    mute = False

    def do_GET(self):  # noqa: N802
        if self.mute or "/logs?" in self.path:
            self.server.over.wait(60)
            return
        body = json.dumps([{"Id": "ab" * 32, "Names": ["/silent"], "State": "running"}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask(tmp_path, mute):
    (tmp_path / "a.log").write_text(LINE)
    handler = type("Handler", (Engine,), {"mute": mute})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.over, server.daemon_threads = threading.Event(), True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = write_config(tmp_path, services=[{"name": "api", "address": "127.0.0.1:1", "logs": [str(tmp_path / "a.log")],
                                                   "engine": f"tcp://127.0.0.1:{server.server_address[1]}",
                                                   "runtime": {"docker": "silent"}}])
        start = time.monotonic()
        run = stacktop("logs", "api", "-c", config, timeout=120)
        seconds = time.monotonic() - start
        server.over.set()
        server.shutdown()
    return run, seconds


def test_a_container_that_says_nothing(tmp_path):
    run, seconds = ask(tmp_path, mute=False)
    assert run.status == TROUBLE and run.stdout.endswith(f"a.log: {LINE}") and seconds < 40
    first, last = run.stderr.splitlines()
    assert first == "stacktop: silent (container abababababab) does not answer: the others are read without it"
    assert last.startswith("stacktop: container silent: ")


def test_an_engine_that_says_nothing(tmp_path):
    run, seconds = ask(tmp_path, mute=True)
    assert run.status == TROUBLE and run.stdout.endswith(f"a.log: {LINE}") and seconds < 40
    assert run.stderr.count("\n") == 1 and "127.0.0.1" in run.stderr
