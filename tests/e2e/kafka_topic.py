"""A topic and a group of the test on the sandbox's broker, changed through stacktop and checked with Kafka's tools."""

import contextlib
import json
import os
import subprocess
import sys

from keys import configure
from sandbox import ROOT, wait_until
from stacktop import stacktop
from witness import Audit

sys.path.insert(0, str(ROOT / "sandbox"))
from stack import rdkafka, rdkafka_admin  # noqa: E402

CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
DONE, FAILED = 0, 1
OWN_GROUP = "ecap-test-group"
PER_PARTITION = 20


class Topic:
    """Three partitions with messages, and an Empty group that has read the first five of each."""

    def __init__(self, sandbox, folder):
        self.sandbox, self.name = sandbox, f"test-{os.getpid()}-{folder.name[-12:]}".replace("_", "-")
        self.config = configure(sandbox, folder)
        self.audit = Audit(folder / "state")
        rdkafka_admin.create_topics(sandbox.bootstrap, {self.name: (3, {})}, 10)
        with rdkafka.Producer(sandbox.bootstrap) as producer:
            for number in range(3 * PER_PARTITION):
                producer.produce(self.name, b"x%d" % number, key=b"%d" % number)
            assert producer.flush(20)
        sandbox.kafka_tool("consumer-groups", "--group", OWN_GROUP, "--topic", self.name, "--reset-offsets",
                           "--to-offset", "5", "--execute")

    def committed(self):
        return {partition: values[0] for (topic, partition), values in self.sandbox.offsets(OWN_GROUP).items()
                if topic == self.name}

    def plan(self, action, *words):
        run = stacktop("plan", "-c", self.config, "--json", f"kafka.{action}", "main", *words)
        assert run.status == DONE, run
        return json.loads(run.stdout)

    def do(self, action, *words):
        plan = self.plan(action, *words)
        run = stacktop("apply", plan["hash"], "-c", self.config, "--confirm", plan["phrase"])
        assert run.status == DONE, run
        intent, result = self.audit.intents[-1], self.audit.outcomes[-1]
        assert intent["id"] == result["id"] and intent["action"] == f"kafka.{action}" and result["result"] == "done"
        return result

    def settings(self):
        return self.sandbox.kafka_tool("topics", "--describe", "--topic", self.name).splitlines()[0]


@contextlib.contextmanager
def own_topic(sandbox, folder):
    sandbox.need("kafka")
    with sandbox.paused():
        topic = Topic(sandbox, folder)
        yield topic
    sandbox.run("kafka-tool", "consumer-groups", "--delete", "--group", OWN_GROUP, check=False)
    sandbox.run("kafka-tool", "topics", "--delete", "--topic", topic.name, check=False)


@contextlib.contextmanager
def new_protocol_group(sandbox, name):
    """A group with one member that uses KIP-848."""
    process = subprocess.Popen(
        [ROOT / "sandbox/kafka-tool", "--state", sandbox.folder, CONSUMER, "--topic", "transactions",
         "--group", name, "--consumer-property", "group.protocol=consumer"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "Stable" in sandbox.run("kafka-tool", "consumer-groups", "--describe", "--state",
                                                   "--group", name, check=False).stdout,
                   60, f"{name} is stable")
        yield name
    finally:
        process.kill()
        process.wait()
