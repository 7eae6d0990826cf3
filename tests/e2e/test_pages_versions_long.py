"""Every page of PostgreSQL with PostgreSQL 10 to 18: it is complete, and the server has nothing to complain about. A new
page is tested here without a line more."""

import contextlib

import psycopg2
import pytest

from postgres_servers import Cluster
from sandbox import wait_until
from stacktop import check, stacktop, write_config
from versions import Absent, servers

BESIDE = "others"

PAGES = [page for page in stacktop("show", "--json").json["pages"] if page["kind"] == "postgres"
         and page["id"] != "postgres.plan"]  # not every statement has a plan: test_page_plan_long.py


@pytest.fixture(scope="module", params=servers.POSTGRES)
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"pages-{request.param}")
    try:
        programs = servers.postgres(request.param, folder / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no PostgreSQL {request.param}: {reason}")
    cluster = Cluster(folder / "server", programs, int(request.param))
    try:
        cluster.make()
        cluster.start()
        cluster.sql("CREATE DATABASE app", dbname="postgres")
        cluster.sql("CREATE EXTENSION pg_stat_statements; CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;"
                    " CREATE TABLE goods (id int PRIMARY KEY, price int);"
                    " INSERT INTO goods SELECT n, n FROM generate_series(1, 2000) n; ANALYZE goods")
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def blocked(server):
    """A session that waits for another's lock."""
    holder, waiter = server.connect(name="holder"), server.connect(name="waiter", async_=True)
    with holder.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE goods SET price = 0 WHERE id = 7")
    wait_until(lambda: waiter.poll() == psycopg2.extensions.POLL_OK, what="the waiter")
    waiter.cursor().execute("UPDATE goods SET price = 1 WHERE id = 7")
    wait_until(lambda: waiter.poll() != psycopg2.extensions.POLL_WRITE and
               server.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), what="the lock")
    yield waiter.info.backend_pid
    holder.close()
    waiter.close()


def a_row(config, table):
    """A row of the table, of the target or of another page."""
    tables = [found for target in check(config, "--json", "--only", "postgres").json["targets"]
              for found in target["tables"]]
    for page in PAGES:
        if not page["row_of"] if "row_of" in page else True:
            tables += stacktop("show", "-c", config, page["id"], "shop", "--json").json["target"]["tables"]
    for found in tables:
        if found["id"] == table and found["rows"]:
            return [found["rows"][0]["key"]]
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["id"])
def test_a_page(server, blocked, page, tmp_path):
    config = write_config(tmp_path, postgres=[{"name": "shop", "dsn": server.dsn("watcher")}], hosts=[])
    row = a_row(config, page["row_of"]) if page.get("row_of") else []
    if row is None:
        pytest.skip(f"no row of {page['row_of']}")
    run = stacktop("show", "-c", config, page["id"], "shop", *row, "--json", "--duration", "1s")
    assert run.status == 0 and run.stderr == "", run
    target = run.json["target"]
    assert not [note for note in target["notes"] if "severity" in note], target["notes"]
    assert target["samples"] >= 2 and target["failures"] == 0
    assert server.complaints() == []


def test_statements_are_those_of_the_extension(server, tmp_path):
    config = write_config(tmp_path, postgres=[{"name": "shop", "dsn": server.dsn("watcher")}], hosts=[])
    with contextlib.closing(server.connect()) as session, session.cursor() as cursor:
        for _ in range(4):
            cursor.execute("SELECT max(price) FROM goods")
    run = stacktop("show", "-c", config, "postgres.statements", "shop", "--json")
    time = "total_exec_time" if server.version >= 13 else "total_time"
    wal = "wal_bytes" if server.version >= 13 else "NULL"
    [expected] = server.sql(
        f"SELECT calls, rows, {time} / 1000, {time} / 1000 / calls, shared_blks_read * 8192,"
        " (temp_blks_read + temp_blks_written) * 8192,"
        " shared_blks_hit::float8 / nullif(shared_blks_hit + shared_blks_read, 0),"
        f" {wal}::bigint, queryid::text FROM pg_stat_statements WHERE query = 'SELECT max(price) FROM goods'")
    rows = run.json["target"]["tables"][1]["rows"]
    [cells] = [row["cells"] for row in rows if row["cells"].get("query") == "SELECT max(price) FROM goods"]
    names = ["total_calls", "total_rows", "total_time", "total_mean", "total_read", "total_temp", "total_hit"]
    assert [cells[name] for name in names] == pytest.approx(list(expected[:7]))
    assert cells["total_wal"] == expected[7] if server.version >= 13 else "needs version 1.8" in str(cells["total_wal"])
    assert cells["query_id"] == expected[8]
    by_time = sorted(rows, key=lambda row: -row["cells"]["total_time"])
    slowest = stacktop("show", "-c", config, "postgres.statements", "shop", "--json", "--sort", "slowest")
    found = [row["cells"]["total_time"] for row in slowest.json["target"]["tables"][1]["rows"]]
    assert found == sorted(found, reverse=True) and by_time
    reads = stacktop("show", "-c", config, "postgres.statements", "shop", "--json", "--sort", "high I/O")
    found = [row["cells"]["total_read"] for row in reads.json["target"]["tables"][1]["rows"]]
    assert found == sorted(found, reverse=True)


def test_temporary_files_and_wal_are_those_of_the_extension(server, tmp_path):
    config = write_config(tmp_path, postgres=[{"name": "shop", "dsn": server.dsn("watcher")}], hosts=[])
    server.sql("SET work_mem = '64kB'; CREATE TABLE IF NOT EXISTS pile AS SELECT n FROM generate_series(1, 40000) n ORDER BY n DESC")
    with contextlib.closing(server.connect()) as session, session.cursor() as cursor:
        cursor.execute("SET work_mem = '64kB'")
        cursor.execute("SELECT count(*) FROM (SELECT n FROM pile ORDER BY n OFFSET 0) x")
        cursor.execute("UPDATE pile SET n = n + 1")
    rows = stacktop("show", "-c", config, "postgres.statements", "shop", "--json", "--sort",
                    "total_temp").json["target"]["tables"][1]["rows"]
    cells = {row["cells"].get("query"): row["cells"] for row in rows}
    wal = "wal_bytes::bigint" if server.version >= 13 else "0"
    for query, temp, written in server.sql(
            f"SELECT query, (temp_blks_read + temp_blks_written) * 8192, {wal} FROM pg_stat_statements"
            " WHERE query LIKE 'SELECT count(*) FROM (SELECT n%' OR query LIKE 'UPDATE pile%'"):
        assert cells[query]["total_temp"] == temp and (temp > 0) == query.startswith("SELECT")
        assert server.version < 13 or (cells[query]["total_wal"] == written and (written > 0) == query.startswith("UPDATE"))
