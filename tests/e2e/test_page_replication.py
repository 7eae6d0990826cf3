"""The page postgres.replication: a primary with a standby, a standby behind that, and a subscription of its own."""

import contextlib
import os
import signal

import psycopg2
import pytest

from page_server import PROGRAMS, show
from postgres_servers import Cluster
from sandbox import HOST, wait_until
from stacktop import write_config

BESIDE = "others"
LOGICAL = "wal_level = logical\nmax_standby_streaming_delay = 0\nwal_sender_timeout = 0\nmax_slot_wal_keep_size = 1GB\n"
SECRET = "tr0ub4dor host=leaked"


class Chain:
    """primary, its standby and the standby of that."""

    def __init__(self, folder):
        self.primary = Cluster(folder / "primary", PROGRAMS[-1].parent, 15)
        self.primary.make()
        self.primary.configure(LOGICAL)
        self.primary.start()
        self.primary.sql("CREATE DATABASE app", dbname="postgres")
        self.primary.sql("CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher; CREATE ROLE nobody LOGIN;"
                         " CREATE TABLE goods (id int PRIMARY KEY, price int);"
                         " INSERT INTO goods SELECT n, n FROM generate_series(1, 2000) n")
        self.primary.sql("SELECT pg_create_physical_replication_slot('mirror')")
        self.primary.stop()
        self.standby = self.primary.standby(folder / "standby", "mirror")
        self.cascade = self.standby.standby(folder / "cascade", "second")
        conninfo = f"host={HOST} port={self.primary.port} user=postgres application_name=mirror password=''{SECRET}''"
        self.standby.configure(LOGICAL + f"primary_conninfo = '{conninfo}'\nprimary_slot_name = 'mirror'\n")
        self.primary.start()
        self.standby.start()
        self.standby.sql("SELECT pg_create_physical_replication_slot('second')")
        self.cascade.start()
        for cluster in (self.primary, self.standby):
            wait_until(lambda: cluster.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"), what="streaming")

    def remove(self):
        for cluster in (self.cascade, self.standby, self.primary):
            cluster.remove()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    made = Chain(tmp_path_factory.mktemp("replication"))
    yield made
    made.remove()


def page(cluster, folder, user="watcher", status=0):
    path = write_config(folder, postgres=[{"name": "shop", "dsn": cluster.dsn(user)}], hosts=[], services=[])
    run = show(path, "postgres.replication", "shop", "--json")
    assert run.status == status, run
    assert "tr0ub4dor" not in run.stdout and "leaked" not in run.stdout
    return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in run.json["target"]["tables"]}


def one(rows):
    assert len(rows) == 1, rows
    return next(iter(rows.values()))


def write(primary):
    primary.sql("UPDATE goods SET price = price + 1; SELECT pg_switch_wal()")


POSITIONS = ("SELECT pg_wal_lsn_diff(e.lsn, sent_lsn)::bigint, pg_wal_lsn_diff(e.lsn, write_lsn)::bigint,"
             " pg_wal_lsn_diff(e.lsn, flush_lsn)::bigint, pg_wal_lsn_diff(e.lsn, replay_lsn)::bigint"
             " FROM pg_stat_replication, (SELECT pg_current_wal_lsn() AS lsn) e WHERE application_name = 'mirror'")


def between(cluster, folder):
    """The row of the replica, whose figures are between those of SQL before and after."""
    [before] = cluster.sql(POSITIONS)
    tables = page(cluster, folder)
    [after] = cluster.sql(POSITIONS)
    row = one(tables["stages"])
    for low, value, high in zip(before, (row[f"{stage}_bytes"] for stage in ("sent", "write", "flush", "replay")), after):
        assert low <= value <= high, (before, row, after)
    return row


def test_all_is_well(chain, tmp_path):
    wait_until(lambda: chain.primary.one("SELECT replay_lsn >= pg_current_wal_lsn() FROM pg_stat_replication"),
               what="the replay")
    tables = page(chain.primary, tmp_path)
    row, slot, server = one(tables["stages"]), tables["slots"]["mirror"], one(tables["server"])
    assert row["replica"] == "mirror" and row["state"] == "streaming" and row["sync"] == "async" and row["slot"] == "mirror"
    assert row["stage"] == "nowhere" and row["replay_bytes"] == 0 and row["client"] == HOST and 0 <= row["reply"] < 60
    assert slot["state"] == f"in use by pid {row['pid']}" and slot["wal_status"] == "reserved" and slot["safe"] > 0
    assert server["role"] == "primary" and server["timeline"] == 1 and server["synchronous"] == "none"
    assert not tables["conflicts"] and not tables["subscriptions"]


