"""Three brokers: what stacktop makes of silent ones, of rights that are missing, and which of them an action
is for. Each check is a cold client."""

import json
import re
import subprocess

import pytest

pytest.importorskip("lab")  # its fixtures

from kafka_family import look as look_at  # noqa: E402
from sandbox import wait_until  # noqa: E402
from stacktop import BINARY, CRIT, OK, UNKNOWN, WARN, check, dashboard, stacktop, write_config  # noqa: E402

LABEL = "long"
GROUPS = {f"lab-{number}" for number in range(1, 7)}
DONE = 0


def watch(lab, folder, listener="port", **more):
    target = {"name": "main", "bootstrap": lab.brokers(listener), "groups": ["lab-*"], **more}
    return write_config(folder, kafka=[target], hosts=[], state=str(folder / "state"))


def login(lab, user):
    return {"properties": {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN",
                           "sasl.username": user, "sasl.password": lab.state["passwords"][user]}}


def look(config):
    run = check(config, "--json")
    return run, run.document.summary("kafka", "cluster"), run.document


def sentences(document):
    return "\n".join(sentence for _, sentence in document.findings)


def test_every_check_sees_every_group(lab_kafka, tmp_path):
    """librdkafka learns the ids of some bootstrap addresses later, and asks only the brokers that it knows."""
    config = watch(lab_kafka, tmp_path)
    # While a coordinator moves there is a moment in which no broker lists its groups, without an error. A dashboard
    # remembers them; a first check cannot.
    wait_until(lab_kafka.is_settled, 60, what="the preferred leaders")
    wait_until(lambda: look(config)[1].get("groups") == len(GROUPS), 30, what="the coordinators to have read their groups")
    for _ in range(40):
        run, cluster, document = look(config)
        assert run.status == OK, run
        assert cluster["groups"] == len(GROUPS) and GROUPS <= set(document.rows("kafka", "lag"))
        assert "unknown" in cluster["controller"]  # under KRaft brokers name any of them


def test_a_frozen_coordinator_is_named(lab_kafka, tmp_path):
    config = watch(lab_kafka, tmp_path)
    frozen = lab_kafka.coordinator("lab-1")
    number = frozen[-1]
    lab_kafka.ctl("freeze", frozen)
    run, cluster, document = look(config)
    assert run.status == UNKNOWN, run
    assert f"2 of 3 brokers answered: broker {number}" in sentences(document)
    assert "unknown" in cluster["groups"]
    for row in document.rows("kafka", "lag").values():
        assert row["lag"] != 0 or row["counted"] is None
    lab_kafka.ctl("thaw", frozen)


def test_without_rights_nothing_is_zero(lab_kafka, tmp_path):
    config = watch(lab_kafka, tmp_path, "sasl_port", **login(lab_kafka, "kafka_none"))
    run, cluster, document = look(config)
    assert run.status == UNKNOWN, run
    assert "needs DESCRIBE on the groups and on their topics" in sentences(document)
    assert all("unknown" in cluster[column] for column in ("lag", "groups", "topics", "partitions", "offline"))


def test_rights_on_some_of_the_topics(lab_kafka, tmp_path):
    """Brokers leave out what the user may not see; with `topics` configured, the visible ones are all that count."""
    rights = login(lab_kafka, "kafka_some")
    run, _, document = look(watch(lab_kafka, tmp_path, "sasl_port", **rights))
    assert run.status == UNKNOWN, run
    assert "the lag counts 12 partitions, others may be hidden" in sentences(document)
    run, _, _ = look(watch(lab_kafka, tmp_path, "sasl_port", topics=["transactions"], **rights))
    assert run.status == OK, run


def test_commits_on_some_partitions(lab_kafka, tmp_path):
    from stack import rdkafka

    group = "some-partitions"
    with rdkafka.Reader(lab_kafka.brokers(), group) as reader:
        reader.offsets("customers", 6)
        reader.commit("customers", [50])
    config = watch(lab_kafka, tmp_path, groups=[group])
    run, cluster, document = look(config)
    assert run.status == WARN, run
    assert f"main {group}: lag at least 50, 1 of 6 partitions" in sentences(document)
    assert cluster["counted"] == "1 of 6 partitions"
    table = next(table for table in document.target("kafka")["tables"] if table["id"] == "lag")
    assert "lag" in table["rows"][0]["at_least"] and table["rows"][0]["cells"]["lag"] == 50
    assert re.search(rf"{group} .* 50\+", check(config).stdout)
    assert document.rows("kafka", "lag")[group]["status"] == "1 of 6"


