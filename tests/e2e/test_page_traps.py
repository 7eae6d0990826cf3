"""Pages of PostgreSQL where the server lays traps: locks that no session holds, copies with the same oids, texts in other
encodings, settings that stacktop's own connection has changed, and rows that a page has left out."""

import contextlib
import threading

import psycopg2
import pytest

from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until
from stacktop import check, stacktop

BESIDE = "others"


def tables_of(run):
    return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in run.json["target"]["tables"]}


def by(rows, column):
    return {cells[column]: cells for cells in rows.values()}


@pytest.fixture
def prepared(server):  # noqa: F811
    """A prepared transaction that has changed a table's definition, and holds an advisory lock."""
    server.sql("CREATE TABLE altered (id int PRIMARY KEY)")
    with contextlib.closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("ALTER TABLE altered ADD COLUMN note text")
        cursor.execute("SELECT pg_advisory_xact_lock_shared(42)")
        cursor.execute("PREPARE TRANSACTION 'forgotten'")
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_advisory_xact_lock_shared(42)")
        cursor.execute("PREPARE TRANSACTION 'another'")
    try:
        yield
    finally:
        server.sql("ROLLBACK PREPARED 'forgotten'")
        server.sql("ROLLBACK PREPARED 'another'")
        server.sql("DROP TABLE altered")


def test_a_lock_that_no_session_holds(server, shop, prepared):  # noqa: F811
    run = show(shop, "postgres.tables", "shop", "--json")
    assert run.status == 0, run
    found = by(tables_of(run)["tables"], "table")
    assert found["public.altered"]["size"] == {"unknown": "locked"}
    assert found["public.goods"]["size"] == server.one("SELECT pg_total_relation_size('goods')")
    run = show(shop, "postgres.indexes", "shop", "--json")
    assert run.status == 0 and by(tables_of(run)["indexes"], "index")["public.altered_pkey"]["size"] == \
        {"unknown": "locked"}, run
    run = show(shop, "postgres.table", "shop", "public.altered", "--json")
    assert run.status == 0 and run.json["row"]["label"] == "public.altered", run


def test_actions_beside_a_lock_that_no_session_holds(server, prepared, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    for action, *arguments in [("postgres.vacuum", "public.goods"), ("postgres.vacuum-full", "public.goods"),
                               ("postgres.reindex", "public.goods_pkey"),
                               ("postgres.create-index", "table=goods", "columns=price")]:
        run = stacktop("plan", "-c", boss, action, "shop", *arguments)
        assert run.status == 0, run
    run = stacktop("plan", "-c", boss, "postgres.vacuum-full", "shop", "public.altered")
    assert "locked exclusively" in run.stdout + run.stderr, run


def test_advisory_locks_of_prepared_transactions(server, shop, prepared):  # noqa: F811
    run = show(shop, "postgres.locks", "shop", "--json")
    assert run.status == 0, run
    found = by(tables_of(run)["advisory"], "session")
    assert set(found) == {"prepared forgotten", "prepared another"}
    assert found["prepared another"]["user"] == "postgres" and found["prepared another"]["state"] == "prepared"


def test_a_copy_of_the_database_has_the_same_oids(server, tmp_path):  # noqa: F811
    server.sql("CREATE TABLE shelf (id int)", dbname="bare")
    server.sql("CREATE DATABASE twin TEMPLATE bare", dbname="postgres")
    try:
        with contextlib.closing(server.connect(dbname="twin")) as connection:
            connection.cursor().execute("BEGIN; LOCK TABLE shelf")
            found = tables_of(show(configured(server, tmp_path, database="bare"), "postgres.tables", "shop", "--json"))
            assert by(found["tables"], "table")["public.shelf"]["size"] == 0
    finally:
        server.sql("DROP DATABASE twin", dbname="postgres")
        server.sql("DROP TABLE shelf", dbname="bare")


@pytest.fixture
def western(server):  # noqa: F811
    """A database in LATIN1, where a session waits whose query ends in a byte that is no UTF-8."""
    server.sql("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
               dbname="postgres")
    server.sql("CREATE TABLE shelf (id int); INSERT INTO shelf VALUES (7)", dbname="western")
    holder, waiter = (server.connect(dbname="western", name=name, client_encoding="LATIN1", async_=flag)
                      for name, flag in (("holder", False), ("waiter", True)))
    holder.cursor().execute("BEGIN; UPDATE shelf SET id = 8 --caf\xe9")
    wait_until(lambda: waiter.poll() == psycopg2.extensions.POLL_OK, what="the waiter")
    waiter.cursor().execute("UPDATE shelf SET id = 9 --caf\xe9")
    wait_until(lambda: waiter.poll() != psycopg2.extensions.POLL_WRITE and
               server.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), what="the lock")
    yield waiter.info.backend_pid
    holder.close()
    waiter.close()
    wait_until(lambda: not server.one("SELECT count(*) FROM pg_stat_activity WHERE datname = 'western'"),
               what="the end of its sessions")
    server.sql("DROP DATABASE western", dbname="postgres")


