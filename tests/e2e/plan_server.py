"""Statements for the tests of postgres.plan, and how to read the page."""

import contextlib

from page_server import show
from stacktop import write_config

SCHEMA = ("CREATE ROLE seller LOGIN; CREATE SCHEMA store AUTHORIZATION seller; SET ROLE seller;"
          " CREATE TABLE store.items (id int PRIMARY KEY, price int, name text);"
          " INSERT INTO store.items SELECT n, n % 100, 'item ' || n FROM generate_series(1, 20000) n;"
          " CREATE TABLE store.orders (id int PRIMARY KEY, item int REFERENCES store.items, amount int);"
          " INSERT INTO store.orders SELECT n, n % 20000 + 1, n FROM generate_series(1, 5000) n; RESET ROLE;"
          " ALTER ROLE seller SET search_path = store;"
          " CREATE ROLE planner LOGIN; GRANT pg_monitor, seller TO planner")
ANALYZE = "ANALYZE store.items, store.orders"
JOIN = "SELECT o.id FROM orders o JOIN items i ON i.id = o.item WHERE i.price = {} AND o.amount > {}"


def configured(cluster, folder, user="planner"):
    folder = folder / user
    folder.mkdir(exist_ok=True)
    return write_config(folder, postgres=[{"name": "shop", "dsn": cluster.dsn(user)}], hosts=[], interval="500ms")


def statement_of(cluster, pattern):
    found = cluster.sql("SELECT queryid::text FROM pg_stat_statements s JOIN pg_roles r ON r.oid = userid"
                        " WHERE query LIKE %s AND rolname = 'seller' ORDER BY length(query)", pattern)
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
def session(cluster, text, user="seller", dbname="app"):
    """A session whose last query is that one; yields its pid."""
    with contextlib.closing(cluster.connect(user=user, dbname=dbname)) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        yield str(connection.info.backend_pid)
