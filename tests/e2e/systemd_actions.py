"""What the tests of the actions on units share: a plan, its application, and a pair of services, of which the second is not to
be touched."""

import pytest

from stacktop import OK, stacktop, write_config
from witness import Audit

FAILED, PARTLY = 1, 3


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


def plan(config, action, *names, status=OK):
    run = stacktop("-c", config, "plan", "--json", action, "host", *names)
    assert run.status == status, run
    return run.json if status == OK else run.stdout + run.stderr


def apply(config, planned, status=OK, **options):
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"], **options)
    assert run.status == status, run
    return run.stdout + run.stderr


def recorded(folder, action, result):
    intent, ended = Audit(folder / "state").only()
    assert (intent["action"], ended["action"], ended["result"]) == (action, action, result), ended
    return intent, ended
