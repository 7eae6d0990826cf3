"""The scene disk-full: from the overview to the cause, and to its end (scenes_fixed.py). It runs alone, because everyone on
the machine sees a file system that is full."""

import pytest

import keys
from scenes_fixed import fix


def test_disk_full_is_fixed(calm, tmp_path):
    if calm.state["parts"]["disk"]["status"] == "absent":
        pytest.skip(calm.state["parts"]["disk"]["reason"])
    fix(calm, tmp_path, "disk-full", keys.configure_disk(calm, tmp_path))