def test_queries_of_another_encoding(server, shop, western):  # noqa: F811
    run = show(shop, "postgres.locks", "shop", "--json")
    assert run.status == 0, run
    assert {cells["query"] for cells in tables_of(run)["sessions"].values()} == \
        {"BEGIN; UPDATE shelf SET id = 8 --café", "UPDATE shelf SET id = 9 --café"}
    run = show(shop, "postgres.session", "shop", str(western), "--json")
    assert run.status == 0, run
    assert [cells["text"] for cells in tables_of(run)["query"].values()] == ["UPDATE shelf SET id = 9 --café"]
    assert "UPDATE shelf SET id = 9 --café" in [cells["query"] for cells in tables_of(run)["sessions"].values()]


def test_a_text_that_cannot_be_converted(server, tmp_path):  # noqa: F811
    """The server converts all texts or none: without them, the figures are still shown."""
    server.sql("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
               dbname="postgres")
    server.sql("SELECT pg_stat_statements_reset()")
    try:
        server.sql("SELECT 1 FROM pg_stat_statements WHERE calls = 7; SELECT 77 AS seen")
        with contextlib.closing(server.connect(dbname="bytes")) as connection:
            connection.cursor().execute(b"SELECT 1 AS \"caf\xe9\"")
        run = show(configured(server, tmp_path), "postgres.statements", "shop", "--json")
        assert run.status == 3, run
        found = tables_of(run)["statements"]
        assert len(found) >= 2 and all(cells["total_calls"] >= 1 for cells in found.values())
        assert {str(cells["query"]) for cells in found.values()} == {"{'unknown': 'the texts could not be read'}"}
        assert any("invalid byte sequence" in note["text"] for note in run.json["target"]["notes"])
    finally:
        server.sql("DROP DATABASE bytes", dbname="postgres")
        server.sql("SELECT pg_stat_statements_reset()")
    run = show(configured(server, tmp_path), "postgres.statements", "shop", "--json")
    assert run.status == 0, run


@pytest.mark.parametrize("after", [2, 40])
def test_a_reset_while_the_page_is_open(server, shop, after):  # noqa: F811
    """What was counted before it is lost, however many calls came after it."""
    text = "SELECT min(price) FROM goods"
    with contextlib.closing(server.connect()) as session, session.cursor() as cursor:
        def call(times):
            for _ in range(times):
                cursor.execute(text)

        def work():
            wait_until(lambda: server.one(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'watcher' AND query LIKE '%%stat_statements(true)%%'"
                " AND state = 'idle'"), what="its first collection")
            call(7)
            cursor.execute("SELECT pg_stat_statements_reset()")
            call(after)

        call(10)
        worker = threading.Thread(target=work)
        worker.start()
        run = show(shop, "postgres.statements", "shop", "--json", "--duration", "4s")
        worker.join()
    [row] = [row for table in run.json["target"]["tables"] for row in table["rows"] if row["cells"].get("query") == text]
    assert row["cells"]["watched_calls"] <= after and "watched_calls" in row.get("at_least", []), row


def test_settings_that_the_page_changes_for_itself(server, shop, tmp_path):  # noqa: F811
    names = {"statement_timeout": "9min", "lock_timeout": "7s", "search_path": "public, app", "bgwriter_delay": "90ms",
             "bgwriter_lru_multiplier": "1.5", "vacuum_cost_delay": "1.5"}
    for name, value in names.items():
        server.sql(f"ALTER SYSTEM SET {name} = {value if name == 'search_path' else repr(value)}")
    server.sql("SELECT pg_reload_conf()")
    try:
        wait_until(lambda: server.one("SHOW statement_timeout") == "9min", what="the reload")
        run = show(shop, "postgres.settings", "shop", "--json")
        assert run.status == 0, run
        found = by(tables_of(run)["settings"], "setting")
        assert {name: found[name]["value"] for name in names} == {
            "statement_timeout": "540000 ms", "lock_timeout": "7000 ms", "search_path": "public, app",
            "bgwriter_delay": "90 ms", "bgwriter_lru_multiplier": "1.5", "vacuum_cost_delay": "1.5 ms"}
        assert found["statement_timeout"]["source"] == "file, role or database"
        run = show(configured(server, tmp_path, user="nobody"), "postgres.settings", "shop", "--json")
        assert run.status == 3 and "shared_preload_libraries" not in by(tables_of(run)["settings"], "setting"), run
        assert any("GRANT pg_monitor TO nobody" in note["text"] for note in run.json["target"]["notes"])
    finally:
        for name in names:
            server.sql(f"ALTER SYSTEM RESET {name}")
        server.sql("SELECT pg_reload_conf()")


