"""The containers of Podman's service: the tests of test_docker.py, and what is different there."""

import os

import pytest

from podman_engine import engine, shared_engine  # noqa: F401 (fixtures)
from sandbox import wait_until
from stacktop import OK, WARN, check, write_config
from test_docker import (config, rows, test_a_crash_loop, test_all_is_well, test_an_engine_that_hangs,  # noqa: F401
                         test_cpu_time, test_figures_are_those_of_the_engine, test_found_without_a_configuration, test_health,
                         test_hostile_texts, test_only_some_projects, test_the_pane)

BESIDE = "others"


def test_what_did_not_start_is_created(engine, config):  # noqa: F811
    """Podman answers with the cause, and does not keep it."""
    engine.create("broken", "/no/such/program")
    with pytest.raises(AssertionError, match="no such file"):
        engine.do("broken", "start")
    engine.run("frozen")
    engine.do("frozen", "pause")
    run = check(config, "--json")
    engine.do("frozen", "unpause")
    assert run.status == WARN, run
    assert {name: cells["state"] for name, cells in rows(run.document).items()} == {"broken": "created", "frozen": "paused"}


def test_an_exit_code(engine, config):  # noqa: F811
    engine.run("job", "sh", "-c", "exit 7")
    wait_until(lambda: engine.state("job")["Status"] == "exited", what="the job to end")
    run = check(config)
    assert run.status == WARN and "job: ended with exit code 7" in run.stdout, run


def test_between_two_runs_it_is_in_a_crash_loop(engine, config):  # noqa: F811
    """Podman calls that "stopped", which a container without a restart policy is as well."""
    engine.run("loop", "sh", "-c", "exit 3", policy="always")
    wait_until(lambda: engine.inspect("loop")["RestartCount"] >= 1, what="a restart")
    wait_until(lambda: "loop: crash loop: ended with exit code 3, " in check(config).stdout, 30, what="a look between two runs")


def test_its_usual_socket(engine, tmp_path):  # noqa: F811
    """That of a user, where neither a configuration nor DOCKER_HOST names one."""
    for path in ("/var/run/docker.sock", "/run/podman/podman.sock"):
        if os.path.exists(path):
            pytest.skip(f"{path} exists, and comes first")
    engine.run("api")
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman/podman.sock").symlink_to(engine.socket)
    run = check(write_config(tmp_path, docker=[{"name": "engine"}], hosts=[]), env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert run.status == OK and "api" in run.stdout, run
