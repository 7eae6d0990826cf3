"""Scenes that are fixed from the overview, by the keys that the menu names: how many it takes is part of the test.
test_scenes_fixed.py plays the fast ones, test_scenes_fixed_long.py the others."""

import re

import keys
from stacktop import dashboard

# scene: (what the screen says, the keys, what is typed to confirm)
FIXES = {
    # The cursor stands in the first pane, on its worst row.
    "api-down": ("api refused", "B", "y"),
    "api-slow": ("api latency", "R", "api"),
    "cert-expiring": ("gateway cert 2d", "R", "gateway"),
    # A restart does not help; the configuration of the sandbox has an action of its own.
    "bad-deploy": ("api answers 503", "P", "y"),
    # The consumers are healthy as a service; the Kafka pane says that they read nothing, or too little.
    "stuck-consumer": ("stuck for", "jjR", "streaming"),
    "lag": ("ecap-consumer-group lag", "jjR", "streaming"),
}
QUICK = ("bad-deploy", "cert-expiring", "lag")


def fix(calm, folder, scene):
    sign, press, phrase = FIXES[scene]
    if phrase == "streaming":
        calm.need("kafka")
    with dashboard(keys.configure(calm, folder), columns=120, rows=36) as terminal:
        terminal.wait_for("all ok", 20)
        calm.scene(scene)
        terminal.wait_for(sign, 25)
        for key in press:
            terminal.press(key)
        keys.agree(terminal, phrase)
        assert re.search("(healthy|verified by curl) after", keys.outcome(terminal))
        keys.close(terminal)
        terminal.wait_for("all ok", 25)
