"""The page postgres.tables: size, dead rows, bloat and use of each table are those of SQL at the same moment."""

import contextlib
import threading

import pytest

from keys import agree, close, outcome
from page_server import configured, server, shop, show  # noqa: F401
from stacktop import dashboard
from test_page_settings import go_down_to

BESIDE = "others"

FIGURES = """
    SELECT relid::text, pg_total_relation_size(relid), pg_indexes_size(relid),
           coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0), n_live_tup, n_dead_tup, n_mod_since_analyze,
           seq_scan, seq_tup_read
    FROM pg_stat_user_tables JOIN pg_class ON oid = relid WHERE relkind = 'r'"""
COLUMNS = ("size", "indexes", "toast", "live", "dead", "changed", "total_seq_scans", "total_seq_rows")


@pytest.fixture(scope="module")
def tables(server):  # noqa: F811
    """A bloated table, one that was never analyzed, partitions, a hostile name."""
    server.sql("CREATE TABLE bloated (id int PRIMARY KEY, filler text, other int);"
               " INSERT INTO bloated SELECT n, repeat('x', 90), NULL FROM generate_series(1, 20000) n;"
               " DELETE FROM bloated WHERE id % 10 <> 0; CREATE TABLE fresh (id int, big text);"
               " INSERT INTO fresh SELECT n, md5(n::text) FROM generate_series(1, 50) n;"
               " CREATE TABLE orders (day int, id int) PARTITION BY RANGE (day);"
               " CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (10);"
               " CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM (10) TO (20);"
               " INSERT INTO orders SELECT n % 20, n FROM generate_series(1, 4000) n;"
               ' CREATE TABLE "a\x1b[31m""b" (id int); GRANT SELECT ON ALL TABLES IN SCHEMA public TO watcher;'
               " UPDATE goods SET price = price + 1 WHERE id < 4000")
    server.sql("VACUUM ANALYZE bloated")
    yield server
    server.sql('DROP TABLE bloated, fresh, orders, "a\x1b[31m""b"')


def rows_of(run):
    [table] = run.json["target"]["tables"]
    return {row["key"]: row for row in table["rows"]}


def by_name(run):
    return {row["cells"]["table"]: row["cells"] for row in rows_of(run).values()}


def test_the_figures_are_those_of_sql(tables, shop):  # noqa: F811
    run = show(shop, "postgres.tables", "shop", "--json")
    assert run.status == 0 and run.stderr == "", run
    rows = rows_of(run)
    expected = {key: tuple(figures) for key, *figures in tables.sql(FIGURES)}
    assert {key: tuple(rows[key]["cells"][name] for name in COLUMNS) for key in expected} == expected
    bloated, goods = by_name(run)["public.bloated"], by_name(run)["public.goods"]
    assert bloated["heap"] + bloated["indexes"] + bloated["toast"] == bloated["size"]
    assert goods["dead"] == 3999 and goods["dead_share"] == pytest.approx(3999 / (goods["live"] + 3999))
    updates, hot = tables.sql("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'goods'")[0]
    assert goods["hot"] == pytest.approx(hot / updates)
    assert 0 <= bloated["vacuum_age"] < 600 and goods.get("vacuum_age") is None, (bloated, goods)
    # the largest first
    sizes = [row["cells"]["size"] for row in rows.values() if "parent" not in row]
    assert sizes == sorted(sizes, reverse=True)


def test_bloat_is_near_that_of_pgstattuple(tables, shop):  # noqa: F811
    tables.sql("CREATE EXTENSION pgstattuple")
    try:
        size, free = tables.sql("SELECT table_len, free_space + dead_tuple_len FROM pgstattuple('bloated')")[0]
    finally:
        tables.sql("DROP EXTENSION pgstattuple")
    cells = by_name(show(shop, "postgres.tables", "shop", "--json"))
    assert cells["public.bloated"]["bloat"] == pytest.approx(free, abs=size * 0.1)
    assert cells["public.bloated"]["bloat_share"] == pytest.approx(cells["public.bloated"]["bloat"] / size)
    assert cells["public.fresh"]["bloat"]["unknown"] == "needs ANALYZE"


