"""Pages: `stacktop show` as a process, and pages on the screen, against a PostgreSQL of the file's own. Figures are those
that SQL gives at the same moment."""

import contextlib
import csv
import io
import re
import threading

import psycopg2
import pytest

from keys import open_page, select
from page_server import configured, server, sessions_of, shop, show  # noqa: F401
from sandbox import wait_until
from stacktop import check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"

QUERY = "SELECT count(*), 'some literal' FROM goods WHERE price > 3"
HOSTILE = "SELECT id AS \"a,b\"\"\x1b[31m\"\n  /* ünï\x07 */, 2 FROM goods"


def statements(run):
    tables = {table["id"]: table for table in run.json["target"]["tables"]}
    return {row["cells"].get("query"): row["cells"] for row in tables["statements"]["rows"]}


def normalized(cluster, query):
    return cluster.one("SELECT query FROM pg_stat_statements WHERE query LIKE %s", query)


# Without a screen.

def test_the_list_of_pages():
    run = stacktop("show")
    assert run.status == 0 and run.stderr == ""
    assert re.search(r"postgres\.statements\n +Which statements .*\n +cost: \d queries every 5s", run.stdout), run
    assert "postgres.session  of a row of sessions" in run.stdout
    pages = {page["id"]: page for page in stacktop("show", "--json").json["pages"]}
    assert pages["postgres.session"]["row_of"] == "sessions" and pages["postgres.statements"]["cost"]


def test_figures_are_those_of_sql(server, shop):  # noqa: F811
    server.sql("SELECT pg_stat_statements_reset()")
    with contextlib.closing(server.connect()) as session, session.cursor() as cursor:
        for _ in range(7):
            cursor.execute(QUERY)
    run = show(shop, "postgres.statements", "shop", "--json")
    assert run.status == 0 and run.stderr == "", run
    cells = statements(run)[normalized(server, "SELECT count(*), $1 FROM goods%")]
    [expected] = server.sql(
        "SELECT calls, rows, total_exec_time / 1000, mean_exec_time / 1000, shared_blks_read * 8192,"
        " shared_blks_hit::float / (shared_blks_hit + shared_blks_read), queryid::text, wal_bytes::bigint"
        " FROM pg_stat_statements WHERE query LIKE 'SELECT count(*), $1 FROM goods%'")
    names = ["total_calls", "total_rows", "total_time", "total_mean", "total_read", "total_hit", "query_id",
             "total_wal"]
    assert [cells[name] for name in names[:6]] == pytest.approx(list(expected[:6])), cells
    assert [cells[name] for name in names[6:]] == list(expected[6:]), cells
    assert cells["total_calls"] == 7 and cells["user"] == "postgres" and cells["database"] == "app"
    assert cells["watched_calls"] == {"unknown": "needs two collections"}
    assert cells["total_io_time"] == {"unknown": "track_io_timing is off"}
    assert "'some literal'" not in run.stdout


def test_the_time_watched(server, shop):  # noqa: F811
    """Calls before it are only in the totals."""
    with contextlib.closing(server.connect()) as session, session.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT max(price) FROM goods")

        def work():
            wait_until(lambda: server.one("SELECT count(*) FROM pg_stat_activity WHERE usename = 'watcher'"),
                       what="the page")
            wait_until(lambda: server.one(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'watcher' AND query LIKE '%%stat_statements(true)%%'"
                " AND state = 'idle'"), what="its first collection")
            for _ in range(5):
                cursor.execute("SELECT max(price) FROM goods")

        before = server.one("SELECT calls FROM pg_stat_statements WHERE query = 'SELECT max(price) FROM goods'")
        worker = threading.Thread(target=work)
        worker.start()
        run = show(shop, "postgres.statements", "shop", "--json", "--duration", "3s")
        worker.join()
    [summary] = [row["cells"] for row in run.json["target"]["tables"][0]["rows"]]
    assert summary["to"] - summary["from"] == pytest.approx(summary["watched"] * 1000, abs=2)
    assert summary["window"] == "since opened" and summary["watched"] == pytest.approx(3, abs=2.5)
    cells = statements(run)["SELECT max(price) FROM goods"]
    assert (cells["watched_calls"], cells["total_calls"]) == (5, before + 5), cells
    assert cells["watched_mean"] == pytest.approx(cells["watched_time"] / 5)
    summary = run.json["target"]["tables"][0]["rows"][0]["cells"]
    assert 1 < summary["watched"] < 4 and run.json["target"]["samples"] >= 2


