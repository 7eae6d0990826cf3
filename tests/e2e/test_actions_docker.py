"""Actions on containers of a real engine: by keys, and by `plan` and `apply`. What they did is in the engine, the
neighbour (the same compose service of another project) is as it was, and the audit has both lines. More of them, which take
longer, are in test_actions_docker_long.py; answers that no real engine gives on demand in tests/unit/actions/test_docker.c."""

import re

import pytest

from docker_actions import FAILED, apply, config, configured, pair, plan, recorded  # noqa: F401
from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from keys import agree, close, outcome, select
from stacktop import dashboard, stacktop
from witness import Audit

BESIDE = "others"


# ---- by plan and apply

STEPS = [
    # action, what comes before it, what the container is afterwards, words, what takes it back
    ("docker.restart", [], "running", "running", None),
    ("docker.stop", [], "exited", "exited, exit code 0", "docker.start"),
    ("docker.start", ["stop"], "running", "running", "docker.stop"),
    ("docker.kill", [], "exited", "exited, exit code 137", "docker.start"),
    ("docker.pause", [], "paused", "paused", "docker.unpause"),
    ("docker.unpause", ["pause"], "running", "running", "docker.pause"),
]


@pytest.mark.parametrize("action, before, state, words, undo", STEPS, ids=[step[0] for step in STEPS])
def test_its_effect(pair, config, tmp_path, action, before, state, words, undo):
    for what in before:
        pair.do("ecap-api-1", what)
    old = pair.inspect("ecap-api-1")
    planned = plan(config, action, "ecap-api-1")
    assert pair.inspect("ecap-api-1")["State"] == old["State"]  # a plan changes nothing
    text = apply(config, planned)
    new = pair.inspect("ecap-api-1")
    assert words in text and new["State"]["Status"] == state and new["Id"] == old["Id"], text
    assert (new["State"]["StartedAt"] != old["State"]["StartedAt"]) == (action in ("docker.restart", "docker.start"))
    _, ended = recorded(tmp_path, action, "done")
    assert ended["undo"] == f"{undo} engine {old['Id']}" if undo else not ended.get("undo"), ended
    if action == "docker.pause":
        pair.do("ecap-api-1", "unpause")
    elif undo:  # and what is offered does take it back
        apply(config, plan(config, *undo_words(ended["undo"])))
        assert pair.state("ecap-api-1")["Status"] == old["State"]["Status"]


def undo_words(line):
    action, target, name = line.split()
    assert target == "engine"
    return action, name


# ---- what has changed since the plan

def test_started_anew_meanwhile(pair, config, tmp_path):
    planned = plan(config, "docker.stop", "ecap-api-1")
    pair.do("ecap-api-1", "restart")
    assert "it was started since the plan was made" in apply(config, planned, FAILED)
    assert pair.state("ecap-api-1")["Running"]
    recorded(tmp_path, "docker.stop", "refused")


# ---- on the screen

def test_keys(pair, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("ecap-api-1")
        select(terminal, 1, "ecap-api-1")
        terminal.press("S")
        terminal.wait_for(lambda screen: "docker stop --time 10" in screen.text and "Stop ecap-api-1" in screen.text)
        agree(terminal, "ecap-api-1")
        assert "exited, exit code 0" in outcome(terminal)
        assert pair.state("ecap-api-1")["Status"] == "exited"
        close(terminal)
        terminal.wait_for(re.compile(r"ecap-api-1 +exited"))
        terminal.press(":", "undo", "Enter")
        terminal.wait_for("Start ecap-api-1")
        agree(terminal, "y")
        assert "running" in outcome(terminal)
        assert pair.state("ecap-api-1")["Running"]
        close(terminal)
        terminal.wait_for(re.compile(r"ecap-api-1 +running"))
        select(terminal, 1, "ecap-api-1")
        terminal.press("R")
        agree(terminal, "ecap-api-1")
        outcome(terminal)
        close(terminal)
        select(terminal, 1, "ecap-api-1")
        terminal.press("B")
        terminal.wait_for(re.compile("it was running .* ago"))
    audit = Audit(tmp_path / "state")
    assert [each["action"] for each in audit.outcomes] == ["docker.stop", "docker.start", "docker.restart"]
    assert all(each["result"] == "done" for each in audit.outcomes)


def test_read_only(pair, config, tmp_path):
    planned = plan(config, "docker.stop", "ecap-api-1")
    for arguments, env in ((["--read-only"], {}), ([], {"STACKTOP_READ_ONLY": "1"})):
        run = stacktop("-c", config, *arguments, "apply", planned["hash"], "--confirm", planned["phrase"], env=env)
        assert run.status == FAILED and "read-only" in run.stderr, run
    run = stacktop("-c", configured(pair, tmp_path, read_only=True), "apply", planned["hash"], "--confirm", planned["phrase"])
    assert run.status == FAILED and "read-only" in run.stderr, run
    assert pair.state("ecap-api-1")["Running"] and Audit(tmp_path / "state").outcomes == []
