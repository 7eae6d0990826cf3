"""What changed: each change of a setting, a role or a table is an event with the value before and after."""

import csv
import re

import pytest

from page_server import server  # noqa: F401
from stacktop import dashboard, write_config

BESIDE = "others"


@pytest.fixture
def watched(server, tmp_path):  # noqa: F811
    shop = {"name": "shop", "dsn": server.dsn("watcher"), "changes": "1s"}
    with dashboard(write_config(tmp_path, postgres=[shop], hosts=[], interval="500ms"),
                   columns=200, rows=36, cwd=tmp_path) as terminal:
        terminal.wait_for("1/1 targets up")
        terminal.press("2", "Enter")  # the events, full-screen
        terminal.wait_for("no events yet")
        yield terminal


def test_settings_roles_and_tables(server, watched):  # noqa: F811
    server.sql("CREATE ROLE seen LOGIN")
    watched.wait_for("role seen appeared")  # so the values before are known
    server.sql("ALTER SYSTEM SET work_mem = '64MB'")
    server.sql("ALTER SYSTEM SET primary_conninfo = 'host=db password=hunter2'")
    server.sql("SELECT pg_reload_conf()")
    server.sql("CREATE TABLE orders (id bigint, total numeric(10,2))")
    try:
        watched.wait_for("setting work_mem changed: 4MB -> 64MB")
        watched.wait_for("setting primary_conninfo changed (its value is not shown)")
        watched.wait_for("table public.orders appeared")
        server.sql('ALTER TABLE orders ALTER total TYPE bigint; ALTER TABLE orders ADD "a\x1b[31mb" text')
        watched.wait_for("table public.orders changed: total: numeric(10,2) -> bigint, + a")
        assert "hunter2" not in watched.screen.text
        server.sql("ALTER ROLE seen CREATEDB NOLOGIN; ALTER ROLE seen SET statement_timeout = '5s'")
        watched.wait_for("role seen changed: + createdb, - login")
        watched.wait_for("setting statement_timeout of role seen appeared")
        server.sql("DROP TABLE orders")
        server.sql("ALTER SYSTEM RESET ALL")
        server.sql("SELECT pg_reload_conf()")
        watched.wait_for("table public.orders is gone")
        watched.wait_for("setting work_mem changed: 64MB -> 4MB")
    finally:
        server.sql("DROP TABLE IF EXISTS orders; DROP ROLE seen")
        server.sql("ALTER SYSTEM RESET ALL")
        server.sql("SELECT pg_reload_conf()")


def test_changes_are_marked_filtered_read_whole_and_saved(server, watched, tmp_path):  # noqa: F811
    """A change has a mark of its own; a value that is too long for a line is read with Enter."""
    long = ", ".join(f"schema_{n:03}" for n in range(60))
    server.sql("CREATE ROLE seen LOGIN")
    watched.wait_for(re.compile(r"~ +shop role seen appeared"))
    try:
        server.sql(f"ALTER SYSTEM SET search_path = {long}")
        server.sql("SELECT pg_reload_conf()")
        watched.wait_for(re.compile(r"~ +shop setting search_path changed: "))
        watched.press("/", *"info", "Enter")
        watched.wait_for("/info 2 of 2")
        watched.press("g", "Enter")
        watched.wait_for(lambda screen: "SEVERITY" in screen.text and "INFO" in screen.text)
        assert "schema_000" in watched.screen.text and "schema_059" in watched.screen.text
        watched.press("Esc")
        watched.wait_for("/info 2 of 2")
        watched.press("w")
        watched.wait_for("save the table to events-20")
        watched.press("\x15", *"changes.csv", "Enter")
        watched.wait_for("Saved 2 rows to changes.csv")
        with open(tmp_path / "changes.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["severity"] for row in rows] == ["info", "info"] and "schema_059" in rows[0]["text"]
        watched.press("/", "\x15", *"crit", "Enter")
        watched.wait_for("no matching events")
    finally:
        server.sql("DROP ROLE seen")
        server.sql("ALTER SYSTEM RESET ALL")
        server.sql("SELECT pg_reload_conf()")