def test_order_and_limit(server, shop):  # noqa: F811
    server.sql("SELECT pg_stat_statements_reset()")
    for n in range(12):
        server.sql("SELECT " + ", ".join(["1"] * (n + 1)))
    run = show(shop, "postgres.statements", "shop", "--json", "--sort", "total_calls", "--limit", "3")
    tables = run.json["target"]["tables"]
    shown = [row["cells"]["total_calls"] for row in tables[1]["rows"]]
    assert len(shown) == 3 and shown == sorted(shown, reverse=True)
    count = tables[0]["rows"][0]["cells"]["statements"]
    assert count >= 12
    assert f"3 of {count} shown: the first ones by the order of the rows (--sort, --limit)" in \
        [note["text"] for note in run.json["target"]["notes"]]
    run = show(shop, "postgres.statements", "shop", "--sort", "high i/o", "--csv", "--limit", "1")
    assert run.status == 0 and len(run.stdout.splitlines()) == 2
    run = show(shop, "postgres.statements", "shop", "--sort", "total_cals")
    assert run.status == 64 and 'no column or order "total_cals"; did you mean "total_calls"?' in run.stderr


def test_csv_of_hostile_texts(server, shop):  # noqa: F811
    server.sql(HOSTILE)
    run = show(shop, "postgres.statements", "shop", "--csv")
    assert run.status == 0 and "\x1b" not in run.stdout and "\x07" not in run.stdout
    rows = list(csv.DictReader(io.StringIO(run.stdout, newline="")))
    assert rows[0]["key"] and all(len(row) == len(rows[0]) and None not in row for row in rows)
    [row] = [row for row in rows if 'a,b""' in row["query"]]
    assert "\n" not in row["query"] and "ünï" in row["query"] and row["total_calls"] == "1"
    assert row["watched_calls"] == ""
    run = show(shop, "postgres.statements", "shop")
    assert run.status == 0 and "\x1b" not in run.stdout


def test_what_is_missing_is_said(server, tmp_path):  # noqa: F811
    run = show(configured(server, tmp_path, database="bare"), "postgres.statements", "shop")
    assert run.status == 3, run
    assert "database bare has no extension pg_stat_statements: run CREATE EXTENSION pg_stat_statements in it" in \
        " ".join(run.stdout.split())
    run = show(configured(server, tmp_path, database="bare"), "postgres.statements", "shop", "--csv")
    assert run.status == 3 and run.stdout == "" and "CREATE EXTENSION" in run.stderr
    server.sql("SELECT 'of the superuser'")
    server.sql("SELECT 'of nobody'", user="nobody")
    run = show(configured(server, tmp_path, user="nobody"), "postgres.statements", "shop", "--json")
    assert any("GRANT pg_monitor TO nobody shows them" in note["text"] for note in run.json["target"]["notes"])
    rows = run.json["target"]["tables"][1]["rows"]
    hidden = [row["cells"] for row in rows if row["cells"]["statement"] == "hidden"]
    assert "postgres" in {cells["user"] for cells in hidden}
    assert all(cells["query"] == {"unknown": "needs pg_monitor"} for cells in hidden)
    calls = server.one("SELECT sum(calls) FROM pg_stat_statements JOIN pg_roles r ON r.oid = userid"
                       " WHERE rolname = 'watcher'")
    assert sum(cells["total_calls"] for cells in hidden if cells["user"] == "watcher") == calls


def test_errors_name_what_there_is(server, shop):  # noqa: F811
    for arguments, expected in [
            (("postgres.statement", "shop"), 'unknown page "postgres.statement"; did you mean "postgres.statements"?'),
            (("postgres.statements", "shop2"), 'no target of the kind postgres is named "shop2"; there are: shop'),
            (("postgres.statements", "api"), "postgres.statements is for targets of the kind postgres, but api is of "
                                             "the kind service; there are: shop"),
            (("postgres.statements", "shop", "x"), 'postgres.statements is about the whole target: it takes no row'),
            (("postgres.statements", "shop", "--table", "x"), 'has no table "x"; there are: '),
            (("postgres.session", "shop"), "name a row of sessions; there "),
            (("postgres.session", "shop", "1\x1b[31m"), "no row of sessions is named ")]:
        run = show(shop, *arguments)
        assert run.status == 64 and expected in run.stderr and run.stdout == "", run
        assert "\x1b" not in run.stderr


