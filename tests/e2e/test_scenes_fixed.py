"""Scenes that end by a few keys (scenes_fixed.py): the fast ones."""

import re

import pytest

from scenes_fixed import FIXES, QUICK, fix, table
from stacktop import ROOT

BESIDE = "others"


@pytest.mark.parametrize("scene", QUICK)
def test_a_scene_is_fixed(calm, tmp_path, scene):
    fix(calm, tmp_path, scene)


def test_every_scene_has_a_cause_and_a_fix(calm):
    """Those that the command knows, the page describes, and the tests play."""
    known = set(re.search(r"NAME +(.*?)\n\n", calm.run("scene", "--help", env={"COLUMNS": "400"}).stdout, re.S).group(1).replace(",", "").split())
    page = (ROOT / "docs/sandbox.md").read_text()
    described, ended = (set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\|(.*?)\|", part, re.M))))
                        for part in page.split("## Enter a scene")[1].split("## Stop")[0].split("### Find the cause"))
    by_command = {"hung-transaction"}  # test_scenes_fixed_long.py runs the command that is shown
    assert known == {"calm", *FIXES, *by_command} == described == {"calm", *ended}


def test_the_page_has_the_numbers_of_keys():
    """Those that the tests press."""
    page = (ROOT / "docs/sandbox.md").read_text()
    part = page.split("### Count the keys")[1].split("\n#")[0]
    assert [line for line in part.splitlines() if line.startswith("| `")] == table()
