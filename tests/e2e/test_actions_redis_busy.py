"""A server that runs a script and answers BUSY to all else: redis.script-kill and redis.function-kill end it, or say
in words why they cannot."""

import contextlib
import threading

import pytest
import redis

from redis_servers import serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import CRIT, check, stacktop, write_config
from witness import Audit

BESIDE = "others"

LIBRARY = "#!lua name=lab\nredis.register_function('spin', function() while true do end end)\n"


class Stage:
    def __init__(self, server, folder):
        self.server, self.audit = server, Audit(folder / "state")
        self.config = write_config(folder, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}/3"}], hosts=[],
                                   interval="500ms", state=str(folder / "state"))
        self.said = []

    def answers(self):
        with contextlib.closing(redis.Redis(port=self.server.port)) as other:
            try:
                return other.ping()
            except redis.exceptions.BusyLoadingError:
                return False
            except redis.ResponseError as error:
                assert "BUSY" in str(error) or "busy" in str(error), error
                return False

    @contextlib.contextmanager
    def running(self, *command):
        def run():
            with contextlib.closing(redis.Redis(port=self.server.port, socket_timeout=600)) as client:
                try:
                    client.execute_command(*command)
                except (redis.RedisError, OSError) as error:
                    self.said.append(str(error))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            wait_until(lambda: not self.answers(), what="the server to be busy")
            yield
        finally:
            if not self.answers():
                self.server.process.kill()
            thread.join(20)

    def plan(self, action):
        run = stacktop("-c", self.config, "plan", action, "cache", "--json")
        assert run.status == 0, run
        return run.json

    def refused(self, action):
        run = stacktop("-c", self.config, "plan", action, "cache")
        assert run.status == 1, run
        return run.stderr

    def apply(self, plan, status):
        run = stacktop("-c", self.config, "apply", plan["hash"], "--confirm", plan["phrase"])
        assert run.status == status, run
        return run


@pytest.fixture
def stage(serve, tmp_path):  # noqa: F811
    return Stage(serve("--lua-time-limit", "50"), tmp_path)


def test_a_script_is_ended(stage):
    with stage.running("EVAL", "while true do end", 0):
        found = check(stage.config, "--json")
        assert found.status == CRIT
        assert "use redis.script-kill" in stage.refused("redis.function-kill")
        plan = stage.plan("redis.script-kill")
        assert "the server does not name its script" in str(plan)
        stage.apply(plan, 0)
        assert stage.answers()
    assert "SCRIPT KILL" in stage.said[0] or "killed by user" in stage.said[0], stage.said
    assert stage.audit.outcomes[-1]["result"] == "done"
    assert "the server is not busy" in stage.refused("redis.script-kill")


def test_a_function_is_ended_only_if_it_is_the_planned_one(stage):
    if int(stage.server.client.info()["redis_version"].split(".")[0]) < 7:
        pytest.skip("functions need Redis 7.0")
    stage.server.client.function_load(LIBRARY)
    with stage.running("FCALL", "spin", 0):
        assert "use redis.function-kill" in stage.refused("redis.script-kill")
        plan = stage.plan("redis.function-kill")
        assert [victim["pins"]["name"] for victim in plan["victims"]] == ["spin"]
        stage.apply(plan, 0)
        assert stage.answers()
    with stage.running("FCALL", "spin", 0):
        old = stage.plan("redis.function-kill")
        with contextlib.closing(redis.Redis(port=stage.server.port)) as client:
            client.execute_command("FUNCTION", "KILL")
        wait_until(stage.answers, what="the first one to end")
        wait_until(lambda: len(stage.said) == 2, what="its caller to know")
    with stage.running("EVAL", "while true do end", 0):
        stage.apply(old, 0)
        assert not stage.answers()
    assert stage.audit.outcomes[-1]["result"] == "gone"


def test_a_script_that_has_written_is_refused_in_words(stage):
    with stage.running("EVAL", "redis.call('SET', KEYS[1], 1) while true do end", 1, "key"):
        stage.apply(stage.plan("redis.script-kill"), 1)
        assert not stage.answers()
    outcome = stage.audit.outcomes[-1]
    assert outcome["result"] == "refused" and outcome["victims"][0]["words"].startswith("it cannot be killed"), outcome