def test_a_server_that_does_not_answer(tmp_path):
    config = write_config(tmp_path, postgres=[{"name": "gone", "dsn": f"host=127.0.0.1 port={closed_port()} user=x"}],
                          hosts=[])
    run = show(config, "postgres.statements", "gone")
    assert run.status == 2 and "nothing listens on" in run.stdout, run
    run = show(config, "postgres.session", "gone", "1")
    assert run.status == 2 and "nothing listens on" in run.stderr, run
    run = show(config, "postgres.statements", "gone", "--json")
    assert run.status == 2 and run.json["target"]["error"]["kind"] == "refused"


@pytest.fixture
def blocked(server):  # noqa: F811
    """Sessions of which one waits for another's row lock: the pids of both."""
    holder, waiter = server.connect(name="holder"), server.connect(name="waiter", async_=True)
    with holder.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE goods SET price = 0 WHERE id = 7")
    wait_until(lambda: waiter.poll() == psycopg2.extensions.POLL_OK, what="the waiter")
    cursor = waiter.cursor()
    cursor.execute("UPDATE goods SET price = 1\n WHERE id = 7 -- " + "x" * 200)
    wait_until(lambda: waiter.poll() != psycopg2.extensions.POLL_WRITE and
               server.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), what="the lock")
    yield holder.info.backend_pid, waiter.info.backend_pid
    holder.close()
    waiter.close()
    wait_until(lambda: not server.one("SELECT count(*) FROM pg_stat_activity WHERE application_name IN"
                                      " ('holder', 'waiter')"), what="the end of both")


def test_the_story_of_a_session(server, shop, blocked):  # noqa: F811
    holder, waiter = blocked
    run = show(shop, "postgres.session", "shop", str(waiter), "--json")
    assert run.status == 0 and run.json["row"]["label"] == f"pid {waiter}", run
    tables = {table["id"]: table["rows"] for table in run.json["target"]["tables"]}
    [session] = tables["session"]
    assert session["cells"]["wait_event"] == "Lock: transactionid" and session["cells"]["application"] == "waiter"
    chain = [(row["cells"]["session"], row["cells"]["place"], row.get("parent")) for row in tables["sessions"]]
    assert chain == [(f"pid {holder}", "blocks it", None), (f"pid {waiter}", "this one", tables["sessions"][0]["key"])]
    [waits] = [row["cells"] for row in tables["locks"] if row["cells"]["held"] == "waits"]
    assert waits["type"] == "transactionid" and waits["mode"] == "ShareLock" and waits["wait"] >= 0
    assert tables["locks"][0]["cells"] == waits
    held = {(row["cells"]["object"], row["cells"]["mode"]) for row in tables["locks"]}
    assert ("public.goods", "RowExclusiveLock") in held
    count = server.one("SELECT count(*) FROM pg_locks WHERE pid = %s", waiter)
    assert sum(row["cells"]["count"] for row in tables["locks"]) == count == session["cells"]["locks"]
    lines = [row["cells"]["text"] for row in tables["query"]]
    assert lines[:2] == ["UPDATE goods SET price = 1", " WHERE id = 7 --"] and all(len(line) <= 72 for line in lines)
    run = show(shop, "postgres.session", "shop", f"pid {holder}", "--json")
    [table] = [table for table in run.json["target"]["tables"] if table["id"] == "sessions"]
    assert [row["cells"]["place"] for row in table["rows"]] == ["this one", "waits for it"]


def test_a_session_without_the_right(server, blocked, tmp_path):  # noqa: F811
    run = show(configured(server, tmp_path, user="nobody"), "postgres.session", "shop", str(blocked[0]))
    assert run.status == 3, run
    assert "GRANT pg_monitor TO nobody shows them" in " ".join(run.stdout.split())
    assert re.search(r"Query +not known", run.stdout), run


# On the screen.

