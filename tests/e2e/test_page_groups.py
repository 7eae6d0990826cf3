"""The page postgres.groups and what ends the idle sessions of a group: counts are those of SQL, and only the idle sessions
of that group end."""

import contextlib
import re

import psycopg2
import pytest

from keys import agree, outcome
from page_server import configured, server, shop, show  # noqa: F401
from stacktop import dashboard, stacktop
from test_page_settings import go_down_to

BESIDE = "others"
HOSTILE = "it's \x1b[31m%s\n\"=/ü"


@pytest.fixture
def pool(server):  # noqa: F811
    """Three idle sessions of a pool, one that is idle in a transaction, one of another pool."""
    server.sql("ALTER ROLE nobody CONNECTION LIMIT 9")
    with contextlib.ExitStack() as stack:
        def session(name, user="nobody"):
            connection = stack.enter_context(contextlib.closing(server.connect(user=user, name=name)))
            connection.autocommit = True
            return connection
        sessions = [session(f"shop-pool-{n}") for n in range(3)] + [session("shop-pool-7"), session("other")]
        for each in sessions:
            each.cursor().execute("SELECT 1")
        sessions[3].cursor().execute("BEGIN; SELECT 1")
        yield sessions
    server.sql("ALTER ROLE nobody CONNECTION LIMIT -1")


def alive(server):  # noqa: F811
    return sorted(name for [name] in server.sql("SELECT application_name FROM pg_stat_activity WHERE usename = 'nobody'"))


def rows(run, table):
    [found] = [each for each in run.json["target"]["tables"] if each["id"] == table]
    return {row["key"]: row["cells"] for row in found["rows"]}


def test_counts_are_those_of_sql(server, shop, pool):  # noqa: F811
    run = show(shop, "postgres.groups", "shop", "--json")
    assert run.status == 0, run
    groups = rows(run, "groups")
    found = groups["application=shop-pool-*"]
    assert (found["group"], found["by"], found["sessions"]) == ("shop-pool-*", "application", 4)
    assert (found["idle"], found["idle_txn"], found["active"]) == (3, 1, 0)
    assert found["share"] == pytest.approx(4 / (int(server.one("SHOW max_connections"))
                                            - int(server.one("SHOW superuser_reserved_connections"))))
    assert 0 < found["oldest_txn"] < 60 and 0 < found["longest_idle"] < 60
    assert groups["idle in txn/application=shop-pool-*"]["sessions"] == 1
    assert groups["idle/application=shop-pool-*"].get("oldest_txn") is None
    nobody = groups["user=nobody"]
    assert (nobody["sessions"], nobody["limit"]) == (5, 9) and nobody["of_limit"] == pytest.approx(5 / 9)
    for kind, column in (("user", "usename"), ("database", "datname")):
        expected = dict(server.sql(f"SELECT {column}::text, count(*) FROM pg_stat_activity WHERE backend_type ="
                                   " 'client backend' AND application_name NOT LIKE 'stacktop%%' GROUP BY 1"))
        for name in {"nobody"} & set(expected):
            assert groups[f"{kind}={name}"]["sessions"] == expected[name]
    total = rows(run, "connections")["server"]
    assert total["max"] == int(server.one("SHOW max_connections"))
    assert total["sessions"] == sum(cells["sessions"] for key, cells in groups.items()
                                    if key.startswith("database="))
    assert total["free"] == total["max"] - total["reserved"] - total["sessions"]


def test_hidden_states_are_said(server, pool, tmp_path):  # noqa: F811
    server.sql("CREATE ROLE blind LOGIN")
    run = show(configured(server, tmp_path, user="blind"), "postgres.groups", "shop")
    server.sql("DROP ROLE blind")
    assert run.status == 3 and "GRANT pg_monitor TO blind shows them" in " ".join(run.stdout.split()), run
    assert "shop-pool-*" in run.stdout and "hidden" in run.stdout