@contextlib.contextmanager
def frozen(cluster):
    pid = cluster.one("SELECT pid FROM pg_stat_replication WHERE application_name = 'mirror'")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_frozen_sender(chain, tmp_path):
    with frozen(chain.primary):
        write(chain.primary)
        row = between(chain.primary, tmp_path)
        assert row["sent_bytes"] > 100000 and row["stage"] == "sending: this server or the network"


def resumed(standby):
    """A query on a standby may be cancelled by what it replays."""
    with contextlib.suppress(psycopg2.errors.SerializationFailure):
        standby.sql("SELECT pg_wal_replay_resume()")
        return not standby.one("SELECT pg_is_wal_replay_paused()")
    return False


def test_a_paused_replay(chain, tmp_path):
    chain.standby.sql("SELECT pg_wal_replay_pause()")
    try:
        write(chain.primary)
        wait_until(lambda: chain.primary.one("SELECT flush_lsn >= pg_current_wal_lsn() FROM pg_stat_replication"),
                   what="the flush")
        row = between(chain.primary, tmp_path)
        assert row["replay_bytes"] > 100000 >= row["flush_bytes"] and row["stage"].startswith("replaying: ")
        server = one(page(chain.standby, tmp_path)["server"])
        assert server["replay"].startswith("paused") and server["replay_bytes"] > 100000
        assert server["replay_bytes"] == chain.standby.one(
            "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint")
    finally:
        wait_until(lambda: resumed(chain.standby), what="the replay to continue")


def delay(standby, value):
    standby.sql(f"ALTER SYSTEM SET max_standby_streaming_delay = {value}")
    standby.sql("SELECT pg_reload_conf()")
    wait_until(lambda: standby.one("SHOW max_standby_streaming_delay") == str(value), what="the reload")


def test_a_query_holds_the_replay_back(chain, tmp_path):
    """A query of the standby may still see rows that were vacuumed on the primary."""
    delay(chain.standby, -1)
    try:
        with contextlib.closing(chain.standby.connect()) as reader, reader.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM goods")
            chain.primary.sql("UPDATE goods SET price = price + 1 WHERE id < 500")
            chain.primary.sql("VACUUM goods")
            wait_until(lambda: one(page(chain.standby, tmp_path)["server"])["replay"]
                       == "waits for a query: RecoveryConflictSnapshot", what="the wait")
            assert one(page(chain.standby, tmp_path, user="nobody", status=3)["server"])["replay"] == "not paused"
            assert one(page(chain.primary, tmp_path)["stages"])["stage"].startswith("replaying: ")
    finally:
        delay(chain.standby, 0)
    wait_until(lambda: one(page(chain.standby, tmp_path)["server"])["replay"] == "running", what="the replay to continue")


def test_a_standby_and_the_one_behind_it(chain, tmp_path):
    tables = page(chain.standby, tmp_path)
    server, row = one(tables["server"]), one(tables["stages"])
    assert server["role"] == "standby" and server["receiver"] == "streaming" and server["timeline"] == 1
    assert server["source"] == f"{HOST}:{chain.primary.port}" and server["slot"] == "mirror"
    assert row["replica"] == "second" and row["state"] == "streaming" and "second" in tables["slots"]
    last = page(chain.cascade, tmp_path)
    assert one(last["server"])["source"] == f"{HOST}:{chain.standby.port}" and not last["stages"]


def test_conflicts_by_kind(chain, tmp_path):
    before = one({key: row for key, row in page(chain.standby, tmp_path)["conflicts"].items() if row["database"] == "app"})
    with contextlib.closing(chain.standby.connect()) as reader, reader.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM goods")
        chain.primary.sql("DELETE FROM goods WHERE id > 1000")
        chain.primary.sql("VACUUM goods")
        wait_until(lambda: chain.standby.one("SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = 'app'")
                   > before["snapshot"], what="the conflict")
    after = one({key: row for key, row in page(chain.standby, tmp_path)["conflicts"].items() if row["database"] == "app"})
    assert after["snapshot"] == before["snapshot"] + 1 and after["total"] == before["total"] + 1
    assert after["lock"] == before["lock"]
    if chain.standby.one("SELECT current_setting('server_version_num')::int") < 160000:
        assert "PostgreSQL 16" in str(after["logical_slot"])
    else:
        assert after["logical_slot"] == before["logical_slot"]


