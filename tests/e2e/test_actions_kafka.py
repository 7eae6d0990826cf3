"""Actions on a real Kafka broker. The unit test of the actions creates its own topics and groups there; the consumer
of the new protocol is Kafka's."""

import os
import subprocess

import pytest

from kafka_topic import FAILED, OWN_GROUP, PER_PARTITION, new_protocol_group, own_topic
from keys import agree, close, configure, outcome, select
from sandbox import GROUP
from stacktop import BINARY, dashboard, stacktop
from witness import Audit

BESIDE = "others"
BROKER_TEST = BINARY.parent / "actions_test_kafka_broker"


def test_what_is_done_to_groups_and_topics(sandbox):
    sandbox.need("kafka")
    with new_protocol_group(sandbox, f"kip-848-{os.getpid()}") as group:
        run = subprocess.run([BROKER_TEST], capture_output=True, text=True, timeout=240, env={
            **os.environ, "STACKTOP_KAFKA": sandbox.bootstrap, "STACKTOP_KAFKA_NEW_GROUP": group})
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SKIPPED" not in run.stdout + run.stderr


@pytest.fixture
def topic(sandbox, tmp_path):
    with own_topic(sandbox, tmp_path) as topic:
        yield topic


def test_a_group_with_members_is_not_reset(sandbox, tmp_path):
    """The workload's group, and one that does not exist, which Kafka would create."""
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


def test_offsets_are_set_by_keys_and_come_back(topic):
    """The form, the choice of partitions, the table of old and new offsets, the verification, and undo."""
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
