"""Scenes that are fixed from the overview, by the keys that the menu names: how many it takes is part of the test."""

import pytest

import keys
from stacktop import dashboard

BESIDE = "others"


@pytest.mark.parametrize("scene, sign, key, phrase", [
    ("api-down", "api refused", "B", "y"),
    ("api-slow", "api latency", "R", "api"),
])
def test_a_service_is_fixed_with_one_key_and_the_phrase(calm, tmp_path, scene, sign, key, phrase):
    config = keys.configure(calm, tmp_path)
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok", 20)
        calm.scene(scene)
        terminal.wait_for(sign, 25)
        terminal.press(key)  # the cursor stands in the first pane, on its worst row
        keys.agree(terminal, phrase)
        assert "healthy after" in keys.outcome(terminal)
        keys.close(terminal)
        terminal.wait_for("all ok", 20)
