"""Statements for the tests of postgres.plan, and how to read the page."""

import contextlib

from page_server import show
from stacktop import write_config

SCHEMA = ("CREATE ROLE shop LOGIN; CREATE SCHEMA shop AUTHORIZATION shop; SET ROLE shop;"
          " CREATE TABLE shop.items (id int PRIMARY KEY, price int, name text);"
          " INSERT INTO shop.items SELECT n, n % 100, 'item ' || n FROM generate_series(1, 20000) n;"
          " CREATE TABLE shop.orders (id int PRIMARY KEY, item int REFERENCES shop.items, amount int);"
          " INSERT INTO shop.orders SELECT n, n % 20000 + 1, n FROM generate_series(1, 5000) n; RESET ROLE;"
          " ANALYZE shop.items; ANALYZE shop.orders; ALTER ROLE shop SET search_path = shop;"
          " CREATE ROLE planner LOGIN; GRANT pg_monitor, shop TO planner")
JOIN = "SELECT o.id FROM orders o JOIN items i ON i.id = o.item WHERE i.price = {} AND o.amount > {}"


def configured(cluster, folder, user="planner"):
    return write_config(folder, postgres=[{"name": "shop", "dsn": cluster.dsn(user)}], hosts=[], interval="500ms")


def run_as_shop(cluster, text, **options):
    """Runs it, and returns its query id."""
    cluster.sql(text, user="shop", **options)
    word = text.split("$$")[0].split()[0]
    return statement_of(cluster, text), word


def statement_of(cluster, pattern):
    found = cluster.sql("SELECT queryid::text FROM pg_stat_statements s JOIN pg_roles r ON r.oid = userid"
                        " WHERE query LIKE %s AND rolname = 'shop' ORDER BY length(query)", pattern)
    assert found, pattern
    return found[0][0]


def plan(config, row, *arguments):
    return show(config, "postgres.plan", "shop", row, *arguments)


def tables_of(run):
    assert run.status == 0 and run.stderr == "", run
    return {table["id"]: [row["cells"] for row in table["rows"]] for table in run.json["target"]["tables"]}


def nodes_of(run):
    return {cells["node"]: cells for cells in tables_of(run)["nodes"]}


@contextlib.contextmanager
def session(cluster, text, user="shop", dbname="app"):
    """A session whose last query is that one; yields its pid."""
    with contextlib.closing(cluster.connect(user=user, dbname=dbname)) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        yield str(connection.info.backend_pid)
