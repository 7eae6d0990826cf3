"""A private Kafka: the real broker, one node that is its own controller (KRaft)."""

import base64
import os
import subprocess
import uuid

from . import clients, jars, rdkafka
from .part import Part, environment, mark
from .state import HOST, Failure

WEEK_MS = 604800000
OPTIONS = {"retention.ms": WEEK_MS, "retention.bytes": 32 << 20, "segment.bytes": 8 << 20}
TOPICS = {name: (partitions, OPTIONS) for name, partitions in clients.TOPICS.items()}
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)


class Kafka(Part):
    name = "kafka"
    stop_seconds = 10

    @property
    def settings(self):
        return self.folder / "server.properties"

    @property
    def data(self):
        return self.folder / "data"

    def prepare(self):
        jars.java()
        self.jars = jars.get(self.state.folder / "log/maven.log", {**os.environ, **mark(self.state)})
        self.settings.write_text(self.properties())
        if not (self.data / "meta.properties").exists():
            self.format()

    def properties(self):
        controller = self.facts["controller_port"]
        return "".join(f"{key}={value}\n" for key, value in {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.data,
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 300,  # the members come at once
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            # After a crash the broker's old registration has to lapse before it may come back.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
        }.items())

    def format(self):
        """Makes the storage, by the broker's own tool."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            jars.command(self.jars, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}",  # it may begin with "-"
                         "--config", str(self.settings),
                         options=LOGGING),
            cwd=self.folder, env=environment(self.state), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        self.log.write_text(done.stdout)
        if done.returncode:
            raise Failure(f"Kafka's storage could not be formatted: {self.log_end()}")

    def command(self):
        return jars.command(self.jars, "kafka.Kafka", str(self.settings), heap="-Xmx512m", options=LOGGING)

    def answers(self):
        """A topic of ours is there, or can be made: broker and controller work."""
        super().answers()
        rdkafka.create_topics(clients.bootstrap(self.state), TOPICS, 3)
        return True
