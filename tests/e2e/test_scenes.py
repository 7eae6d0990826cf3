"""Each scene of the sandbox as a person sees it (scenes.py): the fast ones. The others: test_scenes_long.py."""

import pytest

from overview import overview
from scenes import LOOKS, SCENES, configure, play

BESIDE = "others"
QUICK = ("api-down", "db-hog", "lag", "redis-full")


@pytest.fixture
def watched(calm, tmp_path):
    return configure(calm, tmp_path)


@pytest.mark.parametrize("name", QUICK)
def test_a_scene_is_reported(calm, watched, name):
    with overview(watched, columns=120, rows=36) as o:
        play(SCENES[name], calm, o, LOOKS[name])
