"""Runbooks on the screen: which ones r offers, their dry run, and a run that takes over the terminal and gives it back."""

import json
import re
import signal

import pytest

from stacktop import dashboard, stacktop, write_config

BESIDE = "others"

BOOK = """\
title: A test of the screen
matches:
  - {metric: disk.used, with: {host: "{target}", mount: "{row}"}}
parameters:
  host: {help: host, default: nobody}
  mount: {help: mount point, default: /nowhere}
steps:
  - {name: first, check: {metric: disk.used, target: "{host}", row: "{mount}", above: 0%}}
  - {name: second, ask: "What with {mount}?", choices: {go on: end, leave: stop}}
verify:
  - {metric: disk.used, target: "{host}", row: "{mount}", below: 101%}
"""


@pytest.fixture
def config(tmp_path):
    def made(**more):
        (tmp_path / "runbooks").mkdir(exist_ok=True)
        (tmp_path / "runbooks/try.yaml").write_text(BOOK)
        return write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="500ms",
                            state=str(tmp_path / "state"), **more)
    return made


def offered(terminal, key="r"):
    terminal.wait_for("MOUNT")
    terminal.wait_for(re.compile("what fills it|MOUNT"))
    terminal.press(key)
    terminal.wait_for(re.compile(r"\[Runbooks for here /\]"))
    terminal.wait_for("A test of the screen")


def again(terminal, text):
    """The screen still shows what the run before has printed."""
    terminal.wait_for(lambda screen: screen.text.count(text) == 2)


def opened(terminal):
    """The list has the shipped disk-full first, then the one of the test."""
    terminal.wait_for("disk-full")
    terminal.press("j", "Enter")
    terminal.wait_for(re.compile(r"\[Runbook try\]"))


def test_it_is_offered_and_run_and_resumed(config, tmp_path):
    with dashboard(config(thresholds={"disk.used": {"warn": "0.01%"}}), columns=100, rows=30) as terminal:
        offered(terminal)
        assert re.search(r"│ +used [0-9.]+%, above", terminal.screen.text)  # the reason is the finding
        opened(terminal)
        terminal.wait_for("now: holds")
        assert "host=here" in terminal.screen.text and "mount=/" in terminal.screen.text
        terminal.press("S")
        terminal.wait_for(re.compile(r"What with /\?"))
        assert not terminal.screen.alternate
        terminal.wait_for("Number (1 to 2)")
        terminal.press("Enter")
        terminal.wait_for("Press Enter to return to the dashboard")
        terminal.press("Enter")
        terminal.wait_for("The run is not over: press r, then resume it")
        assert terminal.screen.alternate
        terminal.press("r")
        terminal.wait_for("resume: waits, at second")
        terminal.press("Enter")
        terminal.wait_for(re.compile("Run try-.*waits, at second"))
        terminal.press("S")
        again(terminal, "Number (1 to 2)")
        terminal.press("1", "Enter")
        again(terminal, "Press Enter to return")
        terminal.press("Enter")
        terminal.wait_for("The runbook is done, and verified")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
    run, = (tmp_path / "state/runs").glob("try-*.jsonl")
    events = [json.loads(line) for line in run.read_text().splitlines()]
    assert events[-1]["over"] == "done"
    assert {"name": "mount", "value": "/"} in events[0]["parameters"]


def test_runs_that_are_not_over_are_listed_everywhere_and_abandoned(config, tmp_path):
    path = config(redis=[{"name": "cache", "url": "redis://127.0.0.1:1/0"}])
    waits = stacktop("-c", path, "runbook", "run", "try", "host=here", "mount=/")
    assert waits.status == 3 and "resume" in waits.stdout, waits
    with dashboard(path, columns=100, rows=30) as terminal:
        terminal.wait_for("refused")
        terminal.press("2", "r")  # from no row that the runbook is about
        terminal.wait_for("a run that is not about this")
        terminal.wait_for("resume: waits, after first")
        terminal.press("G", "Enter")
        terminal.wait_for(re.compile("Run try-.*waits, after first"))
        terminal.press("y")  # not asked
        terminal.press("A")
        terminal.wait_for("without its remaining steps?")
        terminal.press("n")
        terminal.wait_gone("without its remaining steps?")
        terminal.press("y")
        terminal.press("A")
        terminal.wait_for("without its remaining steps?")
        terminal.press("y")
        terminal.wait_for(re.compile("Run try-.*: abandoned"))
        terminal.press("q")
        terminal.wait_exit(1)
    run, = (tmp_path / "state/runs").glob("try-*.jsonl")
    assert json.loads(run.read_text().splitlines()[-1])["over"] == "abandoned"


