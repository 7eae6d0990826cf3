"""Actions on the units of a real systemd: by keys, and by `plan` and `apply`. What they did is what systemctl says, the
neighbour is as it was, and the audit has both lines. More of them, which take longer, are in test_actions_systemd_long.py;
answers that no real systemd gives on demand in tests/unit/actions/test_systemd.c."""

import re

import pytest

from keys import agree, close, outcome, select
from sandbox import wait_until
from stacktop import dashboard
from systemd_actions import FAILED, PARTLY, apply, config, pair, plan, recorded  # noqa: F401
from systemd_host import BARE, host, shared_host  # noqa: F401 (fixtures)

BESIDE = "others"




STEPS = [
    # action, what comes before it, what the unit is afterwards, words, what takes it back
    ("systemd.restart", [], "active", r"active after \d+", None),
    ("systemd.stop", [], "inactive", r"inactive after \d+", "systemd.start"),
    ("systemd.start", ["stop"], "active", r"active after \d+", "systemd.stop"),
]


@pytest.mark.parametrize("action, before, state, words, undo", STEPS, ids=[step[0] for step in STEPS])
def test_its_effect(pair, config, tmp_path, action, before, state, words, undo):
    for what in before:
        pair.ctl(what, "ecap-api.service")
    old = pair.show("ecap-api.service", "ActiveState"), pair.show("ecap-api.service", "InvocationID")
    planned = plan(config, action, "ecap-api.service")
    assert (pair.show("ecap-api.service", "ActiveState"), pair.show("ecap-api.service", "InvocationID")) == old
    text = apply(config, planned)
    assert re.search(words, text), text
    assert pair.show("ecap-api.service", "ActiveState") == state
    assert action == "systemd.stop" or pair.show("ecap-api.service", "InvocationID") != old[1]
    _, ended = recorded(tmp_path, action, "done")
    assert ended.get("undo") == (f"{undo} host ecap-api.service" if undo else None), ended
    if undo:  # and what is offered does take it back
        apply(config, plan(config, *[word for word in ended["undo"].split() if word != "host"]))
        assert pair.show("ecap-api.service", "ActiveState") == old[0]


def test_a_service_that_ends_again(pair, config, tmp_path):
    """Type=simple: the job is done when the program runs; that it ends at once is seen afterwards."""
    pair.service("ecap-bad.service", "/bin/sh -c 'sleep 0.4; exit 9'")
    text = apply(config, plan(config, "systemd.start", "ecap-bad.service"), PARTLY)
    assert "started, but it ended again: ended with exit code 9" in text, text
    recorded(tmp_path, "systemd.start", "partial")
    pair.service("ecap-loop.service", "/bin/sh -c 'sleep 0.3; exit 9'", Restart="always", RestartSec="10ms")
    text = apply(config, plan(config, "systemd.start", "ecap-loop.service"), PARTLY)
    assert re.search("started, but it ended(, and was started again| again: ended with exit code 9)", text), text


def test_started_anew_meanwhile(pair, config, tmp_path):
    planned = plan(config, "systemd.stop", "ecap-api.service")
    pair.ctl("restart", "ecap-api.service")
    assert "it was started since the plan was made" in apply(config, planned, FAILED)
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(tmp_path, "systemd.stop", "refused")


def test_a_restart_loop_can_be_stopped(pair, config, tmp_path):
    """Each of its runs is another one: that is not a person who has started it."""
    pair.service("ecap-loop.service", "/bin/sh -c 'sleep 0.1; exit 3'", Restart="always", RestartSec="50ms", unit="StartLimitIntervalSec=0\n")
    pair.ctl("start", "ecap-loop.service")
    wait_until(lambda: int(pair.show("ecap-loop.service", "NRestarts")) >= 2, what="restarts")
    planned = plan(config, "systemd.stop", "ecap-loop.service")
    count = int(pair.show("ecap-loop.service", "NRestarts"))
    wait_until(lambda: int(pair.show("ecap-loop.service", "NRestarts")) > count + 1, what="another restart")
    assert "inactive after" in apply(config, planned)
    assert pair.show("ecap-loop.service", "ActiveState") in ("inactive", "failed")


def test_what_the_plan_warns_of(pair, config):
    pair.service("ecap-db.service")
    pair.service("ecap-web.service", unit="Requires=ecap-db.service\n")
    pair.service("ecap-top.service", unit="BindsTo=ecap-web.service\n")
    pair.service("ecap-off.service", unit="Requires=ecap-db.service\n")
    pair.write("ecap-sock.socket", BARE + "[Socket]\nListenStream=/run/ecap-sock\n")
    pair.service("ecap-sock.service")
    pair.ctl("start", "ecap-top.service", "ecap-sock.socket", "ecap-sock.service")
    text = str(plan(config, "systemd.stop", "ecap-db.service"))
    assert "stops with it: ecap-web.service, ecap-top.service'" in text or "stops with it: ecap-web.service, ecap-top.service" in text, text
    assert "ecap-off" not in text
    assert "restarts with it: ecap-web.service, ecap-top.service" in str(plan(config, "systemd.restart", "ecap-db.service"))
    assert "ecap-sock.service is started again by ecap-sock.socket; stop that first" in str(plan(config, "systemd.stop", "ecap-sock.service"))
    assert "the bus over which stacktop asks systemd" in str(plan(config, "systemd.stop", "dbus.service"))
    pair.write("ecap-api.service", BARE + "[Service]\nExecStart=/bin/sleep 2000\n", reload=False)
    assert "has changed: systemd uses the old one until systemctl daemon-reload" in str(plan(config, "systemd.restart", "ecap-api.service"))
    pair.service("ecap-hand.service", unit="RefuseManualStart=yes\n")
    assert "it cannot be started by hand" in plan(config, "systemd.start", "ecap-hand.service", status=FAILED)


def test_with_keys(pair, config, tmp_path):
    pair.service("ecap-bad.service", "/bin/sh -c 'exit 1'")
    before = pair.show("ecap-api.service", "InvocationID")
    with dashboard(config, columns=120, rows=36) as terminal:
        select(terminal, 1, "ecap-api.service")
        terminal.press("R")
        agree(terminal, "ecap-api.service")
        assert re.search(r"ecap-api.service\s+done: active after", outcome(terminal)), terminal.show()
        close(terminal)
        assert pair.show("ecap-api.service", "InvocationID") != before
        terminal.wait_for(lambda screen: re.search(r"ecap-api.service\s+active", screen.text))  # not of the middle of the restart
        terminal.press("S")
        agree(terminal, "ecap-api.service")
        assert "done: inactive after" in outcome(terminal)
        close(terminal)
        terminal.wait_for(lambda screen: re.search(r"ecap-api.service\s+inactive", screen.text))
        select(terminal, 1, "ecap-api.service")
        terminal.press("B")
        agree(terminal, "y")
        assert "done: active after" in outcome(terminal)
