"""A memory limit of a container of a real engine, while it runs: what the kernel and the engine have afterwards, the way
back, and what is refused. Answers that no real engine gives on demand are in tests/unit/actions/test_docker_set_memory.c."""

import pytest

from docker_actions import FAILED, QUICK, apply, config, recorded  # noqa: F401
from docker_engine import PROJECT, SERVICE, engine, shared_engine  # noqa: F401 (fixtures)
from headless import plan_at
from keys import agree, close, outcome
from sandbox import wait_until
from stacktop import OK, dashboard, stacktop

BESIDE = "others"
MB = 1 << 20


@pytest.fixture
def limited(engine):  # noqa: F811
    """Two containers of one service, of two projects. The second one is the neighbour."""
    for project in ("ecap", "shop"):
        engine.run(f"{project}-api-1", "sh", "-c", QUICK, labels={PROJECT: project, SERVICE: "api"}, memory=64 * MB)
    if engine.stats("ecap-api-1")["memory_stats"].get("limit") != 64 * MB:
        pytest.skip("no memory limits here")
    before = limits(engine, "shop-api-1")
    yield engine
    assert limits(engine, "shop-api-1") == before


def limits(at, name):
    host = at.inspect(name)["HostConfig"]
    return host["Memory"], host["MemorySwap"], at.stats(name)["memory_stats"]["limit"]


def plan(config, *params, name="ecap-api-1", **options):
    return plan_at("engine", name)(config, "docker.set-memory", *params, **options)


def test_its_effect_and_the_way_back(limited, config, tmp_path):
    before, started = limits(limited, "ecap-api-1"), limited.state("ecap-api-1")["StartedAt"]
    planned = plan(config, "memory=128MB")
    assert limits(limited, "ecap-api-1") == before  # a plan changes nothing
    assert "the limit is 128 MB" in apply(config, planned)
    assert limits(limited, "ecap-api-1") == (128 * MB, 192 * MB, 128 * MB)
    _, ended = recorded(tmp_path, "docker.set-memory", "done")
    identity = limited.inspect("ecap-api-1")["Id"]
    assert ended["undo"] == f"docker.set-memory engine {identity} memory={64 * MB}"
    apply(config, plan(config, f"memory={64 * MB}", name=identity))
    assert limits(limited, "ecap-api-1") == before
    assert limited.state("ecap-api-1")["StartedAt"] == started


def test_no_limit_so_far(limited, config):
    limited.run("free", "sh", "-c", QUICK)
    planned = plan(config, "memory=32MB", name="free")
    apply(config, planned)
    assert limits(limited, "free") == (32 * MB, 64 * MB, 32 * MB)


def test_below_what_it_uses(limited, config, tmp_path):
    limited.run("hog", "sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=20; " + QUICK, memory=64 * MB)
    wait_until(lambda: limited.stats("hog")["memory_stats"].get("usage", 0) > 20 * MB, what="memory to be used")
    text = plan(config, "memory=8MB", name="hog", status=FAILED)
    assert "below-usage=true allows that" in text, text
    planned = plan(config, "memory=8MB", "below-usage=true", name="hog")
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"])
    memory = limits(limited, "hog")[0] if limited.state("hog")["Running"] else None
    # v1 takes it where swap has room for what is too much, else it refuses; v2 may kill
    assert (run.status == OK) == (memory == 8 * MB), run
    if run.status != OK:
        assert memory == 64 * MB, run


def test_changed_since(limited, config, tmp_path):
    planned = plan(config, "memory=128MB")
    limited.call("POST", "/containers/ecap-api-1/update", {"Memory": 96 * MB, "MemorySwap": 96 * MB})
    assert "its limit is 96 MB now" in apply(config, planned, FAILED)
    assert limits(limited, "ecap-api-1")[0] == 96 * MB
    recorded(tmp_path, "docker.set-memory", "refused")


@pytest.mark.parametrize("memory, words", [("5MB", "from 6MB"), ("80%", "not a memory limit"), ("64MB", "nothing to change")])
def test_what_is_refused(limited, config, memory, words):
    run = stacktop("-c", config, "plan", "docker.set-memory", "engine", "ecap-api-1", f"memory={memory}")
    assert run.status != OK and words in run.stdout + run.stderr, run


def test_keys(limited, config):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("ecap-api-1")
        terminal.press(":", "docker.set-memory engine ecap-api-1 memory=128MB", "Enter")
        terminal.wait_for("Set the memory limit of ecap-api-1 to 128 MB")
        agree(terminal, "ecap-api-1")
        assert "the limit is 128 MB" in outcome(terminal)
        close(terminal)
    assert limits(limited, "ecap-api-1")[0] == 128 * MB
