"""Maintenance of PostgreSQL through the real binary: the effect on the server, a neighbour that does not change,
refusals with the server's message, undo, and both audit lines."""

import contextlib
import json
import shlex

import psycopg2
import pytest

from keys import agree, close, configure, outcome, select
from sandbox import wait_until
from stacktop import dashboard, stacktop
from witness import Audit

BESIDE = "others"
DONE, FAILED, PARTLY = 0, 1, 3
TABLES = """
DROP TABLE IF EXISTS test_m, test_n, test_old CASCADE;
CREATE TABLE test_m (id int, note text);
CREATE TABLE test_n (id int, note text);
CREATE TABLE test_old (id int, made timestamptz);
INSERT INTO test_m SELECT n, n % 7 FROM generate_series(1, 2000) n;
INSERT INTO test_n SELECT * FROM test_m;
INSERT INTO test_old SELECT n, now() - n * interval '1 day' FROM generate_series(1, 200) n;
CREATE INDEX test_m_note ON test_m (note);
CREATE INDEX test_n_note ON test_n (note);
"""


class Upkeep:
    def __init__(self, sandbox, folder):
        self.sandbox, self.folder = sandbox, folder
        self.dsn = sandbox.dsn
        self.configure()

    def configure(self, superuser=False):
        old = f'dsn: "{self.dsn}"'
        dsn = self.dsn
        if superuser:
            dsn = dsn.replace(f"ecap_user:{self.sandbox.state['passwords']['ecap_user']}",
                              f"postgres:{self.sandbox.state['passwords']['postgres']}")
        self.config = configure(self.sandbox, self.folder,
                                **{old: f'dsn: "{dsn}", retention: {{test_old: "made 90d"}}'})
        self.audit = Audit(self.folder / "state")

    def plan(self, *words):
        run = stacktop("plan", "-c", self.config, "--json", *words)
        assert run.status == DONE, run
        return json.loads(run.stdout)

    def apply(self, plan, status=DONE):
        run = stacktop("apply", plan["hash"], "-c", self.config, "--confirm", plan["phrase"])
        assert run.status == status, run
        return run.stdout

    def do(self, *words, status=DONE):
        """Plans and applies, checks both audit lines, and returns the output."""
        before = len(self.audit.records)
        text = self.apply(self.plan(*words), status)
        records = self.audit.records[before:]
        assert [record["event"] for record in records] == ["intent", "outcome"]
        assert records[0]["id"] == records[1]["id"] and records[0]["action"] == words[0]
        return text

    def one(self, text, *values):
        return self.sandbox.sql(text, *values)[0][0]


@pytest.fixture
def upkeep(sandbox, tmp_path):
    with contextlib.closing(sandbox.connect("ecap_user")) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
    yield Upkeep(sandbox, tmp_path)
    sandbox.sql("DROP TABLE IF EXISTS test_m, test_n, test_old CASCADE")


def times(upkeep, column):
    """Whether it was done on (test_m, test_n)."""
    rows = dict(upkeep.sandbox.sql(f"SELECT relname, {column} IS NOT NULL FROM pg_stat_user_tables"
                                   " WHERE relname IN ('test_m', 'test_n')"))
    return rows["test_m"], rows["test_n"]


def test_vacuum(upkeep):
    upkeep.sandbox.sql("DELETE FROM test_m WHERE id > 100")
    upkeep.sandbox.sql("DELETE FROM test_n WHERE id > 100")
    text = upkeep.do("postgres.vacuum", "ecap", "public.test_m")
    assert "done" in text, text
    assert times(upkeep, "last_vacuum") == (True, False)
    assert times(upkeep, "last_analyze") == (True, False)


def test_vacuum_waits_no_longer_than_it_may(upkeep):
    with contextlib.closing(upkeep.sandbox.connect("ecap_user")) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE test_m IN ACCESS EXCLUSIVE MODE")
        text = upkeep.do("postgres.vacuum", "ecap", "public.test_m", "analyze=false", status=FAILED)
        assert "refused" in text and "lock" in text, text
    assert times(upkeep, "last_vacuum") == (False, False)


def test_analyze(upkeep):
    upkeep.do("postgres.analyze", "ecap", "public.test_m")
    assert times(upkeep, "last_analyze") == (True, False)
    assert times(upkeep, "last_vacuum") == (False, False)


def file_of(upkeep, index):
    return upkeep.one("SELECT relfilenode FROM pg_class WHERE relname = %s", index)


def test_reindex(upkeep):
    mine, other = file_of(upkeep, "test_m_note"), file_of(upkeep, "test_n_note")
    upkeep.do("postgres.reindex", "ecap", "public.test_m_note")
    assert file_of(upkeep, "test_m_note") != mine
    assert file_of(upkeep, "test_n_note") == other