def test_a_partition_without_a_leader_is_no_part_of_the_lag(lab_kafka, tmp_path):
    """Its only replica is on a stopped broker: the lag of the others is a lower bound, with their number."""
    from stack import rdkafka, rdkafka_admin

    group, topic = "leaderless", "one-replica"
    rdkafka_admin.create_topics(lab_kafka.brokers(), {topic: (3, {})}, 10)
    with rdkafka.Producer(lab_kafka.brokers()) as producer:
        for partition in range(3):
            for _ in range(4):
                producer.produce(topic, b"x", partition=partition)
        assert producer.flush(20)
    with rdkafka.Reader(lab_kafka.brokers(), group) as reader:
        wait_until(lambda: len(reader.offsets(topic, 3)) == 3, 10)
        reader.commit(topic, [1, 1, 1])
    config = watch(lab_kafka, tmp_path, groups=[group])
    run, cluster, _ = look(config)
    assert run.status == OK and cluster["lag"] == 9, run
    gone = f"kafka-{leaders(lab_kafka, topic)[0]}"
    lab_kafka.ctl("kill", gone)
    wait_until(lambda: "none" in leaders(lab_kafka, topic), 20)
    run, cluster, document = look(config)
    assert run.status in (WARN, CRIT), run
    assert cluster["offline"] == 1 and cluster["counted"] == "2 of 3 partitions"
    assert f"main {group}: lag at least 6, 2 of 3 partitions" in sentences(document)
    row = document.rows("kafka", "lag")[group]
    assert row["status"] == "2 of 3" and row["lag"] == 6
    assert re.search(rf"{group} .* 6\+", check(config).stdout)
    lab_kafka.ctl("start", gone)
    wait_until(lambda: "none" not in leaders(lab_kafka, topic), 20)
    run, cluster, _ = look(config)
    assert run.status == OK and cluster["lag"] == 9, run
    lab_kafka.kafka_tool("topics", "--delete", "--topic", topic)


def leaders(lab, topic):
    """Of each partition: "1", or "none"."""
    return re.findall(r"Leader: (\S+)", lab.kafka_tool("topics", "--describe", "--topic", topic))


def test_a_limit_is_named_and_no_broker_blamed(lab_kafka, tmp_path):
    """With too few descriptors for all three brokers, or too little memory for their threads, the brokers that could
    not be asked looked silent."""
    config = watch(lab_kafka, tmp_path)
    wait_until(lambda: look(config)[0].status == OK, 30, what="the leaders to be back where they were")
    limits = [f"--nofile={number}" for number in range(15, 20)] + [f"--as={mib << 20}" for mib in (40, 60, 80)]
    named = 0
    for limit in limits:
        run = subprocess.run(["prlimit", limit, BINARY, "check", "-c", config], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        line = run.stdout.splitlines()[0]
        assert "does not answer" not in run.stdout, (limit, run.stdout)
        if run.returncode != OK:
            assert "ulimit" in line, (limit, run.stdout)
            named += run.returncode == UNKNOWN
    assert named >= 2


def test_actions_reach_the_group_whoever_coordinates_it(lab_kafka, tmp_path):
    """The identity is the cluster's id, not the broker that answered."""
    from stack import rdkafka

    config = watch(lab_kafka, tmp_path)
    wait_until(lambda: look(config)[0].status == OK, 30, what="the leaders to be back where they were")
    names = {}
    for number in range(40):
        name = f"to-delete-{number}"
        names.setdefault(coordinator_number(name), name)
    groups = list(names.values())
    for group in groups:
        with rdkafka.Reader(lab_kafka.brokers(), group) as reader:
            reader.offsets("customers", 6)
            reader.commit("customers", [1, 2, 3, 4, 5, 6])
    config = watch(lab_kafka, tmp_path, groups=["to-delete-*"])
    for group in groups:
        run = stacktop("plan", "-c", config, "--json", "kafka.delete-group", "main", group)
        assert run.status == DONE, run
        plan = json.loads(run.stdout)
        run = stacktop("apply", plan["hash"], "-c", config, "--confirm", plan["phrase"])
        assert run.status == DONE, run
    listed = lab_kafka.kafka_tool("consumer-groups", "--list").split()
    assert not set(groups) & set(listed)


def coordinator_number(group, partitions=12):
    """The partition of __consumer_offsets of a group, computed like Kafka does: Java's hash of its name."""
    value = 0
    for letter in group:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return (value & 0x7FFFFFFF) % partitions % 3


def test_the_dashboard_follows_groups_that_move(lab_kafka, tmp_path):
    """librdkafka keeps the coordinator of a group for as long as it is asked: a broker that was away for a while
    used to leave its groups unknown, and only a new client saw them."""
    target = {"name": "main", "bootstrap": lab_kafka.brokers(), "groups": ["lab-*"], "interval": "1s"}
    config = write_config(tmp_path, kafka=[target], hosts=[], state=str(tmp_path / "state"))

    def full(screen):
        title = screen.line("Kafka lag") or ""
        return (re.search(r"lag 5,400\b", title) and "stale" not in title and "down" not in title
                and "UNKNOWN" not in screen.line("stacktop "))

    def loses_some(screen):
        return re.search(r"\bgroups [1-5]\b", screen.text)

    with dashboard(config) as terminal:
        terminal.wait_for(full, 30)
        lab_kafka.ctl("kill", "kafka-2")
        look_at(terminal, lambda screen: False, 20)  # so long that its groups move, and the cluster fences it
        assert full(terminal.screen), terminal.show()
        lab_kafka.ctl("start", "kafka-2")
        assert not look_at(terminal, loses_some, 15), terminal.show()  # its groups move back to it
        assert look_at(terminal, full, 30), terminal.show()
        assert not look_at(terminal, lambda screen: not full(screen), 5), terminal.show()
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
