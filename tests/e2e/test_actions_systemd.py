"""Actions on the units of a real systemd: by keys, and by `plan` and `apply`. What they did is what systemctl says, the
neighbour is as it was, and the audit has both lines. Answers that no real systemd gives on demand are in
tests/unit/actions/test_systemd.c."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from keys import agree, close, outcome, select
from sandbox import wait_until
from stacktop import BINARY, OK, dashboard, stacktop, write_config
from systemd_host import BARE, host, shared_host  # noqa: F401 (fixtures)
from witness import Audit

BESIDE = "others"
FAILED, PARTLY = 1, 3


@pytest.fixture
def config(host, tmp_path):  # noqa: F811
    return configured(host, tmp_path)


def configured(at, folder, **options):
    return write_config(folder, systemd=[at.target(**{"units": ["*.service", "*.socket"], **options})], interval="500ms", hosts=[],
                        environment="staging", state=str(folder / "state"))


@pytest.fixture
def pair(host):  # noqa: F811
    """Two services. The second one is the neighbour."""
    host.service("ecap-api.service")
    host.service("shop-api.service")
    host.ctl("start", "ecap-api.service", "shop-api.service")
    before = host.show("shop-api.service", "InvocationID")
    yield host
    assert host.show("shop-api.service", "InvocationID") == before and host.show("shop-api.service", "ActiveState") == "active"


def plan(config, action, *names, status=OK):
    run = stacktop("-c", config, "plan", "--json", action, "host", *names)
    assert run.status == status, run
    return run.json if status == OK else run.stdout + run.stderr


def apply(config, planned, status=OK, **options):
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"], **options)
    assert run.status == status, run
    return run.stdout + run.stderr


def said(planned, part):
    return "\n".join(str(each) for each in planned[part]) if isinstance(planned[part], list) else str(planned[part])


def recorded(folder, action, result):
    intent, ended = Audit(folder / "state").only()
    assert (intent["action"], ended["action"], ended["result"]) == (action, action, result), ended
    return intent, ended


# ---- the effect

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


def test_reload(pair, config, tmp_path):
    assert "it has no ExecReload" in plan(config, "systemd.reload", "ecap-api.service", status=FAILED)
    pair.service("ecap-web.service", ExecReload="/bin/touch %t/reloaded")
    pair.ctl("start", "ecap-web.service")
    before = pair.show("ecap-web.service", "InvocationID")
    assert "reloaded in" in apply(config, plan(config, "systemd.reload", "ecap-web.service"))
    assert (pair.folder / "run/reloaded").exists() and pair.show("ecap-web.service", "InvocationID") == before
    recorded(tmp_path, "systemd.reload", "done")


def test_reset_failed(pair, config, tmp_path):
    pair.service("ecap-bad.service", "/bin/false")
    pair.ctl("start", "ecap-bad.service")
    wait_until(lambda: pair.show("ecap-bad.service", "ActiveState") == "failed", what="the failure")
    apply(config, plan(config, "systemd.reset-failed", "ecap-bad.service"))
    assert pair.show("ecap-bad.service", "ActiveState") == "inactive"
    recorded(tmp_path, "systemd.reset-failed", "done")


# ---- what does not go well

def test_a_service_that_does_not_start(pair, config, tmp_path):
    pair.service("ecap-bad.service", "/bin/sh -c 'exit 9'", Type="notify")
    text = apply(config, plan(config, "systemd.start", "ecap-bad.service"), PARTLY)
    assert "did not start: ended with exit code 9" in text, text
    recorded(tmp_path, "systemd.start", "partial")


def test_a_service_that_ends_again(pair, config, tmp_path):
    """Type=simple: the job is done when the program runs; that it ends at once is seen afterwards."""
    pair.service("ecap-bad.service", "/bin/sh -c 'sleep 0.4; exit 9'")
    text = apply(config, plan(config, "systemd.start", "ecap-bad.service"), PARTLY)
    assert "started, but it ended again: ended with exit code 9" in text, text
    recorded(tmp_path, "systemd.start", "partial")
    pair.service("ecap-loop.service", "/bin/sh -c 'sleep 0.3; exit 9'", Restart="always", RestartSec="10ms")
    text = apply(config, plan(config, "systemd.start", "ecap-loop.service"), PARTLY)
    assert re.search("started, but it ended(, and was started again| again: ended with exit code 9)", text), text


def test_a_program_that_ends_well(pair, config):
    pair.service("ecap-job.service", "/bin/true", Type="oneshot")
    assert "ran to its end in" in apply(config, plan(config, "systemd.start", "ecap-job.service"))


def test_started_anew_meanwhile(pair, config, tmp_path):
    planned = plan(config, "systemd.stop", "ecap-api.service")
    pair.ctl("restart", "ecap-api.service")
    assert "it was started since the plan was made" in apply(config, planned, FAILED)
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(tmp_path, "systemd.stop", "refused")


def test_stopped_meanwhile(pair, config, tmp_path):
    planned = plan(config, "systemd.restart", "ecap-api.service")
    pair.ctl("stop", "ecap-api.service")
    assert "it is inactive now, and was active when the plan was made" in apply(config, planned, FAILED)
    assert pair.show("ecap-api.service", "ActiveState") == "inactive"
    recorded(tmp_path, "systemd.restart", "refused")


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


# ---- what the plan says

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


def test_names(pair, config):
    """A unit's name is an argument, and nothing else."""
    for name in ("-dash.service", r"x\x2dy@a\x20b.service"):
        pair.service(name)
        planned = plan(config, "systemd.start", "--", name)
        assert ("-- -dash.service" if name[0] == "-" else rf"'{name}'".replace("\\", "\\\\")) in str(planned), planned
        apply(config, planned)
        assert pair.ctl("show", "--value", "--property=ActiveState", "--", name).strip() == "active"


