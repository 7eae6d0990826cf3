"""The page postgres.progress: what runs, how far it is, and who waits for it, as the server's own views say."""

import contextlib
import os
import subprocess

import psycopg2
import pytest

from keys import agree, outcome
from page_server import configured, server, shop, show  # noqa: F401
from sandbox import HOST, wait_until
from stacktop import dashboard
from test_page_settings import go_down_to

BESIDE = "others"


@pytest.fixture(scope="module")
def large(server):  # noqa: F811
    server.sql("CREATE TABLE large (id int, filler text);"
               " INSERT INTO large SELECT n, repeat('x', 200) FROM generate_series(1, 60000) n")
    yield server
    server.sql("DROP TABLE large")


@contextlib.contextmanager
def running(server, sql, view, name="job"):  # noqa: F811
    """A session that runs it, once the view shows it."""
    session = server.connect(name=name, async_=True)
    wait_until(lambda: session.poll() == psycopg2.extensions.POLL_OK, what="the session")
    session.cursor().execute(sql)
    pid = session.info.backend_pid
    try:
        wait_until(lambda: session.poll() is not None and
                   server.one(f"SELECT count(*) FROM pg_stat_progress_{view} WHERE pid = %s", pid), what=view)
        yield pid
    finally:
        server.sql("SELECT pg_terminate_backend(%s)", pid)
        session.close()
        wait_until(lambda: not server.one("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", pid), what="its end")


def rows_of(run):
    assert run.status == 0 and run.stderr == "", run
    [table] = run.json["target"]["tables"]
    return {row["cells"]["pid"]: row["cells"] for row in table["rows"]}


@pytest.fixture
def vacuum(large):
    """It takes about a minute."""
    large.sql("UPDATE large SET id = id WHERE id % 5 = 0")
    large.sql("ALTER ROLE postgres SET vacuum_cost_delay = 20; ALTER ROLE postgres SET vacuum_cost_limit = 20")
    with running(large, "VACUUM large", "vacuum") as pid:
        wait_until(lambda: large.one("SELECT heap_blks_scanned > 0 FROM pg_stat_progress_vacuum"), what="its first block")
        yield pid
    large.sql("ALTER ROLE postgres RESET ALL")


def test_a_vacuum(large, vacuum, shop):  # noqa: F811
    question = "SELECT phase, heap_blks_scanned * 8192, heap_blks_total * 8192 FROM pg_stat_progress_vacuum"
    phase, before, total = large.sql(question)[0]
    cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[vacuum]
    after = large.sql(question)[0][1]
    assert phase == cells["phase"] == "scanning heap" and cells["command"] == "VACUUM"
    assert before <= cells["done_count"] <= after and cells["total_count"] == total and cells["unit"] == "bytes"
    assert cells["share"] == pytest.approx(cells["done_count"] / total) and cells["relation"] == "public.large"
    assert cells["application"] == "job" and cells["running"] >= 0 and " of " in cells["done"]
    cells = rows_of(show(shop, "postgres.progress", "shop", "--json", "--duration", "3s"))[vacuum]
    assert cells["rate"].endswith("/s") and 0 < cells["left"] < 3600, cells


def test_who_waits_for_it_and_cancel(large, vacuum, tmp_path):  # noqa: F811
    boss = configured(large, tmp_path, user="postgres")
    waiter = large.connect(name="waiter", async_=True)
    wait_until(lambda: waiter.poll() == psycopg2.extensions.POLL_OK, what="the waiter")
    waiter.cursor().execute("ALTER TABLE large ADD COLUMN more int")
    wait_until(lambda: waiter.poll() is not None and large.one("SELECT count(*) FROM pg_locks WHERE NOT granted"),
               what="the lock")
    try:
        cells = rows_of(show(boss, "postgres.progress", "shop", "--json"))[vacuum]
        assert cells["blocks_sessions"] == str(waiter.info.backend_pid)
    finally:
        large.sql("SELECT pg_terminate_backend(%s)", waiter.info.backend_pid)
        waiter.close()
    with dashboard(boss) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Progress")
        go_down_to(terminal, "► Progress")
        terminal.press("Enter")
        terminal.wait_for("scanning heap")
        terminal.press("C")
        agree(terminal, "y")
        outcome(terminal)
        terminal.press("Esc", "Esc", "Ctrl-C")
    assert not large.one("SELECT count(*) FROM pg_stat_progress_vacuum")


def test_create_index_waits_for_a_transaction(large, shop):  # noqa: F811
    with contextlib.closing(large.connect(name="holder")) as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE large SET id = id WHERE id = 1")
        with running(large, "CREATE INDEX CONCURRENTLY large_id ON large (id)", "create_index") as pid:
            wait_until(lambda: large.one("SELECT phase LIKE 'waiting%%' FROM pg_stat_progress_create_index"),
                       what="the wait")
            cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[pid]
            assert cells["command"] == "CREATE INDEX CONCURRENTLY"
            assert cells["phase"].startswith("waiting for writers") and cells["unit"] == "transactions"
            assert cells["blocked_by"] == str(holder.info.backend_pid) and cells["total_count"] == 1
    large.sql("DROP INDEX large_id")


