"""The page postgres.plan with PostgreSQL 10 to 18: the plan is the server's own, and where there is none it says so."""

import pytest

from plan_server import ANALYZE, JOIN, SCHEMA, configured, plan, session, statement_of, tables_of
from postgres_servers import Cluster
from versions import Absent, servers

BESIDE = "others"


@pytest.fixture(scope="module", params=servers.POSTGRES)
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"plan-{request.param}")
    try:
        programs = servers.postgres(request.param, folder / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no PostgreSQL {request.param}: {reason}")
    cluster = Cluster(folder / "server", programs, int(request.param))
    try:
        cluster.make()
        cluster.start()
        cluster.sql("CREATE DATABASE app", dbname="postgres")
        cluster.sql(f"CREATE EXTENSION pg_stat_statements; {SCHEMA};"
                    " CREATE TABLE store.parts (n int, price int) PARTITION BY RANGE (n);"
                    " CREATE TABLE store.parts_1 PARTITION OF store.parts FOR VALUES FROM (0) TO (100);"
                    " CREATE TABLE store.parts_2 PARTITION OF store.parts FOR VALUES FROM (100) TO (200);"
                    " GRANT ALL ON ALL TABLES IN SCHEMA store TO seller")
        for table in ("store.items", "store.orders"):
            cluster.sql(f"ANALYZE {table}")
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def shop(server, tmp_path):
    yield configured(server, tmp_path)
    assert [line for line in server.complaints() if "ERROR" in line or "WARNING" in line] == []


def test_of_a_session(server, shop):
    text = JOIN.format(7, 100)
    [[expected]] = server.sql(f"SET search_path = store; EXPLAIN (FORMAT JSON) {text}")
    with session(server, text) as pid:
        found = tables_of(plan(shop, pid, "--json"))
    assert found["plan"][0]["cost"] == expected[0]["Plan"]["Total Cost"]
    assert [cells["table"] for cells in found["relations"]] == ["store.items", "store.orders"]
    assert not [cells for cells in found["relations"] if cells.get("problem")]
    settings = found["plan"][0]["settings"]
    assert settings == "default" if server.version >= 12 else "needs PostgreSQL 12" in str(settings)


def test_of_a_statement(server, shop):
    server.sql(JOIN.format(7, 100), user="seller")
    run = plan(shop, statement_of(server, "SELECT o.id FROM orders%"), "--json")
    if server.version < 12:
        assert run.status == 3 and "is not known before PostgreSQL 12" in run.stderr, run
        return
    [expected] = server.sql("SET search_path = store; SET plan_cache_mode = force_generic_plan; PREPARE p AS "
                            f"{JOIN.format('$1', '$2')}; EXPLAIN (FORMAT JSON) EXECUTE p(1, 1)")
    [summary] = tables_of(run)["plan"]
    assert [summary["cost"], summary["kind"]] == [expected[0][0]["Plan"]["Total Cost"], "generic"]


def test_of_a_statement_without_parameters(server, shop):
    server.sql("SELECT count(DISTINCT name) FROM items", user="seller")
    run = plan(shop, statement_of(server, "SELECT count(DISTINCT name)%"), "--json")
    [[expected]] = server.sql("SET search_path = store; EXPLAIN (FORMAT JSON) SELECT count(DISTINCT name) FROM items")
    assert tables_of(run)["plan"][0]["cost"] == expected[0]["Plan"]["Total Cost"]


@pytest.mark.parametrize("text", ["UPDATE items SET price = 1 WHERE id = 7", "INSERT INTO orders VALUES (-1, 1, 1)",
                                  "DELETE FROM orders WHERE id = 7", "VALUES (1), (2)",
                                  "WITH x AS (SELECT id FROM items) SELECT * FROM x",
                                  "MERGE INTO orders o USING items i ON o.id = i.id WHEN MATCHED THEN DELETE"])
def test_every_kind(server, shop, text):
    if text.startswith("MERGE") and server.version < 15:
        pytest.skip("needs PostgreSQL 15")
    rows = server.sql("SELECT sum(id), count(*) FROM store.orders"), server.sql("SELECT sum(price) FROM store.items")
    with session(server, f"EXPLAIN {text}"):
        pass  # it is right
    connection = server.connect(user="seller")
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute(text)
        run = plan(shop, str(connection.info.backend_pid), "--json")
    connection.close()
    assert tables_of(run)["nodes"]
    assert rows == (server.sql("SELECT sum(id), count(*) FROM store.orders"),
                    server.sql("SELECT sum(price) FROM store.items"))


def test_partitions_of_a_generic_plan(server, shop):
    """From 16 on all of them; before that those that the missing value leaves out are counted (before 14 one stays)."""
    if server.version < 12:
        pytest.skip("needs PostgreSQL 12")
    server.sql("SELECT price FROM parts WHERE n = 7", user="seller")
    found = tables_of(plan(shop, statement_of(server, "SELECT price FROM parts%"), "--json"))["nodes"]
    shown = sum("store.parts_" in cells["node"] for cells in found)
    assert shown == 2 if server.version >= 16 else any("Subplans Removed: " in str(cells.get("conditions"))
                                                       for cells in found)


def test_no_rights_at_all(server, tmp_path):
    server.sql("DROP ROLE IF EXISTS monitor; CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor")
    with session(server, "SELECT id FROM store.items") as pid:
        run = plan(configured(server, tmp_path, user="monitor"), pid)
    assert run.status == 3 and "permission denied for schema store" in " ".join(run.stdout.split()), run