def row_opened(terminal, label):
    """Goes to the full-screen pane, and down to that row."""
    terminal.wait_for("conns")
    select(terminal, 1, label)
    terminal.press("Enter")
    terminal.wait_for("Esc back")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_enter_opens_the_story_and_esc_returns(server, shop, blocked, size):  # noqa: F811
    _, waiter = blocked
    with dashboard(shop, columns=size[0], rows=size[1]) as terminal:
        row_opened(terminal, f"pid {waiter}")
        terminal.press("Enter")
        terminal.wait_for(f"shop pid {waiter}: Session")
        terminal.wait_for("Lock: transactionid")
        terminal.wait_for("this one")
        assert "cost: 4 queries every 2s" in terminal.screen.rows[-2], terminal.show()
        terminal.press("Esc")
        terminal.wait_for("SESSION")
        terminal.wait_for(lambda screen: "Session]" not in screen.text and "►" in screen.line(f"pid {waiter}"))
        terminal.press("i")  # the details are still there
        terminal.wait_for("role of the session")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_the_list_says_what_each_costs(shop):  # noqa: F811
    with dashboard(shop, columns=80, rows=24) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Pages of postgres shop")
        assert "cost: 5 queries every 5s" in terminal.screen.text
        terminal.press("Esc")
        terminal.wait_for("conns")
        open_page(terminal, "Statements")
        terminal.wait_for("shop: Statements")
        terminal.wait_for("watched ")
        terminal.press("Esc")
        terminal.wait_for(lambda screen: "Statements" not in screen.text)


def test_orders_and_filter(server, shop):  # noqa: F811
    server.sql(QUERY)
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("shop: Statements")
        terminal.wait_for("FROM goods")
        terminal.press("s")
        terminal.wait_for("slowest: sorted by TOTAL TIME")
        terminal.press("s")
        terminal.wait_for("high I/O: sorted by TOTAL READ")
        terminal.press("/", "some-text-that-no-statement-has", "Enter")
        terminal.wait_for("0 of ")
        terminal.press("Esc")
        terminal.wait_for("FROM goods")
        terminal.press("2")  # panes are below the page
        terminal.hold("shop: Statements", 0.3)


def test_figures_between_two_marks(server, shop):  # noqa: F811
    """m: from here, m: until here, whatever the order of the rows and however often it is collected."""
    server.sql("SELECT id + 1 FROM goods WHERE id = 1")

    def calls_are(calls, kind):
        terminal.wait_for(lambda screen: f"window {kind}" in screen.text and re.search(
            rf"\w{{8}} +\S+ +{calls} .*SELECT id \+ \$1", screen.text))

    with dashboard(shop, columns=160, rows=36) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("window since opened")
        terminal.press("/", "SELECT id + $1 FROM goods", "Enter", "m")
        terminal.wait_for("Figures count from now on: m again ends the window")
        terminal.wait_for("window since the mark")
        for _ in range(3):
            server.sql("SELECT id + 1 FROM goods WHERE id = 1")
        terminal.press("m")
        calls_are(3, "between marks")
        server.sql("SELECT id + 1 FROM goods WHERE id = 1")
        terminal.press("Ctrl-R", "s")
        terminal.wait_for("slowest: sorted by TOTAL TIME")
        calls_are(3, "between marks")
        terminal.press("m")
        terminal.wait_for("window since the mark")
        server.sql("SELECT id + 1 FROM goods WHERE id = 1")
        terminal.wait_for(lambda screen: " ago, every" in screen.text)
        terminal.press("m")
        calls_are(1, "between marks")


def test_its_connection_ends_with_it(server, shop):  # noqa: F811
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        wait_until(lambda: len(sessions_of(server)) == 1, what="the collector's session")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("watched ")
        assert len(sessions_of(server)) == 2
        terminal.press("Esc")
        wait_until(lambda: len(sessions_of(server)) == 1, what="the end of the page's session")


def test_nothing_is_collected_while_paused(server, shop):  # noqa: F811
    count = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE 'SELECT dealloc%%'"
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("watched ")
        terminal.press("z")
        terminal.wait_for("PAUSED")
        before = server.one(count)
        terminal.press("Ctrl-R")
        terminal.hold("PAUSED", 1)
        assert server.one(count) == before
        terminal.press("Esc", "v")
        terminal.wait_for("Pages of postgres shop")
        terminal.press("G", "Enter")
        terminal.wait_for("Paused: press z to resume, then open the page")


def test_check_does_not_know_pages(server, shop):  # noqa: F811
    """Neither its document nor the server: no page is opened."""
    document = check(shop, "--json", "--only", "postgres").json
    assert [table["id"] for table in document["targets"][0]["tables"]] == ["connections", "sessions", "replicas"]
    assert "page" not in document