def test_an_invalid_index_is_dropped(upkeep):
    with pytest.raises(psycopg2.errors.UniqueViolation):
        upkeep.sandbox.sql("CREATE UNIQUE INDEX CONCURRENTLY test_m_broken ON test_m (note)")
    upkeep.do("postgres.drop-invalid-index", "ecap", "public.test_m_broken")
    indexes = {name for name, in upkeep.sandbox.sql(
        "SELECT indexname FROM pg_indexes WHERE tablename IN ('test_m', 'test_n')")}
    assert indexes == {"test_m_note", "test_n_note"}


def test_an_index_is_created_and_a_failed_one_is_reported(upkeep):
    upkeep.do("postgres.create-index", "ecap", "table=test_m", "columns=id", "name=test_m_id")
    assert upkeep.one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'test_m_id'::regclass")
    text = upkeep.do("postgres.create-index", "ecap", "table=test_m", "columns=note", "unique=true",
                     "name=test_m_twice", status=PARTLY)
    assert "partly done" in text and "test_m_twice" in text, text


def test_a_setting_is_changed_and_taken_back(upkeep):
    upkeep.configure(superuser=True)
    before, neighbour = upkeep.one("SHOW work_mem"), upkeep.one("SHOW maintenance_work_mem")
    upkeep.do("postgres.set", "ecap", "name=work_mem", "value=7MB")
    wait_until(lambda: upkeep.one("SHOW work_mem") == "7MB", what="the new value")
    undo = upkeep.audit.outcomes[-1]["undo"]
    upkeep.do(*shlex.split(undo))
    wait_until(lambda: upkeep.one("SHOW work_mem") == before, what="the old value")
    assert upkeep.one("SHOW maintenance_work_mem") == neighbour
    assert upkeep.sandbox.sql("SELECT 1 FROM pg_file_settings WHERE name = 'work_mem'"
                              " AND sourcefile LIKE '%%auto.conf'") == []


def test_a_setting_needs_the_right(upkeep):
    run = stacktop("plan", "-c", upkeep.config, "--json", "postgres.set", "ecap", "name=work_mem", "value=7MB")
    text = upkeep.apply(json.loads(run.stdout), FAILED) if run.status == DONE else run.stderr
    assert "permission denied" in text or "superuser" in text, text
    assert upkeep.one("SHOW work_mem") != "7MB"


def test_statement_statistics_are_reset(upkeep):
    upkeep.configure(superuser=True)
    upkeep.sandbox.sql("SELECT note FROM test_n WHERE id = 4711")
    count = "SELECT count(*) FROM pg_stat_statements WHERE query LIKE 'SELECT note FROM test_n%'"
    assert upkeep.one(count) == 1
    upkeep.do("postgres.reset-statements", "ecap")
    assert upkeep.one(count) == 0


def test_old_rows_go_and_young_ones_stay(upkeep):
    text = upkeep.do("postgres.delete-old", "ecap", "table=test_old", "batch=10")
    assert "111" in text, text  # 90 to 200 days
    assert upkeep.sandbox.sql("SELECT count(*), max(id) FROM test_old") == [(89, 89)]
    assert upkeep.one("SELECT count(*) FROM test_n") == 2000


def test_only_configured_tables_lose_rows(upkeep):
    run = stacktop("plan", "-c", upkeep.config, "postgres.delete-old", "ecap", "table=test_n")
    assert run.status == FAILED and "test_n" in run.stderr, run
    assert upkeep.one("SELECT count(*) FROM test_n") == 2000


def test_vacuum_by_keys(upkeep):
    """The form, the choice with its filter, the plan, the progress and the result on the screen."""
    with dashboard(upkeep.config, columns=120, rows=40) as terminal:
        terminal.wait_for("pid ")
        select(terminal, 2, "pid ")
        terminal.press("V")
        terminal.wait_for("also collect planner statistics")
        terminal.press("Enter")
        terminal.wait_for("0 picked")
        terminal.press("Enter")
        terminal.wait_for("0 picked")  # nothing is picked at first, and there is no plan without a pick
        terminal.press("/", "test_m", "Enter")
        terminal.wait_for(lambda screen: "test_m" in screen.text and "test_n" not in screen.text)
        terminal.settle()
        while "1 picked" not in terminal.screen.text:
            terminal.press("End", "Space")
            terminal.settle()
        terminal.press("Enter")
        agree(terminal, "y")
        assert "DONE" in outcome(terminal)
        close(terminal)
    assert times(upkeep, "last_vacuum") == (True, False)
    assert upkeep.audit.only()[1]["result"] == "done"
