"""What a `stacktop watch` has notified is known after a restart, and of two only one notifies."""

import re
import signal
import socket

import pytest

from notify_watch import BOTH_NEW, check_restart, configured, ends, hook, memory, notified, states, watch  # noqa: F401
from sandbox import wait_until
from stacktop import closed_port, write_config

BESIDE = "others"


def test_a_restart_by_the_unit(notified, tmp_path, hook, watch):  # noqa: F811
    check_restart(notified, tmp_path, hook, watch, signal.SIGTERM)


def test_what_ended_while_nobody_watched_sends_its_recovery(notified, hook, watch):  # noqa: F811
    process, config, port = notified
    ends(process)
    with socket.create_server(("127.0.0.1", port)):
        watch(config)
        wait_until(lambda: len(states(hook)) > 3, what="the recoveries")
    assert states(hook) == BOTH_NEW + [("resolved", "alert"), ("resolved", "service")]


@pytest.mark.parametrize("text, why", [("garbage", "not a memory file"), ("stacktop memory 9 1 0\nend\n", "version 9"),
                                       ("stacktop memory 1 99999999999999 0\nend\n", "from the future")])
def test_a_memory_that_cannot_be_read_is_said_and_replaced(notified, tmp_path, hook, watch, text, why):  # noqa: F811
    process, config, port = notified
    ends(process)
    next((tmp_path / "state" / "watch").glob("*.memory")).write_text(text)
    _, lines = watch(config)
    wait_until(lambda: states(hook) == sorted(2 * BOTH_NEW), what="the messages")
    assert any("what was notified before is not known" in line and why in line for line in lines), lines
    wait_until(lambda: memory(tmp_path).count('"told":3') == 2, what="the memory")


def test_of_two_only_one_notifies_and_the_other_takes_over(notified, hook, watch):  # noqa: F811
    process, config, port = notified
    other, lines = watch(config)
    wait_until(lambda: any(f"another stacktop watch of this configuration notifies (process {process.pid})" in line
                           for line in lines), what="that it stands by")
    wait_until(lambda: any("refused" in line for line in lines), what="the finding")
    assert states(hook) == BOTH_NEW
    ends(process, signal.SIGKILL)
    wait_until(lambda: any("this one notifies now" in line for line in lines), what="the takeover")
    with socket.create_server(("127.0.0.1", port)):
        wait_until(lambda: len(states(hook)) > 3, what="the recoveries")
    assert states(hook) == BOTH_NEW + [("resolved", "alert"), ("resolved", "service")]


def test_without_a_state_directory_it_notifies_all_the_same(tmp_path, hook, watch):  # noqa: F811
    (tmp_path / "state").write_text("a file")
    _, lines = watch(configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/"}))
    wait_until(lambda: states(hook) == BOTH_NEW, what="the messages")
    assert any("what is notified is not remembered" in line and "Not a directory" in line for line in lines), lines


def test_the_time_of_a_rule_goes_on_after_a_restart(tmp_path, watch):  # noqa: F811
    """The rule fires after 4 s: 2 of them before the restart."""
    config = write_config(tmp_path, name="ecap", interval="200ms", state=str(tmp_path / "state"),
                          services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}],
                          alerts=[{"name": "api down", "is": "critical", "target": "api", "for": "4s"}])
    process, _ = watch(config)
    wait_until(lambda: '"since_ms"' in memory(tmp_path), what="the memory")
    since = re.search(r'"since_ms":(\d+)', memory(tmp_path)).group(1)
    ends(process)
    process, lines = watch(config)
    wait_until(lambda: any("WARN     api down" in line for line in lines), what="the alert")
    assert re.search(r'"since_ms":(\d+)', memory(tmp_path)).group(1)[:-1] == since[:-1]
    ends(process)
    path = next((tmp_path / "state" / "watch").glob("*.memory"))
    head = path.read_text().split(" ")
    path.write_text(" ".join(head[:3] + [str(int(head[3]) - 600000)] + head[4:]))
    _, lines = watch(config)
    wait_until(lambda: any("the rule api down has held starts again: nothing was watched for 10m" in line
                           for line in lines), what="the note")
