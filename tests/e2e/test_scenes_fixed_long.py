"""Scenes that end by a few keys (scenes_fixed.py): those that take longer."""

import pytest

from scenes_fixed import FIXES, QUICK, fix

BESIDE = "others"


@pytest.mark.parametrize("scene", [scene for scene in FIXES if scene not in QUICK])
def test_a_scene_is_fixed(calm, tmp_path, scene):
    fix(calm, tmp_path, scene)
