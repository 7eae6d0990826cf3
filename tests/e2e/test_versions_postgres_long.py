"""PostgreSQL 10 to 18, each a server of the test: the figures, the plan of every action, the effects of actions and
nothing else, and a standby. The versions are fetched once into the sandbox's cache (sandbox/stack/servers.py)."""

import contextlib
import re
import subprocess
import threading

import psycopg2
import psycopg2.extras
import pytest

from postgres_servers import Cluster
from sandbox import wait_until
from stacktop import OK, WARN, check, stacktop, write_config
from versions import Absent, servers
from witness import Audit

BESIDE = "others"
WAIT_TIMES = 14  # from this version the server reports how long a session waits for a lock
OWN_SLOTS = 12  # from this version walsenders use no client connection
INDEXES = 12  # required by the actions on indexes
# What only a superuser, or the owner, may do.
BOSS = ("postgres.set", "postgres.reset-statements", "postgres.drop-slot", "postgres.rename-database", "postgres.restore-backup")
SLOTS_TELL_SINCE = 17  # from this version: since when a slot is inactive
TABLES = """
CREATE TABLE accounts (id int PRIMARY KEY, n int, note text);
INSERT INTO accounts SELECT n, n % 10, 'x' FROM generate_series(1, 2000) n;
CREATE TABLE neighbours AS SELECT * FROM accounts;
CREATE TABLE old (id int, made timestamptz);
INSERT INTO old SELECT n, now() - n * interval '1 day' FROM generate_series(1, 200) n;
"""


