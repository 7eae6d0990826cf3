"""Scenes that end by a few keys (scenes_fixed.py): those that take longer."""

import re

import pytest

import keys
from scenes_fixed import LONG, fix, press
from stacktop import dashboard

BESIDE = "others"


@pytest.mark.parametrize("scene", LONG)
def test_a_scene_is_fixed(calm, tmp_path, scene):
    fix(calm, tmp_path, scene)


def test_a_hung_transaction_is_ended_by_the_command_that_is_shown(calm, tmp_path):
    """No key to its cause: the finding names it. The page has Kafka's own command, because librdkafka cannot end it."""
    calm.need("kafka")
    with dashboard(keys.configure(calm, tmp_path), columns=240, rows=40) as terminal:
        terminal.wait_for("all ok", 20)
        calm.scene("hung-transaction")
        terminal.wait_for(re.compile(r"held back for \S+ on transactions/0 by a transaction of ecap-billing open for .*; producer \d+"), 25)
        press(terminal, ("3",))
        keys.open_page(terminal, "Transactions")
        terminal.wait_for(re.compile("transactions 0 .*ecap-consumer-group"), 15)
        command = re.search(r"kafka-transactions\.sh --bootstrap-server \S+ (abort .*--start-offset \d+)", terminal.screen.text)
        calm.kafka_tool("transactions", *command.group(1).split())
        press(terminal, ("Esc",))
        terminal.wait_for("all ok", 25)
