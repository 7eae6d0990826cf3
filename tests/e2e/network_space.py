"""A network namespace of the test's own: its sockets, interfaces and settings are those of the test."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap

import pytest


class Space:
    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep 600"],
                                       stdout=subprocess.PIPE, text=True)
        self.ready = self.holder.stdout.readline() == "ready\n"
        self.path = f"/proc/{self.holder.pid}/ns/net"

    def close(self):
        self.holder.kill()
        self.holder.wait()

    def inside(self, *argv):
        """argv, in the namespace."""
        return ["nsenter", f"--net={self.path}", *map(str, argv)]

    def run(self, *argv):
        return subprocess.run(self.inside(*argv), capture_output=True, text=True, check=True, timeout=60).stdout

    @contextlib.contextmanager
    def python(self, code):
        """Runs code in the namespace until it prints "ready", and ends it afterwards. It may read lines from stdin: tell(line)."""
        code = "import socket, sys, time\n" + textwrap.dedent(code) + "\nprint('ready', flush=True)\nsys.stdin.read()\n"
        process = subprocess.Popen(self.inside(sys.executable, "-c", code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def space():
    for tool in ("unshare", "nsenter", "ip", "ss", "nstat"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    own = Space()
    if not own.ready:
        own.close()
        pytest.skip("this machine allows no network namespace")
    yield own
    own.close()
