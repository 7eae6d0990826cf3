"""The page postgres.indexes: which indexes are invalid, twice, redundant or unused, with the figures of SQL."""

import contextlib

import psycopg2
import pytest

from keys import agree, close, outcome
from page_server import configured, server, shop, show  # noqa: F401
from stacktop import dashboard
from test_page_settings import go_down_to

BESIDE = "others"

EXPECTED = {  # index: problem, other
    "parts_pkey": (None, None),
    "parts_code_key": (None, None),  # a unique constraint that nobody has scanned
    "parts_once": (None, None),  # of an exclusion constraint
    "parts_a": ("redundant", "parts_a_b"),
    "parts_a_b": ("unused", None),
    "parts_a_again": ("duplicate", "parts_a"),
    "parts_a_down": ("unused", None),  # another direction
    "parts_a_some": ("unused", None),  # another condition
    "parts_b_pattern": ("unused", None),  # another operator class than parts_b
    "parts_b": (None, None),  # scanned
    "parts_id": ("duplicate", "parts_pkey"),
    "parts_c_more": ("unused", None),
    "parts_c": ("redundant", "parts_c_more"),
    "parts_lower": ("unused", None),
    "parts_broken": ("invalid", None),
}


@pytest.fixture(scope="module")
def parts(server):  # noqa: F811
    server.sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
    server.sql("CREATE TABLE parts (id int PRIMARY KEY, code int UNIQUE, a int, b text, c int,"
               " CONSTRAINT parts_once EXCLUDE USING gist (code WITH =));"
               " INSERT INTO parts SELECT n, n, n % 100, md5(n::text), n FROM generate_series(1, 20000) n;"
               " CREATE INDEX parts_a ON parts (a); CREATE INDEX parts_a_b ON parts (a, b);"
               " CREATE INDEX parts_a_again ON parts (a); CREATE INDEX parts_a_down ON parts (a DESC);"
               " CREATE INDEX parts_a_some ON parts (a) WHERE c > 5; CREATE INDEX parts_b ON parts (b);"
               " CREATE INDEX parts_b_pattern ON parts (b text_pattern_ops); CREATE INDEX parts_id ON parts (id);"
               " CREATE INDEX parts_c_more ON parts (c) INCLUDE (a); CREATE INDEX parts_c ON parts (c);"
               " CREATE INDEX parts_lower ON parts (lower(b)); GRANT SELECT ON parts TO watcher; ANALYZE parts")
    with contextlib.suppress(psycopg2.errors.UniqueViolation):
        server.sql("CREATE UNIQUE INDEX CONCURRENTLY parts_broken ON parts (a)")
    server.sql("SET enable_seqscan = off; SELECT b FROM parts ORDER BY b LIMIT 1")
    yield server
    server.sql("DROP TABLE parts; DROP EXTENSION btree_gist")


def tables_of(run):
    return {table["id"]: [row["cells"] for row in table["rows"]] for table in run.json["target"]["tables"]}


def named(run):
    return {cells["index"].replace("public.", ""): cells for cells in tables_of(run)["indexes"]}


def text(cell):
    return cell.replace("public.", "") if isinstance(cell, str) else None


def test_each_problem(parts, shop):  # noqa: F811
    run = show(shop, "postgres.indexes", "shop", "--json")
    assert run.status == 0 and run.stderr == "", run
    found = named(run)
    problems = {name: (text(found[name].get("problem")), text(found[name].get("other"))) for name in EXPECTED}
    assert problems == EXPECTED
    sizes = dict(parts.sql("SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes"))
    scans = dict(parts.sql("SELECT indexrelname, idx_scan FROM pg_stat_user_indexes"))
    assert {name: cells["size"] for name, cells in found.items()} == sizes
    assert {name: cells["scans"] for name, cells in found.items()} == scans
    [summary] = tables_of(run)["indexes_summary"]
    assert summary["count"] == len(sizes) and summary["bytes"] == sum(sizes.values()) and summary["standbys"] == 0
    assert summary["waste"] == sum(sizes[name] for name, cells in found.items() if text(cells.get("problem")))
    assert found["parts_pkey"]["kind"] == "primary key" and found["parts_once"]["kind"] == "exclusion"
    # the largest of those first
    wastes = [cells["waste"] for cells in found.values() if isinstance(cells.get("waste"), int)]
    assert wastes == sorted(wastes, reverse=True) and wastes[0] == next(iter(found.values()))["waste"] > 0


def test_bloat_is_near_that_of_pgstattuple(parts, shop):  # noqa: F811
    """Of unique keys: equal ones are stored once (deduplication)."""
    parts.sql("DELETE FROM parts WHERE id % 10 <> 0")
    parts.sql("VACUUM ANALYZE parts")
    parts.sql("CREATE EXTENSION pgstattuple")
    try:
        size, used = parts.sql("SELECT index_size, leaf_pages * 8192 * avg_leaf_density / 90"
                               " FROM pgstatindex('parts_pkey')")[0]
    finally:
        parts.sql("DROP EXTENSION pgstattuple")
    cells = named(show(shop, "postgres.indexes", "shop", "--json"))["parts_pkey"]
    assert cells["bloat"] == pytest.approx(size - used, abs=size * 0.1)
    assert cells["bloat_share"] == pytest.approx(cells["bloat"] / size)


def test_locked_and_without_rights(parts, tmp_path):  # noqa: F811
    with contextlib.closing(parts.connect()) as session, session.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE parts")
        run = show(configured(parts, tmp_path, user="nobody"), "postgres.indexes", "shop", "--json")
    assert run.status == 0, run
    found = named(run)
    assert found["parts_a"]["size"]["unknown"] == found["parts_a"]["definition"]["unknown"] == "locked"
    assert found["goods_pkey"]["size"] > 0 and found["goods_pkey"]["bloat"]["unknown"] == "not known"
    assert text(found["parts_a_again"]["problem"]) == "duplicate"


def test_the_first_of_many_and_the_standbys(parts, shop, tmp_path):  # noqa: F811
    run = show(shop, "postgres.indexes", "shop", "--limit", "3", "--sort", "largest")
    count = parts.one("SELECT count(*) FROM pg_stat_user_indexes")
    assert f"3 of {count} shown" in run.stdout and "parts_broken" not in run.stdout, run


def test_an_invalid_index_is_dropped_from_its_row(parts, tmp_path):  # noqa: F811
    with dashboard(configured(parts, tmp_path, user="postgres")) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Indexes")
        go_down_to(terminal, "► Indexes")
        terminal.press("Enter")
        terminal.wait_for("parts_broken")
        go_down_to(terminal, "► public.parts_a_again")
        choose(terminal, "drop invalid indexes")
        terminal.wait_for("not for public.parts_a_again")
        terminal.press("Esc")
        terminal.settle()
        go_down_to(terminal, "► public.parts_broken")
        choose(terminal, "drop invalid indexes")
        terminal.wait_for("DROP INDEX CONCURRENTLY public.parts_broken;")
        agree(terminal, "public.parts_broken")
        assert "DONE" in outcome(terminal)
        close(terminal)
        terminal.press("Esc", "Esc", "Ctrl-C")
    assert parts.one("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0


def choose(terminal, action):
    terminal.press("a")
    terminal.wait_for(action)
    go_down_to(terminal, action)
    terminal.press("Enter")
