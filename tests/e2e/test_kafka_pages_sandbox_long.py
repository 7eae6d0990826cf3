"""Pages of Kafka on the sandbox's broker: figures are those of Kafka's own tools while the workload is paused."""

import contextlib
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kafka_topic import CONSUMER, OWN_GROUP, new_protocol_group, own_topic, rdkafka
from kafka_transaction import open_transaction, transactions
from keys import configure, select
from sandbox import GROUP, wait_until
from stacktop import check, dashboard, stacktop

BESIDE = "others"
SHOWN, NOT_KNOWN = 0, 3


@pytest.fixture
def topic(sandbox, tmp_path):
    with own_topic(sandbox, tmp_path) as topic:
        yield topic


def show(config, page, *arguments, status=SHOWN):
    run = stacktop("show", "-c", config, f"kafka.{page}", "main", *arguments, "--json")
    assert run.status == status or status is None, run
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


def library(document):
    """The version of the librdkafka that stacktop uses, of a check of Kafka."""
    return tuple(map(int, document.summary("kafka", "cluster")["library"].split(".")[:3]))


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
    assert stacktop("show", "-c", config, "kafka.group", "main", GROUP).stdout.startswith(f"Group of main {GROUP} ")
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
    # a group that the sandbox's configuration does not watch: it stays when its member has gone
    config = configure(sandbox, tmp_path, **{'"ecap-*"': '"kip-848-*"'})
    with new_protocol_group(sandbox, f"kip-848-page-{os.getpid()}") as group:
        tables, document = show(config, "group", group, status=None)
        members = members_of(sandbox, group)
    if library(check(config, "--json").document) >= (2, 10):
        assert {key: (cells["host"], cells["client"], cells["partitions"]) for key, cells in tables["members"].items()} \
            == members
        return
    assert document["severity"] == "unknown"
    text = notes(document)
    assert "KIP-848" in text and f"--describe --members --group {group}" in text, text


def test_when_a_group_committed_last_and_who_is_idle(sandbox, topic):
    """Of three members one gets messages, and commits until it stops; the others only wait."""
    group, commits, first = f"ecap-idle-{os.getpid()}", threading.Event(), threading.Event()
    commits.set()

    def work(members, done):
        with rdkafka.Producer(sandbox.bootstrap) as producer:
            while not done.is_set():
                for _ in range(10):
                    producer.produce(topic.name, b"x", partition=0)
                producer.flush(5)
                for member in members:
                    member.consume(1000, 0.1)
                    if commits.is_set():
                        member.commit()
                        first.set()

    def is_ready():
        offsets = sandbox.offsets(group)
        return len(offsets) == 3 and all(committed is not None for committed, _, _ in offsets.values()) and \
            len(members_of(sandbox, group)) == 3

    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as pool:
        stack.callback(sandbox.run, "kafka-tool", "consumer-groups", "--delete", "--group", group, check=False)
        members = [stack.enter_context(rdkafka.Consumer(sandbox.bootstrap, group, [topic.name])) for _ in range(3)]
        done = threading.Event()
        working = pool.submit(work, members, done)
        try:
            assert first.wait(30)
            wait_until(is_ready, 60, what="three members with a partition each")
            shown = pool.submit(show, topic.config, "group", group, "--duration", "22s")
            time.sleep(8)  # the page sees it commit
            commits.clear()
            stopped = time.time()
            tables, _ = shown.result()
            ended = time.time()
        finally:
            done.set()
            working.result()
    lag = {number: tables["lag"][f"{group}/{topic.name}/{number}"] for number in range(3)}
    assert 4 < lag[0]["last_commit"] <= ended - stopped, (lag, ended - stopped)
    assert lag[1]["last_commit"] == lag[2]["last_commit"] == {"unknown": "no commit was seen since the page was opened"}
    assert {cells["assigned"]: cells.get("status") for cells in tables["members"].values()} == {
        f"{topic.name} 0": None, f"{topic.name} 1": "idle", f"{topic.name} 2": "idle"}
    [summary] = tables["group"].values()
    assert (summary["members"], summary["idle_members"], summary["unowned"]) == (3, 0, 0)


