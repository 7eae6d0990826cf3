"""A Docker engine of the test's own: dockerd as root, with its own folders and socket, in a mount namespace that takes
all its mounts away with it. Its containers run a static busybox and have no network,
unless they ask for the host's.

    with running() as engine:                      # skips, with the reason, where that is not possible
        engine.run("api", "sleep", "1000", labels={...})
"""

import contextlib
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
from pathlib import Path

import pytest

from sandbox import wait_until

IMAGE = "bb:1"
APPLETS = ("sh", "sleep", "cat", "kill", "true", "false", "dd", "head", "tail", "echo", "printf", "test", "touch", "rm", "date", "ls",
           "httpd", "mkdir")
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def _busybox():
    for place in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(place) and b"/ld-" not in Path(place).read_bytes()[:4096]:
            return Path(place).read_bytes()
    return None


def _image():
    """A tar file with busybox and its applets."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for folder in ("bin", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        program, entry = _busybox(), tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
        for name in APPLETS:
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return data.getvalue()


class Engine:
    TITLE, PROGRAM, PACKAGE = "Docker", "dockerd", "docker.io"
    image = IMAGE  # as it names it

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="stacktop-docker-"))
        self.socket = self.folder / "s"
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", *self.command()],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.variables()})

    def command(self):
        return ["dockerd", "--storage-driver=vfs", "--iptables=false", "--ip6tables=false", "--bridge=none",
                "--data-root", self.folder / "data", "--exec-root", self.folder / "exec", "-H", f"unix://{self.socket}",
                "--pidfile", self.folder / "pid"]

    def variables(self):
        return {}

    def wait(self):
        wait_until(lambda: self.process.poll() is not None or self.answers(), 30, what="the engine to answer")
        return self.process.poll() is None

    def answers(self):
        try:
            return self.call("GET", "/_ping", decode=False)
        except OSError:
            return None

    def call(self, method, path, body=None, kind="application/json", decode=True):
        """The answer as Python's objects; fails on a status that is not 2xx or 304."""
        connection = _Connection(self.socket)
        try:
            data = json.dumps(body).encode() if kind == "application/json" and body is not None else body
            connection.request(method, path, data, {"Content-Type": kind} if body is not None else {})
            response = connection.getresponse()
            text = response.read()
            assert response.status < 300 or response.status == 304, f"{method} {path}: {response.status} {text.decode()}"
            return json.loads(text) if decode and text else text
        finally:
            connection.close()

    def import_image(self):
        self.call("POST", f"/images/create?fromSrc=-&repo={IMAGE}", _image(), "application/x-tar", False)

    def create(self, name, *command, labels=None, memory=0, policy="no", retries=0, health=None, network="none",
               driver=None, **config):
        """Its id. health: a command of a shell, asked every second; one failure is enough."""
        body = {"Image": IMAGE, "Cmd": list(command), "Labels": labels or {}, **config,
                "HostConfig": {"NetworkMode": network, "Memory": memory,
                               "RestartPolicy": {"Name": policy, "MaximumRetryCount": retries}}}
        if driver:
            body["HostConfig"]["LogConfig"] = {"Type": driver}
        if health:
            body["Healthcheck"] = {"Test": ["CMD-SHELL", health], "Interval": 10 ** 9, "Retries": 1}
        return self.call("POST", f"/containers/create?name={name}", body)["Id"]

    def run(self, name, *command, **options):
        identity = self.create(name, *(command or ("sleep", "1000")), **options)
        self.call("POST", f"/containers/{identity}/start", decode=False)
        return identity

    def do(self, name, what):
        self.call("POST", f"/containers/{name}/{what}", decode=False)

    def inspect(self, name):
        return self.call("GET", f"/containers/{name}/json")

    def state(self, name):
        return self.inspect(name)["State"]

    def stats(self, name):
        return self.call("GET", f"/containers/{name}/stats?stream=false&one-shot=true")

    def remove(self, name):
        self.call("DELETE", f"/containers/{name}?force=true", decode=False)

    def clear(self):
        for container in self.call("GET", "/containers/json?all=true"):
            with contextlib.suppress(AssertionError):  # it has gone meanwhile
                self.remove(container["Id"])

    def target(self, name="engine", **options):
        return {"name": name, "endpoint": f"unix://{self.socket}", **options}

    def tidy(self):
        """Its process has ended."""

    def end(self):
        if self.process.poll() is None:
            with contextlib.suppress(OSError, AssertionError):
                self.clear()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.tidy()
        left = [line for line in Path("/proc/self/mounts").read_text().splitlines() if f" {self.folder}/" in line]
        shutil.rmtree(self.folder)
        assert left == []


def _why_not(kind):
    if os.geteuid() != 0:
        return f"an engine of the test's own ({kind.TITLE}) needs root"
    for program, package in ((kind.PROGRAM, kind.PACKAGE), ("unshare", "util-linux")):
        if not shutil.which(program):
            return f"{package} is not installed"
    return None if _busybox() else "busybox-static is not installed"


@contextlib.contextmanager
def running(kind=Engine):
    why = _why_not(kind)
    if why:
        pytest.skip(why)
    engine = kind()
    try:
        if not engine.wait():
            last = engine.log.read_text(errors="replace").strip().splitlines()[-1:]
            pytest.skip(f"no {kind.TITLE} engine starts here: {' '.join(last)[:200]}")
        engine.import_image()
        try:
            engine.run("probe", "true")
            engine.remove("probe")
        except AssertionError as error:
            pytest.skip(f"no container starts here: {str(error)[:200]}")
        yield engine
    finally:
        engine.end()


@pytest.fixture(scope="module")
def shared_engine():
    """One engine for all tests of a file."""
    with running() as engine:
        yield engine


@pytest.fixture
def engine(shared_engine):
    """An engine without containers."""
    shared_engine.clear()
    yield shared_engine


class Relay:
    """Passes requests on to the engine on a socket of its own, until one matches `cut`. That one is passed on as well when
    `passes` is set, but its answer is not; then the engine is gone for all others (or, with `hangs`, says nothing)."""

    def __init__(self, engine, cut, passes=True, hangs=False):
        self.engine, self.cut, self.passes, self.hangs = engine, re.compile(cut), passes, hangs
        self.path = engine.folder / "relay"
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(64)
        self.gone = threading.Event()
        self.requests = []
        self.sockets = []
        threading.Thread(target=self._accept, daemon=True).start()

    def target(self, name="engine", **options):
        return {"name": name, "endpoint": f"unix://{self.path}", **options}

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        """Requests of stacktop have no body, and come one after the other."""
        with contextlib.suppress(OSError), client:
            while data := client.recv(65536):
                line = data.split(b"\r\n")[0].decode()
                self.requests.append(line)
                if self.gone.is_set() and self.hangs:
                    continue
                if self.cut.search(line):
                    self._go(data)
                    if self.hangs:
                        continue
                    return
                with socket.socket(socket.AF_UNIX) as server:
                    server.connect(str(self.engine.socket))
                    server.sendall(data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                    answer = b""
                    while part := server.recv(65536):
                        answer += part
                    client.sendall(answer)
                    return

    def _go(self, data):
        self.gone.set()
        if not self.hangs:
            self.path.unlink()
            self.listener.shutdown(socket.SHUT_RDWR)
        if self.passes:
            server = socket.socket(socket.AF_UNIX)  # stays open: the engine would stop working on it
            self.sockets.append(server)
            server.connect(str(self.engine.socket))
            server.sendall(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in (self.listener, *self.sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self.path.unlink(missing_ok=True)