def test_copy_from_a_file(large, shop, tmp_path):  # noqa: F811
    """A FIFO: it reads until somebody writes its end. Its size is not known."""
    pipe = large.folder / "pipe"
    os.mkfifo(pipe)
    large.give(pipe)
    with running(large, f"COPY large FROM PROGRAM 'cat {pipe}'", "copy") as pid:
        writer = os.open(pipe, os.O_WRONLY)
        try:
            for _ in range(40):
                os.write(writer, b"1\tx\n" * 1000)
            wait_until(lambda: large.one("SELECT bytes_processed > 0 FROM pg_stat_progress_copy"), what="its bytes")
            cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[pid]
            assert cells["command"] == "COPY FROM" and cells["unit"] == "bytes" and "share" not in cells
            assert cells["done_count"] == large.one("SELECT bytes_processed FROM pg_stat_progress_copy")
        finally:
            os.close(writer)


@pytest.fixture
def slow(large):
    """Vacuum pauses, and a table has an index whose expression takes 50 ms for each row."""
    large.sql("CREATE FUNCTION slowly(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
              " IF current_setting('test.slow', true) = 'on' THEN PERFORM pg_sleep(0.05); END IF; RETURN $1; END $$")
    large.sql("CREATE TABLE odd (id int); INSERT INTO odd SELECT generate_series(1, 2000);"
              " CREATE INDEX odd_id ON odd (slowly(id)); CREATE INDEX odd_plain ON odd (id)")
    large.sql("ALTER ROLE postgres SET vacuum_cost_delay = 20; ALTER ROLE postgres SET vacuum_cost_limit = 20;"
              " ALTER ROLE postgres SET test.slow = 'on'")
    yield large
    large.sql("ALTER ROLE postgres RESET ALL")
    large.sql("DROP TABLE odd; DROP FUNCTION slowly")


def test_analyze(slow, shop):  # noqa: F811
    with running(slow, "ANALYZE large", "analyze") as pid:
        wait_until(lambda: slow.one("SELECT sample_blks_scanned > 0 FROM pg_stat_progress_analyze"), what="its first block")
        question = ("SELECT phase, sample_blks_scanned * 8192, sample_blks_total * 8192"
                    " FROM pg_stat_progress_analyze")
        [(phase, before, total)] = slow.sql(question)
        cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[pid]
        [(_, after, _)] = slow.sql(question)
        assert cells["command"] == "ANALYZE" and cells["relation"] == "public.large" and cells["phase"] == phase
        assert before <= cells["done_count"] <= after < cells["total_count"] == total and cells["unit"] == "bytes"


def test_vacuum_full_rebuilds_indexes(slow, shop):  # noqa: F811
    with running(slow, "VACUUM FULL odd", "cluster") as pid:
        wait_until(lambda: slow.one("SELECT phase FROM pg_stat_progress_cluster") == "rebuilding index", what="the indexes")
        [done] = slow.sql("SELECT index_rebuild_count FROM pg_stat_progress_cluster")[0]
        cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[pid]
        assert cells["command"] == "VACUUM FULL" and cells["phase"] == "rebuilding index" and cells["unit"] == "indexes"
        assert cells["done_count"] == done and cells["total_count"] == 2


def test_reindex(slow, shop):  # noqa: F811
    with running(slow, "REINDEX INDEX odd_id", "create_index") as pid:
        cells = rows_of(show(shop, "postgres.progress", "shop", "--json"))[pid]
        assert cells["command"] == "REINDEX" and cells["relation"] == "public.odd_id"
        assert cells["phase"].startswith("building index") and cells["application"] == "job"


def test_a_base_backup(large, shop):  # noqa: F811
    """At 100 kB a second: it takes minutes."""
    copy = subprocess.Popen([*large.as_user(), large.programs / "pg_basebackup", "-h", HOST, "-p", str(large.port),
                             "-U", "postgres", "-D", large.folder / "copy", "-c", "fast", "-X", "none", "-r", "100"],
                            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: large.sql("SELECT 1 FROM pg_stat_progress_basebackup WHERE phase = 'streaming database files'"
                                     " AND backup_streamed > 0"), 30, what="the backup")
        question = "SELECT pid, backup_streamed, backup_total FROM pg_stat_progress_basebackup"
        [(pid, before, total)] = large.sql(question)
        cells = rows_of(show(shop, "postgres.progress", "shop", "--json", "--duration", "3s"))[pid]
        [(_, after, _)] = large.sql(question)
        assert cells["command"] == "base backup" and cells["phase"] == "streaming database files"
        assert before <= cells["done_count"] <= after and cells["total_count"] == total and cells["unit"] == "bytes"
        assert cells["left"] > 10 and cells["application"] == "pg_basebackup"
        run = show(shop, "postgres.space", "shop", "--json")
        [held] = [row["cells"] for table in run.json["target"]["tables"] for row in table["rows"]
                  if row["key"] == f"backup/{pid}"]
        assert held["holder"] == f"base backup, pid {pid}" and f"postgres.terminate {pid}" in held["frees"]
    finally:
        copy.terminate()
        copy.wait(20)


def test_without_the_right(large, vacuum, tmp_path):  # noqa: F811
    nobody = configured(large, tmp_path, user="nobody")
    cells = rows_of(show(nobody, "postgres.progress", "shop", "--json"))[vacuum]
    assert cells["phase"]["unknown"] == "needs pg_monitor" and cells["command"] == "VACUUM"
    assert "GRANT pg_monitor TO nobody" in show(nobody, "postgres.progress", "shop").stdout