def test_topics_and_brokers_as_kafkas_tools_show_them(sandbox, topic):
    tables, _ = show(topic.config, "topics")
    brokers, document = show(topic.config, "brokers")
    described = sandbox.kafka_tool("topics", "--describe")
    expected = {(name, int(number)): (leader, replicas, isr) for name, number, leader, replicas, isr in re.findall(
        r"Topic: (\S+)\s+Partition: (\d+)\s+Leader: (\d+)\s+Replicas: (\S+)\s+Isr: (\S+)", described)}
    rows = {tuple(key.rsplit("/", 1)): cells for key, cells in tables["topics"].items() if "/" in key}
    assert {(name, int(number)): (cells["leader"], cells["replicas"].replace(", ", ","), cells["isr"].replace(", ", ","))
            for (name, number), cells in rows.items()} == expected
    assert tables["topics"][topic.name]["messages"] == sum(rows[topic.name, f"{n}"]["end"] for n in range(3))
    [broker] = brokers["brokers"].values()
    assert (broker["leaders"], broker["replicas"], broker["not_led"]) == (len(expected), len(expected), 0)
    assert "kafka-log-dirs.sh" in notes(document)


def test_a_topic_its_settings_and_its_groups(sandbox, topic):
    sandbox.kafka_tool("configs", "--alter", "--topic", topic.name, "--add-config", "retention.ms=3600000")
    tables, document = show(topic.config, "topic", topic.name)
    assert tables["settings"]["retention.ms"] == {"setting": "retention.ms", "value": "3600000", "source": "topic"}
    assert f"{OWN_GROUP}/{topic.name}/1" in tables["lag"] and GROUP not in tables["lag"]
    [summary] = tables["topic"].values()
    assert (summary["retention"], summary["groups"], summary["open_transactions"]) == (3600, 1, 0)
    assert "kafka-log-dirs.sh" in notes(document)


def test_a_peek_shows_any_bytes(sandbox, topic):
    """Escape sequences, bytes that are no text, JSON, a tombstone; and no group is touched."""
    values = [b"\x1b[31mred\x07\x00\xff", b'{"id":12345678901234567890,"l":[1,{}]}', b"line 1\nline 2", b"x" * 40000]
    with rdkafka.Producer(sandbox.bootstrap) as producer:
        for value in values:
            producer.produce(topic.name, value, key=b"\x1bkey", partition=2)
        assert producer.flush(20)
    tables, _ = show(topic.config, "peek", f"{topic.name}/2")
    rows = tables["messages"]
    newest = sorted((int(key) for key in rows if "/" not in key), reverse=True)
    cells = [rows[f"{offset}"] for offset in reversed(newest[:4])]
    assert cells[0]["value"] == "\\x1B[31mred\\x07\\x00\\xFF" and cells[0]["key_text"] == "\\x1Bkey"
    lines = [rows[f"{newest[2]}/{n}"]["value"] for n in range(1, 8)]
    assert lines == ["{", '  "id": 12345678901234567890,', '  "l": [', "    1,", "    {}", "  ]", "}"]
    assert [rows[f"{newest[1]}/{n}"]["value"] for n in (1, 2)] == ["line 1", "line 2"]
    assert cells[3]["size"] == 40000 and cells[3]["value"].endswith("... (cut)")
    assert topic.committed() == {0: 5, 1: 5, 2: 5}
    run = stacktop("show", "-c", topic.config, "kafka.peek", "main", f"{topic.name}/2")
    assert run.status == SHOWN and "\x1b" not in run.stdout
    run = stacktop("show", "-c", topic.config, "kafka.peek", "main", topic.name)
    assert "select a partition" in run.stdout + run.stderr


def read_lag(topic):
    """The row of partition 2 of the page of the group; None: a busy host did not answer in time, and the row says so."""
    tables, document = show(topic.config, "group", OWN_GROUP)
    cells = tables["lag"][f"{OWN_GROUP}/{topic.name}/2"]
    return None if "not read in time" in str(cells["next_age"]) else (cells, document)