# ---- several

def test_one_after_the_other(pair, config, tmp_path):
    for name in ("ecap-a", "ecap-b", "ecap-c"):
        pair.service(f"{name}.service", "/bin/false" if name == "ecap-b" else "/bin/sleep 1000", Type="notify" if name == "ecap-b" else "simple")
    names = [f"ecap-{letter}.service" for letter in "abc"]
    text = apply(config, plan(config, "systemd.start", *names), PARTLY)
    assert [pair.show(name, "ActiveState") for name in names] == ["active", "failed", "inactive"], text
    assert "not attempted: ecap-b.service failed" in text, text


# ---- keys

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
        terminal.press("S")
        agree(terminal, "ecap-api.service")
        assert "done: inactive after" in outcome(terminal)
        close(terminal)
        terminal.wait_for(lambda screen: re.search(r"ecap-api.service\s+inactive", screen.text))
        select(terminal, 1, "ecap-api.service")
        terminal.press("B")
        agree(terminal, "y")
        assert "done: active after" in outcome(terminal)


# ---- rights

NOBODY = 65534


def test_without_rights(pair):
    """The bus lets everyone ask. For a change systemd asks polkit, which is not there, or asks for a password."""
    folder = pair.folder / "nobody"
    folder.mkdir()
    config = configured(pair, folder)
    binary = folder / "stacktop"
    shutil.copy(BINARY, binary)
    for path in (folder, config, binary):
        os.chown(path, NOBODY, NOBODY)

    def run(*words):
        return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary, "-c", config, *words],
                              capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb"})

    planned = json.loads(run("plan", "--json", "systemd.stop", "host", "ecap-api.service").stdout)
    ended = run("apply", planned["hash"], "--confirm", planned["phrase"])
    assert ended.returncode == FAILED and "(by polkit, or the policy of the bus)" in ended.stdout, ended
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(folder, "systemd.stop", "refused")


# ---- a systemd that does not answer

def test_a_systemd_that_hangs(pair, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        select(terminal, 1, "ecap-api.service")
        terminal.press("S")
        terminal.wait_for("type ecap-api.service, then Enter")
        terminal.press("ecap-api.service")
        terminal.wait_for("[>Enter: ")
        os.kill(pair.init, signal.SIGSTOP)
        try:
            terminal.press("Enter")
            terminal.wait_for("Esc stop at")
            terminal.signal(signal.SIGTERM)
            terminal.wait_exit(2)
        finally:
            os.kill(pair.init, signal.SIGCONT)
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(tmp_path, "systemd.stop", "skipped")  # it was asked what the unit is, and no more