def test_an_age_that_the_server_does_not_tell(server, shop, tmp_path):  # noqa: F811
    """inactive_since exists from PostgreSQL 17 on, and the times of others' sessions need a right."""
    server.sql("SELECT pg_create_physical_replication_slot('kept', true)")
    try:
        with contextlib.closing(server.connect(name="writer")) as connection:
            connection.cursor().execute("BEGIN; UPDATE goods SET price = 1 WHERE id = 1")
            found = tables_of(show(shop, "postgres.space", "shop", "--json"))
            if server.one("SELECT current_setting('server_version_num')::int") < 170000:
                assert found["wal"]["slot/kept"].get("age") is None
            [session] = [cells for key, cells in found["xmin"].items() if key.startswith("session/")]
            assert session["age"] > 0
            hidden = tables_of(show(configured(server, tmp_path, user="nobody"), "postgres.space", "shop", "--json"))
            [session] = [cells for key, cells in hidden["xmin"].items() if key.startswith("session/")]
            assert session.get("age") is None, session
    finally:
        server.sql("SELECT pg_drop_replication_slot('kept')")


def test_a_session_that_waits_for_nobody(server, shop):  # noqa: F811
    """postgres.locks has a table of sessions, too, but only those that wait."""
    with contextlib.closing(server.connect(name="quiet")) as connection:
        pid = connection.info.backend_pid
        for word in (str(pid), f"pid {pid}"):
            run = show(shop, "postgres.session", "shop", word, "--json")
            assert run.status == 0 and run.json["row"]["label"] == f"pid {pid}", run
        run = show(shop, "postgres.session", "shop")
        assert run.status == 64 and "there are: " in run.stderr and "pid " in run.stderr, run


def test_a_session_beyond_those_that_are_listed(server, shop):  # noqa: F811
    writer = server.one("SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'")
    assert f"pid {writer}" not in check(shop, "--only", "postgres").stdout
    run = show(shop, "postgres.session", "shop", str(writer), "--json")
    assert run.status == 0 and by(tables_of(run)["session"], "session")[f"pid {writer}"]["type"] == "background writer"
    run = show(shop, "postgres.session", "shop", "2147483646")
    assert run.status == 64 and 'no row of sessions is named "2147483646"' in run.stderr, run


def test_what_a_session_waits_for(server, shop):  # noqa: F811
    """CREATE INDEX CONCURRENTLY waits for the virtual transaction of another session, not for its own."""
    with contextlib.closing(server.connect(name="writer")) as writer, \
            contextlib.closing(server.connect(name="builder", async_=True)) as builder:
        writer.cursor().execute("BEGIN; UPDATE goods SET price = 1 WHERE id = 1; SELECT pg_advisory_lock(5000000000),"
                                " pg_advisory_lock(1, 705032704)")
        wait_until(lambda: builder.poll() == psycopg2.extensions.POLL_OK, what="the builder")
        builder.cursor().execute("CREATE INDEX CONCURRENTLY goods_price ON goods (price)")
        wait_until(lambda: builder.poll() != psycopg2.extensions.POLL_WRITE and
                   server.one("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'"), what="it")
        wanted = server.one("SELECT virtualxid FROM pg_locks WHERE NOT granted")
        run = show(shop, "postgres.session", "shop", str(builder.info.backend_pid), "--json")
        [waits] = [cells for cells in tables_of(run)["locks"].values() if cells["held"] == "waits"]
        assert waits["object"] == f"virtual transaction {wanted}", waits
        run = show(shop, "postgres.session", "shop", str(writer.info.backend_pid), "--json")
        assert run.status == 0, run
        assert {cells["object"] for cells in tables_of(run)["locks"].values() if cells["type"] == "advisory"} == \
            {"advisory 5000000000", "advisory 1, 705032704"}
        server.sql("SELECT pg_cancel_backend(%s)", builder.info.backend_pid)
        wait_until(lambda: not server.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), what="the end")
    server.sql("DROP INDEX IF EXISTS goods_price")


def test_an_empty_table_has_no_bloat(server, tmp_path):  # noqa: F811
    """It has no statistics of columns, although it was analyzed."""
    server.sql("CREATE TABLE nothing (id int); CREATE TABLE unknown (id int); ANALYZE nothing")
    try:
        run = show(configured(server, tmp_path, user="postgres"), "postgres.tables", "shop", "--json")
        found = by(tables_of(run)["tables"], "table")
        assert found["public.nothing"]["bloat"] == 0, found["public.nothing"]
        assert found["public.unknown"]["bloat"] == {"unknown": "needs ANALYZE"}
    finally:
        server.sql("DROP TABLE nothing, unknown")
