"""File systems that are mounted and unmounted while stacktop watches, in a mount namespace of the test."""

import contextlib
import os
import subprocess

import pytest

from overview import Overview
from stacktop import BINARY, CRIT, OK, Document, write_config
from terminal import PATIENCE, Terminal, environment

BESIDE = "others"
QUIET = {"host.load": "off", "host.memory": "off", "disk.inodes": "off", "disk.full_in": "off", "disk.used": {"warn": 0.95, "crit": 0.97}}


class Namespace:
    """A process in its own mount namespace, whose mounts no other process sees."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                        "echo ready; exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            pytest.skip(f"no mount namespace here: {self.holder.stderr.read().strip()}")

    def enter(self, *command):
        return ["nsenter", "--mount", f"--target={self.holder.pid}", "--", *map(str, command)]

    def run(self, *command):
        subprocess.run(self.enter(*command), check=True, timeout=10)

    def check(self, config):
        return subprocess.run(self.enter(BINARY, "check", "--json", "-c", config), capture_output=True, text=True,
                              timeout=20 * PATIENCE, env=environment("dumb"), check=False)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(5)


@pytest.fixture
def namespace():
    if os.geteuid() != 0:
        pytest.skip("mounts need root")
    with contextlib.closing(Namespace()) as made:
        yield made


def config_of(folder, *mounts):
    host = {"name": "local", **({"mounts": [str(mount) for mount in mounts]} if mounts else {})}
    return write_config(folder, interval="1s", hosts=[host], thresholds=QUIET)


def test_an_unmounted_disk_is_not_the_one_around_it(namespace, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    namespace.run("mount", "-t", "tmpfs", "-o", "size=1m", "data", data)
    config = config_of(tmp_path, data)
    with Terminal(namespace.enter(BINARY, "-c", config)) as terminal:
        o = Overview(terminal)
        o.wait(lambda o: "all ok" in o.verdict)
        namespace.run("umount", data)
        o.wait(lambda o: "CRIT" in o.verdict and "not mounted" in o.terminal.screen.text, 5)
        namespace.run("mount", "-t", "tmpfs", "-o", "size=1m", "data", data)
        o.wait(lambda o: "all ok" in o.verdict, 5)


def test_a_full_tmpfs_is_found_by_default(namespace, tmp_path):
    shared = tmp_path / "shm"
    shared.mkdir()
    namespace.run("mount", "-t", "tmpfs", "-o", "size=1m", "shm", shared)
    config = config_of(tmp_path)
    done = namespace.check(config)
    assert done.returncode == OK, done.stdout + done.stderr
    assert str(shared) not in Document(done.stdout).rows("host", "disks")
    namespace.run("dd", "if=/dev/zero", f"of={shared}/full", "bs=1k", "count=1000", "status=none")
    done = namespace.check(config)
    assert done.returncode == CRIT, done.stdout + done.stderr
    assert any(str(shared) in text for _, text in Document(done.stdout).findings)
