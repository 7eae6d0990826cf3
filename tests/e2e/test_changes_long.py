"""What changed in Kafka: topics and groups that appear, change and are gone, and settings, on the sandbox's broker."""

import os
import re

from kafka_topic import rdkafka_admin
from stacktop import dashboard, write_config

BESIDE = "others"


def test_topics_and_groups(sandbox, tmp_path):
    """A topic that is created, gets more partitions, and is deleted; a group that is new."""
    sandbox.need("kafka")
    name, group = f"changes-{os.getpid()}", f"changes-group-{os.getpid()}"
    main = {"name": "main", "bootstrap": sandbox.bootstrap}
    with dashboard(write_config(tmp_path, kafka=[main], hosts=[], interval="1s"), columns=160, rows=36) as terminal:
        terminal.wait_for("1/1 targets", 20)
        terminal.press("2", "Enter")
        rdkafka_admin.create_topics(sandbox.bootstrap, {name: (2, {})}, 10)
        try:
            terminal.wait_for(f"topic {name} appeared", 20)
            sandbox.kafka_tool("topics", "--alter", "--topic", name, "--partitions", "5")
            terminal.wait_for(f"topic {name} changed: 2 partitions -> 5 partitions", 20)
            sandbox.kafka_tool("consumer-groups", "--group", group, "--topic", name, "--reset-offsets", "--to-earliest",
                               "--execute")
            terminal.wait_for(f"group {group} appeared", 20)
        finally:
            sandbox.run("kafka-tool", "consumer-groups", "--delete", "--group", group, check=False)
            sandbox.kafka_tool("topics", "--delete", "--topic", name)
        terminal.wait_for(f"topic {name} is gone", 20)


def test_settings_of_topics_and_brokers(sandbox, tmp_path):
    """Within the interval that `changes` sets: before and after, what is set anew, and what is reset."""
    sandbox.need("kafka")
    name = f"settings-{os.getpid()}"
    main = {"name": "main", "bootstrap": sandbox.bootstrap, "changes": "1s", "groups": ["ecap-*"]}
    rdkafka_admin.create_topics(sandbox.bootstrap, {name: (1, {"retention.ms": 3600000})}, 10)
    alter = ("configs", "--alter", "--entity-type")
    everywhere = (*alter, "brokers", "--entity-default")
    with dashboard(write_config(tmp_path, kafka=[main], hosts=[], interval="1s"), columns=160, rows=36) as terminal:
        terminal.wait_for("1/1 targets", 20)
        terminal.press("2", "Enter")
        try:
            sandbox.kafka_tool(*alter, "topics", "--entity-name", name, "--add-config", "retention.ms=60000")
            terminal.wait_for(f"settings of topic {name} changed: retention.ms: 3600000 -> 60000", 20)
            sandbox.kafka_tool(*alter, "topics", "--entity-name", name, "--add-config", "cleanup.policy=compact")
            terminal.wait_for(f"settings of topic {name} changed: + cleanup.policy compact", 20)
            sandbox.kafka_tool(*everywhere, "--add-config", "log.cleaner.threads=2")
            terminal.wait_for(re.compile(r"settings of broker \d+ changed: \+ log.cleaner.threads 2"), 20)
        finally:
            sandbox.kafka_tool(*everywhere, "--delete-config", "log.cleaner.threads")
            sandbox.kafka_tool("topics", "--delete", "--topic", name)
        terminal.wait_for(re.compile(r"settings of broker \d+ changed: - log.cleaner.threads 2"), 30)
