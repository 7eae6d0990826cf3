"""kubectl's private folder: it is gone after every end of stacktop by a signal, and after SIGKILL at the next start."""

import os
import signal
import subprocess

import pytest

from control_plane import wait_until
from stacktop import BINARY, check, dashboard, write_config
from terminal import environment

BESIDE = "others"
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


@pytest.fixture
def place(tmp_path):
    """A runtime directory of the test's own."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def config(tmp_path):
    """A cluster whose kubectl never gets ready, and ends with stacktop."""
    kubectl, pids = tmp_path / "kubectl", tmp_path / "pids"
    # once timeout, its parent, waits: one that has to end before it knows its child leaves it behind
    kubectl.write_text("#!/bin/sh\nuntil grep -q '^State:.S' /proc/$PPID/status; do :; done\n"
                       f"echo $$ >> {pids}\nexec sleep 1000\n")
    kubectl.chmod(0o755)
    yield write_config(tmp_path, hosts=[], kubernetes=[{"name": "cluster", "kubectl": str(kubectl)}], timeout="1s")
    wait_until(lambda: not any(runs(pid) for pid in pids.read_text().split()), 10, "kubectl's end")


def runs(pid):
    """A zombie has no arguments."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read() != b""
    except OSError:
        return False


def folders(place):
    return list(place.glob("stacktop-kubectl-*"))


def started_pids(place):
    """Of kubectl: stacktop waits for it, and its end follows stacktop's."""
    pids = place.parent / "pids"
    return pids.read_text().split() if pids.exists() else []


def started(place, config, *words):
    """stacktop, once it waits for kubectl."""
    count = len(started_pids(place))
    process = subprocess.Popen([str(BINARY), *words, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment("dumb", {"XDG_RUNTIME_DIR": str(place)}))
    wait_until(lambda: process.poll() is not None or len(started_pids(place)) > count, 10, "kubectl")
    assert process.poll() is None, process.communicate()
    return process


def ended(process):
    process.communicate(timeout=10)
    return process.returncode


@pytest.mark.parametrize("number", ENDS, ids=[each.name for each in ENDS])
def test_logs_end_by_a_signal(place, config, number):
    process = started(place, config, "logs", "cluster", "--follow")
    process.send_signal(number)
    assert ended(process) == -number  # its parent sees the reason
    assert folders(place) == []


def test_what_the_parent_ignores_stays_ignored(place, config):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = started(place, config, "logs", "cluster", "--follow")
    finally:
        signal.signal(signal.SIGINT, before)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == -signal.SIGTERM and folders(place) == []


def test_the_dashboard_crashes(place, config):
    with dashboard(config, env={"XDG_RUNTIME_DIR": str(place)}) as terminal:
        wait_until(lambda: started_pids(place), 10, "kubectl")
        terminal.signal(signal.SIGSEGV)
        terminal.wait_exit(5)
        assert folders(place) == []


def test_the_next_start_removes_those_of_the_dead(place, config):
    """And nothing else: not that of one that lives, nor what has only the name."""
    dead = started(place, config, "logs", "cluster", "--follow")
    (left,) = folders(place)
    dead.kill()
    ended(dead)
    assert folders(place) == [left]
    (place / f"stacktop-kubectl-{dead.pid}-abcdef").symlink_to(place.parent)
    living = started(place, config, "logs", "cluster", "--follow")
    wait_until(lambda: left not in folders(place), 10, "its end")
    check(config, env={"XDG_RUNTIME_DIR": str(place)})
    assert {each.name.split("-")[2] for each in folders(place)} == {str(dead.pid), str(living.pid)}
    assert os.path.islink(place / f"stacktop-kubectl-{dead.pid}-abcdef") and (place.parent / "run").exists()
    living.terminate()
    ended(living)
