"""Fixtures: one control plane for all tests of a file, without objects at the start of each, and what the tests of its
actions share."""

import pytest

from control_plane import deployment, running
from stacktop import OK, stacktop, write_config
from witness import Audit

FAILED, PARTLY = 1, 3


@pytest.fixture(scope="module")
def shared_plane():
    with running() as plane:
        yield plane


@pytest.fixture
def plane(shared_plane):
    shared_plane.clear()
    yield shared_plane


@pytest.fixture
def config(plane, tmp_path):
    return configured(plane, tmp_path)


def configured(plane, folder, **options):
    return write_config(folder, kubernetes=[plane.target(**options)], interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"))


@pytest.fixture
def pair(plane):
    """A deployment, and its neighbour: one of the same name in another namespace, which nothing may touch."""
    ours, neighbour = deployment("ecap", "api", memory="64Mi"), deployment("shop", "api")
    for each in (ours, neighbour):
        plane.apply(each)
    for each in (ours, neighbour):
        plane.ready(each)
    before = plane.read(neighbour)["metadata"]
    plane.ours = ours
    yield plane
    after = plane.read(neighbour)["metadata"]
    assert (after["uid"], after["generation"]) == (before["uid"], before["generation"])


def plan(config, action, *words, status=OK):
    run = stacktop("-c", config, "plan", action, "cluster", *words, "--json")
    assert run.status == status, run
    return run.json if status == OK else run.stdout + run.stderr


def apply(config, planned, status=OK, **options):
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"], timeout=60, **options)
    assert run.status == status, run
    return run.stdout + run.stderr


def recorded(folder, action, result):
    intent, ended = Audit(folder / "state").only()
    assert (intent["action"], ended["action"], ended["result"]) == (action, action, result), ended
    return intent, ended
