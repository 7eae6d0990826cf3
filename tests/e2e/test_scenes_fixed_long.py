"""Scenes that end by a few keys (scenes_fixed.py): those that take longer."""

import pytest

from scenes_fixed import LONG, fix

BESIDE = "others"


@pytest.mark.parametrize("scene", LONG)
def test_a_scene_is_fixed(calm, tmp_path, scene):
    fix(calm, tmp_path, scene)