def test_no_runbook_and_read_only(config):
    with dashboard(config(redis=[{"name": "cache", "url": "redis://127.0.0.1:1/0"}]), "--read-only", columns=80,
                   rows=24) as terminal:
        terminal.wait_for("refused")
        terminal.press("2", "R")
        terminal.wait_for("No runbook leads from here")
        terminal.press("1")
        offered(terminal, "R")
        opened(terminal)
        terminal.wait_for("Cannot be started here: --read-only")
        terminal.press("S")
        terminal.wait_for("Not started: --read-only")
        terminal.press("Esc")
        terminal.wait_for("[Runbooks for")
        terminal.press("Esc")
        terminal.wait_for("MOUNT")
        terminal.press("z")
        terminal.wait_for("PAUSED")
        terminal.press("r")
        terminal.wait_for("Paused: press z to resume")


def test_a_hang_up_ends_both_and_the_run_stays(config, tmp_path):
    with dashboard(config(), columns=100, rows=30) as terminal:
        offered(terminal)
        opened(terminal)
        terminal.wait_for("now: holds")
        terminal.press("S")
        terminal.wait_for(re.compile(r"Number \(1 to 2\)"))
        terminal.resize(80, 24)
        terminal.hang_up()
        assert terminal.wait_exit(2) == -signal.SIGHUP
        terminal.assert_no_children()
    run, = (tmp_path / "state/runs").glob("try-*.jsonl")
    assert json.loads(run.read_text().splitlines()[-1])["event"] == "begin"


def names(terminal):
    """The runbooks that are offered, in their order, each with its reason."""
    rows = [row.strip("│► ").rstrip() for row in terminal.screen.rows]
    return [(row.split()[0], why) for row, why in zip(rows, rows[1:])
            if re.match(r"(try|disk-full|any-host|database-down|api-down)  +\S", row)]


def test_the_runbook_for_the_finding_comes_before_those_for_the_state(config, tmp_path):
    path = config(thresholds={"disk.used": {"warn": "0.01%"}})
    (tmp_path / "runbooks/any-host.yaml").write_text(
        'title: Any host\nmatches: [{kind: host, is: warning, with: {host: "{target}"}}]\n'
        'parameters: {host: {help: host}}\nsteps: [{name: a, ask: "Go?", choices: {go on: end, leave: stop}}]\n'
        'verify: [{is: ok, target: "{host}"}]\n')
    with dashboard(path, columns=100, rows=30) as terminal:
        terminal.wait_for("used ")
        terminal.press("f")
        terminal.wait_for("[Findings]")
        terminal.press("r")
        terminal.wait_for("Any host")
        assert [name for name, _ in names(terminal)] == ["disk-full", "try", "any-host"], terminal.show()
        assert names(terminal)[0][1].startswith("used ") and names(terminal)[2][1] == "for host with a warning"


def test_a_target_that_does_not_answer(tmp_path):
    """The reason is that it does not answer, and the runbook for it comes first."""
    port = 1
    path = write_config(tmp_path, hosts=[], interval="500ms", state=str(tmp_path / "state"),
                        postgres=[{"name": "ecap", "dsn": f"host=127.0.0.1 port={port} user=x dbname=x"}])
    with dashboard(path, columns=100, rows=30) as terminal:
        terminal.wait_for("refused")
        terminal.press("r")
        terminal.wait_for("The database is down")
        name, why = names(terminal)[0]
        assert name == "database-down" and "refused" in why, terminal.show()
