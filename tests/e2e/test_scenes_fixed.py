"""Scenes that end by a few keys (scenes_fixed.py): the fast ones."""

import pytest

from scenes_fixed import QUICK, fix

BESIDE = "others"


@pytest.mark.parametrize("scene", QUICK)
def test_a_scene_is_fixed(calm, tmp_path, scene):
    fix(calm, tmp_path, scene)
