"""The scene disk-full: from the overview to the cause, and to its end (scenes_fixed.py). It runs alone, because everyone on
the machine sees a file system that is full."""

import pytest

from overview import HOST_OFF
from scenes_fixed import fix


def test_disk_full_is_fixed(calm, tmp_path):
    if calm.state["parts"]["disk"]["status"] == "absent":
        pytest.skip(calm.state["parts"]["disk"]["reason"])
    path = tmp_path / "stacktop.yaml"
    text = calm.config.read_text() + HOST_OFF.replace("  disk.used: off\n", "")
    path.write_text(text.replace("mounts: [/, ", "mounts: [")  # the machine's own disk may be full
                    + f"state: {tmp_path}/state\n")
    fix(calm, tmp_path, "disk-full", path)
