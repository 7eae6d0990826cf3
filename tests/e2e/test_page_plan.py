"""The page postgres.plan: the plan of a statement and of a session is that of EXPLAIN at the same moment, nothing is ever
executed, and what cannot be known says why."""

import contextlib
import json
import re

import pytest

from keys import open_page
from page_server import PROGRAMS
from plan_server import ANALYZE, JOIN, SCHEMA, configured, nodes_of, plan, session, statement_of, tables_of
from postgres_servers import Cluster
from stacktop import dashboard

BESIDE = "others"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster(tmp_path_factory.mktemp("plan") / "server", PROGRAMS[-1].parent, 15)
    cluster.make()
    cluster.start()
    try:
        for database in ("app", "other"):
            cluster.sql(f"CREATE DATABASE {database}", dbname="postgres")
        cluster.sql(f"CREATE EXTENSION pg_stat_statements; {SCHEMA}")
        cluster.sql("CREATE ROLE monitor LOGIN; GRANT pg_monitor TO monitor; CREATE ROLE nobody LOGIN")
        cluster.sql("CREATE TABLE canary (n int); GRANT ALL ON canary TO PUBLIC")
        cluster.sql(ANALYZE)
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def shop(server, tmp_path):
    yield configured(server, tmp_path)
    assert server.sql("SELECT * FROM canary") == []


def refused(run, status=3):
    assert run.status == status, run
    return " ".join((run.stdout + run.stderr).split())


def half_of(query_id):
    """As the page of the statements shows it."""
    return f"{int(query_id) % 2 ** 64 >> 32:08x}"


def test_a_statement_has_its_generic_plan(server, shop):
    server.sql(JOIN.format(7, 100), user="seller")
    query_id = statement_of(server, "SELECT o.id FROM orders%")
    run = plan(shop, query_id, "--json")
    found = tables_of(run)
    [expected] = server.sql("SET search_path = store; SET plan_cache_mode = force_generic_plan; PREPARE p AS "
                            f"{JOIN.format('$1', '$2')}; EXPLAIN (FORMAT JSON) EXECUTE p(1, 1)")
    root = expected[0][0]["Plan"]
    [summary] = found["plan"]
    assert [summary[name] for name in ("cost", "rows", "kind", "role", "user", "search_path", "settings")] == \
        [root["Total Cost"], root["Plan Rows"], "generic", "seller", "seller", "store", "default"]
    labels = nodes_of(run)
    assert [cells["mark"] for cells in labels.values() if cells.get("mark")].count("most of the cost") == 1
    assert any("store.items" in label for label in labels) and "$1" in json.dumps(labels)
    assert sum(cells["share"] for cells in labels.values()) == pytest.approx(1, abs=0.01)
    assert [cells["table"] for cells in found["relations"]] == ["store.items", "store.orders"]
    assert server.complaints() == []
    for row in (half_of(query_id), query_id):
        assert f"Plan of shop {row}" in plan(shop, row).stdout


def test_a_session_has_the_plan_of_its_text(server, shop):
    text = JOIN.format(7, 100)
    [[expected]] = server.sql(f"SET search_path = store; EXPLAIN (FORMAT JSON) {text}")
    with session(server, text) as pid:
        [summary] = tables_of(plan(shop, pid, "--json"))["plan"]
    assert [summary["cost"], summary["kind"], summary["source"]] == \
        [expected[0]["Plan"]["Total Cost"], "of the text", "the session"]


def test_nothing_is_executed(server, shop):
    texts = ["INSERT INTO public.canary VALUES (1)",
             "WITH x AS (INSERT INTO public.canary VALUES (2) RETURNING n) SELECT n FROM x",
             "DELETE FROM public.canary", "SELECT setval('public.steps', 7)"]
    server.sql("CREATE SEQUENCE steps; GRANT ALL ON steps TO PUBLIC")
    for text in texts:
        with session(server, f"BEGIN; {text}; ROLLBACK") as pid:
            assert "BEGIN has no plan" in refused(plan(shop, pid))
        connection = server.connect(user="seller")
        with contextlib.closing(connection), connection.cursor() as cursor:
            connection.autocommit = False
            cursor.execute(text)  # psycopg2 sends BEGIN as a message of its own
            run = plan(shop, str(connection.info.backend_pid), "--json")
            connection.rollback()
        assert tables_of(run)["plan"][0]["kind"] == "of the text"
    server.sql("SELECT setval('public.steps', 1)")
    server.sql("DROP SEQUENCE steps")


