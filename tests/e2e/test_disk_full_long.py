"""The scene disk-full: from the overview to the cause, and to its end. It runs alone, because everyone on the machine sees
a file system that is full."""

import re

import pytest

from keys import agree, close, outcome
from overview import HOST_OFF
from stacktop import dashboard

PRESS = 2  # keys from the overview to the cause
MORE = 2  # and to the plan that ends it


def test_disk_full_is_fixed(calm, tmp_path):
    if calm.state["parts"]["disk"]["status"] == "absent":
        pytest.skip(calm.state["parts"]["disk"]["reason"])
    path = tmp_path / "stacktop.yaml"
    text = calm.config.read_text() + HOST_OFF.replace("  disk.used: off\n", "")
    path.write_text(text.replace("mounts: [/, ", "mounts: [")  # the machine's own disk may be full
                    + f"state: {tmp_path}/state\n")
    with dashboard(path, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok", 20)
        calm.scene("disk-full")
        terminal.wait_for(re.compile(r"disk/data used 9\d%, above 90%"), 25)
        pane = re.search(r"(\d) Disks & host", terminal.screen.text).group(1)
        terminal.press(pane, "U")
        terminal.wait_for("deleted, but still open")
        assert "28 MB" in terminal.screen.line("log/export.log")
        terminal.press("Down", "Enter")
        terminal.wait_for("Truncate export.log")
        agree(terminal, "export.log")
        assert "28 MB freed" in outcome(terminal)
        close(terminal)
        terminal.wait_for("all ok", 25)
    calm.scene("calm")
