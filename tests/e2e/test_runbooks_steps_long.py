"""Runbooks on the command line: what is listed, what an error says, and what a run leaves behind when it ends early."""

import json
import os
import re
import signal
import sys

import pytest

from sandbox import wait_until
from stacktop import BINARY, CONFIG, OK, ROOT, USAGE, stacktop, write_config
from terminal import Terminal
from witness import Audit

BESIDE = "others"
FAILED, UNKNOWN, WAITS = 1, 2, 3

ASKED = """\
title: A test
parameters:
  word: {help: a word, default: hello}
steps:
  - {name: first, check: {metric: disk.used, row: /, above: 0%}}
  - {name: second, ask: "Which {word}?", choices: {go on: third, leave: stop, skip: end}}
  - {name: third, run: [FOLDER/program, "{word}"], timeout: 30s}
verify:
  - {metric: disk.used, row: /, below: 101%}
"""


@pytest.fixture
def place(tmp_path):
    """place(name=text): a configuration of this host with these runbooks beside it."""
    def made(program="#!/bin/sh\necho \"got: $1\"\n", **books):
        (tmp_path / "runbooks").mkdir(exist_ok=True)
        for name, text in books.items():
            (tmp_path / f"runbooks/{name}.yaml").write_text(text.replace("FOLDER", str(tmp_path)))
        (tmp_path / "program").write_text(program)
        (tmp_path / "program").chmod(0o755)
        return write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="200ms",
                            state=str(tmp_path / "state"))
    return made


def runbook(config, *words, **options):
    return stacktop("-c", config, "runbook", *words, **options)


def terminal(config, *words):
    return Terminal([BINARY, "-c", config, "runbook", *words], columns=110, rows=50)


def runs(config):
    return runbook(config, "runs").stdout


def the_id(text):
    return re.search(r"Run (\S+-\d+)", text).group(1)


def test_every_shipped_runbook_is_valid_and_listed(place):
    """Reading them checks that each metric, page and action that they name exists."""
    shipped = sorted(path.stem for path in (ROOT / "runbooks").glob("*.yaml"))
    run = runbook(place(), "list")
    assert run.status == OK and not run.stderr, run
    assert [line.split()[0] for line in run.stdout.splitlines()] == shipped
    assert {"consumer-lag", "redis-memory", "pool-exhausted", "api-down", "disk-full"} <= set(shipped)


def test_the_users_come_first(place):
    config = place(**{"disk-full": ASKED})
    run = runbook(config, "list")
    assert re.search(r"^disk-full +A test$", run.stdout, re.M), run
    shown = runbook(config, "show", "disk-full")
    assert shown.status == OK and "second\n      ask Which {word}?\n      go on -> third" in shown.stdout, shown
    assert "word: a word (default hello)" in shown.stdout and "then ask" not in shown.stdout


def test_errors_have_their_places(place):
    config = place(bad="title: x\nsteps:\n  - {name: a, check: {metric: disk.usd, above: 1%}}\n"
                       "  - {name: b, act: {action: service.restrat, target: x}, thn: a}\n"
                       "  - {name: c, show: {page: kafka.grup, target: x}}\nverify: []\n")
    for command in (("show", "bad"), ("run", "bad"), ("list",)):
        run = runbook(config, *command)
        assert run.status == CONFIG, run
        for place_of, words in (("3:26", 'did you mean "disk.used"?'), ("4:32", 'did you mean "service.restart"?'),
                                ("4:63", 'did you mean "then"?'), ("5:31", 'did you mean "kafka.group"?')):
            assert re.search(rf"bad\.yaml:{place_of[0]}:\d+: .*{re.escape(words)}", run.stderr), run


@pytest.mark.parametrize("words, error", [
    (("run", "disk-ful"), 'did you mean "disk-full"?'),
    (("run", "../../etc/x"), "unknown runbook"),
    (("run", "test", "wrd=x"), 'did you mean "word"?'),
    (("run", "test", "x"), "not NAME=VALUE"),
    (("run", "consumer-lag"), "consumer-lag needs a (service|kafka) target"),
    (("lits",), 'did you mean "list"?'),
    (("resume",), "usage: stacktop runbook resume ID"),
    (("runs", "--dry-run"), "--dry-run is only valid"),
    (("run", "test", "--yes"), "unknown option --yes"),
])
def test_a_wrong_command(place, words, error):
    run = runbook(place(test=ASKED), *words)
    assert run.status == USAGE and re.search(error.replace("?", r"\?"), run.stderr), run