def test_offsets_without_a_message_are_no_fault(sandbox, topic):
    """The end of a transaction is the last offset of a partition: nobody waits for a message there, or asks for a right."""
    first = sandbox.offsets(OWN_GROUP)[topic.name, 2][1]
    transactions(sandbox.bootstrap, topic.name, 2, 30)
    sandbox.kafka_tool("consumer-groups", "--group", OWN_GROUP, "--topic", f"{topic.name}:2", "--reset-offsets", "--to-offset",
                       first + 59, "--execute")
    tables, document = show(topic.config, "peek", f"{topic.name}/2")
    found = [int(key) for key in tables["messages"] if "/" not in key]
    assert found[:30] == list(range(first + 58, first - 1, -2)) and found[30:] == list(range(first - 1, -1, -1))[:20]
    assert "READ" not in notes(document)
    if len(found) < 50:
        assert f"{len(found)} messages at the newest {first + 60} offsets: " in notes(document)
    cells, document = wait_until(lambda: read_lag(topic), what="the partition to be read in time")
    assert (cells["lag"], cells["next_age"]) == (1, {"unknown": "no message: ends of transactions, or removed by compaction"})
    assert "READ" not in notes(document)


def test_large_messages_are_the_newest_ones(sandbox, topic):
    sandbox.kafka_tool("configs", "--alter", "--topic", topic.name, "--add-config", "max.message.bytes=2000000")
    end = sandbox.offsets(OWN_GROUP)[topic.name, 2][1] + 50
    with rdkafka.Producer(sandbox.bootstrap, message_max_bytes=2000000) as producer:
        for _ in range(50):
            producer.produce(topic.name, os.urandom(950000), partition=2)
        assert producer.flush(60)
    tables, document = show(topic.config, "peek", f"{topic.name}/2")
    assert [int(key) for key in tables["messages"] if "/" not in key] == list(range(end - 1, end - 51, -1)), notes(document)


def test_an_open_transaction_is_the_cause(sandbox, topic):
    """Readers of committed messages stand still: the page names the transaction, its age and the command that ends it."""
    transactions(sandbox.bootstrap, topic.name, 1, 4)
    end = sandbox.offsets(OWN_GROUP)[topic.name, 1][1]
    # all of it: a client commits the offset after its last message, and then come an aborted one and the ends of two
    sandbox.kafka_tool("consumer-groups", "--group", OWN_GROUP, "--topic", f"{topic.name}:1", "--reset-offsets", "--to-offset",
                       end - 3, "--execute")
    with open_transaction(sandbox.bootstrap, topic.name, 1, f"hung-{os.getpid()}"):
        began = time.time()
        with rdkafka.Producer(sandbox.bootstrap) as producer:
            for _ in range(7):
                producer.produce(topic.name, b"after it", partition=1)
            assert producer.flush(20)
        tables, document = show(topic.config, "transactions")
        cells = tables["transactions"][f"{topic.name}/1"]
        assert (cells["stable"], cells["end"], cells["held"]) == (end, end + 8, 8)
        assert cells["waiting"] == OWN_GROUP
        assert 0 <= cells["open_for"] < time.time() - began + 30
        assert f"abort --topic {topic.name} --partition 1 --start-offset {end}" in cells["abort"]
        one, _ = show(topic.config, "topic", topic.name)
        assert list(one["topic"].values())[0]["open_transactions"] == 1
        # who it is, as Kafka's tool names the one that stands at this offset
        assert cells["transactional_id"] == f"hung-{os.getpid()}"
        rows = [row.split() for row in sandbox.kafka_tool("transactions", "describe-producers", "--topic", topic.name,
                                                          "--partition", 1).splitlines()[1:]]
        assert cells["producer"] == next(row[0] for row in rows if row[-1] == str(end))
        assert "its producer:" not in notes(document)
    tables, _ = show(topic.config, "transactions")
    assert f"{topic.name}/1" not in tables["transactions"]


def test_what_is_being_written_is_no_transaction(sandbox, topic):
    """Messages that come in while the page reads both ends."""
    done = threading.Event()

    def write():
        with rdkafka.Producer(sandbox.bootstrap) as producer:
            while not done.wait(0.001):
                for partition in range(3):
                    producer.produce(topic.name, b"x", partition=partition)

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            for _ in range(5):
                tables, _ = show(topic.config, "transactions")
                assert not [key for key in tables["transactions"] if key.startswith(topic.name)], tables
        finally:
            done.set()
            writing.result()


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
            terminal.wait_for(re.compile(r"Group\] !! not available"), 20)
        finally:
            sandbox.ctl("thaw", "kafka")
        terminal.wait_for("Group]─", 30)
        sandbox.kafka_tool("consumer-groups", "--delete", "--group", OWN_GROUP)
        terminal.wait_for(f"there is no group {OWN_GROUP} now", 15)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
