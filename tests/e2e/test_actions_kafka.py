"""What stacktop does to Kafka, on a real broker. The unit test of the actions makes topics and groups
of its own there; a consumer of the new protocol is Kafka's own."""

import contextlib
import json
import os
import shlex
import subprocess
import sys

import pytest

from remedy import agree, close, configure, outcome, select
from sandbox import GROUP, ROOT, wait_until
from stacktop import BINARY, dashboard, stacktop
from witness import Audit

sys.path.insert(0, str(ROOT / "sandbox"))
from stack import rdkafka, rdkafka_admin  # noqa: E402

BROKER_TEST = BINARY.parent / "actions_test_kafka_broker"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


@contextlib.contextmanager
def new_protocol_group(sandbox, name):
    """A group with one member that talks KIP-848."""
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


def test_what_is_done_to_groups_and_topics(sandbox):
    sandbox.need("kafka")
    with new_protocol_group(sandbox, f"kip-848-{os.getpid()}") as group:
        run = subprocess.run([BROKER_TEST], capture_output=True, text=True, timeout=240, env={
            **os.environ, "STACKTOP_KAFKA": sandbox.bootstrap, "STACKTOP_KAFKA_NEW_GROUP": group})
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SKIPPED" not in run.stdout + run.stderr


# Through stacktop itself: a topic and a group of the test's own, asked about with Kafka's own tools.

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
            producer.flush(10)
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


@pytest.fixture
def topic(sandbox, tmp_path):
    sandbox.need("kafka")
    with sandbox.paused():
        topic = Topic(sandbox, tmp_path)
        yield topic
    sandbox.run("kafka-tool", "consumer-groups", "--delete", "--group", OWN_GROUP, check=False)
    sandbox.run("kafka-tool", "topics", "--delete", "--topic", topic.name, check=False)


def test_a_group_with_members_is_not_reset(sandbox, tmp_path):
    """The workload's own group; and one that does not exist, which Kafka would make."""
    sandbox.need("kafka")
    config = configure(sandbox, tmp_path)

    def no_plan(action, *words):
        run = stacktop("plan", "-c", config, f"kafka.{action}", "main", *words)
        assert run.status == FAILED, run
        return run.stderr

    assert "Stable" in no_plan("reset-offsets", GROUP, "to=latest", "transactions")
    assert "nobody-has-this" in no_plan("reset-offsets", "nobody-has-this", "to=latest", "transactions")
    assert "Stable" in no_plan("delete-group", GROUP)
    assert Audit(tmp_path / "state").records == []


def test_a_setting_partitions_and_messages(topic):
    topic.do("set-topic-config", topic.name, "name=max.message.bytes", "value=70000")
    result = topic.do("set-topic-config", topic.name, "name=retention.ms", "value=7200000")
    assert "max.message.bytes=70000" in topic.settings() and "retention.ms=7200000" in topic.settings()
    topic.do(*[word.removeprefix("kafka.") if index == 0 else word
               for index, word in enumerate(shlex.split(result["undo"])) if index != 1])
    assert "max.message.bytes=70000" in topic.settings() and "retention.ms=7200000" not in topic.settings()
    topic.do("add-partitions", topic.name, "count=5")
    assert "PartitionCount: 5" in topic.settings()
    topic.do("delete-records", f"{topic.name}/0", "before=3")
    starts = topic.sandbox.kafka_tool("org.apache.kafka.tools.GetOffsetShell", "--topic", topic.name, "--time", "-2")
    assert {f"{topic.name}:0:3", f"{topic.name}:1:0"} <= set(starts.split())


def test_what_a_group_has_committed_goes_and_the_group_too(topic):
    topic.do("delete-offsets", f"{OWN_GROUP}/{topic.name}")
    assert topic.committed() == {}
    topic.sandbox.kafka_tool("consumer-groups", "--group", OWN_GROUP, "--topic", topic.name, "--reset-offsets",
                             "--to-offset", "1", "--execute")
    topic.do("delete-group", OWN_GROUP)
    groups = topic.sandbox.kafka_tool("consumer-groups", "--list").split()
    assert OWN_GROUP not in groups and GROUP in groups


def test_offsets_are_set_by_keys_and_come_back(topic):
    """The form, the choice of partitions, the table of old and new, the proof; and u."""
    others = {place: values[0] for place, values in topic.sandbox.offsets(GROUP).items()}
    with dashboard(topic.config, columns=140, rows=44) as terminal:
        terminal.wait_for(OWN_GROUP, 20)
        select(terminal, 3, OWN_GROUP)
        terminal.press("O")
        terminal.wait_for("earliest, latest")
        terminal.press("latest", "Enter")
        terminal.press("Enter")
        terminal.wait_for("0 picked")
        terminal.settle()
        terminal.press("Home", "Space")
        terminal.wait_for("3 picked")
        terminal.press("Enter")
        agree(terminal, OWN_GROUP)
        assert "DONE" in outcome(terminal, 40)
        ends = {partition: values[1] for (name, partition), values in topic.sandbox.offsets(OWN_GROUP).items()
                if name == topic.name}
        assert topic.committed() == ends and sum(ends.values()) == 3 * PER_PARTITION
        terminal.press("u")
        agree(terminal, OWN_GROUP)
        terminal.wait_gone("[>Enter:")
        assert "DONE" in outcome(terminal, 40)
        close(terminal)
    assert topic.committed() == {0: 5, 1: 5, 2: 5}
    assert {place: values[0] for place, values in topic.sandbox.offsets(GROUP).items()} == others
    assert [record["result"] for record in topic.audit.outcomes] == ["done", "done"]
