"""The page postgres.locks: every waiting lock with all its holders, as a tree on which the actions on sessions work."""

import contextlib

import psycopg2
import pytest

from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until
from stacktop import stacktop

BESIDE = "others"


@pytest.fixture
def waiting(server):  # noqa: F811
    """holder <- second <- third wait for a row; another waits for a table behind two readers; one for a prepared
    transaction."""
    with contextlib.ExitStack() as stack:
        def session(name, sql, waits=False):
            if not waits:
                connection = stack.enter_context(contextlib.closing(server.connect(name=name)))
                connection.cursor().execute(sql)
                return connection.info.backend_pid
            connection = stack.enter_context(contextlib.closing(server.connect(name=name, async_=True)))
            wait_until(lambda: connection.poll() == psycopg2.extensions.POLL_OK, what=name)
            kept.append(connection.cursor())
            kept[-1].execute(sql)
            wait_until(lambda: connection.poll() != psycopg2.extensions.POLL_WRITE and server.one(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s", connection.info.backend_pid), what=name)
            return connection.info.backend_pid
        kept = []
        server.sql("CREATE TABLE IF NOT EXISTS shelf (id int); TRUNCATE shelf")
        pids = {"holder": session("holder", "BEGIN; UPDATE goods SET price = 0 WHERE id = 7; SELECT pg_advisory_lock(77)"),
                "second": session("second", "UPDATE goods SET price = 1 WHERE id = 7", True),
                "third": session("third", "UPDATE goods SET price = 2 WHERE id = 7", True),
                "reader-1": session("reader-1", "BEGIN; SELECT * FROM shelf"),
                "reader-2": session("reader-2", "BEGIN; SELECT * FROM shelf"),
                "ddl": session("ddl", "BEGIN; LOCK TABLE shelf", True)}
        session("coordinator", "BEGIN; UPDATE goods SET price = 0 WHERE id = 9; PREPARE TRANSACTION 'it''s \x1b[31m'")
        pids["stuck"] = session("stuck", "UPDATE goods SET price = 1 WHERE id = 9", True)
        try:
            yield pids
        finally:
            server.sql("SELECT pg_terminate_backend(%s)", pids["stuck"])
            server.sql("ROLLBACK PREPARED 'it''s \x1b[31m'")


def tables_of(run):
    return {table["id"]: {row["key"]: row for row in table["rows"]} for table in run.json["target"]["tables"]}


def test_who_waits_for_whom(server, shop, waiting):  # noqa: F811
    run = show(shop, "postgres.locks", "shop", "--json")
    assert run.status == 0, run
    tables = tables_of(run)
    chain = {row["cells"]["pid"]: row for row in tables["sessions"].values() if row["cells"]["pid"]}
    keys = {pid: row["key"] for pid, row in chain.items()}
    assert chain[waiting["holder"]].get("parent") is None and chain[waiting["holder"]]["cells"]["blocks"] >= 1
    assert chain[waiting["second"]]["parent"] == keys[waiting["holder"]]
    expected = server.one("SELECT pg_blocking_pids(%s)", waiting["third"])
    assert chain[waiting["third"]]["parent"] == keys[expected[0]]
    cells = chain[waiting["second"]]["cells"]
    assert cells["lock"].startswith("a row of public.goods, changed by transaction ") and cells["mode"] == "ShareLock", cells
    assert 0 < cells["wait"] <= cells["state_age"] + 1
    [prepared] = [row for key, row in tables["sessions"].items() if key.startswith("prepared/it's ")]
    assert chain[waiting["stuck"]]["parent"] == prepared["key"] and prepared["cells"]["blocks"] == 1
    ddl = chain[waiting["ddl"]]["cells"]
    assert ddl["lock"] == "public.shelf" and ddl["mode"] == "AccessExclusiveLock"
    assert sorted(map(int, ddl["blocked_by"].split(", "))) == sorted(server.one("SELECT pg_blocking_pids(%s)",
                                                                               waiting["ddl"]))
    # every holder has its mode, application and state
    [lock] = [row for row in tables["waits"].values() if row["cells"].get("session") == f"pid {waiting['ddl']}"]
    holders = {row["cells"]["application"]: row["cells"] for row in tables["waits"].values()
               if row.get("parent") == lock["key"]}
    assert set(holders) == {"reader-1", "reader-2"}
    assert holders["reader-1"]["mode"] == "AccessShareLock" and holders["reader-1"]["state"] == "idle in txn"
    assert holders["reader-1"]["transaction_age"] > 0 and lock["cells"]["wait"] > 0
    [mode] = [row["cells"] for row in tables["modes"].values()
              if (row["cells"]["object"], row["cells"]["mode"]) == ("public.shelf", "AccessShareLock")]
    assert (mode["held"], mode["waiting"]) == (2, 0)
    [gid] = tables["prepared"].values()
    assert gid["cells"]["owner"] == "postgres" and gid["cells"]["waiting"] == 1 and gid["cells"]["age"] >= 0
    assert gid["cells"]["gid"].startswith("it's ") and gid["cells"]["locks"] == server.one("SELECT count(*) FROM pg_locks WHERE pid IS NULL")
    [advisory] = tables["advisory"].values()
    assert (advisory["cells"]["object"], advisory["cells"]["application"]) == ("77", "holder")
    figures = tables["figures"]["server"]["cells"]
    assert figures["waiting"] == server.one("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    assert (figures["prepared"], figures["advisory"]) == (1, 1)
    run = show(shop, "postgres.locks", "shop")
    assert run.status == 0 and "\x1b" not in run.stdout


def test_the_rows_are_sessions_of_the_actions(server, waiting, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    keys = {row["cells"]["pid"]: key for key, row in
            tables_of(show(boss, "postgres.locks", "shop", "--json"))["sessions"].items()}
    run = stacktop("plan", "-c", boss, "postgres.terminate", "shop", keys[waiting["holder"]], "--json")
    assert run.status == 0 and run.json["victims"][0]["pins"]["pid"] == str(waiting["holder"]), run


def test_without_the_right(server, waiting, tmp_path):  # noqa: F811
    """Who waits for whom is known, what they do is not."""
    run = show(configured(server, tmp_path, user="nobody"), "postgres.locks", "shop", "--json")
    assert run.status == 3, run
    tables = tables_of(run)
    chain = {row["cells"]["pid"]: row for row in tables["sessions"].values() if row["cells"]["pid"]}
    assert set(chain) == {waiting[name] for name in ("holder", "second", "third", "reader-1", "reader-2", "ddl", "stuck")}
    assert "state" not in chain[waiting["holder"]]["cells"] or chain[waiting["holder"]]["cells"]["state"] is None
    [gid] = tables["prepared"].values()
    assert gid["cells"]["owner"] == "postgres" and gid["cells"]["age"] >= 0 and gid["cells"]["waiting"] == 1
    [note] = [note["text"] for note in run.json["target"]["notes"]]
    assert "GRANT pg_monitor TO nobody" in note, note


def test_nothing_waits(server, shop):  # noqa: F811
    run = show(shop, "postgres.locks", "shop", "--json")
    tables = tables_of(run)
    assert run.status == 0 and not tables["sessions"] and not tables["waits"] and not tables["prepared"], run
