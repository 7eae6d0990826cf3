"""Actions on containers of a real engine, continued: what has changed since the plan, what becomes of a container, and
several of them in order."""

import re

import pytest

from docker_actions import FAILED, PARTLY, QUICK, apply, config, configured, pair, plan, recorded  # noqa: F401
from docker_engine import PROJECT, SERVICE, Relay, engine, shared_engine  # noqa: F401 (fixtures)
from keys import agree, outcome
from sandbox import wait_until
from stacktop import OK, dashboard, stacktop
from witness import Audit

BESIDE = "others"


# ---- by plan and apply

def test_another_container_of_the_name(pair, config, tmp_path):
    planned = plan(config, "docker.stop", "ecap-api-1")
    pair.remove("ecap-api-1")
    pair.run("ecap-api-1")
    assert "the container was removed" in apply(config, planned)  # which is not the one that runs now
    assert pair.state("ecap-api-1")["Running"]
    recorded(tmp_path, "docker.stop", "gone")


def test_a_crash_loop_can_be_stopped(engine, config, tmp_path):  # noqa: F811
    """Each of its runs is another one: that is not somebody who has started it."""
    engine.run("loop", "sh", "-c", "exit 3", policy="always")
    wait_until(lambda: engine.inspect("loop")["RestartCount"] >= 2, what="restarts")
    planned = plan(config, "docker.stop", "loop")
    count = engine.inspect("loop")["RestartCount"]
    wait_until(lambda: engine.inspect("loop")["RestartCount"] > count, what="the next run")
    assert "exited, exit code 3" in apply(config, planned)
    assert engine.state("loop")["Status"] == "exited"
    recorded(tmp_path, "docker.stop", "done")


def test_what_a_plan_says(pair, config):
    pair.run("daily", policy="always", labels={PROJECT: "ecap"})
    planned = plan(config, "docker.stop", "daily")
    text = stacktop("-c", config, "plan", "docker.stop", "engine", "daily").stdout
    identity = pair.inspect("daily")["Id"]
    assert f"docker stop --time 10 {identity[:12]}" in text, text
    assert "daily has the restart policy always: a restart of the engine starts it again" in text, text
    assert "compose project ecap: docker compose up starts it" in text, text
    assert planned["phrase"] == "daily" and identity in str(planned)


@pytest.mark.parametrize("action, state", [("start", "running"), ("unpause", "running"), ("stop", "exited"), ("kill", "exited"),
                                           ("pause", "exited")])
def test_what_makes_no_sense(pair, config, action, state):
    if state == "exited":
        pair.do("ecap-api-1", "stop")
    text = plan(config, f"docker.{action}", "ecap-api-1", status=FAILED)
    assert re.search(rf"it was {state} .*ago", text), text


# ---- what has changed since the plan

def test_removed_meanwhile(pair, config, tmp_path):
    planned = plan(config, "docker.restart", "ecap-api-1")
    pair.remove("ecap-api-1")
    assert "the container was removed" in apply(config, planned, FAILED)
    recorded(tmp_path, "docker.restart", "refused")


@pytest.mark.parametrize("action", ["restart", "stop", "kill", "pause"])
def test_stopped_meanwhile(pair, config, action):
    planned = plan(config, f"docker.{action}", "ecap-api-1")
    pair.do("ecap-api-1", "stop")
    assert "it is exited now, and was running when the plan was made" in apply(config, planned, FAILED)
    assert pair.state("ecap-api-1")["Status"] == "exited"


# ---- what becomes of it

def test_health_is_waited_for(engine, config):  # noqa: F811
    engine.run("slow", "sh", "-c", "rm -f /tmp/ready; sleep 2; touch /tmp/ready; sleep 1000", 
               Healthcheck={"Test": ["CMD-SHELL", "test -e /tmp/ready"], "Interval": 10 ** 9, "Retries": 9}, StopSignal="KILL")
    text = apply(config, plan(config, "docker.restart", "slow"))
    took = re.search(r"healthy after (\d+\.\d)s", text)
    assert took and 1.5 < float(took.group(1)) < 20, text
    assert engine.state("slow")["Health"]["Status"] == "healthy"


def test_health_that_fails(engine, config, tmp_path):  # noqa: F811
    engine.run("sick", health="echo no database; exit 1", StopSignal="KILL")
    text = apply(config, plan(config, "docker.restart", "sick"), PARTLY)
    assert "its health check fails: no database" in text, text
    recorded(tmp_path, "docker.restart", "partial")


def test_it_ends_again(engine, config, tmp_path):  # noqa: F811
    engine.run("job", "sh", "-c", "exit 7")
    wait_until(lambda: engine.state("job")["Status"] == "exited", what="the job to end")
    text = apply(config, plan(config, "docker.start", "job"), PARTLY)
    assert "started, but it is exited again: exit code 7" in text, text
    recorded(tmp_path, "docker.start", "partial")


def test_it_crashes_again_and_again(engine, config):  # noqa: F811
    engine.run("loop", "sh", "-c", "sleep 0.2; exit 3", policy="always")
    wait_until(lambda: engine.inspect("loop")["RestartCount"] >= 1, what="a restart")
    text = apply(config, plan(config, "docker.restart", "loop"), PARTLY)
    assert re.search(r"started, but it (ended, and was started again|is restarting again: exit code 3)", text), text