@pytest.mark.parametrize("text", [
    "SELECT 1; INSERT INTO public.canary VALUES (1)", "SELECT 1 /* ; */; COMMIT; INSERT INTO public.canary VALUES (1)"])
def test_a_second_command_is_not_sent(server, shop, text):
    with session(server, text) as pid:
        server.sql("DELETE FROM canary")
        assert "the text has several commands" in refused(plan(shop, pid))


@pytest.mark.parametrize("text, words", [
    ("VACUUM store.items", "VACUUM has no plan"), ("EXPLAIN ANALYZE INSERT INTO public.canary VALUES (1)",
                                                   "EXPLAIN has no plan"),
    ("SET work_mem = '1MB'", "SET has no plan"), ("/* SELECT */ LOCK TABLE public.canary", None)])
def test_other_commands_have_no_plan(server, shop, text, words):
    if words is None:
        with pytest.raises(Exception, match="LOCK TABLE"):
            server.sql(text, user="seller")
        return
    with session(server, text, user="postgres") as pid:
        server.sql("DELETE FROM canary")
        assert words in refused(plan(shop, pid))


def test_a_text_that_is_cut_says_so(server, shop):
    """A part of a statement may be a statement of its own: it is not planned. The extension may have the whole one."""
    numbers = ", ".join(str(n) for n in range(1000, 1400))
    with contextlib.closing(server.connect(user="postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SET compute_query_id = off")
        cursor.execute(f"SELECT id FROM store.items WHERE id IN ({numbers})")
        words = refused(plan(shop, str(connection.info.backend_pid)))
        assert "cut at 1024 bytes (track_activity_query_size)" in words
    with session(server, f"SELECT id FROM items WHERE id IN ({numbers}) AND price > 3") as pid:
        run = plan(shop, pid, "--json")
        assert tables_of(run)["plan"][0]["source"] == "pg_stat_statements"
        assert tables_of(run)["plan"][0]["kind"] == "generic"


def test_a_statement_of_another_database(server, shop):
    server.sql("CREATE TABLE there (n int)", dbname="other")
    with session(server, "SELECT n FROM there", user="postgres", dbname="other") as pid:
        assert "permission denied for table there" in refused(plan(shop, pid))
        server.sql("GRANT SELECT ON there TO planner", dbname="other")
        [summary] = tables_of(plan(shop, pid, "--json"))["plan"]
        assert [summary["database"], summary["role"], summary["user"]] == ["other", "planner", "postgres"]


def test_least_privilege_names_the_right(server, tmp_path):
    config = configured(server, tmp_path, user="monitor")
    with session(server, JOIN.format(1, 1)) as pid:
        words = refused(plan(config, pid))
        assert 'relation "orders" does not exist' in words and "looked for in store as monitor" in words
        assert "its schema needs GRANT USAGE" in words
        server.sql("GRANT USAGE ON SCHEMA store TO monitor")
        words = refused(plan(config, pid))
        assert "permission denied for table orders" in words
        assert "GRANT SELECT to monitor" in words and "its role seller" in words
    config = configured(server, tmp_path, user="nobody")
    with session(server, JOIN.format(1, 1)) as pid:
        assert "GRANT pg_monitor TO nobody" in refused(plan(config, pid))
    server.sql("REVOKE CONNECT ON DATABASE other FROM PUBLIC", dbname="postgres")
    with session(server, "SELECT 1", user="postgres", dbname="other") as pid:
        words = refused(plan(configured(server, tmp_path, user="monitor"), pid))
    server.sql("GRANT CONNECT ON DATABASE other TO PUBLIC", dbname="postgres")
    assert "GRANT CONNECT ON DATABASE to monitor" in words


def test_a_function_of_another_role_is_never_run_by_a_superuser(server, shop, tmp_path):
    server.sql("CREATE FUNCTION store.trap() RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
               " $$ BEGIN RAISE WARNING 'trapped by %', session_user; RETURN 1; END $$", user="seller")
    root = configured(server, tmp_path, user="postgres")
    with session(server, "SELECT id FROM items WHERE id = trap()") as pid:
        words = refused(plan(root, pid))
        assert "store.trap (owner seller)" in words and "superuser" in words
        assert not [line for line in server.complaints() if "trapped" in line]
        assert tables_of(plan(shop, pid, "--json"))["plan"][0]["role"] == "seller"
        assert [line for line in server.complaints() if "trapped by planner" in line]
    server.sql("DROP FUNCTION store.trap()")
    with session(server, "SELECT id FROM store.items", user="postgres") as pid:
        assert tables_of(plan(root, pid, "--json"))["plan"][0]["role"] == "postgres"


def test_hostile_names_and_texts(server, shop):
    name = 'x"; DROP TABLE canary; --\x1b[2J\nITEM'
    quoted = name.replace('"', '""')
    server.sql(f'CREATE TABLE store."{quoted}" ("{quoted}" text)', user="seller")
    text = f'SELECT "{quoted}" FROM "{quoted}" WHERE "{quoted}" = E\'\\x1b]0;title\\x07;\''
    with session(server, text) as pid:
        run = plan(shop, pid)
        assert run.status == 0 and "\x1b" not in run.stdout and "\x07" not in run.stdout, run
        assert "DROP TABLE canary" in run.stdout
    server.sql(f'DROP TABLE store."{quoted}"')


def test_literals_of_a_secret_are_masked(server, shop):
    with session(server, "SELECT id FROM items WHERE name = 'hunter2' AND name <> 'password'") as pid:
        run = plan(shop, pid, "--json")
    assert tables_of(run)["nodes"] and "hunter2" not in run.stdout and "'***'" in run.stdout


def test_what_is_not_there(server, shop):
    for row, words in (("999999", "pid 999999 has ended"), ("-77", "has no statement -77"), ("x", "neither a query id")):
        assert words in refused(plan(shop, row)), row
    with session(server, "CREATE TEMP TABLE mine (n int)") as pid, \
            contextlib.closing(server.connect(user="seller")) as own, own.cursor() as cursor:
        assert "CREATE has no plan" in refused(plan(shop, pid))
        cursor.execute("CREATE TEMP TABLE mine (n int)")
        cursor.execute("SELECT n FROM mine")
        words = refused(plan(shop, str(own.info.backend_pid)))
        assert 'relation "mine" does not exist' in words and "looked for in store as seller" in words


def test_a_locked_table_and_missing_statistics(server, shop):
    server.sql("CREATE TABLE store.fresh (n int)", user="seller")
    with session(server, "SELECT n FROM fresh") as pid:
        [relation] = tables_of(plan(shop, pid, "--json"))["relations"]
        assert relation["table"] == "store.fresh" and relation["problem"] == "no statistics"
        with contextlib.closing(server.connect()) as holder, holder.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE store.fresh")
            assert "is locked" in refused(plan(shop, pid), 2)
    server.sql("DROP TABLE store.fresh")


def test_no_prepared_statement_and_no_connection_stays(server, shop):
    server.sql(JOIN.format(1, 2), user="seller")
    assert plan(shop, statement_of(server, "SELECT o.id FROM orders%")).status == 0
    assert server.one("SELECT count(*) FROM pg_stat_activity WHERE usename = 'planner'") == 0


def test_on_the_screen(server, shop):
    """From a statement in one key to the list with the cost, in the second to its plan, and back to the row."""
    server.sql(JOIN.format(7, 100), user="seller")
    with dashboard(shop, columns=120, rows=36) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("watched ")
        half = half_of(statement_of(server, "SELECT o.id FROM orders%"))
        terminal.press("/", half, "Enter")
        terminal.wait_for(" 1 of ")
        terminal.press("Down")
        terminal.wait_for(re.compile(f"► +{half}"))
        terminal.press("Enter")
        terminal.wait_for("cost: 1 login and EXPLAIN every 30s; the statement is not run")
        terminal.press("Enter")
        terminal.wait_for(": Plan]")
        terminal.wait_for("most of the cost")
        assert "store.items" in terminal.screen.text and "plan generic" in terminal.screen.text
        terminal.press("Esc")
        terminal.wait_for(re.compile(f"► +{half}"))