def test_the_idle_of_a_group_end(server, pool, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    plan = ("plan", "-c", boss, "postgres.terminate-group", "shop")
    run = stacktop(*plan, "application=shop-pool-*", "age=1h")
    assert run.status != 0 and "application=shop-pool-*: no visible session has been idle for 1h" in run.stderr, run
    run = stacktop(*plan, "active/application=shop-pool-*", "age=0s")
    assert run.status != 0 and "postgres.cancel or postgres.terminate" in run.stderr, run
    run = stacktop(*plan, "application=shop-pool-*", "age=0s", "--json")
    assert run.status == 0, run
    assert len(run.json["victims"]) == 3 and "Terminate 3 sessions of shop: application=shop-pool-*" in run.json["title"]
    pool[0].cursor().execute("BEGIN; SELECT 1")  # no longer idle when the plan is applied
    done = stacktop("apply", "-c", boss, run.json["hash"][:8], "--confirm", run.json["phrase"])
    assert "no longer idle" in done.stdout and "was not touched" in done.stdout, done
    assert alive(server) == ["other", "shop-pool-0", "shop-pool-7"]


def test_the_idle_in_transaction_of_a_user_end(server, pool, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    run = stacktop("plan", "-c", boss, "postgres.terminate-group", "shop", "idle in txn/user=nobody", "age=0s", "--json")
    assert run.status == 0, run
    stacktop("apply", "-c", boss, run.json["hash"][:8], "--confirm", run.json["phrase"])
    assert alive(server) == ["other", "shop-pool-0", "shop-pool-1", "shop-pool-2"]


def test_hostile_names(server, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    with server.connect() as admin, admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {quoted} LOGIN")
    try:
        with contextlib.closing(psycopg2.connect(host="127.0.0.1", port=server.port, user=HOSTILE, dbname="app",
                                                 application_name="x'); DROP TABLE goods; --")):
            run = show(boss, "postgres.groups", "shop", "--json")
            groups = rows(run, "groups")
            [key] = [key for key in groups if key.startswith("user=md5:")]
            assert "application=x'); DROP TABLE goods; --" in groups
            for name in (key, "application=x'); DROP TABLE goods; --"):
                run = stacktop("plan", "-c", boss, "postgres.terminate-group", "shop", name, "age=0s", "--json")
                assert run.status == 0 and len(run.json["victims"]) == 1 and "\x1b" not in run.stdout, run
            run = show(boss, "postgres.groups", "shop")
            assert run.status == 0 and "\x1b" not in run.stdout
    finally:
        with server.connect() as admin, admin.cursor() as cursor:
            cursor.execute(f"DROP ROLE {quoted}")


def test_by_keys(server, pool, tmp_path):  # noqa: F811
    """From the page: D on the row of the group, then the phrase."""
    boss = configured(server, tmp_path, user="postgres")
    with dashboard(boss, columns=120, rows=36) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Who uses the connections?")
        go_down_to(terminal, "► Connections")
        terminal.press("Enter")
        terminal.wait_for("shop-pool-*")
        terminal.wait_for(lambda screen: any("►" in row and "▾ shop-pool-*" in row for row in screen.rows))
        terminal.settle(0.1)
        terminal.press("D")
        terminal.wait_for("minimum time idle")
        terminal.press(*["Backspace"] * 3, "0s", "Enter")
        agree(terminal, "shop 3")
        assert "gone after" in outcome(terminal), terminal.show()
    assert alive(server) == ["other", "shop-pool-7"]


def test_mark_all(server, pool, tmp_path):  # noqa: F811
    """All groups: each idle session is planned once, although it is in several of them."""
    boss = configured(server, tmp_path, user="postgres")
    with dashboard(boss, columns=120, rows=36) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "v")
        terminal.wait_for("Who uses the connections?")
        go_down_to(terminal, "► Connections")
        terminal.press("Enter")
        terminal.wait_for(lambda screen: any("►" in row and "▾ shop-pool-*" in row for row in screen.rows))
        terminal.settle(0.1)
        terminal.press("*")
        terminal.wait_for(re.compile(r"([4-9]|1\d) marked"))
        terminal.settle(0.1)
        terminal.press("D")
        terminal.wait_for("minimum time idle")
        terminal.press(*["Backspace"] * 3, "0s", "Enter")
        terminal.wait_for(phrase := re.compile(r"type (shop \d+), then Enter"))
        pids = re.findall(r"│ +pid (\d+) ", terminal.screen.text)
        assert len(pids) == len(set(pids)) >= 4 and "stacktop's own work" in terminal.screen.text, terminal.show()
        agree(terminal, phrase.search(terminal.screen.text).group(1))
        assert "gone after" in outcome(terminal), terminal.show()
    assert alive(server) == ["shop-pool-7"]
