"""The actions on PostgreSQL sessions, with `plan` and `apply` and with keys: the effect on the server, the sessions
that do not change, refusals, and the audit log."""

import contextlib
import re

import pytest

from keys import agree, close, configure, outcome, select
from sandbox import wait_until
from stacktop import dashboard, stacktop
from witness import Audit

BESIDE = "others"
PASSWORD = "for-this-test"


class Remedy:
    """stacktop plan and apply on the sandbox, with a state folder of the test's."""

    def __init__(self, sandbox, folder):
        self.sandbox, self.folder = sandbox, folder
        self.config = configure(sandbox, folder)
        self.audit = Audit(folder / "state")

    def as_user(self, user):
        """Uses another role from now on."""
        own = f"ecap_user:{self.sandbox.state['passwords']['ecap_user']}@"
        self.config = configure(self.sandbox, self.folder, **{own: f"{user}:{PASSWORD}@"})

    def plan(self, *words):
        done = stacktop("plan", "-c", self.config, *words)
        assert done.status == 0, done
        return done.stdout

    def no_plan(self, *words):
        """The reason why there is no plan."""
        done = stacktop("plan", "-c", self.config, *words)
        assert done.status == 1, done
        return done.stderr

    def apply(self, plan, phrase, status=0):
        number = re.search(r"^Plan ([0-9a-f]{64})$", plan, re.M).group(1)
        done = stacktop("apply", number, "-c", self.config, "--confirm", phrase)
        assert done.status == status, done
        return done.stdout


@pytest.fixture(scope="module")
def stage(sandbox):
    """The sandbox; calm before and after all of these."""
    sandbox.scene("calm")
    yield sandbox
    sandbox.scene("calm")


@pytest.fixture
def remedy(stage, tmp_path):
    return Remedy(stage, tmp_path)


def pids(sandbox, application, state):
    return [pid for pid, in sandbox.sql("SELECT pid FROM pg_stat_activity WHERE application_name = %s AND state = %s"
                                        " AND state_change < now() ORDER BY pid", application, state)]


@pytest.fixture
def troubles(stage):
    """The scene db-hog: (pid of the blocking session, pid of the report). Sessions that the previous test left are
    used again."""
    def found():
        hogs, reports = pids(stage, "ecap-batch", "idle in transaction"), pids(stage, "ecap-report", "active")
        # two of a kind: those of the previous scene are about to end
        alone = len(hogs) == len(reports) == 1
        return alone and waiters(stage, hogs[0]) and (hogs[0], reports[0])

    if not found():
        stage.scene("db-hog")
    return wait_until(found, what="the hog and the report")


@pytest.fixture
def hog(troubles):
    """The pid of the session that blocks three others, idle in its transaction."""
    return troubles[0]


@pytest.fixture
def reader(troubles):
    """The pid of the session whose query takes a day."""
    return troubles[1]


def waiters(sandbox, pid):
    return {each for each, in sandbox.sql(
        "SELECT pid FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", pid)}


def state(sandbox, pid):
    rows = sandbox.sql("SELECT state FROM pg_stat_activity WHERE pid = %s", pid)
    return rows[0][0] if rows else "gone"


