"""What must not look ok: a blocking session in another database's encoding, a query that fails, and a restart between
two collections."""

import contextlib
import re
import threading

import psycopg2
import pytest

from sandbox import HOST
from stacktop import check, dashboard

BESIDE = "others"


@contextlib.contextmanager
def database(sandbox, name, options=""):
    """A database of its own, gone at the end."""
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    sandbox.sql(drop)
    sandbox.sql(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    try:
        yield name
    finally:
        sandbox.sql(drop)


@contextlib.contextmanager
def session(sandbox, dbname):
    connection = psycopg2.connect(host=HOST, port=sandbox.port("postgres"), dbname=dbname, user="postgres",
                                  password=sandbox.state["passwords"]["postgres"], connect_timeout=5)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        yield cursor


def watching(sandbox, config, dbname):
    dsn = sandbox.dsn.rsplit("/", 1)[0] + f"/{dbname}"
    return config(postgres=[{"name": "db", "dsn": dsn, "blocking": "100ms", "blocking_critical": "200ms"}])


def faults(path):
    """The faults that a check reports."""
    return [sentence for severity, sentence in check(path, "--only", "postgres", "--json").document.findings
            if "cannot read" in sentence and severity == "unknown"]


def test_a_latin1_session_that_blocks_is_seen(sandbox, config):
    """Its query is not UTF-8, and the watched database is."""
    with database(sandbox, "latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"), \
            session(sandbox, "latin") as waiter, session(sandbox, "latin") as hog:
        hog.execute("SET client_encoding = 'LATIN1'; SELECT pg_advisory_lock(8)")
        hog.execute("SELECT 1 --caf\u00e9".encode("latin-1"))
        pid = hog.connection.get_backend_pid()
        waiting = threading.Thread(target=waiter.execute, args=("SELECT pg_advisory_lock(8)",))
        waiting.start()
        with dashboard(watching(sandbox, config, "ecap"), columns=140, rows=36) as terminal:
            terminal.wait_for(lambda screen: re.search(rf"!! .*pid {pid} .*caf\u00e9", screen.text))
            terminal.wait_for("blocks 1 for ")
            terminal.press("q")
        hog.execute("SELECT pg_advisory_unlock(8)")
        waiting.join()


def test_a_query_that_fails_is_a_finding(sandbox, config):
    with database(sandbox, "broken"), session(sandbox, "broken") as cursor:
        if cursor.connection.server_version < 140000:
            pytest.skip("PostgreSQL 13 is not asked for pg_locks")
        path = watching(sandbox, config, "broken")
        assert not faults(path)
        cursor.execute("SET allow_system_table_mods = on; ALTER VIEW pg_catalog.pg_locks RENAME TO gone")
        assert [sentence.split(": relation")[0] for sentence in faults(path)] == ["db: cannot read sessions"]
        with dashboard(path, columns=80, rows=24) as terminal:
            terminal.wait_for("Sessions: unknown")
            assert "cannot read sessions" in terminal.screen.line("cannot read sessions")
            cursor.execute("ALTER VIEW pg_catalog.gone RENAME TO pg_locks")
            terminal.wait_for(lambda screen: "unknown" not in screen.text)
            terminal.press("q")


def test_a_restart_is_an_event(sandbox, config):
    with dashboard(watching(sandbox, config, "ecap"), columns=120, rows=36) as terminal:
        terminal.wait_for("primary")
        sandbox.stop("postgres")
        sandbox.start("postgres")
        terminal.wait_for("restarted")
        terminal.press("q")
