"""From a red row to the verified result, and what is prevented on the way, in a real terminal with the sandbox's
PostgreSQL."""

import contextlib
import os
import signal

import pytest

from keys import ARMED, agree, close, configure, outcome, select, subject
from sandbox import wait_until
from stacktop import dashboard
from witness import Audit

BESIDE = "others"


@pytest.fixture(scope="module")
def stage(sandbox):
    """The sandbox; calm before and after all of these."""
    sandbox.scene("calm")
    yield sandbox
    sandbox.scene("calm")


@pytest.fixture
def hog(stage):
    """The pid of the session that blocks the others; enters the scene again if it was terminated."""

    def pid():
        rows = stage.sql("SELECT pid FROM pg_stat_activity a WHERE state = 'idle in transaction'"
                         " AND application_name = 'ecap-batch'"
                         " AND EXISTS (SELECT 1 FROM pg_stat_activity b WHERE a.pid = ANY (pg_blocking_pids(b.pid)))")
        return rows[0][0] if rows else None

    if not pid():
        stage.scene("db-hog")
    return wait_until(pid, what="the hog")


def alive(sandbox, pid):
    return bool(sandbox.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))


def open_plan(terminal, pid, key="T"):
    terminal.wait_for("idle in txn", 20)
    select(terminal, 2, f"pid {pid}")
    terminal.press("a")
    terminal.wait_for(f"Actions: pid {pid} of ecap")
    terminal.press(key)
    terminal.wait_for("[>Cancel<]")


def test_a_red_row_is_fixed_with_a_key_a_plan_and_a_phrase(stage, hog, tmp_path):
    sessions = {pid for pid, in stage.sql(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name LIKE 'ecap%%'")}
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog)
        plan = terminal.screen.text
        assert "DESTRUCTIVE" in plan and "sandbox" in plan
        assert "pg_terminate_backend" in plan and str(hog) in plan
        agree(terminal, str(hog))
        text = outcome(terminal)
        assert "done" in text and "gone after" in text, text
        close(terminal)
        terminal.wait_for(lambda screen: "idle in txn" not in screen.text)  # the pane shows the recovery
        terminal.wait_for("erminate")  # and the events the result
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
    assert not alive(stage, hog)
    left = {pid for pid, in stage.sql("SELECT pid FROM pg_stat_activity")}
    assert len(sessions - left - {hog}) <= 3, "others than the hog were ended"  # the sessions that it blocked continue
    intent, result = Audit(tmp_path / "state").only()
    assert intent["action"] == "postgres.terminate" and intent["confirm"] == str(hog)
    assert str(hog) in intent["victims"][0]["label"] and any("pg_terminate_backend" in line for line in intent["plan"])
    assert result["result"] == "done" and result["victims"][0]["result"] == "done"


MISTAKES = (["Enter"], ["Esc"], ["Ctrl-C"], ["x", "Enter"], ["y"], ["Y", "Enter"], ["PID", "Esc"], ["Space", "Enter"],
            ["PID", "Backspace", "Enter"], ["Tab", "Enter"], ["ecap", "Enter"])


def test_no_single_mistake_acts(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path)) as terminal:
        for keys in MISTAKES:
            open_plan(terminal, hog)
            for key in keys:
                terminal.settle(0.4)
                terminal.press(str(hog) if key == "PID" else key)
            terminal.settle(0.5)
            assert alive(stage, hog), f"{keys}\n{terminal.show()}"
            if "DESTRUCTIVE" in terminal.screen.text:
                terminal.press("Ctrl-C")
                terminal.wait_gone("DESTRUCTIVE")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    assert Audit(tmp_path / "state").records == []


def test_a_paste_never_agrees(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog)
        terminal.settle(0.4)
        os.write(terminal.master, f"\x1b[200~{hog}\r\x1b[201~".encode())
        terminal.wait_for("Pasted text is not accepted")
        os.write(terminal.master, f"{hog}\r".encode())  # a terminal that does not mark pastes
        terminal.wait_for("Too soon")
        assert alive(stage, hog)
    assert Audit(tmp_path / "state").intents == []


def test_a_session_that_is_gone_meanwhile_is_said_to_be_gone(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog)
        stage.sql("SELECT pg_terminate_backend(%s)", hog)
        wait_until(lambda: not alive(stage, hog))
        agree(terminal, str(hog))
        assert "already gone" in outcome(terminal)
    assert Audit(tmp_path / "state").only()[1]["victims"][0]["result"] == "gone"


@pytest.mark.parametrize("arguments,env,text", [
    (["--read-only"], {}, ""), ([], {"STACKTOP_READ_ONLY": "1"}, ""), ([], {}, "read_only: true\n"), (["--wall"], {}, "")])
def test_read_only_is_said_and_held(stage, hog, tmp_path, arguments, env, text):
    with dashboard(configure(stage, tmp_path, text), *arguments, env=env) as terminal:
        if "--wall" in arguments:
            terminal.wait_for("moves every second", 20)
            terminal.press("Enter")  # the panes behind it
        terminal.wait_for("idle in txn", 20)
        assert "READ-ONLY" in terminal.screen.rows[0]
        select(terminal, 2, f"pid {hog}")
        terminal.press("T")
        terminal.wait_for("read-only")
        terminal.wait_for("Nothing was done")
    assert alive(stage, hog)
    assert Audit(tmp_path / "state").records == []


