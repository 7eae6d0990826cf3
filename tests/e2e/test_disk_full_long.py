"""The scene disk-full: from the overview to the cause, and to its end (scenes_fixed.py). It runs alone, because everyone on
the machine sees a file system that is full."""

import pytest

import keys
from plain import Plain
from sandbox import wait_until
from scenes_fixed import fix
from test_plain_scenes_long import _calm, select


def configure(calm, tmp_path):
    if calm.state["parts"]["disk"]["status"] == "absent":
        pytest.skip(calm.state["parts"]["disk"]["reason"])
    return keys.configure_disk(calm, tmp_path)


def test_disk_full_is_fixed(calm, tmp_path):
    fix(calm, tmp_path, "disk-full", configure(calm, tmp_path))


def test_disk_full_by_lines_alone(calm, tmp_path):
    with Plain(configure(calm, tmp_path)) as plain:
        plain.hear("^Type help", 20)
        calm.scene("disk-full")
        select(plain, r"disk/data: used 9\d%")
        number = plain.hear(r"^do (\d+): truncate open files ", 15).group(1)
        plain.type(f"do {number}")
        choice = plain.hear(r"^(\d+)\. .*export\.log.*deleted|^(\d+)\. .*export\.log", 15)
        plain.hear("^Type (a number|numbers)", 15)
        plain.type(choice.group(1) or choice.group(2))
        plain.confirm(20)
        plain.hear("freed|done", 60)
        wait_until(lambda: _calm(plain), 60, what="all ok")
        plain.type("quit")
        assert plain.wait_exit(2) == 0
