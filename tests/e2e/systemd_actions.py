"""What the tests of the actions on units share: a plan, its application, and a pair of services, of which the second is not to
be touched."""

import pytest

from headless import FAILED, PARTLY, apply, plan_at, recorded  # noqa: F401 (for those who import this)
from stacktop import write_config

plan = plan_at("host")


@pytest.fixture
def config(host, tmp_path):  # noqa: F811
    return configured(host, tmp_path)


def configured(at, folder, **options):
    return write_config(folder, systemd=[at.target(**{"units": ["*.service", "*.socket"], **options})], interval="500ms", hosts=[],
                        environment="staging", state=str(folder / "state"))


@pytest.fixture
def pair(host):  # noqa: F811
    """Two services. The second one is the neighbour."""
    host.service("ecap-api.service")
    host.service("shop-api.service")
    host.ctl("start", "ecap-api.service", "shop-api.service")
    before = host.show("shop-api.service", "InvocationID")
    yield host
    assert host.show("shop-api.service", "InvocationID") == before and host.show("shop-api.service", "ActiveState") == "active"
