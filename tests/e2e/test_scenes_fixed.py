"""Scenes that are fixed from the overview, by the keys that the menu names: how many it takes is part of the test."""

import pytest

import keys
from stacktop import dashboard

BESIDE = "others"


@pytest.mark.parametrize("scene, sign, press, phrase", [
    # The cursor stands in the first pane, on its worst row.
    ("api-down", "api refused", "B", "y"),
    ("api-slow", "api latency", "R", "api"),
    ("cert-expiring", "gateway cert 2d", "R", "gateway"),
    # The consumers are healthy as a service; the Kafka pane says that they read nothing, or too little.
    ("stuck-consumer", "stuck for", "jjR", "streaming"),
    ("lag", "ecap-consumer-group lag", "jjR", "streaming"),
])
def test_a_service_is_fixed_with_few_keys_and_the_phrase(calm, tmp_path, scene, sign, press, phrase):
    if phrase == "streaming":
        calm.need("kafka")
    config = keys.configure(calm, tmp_path)
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok", 20)
        calm.scene(scene)
        terminal.wait_for(sign, 25)
        for key in press:
            terminal.press(key)
        keys.agree(terminal, phrase)
        assert "healthy after" in keys.outcome(terminal)
        keys.close(terminal)
        terminal.wait_for("all ok", 25)
