"""PgBouncer as a target of its own, through the real binary: figures, the cause of a wait, and the actions as a person
uses them."""

import contextlib
import re
import threading

import pytest

from keys import agree, close, outcome, select
from pgbouncer_server import PgBouncer, running_cluster
from sandbox import HOST, wait_until
from stacktop import OK, WARN, check, closed_port, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"
FAILED = 1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("postgres") / "cluster") as cluster:
        yield cluster


@pytest.fixture
def bouncer(cluster, tmp_path):
    bouncer = PgBouncer(tmp_path / "bouncer", cluster, databases=f"* = host={HOST} port={closed_port()}\n")
    yield bouncer
    bouncer.end()


@pytest.fixture
def watching(bouncer, tmp_path):
    def make(user="boss", kind="pgbouncer", database="pgbouncer", **options):
        return write_config(tmp_path, interval="300ms", hosts=[], state=str(tmp_path / "state"),
                            **{kind: [{"name": "pool", "dsn": bouncer.dsn(user, database), **options}]})
    return make


@contextlib.contextmanager
def waiting_client(bouncer, database):
    """A query that waits for a server connection; yields a function that waits for its end."""
    with contextlib.closing(bouncer.client(database)) as connection, connection.cursor() as cursor:
        thread = threading.Thread(target=cursor.execute, args=("SELECT 1",))
        thread.start()
        wait_until(lambda: bouncer.console("SHOW POOLS")[database]["cl_waiting"] == 1, what="the client to wait")
        try:
            yield lambda: thread.join(10) or not thread.is_alive()
        finally:
            thread.join(10)


def apply(path, *words, phrase):
    run = stacktop("-c", path, "plan", *words, "--json")
    assert run.status == OK and run.json["phrase"] == phrase, run
    return stacktop("-c", path, "apply", run.json["hash"], "--confirm", phrase)


# --- figures ------------------------------------------------------------------------------------


def test_figures_are_those_of_the_console(bouncer, watching):
    with contextlib.closing(bouncer.client()) as client, client.cursor() as cursor:
        cursor.execute("SELECT 1")
        run = check(watching("watcher"), "--json")
        assert run.status == OK and run.document.findings == [], run
        pool, database = bouncer.console("SHOW POOLS")["app"], bouncer.console("SHOW DATABASES")["app"]
        cells = run.document.rows("pgbouncer", "pools", "pool")["app/postgres"]
        for column, name in {"clients": "cl_active", "waiting": "cl_waiting", "servers_active": "sv_active",
                             "servers_login": "sv_login", "pool_mode": "pool_mode"}.items():
            assert cells[column] == pool[name], column
        assert cells["servers_idle"] + cells["servers_used"] == pool["sv_idle"] + pool["sv_used"] == 1
        cells = run.document.rows("pgbouncer", "databases", "pool")["app"]
        assert cells["pool_size"] == database["pool_size"] and cells["connections"] == 1
        assert cells["server"] == f"{database['host']}:{database['port']}/app" and cells["state"] == "open"
        row = run.document.summary("pgbouncer", "pgbouncer", "pool")
        assert row["client_limit"] == 50 and row["clients"] == 2
        assert row["access"] == "read-only" and run.document.target("pgbouncer", "pool")["notes"] == []


def test_the_postgres_kind_refers_to_this_one(watching):
    run = check(watching(kind="postgres"))
    assert "this is PgBouncer's console" in run.stdout and "a target of the kind pgbouncer" in run.stdout, run
    run = check(watching("postgres", database="app"))
    assert "this is not PgBouncer's console" in run.stdout and "the kind postgres" in run.stdout, run


def test_names_of_clients_do_not_reach_the_terminal(bouncer, watching):
    """A client chooses the name of a database where PgBouncer has a fallback (*)."""
    with contextlib.closing(bouncer.client("\x1b[31mred\x07\n", async_=True)) as client:
        wait_until(lambda: client.poll() is not None and any("red" in name for name in bouncer.console("SHOW POOLS")),
                   what="the pool")
        with dashboard(watching(), columns=120, rows=36) as terminal:
            terminal.wait_for(re.compile(r"\[31mred.*/postgres"))
            assert "\x07" not in terminal.screen.text and "\x1b" not in terminal.screen.text
            terminal.press("q")
        run = check(watching())
        assert "\x1b[31m" not in run.stdout and "\x07" not in run.stdout, run


# --- findings -----------------------------------------------------------------------------------


def test_a_wait_names_its_cause(bouncer, watching):
    path = watching(waiting="100ms", waiting_critical="1h")
    with contextlib.closing(bouncer.client("held")) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT 1")
        with waiting_client(bouncer, "held"), dashboard(path, columns=140, rows=36) as terminal:
            terminal.wait_for(re.compile(r"! +pool held/postgres 1 client waits for \S+: the pool is exhausted, its only "
                                         r"server connection is in use"))
            holder.close()
            terminal.wait_for(lambda screen: "exhausted" not in screen.rows[1])
            terminal.press("q")


