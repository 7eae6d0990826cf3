"""SQL statements of the configuration as actions, on the sandbox's server: values are bound, a transaction is read-only
unless it says otherwise, and a row that has gone is not acted on."""

import re

import psycopg2
import pytest

from keys import agree, configure, outcome, select
from headless import FAILED, apply, plan, said
from sandbox import wait_until
from stacktop import dashboard, stacktop
from witness import Audit

BESIDE = "others"

SQL = """\
actions:
  - id: locks-of
    title: locks of a session
    key: Y
    danger: low
    rows: {kind: postgres, table: sessions}
    ask: [{name: mode, default: "%"}]
    sql: "SELECT pid, mode, 'password=x' AS note FROM pg_locks WHERE pid = $1::int AND mode LIKE $2"
    values: ["{pid}", "{ask.mode}"]
  - id: note
    rows: {kind: postgres}
    ask: [{name: text}]
    sql: "INSERT INTO test_own SELECT $1"
    values: ["{ask.text}"]
    writes: true
  - id: sneak
    rows: {kind: postgres}
    sql: "INSERT INTO test_own SELECT 'sneaked'"
  - id: sleep-long
    key: Z
    rows: {kind: postgres}
    danger: low
    sql: "SELECT pg_sleep(1000)"
  - id: sleep
    rows: {kind: postgres}
    danger: low
    timeout: 1s
    sql: "SELECT pg_sleep(1000)"
"""


@pytest.fixture
def database(sandbox):
    sandbox.sql("DROP TABLE IF EXISTS test_own")
    sandbox.sql("CREATE TABLE test_own (note text)")
    sandbox.sql("GRANT ALL ON test_own TO PUBLIC")
    yield sandbox
    sandbox.sql("DROP TABLE test_own")


def test_statements(database, tmp_path):
    config = configure(database, tmp_path, **{"actions:\n": SQL})
    audit = Audit(tmp_path / "state")
    hostile = "'); DROP TABLE test_own; -- $1 \"\\"
    apply(config, plan(config, "own.note", "ecap", f"text={hostile}"))
    assert database.sql("SELECT note FROM test_own") == [(hostile,)]
    assert audit.outcomes[-1]["victims"][0]["words"].startswith("INSERT 0 1 in ")

    text = apply(config, plan(config, "own.sneak", "ecap"), FAILED)
    assert "cannot execute INSERT in a read-only transaction" in said(text)
    assert database.sql("SELECT count(*) FROM test_own") == [(1,)]

    text = apply(config, plan(config, "own.sleep", "ecap"), FAILED)
    assert "rolled back" in said(text) and "statement timeout" in said(text)


def test_a_session_that_has_ended(database, tmp_path):
    config = configure(database, tmp_path, **{"actions:\n": SQL})
    with psycopg2.connect(database.dsn) as connection:
        pid = connection.info.backend_pid
        planned = plan(config, "own.locks-of", "ecap", f"pid {pid}")
    connection.close()
    wait_until(lambda: database.sql(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}") == [(0,)], what="its end")
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"])
    assert "not run: the row no longer exists" in said(run.stdout + run.stderr), run
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "gone"


def test_a_statement_is_cancelled(database, tmp_path):
    config = configure(database, tmp_path, **{"actions:\n": SQL})
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("SESSION")
        terminal.press("2", "g", "Z")
        agree(terminal, "y")
        running = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1000)' AND state = 'active'"
        wait_until(lambda: database.sql(running) == [(1,)], what="the statement")
        terminal.wait_for("Esc stop at")
        terminal.press("Esc")
        assert "rolled back" in outcome(terminal)
    wait_until(lambda: database.sql(running) == [(0,)], what="its end")


def test_a_statement_on_a_row(database, tmp_path):
    config = configure(database, tmp_path, **{"actions:\n": SQL})
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("SESSION")
        ((pid,),) = database.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ecap-worker-1' LIMIT 1")
        select(terminal, 2, f"pid {pid}")
        terminal.press("Y")
        terminal.wait_for("mode")
        terminal.press("Enter")
        terminal.wait_for("Run locks of a session on")
        assert "$1 = " in terminal.screen.text and "read-only transaction" in terminal.screen.text
        agree(terminal, "y")
        assert "SELECT" in outcome(terminal)
        terminal.press("o")
        terminal.wait_for("Output: ")
        terminal.wait_for(re.compile(r"pid\s+mode\s+note"))
