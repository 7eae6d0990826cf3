"""A broker of Kafka and workers of Kafka Connect of the test's own."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import versions  # noqa: F401 (it makes the sandbox importable)
from sandbox import wait_until
from stack import jars
from stack.part import Absent
from stack.state import ROOT
from stacktop import closed_port

START_SECONDS = 180
SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"


class Connect:
    def __init__(self, folder, workers=1):
        try:
            self.kafka = jars.get(folder / "maven.log")
            self.jars = jars.get(folder / "maven.log", pom=ROOT / "sandbox/connect/pom.xml", what="Kafka Connect's jars",
                                 size="33 MB")
        except Absent as reason:
            pytest.skip(str(reason))
        self.folder, self.processes = folder, {}
        self.broker, self.controller = closed_port(), closed_port()
        self.ports = [closed_port() for _ in range(workers)]
        self.url = f"http://127.0.0.1:{self.ports[0]}"

    def run(self, name, packages, main, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            return subprocess.Popen(jars.command(packages, main, *arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd=self.folder)

    def start_broker(self):
        path = self.folder / "broker.properties"
        path.write_text("\n".join([
            "process.roles=broker,controller", "node.id=1", f"controller.quorum.voters=1@127.0.0.1:{self.controller}",
            f"listeners=PLAINTEXT://127.0.0.1:{self.broker},CONTROLLER://127.0.0.1:{self.controller}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.broker}", "controller.listener.names=CONTROLLER",
            f"log.dirs={self.folder}/data", "offsets.topic.replication.factor=1", "offsets.topic.num.partitions=1",
            "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "group.initial.rebalance.delay.ms=0", ""]))
        assert self.run("format", self.kafka, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c",
                        str(path)).wait(60) == 0
        self.processes["broker"] = self.run("broker", self.kafka, "kafka.Kafka", str(path))

    def start_worker(self, index):
        path = self.folder / f"worker{index}.properties"
        path.write_text("\n".join([
            f"bootstrap.servers=127.0.0.1:{self.broker}", "group.id=test", f"listeners=http://127.0.0.1:{self.ports[index]}",
            "rest.advertised.host.name=127.0.0.1", f"rest.advertised.port={self.ports[index]}",
            "key.converter=org.apache.kafka.connect.storage.StringConverter",
            "value.converter=org.apache.kafka.connect.storage.StringConverter", "config.storage.topic=configs",
            "offset.storage.topic=offsets", "status.storage.topic=status", "config.storage.replication.factor=1",
            "offset.storage.replication.factor=1", "status.storage.replication.factor=1", "offset.storage.partitions=1",
            "status.storage.partitions=1", "scheduled.rebalance.max.delay.ms=0", ""]))
        self.processes[index] = self.run(f"worker{index}", self.jars, "org.apache.kafka.connect.cli.ConnectDistributed", str(path))

    def request(self, path, method="GET", body=None):
        request = urllib.request.Request(f"{self.url}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except (OSError, urllib.error.HTTPError):
            return None
        return json.loads(text) if text else {}

    def put(self, name, **config):
        """As config, with _ for . in names; repeated while the workers rebalance."""
        body = {key.replace("_", "."): value for key, value in config.items()}
        wait_until(lambda: self.request(f"/connectors/{urllib.parse.quote(name, safe='')}/config", "PUT", body), 60,
                   f"the connector {name}")

    def states(self, name):
        """Of the connector and its tasks."""
        status = self.request(f"/connectors/{urllib.parse.quote(name, safe='')}/status") or {"connector": {"state": None}, "tasks": []}
        return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

    def wait_for(self, name, *states):
        wait_until(lambda: self.states(name) == list(states), 90, f"{name} being {states}")

    def __enter__(self):
        self.start_broker()
        for index in range(len(self.ports)):
            self.start_worker(index)
        wait_until(lambda: self.request("/connectors") is not None, START_SECONDS, "Kafka Connect")
        return self

    def end(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self.end(name)
