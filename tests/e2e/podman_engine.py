"""Podman's service of the test's own: the API of a Docker engine, so the tests and fixtures are those of docker_engine.py, with
storage, state and socket of its own. Tests that it cannot pass, and why, are in docs/field-notes.md.

    from podman_engine import engine, shared_engine    # skips, with the reason, where Podman cannot run
"""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from docker_engine import IMAGE, Engine, engine, running  # noqa: F401 (a fixture, of the shared_engine below)
from sandbox import wait_until


class Podman(Engine):
    TITLE, PROGRAM, PACKAGE = "Podman", "podman", "podman"
    image = f"docker.io/library/{IMAGE}"

    def command(self):
        # without limits of its own it asks for more open files than a container of ours may have
        (self.folder / "containers.conf").write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n')
        return ["podman", "--root", self.folder / "data", "--runroot", self.folder / "run", "--tmpdir", self.folder / "tmp",
                "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                "system", "service", "--time=0", f"unix://{self.socket}"]

    def variables(self):
        return {"TMPDIR": str(self.folder), "CONTAINERS_CONF": str(self.folder / "containers.conf")}

    def state(self, name):
        """A timer of systemd's runs its health checks; where there is none, this does."""
        state = self.inspect(name)["State"]
        if state["Status"] != "running" or not state["Health"]["Status"]:
            return state
        self.call("GET", f"/v4.0.0/libpod/containers/{name}/healthcheck")
        return self.inspect(name)["State"]

    def _left(self):
        """What runs on without the service: the conmon of each container, and what it starts at its end."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.fsencode(self.folder) + b"/" in (process / "cmdline").read_bytes():
                    found.append(int(process.name))
        return found

    def tidy(self):
        try:
            wait_until(lambda: not self._left(), 10, what="the end of what Podman has started")
        except AssertionError:
            for process in self._left():
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            wait_until(lambda: not self._left(), 10, what="the end of what Podman has started")


@pytest.fixture(scope="module")
def shared_engine():
    with running(Podman) as podman:
        yield podman
