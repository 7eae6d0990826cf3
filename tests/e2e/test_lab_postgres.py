"""PostgreSQL in the lab: pools, sessions in the encodings of other databases, and a threshold that one target has
alone. A standby without its primary and a primary without its replica: test_lab_postgres_long.py."""

import contextlib
import re
import threading

import psycopg2

from sandbox import wait_until
from stacktop import CRIT, OK, check, stacktop

BESIDE = "others"
POOLS = ("pool-session", "pool-transaction")
ENCODINGS = ("primary", "latin1", "sql_ascii")  # of UTF-8 and not


def watching(lab, config, *names, **options):
    """The lab's targets of these names, each with the options."""
    return config(postgres=[{**lab.target("postgres", name), **options} for name in names], interval="500ms")


def look(path, *arguments):
    return check(path, "--only", "postgres", "--json", *arguments)


@contextlib.contextmanager
def session(lab, *statements, dbname="latin1"):
    """A session that sends and gets the bytes of LATIN1."""
    connection = lab.connect("ecap_user", dbname=dbname, client_encoding="LATIN1")
    with contextlib.closing(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.encode("latin-1"))
        yield cursor, connection.info.backend_pid


def alive(lab, pid):
    return bool(lab.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))


# --- pools --------------------------------------------------------------------------------------


def test_figures_through_a_pool(lab_postgres, config):
    """The figures are the server's; stacktop says that a pooler is in front, and nothing else about it."""
    path = watching(lab_postgres, config, "primary", *POOLS)
    run = look(path, "--duration", "3s")
    assert run.status == OK and run.document.findings == [], run
    own = run.document.summary("postgres", "connections", "primary")
    for pool in POOLS:
        row = run.document.summary("postgres", "connections", pool)
        for same in ("role", "version", "limit", "reserved", "replicas", "prepared"):
            assert row[same] == own[same], same
        assert row["used"] == sum(row[state] for state in ("active", "idle", "idle_in_transaction", "aborted", "other"))
        assert abs(row["used"] - own["used"]) <= len(POOLS) + 1
        assert abs(row["uptime"] - own["uptime"]) < 2 and 0 <= row["commits"] < 1000
        notes = [note["text"] for note in run.document.target("postgres", pool)["notes"]]
        assert notes == ["connected through a pooler: clients and process ids are those of its connections to the "
                         "server; clients that wait there are not known here (for PgBouncer, add a target of the kind "
                         "pgbouncer)"]
    assert run.document.target("postgres", "primary")["notes"] == []


def test_no_action_through_a_pool(lab_postgres, config):
    path = watching(lab_postgres, config, *POOLS)
    with session(lab_postgres, "SELECT 1", dbname="ecap") as (_, pid):
        for pool in POOLS:
            done = stacktop("plan", "-c", path, "postgres.terminate", pool, pid)
            assert done.status == 1 and "goes through a pooler" in done.stderr, done


def test_the_pooler_itself(lab_postgres, config):
    path = config(pgbouncer=[lab_postgres.target("pgbouncer", name) for name in ("pooler", "pooler-read-only")])
    run = check(path, "--json")
    assert run.status == OK and run.document.findings == [], run
    for name, access in (("pooler", "admin"), ("pooler-read-only", "read-only")):
        assert run.document.summary("pgbouncer", "pgbouncer", name)["access"] == access
        modes = {key: row["pool_mode"] for key, row in run.document.rows("pgbouncer", "databases", name).items()}
        assert modes == {"session": "session", "transaction": "transaction"}


def test_a_lag_that_may_not_be_seen_is_no_number(lab_postgres, config):
    """Without pg_monitor the server shows no position of a replica."""
    run = look(watching(lab_postgres, config, "plain-user"))
    rows = run.document.rows("postgres", "replicas", "plain-user")
    lags = [cells.get("lag_bytes", {"unknown": ""}) for cells in rows.values()]
    assert rows and all(isinstance(lag, dict) for lag in lags), run


# --- encodings ----------------------------------------------------------------------------------


def test_a_latin1_session_that_blocks_is_seen_from_every_database(lab_postgres, config):
    path = watching(lab_postgres, config, *ENCODINGS, blocking="100ms", blocking_critical="200ms")
    with session(lab_postgres) as (waiter, waits), session(lab_postgres, "SELECT pg_advisory_lock(8)") as (hog, holds):
        with at_the_same_time(lab_postgres, (hog, "select pg_sleep(60) --caf\u00e9 cr\u00e8me"),
                              (waiter, "SELECT pg_advisory_lock(8)")):
            wait_until(lambda: lab_postgres.sql(
                "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND %s = ANY (pg_blocking_pids(pid))"
                " AND query_start < clock_timestamp() - interval '0.3 s'", waits, holds))
            run = look(path)
        assert run.status == CRIT, run
        for name in ENCODINGS:
            rows = run.document.rows("postgres", "sessions", name)
            row = next(row for row in rows.values() if row["pid"] == holds)
            assert row["query"] == "select pg_sleep(60) --caf\u00e9 cr\u00e8me" and row["blocks"] == 1
            assert [severity for severity, sentence in run.document.findings
                    if re.search(rf"^{name} pid {holds}: .*blocks 1 for ", sentence)] == ["crit"], run


@contextlib.contextmanager
def at_the_same_time(lab, *statements):
    """Statements that do not end; their sessions are terminated afterwards."""
    running = [threading.Thread(target=run_to_its_end, args=each) for each in statements]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        for cursor, _ in statements:
            lab.sql("SELECT pg_terminate_backend(%s)", cursor.connection.info.backend_pid)
        for thread in running:
            thread.join()


