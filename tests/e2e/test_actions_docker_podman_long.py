"""Actions on containers of Podman's service: the tests of test_actions_docker.py and test_actions_docker_long.py, and what is
different there."""

import re

from docker_actions import FAILED, apply, config, pair, plan, recorded  # noqa: F401
from podman_engine import engine, shared_engine  # noqa: F401 (fixtures)
from sandbox import wait_until
from stacktop import OK, stacktop
from test_actions_docker import (test_another_container_of_the_name, test_gone_in_the_middle, test_its_effect, test_keys,  # noqa: F401
                                 test_read_only, test_started_anew_meanwhile)
from test_actions_docker_long import (test_it_crashes_again_and_again, test_it_ends_again, test_removed_meanwhile,  # noqa: F401
                                      test_several_in_order, test_stopped_meanwhile, test_the_engine_refuses,
                                      test_the_first_that_fails_ends_it, test_what_a_plan_says)

BESIDE = "others"


def test_it_does_not_stop_what_is_paused(pair, config, tmp_path):
    pair.do("ecap-api-1", "pause")
    text = apply(config, plan(config, "docker.stop", "ecap-api-1"), FAILED)
    assert "is running or paused" in text and pair.state("ecap-api-1")["Status"] == "paused", text
    pair.do("ecap-api-1", "unpause")
    recorded(tmp_path, "docker.stop", "refused")


def test_a_stop_in_a_crash_loop_is_told_as_it_is(engine, config):  # noqa: F811
    """Podman goes on with the loop where the stop comes between two runs."""
    for _ in range(4):
        engine.clear()
        engine.run("loop", "sh", "-c", "exit 3", policy="always")
        wait_until(lambda: engine.inspect("loop")["RestartCount"] >= 2, what="restarts")
        planned = plan(config, "docker.stop", "loop")
        run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"], timeout=60)
        after = engine.inspect("loop")
        if after["State"]["Status"] == "exited":
            assert run.status == OK and "exited, exit code 3" in run.stdout, run
        else:
            assert run.status != OK and re.search("met it between two runs, and it is r|still r", run.stdout), run
            wait_until(lambda: engine.inspect("loop")["RestartCount"] > after["RestartCount"], what="the next run")
