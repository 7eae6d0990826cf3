"""An ensemble of ZooKeeper of the test's own."""

import socket
import subprocess

import pytest

import versions  # noqa: F401 (it makes the sandbox importable)
from sandbox import wait_until
from stack import jars
from stack.part import Absent
from stack.state import ROOT
from stacktop import closed_port

START_SECONDS = 90
MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"


def ask(port, word):
    """The answer; "" without one."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            connection.sendall(word.encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError:
        return ""


class Ensemble:
    """words: what 4lw.commands.whitelist allows, by server."""

    def __init__(self, folder, words=("*", "*", "*")):
        try:
            self.jars = jars.get(folder / "maven.log", pom=ROOT / "sandbox/zookeeper/pom.xml", what="ZooKeeper's jars", size="13 MB")
        except Absent as reason:
            pytest.skip(str(reason))
        self.folder, self.words, self.processes = folder, words, {}
        self.ports = [closed_port() for _ in words]
        self.peers = [(closed_port(), closed_port()) for _ in words]

    def start(self, index):
        place = self.folder / f"zk{index}"
        place.mkdir(exist_ok=True)
        (place / "myid").write_text(str(index + 1))
        servers = [f"server.{i + 1}=127.0.0.1:{peer}:{election}" for i, (peer, election) in enumerate(self.peers)]
        (self.folder / f"zk{index}.cfg").write_text("\n".join([
            "tickTime=300", "initLimit=20", "syncLimit=10", f"dataDir={place}", f"clientPort={self.ports[index]}",
            "clientPortAddress=127.0.0.1", "admin.enableServer=false", f"4lw.commands.whitelist={self.words[index]}",
            *(servers if len(self.words) > 1 else []), ""]))
        with open(self.folder / f"zk{index}.log", "ab") as log:
            self.processes[index] = subprocess.Popen(
                jars.command(self.jars, MAIN, str(self.folder / f"zk{index}.cfg"), heap="-Xmx96m"), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=place)

    def end(self, index):
        process = self.processes.pop(index, None)
        if process:
            process.kill()
            process.wait()

    def mode(self, index):
        answer = ask(self.ports[index], "srvr")
        return answer.partition("Mode: ")[2].partition("\n")[0]

    def leader(self):
        return next(i for i in range(len(self.words)) if self.mode(i) == "leader")

    def __enter__(self):
        for index in range(len(self.words)):
            self.start(index)
        wait_until(lambda: all(self.mode(index) for index in range(len(self.words))), START_SECONDS, "the ensemble")
        return self

    def __exit__(self, *_):
        for index in list(self.processes):
            self.end(index)

    def targets(self):
        return [{"name": f"zk{index + 1}", "address": f"127.0.0.1:{port}", "timeout": "15s"} for index, port in enumerate(self.ports)]
