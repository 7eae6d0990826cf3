"""`stacktop status`: from a running stacktop, without one, and from one that hangs or was killed."""

import json
import signal
import time

import pytest

from stacktop import CONFIG, CRIT, UNKNOWN, closed_port, dashboard, stacktop

BESIDE = "others"


@pytest.fixture
def place(tmp_path):
    """The variable with a runtime directory of this test."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(folder)}


@pytest.fixture
def path(config):
    return config(name="ecap", services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def wait_for(run, good, seconds=10):
    end = time.monotonic() + seconds
    while not good(result := run()) and time.monotonic() < end:
        time.sleep(0.05)  # between two looks
    assert good(result), result
    return result


def test_status(path, place):
    def status(*arguments):
        return stacktop("status", "-c", path, *arguments, env=place)

    run = status()
    assert run.status == CRIT and run.stdout.startswith("1 CRIT ecap: api: refused"), run
    assert json.loads(status("--json").stdout)["source"] == "check"
    run = status("--no-check")
    assert run.status == UNKNOWN and "no stacktop with this configuration is running" in run.stdout, run
    with dashboard(path, env=place) as terminal:
        run = wait_for(lambda: status("--no-check"), lambda run: run.status == CRIT)
        assert run.stdout.startswith("1 CRIT ecap: api: refused")
        said = json.loads(status("--json").stdout)
        assert said["source"] == "running" and said["crit"] == 1 and said["worst"]["subject"] == "api"
        assert said["pid"] == terminal.process.pid
        assert status("--tmux").stdout.startswith("#[fg=white,bg=red,bold] 1 CRIT #[default]")
        terminal.press("z")  # a picture that stands still says nothing about now
        wait_for(lambda: status("--no-check"), lambda run: run.status == UNKNOWN)
        terminal.press("z")
        wait_for(lambda: status("--no-check"), lambda run: run.status == CRIT)
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait()
    assert status("--no-check").status == UNKNOWN


def test_without_a_configuration_that_can_be_read(config, place):
    run = stacktop("status", "-c", config("nonsense: 1\n"), env=place)
    assert run.status == CONFIG and "UNKNOWN stacktop: configuration error" in run.stdout, run
