"""Pages of PostgreSQL when there is much of something: a long queue for one row, and more slots than a page shows."""

import contextlib

import psycopg2
import pytest

from page_server import PROGRAMS, configured, show
from postgres_servers import Cluster
from sandbox import wait_until

BESIDE = "others"

WAITERS, SLOTS = 110, 250


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster(tmp_path_factory.mktemp("large") / "server", PROGRAMS[-1].parent, 15)
    cluster.make()
    cluster.configure(f"max_connections = {WAITERS + 20}\nmax_replication_slots = {SLOTS}\n")
    cluster.start()
    try:
        cluster.sql("CREATE DATABASE app", dbname="postgres")
        cluster.sql("CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher; CREATE TABLE goods (id int, price int);"
                    " INSERT INTO goods VALUES (7, 1)")
        yield cluster
    finally:
        cluster.remove()


def tables_of(run):
    return {table["id"]: table for table in run.json["target"]["tables"]}


def connect(stack, cluster, name):
    connection = cluster.connect(name=name, async_=True)
    stack.callback(connection.close)
    wait_until(lambda: connection.poll() == psycopg2.extensions.POLL_OK, what=name)
    return connection


def test_a_queue_for_one_row(large, tmp_path):
    """Each waits for all before it: the paths through the queue are more than anybody can follow."""
    shop = configured(large, tmp_path)
    with contextlib.ExitStack() as stack:
        holder = stack.enter_context(contextlib.closing(large.connect(name="holder")))
        holder.cursor().execute("BEGIN; UPDATE goods SET price = 0 WHERE id = 7")
        pids, cursors = [], []
        for nth in range(WAITERS):
            waiter = connect(stack, large, f"waiter {nth}")
            cursors.append(waiter.cursor())
            cursors[-1].execute("UPDATE goods SET price = 1 WHERE id = 7")
            wait_until(lambda: waiter.poll() != psycopg2.extensions.POLL_WRITE, what="the query")
            pids.append(waiter.info.backend_pid)
        wait_until(lambda: large.one("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") == WAITERS,
                   what="all of them to wait")
        root = show(shop, "postgres.session", "shop", str(holder.info.backend_pid), "--json")
        assert root.status == 0 and root.json["target"]["failures"] == 0, root
        chain = tables_of(root)["sessions"]["rows"]
        assert chain[0]["cells"]["place"] == "this one" and len(chain) == 101, len(chain)
        assert any(f"{WAITERS} sessions wait for locks" in note["text"] for note in root.json["target"]["notes"])
        last = show(shop, "postgres.session", "shop", str(pids[-1]), "--json")
        assert last.status == 0, last
        places = {row["cells"]["pid"]: row["cells"]["place"] for row in tables_of(last)["sessions"]["rows"]}
        assert places[holder.info.backend_pid] == "blocks it" and places[pids[-1]] == "this one"
        locks = show(shop, "postgres.locks", "shop", "--json")
        assert locks.status == 0, locks
        waits = tables_of(locks)["waits"]
        assert waits["truncated"] and tables_of(locks)["figures"]["rows"][0]["cells"]["waiting"] == WAITERS
        # cut off are those that wait, never those that hold
        held = [row for row in waits["rows"] if row["cells"]["held"] == "holds"]
        assert f"pid {holder.info.backend_pid}" in {row["cells"]["session"] for row in held}


def test_more_slots_than_are_shown(large, tmp_path):
    large.sql(f"SELECT count(pg_create_physical_replication_slot('kept_' || n, true)) FROM generate_series(1, {SLOTS}) n")
    shop = configured(large, tmp_path)
    space = tables_of(show(shop, "postgres.space", "shop", "--json"))
    assert space["wal"]["truncated"] and sum(row["key"].startswith("slot/") for row in space["wal"]["rows"]) == 200
    assert not space["xmin"]["truncated"] and not space["frozen"]["truncated"]
    assert "truncated" in show(shop, "postgres.space", "shop").stdout
    slots = tables_of(show(shop, "postgres.replication", "shop", "--json"))["slots"]
    assert len(slots["rows"]) == SLOTS and not slots["truncated"]
    large.sql("SELECT count(pg_drop_replication_slot(slot_name)) FROM pg_replication_slots")


def test_a_slot_whose_wal_is_lost(large, tmp_path):
    large.sql("SELECT pg_create_physical_replication_slot('late', true)")
    large.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    large.sql("SELECT pg_reload_conf()")
    try:
        for _ in range(3):
            large.sql("CREATE TABLE more (id int); DROP TABLE more; SELECT pg_switch_wal()")
        large.sql("CHECKPOINT")
        assert large.one("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'late'") == "lost"
        rows = tables_of(show(configured(large, tmp_path), "postgres.space", "shop", "--json"))["wal"]["rows"]
        [slot] = [row["cells"] for row in rows if row["key"] == "slot/late"]
        assert slot["state"] == "not in use, lost" and slot["frees"] == "its reader cannot continue: postgres.drop-slot"
    finally:
        large.sql("ALTER SYSTEM RESET max_slot_wal_keep_size")
        large.sql("SELECT pg_reload_conf(); SELECT pg_drop_replication_slot('late')")