def test_a_dry_run_does_nothing(place, tmp_path):
    config = place(test=ASKED)
    run = runbook(config, "run", "test", "word=\x41;x", "--dry-run")
    assert run.status == OK, run
    assert re.search(r"check disk.used of / above 0%\n +now: holds: here /: \d", run.stdout), run
    assert "'A;x'" in run.stdout and "go on -> third" in run.stdout and "Verify" in run.stdout
    assert not (tmp_path / "state").exists()


def test_without_a_terminal_it_waits_for_a_person(place, tmp_path):
    config = place(test=ASKED)
    run = runbook(config, "run", "test")
    assert run.status == WAITS and "needs a person" in run.stderr, run
    name = the_id(run.stdout)
    assert f"runbook resume {name}" in run.stdout
    assert re.search(rf"{name} .* waits, after first", runs(config)), runs(config)
    again = runbook(config, "resume", name)
    assert again.status == WAITS and "first" not in again.stdout, again
    assert runbook(config, "abandon", name).status == OK
    assert re.search(rf"{name} .* abandoned", runs(config))
    assert runbook(config, "resume", name).status == FAILED
    assert "is over: abandoned" in runbook(config, "abandon", name).stderr
    lines = Audit(tmp_path / "state").records
    assert [(line["event"], line["action"]) for line in lines] == \
        [("intent", "runbook.check"), ("outcome", "runbook.check")]
    assert lines[1]["proof"].startswith("holds: here /") and lines[1]["params"]["word"] == "hello"


def test_it_runs_to_its_end(place, tmp_path):
    config = place(test=ASKED)
    with terminal(config, "run", "test", "word=it's; $(x)") as screen:
        screen.wait_for("Enter alone to leave:")
        screen.press("1", "Enter")
        screen.wait_for("Type y to run it")
        assert "'it'\\''s; $(x)'" in screen.screen.text
        screen.press("y", "Enter")
        screen.wait_for("done", alive=False)
        assert screen.wait_exit() == OK, screen.show()
        assert "| got: it's; $(x)" in screen.screen.text and "exit status 0" in screen.screen.text
    lines = Audit(tmp_path / "state").records
    assert [line["action"].split(".")[1] for line in lines] == ["check", "check", "ask", "ask", "run", "run",
                                                                "verify", "verify"]
    assert lines[3]["proof"] == "chosen: go on" and lines[5]["result"] == "done"
    assert len({line["id"] for line in lines}) == 4
    assert re.search(r"done$", runs(config), re.M)


def test_what_is_not_confirmed_is_not_run(place, tmp_path):
    config = place("#!/bin/sh\ntouch " + str(tmp_path) + "/ran\n", test=ASKED)
    with terminal(config, "run", "test") as screen:
        screen.wait_for("Enter alone to leave:")
        screen.press("1", "Enter")
        screen.wait_for("Type y to run it")
        screen.press("Enter")
        screen.wait_for("it was not run")
        screen.press("4", "Enter")
        assert screen.wait_exit() == FAILED, screen.show()
        assert "stopped" in screen.screen.text
    assert not (tmp_path / "ran").exists()


def test_a_failed_program_stops_the_run(place):
    config = place("#!/bin/sh\nprintf 'bad \\033[2J thing\\n' >&2\nexit 3\n", test=ASKED)
    with terminal(config, "run", "test") as screen:
        screen.wait_for("Enter alone to leave:")
        screen.press("1", "Enter")
        screen.wait_for("Type y to run it")
        screen.press("y", "Enter")
        assert screen.wait_exit() == FAILED, screen.show()
        assert "! bad" in screen.screen.text and "exit status 3" in screen.screen.text
        assert "Which hello?" in screen.screen.text  # the screen was not cleared by its output


def test_a_value_does_not_become_an_option(place):
    config = place(test=ASKED)
    with terminal(config, "run", "test", "word=--force") as screen:
        screen.wait_for("Enter alone to leave:")
        screen.press("1", "Enter")
        screen.wait_for("would become an option")
        screen.press("Enter")
        assert screen.wait_exit() == WAITS


