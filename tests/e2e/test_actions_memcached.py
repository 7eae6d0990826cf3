"""Actions on Memcached through the real binary, on the test's own server: the effect on the server, a neighbour that
does not change, and both audit lines."""

import re
import shutil
import socket
import subprocess

import pytest

from headless import FAILED, apply, plan
from keys import agree, outcome
from sandbox import wait_until
from stacktop import closed_port, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"
SERVER = shutil.which("memcached")


class Server:
    def __init__(self):
        self.port = closed_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen([SERVER, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", "8",
                                         "-u", "nobody"])
        wait_until(self.answers, what="the server to answer")

    def answers(self):
        try:
            return self.say("version")
        except OSError:
            return False

    def say(self, command):
        """The first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.makefile().readline().strip()

    def store(self, key, value="abc"):
        assert self.say(f"set {key} 0 0 {len(value)}\r\n{value}") == "STORED"

    def has(self, key):
        return self.say(f"mg {key}") == "HD"

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server():
    if not SERVER:
        pytest.skip("memcached is not installed")
    server = Server()
    server.store("user:1")
    server.store("user:2")
    yield server
    server.end()


@pytest.fixture
def config(server, tmp_path):
    return write_config(tmp_path, memcached=[{"name": "cache", "address": f"127.0.0.1:{server.port}"}], interval="500ms",
                        hosts=[], environment="staging", state=str(tmp_path / "state"))




def test_one_key_is_deleted_on_the_screen(server, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("items")
        terminal.press("1", "D")
        terminal.wait_for(re.compile(r"key +_"))
        terminal.press(*"user:1", "Enter")
        terminal.wait_for("Delete user:1 of cache")
        terminal.wait_for(lambda screen: re.search(r"md user:1 C\d+", screen.text) and "pid" in screen.text)
        agree(terminal, "user:1")
        assert "a read of the key misses" in outcome(terminal)
    assert not server.has("user:1") and server.has("user:2")
    audit = Audit(tmp_path / "state")
    assert audit.intents[-1]["action"] == "memcached.delete-key" and audit.outcomes[-1]["result"] == "done"


def test_a_newer_value_is_not_deleted(server, config):
    planned = plan(config, "memcached.delete-key", "cache", "key=user:1")
    server.store("user:1", "newer")
    text = apply(config, planned, FAILED)
    assert "another value was stored meanwhile" in text and server.has("user:1")


def test_everything_is_flushed(server, config, tmp_path):
    planned = plan(config, "memcached.flush-all", "cache")
    assert planned["phrase"] == "staging 2"
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", "y")
    assert run.status == FAILED and server.has("user:1") and Audit(tmp_path / "state").records == []
    apply(config, planned)
    assert not server.has("user:1") and not server.has("user:2")


def test_a_restarted_server_is_not_flushed(server, config):
    planned = plan(config, "memcached.flush-all", "cache")
    server.end()
    server.start()
    server.store("user:3")
    text = apply(config, planned, FAILED)
    assert "another server answers" in text and server.has("user:3")
