"""The pages of tables and indexes with 10,000 tables: the first ones are right, and the rest is counted."""

import pytest

from page_server import configured, server, show  # noqa: F401

BESIDE = "others"

TABLES = 10000


@pytest.fixture(scope="module")
def many(server):  # noqa: F811
    server.sql("CREATE DATABASE many", dbname="postgres")
    for start in range(1, TABLES, 200):
        server.sql("; ".join(f"CREATE TABLE t{n} (id int PRIMARY KEY, filler text)" for n in range(start, start + 200)),
                   dbname="many")
    server.sql("INSERT INTO t777 SELECT n, repeat('x', 100) FROM generate_series(1, 3000) n; DELETE FROM t777 WHERE id > 5",
               dbname="many")
    yield server


def test_200_of_10000(many, tmp_path):
    config = configured(many, tmp_path, database="many")
    run = show(config, "postgres.tables", "shop", "--json")
    assert run.status == 0, run
    target = run.json["target"]
    rows = target["tables"][0]["rows"]
    assert len(rows) == 200 and rows[0]["cells"]["table"] == "public.t777"
    assert rows[0]["cells"]["size"] == many.one("SELECT pg_total_relation_size('t777')", dbname="many")
    assert [note for note in target["notes"] if "200 of 10,000 shown" in note["text"]], target["notes"]
    dead = show(config, "postgres.tables", "shop", "--json", "--sort", "dead rows", "--limit", "1")
    assert [row["cells"]["dead"] for row in dead.json["target"]["tables"][0]["rows"]] == [2995]
    run = show(config, "postgres.indexes", "shop", "--json", "--sort", "largest")
    assert run.status == 0, run
    assert run.json["target"]["tables"][1]["rows"][0]["cells"]["index"] == "public.t777_pkey"
    assert [note for note in run.json["target"]["notes"] if "200 of 10,000 shown" in note["text"]]