def test_partitions_are_below_their_table(tables, shop):  # noqa: F811
    rows = rows_of(show(shop, "postgres.tables", "shop", "--json"))
    oids = {name: str(oid) for name, oid in tables.sql("SELECT relname, oid FROM pg_class WHERE relname LIKE 'orders%%'")}
    parent, parts = rows[oids["orders"]], [rows[oids["orders_1"]], rows[oids["orders_2"]]]
    assert [part["parent"] for part in parts] == [oids["orders"]] * 2
    for name in ("size", "live", "total_seq_rows"):
        assert parent["cells"][name] == sum(part["cells"][name] for part in parts)
    assert parent["cells"]["live"] == 4000 and parent["cells"]["kind"] == "partitioned table"


def test_growth_and_rates_count_while_it_is_open(tables, shop):  # noqa: F811
    def grow():
        for _ in range(12):
            tables.sql("INSERT INTO fresh SELECT n, md5(n::text) FROM generate_series(1, 5000) n;"
                       " SELECT count(*) FROM fresh")
            if done.wait(0.2):
                return

    done = threading.Event()
    thread = threading.Thread(target=grow)
    thread.start()
    run = show(shop, "postgres.tables", "shop", "--json", "--duration", "2s", "--sort", "growing")
    done.set()
    thread.join()
    first = next(iter(rows_of(run).values()))["cells"]
    assert first["table"] == "public.fresh" and first["growth"] > 0, first
    assert first["inserts"] >= 0 and first["seq_scans"] >= 0, first


def test_a_locked_table_is_not_waited_for(tables, shop):  # noqa: F811
    with contextlib.closing(tables.connect()) as session, session.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE bloated; LOCK TABLE orders_1")
        run = show(shop, "postgres.tables", "shop", "--json")
    assert run.status == 0, run
    cells = by_name(run)
    assert [cells["public.bloated"][name]["unknown"] for name in ("size", "heap", "growth")] == ["locked"] * 3
    [orders] = [row for row in rows_of(run).values() if row["cells"]["table"] == "public.orders"]
    assert orders["cells"]["size"] == cells["public.orders_2"]["size"] and "size" in orders["at_least"], orders
    assert cells["public.goods"]["size"] > 0


def test_without_rights_bloat_is_not_known(tables, tmp_path):  # noqa: F811
    tables.sql("REVOKE SELECT ON bloated FROM PUBLIC")
    run = show(configured(tables, tmp_path, user="nobody"), "postgres.tables", "shop", "--json")
    cells = by_name(run)["public.bloated"]
    assert cells["bloat"]["unknown"] == "needs SELECT on the table" and cells["size"] > 0 and cells["live"] > 0
    text = show(configured(tables, tmp_path, user="nobody"), "postgres.tables", "shop").stdout
    assert "GRANT pg_read_all_data TO nobody" in text and "\x1b" not in text, text


def test_the_first_of_many(tables, shop):  # noqa: F811
    run = show(shop, "postgres.tables", "shop", "--limit", "2")
    count = tables.one("SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
                       " WHERE relkind IN ('r', 'p', 'm') AND nspname = 'public'")
    assert f"2 of {count} shown" in run.stdout, run


def test_a_row_is_vacuumed(tables, tmp_path):  # noqa: F811
    boss = configured(tables, tmp_path, user="postgres")
    with dashboard(boss) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Tables")
        go_down_to(terminal, "► Tables")
        terminal.press("Enter")
        terminal.wait_for("public.goods")
        go_down_to(terminal, "► public.goods")
        terminal.press("V")
        terminal.wait_for("analyze")
        terminal.press("Enter")
        terminal.wait_for("VACUUM (ANALYZE) public.goods;")
        agree(terminal, "y")
        assert "DONE" in outcome(terminal)
        close(terminal)
        terminal.press("Esc", "Esc", "Ctrl-C")
    assert tables.one("SELECT count(last_vacuum) FROM pg_stat_user_tables WHERE relname = 'goods'") == 1
    assert tables.one("SELECT count(last_vacuum) FROM pg_stat_user_tables WHERE relname = 'fresh'") == 0
