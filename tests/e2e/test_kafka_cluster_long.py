"""What needs three brokers of the test's own, which leave leaders where they are: racks, the election of leaders, the move
of replicas, logins by SCRAM, and a broker that restarts. With a newer librdkafka (STACKTOP_BIN) the same tests show that
what Debian's cannot works."""

import json
import os
import re

import pytest

pytest.importorskip("lab")  # its fixtures

from lab import KAFKA, Lab  # noqa: E402
from sandbox import wait_until  # noqa: E402
from stacktop import OK, check, stacktop  # noqa: E402
from test_kafka_pages_sandbox_long import NOT_KNOWN, SHOWN, library, notes, show  # noqa: E402
from test_lab_kafka import watch  # noqa: E402

LABEL = "long"
DOWN, REFUSED = 2, 1
TOPIC = "customers"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    given = os.environ.get("STACKTOP_BROKERS")  # of a lab that runs with these properties
    lab = Lab(given or tmp_path_factory.mktemp("brokers"))
    os.environ["STACKTOP_SANDBOX_KAFKA"] = "auto.leader.rebalance.enable=false"
    try:
        lab.ensure("kafka")
        yield lab
    finally:
        del os.environ["STACKTOP_SANDBOX_KAFKA"]
        if not given:
            lab.down()


@pytest.fixture
def config(cluster, tmp_path):
    return watch(cluster, tmp_path)


def version(config):
    """Of the librdkafka that stacktop uses."""
    return library(check(config, "--json").document)


def leaders(cluster):
    """{(topic, partition): (leader, replicas)} by Kafka's tool."""
    return {(topic, int(number)): (leader, replicas) for topic, number, leader, replicas in
            re.findall(r"Topic: (\S+)\s+Partition: (\d+)\s+Leader: (\d+)\s+Replicas: (\S+)",
                       cluster.kafka_tool("topics", "--describe"))}


def not_led(found):
    """The partitions whose leader is not their first replica."""
    return {place for place, (leader, replicas) in found.items() if leader != replicas.split(",")[0]}


def move(cluster, folder, replicas, *options):
    """Assigns these replicas to partition 0, by Kafka's own command."""
    path = folder / "move.json"
    path.write_text(json.dumps({"version": 1, "partitions": [{"topic": TOPIC, "partition": 0, "replicas": replicas}]}))
    return cluster.kafka_tool("reassign-partitions", "--reassignment-json-file", path, *options)


def turned(cluster):
    """The replicas of partition 0, in an order that begins with one that does not lead."""
    leader, replicas = leaders(cluster)[TOPIC, 0]
    found = replicas.split(",")
    return [int(each) for each in found if each != leader] + [int(leader)]


def test_racks_and_log_dirs(cluster, config):
    tables, document = show(config, "brokers")
    assert {key: cells["rack"] for key, cells in tables["brokers"].items()} == {n: f"rack-{n}" for n in "123"}
    dirs = cluster.kafka_tool("log-dirs", "--describe")
    assert all(cells["log_dirs"] in dirs for cells in tables["brokers"].values())
    assert "kafka-log-dirs.sh" in notes(document)


def test_preferred_leaders_are_elected(cluster, config, tmp_path):
    move(cluster, tmp_path, turned(cluster), "--execute")
    before = wait_until(lambda: (TOPIC, 0) in not_led(found := leaders(cluster)) and found, 20, what="another preferred leader")
    tables, document = show(config, "brokers")
    assert sum(cells["not_led"] for cells in tables["brokers"].values()) == len(not_led(before))
    command = re.search(r"kafka-leader-election\.sh --bootstrap-server \S+ (.*?--all-topic-partitions)", notes(document))
    plan = stacktop("plan", "-c", config, "--json", "kafka.elect-leaders", "main", TOPIC)
    if version(config) < (2, 6):
        assert plan.status == REFUSED and "needs librdkafka 2.6" in plan.stderr
        assert command.group(1) in " ".join(plan.stderr.split())
        # only what is in sync is elected, and on a busy machine a broker may be fenced for a while
        wait_until(lambda: cluster.run("kafka-tool", "leader-election", *command.group(1).split(), check=False) and
                   not not_led(leaders(cluster)), 30, what="the preferred leaders")
    else:
        plan = json.loads(plan.stdout)
        mine = {place for place in not_led(before) if place[0] == TOPIC}
        run = stacktop("apply", plan["hash"], "-c", config, "--confirm", plan["phrase"])
        assert run.status == OK and f"leaders read again: {len(mine)} of {len(mine)} as planned" in run.stdout, run
        assert not_led(leaders(cluster)) == not_led(before) - mine  # those of other topics stay
    wait_until(lambda: sum(cells["not_led"] for cells in show(config, "brokers")[0]["brokers"].values())
               == len(not_led(leaders(cluster))), 20, what="the page to show it")


