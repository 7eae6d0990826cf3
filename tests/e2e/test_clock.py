"""The host's clock is set while the program runs: times on the screen and in the audit log follow the new clock, and
ages are not affected."""

import json
import re
import shutil
import subprocess
import time

import pytest

from keys import agree, outcome
from stacktop import BINARY, closed_port, write_config
from terminal import PATIENCE, Terminal

SHIM = BINARY.parent / "tests/tools/libset_clock.so"
HOUR = 3600


@pytest.fixture
def clock(tmp_path):
    """clock(seconds): from now on the wall clock is ahead by that much; clock.env preloads it."""
    if not SHIM.exists():
        pytest.skip("a sanitizer's runtime must be preloaded first")
    path = tmp_path / "clock"

    def set_by(seconds):
        fresh = path.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(path)

    set_by(0)
    set_by.env = {"LD_PRELOAD": str(SHIM), "STACKTOP_CLOCK": str(path)}
    return set_by


def seconds(found):
    """A time of day that was matched in three groups."""
    return sum(int(part) * unit for part, unit in zip(found.groups(), (HOUR, 60, 1)))


def shown(screen):
    """The header's time of day as seconds; None before there is one."""
    found = re.search(r"(\d\d):(\d\d):(\d\d) UTC", screen.rows[0])
    return seconds(found) if found else None


def is_near(screen, offset):
    """Whether the header shows the real time of day plus the offset."""
    at = shown(screen)
    now = (time.time() + offset) % 86400
    return at is not None and min((at - now) % 86400, (now - at) % 86400) < 3 * PATIENCE


@pytest.mark.parametrize("step", [2 * HOUR, -2 * HOUR])
def test_header_and_events_follow_the_clock(config, clock, step):
    path = config(interval="1s", services=[{"name": "gone", "address": f"127.0.0.1:{closed_port()}"}])
    with Terminal([BINARY, "-c", path], env=clock.env) as terminal:
        terminal.wait_for(lambda screen: is_near(screen, 0) and "refused" in screen.text)
        since = re.compile(r"since (\d\d):(\d\d):(\d\d)")
        terminal.wait_for(since)
        before = seconds(since.search(terminal.screen.text))
        clock(step)
        terminal.wait_for(lambda screen: is_near(screen, step))
        # The same moment, by the new clock: the clock was also slewed a little, so that the second may be another one.
        terminal.wait_for(lambda screen: (found := since.search(screen.text)) and
                          (seconds(found) - before - step + 1) % 86400 <= 2)
        assert "2h" not in terminal.screen.text  # no age includes the step
        clock(0)
        terminal.wait_for(lambda screen: is_near(screen, 0))
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


@pytest.fixture
def redis(tmp_path):
    """A Redis of the test's own, with one key."""
    server = shutil.which("redis-server")
    if not server:
        pytest.skip("redis-server is not installed")
    port = closed_port()
    process = subprocess.Popen([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                                "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "eady to accept connections" in line:
            break
    subprocess.run(["redis-cli", "-p", str(port), "set", "a", "1"], check=True, capture_output=True)
    yield port
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_audit_has_the_corrected_time(tmp_path, clock, redis):
    """A dashboard that was started before the clock was set runs an action afterwards."""
    path = write_config(tmp_path, name="test", redis=[{"name": "r", "url": f"redis://127.0.0.1:{redis}/0"}])
    state = tmp_path / "state"
    with Terminal([BINARY, "-c", path], env=clock.env | {"XDG_STATE_HOME": str(state)}) as terminal:
        terminal.wait_for(lambda screen: is_near(screen, 0) and "all ok" in screen.text)
        clock(-2 * HOUR)
        terminal.wait_for(lambda screen: is_near(screen, -2 * HOUR))
        terminal.press(":")
        terminal.press("redis.purge-memory r", "Enter")
        agree(terminal, "y")
        outcome(terminal)
        terminal.press("Enter", "q")
        terminal.wait_exit(2)
    audit = state / "stacktop" / "audit.jsonl"
    for line in audit.read_text().splitlines():
        record = json.loads(line)
        assert record["event"] in ("intent", "outcome")
        assert abs(record["at_ms"] / 1000 - (time.time() - 2 * HOUR)) < 60, record
