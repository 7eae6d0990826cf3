"""Actions on one key: the time to live is set and removed, the key is deleted, and one that has changed since is not."""

import contextlib

import pytest
import redis

from redis_servers import serve  # noqa: F401 (a fixture)
from stacktop import stacktop, write_config
from witness import Audit

BESIDE = "others"
HOSTILE = b"bad\n\x1b[31m key\\\"'\xff"
SHOWN = r"bad\n\x1b[31m key\\\"'\xff"


class Stage:
    def __init__(self, server, folder):
        self.server, self.audit = server, Audit(folder / "state")
        self.config = write_config(folder, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}/3"}], hosts=[],
                                   interval="500ms", state=str(folder / "state"))
        self.client = redis.Redis(port=server.port, db=3)
        self.client.mset({"key": "value", "neighbour": "value", HOSTILE: "x"})

    def plan(self, action, *words, status=0):
        run = stacktop("-c", self.config, "plan", f"redis.{action}", "cache", *words, "--json")
        assert run.status == status, run
        return run.json if status == 0 else run.stderr

    def apply(self, plan, status=0):
        run = stacktop("-c", self.config, "apply", plan["hash"], "--confirm", plan["phrase"])
        assert run.status == status, run
        return run.stdout + run.stderr

    def do(self, action, *words):
        self.apply(self.plan(action, *words))
        assert self.audit.outcomes[-1]["result"] == "done"


@pytest.fixture
def stage(serve, tmp_path):  # noqa: F811
    stage = Stage(serve(), tmp_path)
    with contextlib.closing(stage.client):
        yield stage


def test_a_key_is_given_a_time_to_live_keeps_and_loses_it(stage):
    stage.do("expire-key", "key", "ttl=1h")
    assert 3500 < stage.client.ttl("key") <= 3600 and stage.client.ttl("neighbour") == -1
    stage.do("persist-key", "key")
    assert stage.client.ttl("key") == -1
    assert "no time to live" in stage.plan("persist-key", "key", status=1)
    stage.do("delete-key", SHOWN)
    assert stage.client.exists(HOSTILE) == 0 and stage.client.exists("key", "neighbour") == 2
    assert "database 3 has no key" in stage.plan("delete-key", SHOWN, status=1)


@pytest.mark.parametrize("change", ["type", "ttl", "memory"])
def test_a_key_that_has_changed_since_the_plan_is_left(stage, change):
    plan = stage.plan("delete-key", "key")
    if change == "type":
        stage.client.delete("key")
        stage.client.rpush("key", "value")
    elif change == "ttl":
        stage.client.expire("key", 100)
    else:
        stage.client.set("key", "v" * 5000)
    assert "changed since the plan" in stage.apply(plan, status=1)
    assert stage.client.exists("key") == 1


def test_a_key_that_is_gone_since_the_plan(stage):
    plan = stage.plan("delete-key", "key")
    stage.client.delete("key")
    stage.apply(plan)
    assert stage.audit.outcomes[-1]["result"] == "gone"