def test_a_hang_up_loses_nothing(place):
    config = place(test=ASKED)
    with terminal(config, "run", "test") as screen:
        screen.wait_for("Enter alone to leave:")
        name = the_id(screen.screen.text)
        screen.hang_up()
        wait_until(lambda: screen.process.poll() is not None, 5)
    assert re.search(rf"{name} .* waits, at second", runs(config)), runs(config)
    with terminal(config, "resume", name) as screen:
        screen.wait_for("second was interrupted before any effect")
        screen.wait_for("Enter alone to leave:")
        screen.press("3", "Enter")
        assert screen.wait_exit() == OK, screen.show()


@pytest.mark.parametrize("answer, status", [("1", OK), ("2", FAILED), ("4", FAILED)])
def test_a_crash_within_a_program_is_unknown(place, tmp_path, answer, status):
    """Whether it had its effect, a person decides; without one, the run does not go on."""
    config = place(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nmv {tmp_path}/pid {tmp_path}/began\nexec tail -f /dev/null\n", test=ASKED)
    with terminal(config, "run", "test") as screen:
        screen.wait_for("Enter alone to leave:")
        name = the_id(screen.screen.text)
        screen.press("1", "Enter")
        screen.wait_for("Type y to run it")
        screen.press("y", "Enter")
        wait_until(lambda: (tmp_path / "began").exists(), 10)
        assert re.search(rf"{name} .* running", runs(config)), runs(config)
        assert "another process" in runbook(config, "resume", name).stderr
        screen.signal(signal.SIGKILL)
        os.kill(int((tmp_path / "began").read_text()), signal.SIGKILL)
        wait_until(lambda: screen.process.poll() is not None, 5)
    assert re.search(rf"{name} .* outcome unknown", runs(config)), runs(config)
    assert runbook(config, "resume", name).status == UNKNOWN
    with terminal(config, "resume", name) as screen:
        screen.wait_for("how it ended is not known")
        screen.press(answer, "Enter")
        assert screen.wait_exit() == status, screen.show()
    outcome = [each for each in Audit(tmp_path / "state").records if each["action"] == "runbook.run"][-1]
    assert outcome["event"] == "outcome" and outcome["proof"].startswith("a person"), outcome


def test_the_runbook_of_a_run_does_not_change(place):
    config = place(test=ASKED)
    name = the_id(runbook(config, "run", "test").stdout)
    place(test=ASKED.replace("second", "other"))
    run = runbook(config, "resume", name)
    assert run.status == WAITS and "second" in run.stdout, run


def test_what_is_not_known_is_not_guessed(place):
    config = place(test=ASKED.replace("row: /, above", "row: /nowhere, above"))
    run = runbook(config, "run", "test", timeout=40)
    assert run.status == WAITS and "no row of that name" in run.stdout, run


def test_a_record_that_cannot_be_written_stops_it(place, tmp_path):
    config = place(test=ASKED)
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/audit.jsonl").mkdir()
    run = runbook(config, "run", "test")
    assert run.status == FAILED and "cannot write the audit log" in run.stderr and "holds" not in run.stdout, run


def test_read_only(place, tmp_path):
    config = place(f"#!/bin/sh\ntouch {tmp_path}/ran\n", test=ASKED)
    with terminal(config, "run", "test", "--read-only") as screen:
        screen.wait_for("Enter alone to leave:")
        screen.press("1", "Enter")
        screen.wait_for("read-only")
        screen.press("Enter")
        assert screen.wait_exit() == WAITS
    assert not (tmp_path / "ran").exists()


def test_the_help_is_complete():
    run = stacktop("runbook", "-h")
    assert run.status == OK and all(word in run.stdout for word in ("list", "resume ID", "--dry-run", "3 the run waits"))


ACTS = """\
title: An action
steps:
  - {name: act, act: {action: own.mark, target: here}}
verify: [{metric: disk.used, row: /, above: 0%}]
"""


@pytest.fixture
def acting(place, tmp_path):
    """A configuration with an action of its own, which waits as long as the file `hold` exists."""
    config = place("#!/bin/sh\ntouch \"$1/began\"\nwhile [ -e \"$1/hold\" ]; do :; done\ntouch \"$1/ran\"\n", act=ACTS)
    document = json.loads(config.read_text())
    document["actions"] = [{"id": "mark", "rows": {"kind": "host"}, "argv": [f"{tmp_path}/program", str(tmp_path)],
                            "danger": "low", "timeout": "1m"}]
    config.write_text(json.dumps(document))
    return config


def test_an_action_is_planned_confirmed_and_recorded(acting, tmp_path):
    with terminal(acting, "run", "act") as screen:
        screen.wait_for("Type `y` to apply the plan")
        assert not (tmp_path / "ran").exists()
        screen.press("y", "Enter")
        assert screen.wait_exit(10) == OK, screen.show()
    assert (tmp_path / "ran").exists()
    records = Audit(tmp_path / "state").records
    assert [(each["event"], each["action"]) for each in records] == [
        ("intent", "runbook.act"), ("intent", "own.mark"), ("outcome", "own.mark"), ("outcome", "runbook.act"),
        ("intent", "runbook.verify"), ("outcome", "runbook.verify")]
    assert records[1]["hash"] == records[3]["hash"]


def test_a_phrase_that_is_not_typed_does_nothing(acting, tmp_path):
    with terminal(acting, "run", "act") as screen:
        screen.wait_for("Type `y` to apply the plan")
        screen.press("n", "Enter")
        screen.wait_for("the action was not done")
        screen.press("4", "Enter")
        assert screen.wait_exit() == FAILED, screen.show()
    assert not (tmp_path / "began").exists()


def test_a_crash_before_the_confirmation_begins_the_step_again(acting, tmp_path):
    with terminal(acting, "run", "act") as screen:
        screen.wait_for("Type `y` to apply the plan")
        name = the_id(screen.screen.text)
        screen.signal(signal.SIGKILL)
    with terminal(acting, "resume", name) as screen:
        screen.wait_for("planned, but never begun")
        screen.wait_for("Type `y` to apply the plan")
        screen.press("y", "Enter")
        assert screen.wait_exit(10) == OK, screen.show()
    assert (tmp_path / "ran").exists()


def test_a_crash_and_hang_up_within_an_action_is_decided_by_a_person(acting, tmp_path):
    """The line is cut with the process: the action stops as well, and says so in the audit log."""
    (tmp_path / "hold").touch()
    with terminal(acting, "run", "act") as screen:
        screen.wait_for("Type `y` to apply the plan")
        name = the_id(screen.screen.text)
        screen.press("y", "Enter")
        wait_until(lambda: (tmp_path / "began").exists(), 10)
        screen.signal(signal.SIGKILL)
        wait_until(lambda: Audit(tmp_path / "state").outcomes, 15)
    assert not (tmp_path / "ran").exists()
    assert runbook(acting, "resume", name).status in (UNKNOWN, WAITS)
    with terminal(acting, "resume", name) as screen:
        screen.wait_for("interrupted; the audit log says:")
        screen.press("4", "Enter")
        assert screen.wait_exit() == FAILED, screen.show()


# Stays the leader of the session: the terminal does not hang up when the program ends.
LEADER = "import subprocess, sys; run = subprocess.Popen(sys.argv[1:]); print('PID', run.pid, flush=True); run.wait(); " \
         "print('\\nleft', flush=True); sys.stdin.read()"


def test_an_action_that_outlives_the_run_is_found_in_the_audit_log(acting, tmp_path):
    (tmp_path / "hold").touch()
    with Terminal([sys.executable, "-c", LEADER, BINARY, "-c", acting, "runbook", "run", "act"], columns=110, rows=50) as screen:
        screen.wait_for("Type `y` to apply the plan")
        name = the_id(screen.screen.text)
        screen.press("y", "Enter")
        wait_until(lambda: (tmp_path / "began").exists(), 10)
        os.kill(int(re.search(r"PID (\d+)", screen.screen.text).group(1)), signal.SIGKILL)
        screen.wait_for("\nleft")
        assert "still running" in runbook(acting, "resume", name).stderr
        (tmp_path / "hold").unlink()
        wait_until(lambda: [each for each in Audit(tmp_path / "state").outcomes if each["action"] == "own.mark"], 10)
    with terminal(acting, "resume", name) as screen:
        screen.wait_for("was done meanwhile", alive=False)
        assert screen.wait_exit(10) == OK, screen.show()
