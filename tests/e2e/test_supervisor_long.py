"""The sandbox's supervisor by itself: how it starts a service again, what it says, and what is left of it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import wait_until
from stacktop import ROOT

BESIDE = "others"
HUNGRY = "import time; held = [b'x' * (1 << 20) for _ in range(96)]; print('loaded', flush=True); time.sleep(60)"
# Where no control group can be made, as in most containers.
HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$@"', "sh"]


class Service:
    def __init__(self, folder, argv, megabytes=0, prefix=()):
        self.folder, self.log = folder / "part", folder / "part.log"
        self.folder.mkdir()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "stack.supervisor", self.folder, self.log, str(megabytes), *argv],
                stdout=log, stderr=log, cwd="/", env={**os.environ, "PYTHONPATH": str(ROOT / "sandbox")})

    def ask(self):
        """(exit status, output) of the program that stacktop asks."""
        done = subprocess.run([ROOT / "sandbox/status", self.folder.parent, "part"], stdout=subprocess.PIPE, text=True,
                              check=False)
        return done.returncode, done.stdout.strip()

    def says(self, expression, seconds=15):
        wait_until(lambda: re.fullmatch(expression, self.ask()[1]), seconds, f"{expression}, but: {self.ask()}")
        return self.ask()[0]

    def children(self):
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def group(self):
        path = self.folder / "group"
        return path.read_text() if path.exists() else None

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(10)


@pytest.fixture
def services(tmp_path):
    made = []

    def make(*arguments, **options):
        made.append(Service(tmp_path, *arguments, **options))
        return made[-1]
    yield make
    for service in made:
        service.process.kill()
        service.process.wait()
        sys.path.insert(0, str(ROOT / "sandbox"))
        from stack import memory  # as `sandbox/down` does

        memory.remove(service.folder)
        assert not service.group()


def test_a_crash_loop_has_its_cause(services):
    """Hostile: the last line has an escape sequence, and the log has lines without an end."""
    service = services(["sh", "-c", "echo; printf 'bad \\033[2J setting\\n'; exit 3"])
    assert service.says(r"ended with exit code 3: bad \x1b\[2J setting") == 1
    assert service.says(r"crash loop: ended with exit code 3, [3-9] restarts: bad \x1b\[2J setting") == 1
    lines = service.log.read_text().splitlines()
    pauses = [float(pause) for pause in re.findall(r"starts again after (\d+\.\d) s", "\n".join(lines))]
    assert pauses[:4] == [0.3, 0.6, 1.2, 2.4], pauses
    assert service.end() == 0
    assert service.ask() == (1, "stopped")


def test_one_that_runs_again_is_well(services, tmp_path):
    once = tmp_path / "once"
    service = services(["sh", "-c", f"test -e {once} && exec sleep 60; touch {once}; kill -9 $$"])
    assert service.says("ended by SIGKILL.*|running, 1 restart") in (0, 1)
    assert service.says("running, 1 restart") == 0
    child, = service.children()
    service.end()
    assert not os.path.exists(f"/proc/{child}")


@pytest.mark.parametrize("who", ["kernel", "supervisor"])
def test_out_of_memory(services, who):
    """Where a control group can be made, and where not."""
    service = services([sys.executable, "-c", HUNGRY], 64, HIDDEN if who == "supervisor" and not os.geteuid() else ())
    instead = service.folder / "instead"
    service.says("OOM-killed at its limit of 64 MB|crash loop: .*")
    if instead.exists() != (who == "supervisor"):
        pytest.skip(instead.read_text().strip() if instead.exists() else "this user can make a control group")
    assert who == "kernel" or "the supervisor ends the service instead of the kernel" in instead.read_text()
    assert service.says("crash loop: OOM-killed at its limit of 64 MB, [3-9] restarts") == 1
    assert "loaded" not in service.log.read_text()  # it never got so far
    group = service.group()
    assert bool(group) == (who == "kernel") and (not group or os.path.isdir(group))
    service.end()
    assert not group or not os.path.exists(group)


def test_enough_memory(services):
    service = services([sys.executable, "-c", HUNGRY], 256)
    wait_until(lambda: "loaded" in service.log.read_text())
    assert service.ask() == (0, "running")


def test_killed_it_takes_the_service_with_it(services):
    service = services(["sleep", "60"], 64)
    assert service.says("running") == 0
    child, = wait_until(service.children)
    service.end(signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{child}"), what="the child ends")
    assert service.ask() == (1, "stopped")  # and not what was said last


def test_what_asks_to_end_and_does_not_is_killed(services):
    service = services(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"])
    wait_until(lambda: "deaf" in service.log.read_text())
    begin = time.monotonic()
    assert service.end() == 0
    assert time.monotonic() - begin < 8