def test_replicas_are_moved_by_the_command_that_is_shown(cluster, config, tmp_path):
    """With its throttle; the page shows the replicas that are there, and which are not in sync yet."""
    tables, document = show(config, "topic", TOPIC)
    shown = re.search(r"kafka-reassign-partitions\.sh --bootstrap-server \S+ --reassignment-json-file FILE (.*?) \(bytes/s\),"
                      r" with (\{.*\})", notes(document))
    wanted = json.loads(shown.group(2))
    assert wanted["partitions"][0]["replicas"] == [int(n) for n in tables["topics"][f"{TOPIC}/0"]["replicas"].split(",")]
    two = wanted["partitions"][0]["replicas"][:2]
    move(cluster, tmp_path, two, *shown.group(1).split())
    moved = wait_until(lambda: show(config, "topic", TOPIC)[0]["topics"][f"{TOPIC}/0"]["replicas"] == "{}, {}".format(*two), 30,
                       what="two replicas")
    assert moved and "completed" in move(cluster, tmp_path, two, "--verify")
    move(cluster, tmp_path, [*two, ({1, 2, 3} - set(two)).pop()], "--execute")


def test_scram_works_or_is_explained(cluster, tmp_path):
    cluster.kafka_tool("configs", "--alter", "--entity-type", "users", "--entity-name", "kafka_scram", "--add-config",
                       "SCRAM-SHA-256=[password=of-the-test]")
    (tmp_path / "plain").mkdir()
    config = watch(cluster, tmp_path, "sasl_port", properties={
        "security.protocol": "sasl_plaintext", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "kafka_scram",
        "sasl.password": "of-the-test"})
    run = check(config, "--json")
    text = "\n".join(sentence for _, sentence in run.document.findings)
    if version(watch(cluster, tmp_path / "plain")) < (2, 6, 1):
        assert "login failed: SCRAM to Kafka 4 needs librdkafka 2.6.1 (this is " in text, text
    else:
        assert "needs DESCRIBE on the groups" in text and "login failed" not in text, text
    assert "of-the-test" not in run.stdout + run.stderr


@pytest.mark.parametrize("action, back", [("freeze", "thaw"), ("stop", "start")])
def test_no_name_is_wrong_while_a_coordinator_moves(cluster, config, action, back):
    """For a moment no broker lists the groups of one that is gone, without an error: that is no proof of a wrong name."""
    groups = cluster.coordinators()
    for part in KAFKA[1:]:
        mine = [group for group, broker in groups.items() if broker == part]
        cluster.ctl(action, part)
        try:
            for group in (mine or ["lab-1"]) * 4:
                run = stacktop("show", "-c", config, "kafka.group", "main", group, timeout=25)
                assert run.status in (SHOWN, DOWN, NOT_KNOWN), run
        finally:
            cluster.ctl(back, part)
        groups = wait_until(lambda: len(cluster.coordinators()) >= 6 and cluster.coordinators(), 60, what="all coordinators")
    run = stacktop("show", "-c", config, "kafka.group", "main", "lab-none")
    assert run.status == 64 and 'no row of lag is named "lab-none"' in run.stderr
