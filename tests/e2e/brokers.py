"""Three Kafka brokers that are their own controllers (KRaft), each the coordinator of some groups; any
of them can be frozen, thawed, killed and started again."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))

from stack import jars, rdkafka, rdkafka_admin  # noqa: E402

HOST = "127.0.0.1"
NODES = (1, 2, 3)
TOPIC = "orders"
RECORDS, BACKLOG = 600, 60
GROUPS = [f"group-{index}" for index in range(12)]
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=error",)


def free_ports(count):
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Brokers:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.jars = jars.get(self.folder / "maven.log")
        ports = free_ports(6)
        self.ports = dict(zip(NODES, ports[:3]))
        self.controllers = dict(zip(NODES, ports[3:]))
        self.processes = {}
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for node in NODES:
            self._prepare(node, cluster)

    @property
    def bootstrap(self):
        return ",".join(f"{HOST}:{port}" for port in self.ports.values())

    def _settings(self, node):
        return self.folder / f"broker-{node}.properties"

    def _prepare(self, node, cluster):
        voters = ",".join(f"{each}@{HOST}:{port}" for each, port in self.controllers.items())
        self._settings(node).write_text("".join(f"{key}={value}\n" for key, value in {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://{HOST}:{self.ports[node]},CONTROLLER://{HOST}:{self.controllers[node]}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.ports[node]}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.folder / f"data-{node}",
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": 6,
            "offsets.topic.replication.factor": 3,
            "min.insync.replicas": 1,
            "transaction.state.log.num.partitions": 3,
            "group.initial.rebalance.delay.ms": 0,
            "num.network.threads": 2,
            "num.io.threads": 3,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "controller.quorum.election.timeout.ms": 500,
            "controller.quorum.fetch.timeout.ms": 1500,
        }.items()))
        done = subprocess.run(
            jars.command(self.jars, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}",
                         "--config", str(self._settings(node)), options=LOGGING),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, done.stdout

    def start(self, node):
        with open(self.folder / f"broker-{node}.log", "a") as log:
            self.processes[node] = subprocess.Popen(
                jars.command(self.jars, "kafka.Kafka", str(self._settings(node)), heap="-Xmx256m",
                             options=LOGGING),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def freeze(self, node):
        self.processes[node].send_signal(signal.SIGSTOP)

    def thaw(self, node):
        self.processes[node].send_signal(signal.SIGCONT)

    def kill(self, node):
        self.processes[node].kill()
        self.processes[node].wait()

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self):
        """A topic with some records, and groups that have committed in it."""
        wait_until(lambda: self._create() or True, 60)
        with rdkafka.Producer(self.bootstrap) as producer:
            for number in range(RECORDS):
                producer.produce(TOPIC, b"x" * 20, str(number).encode())
            assert producer.flush(20)
        threads = [threading.Thread(target=self._commit, args=(group,)) for group in GROUPS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with rdkafka.Producer(self.bootstrap) as producer:  # what they have not read
            for number in range(BACKLOG):
                producer.produce(TOPIC, b"x" * 20, str(number).encode())
            assert producer.flush(20)

    def _create(self):
        rdkafka_admin.create_topics(self.bootstrap, {TOPIC: (6, {})}, 5, replicas=3)

    def _commit(self, group):
        consumer = rdkafka.Consumer(self.bootstrap, group, [TOPIC])
        try:
            taken, end = 0, time.monotonic() + 30
            while taken < RECORDS and time.monotonic() < end:
                taken += consumer.consume(RECORDS - taken, 0.5)
            consumer.commit()
        finally:
            consumer.close()


def wait_until(true, seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except rdkafka.KafkaError:
            pass
        assert time.monotonic() < end, "the state that was waited for did not come"
        time.sleep(0.2)
