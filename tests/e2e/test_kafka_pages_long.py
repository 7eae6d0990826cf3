"""Pages of Kafka on three brokers: which of them is missing or frozen, and what a user without rights sees."""

import pytest

pytest.importorskip("lab")  # its fixtures

from sandbox import wait_until  # noqa: E402
from stacktop import stacktop  # noqa: E402
from test_kafka_pages_sandbox_long import NOT_KNOWN, SHOWN, notes, show  # noqa: E402
from test_lab_kafka import login, watch  # noqa: E402

LABEL = "long"
DOWN = 2


def test_a_stopped_broker_and_its_partitions_are_named(lab_kafka, tmp_path):
    config = watch(lab_kafka, tmp_path)
    wait_until(lab_kafka.is_settled, 60, what="the preferred leaders")
    lab_kafka.ctl("stop", "kafka-2")

    def brokers():
        tables, document = show(config, "brokers", status=None)
        return tables if tables["brokers"]["2"].get("status") == "offline" else None

    tables = wait_until(brokers, 30, what="broker 2 to be offline")
    described = lab_kafka.kafka_tool("topics", "--describe", "--under-replicated-partitions")
    assert len(tables["topics"]) == described.count("Partition: ")
    assert tables["topics"]["transactions/1"]["status"] == "out of sync"
    assert set(tables["topics"]["transactions/1"]["isr"].split(", ")) == {"1", "3"}
    tables, document = show(config, "brokers", status=None)
    assert tables["brokers"]["2"]["not_led"] == tables["brokers"]["2"]["preferred"] > 0
    assert "kafka-leader-election.sh" in notes(document) and "--election-type preferred" in notes(document)


def test_a_frozen_broker_is_named_before_the_cluster_knows(lab_kafka, tmp_path):
    """For some seconds it is in the metadata, leads partitions, and answers nothing."""
    config = watch(lab_kafka, tmp_path)
    wait_until(lab_kafka.is_settled, 60, what="the preferred leaders")
    lab_kafka.ctl("freeze", "kafka-3")
    tables, _ = show(config, "brokers", status=None)
    assert {id: cells.get("status") for id, cells in tables["brokers"].items()} == {"1": None, "2": None, "3": "no answer"}
    lab_kafka.ctl("thaw", "kafka-3")
    tables, _ = show(config, "brokers", status=None)
    assert tables["brokers"]["3"].get("status") != "no answer"


@pytest.mark.parametrize("page", [("group", "lab-1"), ("topics",), ("topic", "transactions"), ("transactions",),
                                  ("brokers",)])
def test_a_frozen_broker_delays_no_page_beyond_its_deadline(lab_kafka, tmp_path, page):
    config = watch(lab_kafka, tmp_path)
    lab_kafka.ctl("freeze", "kafka-3")
    run = stacktop("show", "-c", config, f"kafka.{page[0]}", "main", *page[1:], timeout=25)
    assert run.status in (SHOWN, DOWN, NOT_KNOWN) and "restarting" not in run.stdout + run.stderr, run


def test_what_a_user_without_rights_is_told(lab_kafka, tmp_path):
    some = watch(lab_kafka, tmp_path, "sasl_port", **login(lab_kafka, "kafka_some"))
    tables, document = show(some, "group", "lab-1")
    assert "needs READ on the topic" in notes(document)
    assert tables["lag"]["lab-1/transactions/0"]["lag"] == 50
    assert tables["lag"]["lab-1/transactions/0"]["next_age"] == {"unknown": "needs READ on the topic"}
    run = stacktop("show", "-c", some, "kafka.peek", "main", "transactions/0")
    assert run.status == NOT_KNOWN and "needs READ on the topic" in run.stdout
    _, document = show(some, "topic", "transactions", status=NOT_KNOWN)
    assert "needs DESCRIBE_CONFIGS on the topic" in notes(document)
    (tmp_path / "none").mkdir()
    none = watch(lab_kafka, tmp_path / "none", "sasl_port", **login(lab_kafka, "kafka_none"))
    for page in ("topics", "brokers", "transactions"):
        _, document = show(none, page, status=NOT_KNOWN)
        assert "no topic is visible" in notes(document)
