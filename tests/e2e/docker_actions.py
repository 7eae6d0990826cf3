"""What the tests of the actions on containers share: a plan, its application, and a pair of containers of one service, of
which the second is not to be touched."""

import pytest

from docker_engine import PROJECT, SERVICE
from headless import FAILED, PARTLY, apply, plan_at, recorded  # noqa: F401 (for those who import this)
from stacktop import write_config

plan = plan_at("engine")
QUICK = "trap 'exit 0' TERM; while true; do sleep 0.1; done"  # ends at once on SIGTERM


@pytest.fixture
def config(engine, tmp_path):  # noqa: F811
    return configured(engine, tmp_path)


def configured(at, folder, **options):
    return write_config(folder, docker=[at.target(**options)], interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"))


@pytest.fixture
def pair(engine):  # noqa: F811
    """Two containers of one service, of two projects. The second one is the neighbour."""
    for project in ("ecap", "shop"):
        engine.run(f"{project}-api-1", "sh", "-c", QUICK, labels={PROJECT: project, SERVICE: "api"})
    before = engine.inspect("shop-api-1")
    yield engine
    after = engine.inspect("shop-api-1")
    assert (after["Id"], after["State"]) == (before["Id"], before["State"])
