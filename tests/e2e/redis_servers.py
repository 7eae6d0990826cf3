"""Redis servers of a test, each with its own folder and port."""

import os
import shutil
import signal
import subprocess

import pytest
import redis

from sandbox import wait_until
from stacktop import CRIT, check, closed_port, write_config

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")

class Server:
    """program: another binary than the system's, with its environment variables."""

    def __init__(self, folder, *options, port=None, program=(SERVER,), variables=()):
        self.program, self.variables = program, dict(variables)
        self.port = port or closed_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir(exist_ok=True)
        self.options = options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder), *self.options],
            stdout=subprocess.DEVNULL, env={**os.environ, **self.variables})
        self.client = redis.Redis(port=self.port, decode_responses=True, socket_timeout=20)
        wait_until(self.answers, what="the server to answer")

    def answers(self):
        try:
            return self.client.ping()
        except redis.AuthenticationError:
            return True
        except redis.ConnectionError:
            return False

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(tmp_path):
    """serve(option, ...): starts one; all are ended after the test."""
    if not SERVER:
        pytest.skip("redis-server is not installed")
    servers = []

    def begin(*options):
        servers.append(Server(tmp_path, *options))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


def configure(folder, *servers, **more):
    targets = [{"name": f"cache{index or ''}", "url": f"redis://127.0.0.1:{server.port}", **more}
               for index, server in enumerate(servers)]
    return write_config(folder, redis=targets, interval="500ms", hosts=[], state=str(folder / "state"))


def findings(config, status=CRIT, **options):
    run = check(config, "--json", **options)
    assert run.status == status, run
    return [sentence for _, sentence in run.document.findings]