@pytest.fixture(scope="module", params=servers.POSTGRES)
def server(request, tmp_path_factory):
    """A primary with roles: ecap_user owns the database and watches, plain has no privileges."""
    folder = tmp_path_factory.mktemp(f"postgres-{request.param}")
    try:
        programs = servers.postgres(request.param, folder / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no PostgreSQL {request.param}: {reason}")
    cluster = Cluster(folder / "primary", programs, int(request.param))
    try:
        cluster.make()
        cluster.start()
        for statement in ("CREATE ROLE ecap_user LOGIN", "GRANT pg_monitor, pg_signal_backend TO ecap_user",
                          "CREATE ROLE plain LOGIN", "CREATE DATABASE app OWNER ecap_user"):
            cluster.sql(statement, dbname="postgres")
        cluster.sql("CREATE EXTENSION pg_stat_statements")
        yield cluster
    finally:
        cluster.remove()


class Platform:
    """stacktop on the server, and sessions with something wrong."""

    def __init__(self, server, folder, **clusters):
        self.server, self.folder = server, folder
        targets = [{"name": name, "dsn": cluster.dsn(user)} for name, cluster, user in (
            ("ecap", server, "ecap_user"), ("boss", server, "postgres"), ("plain", server, "plain"))]
        targets[0]["retention"] = {"old": "made 90d"}
        targets += [{"name": name, "dsn": cluster.dsn("ecap_user")} for name, cluster in clusters.items()]
        self.config = write_config(folder, postgres=targets, interval="500ms", hosts=[], state=str(folder / "state"))
        self.audit = Audit(folder / "state")

    def look(self, name="ecap", status=OK, **options):
        run = check(self.config, "--json", "--only", f"postgres:{name}", **options)
        assert run.status == status, run
        return run.document

    def plan(self, action, *words, target="ecap"):
        return stacktop("-c", self.config, "plan", action, target, *words, "--json")

    def do(self, action, *words, target="ecap"):
        """Plans and applies it; returns the outcome from the audit log."""
        plan = self.plan(action, *words, target=target)
        assert plan.status == 0, plan
        done = stacktop("-c", self.config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"])
        assert done.status == 0, done
        intent, result = self.audit.intents[-1], self.audit.outcomes[-1]
        assert intent["id"] == result["id"] and intent["action"] == action and result["result"] == "done", result
        return result


@pytest.fixture
def platform(server, tmp_path):
    server.sql("DROP TABLE IF EXISTS accounts, neighbours, old CASCADE")
    server.sql(TABLES, user="ecap_user")
    with pytest.raises(psycopg2.IntegrityError):  # and leaves an invalid index behind
        server.sql("CREATE UNIQUE INDEX CONCURRENTLY accounts_twice ON accounts (n)", user="ecap_user")
    yield Platform(server, tmp_path)
    assert server.complaints() == []  # no query of stacktop failed or caused a warning


@pytest.fixture
def load(server, platform):
    """{what it does: pid}: sessions for at least a second in their state."""
    with contextlib.ExitStack() as stack:
        pids = {}

        def session(name, *statements, left=None):
            connection = stack.enter_context(contextlib.closing(
                server.connect("ecap_user", name, **({"async_": True} if left else {}))))
            if left:
                psycopg2.extras.wait_select(connection)
                connection.cursor().execute(left)
            for statement in statements:
                with contextlib.suppress(psycopg2.DataError), connection.cursor() as cursor:
                    cursor.execute(statement)
            pids[name] = connection.info.backend_pid

        session("idle", "SELECT 1")
        session("aborted", "BEGIN", "SELECT 1/0")
        session("holder", "BEGIN", "UPDATE accounts SET n = n + 1 WHERE id = 1")
        session("waiter", left="UPDATE accounts SET n = n + 2 WHERE id = 1")
        session("sleeper", left="SELECT pg_sleep(600)")
        wait_until(lambda: server.one(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (%s) AND state_change < clock_timestamp() - interval '1 s'"
            " AND (application_name <> 'waiter' OR wait_event_type = 'Lock')", list(pids.values())) == len(pids),
            what="the sessions to be what they are to be")
        yield pids
        gone = list(pids.values())  # a sleeping backend does not notice that its client has gone
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY (%s)", gone)
        wait_until(lambda: not sessions_of(server).keys() & set(gone), what="the sessions to be gone")


def sessions_of(server):
    """{pid: state} of the clients beside the test's own and stacktop's, which may be about to go."""
    return dict(server.sql("SELECT pid, state FROM pg_stat_activity WHERE backend_type = 'client backend'"
                           " AND pid <> pg_backend_pid() AND application_name NOT IN ('stacktop', 'test')"))


def notes(document, name):
    return [note["text"] for note in document.target("postgres", name)["notes"]]


def test_figures(server, platform, load):
    before = server.one("SELECT extract(epoch FROM clock_timestamp() - min(query_start)) FROM pg_stat_activity"
                        " WHERE pid = ANY (%s) AND state = 'active'", list(load.values()))
    document = platform.look()
    figures = document.summary("postgres", "connections")
    assert {name: figures[name] for name in ("used", "limit", "reserved", "active", "idle", "idle_in_transaction", "aborted",
                                             "waiting", "other", "role", "replicas", "prepared")} == {
        "used": 6, "limit": 17, "reserved": 3, "active": 2, "idle": 2, "idle_in_transaction": 1, "aborted": 1,
        "waiting": 1, "other": 0, "role": "primary", "replicas": 0, "prepared": 0}
    assert figures["version"] == server.one("SHOW server_version").split()[0]
    assert int(figures["version"].split(".")[0]) == server.version
    assert before <= figures["longest_query"] < before + 5
    assert figures["longest_transaction"] > figures["longest_query"]
    assert figures["frozen_age"] == server.one("SELECT max(age(datfrozenxid)) FROM pg_database")
    assert figures["xmin_age"] == server.one("SELECT max(age(backend_xmin)) FROM pg_stat_activity"
                                             " WHERE pid <> pg_backend_pid()")
    rows = {row["application"]: row for row in document.rows("postgres", "sessions").values()}
    assert {name: row["pid"] for name, row in rows.items()} == load
    assert {name: (row["state"], row["blocks"], row.get("blocked_by")) for name, row in rows.items()} == {
        "idle": ("idle", 0, None), "aborted": ("aborted txn", 0, None), "holder": ("idle in txn", 1, None),
        "waiter": ("active", 0, str(load["holder"])), "sleeper": ("active", 0, None)}
    assert rows["sleeper"]["query"] == "SELECT pg_sleep(600)" and rows["sleeper"]["type"] == "client backend"
    assert rows["holder"]["blocks_for"] >= 1
    if server.version >= WAIT_TIMES:
        assert rows["waiter"]["wait"] >= 1 and notes(document, "ecap") == []
    else:
        assert rows["waiter"]["wait"] == {"unknown": "needs PostgreSQL 14"}
        assert len(notes(document, "ecap")) == 1 and "need PostgreSQL 14" in notes(document, "ecap")[0]


def test_rates(server, platform):
    """A server counts a transaction up to a second late."""
    assert platform.look().summary("postgres", "connections")["commits"] == {"unknown": "needs two collections"}
    done, written = threading.Event(), []

    def write():
        with contextlib.closing(server.connect("ecap_user")) as connection, connection.cursor() as cursor:
            while not done.wait(0.01):
                cursor.execute("UPDATE accounts SET n = n + 1 WHERE id = 1")
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        config = write_config(platform.folder, platform.config.read_text().replace('"500ms"', '"2s"'))
        run = check(config, "--json", "--only", "postgres:ecap", "--duration", "5s")
    finally:
        done.set()
        writer.join()
    figures = run.document.summary("postgres", "connections")
    assert 0 < figures["commits"] < len(written) and 0.9 < figures["hit_ratio"] <= 1
    assert figures["rollbacks"] == figures["deadlocks"] == figures["temp_bytes"] == 0


def test_without_rights(server, platform, load):
    document = platform.look("plain")
    figures = document.summary("postgres", "connections", "plain")
    assert figures["used"] == 6 and figures["other"] == 5 and figures["limit"] == 17
    assert all(figures[name] == {"unknown": "needs pg_monitor"} for name in ("active", "idle", "waiting", "longest_query"))
    assert [text for text in notes(document, "plain") if "needs pg_monitor to see" in text]
    assert {row["pid"] for row in document.rows("postgres", "sessions", "plain").values()} == set(load.values())


def wants(load):
    """{action: arguments of its plan}, for all actions."""
    return {"postgres.cancel": [str(load["sleeper"])],
            "postgres.terminate": [str(load["holder"])],
            "postgres.terminate-root": [str(load["waiter"])],
            "postgres.terminate-active": ["age=1s"],
            "postgres.terminate-idle": ["age=1s"],
            "postgres.terminate-group": ["user=ecap_user", "age=0s"],
            "postgres.vacuum": ["public.accounts"],
            "postgres.analyze": ["public.accounts"],
            "postgres.vacuum-full": ["public.accounts"],
            "postgres.reindex": ["public.accounts_pkey"],
            "postgres.drop-invalid-index": ["public.accounts_twice"],
            "postgres.create-index": ["table=public.accounts", "columns=n"],
            "postgres.set": ["name=work_mem", "value=8MB"],
            "postgres.delete-old": ["table=old"],
            "postgres.reset-statements": [],
            "postgres.drop-slot": ["stale"],
            "postgres.rollback-prepared": ["forgotten"],
            "postgres.commit-prepared": ["forgotten"],
            "postgres.rename-database": ["spare", "to=renamed"],
            "postgres.restore-backup": [f"file={load['backup']}", "database=restored"]}


@pytest.fixture
def leftovers(server, platform):
    """Two replication slots, two prepared transactions of ecap_user, and a database."""
    def prepare(name, row):
        with contextlib.closing(server.connect("ecap_user", "coordinator")) as connection, connection.cursor() as cursor:
            cursor.execute(f"BEGIN; INSERT INTO accounts VALUES ({row}, 0, '')")
            cursor.execute(f"PREPARE TRANSACTION '{name}'")

    for name in ("stale", "neighbour"):
        server.sql(f"SELECT pg_create_physical_replication_slot('{name}', true)")
    server.sql("CREATE DATABASE spare", dbname="postgres")
    prepare("forgotten", 9001)
    prepare("neighbour", 9002)
    yield
    server.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name IN ('stale', 'neighbour')")
    for [name] in server.sql("SELECT gid FROM pg_prepared_xacts"):
        server.sql(f"ROLLBACK PREPARED '{name}'")
    server.sql("DROP DATABASE spare", dbname="postgres")


def everything(server):
    """What an action may change other than sessions: rows, indexes, settings."""
    return {"rows": [server.one(f"SELECT count(*) FROM {table}") for table in ("accounts", "neighbours", "old")],
            "indexes": server.sql("SELECT indexrelid::regclass::text, indisvalid, pg_relation_filenode(indexrelid) FROM pg_index"
                                  " WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
                                  " ORDER BY 1"),
            "settings": server.sql("SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'transaction%' ORDER BY 1")}


@pytest.fixture
def backup(server, tmp_path):
    """Of the table old; None: this host's pg_dump is older than the server."""
    path = tmp_path / "old.dump"
    done = subprocess.run(["pg_dump", "-Fc", "-t", "old", "-f", path, server.dsn("postgres")], capture_output=True, text=True)
    assert done.returncode == 0 or "server version mismatch" in done.stderr, done
    return path if done.returncode == 0 else None


def test_every_action_has_its_plan(server, platform, load, leftovers, backup):
    load = {**load, "backup": backup}
    ids = set(re.findall(r"^  \S  (postgres\.\S+)", stacktop("actions").stdout, re.M))
    # the first two only read, the third is for a standby
    assert ids == {"postgres.connections", "postgres.check-backup", "postgres.resume-replay", *wants(load)}
    before, sessions = everything(server), sessions_of(server)
    for action, words in wants(load).items():
        if action == "postgres.restore-backup" and not backup:
            continue
        target = "boss" if action in BOSS else "ecap"
        plan = platform.plan(action, *words, target=target)
        if server.version < INDEXES and "index" in action:
            assert plan.status == 1 and "needs PostgreSQL 12 or newer" in plan.stderr, plan
        else:
            assert plan.status == 0 and plan.json["victims"], plan
    assert everything(server) == before and sessions_of(server) == sessions and platform.audit.records == []



def test_terminate_cancel_and_nothing_else(server, platform, load):
    before, sessions = everything(server), sessions_of(server)
    assert "gone" in platform.do("postgres.terminate", str(load["holder"]))["proof"]
    wait_until(lambda: sessions_of(server).get(load["waiter"]) == "idle", what="the waiter to go on")
    assert "1 query ended" in platform.do("postgres.cancel", str(load["sleeper"]))["proof"]
    sessions.pop(load["holder"])
    assert sessions_of(server) == {**sessions, load["waiter"]: "idle", load["sleeper"]: "idle"}
    assert everything(server) == before


def test_terminate_the_root_and_all_that_are_old(server, platform, load):
    platform.do("postgres.terminate-root", str(load["waiter"]))
    wait_until(lambda: sessions_of(server).get(load["waiter"]) == "idle", what="the waiter to go on")
    sessions = sessions_of(server)
    assert load["holder"] not in sessions
    platform.do("postgres.terminate-active", "age=1s")
    platform.do("postgres.terminate-idle", "age=1s")
    assert sessions_of(server) == {load["idle"]: "idle", load["waiter"]: "idle"}
    assert set(sessions) - set(sessions_of(server)) == {load["sleeper"], load["aborted"]}


def test_slots_and_prepared_transactions(server, platform, leftovers):
    def left():
        return (server.sql("SELECT slot_name::text FROM pg_replication_slots ORDER BY 1"),
                server.sql("SELECT gid FROM pg_prepared_xacts ORDER BY 1"))

    platform.do("postgres.drop-slot", "stale", target="boss")
    assert left() == ([("neighbour",)], [("forgotten",), ("neighbour",)])
    platform.do("postgres.rollback-prepared", "forgotten")
    assert left() == ([("neighbour",)], [("neighbour",)])
    platform.do("postgres.commit-prepared", "neighbour")
    assert left() == ([("neighbour",)], [])
    assert server.sql("SELECT id FROM accounts WHERE id > 9000") == [(9002,)]
    assert platform.plan("postgres.drop-slot", "neighbour").status != 0  # ecap_user may not


def test_a_slot_that_was_created_again(server, platform, leftovers):
    """A physical slot begins at the last checkpoint: two of them one after the other have the same position."""
    plan = platform.plan("postgres.drop-slot", "stale", "neighbour", target="boss")
    assert plan.status == 0 and "dropped and created again" in plan.stdout, plan
    server.sql("SELECT pg_drop_replication_slot('stale'); SELECT pg_create_physical_replication_slot('stale', true)")
    stacktop("-c", platform.config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"])
    left = {name for [name] in server.sql("SELECT slot_name::text FROM pg_replication_slots")}
    assert left == ({"stale"} if server.version >= 17 else set()), left


def upkeep(server):
    """{table: number of vacuums, of analyzes, dead rows}; an older server reports them half a second late."""
    return {name: counts for name, *counts in server.sql(
        "SELECT relname, vacuum_count, analyze_count, n_dead_tup FROM pg_stat_user_tables ORDER BY 1")}


def test_vacuum_and_analyze(server, platform):
    for table in ("accounts", "neighbours"):
        server.sql(f"DELETE FROM {table} WHERE id > 100")
    wait_until(lambda: [upkeep(server)[table][2] for table in ("accounts", "neighbours")] == [1900, 1900],
               what="the dead rows to be counted")
    rows = everything(server)["rows"]
    found = platform.plan("postgres.vacuum")
    found = found.stdout + found.stderr
    assert "public.accounts" in found and "public.neighbours" in found
    platform.do("postgres.vacuum", "public.accounts")
    wait_until(lambda: upkeep(server)["accounts"] == [1, 1, 0], what="the vacuum to be counted")
    assert upkeep(server)["neighbours"] == [0, 0, 1900]
    platform.do("postgres.analyze", "public.neighbours")
    wait_until(lambda: upkeep(server)["neighbours"][:2] == [0, 1], what="the analyze to be counted")
    assert upkeep(server)["accounts"] == [1, 1, 0] and everything(server)["rows"] == rows


def test_indexes(server, platform):
    if server.version < INDEXES:
        return  # refused: see test_every_action_has_its_plan

    def changes(action, *words):
        before = dict((name, rest) for name, *rest in everything(server)["indexes"])
        platform.do(action, *words)
        after = dict((name, rest) for name, *rest in everything(server)["indexes"])
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}, after

    changed, after = changes("postgres.reindex", "public.accounts_pkey")
    assert changed == {"accounts_pkey"} and after["accounts_pkey"][0]
    changed, after = changes("postgres.drop-invalid-index", "public.accounts_twice")
    assert changed == {"accounts_twice"} and "accounts_twice" not in after
    changed, after = changes("postgres.create-index", "table=public.neighbours", "columns=n,id")
    assert changed == {"neighbours_n_id_idx"} and after["neighbours_n_id_idx"][0]


def test_settings_old_rows_and_statements(server, platform):
    before = everything(server)
    platform.do("postgres.set", "name=work_mem", "value=8MB", target="boss")
    wait_until(lambda: server.one("SHOW work_mem") == "8MB", what="the setting")
    assert set(everything(server)["settings"]) ^ set(before["settings"]) == {("work_mem", "4096"), ("work_mem", "8192")}
    platform.do("postgres.set", "name=work_mem", "reset=true", target="boss")
    wait_until(lambda: everything(server) == before, what="the former setting")
    platform.do("postgres.delete-old", "table=old")
    assert everything(server)["rows"] == [2000, 2000, 89]
    assert server.one("SELECT max(made) < now() AND min(made) > now() - interval '90 d' FROM old")
    for database in ("app", "postgres"):
        server.sql("SELECT 1 AS marked", dbname=database)

    def known(database):
        return server.one("SELECT count(*) FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid "
                          f"WHERE datname = '{database}' AND query LIKE 'SELECT % AS marked'")

    assert known("app") == 1 and known("postgres") == 1
    platform.do("postgres.reset-statements", target="boss")
    assert known("app") == 0
    assert known("postgres") == (server.version >= 12)  # an older one forgets them all


def test_a_standby(server, tmp_path):
    server.sql("SELECT pg_create_physical_replication_slot('mirror')")
    server.stop()
    standby = server.standby(tmp_path / "standby", "mirror")
    server.start()
    platform = Platform(server, tmp_path, mirror=standby)

    def at_rest():
        """A checkpoint completes the last WAL record; otherwise part of it waits for the rest."""
        server.sql("CHECKPOINT")
        return server.one("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                          " AND replay_lsn = pg_current_wal_lsn()")

    try:
        standby.start()
        server.sql("DROP TABLE IF EXISTS written; CREATE TABLE written AS SELECT generate_series(1, 10) n")
        wait_until(at_rest, what="the standby to have replayed all")
        document = platform.look()
        figures = document.summary("postgres", "connections", "ecap")
        assert figures["replicas"] == 1 and figures["role"] == "primary" and figures["lag_bytes"] == 0
        taken = 0 if server.version >= OWN_SLOTS else 1  # the walsender's connection
        assert (figures["used"], figures["other"], figures["active"]) == (1 + taken, taken, 0)
        assert figures.get("longest_query") is None and document.rows("postgres", "sessions", "ecap") == {}
        row, = document.rows("postgres", "replicas", "ecap").values()
        assert {name: row[name] for name in ("replica", "state", "type", "sync", "client", "slot", "lag_bytes")} == {
            "replica": "mirror", "state": "streaming", "type": "standby", "sync": "async", "client": "127.0.0.1",
            "slot": "mirror", "lag_bytes": 0}
        document = platform.look("mirror")
        figures = document.summary("postgres", "connections", "mirror")
        assert (figures["role"], figures["lag_bytes"], figures["lag"]) == ("standby", 0, 0)
        assert 0 <= figures["contact"] < 20 and figures["replayed"] >= 0 and notes(document, "mirror") == []
        document = platform.look("plain")
        figures = document.summary("postgres", "connections", "plain")
        assert (figures["used"], figures["other"], figures["replicas"]) == (1 + taken, taken, 1)

        standby.sql("SELECT pg_wal_replay_pause()")
        server.sql("INSERT INTO written SELECT generate_series(1, 20000)")
        lag = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) FROM pg_stat_replication"
        wait_until(lambda: standby.one("SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())") > 500000,
                   what="the standby to receive")
        document = platform.look()
        assert document.summary("postgres", "connections", "ecap")["lag_bytes"] == server.one(lag) > 500000
        document = platform.look("mirror", status=WARN)
        figures = document.summary("postgres", "connections", "mirror")
        assert figures["lag_bytes"] > 500000 and figures["lag"] > 0
        assert "replay is paused" in document.findings[0][1]
        standby.sql("SELECT pg_wal_replay_resume()")
        wait_until(at_rest, what="the standby to have replayed all")
        assert platform.look("mirror").summary("postgres", "connections", "mirror")["lag_bytes"] == 0

        server.stop()
        document = platform.look("mirror", status=WARN)  # critical when it is so for half a minute
        assert "not receiving WAL" in document.findings[0][1]
        server.start()
        standby.stop()
        server.sql("INSERT INTO written SELECT generate_series(1, 1000)")
        document = platform.look(status=WARN)
        row, = document.rows("postgres", "replicas", "ecap").values()
        assert (row["state"], row["type"], row["kept_bytes"] > 50000) == ("inactive", "slot", True)
        words = document.findings[0][1]
        assert re.search(r"slot inactive for \S+, retains " if server.version >= SLOTS_TELL_SINCE else "slot inactive, retains ", words)
        assert server.complaints() == [] and standby.complaints() == []
    finally:
        standby.remove()
