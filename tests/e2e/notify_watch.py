"""`stacktop watch` and a web hook that hears it: for test_notify.py and test_notify_memory_long.py."""

import http.server
import json
import signal
import socket
import subprocess
import threading

import pytest

from sandbox import wait_until
from stacktop import BINARY, OK, closed_port, write_config
from terminal import environment


@pytest.fixture
def watch(tmp_path):
    """Starts it on a configuration; its standard output is read as lines."""
    running = []

    def start(config, *arguments):
        process = subprocess.Popen([str(BINARY), "watch", "-c", str(config), "--utc", *arguments], text=True, bufsize=1,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment("dumb", None))
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()
        running.append((process, reader))
        return process, lines

    yield start
    for process, reader in running:
        process.terminate()
        process.wait(10)
        reader.join(10)
        process.stdout.close()
        process.stderr.close()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.statuses = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def configured(folder, *channels, port=None, **more):
    return write_config(folder, name="ecap", environment="staging", interval="200ms", state=str(folder / "state"),
                        services=[{"name": "api", "address": f"127.0.0.1:{port or closed_port()}"}],
                        alerts=[{"name": "api down", "is": "critical", "target": "api", "severity": "critical",
                                 "text": "{target} is {value}", "runbook": "https://docs/api", "labels": {"team": "ops"}}],
                        notify=[{"wait": "500ms", **channel} for channel in channels], **more)


def ends(process, number=signal.SIGTERM):
    process.send_signal(number)
    assert process.wait(10) == (OK if number == signal.SIGTERM else -number)


def states(server):
    """(state, kind) of each finding of each message so far."""
    return sorted((each["state"], each["kind"]) for _, message in server.got for each in message["findings"])


def memory(folder):
    found = list((folder / "state" / "watch").glob("*.memory"))
    return found[0].read_text() if found else ""


BOTH_NEW = [("new", "alert"), ("new", "service")]


@pytest.fixture
def notified(tmp_path, hook, watch):
    """A watch has notified, and that is on disk: its process, the configuration and the port of what is down."""
    port = closed_port()
    config = configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/"}, port=port)
    process, _ = watch(config)
    wait_until(lambda: states(hook) == BOTH_NEW, what="the first messages")
    wait_until(lambda: memory(tmp_path).count('"told":3') == 2, what="the memory")
    return process, config, port


def check_restart(notified, tmp_path, hook, watch, number):
    """A restart does not notify again, and sends the recovery."""
    process, config, port = notified
    ends(process, number)
    again, lines = watch(config)
    wait_until(lambda: sum("refused" in line for line in lines) > 0, what="the finding")
    with socket.create_server(("127.0.0.1", port)):
        wait_until(lambda: len(states(hook)) > 3, what="the recoveries")
    assert states(hook) == BOTH_NEW + [("resolved", "alert"), ("resolved", "service")]
    wait_until(lambda: '"told":' not in memory(tmp_path), what="the end of the memory")
    assert oct((tmp_path / "state" / "watch").stat().st_mode & 0o777) == "0o700"