def test_the_engine_refuses(engine, config, tmp_path):  # noqa: F811
    engine.create("broken", "/no/such/program")
    text = apply(config, plan(config, "docker.start", "broken"), FAILED)
    assert "no such file" in text, text
    _, ended = recorded(tmp_path, "docker.start", "refused")
    assert not ended.get("undo")


# ---- several

def test_several_in_order(pair, config, tmp_path):
    pair.run("ecap-web-1", "sh", "-c", QUICK, labels={PROJECT: "ecap", SERVICE: "web"})
    planned = plan(config, "docker.restart", "ecap-web-1", "ecap-api-1")
    assert planned["phrase"] == "staging 2"
    text = apply(config, planned)
    assert "2 of 2 containers restarted" in text, text
    first, second = (pair.state(name)["StartedAt"] for name in ("ecap-api-1", "ecap-web-1"))
    assert first < second  # in the order of the table, and the second after the first had run for a second
    recorded(tmp_path, "docker.restart", "done")


def test_the_first_that_fails_ends_it(pair, config, tmp_path):
    pair.run("ecap-bad-1", "sh", "-c", "test -e /tmp/ran && exit 9; touch /tmp/ran; exec sleep 1000", StopSignal="KILL")
    pair.run("ecap-web-1", "sh", "-c", QUICK)
    untouched = pair.state("ecap-web-1")
    text = apply(config, plan(config, "docker.restart", "ecap-api-1", "ecap-bad-1", "ecap-web-1"), PARTLY)
    assert "not attempted: ecap-bad-1 failed" in text and "exit code 9" in text, text
    assert pair.state("ecap-web-1") == untouched and pair.state("ecap-api-1")["Running"]
    recorded(tmp_path, "docker.restart", "partial")


# ---- an engine that goes away

CHANGE = r"POST /containers/\w+/(stop|restart)"


@pytest.mark.parametrize("hangs", [False, True], ids=["gone", "hung"])
def test_gone_in_the_middle(pair, tmp_path, hangs):
    """The engine has done it, or not: nobody answers."""
    with Relay(pair, CHANGE, hangs=hangs) as relay:
        config = configured(relay, tmp_path)
        planned = plan(config, "docker.restart", "ecap-api-1", "shop-api-1")
        with dashboard(config) as terminal:
            terminal.wait_for("ecap-api-1")
            terminal.press(":", "docker.restart engine ecap-api-1 shop-api-1", "Enter")
            agree(terminal, planned["phrase"])
            wait_until(lambda: relay.gone.is_set(), what="the change to be sent")
            if hangs:  # who does not want to wait for it any longer
                terminal.signal(15)
                terminal.wait_exit(2)
            else:
                text = outcome(terminal)
                assert "sent, but no answer" in text and "not attempted: ecap-api-1 failed" in text, text
        assert len([line for line in relay.requests if line.startswith("POST")]) == 1  # nothing is tried twice
    _, ended = recorded(tmp_path, "docker.restart", "unknown")
    results = [each["result"] for each in ended["victims"]]
    assert results == ["unknown", "skipped"] and not ended.get("undo"), ended


def test_gone_before_it_is_asked(pair, tmp_path):
    with Relay(pair, r"GET /containers/\w+/json", passes=False) as relay:
        relay.cut = re.compile("never")
        config = configured(relay, tmp_path)
        planned = plan(config, "docker.stop", "ecap-api-1")
        relay.cut = re.compile(r"GET /containers/\w+/json")
        run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"])
    assert run.status != OK and pair.state("ecap-api-1")["Running"], run


# ---- on the screen

def test_cancelled_while_it_waits(pair, config, tmp_path):
    pair.run("never", Healthcheck={"Test": ["CMD-SHELL", "exit 1"], "Interval": 10 ** 9, "Retries": 1000},
             StopSignal="KILL")
    pair.run("other", "sh", "-c", QUICK)
    untouched = pair.state("other")
    with dashboard(config) as terminal:
        terminal.wait_for("never")
        terminal.press(":", "docker.restart engine never other", "Enter")
        agree(terminal, "staging 2")
        wait_until(lambda: Audit(tmp_path / "state").intents, what="the intent")
        terminal.wait_for("Esc stop at")
        terminal.wait_for("waiting for never")
        terminal.press("Esc")
        text = outcome(terminal)
        assert "still running, health check starting; its health was not awaited" in text, text
    _, ended = recorded(tmp_path, "docker.restart", "partial")
    assert [each["result"] for each in ended["victims"]] == ["partly", "skipped"], ended
    assert ended["victims"][1]["words"] == "cancelled before its turn", ended
    assert pair.state("other") == untouched


def test_esc_ends_the_wait_for_health(pair, config, tmp_path):
    """Of one container, which is waited for in the verification: what was done stays done."""
    pair.run("never", Healthcheck={"Test": ["CMD-SHELL", "exit 1"], "Interval": 10 ** 9, "Retries": 1000}, StopSignal="KILL")
    before = pair.state("never")["StartedAt"]
    with dashboard(config) as terminal:
        terminal.wait_for("never")
        terminal.press(":", "docker.restart engine never", "Enter")
        agree(terminal, "never")
        terminal.wait_for("Esc stop waiting")
        terminal.press("Esc")
        text = outcome(terminal)
        assert "health check starting; its health was not awaited" in text, text
    _, ended = recorded(tmp_path, "docker.restart", "partial")
    assert "its health was not awaited" in str(ended), ended
    assert pair.state("never")["StartedAt"] != before and pair.state("never")["Running"]