def test_unlocking_asks_for_the_name_of_the_environment(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path), "--read-only") as terminal:
        terminal.wait_for("READ-ONLY")
        terminal.press(":", "unlock", "Enter")
        terminal.wait_for("to unlock for 5 minutes")
        assert "READ-ONLY" in terminal.screen.rows[0]
        terminal.press(" sandbox", "Enter")  # the line is still there
        terminal.wait_for("UNLOCKED")
        open_plan(terminal, hog)
        terminal.press("Esc")
        terminal.wait_gone("DESTRUCTIVE")
        terminal.press(":", "lock", "Enter")
        terminal.wait_for("READ-ONLY")


def test_stale_data_makes_no_plan(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        select(terminal, 2, f"pid {hog}")
        stage.freeze("postgres")
        try:
            terminal.wait_for("down", 20)
            terminal.press("T")
            terminal.wait_for("Nothing was done")
        finally:
            stage.thaw("postgres")
    assert Audit(tmp_path / "state").records == []


def test_production_requires_its_name_too(stage, hog, tmp_path):
    config = configure(stage, tmp_path, **{"environment: sandbox": "environment: eu-prod"})
    with dashboard(config) as terminal:
        open_plan(terminal, hog)
        assert "PRODUCTION" in terminal.screen.text
        agree(terminal, f"eu-prod {hog}")
        assert "done" in outcome(terminal)
    assert Audit(tmp_path / "state").only()[0]["confirm"] == f"eu-prod {hog}"


# The program is interrupted at each step; terminal, audit log and server agree afterwards.

def stop_at(terminal, how):
    if how == "kill -9":
        terminal.signal(signal.SIGKILL)
    else:
        terminal.hang_up()
    terminal.process.wait(2)  # it does not keep running without its terminal


HOW = pytest.mark.parametrize("how", ["kill -9", "hang-up"])


@HOW
@pytest.mark.parametrize("step", ["menu", "plan", "typed"])
def test_cut_off_before_the_agreement(stage, hog, tmp_path, how, step):
    with dashboard(configure(stage, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        select(terminal, 2, f"pid {hog}")
        terminal.press("a")
        terminal.wait_for("Actions: ")
        if step != "menu":
            terminal.press("T")
            terminal.wait_for("[>Cancel<]")
        if step == "typed":
            terminal.press(str(hog))
            terminal.wait_for(ARMED)
        stop_at(terminal, how)
    assert alive(stage, hog)
    assert Audit(tmp_path / "state").records == []


@HOW
def test_cut_off_while_it_is_under_way(stage, hog, tmp_path, how):
    """The server is frozen, so that the command is sent and not answered."""
    audit = Audit(tmp_path / "state")
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog)
        stage.freeze("postgres")
        try:
            agree(terminal, str(hog))
            wait_until(lambda: audit.intents, what="the intent")
            stop_at(terminal, how)
        finally:
            stage.thaw("postgres")
    intents, outcomes = audit.intents, audit.outcomes
    assert len(intents) == 1
    if how == "hang-up":  # it had time to record that the outcome is unknown
        assert [record["result"] for record in outcomes] == ["unknown"] or outcomes[0]["result"] == "skipped"
        return
    assert outcomes == []
    with dashboard(configure(stage, tmp_path)) as terminal:  # the next start reports it
        terminal.wait_for("outcome unknown")


def test_without_a_record_nothing_is_done(stage, hog, tmp_path):
    (tmp_path / "state" / "audit.jsonl").mkdir(parents=True)
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog)
        agree(terminal, str(hog))
        text = outcome(terminal)
        assert "Nothing was done" in text and "directory" in text, text
    assert alive(stage, hog)


def test_a_rotated_audit_log_is_recreated(stage, hog, tmp_path):
    audit = Audit(tmp_path / "state")
    with dashboard(configure(stage, tmp_path)) as terminal:
        open_plan(terminal, hog, "T")
        audit.path.parent.mkdir(parents=True, exist_ok=True)
        if audit.path.exists():
            audit.path.rename(audit.path.with_suffix(".1"))
        agree(terminal, str(hog))
        outcome(terminal)
    assert len(audit.records) == 2
    assert oct(audit.path.stat().st_mode & 0o777) == "0o600"


def test_the_bottom_line_names_the_object_of_the_keys(stage, hog, tmp_path):
    with dashboard(configure(stage, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        select(terminal, 2, f"pid {hog}")
        assert subject(terminal.screen) == f"pid {hog}"


def test_marked_rows_are_ended_and_what_the_filter_hides_is_counted(stage, hog, tmp_path):
    """Three sessions of the test; two are marked, and the filter then hides one of these."""
    with contextlib.ExitStack() as stack:
        names = ("mark-one", "mark-two", "mark-three")
        mine = {name: stack.enter_context(contextlib.closing(stage.connect("ecap_user", name=name))) for name in names}
        pids = {name: connection.info.backend_pid for name, connection in mine.items()}
        for connection in mine.values():
            connection.cursor().execute("SELECT 1")
        with dashboard(configure(stage, tmp_path), rows=50) as terminal:
            for name in ("mark-one", "mark-two"):
                terminal.wait_for(f"pid {pids[name]}", 20)
                select(terminal, 2, f"pid {pids[name]}")
                terminal.press("Space")
            terminal.press("/", f"pid {pids['mark-two']}", "Enter")  # the number alone may be in another row's times
            terminal.wait_for(lambda screen: f"pid {pids['mark-one']}" not in screen.text)
            terminal.press("T")
            terminal.wait_for("1 of them hidden by the filter")
            assert f"pid {pids['mark-one']}" in terminal.screen.text
            agree(terminal, "sandbox 2")
            assert "DONE" in outcome(terminal)
        assert [alive(stage, pids[name]) for name in names] == [False, False, True]
    assert alive(stage, hog)
    intent, result = Audit(tmp_path / "state").only()
    assert intent["count"] == 2 and [each["result"] for each in result["victims"]] == ["done", "done"]
