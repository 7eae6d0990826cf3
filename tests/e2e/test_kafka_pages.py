"""Pages of Kafka on the sandbox's broker: figures are those of Kafka's own tools while the workload is paused."""

import os
import re
import time

import pytest

from kafka_topic import CONSUMER, OWN_GROUP, new_protocol_group, own_topic
from keys import configure, select
from sandbox import GROUP
from stacktop import dashboard, stacktop

BESIDE = "others"
SHOWN, NOT_KNOWN = 0, 3


@pytest.fixture
def topic(sandbox, tmp_path):
    with own_topic(sandbox, tmp_path) as topic:
        yield topic


def show(config, page, *arguments, status=SHOWN):
    run = stacktop("show", "-c", config, f"kafka.{page}", "main", *arguments, "--json")
    assert run.status == status, run
    document = run.json["target"]
    return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in document["tables"]}, document


def notes(document):
    return " ".join(note["text"] for note in document.get("notes", []))


def timestamp(sandbox, topic, partition, offset):
    """Of one message, in milliseconds, as Kafka's consumer prints it."""
    text = sandbox.kafka_tool(CONSUMER, "--topic", topic, "--partition", partition, "--offset", offset, "--max-messages",
                              1, "--timeout-ms", 10000, "--property", "print.timestamp=true")
    return int(re.search(r"CreateTime:(\d+)", text).group(1))


def members_of(sandbox, group):
    """{consumer id: (host, client id, partitions)} by Kafka's tool."""
    text = sandbox.kafka_tool("consumer-groups", "--describe", "--group", group, "--members")
    rows = (line.split() for line in text.splitlines() if line.startswith(group))
    return {row[1]: (row[2].lstrip("/"), row[3], int(row[4])) for row in rows}


def test_a_group_as_kafkas_tools_show_it(sandbox, tmp_path):
    sandbox.need("kafka", "streaming")
    config = configure(sandbox, tmp_path)
    with sandbox.paused():
        tables, _ = show(config, "group", GROUP)
        offsets = sandbox.offsets()
        members = members_of(sandbox, GROUP)
        state = sandbox.kafka_tool("consumer-groups", "--describe", "--group", GROUP, "--state")
    for (name, partition), (committed, end, lag) in offsets.items():
        cells = tables["lag"][f"{GROUP}/{name}/{partition}"]
        shown = [None if isinstance(cells[id], dict) else cells.get(id) for id in ("committed", "end", "lag")]
        assert shown == [committed, end, lag] or committed is None, (name, partition, cells)
    assert {key: (cells["host"], cells["client"], cells["partitions"]) for key, cells in tables["members"].items()} \
        == members
    [group] = tables["group"].values()
    assert (group["members"], group["state"]) == (len(members), "Stable")
    coordinator, _, assignor = re.search(rf"^{GROUP} +(\S+:\d+) +\((\d+)\) +(\S+)", state, re.M).groups()
    assert coordinator in group["coordinator"] and group["assignor"] == assignor
    assert group["idle_members"] == sum(count == 0 for _, _, count in members.values())
    assert group["unowned"] == 0


def test_the_next_message_and_when_it_is_lost(sandbox, topic):
    """By its timestamp and the topic's retention, and without a trace on the broker."""
    tables, _ = show(topic.config, "group", OWN_GROUP)
    age = time.time() - timestamp(sandbox, topic.name, 1, 5) / 1000
    cells = tables["lag"][f"{OWN_GROUP}/{topic.name}/1"]
    assert age - 60 < cells["next_age"] <= age
    assert cells["next_age"] + cells["loss_in"] == pytest.approx(7 * 86400, abs=0.1)
    [group] = tables["group"].values()
    assert group["next_age"] >= cells["next_age"] and group["loss_in"] <= cells["loss_in"]
    assert (group["unowned"], group["members"]) == (3, 0)
    groups = set(sandbox.kafka_tool("consumer-groups", "--list").split())
    assert "stacktop" not in groups and topic.committed() == {0: 5, 1: 5, 2: 5}


def test_a_group_of_the_new_protocol_is_explained(sandbox, tmp_path):
    sandbox.need("kafka")
    config = configure(sandbox, tmp_path)
    with new_protocol_group(sandbox, f"kip-848-page-{os.getpid()}") as group:
        _, document = show(config, "group", group, status=NOT_KNOWN)
    text = notes(document)
    assert "KIP-848" in text and f"--describe --members --group {group}" in text, text


def test_a_page_of_a_frozen_broker_and_of_a_group_that_goes(sandbox, topic):
    """The page says that its data is old, leaving it waits for nothing, and it comes back."""
    with dashboard(topic.config, columns=160, rows=40) as terminal:
        terminal.wait_for(OWN_GROUP, 20)
        select(terminal, next(n for n in "123456789" if f"{n} Kafka" in terminal.screen.text), OWN_GROUP)
        terminal.press("v", "Enter")
        terminal.wait_for("without owner 3")
        sandbox.ctl("freeze", "kafka")
        try:
            terminal.press("Ctrl-R")
            terminal.wait_for("Group] not available", 20)
        finally:
            sandbox.ctl("thaw", "kafka")
        terminal.wait_for("Group] ok", 30)
        sandbox.kafka_tool("consumer-groups", "--delete", "--group", OWN_GROUP)
        terminal.wait_for(f"there is no group {OWN_GROUP} now", 15)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
