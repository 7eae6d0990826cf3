"""A command in a container of a real engine: what it did, what it printed, how it ended, and what is recorded of it. Answers
that no real engine gives on demand are in tests/unit/actions/test_docker_exec.c."""

import json

import pytest

from docker_actions import FAILED, apply, config, configured, pair, recorded  # noqa: F401
from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from headless import plan_at
from keys import agree, close, outcome, select
from sandbox import wait_until
from stacktop import OK, dashboard, stacktop
from witness import Audit

BESIDE = "others"
UNKNOWN = 2


def plan(config, command, *more, **options):
    return plan_at("engine", "ecap-api-1", f"command={command}")(config, "docker.exec", *more, **options)


def outputs(ended):
    return {each["stream"]: each["text"] for each in ended.get("output", [])}


def test_its_effect_and_its_output(pair, config, tmp_path):
    planned = plan(config, "sh -c 'echo made; echo a note >&2; touch /tmp/made'")
    assert planned["phrase"].endswith("ecap-api-1")
    text = apply(config, planned)
    assert "ended with exit code 0" in text, text
    intent, ended = recorded(tmp_path, "docker.exec", "done")
    assert intent["params"]["command"].startswith("sh -c 'echo made")
    assert outputs(ended) == {"stdout": "made\n", "stderr": "a note\n"}
    apply(config, plan(config, "test -e /tmp/made"))


def test_no_shell_sees_it(pair, config, tmp_path):
    """One word each: nothing is expanded, and a word may begin with a dash."""
    apply(config, plan(config, r"""echo '$HOME' * "; touch /tmp/x" --help \$(id)"""))
    _, ended = recorded(tmp_path, "docker.exec", "done")
    assert outputs(ended)["stdout"] == "$HOME * ; touch /tmp/x --help $(id)\n"


def test_an_exit_code(pair, config, tmp_path):
    text = apply(config, plan(config, "sh -c 'echo no database >&2; exit 7'"), UNKNOWN)
    assert "ended with exit code 7" in text and "it may have had an effect" in text, text
    _, ended = recorded(tmp_path, "docker.exec", "unknown")
    assert outputs(ended) == {"stderr": "no database\n"}


def test_no_such_program(pair, config):
    text = apply(config, plan(config, "nosuch"), UNKNOWN)
    assert ("exit code 127 (no such program)" in text or "exit code 126 (it could not be run)" in text) and "nosuch" in text, text


def test_one_that_does_not_end(pair, config, tmp_path):
    text = apply(config, plan(config, "sh -c 'echo begun; exec sleep 4242'", "timeout=1s"), UNKNOWN)
    assert "no end after 1" in text and "it still runs in the container" in text, text
    _, ended = recorded(tmp_path, "docker.exec", "unknown")
    assert outputs(ended) in ({"stdout": "begun\n"}, {})  # an engine with much to do has only begun to start it
    wait_until(lambda: runs(pair, "4242"), what="the command, which does still run")


def runs(at, word):
    return any(word in " ".join(line) for line in at.call("GET", "/containers/ecap-api-1/top")["Processes"])


def test_what_it_prints_is_hostile_and_long(pair, config, tmp_path):
    command = r"""sh -c 'printf "\033]0;owned\007\033[2J password=hunter2\n"; head -c 3000000 /bin/busybox; printf "\nthe end\n"'"""
    run = stacktop("-c", config, "plan", "docker.exec", "engine", "ecap-api-1", f"command={command}", "--json")
    assert run.status == OK, run
    text = apply(config, run.json)
    assert "\033]0" not in text and "\033[2J" not in text
    _, ended = recorded(tmp_path, "docker.exec", "done")
    raw = json.dumps(ended)
    assert "hunter2\\n" not in json.dumps(ended["output"]) and "the end" in raw and len(raw) < 2 << 20


REFUSED = [
    ("command=", "command"),
    ("command='", "unclosed"),
    ("timeout=0s", "timeout"),
    ("command=''", "no program is named"),
]


@pytest.mark.parametrize("param, words", REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_no_command(pair, config, param, words):
    run = stacktop("-c", config, "plan", "docker.exec", "engine", "ecap-api-1",
                   *(["command=true"] if param.startswith("timeout") else []), param)
    assert run.status != OK and words in run.stderr, run


def test_one_that_does_not_run(pair, config, tmp_path):
    planned = plan(config, "true")
    pair.do("ecap-api-1", "stop")
    assert "it is exited now, and was running" in apply(config, planned, FAILED)
    recorded(tmp_path, "docker.exec", "refused")
    assert "ecap-api-1 is exited" in plan(config, "true", status=FAILED)


def test_another_run(pair, config):
    planned = plan(config, "true")
    pair.do("ecap-api-1", "restart")
    assert "it was started since the plan was made" in apply(config, planned, FAILED)


def test_keys(pair, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("ecap-api-1")
        select(terminal, 1, "ecap-api-1")
        terminal.press(":", "docker.exec engine ecap-api-1 command='echo from inside'", "Enter")
        terminal.wait_for("Run a command in ecap-api-1")
        agree(terminal, "ecap-api-1")
        assert "exit code 0" in outcome(terminal)
        terminal.press("o")
        terminal.wait_for("from inside")
        terminal.press("Esc")
        close(terminal)
    assert [each["result"] for each in Audit(tmp_path / "state").outcomes] == ["done"]


def test_cancelled(pair, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("ecap-api-1")
        terminal.press(":", "docker.exec engine ecap-api-1 command='sleep 4243'", "Enter")
        terminal.wait_for("Run a command in ecap-api-1")
        agree(terminal, "ecap-api-1")
        wait_until(lambda: runs(pair, "4243"), what="the command to run")
        terminal.press("Esc")
        text = outcome(terminal)
        assert "cancelled after" in text and "it still runs" in text, text
    recorded(tmp_path, "docker.exec", "unknown")
