"""Actions on Kafka through stacktop that test_actions_kafka.py leaves to the unit test on the broker."""

import os
import shlex
import subprocess

import pytest

from kafka_topic import OWN_GROUP, own_topic
from sandbox import GROUP
from stacktop import BINARY


@pytest.fixture
def topic(sandbox, tmp_path):
    with own_topic(sandbox, tmp_path) as topic:
        yield topic


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


def test_committed_offsets_and_the_group_are_deleted(topic):
    topic.do("delete-offsets", f"{OWN_GROUP}/{topic.name}")
    assert topic.committed() == {}
    topic.sandbox.kafka_tool("consumer-groups", "--group", OWN_GROUP, "--topic", topic.name, "--reset-offsets",
                             "--to-offset", "1", "--execute")
    topic.do("delete-group", OWN_GROUP)
    groups = topic.sandbox.kafka_tool("consumer-groups", "--list").split()
    assert OWN_GROUP not in groups and GROUP in groups


def test_failures_at_each_step(sandbox):
    """Each step dropped; each verification of something not done, or on another cluster."""
    sandbox.need("kafka")
    run = subprocess.run([BINARY.parent / "actions_test_kafka_broker"], capture_output=True, text=True, timeout=240,
                         env={**os.environ, "STACKTOP_KAFKA": sandbox.bootstrap, "STACKTOP_KAFKA_LONG": "1"})
    assert run.returncode == 0, run.stdout + run.stderr
