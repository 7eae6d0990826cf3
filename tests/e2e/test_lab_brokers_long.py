"""The lab's Kafka: three brokers are one cluster, users have the rights that they should, and a broker
freezes, dies and comes back."""

import contextlib

import pytest

from lab import KAFKA
from sandbox import wait_until


def test_three_brokers_are_one_cluster(lab_kafka):
    def partitions():
        lines = lab_kafka.kafka_tool("topics", "--describe", "--topic", "transactions").splitlines()
        return [line for line in lines if "Leader:" in line]

    def balanced():
        return ({line.split("Leader: ")[1].split()[0] for line in partitions()} == {"1", "2", "3"}
                and all(len(line.split("Isr: ")[1].split()[0].split(",")) == 3 for line in partitions()))

    wait_until(balanced, 20)
    assert len(partitions()) == 12
    assert set(lab_kafka.coordinators().values()) == set(KAFKA)


def test_rights(lab_kafka):
    """By librdkafka, as each of the users: who may see what."""
    from stack import rdkafka

    passwords = lab_kafka.state["passwords"]

    def partitions(user):
        seen = 0
        with rdkafka.Reader(lab_kafka.brokers("sasl_port"), "lab-1", security_protocol="sasl_plaintext",
                            sasl_mechanism="PLAIN", sasl_username=user, sasl_password=passwords[user]) as reader:
            for topic, count in (("transactions", 12), ("customers", 6)):
                with contextlib.suppress(rdkafka.KafkaError):  # denied; for librdkafka also a time-out
                    seen += len(reader.offsets(topic, count, 1 if user == "kafka_none" else 10))
        return seen

    assert {user: partitions(user) for user in ("kafka_admin", "kafka_some", "kafka_none")} == {
        "kafka_admin": 18, "kafka_some": 12, "kafka_none": 0}


@pytest.mark.parametrize("how, back", [("freeze", "thaw"), ("kill", "start")])
def test_a_broker_goes_and_comes_back(lab_kafka, how, back):
    lab_kafka.ctl(how, "kafka-2")
    status = lab_kafka.run("ctl", "status", check=False).stdout
    assert ("frozen" if how == "freeze" else "stopped") in status
    lab_kafka.ctl(back, "kafka-2")
    assert lab_kafka.run("ctl", "status").stdout.count(" up ") == len(lab_kafka.state["parts"])