def run_to_its_end(cursor, statement):
    """The error that comes when the session is terminated."""
    with contextlib.suppress(psycopg2.Error):
        cursor.execute(statement.encode("latin-1"))


def test_plans_are_made_from_every_database(lab_postgres, config, tmp_path):
    """For sessions whose query is not UTF-8 and cannot be converted; the session is identified anyway."""
    path = config(postgres=[lab_postgres.target("postgres", name) for name in ENCODINGS], state=str(tmp_path / "state"))
    query = "SELECT 1 AS caf\u00e9, 2"
    with contextlib.ExitStack() as stack:
        pids = [stack.enter_context(session(lab_postgres, "BEGIN", query))[1] for _ in ENCODINGS]
        wait_until(lambda: len(lab_postgres.sql(
            "SELECT 1 FROM pg_stat_activity WHERE pid = ANY (%s) AND state_change < clock_timestamp() - interval '1 s'",
            pids)) == len(pids))
        for name, pid in zip(ENCODINGS, pids):
            done = stacktop("plan", "-c", path, "postgres.terminate-idle", name, "age=1s")
            assert done.status == 0 and all(f"{each}" in done.stdout for each in pids[pids.index(pid):]), done
            assert done.stdout.count("caf\u00e9") >= len(pids) - pids.index(pid)
            done = stacktop("plan", "-c", path, "postgres.terminate", name, pid)
            assert done.status == 0 and "caf\u00e9" in done.stdout, done
            number = re.search(r"^Plan ([0-9a-f]{64})$", done.stdout, re.M).group(1)
            done = stacktop("apply", number, "-c", path, "--confirm", pid)
            assert done.status == 0 and "gone after" in done.stdout, done
            assert [alive(lab_postgres, each) for each in pids] == [each > pid for each in sorted(pids)], done


def test_a_table_whose_name_is_no_utf8(lab_postgres, config, tmp_path):
    """A SQL_ASCII database accepts any bytes as a name: such a table is listed and never changed, all others work."""
    path = config(postgres=[lab_postgres.target("postgres", "sql_ascii")], state=str(tmp_path / "state"))
    with session(lab_postgres, 'CREATE TABLE "t\u00e9" (id int)', "CREATE TABLE plain (id int)", dbname="sql_ascii") as (cursor, _):
        try:
            cursor.execute("SELECT oid FROM pg_class WHERE relname ~ '^t.$'")
            shown = f'public."t\ufffd" (oid {cursor.fetchone()[0]})'
            done = stacktop("plan", "-c", path, "postgres.vacuum", "sql_ascii", shown)
            assert done.status == 1 and "cannot be acted on: its name is not valid UTF-8" in done.stderr, done
            done = stacktop("plan", "-c", path, "postgres.vacuum", "sql_ascii", shown, "public.plain")
            assert done.status == 0 and "1 of 2 is omitted" in done.stdout, done
            number = re.search(r"^Plan ([0-9a-f]{64})$", done.stdout, re.M).group(1)
            done = stacktop("apply", number, "-c", path, "--confirm", "y")
            assert done.status == 0, done
            cursor.execute("SELECT relname = 'plain' FROM pg_stat_all_tables WHERE last_vacuum IS NOT NULL"
                           " AND schemaname = 'public'")
            assert cursor.fetchall() == [(True,)]
        finally:
            cursor.execute('DROP TABLE IF EXISTS "t\u00e9", plain'.encode("latin-1"))


# --- a standby without its primary --------------------------------------------------------------


def test_one_look_at_a_standby_that_is_cut_off(lab_postgres, config):
    """A single check cannot know since when: neither the age of the last commit nor a lag says it."""
    path = watching(lab_postgres, config, "standby")
    lab_postgres.stop("postgres")
    wait_until(lambda: not lab_postgres.sql("SELECT 1 FROM pg_stat_wal_receiver", part="standby"))
    run = look(path)
    assert [re.fullmatch(r"standby: not receiving WAL(; last replayed commit \S.* ago)?", sentence) is not None
            and severity in ("warn", "crit") for severity, sentence in run.document.findings] == [True], run
    assert isinstance(run.document.summary("postgres", "connections", "standby")["lag"], dict), run
    run = look(path, "--duration", "2s")
    assert any("standby: not receiving WAL for at least " in sentence for _, sentence in run.document.findings), run


# --- thresholds of one target -------------------------------------------------------------------


def test_a_threshold_of_one_target(lab_postgres, config):
    """It takes precedence over that of the file, and does not affect other targets."""
    own = {"strict": {"postgres.connections": {"warn": "0.01%", "crit": "0.1%"}}, "off": {"postgres.connections": "off"}}
    targets = [{**lab_postgres.target("postgres", "primary"), "name": name, **({"thresholds": own[name]} if name in own else {})}
               for name in ("strict", "off", "plain")]
    run = look(config(postgres=targets))
    assert run.status == CRIT, run
    assert [(severity, sentence.split(":")[0]) for severity, sentence in run.document.findings] == [("crit", "strict")]
    run = look(config(postgres=targets, thresholds={"postgres.connections": {"warn": "0.01%"}}))
    assert sorted((severity, sentence.split(":")[0]) for severity, sentence in run.document.findings) == [
        ("crit", "strict"), ("warn", "plain")], run