def test_a_subscription_with_an_error(chain, tmp_path):
    """In another database of the same server."""
    primary = chain.primary
    primary.sql("CREATE TABLE feed (id int PRIMARY KEY); CREATE PUBLICATION all_of_it FOR TABLE feed;")
    primary.sql("SELECT pg_create_logical_replication_slot('feed', 'pgoutput')")
    primary.sql("CREATE DATABASE copy", dbname="postgres")
    primary.sql("CREATE TABLE feed (id int PRIMARY KEY); INSERT INTO feed VALUES (1)", dbname="copy")
    primary.sql(f"CREATE SUBSCRIPTION feed CONNECTION 'host={HOST} port={primary.port} dbname=app user=postgres"
                f" password=tr0ub4dor' PUBLICATION all_of_it WITH (create_slot = false, copy_data = false)", dbname="copy")
    try:
        wait_until(lambda: primary.one("SELECT active FROM pg_replication_slots WHERE slot_name = 'feed'"), what="the worker")
        primary.sql("INSERT INTO feed VALUES (1)")
        wait_until(lambda: primary.one("SELECT sum(apply_error_count) FROM pg_stat_subscription_stats"), what="the error")
        tables = page(primary, tmp_path)
        row = one(tables["subscriptions"])
        assert row["subscription"] == "feed" and row["database"] == "copy" and row["slot"] == "feed"
        assert row["apply_errors"] >= 1 and row["copy_errors"] == 0 and row["state"] in ("applying", "no worker")
        assert tables["slots"]["feed"]["type"] == "logical" and tables["slots"]["feed"]["confirmed"] > 0
        primary.sql("ALTER SUBSCRIPTION feed DISABLE", dbname="copy")
        assert one(page(primary, tmp_path)["subscriptions"])["state"] == "disabled"
    finally:
        primary.sql("ALTER SUBSCRIPTION feed DISABLE", dbname="copy")
        wait_until(lambda: not primary.one("SELECT active FROM pg_replication_slots WHERE slot_name = 'feed'"), what="its end")
        primary.sql("DROP SUBSCRIPTION feed", dbname="copy")


def test_without_the_right(chain, tmp_path):
    tables = page(chain.primary, tmp_path, user="nobody", status=3)
    row = one(tables["stages"])
    assert row["replica"] == "mirror" and row["state"] == row["replay_bytes"] == {"unknown": "needs pg_monitor"}
    server = one(page(chain.standby, tmp_path, user="nobody", status=3)["server"])
    assert server["source"] == server["receiver"] == {"unknown": "needs pg_monitor"}


def test_without_its_primary(chain, tmp_path):
    """A stopped standby leaves its slot; a standby without a primary says where it should receive from."""
    chain.standby.process.send_signal(signal.SIGINT)
    chain.standby.process.wait(20)
    tables = page(chain.primary, tmp_path)
    assert not tables["stages"] and tables["slots"]["mirror"]["state"] == "not in use"
    write(chain.primary)
    retained = chain.primary.one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"
                                 " FROM pg_replication_slots WHERE slot_name = 'mirror'")
    assert page(chain.primary, tmp_path)["slots"]["mirror"]["retains"] >= retained > 100000
    chain.standby.start()
    chain.primary.stop()
    server = one(page(chain.standby, tmp_path)["server"])
    assert server["receiver"] == "not running" and server["source"] == HOST


@pytest.mark.parametrize("conninfo, host", [
    ("postgresql://u:tr0ub4dor@db.example:5433/app?sslmode=require", "db.example:5433"),
    ("postgresql://u:tr0ub4dor?leaked@db.example/app", None),
    ("postgresql://u:tr0ub@4dor@db.example/app", "db.example"),
    ("password = ''it\\''s host=leaked'' host=db.example", "db.example"),
    ("user=u hostaddr=10.0.0.1 host=a,b", "a,b"), ("service=x", None)])
def test_the_host_and_nothing_else(chain, tmp_path, conninfo, host):
    chain.cascade.sql(f"ALTER SYSTEM SET primary_conninfo = '{conninfo}'")
    chain.cascade.sql("SELECT pg_reload_conf()")
    wait_until(lambda: chain.cascade.one("SELECT setting FROM pg_settings WHERE name = 'primary_conninfo'").split()[0][:12]
               == conninfo.split()[0][:12] and not chain.cascade.sql("SELECT 1 FROM pg_stat_wal_receiver"), what="the reload")
    source = one(page(chain.cascade, tmp_path)["server"])["source"]
    assert source == (host or "none"), source