def test_the_page_of_a_pool_shows_who_has_its_connections(bouncer, watching):
    """The database has a user of its own, so a client of any user is of this pool."""
    path = watching()
    with contextlib.closing(bouncer.client("held", user="watcher", application_name="hog")) as holder, \
            holder.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
        with waiting_client(bouncer, "held"):
            run = stacktop("-c", path, "show", "pgbouncer.pool", "pool", "held/postgres", "--json")
            assert run.status == OK, run
            page = {table["id"]: table["rows"] for table in run.json["target"]["tables"]}
            server, = page["servers"]
            waiter, other = page["clients"]
            hog = next(row for row in bouncer.rows("SHOW CLIENTS") if row["application_name"] == "hog")
            place = f"{hog['addr']}:{hog['port']}"
            assert server["cells"]["session"] == f"pid {pid}" and server["cells"]["client"] == place
            assert server["cells"]["application"] == "hog" and server["cells"]["state"] == "active"
            assert other["cells"]["client"] == place and other["cells"]["server"] == f"pid {pid}"
            assert waiter["cells"]["state"] == "waiting" and waiter["cells"]["wait"] > 0
            with dashboard(path, columns=120, rows=36) as terminal:
                terminal.wait_for("held/postgres")
                select(terminal, 1, "held/postgres")
                terminal.press("v")
                terminal.wait_for("Who waits, and who has the server connections?")
                terminal.press("Enter")
                terminal.wait_for(re.compile(rf"pid {pid} +active +{re.escape(place)}"))
                terminal.press("Esc", "q")
            holder.close()
    run = stacktop("-c", path, "show", "pgbouncer.pool", "pool", "held/nobody")
    assert run.status != OK and "held/nobody" in run.stderr, run


def test_a_paused_database_is_a_finding(bouncer, watching):
    bouncer.console("PAUSE app")
    run = check(watching())
    assert run.status == WARN and "pool app: paused: its clients wait until it is resumed" in run.stdout, run


# --- actions ------------------------------------------------------------------------------------


def test_pause_and_undo_with_keys(bouncer, watching, tmp_path):
    with contextlib.closing(bouncer.client()) as client, client.cursor() as cursor:
        cursor.execute("SELECT 1")  # from now on PgBouncer can greet a client without the server
    with dashboard(watching(), columns=120, rows=36) as terminal:
        terminal.wait_for("Databases")
        select(terminal, 1, "app       open")
        terminal.press("P")
        terminal.wait_for(re.compile(r"wait +10s"))
        terminal.press("Enter")
        terminal.wait_for("Pause database app of pool")
        assert not bouncer.is_paused("app")
        agree(terminal, "app")
        assert "paused; no server connection is in use" in outcome(terminal)
        assert bouncer.is_paused("app") and not bouncer.is_paused("held")
        with waiting_client(bouncer, "app") as is_served:
            terminal.press("u")
            terminal.wait_for("1 waiting client continue")
            agree(terminal, "y")
            assert "no longer paused" in outcome(terminal)
            assert is_served()
        close(terminal)
        terminal.press("q")
    assert not bouncer.is_paused("app")
    audit = Audit(tmp_path / "state")
    assert [intent["action"] for intent in audit.intents] == ["pgbouncer.pause", "pgbouncer.resume"]
    assert [done["result"] for done in audit.outcomes] == ["done", "done"]


def test_a_pause_in_the_middle_of_a_transaction(bouncer, watching):
    with contextlib.closing(bouncer.client()) as client, client.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1")
        run = apply(watching(), "pgbouncer.pause", "pool", "app", "wait=200ms", phrase="app")
        assert run.status == OK and "1 server connection is still in use until the client ends its" in run.stdout, run
        assert bouncer.is_paused("app")
        cursor.execute("COMMIT")  # is still served


def test_reconnect(bouncer, watching):
    with contextlib.closing(bouncer.client()) as client, client.cursor() as cursor:
        def backend():
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]
        before = backend()
        run = apply(watching(), "pgbouncer.reconnect", "pool", "app", phrase="y")
        assert run.status == OK and "all server connections of that time are closed" in run.stdout, run
        assert backend() != before


def test_a_user_that_may_only_read(bouncer, watching):
    path = watching("watcher")
    for action in ("pause", "reconnect"):
        run = stacktop("-c", path, "plan", f"pgbouncer.{action}", "pool", "app")
        assert run.status == FAILED and "is not in admin_users of PgBouncer and may only read" in run.stderr, run
    assert not bouncer.is_paused("app")