@contextlib.contextmanager
def session(sandbox, *statements, user="ecap_user", name="test-neighbour"):
    """A session that has run this statement, and its pid."""
    with contextlib.closing(sandbox.connect(user, name=name)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        yield cursor, connection.info.backend_pid


@pytest.fixture
def roles(sandbox):
    """Roles that see all sessions: one may signal them, the other may not."""
    def drop():
        for role in ("e2e_helper", "e2e_watcher"):
            sandbox.sql(f"DROP ROLE IF EXISTS {role}")

    drop()
    for role in ("e2e_helper", "e2e_watcher"):
        sandbox.sql(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        sandbox.sql(f"GRANT pg_monitor TO {role}")
    sandbox.sql("GRANT pg_signal_backend TO e2e_helper")
    yield
    drop()


def test_cancel_ends_the_query_and_leaves_the_session(stage, remedy, hog, reader):
    plan = remedy.plan("postgres.cancel", "ecap", reader)
    assert f"pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = {reader} AND backend_start = '" in plan
    assert "AND query_start = '" in plan
    text = remedy.apply(plan, "y")
    assert "its query ended after" in text and "1 query ended" in text
    assert state(stage, reader) not in ("active", "gone")
    assert state(stage, hog) == "idle in transaction"
    intent, result = remedy.audit.only()
    assert intent["action"] == "postgres.cancel" and intent["danger"] == "reversible"
    assert result["result"] == "done" and result["proof"] == "1 query ended"


def test_what_is_idle_is_not_cancelled(remedy, hog):
    assert "idle in txn, so nothing runs: terminate it" in remedy.no_plan("postgres.cancel", "ecap", hog)
    assert remedy.audit.records == []


def test_the_root_of_those_who_wait(stage, remedy, hog):
    held = wait_until(lambda: waiters(stage, hog), what="a session that waits")
    plan = remedy.plan("postgres.terminate-root", "ecap", min(held))
    assert f"WHERE pid = {hog} " in plan and re.search(r"frees \d+ sessions? that waits? for it", plan), plan
    text = remedy.apply(plan, str(hog))
    assert re.search(r"1 gone, \d+ sessions? freed", text), text
    assert state(stage, hog) == "gone"
    assert held <= {pid for pid, in stage.sql("SELECT pid FROM pg_stat_activity")}
    assert remedy.audit.only()[1]["victims"][0]["words"].startswith("gone after")


def test_several_require_the_count(stage, remedy, hog, reader):
    with session(stage, "BEGIN", "SELECT 1") as (_, neighbour):
        plan = remedy.plan("postgres.terminate", "ecap", f"pid {hog}", reader)
        assert "Terminate 2 sessions of ecap" in plan
        remedy.apply(plan, str(hog), status=1)  # the phrase of one is not enough
        assert state(stage, hog) != "gone" and remedy.audit.records == []
        assert re.search(r"2 gone, \d+ sessions? freed", remedy.apply(plan, "sandbox 2"))
        assert [state(stage, pid) for pid in (hog, reader, neighbour)] == ["gone", "gone", "idle in transaction"]


def test_a_plan_holds_for_that_session_only(stage, remedy):
    """Once the session is gone, the plan does nothing; and it can be applied only once."""
    with session(stage, "BEGIN", "SELECT 1") as (_, victim), session(stage, "BEGIN", "SELECT 1") as (_, neighbour):
        plan = remedy.plan("postgres.terminate", "ecap", victim)
        stage.sql("SELECT pg_terminate_backend(%s)", victim)
        wait_until(lambda: state(stage, victim) == "gone")
        assert "already ended" in remedy.apply(plan, str(victim))
        assert state(stage, neighbour) == "idle in transaction"
        remedy.apply(plan, str(victim), status=1)
    assert [record["result"] for record in remedy.audit.outcomes] == ["gone"]


def test_a_query_that_has_ended_is_not_cancelled_in_the_next(stage, remedy, reader):
    plan = remedy.plan("postgres.cancel", "ecap", reader)
    stage.sql("SELECT pg_cancel_backend(%s)", reader)
    wait_until(lambda: state(stage, reader) != "active", what="the report's end")
    assert "that query has ended" in remedy.apply(plan, "y")


def test_all_idle_in_transaction(stage, remedy, hog):
    """Sessions that became active since the plan, or have not been idle for long enough, do not change."""
    with session(stage, "BEGIN", "SELECT 1") as (cursor, busy), session(stage, "BEGIN", "SELECT 1") as (_, forgotten):
        wait_until(lambda: stage.sql("SELECT count(*) FROM pg_stat_activity WHERE pid IN (%s, %s) AND state_change"
                                    " < clock_timestamp() - interval '2 s'", busy, forgotten)[0][0] == 2)
        wait_until(lambda: stage.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state_change"
                                    " < clock_timestamp() - interval '2 s'", hog), what="the hog to be idle")
        with session(stage, "BEGIN", "SELECT 1") as (_, young):
            plan = remedy.plan("postgres.terminate-idle", "ecap", "age=2s")
            assert all(f"pid {pid} " in plan for pid in (hog, busy, forgotten)) and f"pid {young} " not in plan
            cursor.execute("SELECT 2")
            count = len(re.findall("^ +SELECT pg_terminate_backend", plan, re.M))
            text = remedy.apply(plan, f"sandbox {count}")
            assert "no longer idle in that transaction" in text
            assert [state(stage, pid) for pid in (hog, busy, forgotten, young)] == [
                "gone", "idle in transaction", "gone", "idle in transaction"]


def test_all_that_are_active_for_long(stage, remedy, hog, reader):
    wait_until(lambda: stage.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query_start"
                                " < clock_timestamp() - interval '1 s'", reader), what="the report to be old")
    with stage.paused():
        plan = remedy.plan("postgres.terminate-active", "ecap", "age=1s")
        assert f"WHERE pid = {reader} " in plan and f"WHERE pid = {hog} " not in plan
        assert "to end who holds" in plan  # some of them only wait
        count = len(re.findall("^ +SELECT pg_terminate_backend", plan, re.M))
        remedy.apply(plan, f"sandbox {count}" if count > 1 else str(reader))
        assert state(stage, reader) == "gone" and state(stage, hog) == "idle in transaction"


def test_a_missing_privilege_is_reported_in_the_servers_words(stage, remedy, roles, hog):
    remedy.as_user("e2e_watcher")
    plan = remedy.plan("postgres.terminate", "ecap", hog)
    assert "pg_signal_backend" in remedy.apply(plan, str(hog), status=1)
    assert state(stage, hog) == "idle in transaction"
    assert remedy.audit.only()[1]["victims"][0]["result"] == "refused"


def test_a_superusers_session_is_refused(stage, remedy, roles):
    remedy.as_user("e2e_helper")
    with session(stage, "BEGIN", "SELECT 1", user="postgres") as (_, boss):
        plan = remedy.plan("postgres.terminate", "ecap", boss)
        assert "superuser" in remedy.apply(plan, str(boss), status=1).lower()
        assert state(stage, boss) == "idle in transaction"


def test_sessions_that_are_not_clients_are_left_alone(stage, remedy):
    rows = stacktop("plan", "-c", remedy.config, "postgres.terminate", "ecap", stage.sql(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")[0][0])
    assert rows.status != 0 and remedy.audit.records == []


# With keys.

def test_cancel_by_a_key(stage, tmp_path, hog, reader):
    with dashboard(configure(stage, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        select(terminal, 2, f"pid {reader}")
        terminal.press("C")
        agree(terminal, "y")
        assert "its query ended after" in outcome(terminal)
        close(terminal)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    assert state(stage, reader) not in ("active", "gone")
    assert Audit(tmp_path / "state").only()[0]["confirm"] == "y"
