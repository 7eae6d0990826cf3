"""The page postgres.table: statistics of the columns without any value, indexes, foreign keys, triggers and settings."""

import pytest

from page_server import configured, server, shop, show  # noqa: F401

BESIDE = "others"


@pytest.fixture(scope="module")
def people(server):  # noqa: F811
    server.sql("CREATE TABLE towns (id int PRIMARY KEY);"
               " INSERT INTO towns SELECT generate_series(1, 100);"
               " CREATE TABLE people (id int PRIMARY KEY, name text, town int REFERENCES towns, boss int REFERENCES people,"
               "   never int) WITH (fillfactor = 70, autovacuum_enabled = off);"
               " INSERT INTO people SELECT n, CASE WHEN n % 4 = 0 THEN NULL ELSE 'secret' || n % 10 END, n % 100 + 1, NULL"
               "   FROM generate_series(1, 2000) n; CREATE INDEX people_town ON people (town, name);"
               " CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
               " CREATE TRIGGER quiet BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION noop();"
               " ALTER TABLE people DISABLE TRIGGER quiet; GRANT SELECT ON people, towns TO watcher; ANALYZE people")
    yield server
    server.sql("DROP TABLE people, towns; DROP FUNCTION noop")


def tables_of(run):
    assert run.status == 0 and run.stderr == "", run
    return {table["id"]: [row["cells"] for row in table["rows"]] for table in run.json["target"]["tables"]}


def test_the_statistics_without_their_values(people, shop):  # noqa: F811
    run = show(shop, "postgres.table", "shop", "public.people", "--json")
    columns = {cells["column"]: cells for cells in tables_of(run)["columns"]}
    for column, nulls, common, correlation, width in people.sql(
            "SELECT attname, null_frac, array_length(most_common_freqs, 1), correlation, avg_width FROM pg_stats"
            " WHERE tablename = 'people'"):
        cells = columns[column]
        assert [cells["nulls"], cells.get("common"), cells["width"]] == [pytest.approx(nulls), common, width]
        if correlation is not None:
            assert cells["correlation"] == pytest.approx(correlation, abs=0.001)
    assert columns["id"]["distinct"] == 2000 and columns["id"]["distinct_share"] == 1
    assert columns["name"]["nulls"] == 0.25 and columns["town"]["distinct"] == 100 and columns["never"]["nulls"] == 1
    assert columns["name"]["common_share"] == pytest.approx(0.75) and columns["town"]["indexes"] == "people_town"
    assert columns["id"]["type"] == "integer NOT NULL"
    assert "secret" not in run.stdout


def test_indexes_keys_triggers_and_settings(people, shop):  # noqa: F811
    found = tables_of(show(shop, "postgres.table", "shop", "public.people", "--json"))
    [self] = found["table"]
    assert self["size"] == people.one("SELECT pg_total_relation_size('people')") and self["owner"] == "postgres"
    assert self["options"] == "fillfactor=70, autovacuum_enabled=off" and self["identity"] == "primary key"
    indexes = {cells["index"]: cells for cells in found["indexes"]}
    assert set(indexes) == {"public.people_pkey", "public.people_town"}
    assert indexes["public.people_town"]["size"] == people.one("SELECT pg_relation_size('people_town')")
    problems = {(cells["columns"], cells["direction"]): cells.get("problem") for cells in found["foreign_keys"]}
    assert problems == {("boss", "to itself"): "no index", ("town", "from it"): None}
    [trigger] = found["triggers"]
    assert trigger["trigger"] == "quiet" and trigger["state"] == "disabled"
    [to] = tables_of(show(shop, "postgres.table", "shop", "public.towns", "--json"))["foreign_keys"]
    assert to["direction"] == "to it" and to["table"] == "public.people" and "problem" not in to


def test_without_select_and_a_table_that_is_gone(people, shop, tmp_path):  # noqa: F811
    run = show(configured(people, tmp_path, user="nobody"), "postgres.table", "shop", "public.people")
    assert "GRANT pg_read_all_data TO nobody" in run.stdout and "secret" not in run.stdout, run
    run = show(shop, "postgres.table", "shop", "public.gone")
    assert run.status == 64 and "public.gone" in run.stderr, run
