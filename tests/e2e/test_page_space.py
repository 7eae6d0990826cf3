"""The page postgres.space: a slot, a failing archiver and forgotten transactions are named with what frees the space."""

import contextlib

import pytest

from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until

BESIDE = "others"


@pytest.fixture
def held(server):  # noqa: F811
    """WAL is retained by a slot and by the archiver, dead rows by a session and a prepared transaction."""
    server.sql("ALTER SYSTEM SET archive_mode = on")
    server.sql("ALTER SYSTEM SET archive_command = '/bin/false'")
    server.stop()
    server.start()
    server.sql("SELECT pg_create_physical_replication_slot('stale', true)")
    with contextlib.closing(server.connect(name="idler")) as session, session.cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO goods VALUES (-1, 1)")
        cursor.execute("PREPARE TRANSACTION 'forgotten'")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1")
        for _ in range(20):
            server.sql("UPDATE goods SET price = price + 1 WHERE id < 100")
        server.sql("SELECT pg_switch_wal()")
        wait_until(lambda: server.one("SELECT failed_count FROM pg_stat_archiver"), what="the archiver to fail")
        yield session.info.backend_pid
    server.sql("ROLLBACK PREPARED 'forgotten'")
    server.sql("SELECT pg_drop_replication_slot('stale')")
    server.sql("ALTER SYSTEM RESET archive_mode")
    server.sql("ALTER SYSTEM RESET archive_command")


def test_what_holds_the_space(server, shop, held):  # noqa: F811
    def retained():
        return server.one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint FROM pg_replication_slots")

    def directory():
        return server.one("SELECT sum(size)::bigint FROM pg_ls_waldir()")

    before, files = retained(), directory()
    run = show(shop, "postgres.space", "shop", "--json")
    assert run.status == 0, run
    tables = {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in run.json["target"]["tables"]}
    slot, archiver = tables["wal"]["slot/stale"], tables["wal"]["archiver"]
    assert 0 < before <= slot["bytes"] <= retained()
    assert slot["state"].startswith("not in use") and "postgres.drop-slot" in slot["frees"]
    assert archiver["state"].startswith("fails at 0000") and "archive_command has to succeed" in archiver["frees"]
    assert files <= tables["wal"]["pg_wal"]["bytes"] <= directory()  # the server adds segments in the meantime
    session, prepared = tables["xmin"][f"session/{held}"], tables["xmin"]["prepared/forgotten"]
    assert session["xids"] >= 20 and session["state"] == "idle in transaction" and "idler" in session["who"]
    assert prepared["xids"] >= session["xids"] and "postgres.rollback-prepared" in prepared["frees"]
    ages = dict(server.sql("SELECT datname, age(datfrozenxid) FROM pg_database"))
    assert {cells["database"]: cells["age"] for cells in tables["frozen"].values()} == ages


def test_without_the_right_to_list_files(server, tmp_path):  # noqa: F811
    run = show(configured(server, tmp_path, user="nobody"), "postgres.space", "shop")
    assert run.status == 3 and "the size of pg_wal needs a right: GRANT pg_monitor TO nobody" in run.stdout, run
    assert "Databases by age" in run.stdout
