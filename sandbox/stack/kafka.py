"""A private Kafka: the real broker. Each node is a controller too (KRaft)."""

import base64
import os
import subprocess
import uuid

from . import clients, jars, rdkafka_admin
from .part import Part, environment, mark
from .state import HOST, Failure

WEEK_MS = 604800000
OPTIONS = {"retention.ms": WEEK_MS, "retention.bytes": 32 << 20, "segment.bytes": 8 << 20}
TOPICS = {name: (partitions, OPTIONS) for name, partitions in clients.TOPICS.items()}
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)


class Kafka(Part):
    name = "kafka"
    ports = ("port", "controller_port")
    optional = True
    stop_seconds = 10
    heap = "-Xmx512m"
    internal_partitions = 4

    def __init__(self, state, name=None, group=None, brokers=None):
        super().__init__(state, name, group)
        self.brokers = brokers or [self.name]  # names of all nodes of the cluster

    @property
    def id(self):
        return self.brokers.index(self.name) + 1

    @property
    def settings(self):
        return self.folder / "server.properties"

    @property
    def data(self):
        return self.folder / "data"

    def prepare(self):
        jars.java()
        self.jars = jars.get(self.state.folder / "log/maven.log", {**os.environ, **mark(self.state)})
        self.settings.write_text("".join(f"{key}={value}\n" for key, value in {**self.properties(), **asked()}.items()))
        if not (self.data / "meta.properties").exists():
            self.format()

    def listeners(self):
        """{name: port} of the listeners for clients; the first is also for the brokers."""
        return {"PLAINTEXT": self.port}

    def properties(self):
        controller = self.facts["controller_port"]
        listeners = [f"{name}://{HOST}:{port}" for name, port in self.listeners().items()]
        replicas = len(self.brokers)
        return {
            "process.roles": "broker,controller",
            "node.id": self.id,
            "controller.quorum.voters": ",".join(
                f"{number}@{HOST}:{self.state.part(name)['controller_port']}"
                for number, name in enumerate(self.brokers, 1)),
            "listeners": ",".join([*listeners, f"CONTROLLER://{HOST}:{controller}"]),
            "advertised.listeners": ",".join(listeners),
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.data,
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": self.internal_partitions,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 300,  # no wait for further members
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            # After a crash the broker's old registration has to expire before it may return.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
        }

    def format(self):
        """Formats the storage with the broker's tool."""
        cluster = self.state.keep(self.group + "-cluster", lambda kept: kept or new_id())
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
        return jars.command(self.jars, "kafka.Kafka", str(self.settings), heap=self.heap, options=LOGGING)

    def answers(self):
        """A test topic exists or can be created: broker and controller work."""
        super().answers()
        rdkafka_admin.create_topics(f"{HOST}:{self.port}", TOPICS, 3)
        return True


def asked():
    """Properties of brokers that a test asks for: $STACKTOP_SANDBOX_KAFKA, as in "a=1 b=2"."""
    return dict(pair.split("=", 1) for pair in os.environ.get("STACKTOP_SANDBOX_KAFKA", "").split())


def new_id():
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
