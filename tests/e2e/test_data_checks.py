"""Data checks of a PostgreSQL target: their rows and findings, what they cannot know, and what they must not do."""

import re
import sys

import pytest

from page_server import server  # noqa: F401
from sandbox import wait_until
from stacktop import ROOT, dashboard, stacktop, write_config

sys.path.insert(0, str(ROOT / "sandbox"))

from stack.postgres import SCHEMA  # noqa: E402

BESIDE = "others"


@pytest.fixture(scope="module")
def shop(server):  # noqa: F811
    server.sql("CREATE TABLE orders (id int, customer int, amount numeric, at timestamptz DEFAULT now());"
               " INSERT INTO orders SELECT n, CASE WHEN n > 12 THEN n END, n - 3 FROM generate_series(1, 100) n;"
               " GRANT SELECT ON orders TO watcher; CREATE TABLE wages (salary int)")
    return server


NULLS = "SELECT 100.0 * count(*) FILTER (WHERE customer IS NULL) / nullif(count(*), 0) FROM orders"


def configured(server, folder, *checks, user="watcher", **target):  # noqa: F811
    return write_config(folder, postgres=[{"name": "shop", "dsn": server.dsn(user), "checks": list(checks), **target}],
                        hosts=[], services=[], interval="300ms")


def rows(run):
    """By name: cells, severity and reason."""
    tables = {table["id"]: table for table in run.json["targets"][0]["tables"]}
    return {row["key"]: row for row in tables["checks"]["rows"]}


def check(path, *arguments):
    return stacktop("check", "-c", path, "--json", *arguments)


def test_a_check_is_a_row_and_a_finding(shop, tmp_path):
    path = configured(shop, tmp_path, {"name": "orders without customer", "sql": NULLS, "unit": "% null", "warn": "5%"},
                      {"name": "no amount", "sql": "SELECT count(*) FROM orders WHERE amount IS NULL", "crit": 0})
    run = check(path)
    found = rows(run)
    assert run.status == 1, run
    assert found["orders without customer"]["cells"]["value"] == "12% null"
    assert found["orders without customer"]["severity"] == "warn"
    assert found["orders without customer"]["cells"]["state"] == "above"
    assert found["no amount"]["severity"] == "ok" and found["no amount"]["cells"]["number"] == 0
    findings = [(finding["severity"], finding["table"], finding["sentence"]) for finding in run.json["findings"]]
    assert findings == [("warn", "checks", "12% null, above 5%")], findings
    text = stacktop("check", "-c", path)
    assert "orders without customer" in text.stdout and "12% null, above 5%" in text.stdout, text


def test_what_is_not_known_says_why(shop, tmp_path):
    """Nothing that failed is OK; the words are the server's, without the literals of the statement."""
    path = configured(shop, tmp_path,
                      {"name": "right", "sql": "SELECT count(*) FROM wages", "warn": 0},
                      {"name": "table", "sql": "SELECT count(*) FROM nowhere", "warn": 0},
                      {"name": "null", "sql": "SELECT NULL::int", "warn": 0},
                      {"name": "none", "sql": "SELECT 1 WHERE false", "warn": 0},
                      {"name": "rows", "sql": "SELECT generate_series(1, 2)", "warn": 0},
                      {"name": "columns", "sql": "SELECT 1, 2", "warn": 0},
                      {"name": "two", "sql": "SELECT 1; SELECT 2", "warn": 0},
                      {"name": "text", "sql": "SELECT 'much\x1b[31m'", "warn": 0},
                      {"name": "secret", "sql": "SELECT 'tr0ub4dor'::int", "warn": 0},
                      {"name": "slow", "sql": "SELECT pg_sleep(20)", "warn": 0, "timeout": "200ms"},
                      {"name": "fine", "sql": "SELECT 0", "warn": 0})
    run = check(path)
    words = {name: row.get("reason") for name, row in rows(run).items()}
    assert run.status == 3, run
    assert "permission denied for table wages" in words["right"]
    assert 'relation "nowhere" does not exist' in words["table"]
    assert words["null"] == "no value: the result is NULL"
    assert words["none"] == "the result has 0 rows, expected 1"
    assert words["rows"] == "the result has 2 rows, expected 1; add per_row: true for several"
    assert words["columns"] == "the result has 2 columns, expected 1: the value"
    assert "cannot insert multiple commands" in words["two"]
    assert words["text"].endswith("is not a number")
    assert 'invalid input syntax for type integer: "***"' in words["secret"]
    assert "statement timeout" in words["slow"]
    assert words.pop("fine") is None
    assert {row["severity"] for name, row in rows(run).items() if name != "fine"} == {"unknown"}
    assert "tr0ub4dor" not in run.stdout and "tr0ub4dor" not in stacktop("check", "-c", path).stdout
    assert "\x1b" not in stacktop("check", "-c", path).stdout


def test_nothing_is_changed(shop, tmp_path):
    """A check is one statement in a read-only transaction, and its connection is closed afterwards."""
    shop.sql("CREATE TABLE IF NOT EXISTS kept (id int)")
    path = configured(shop, tmp_path, {"name": "insert", "sql": "INSERT INTO kept VALUES (1) RETURNING 1", "warn": 5},
                      {"name": "commit", "sql": "COMMIT", "warn": 5},
                      {"name": "writable", "sql": "SET TRANSACTION READ WRITE", "warn": 5},
                      {"name": "after", "sql": "INSERT INTO kept VALUES (2) RETURNING 1", "warn": 5},
                      user="postgres")
    words = {name: row["reason"] for name, row in rows(check(path)).items()}
    assert "cannot execute INSERT in a read-only transaction" in words["insert"]
    assert "cannot execute INSERT in a read-only transaction" in words["after"]
    assert words["commit"] == words["writable"] == "the result has 0 columns, expected 1: the value"
    assert shop.one("SELECT count(*) FROM kept") == 0


def test_a_row_for_each_row(shop, tmp_path):
    path = configured(shop, tmp_path,
                      {"name": "null share", "per_row": True, "unit": "% null", "warn": "5%", "crit": "50%",
                       "sql": "VALUES ('amount', 0.0), ('customer', 12.5), ('note', 100), ('a\nb', 7), ('note', 1)"},
                      {"name": "nothing", "per_row": True, "warn": 0, "sql": "SELECT 'x', 1 WHERE false"},
                      {"name": "many", "per_row": True, "warn": 1000, "sql": "SELECT n, n FROM generate_series(1, 240) n"})
    found = rows(check(path))
    assert found["null share: customer"]["reason"] == "12.5% null, above 5%"
    assert found["null share: note"]["severity"] == "crit"
    assert found["null share: note #2"]["severity"] == found["null share: amount"]["severity"] == "ok"
    assert found["nothing"]["severity"] == "ok" and found["nothing"]["cells"]["state"] == "ok: no rows"
    assert found["many"]["reason"] == "the result has 240 rows, and only the first 100 are judged"
    assert list(found)[0] == "null share: note"  # the worst first


def test_a_schema_that_changes(shop, tmp_path):
    sql = ("SELECT md5(string_agg(concat_ws(' ', table_name, column_name, data_type), ',' ORDER BY table_name,"
           " ordinal_position)) FROM information_schema.columns WHERE table_name = 'orders'")
    path = configured(shop, tmp_path, {"name": "schema", "sql": sql, "expect": shop.one(sql)})
    assert rows(check(path))["schema"]["severity"] == "ok"
    shop.sql("ALTER TABLE orders ADD COLUMN note text")
    try:
        row = rows(check(path))["schema"]
        assert row["severity"] == "warn" and row["reason"].startswith(f'"{shop.one(sql)}", expected "'), row
    finally:
        shop.sql("ALTER TABLE orders DROP COLUMN note")


def test_a_slow_check_delays_nothing_else(shop, tmp_path):
    """The target stays live, and the check has its words when its time is over."""
    path = configured(shop, tmp_path, {"name": "slow", "sql": "SELECT pg_sleep(1.5)", "warn": 0, "timeout": "1s"},
                      {"name": "orders", "sql": NULLS, "unit": "% null", "warn": "5%", "interval": "1s"})
    with dashboard(path, columns=120, rows=36) as terminal:
        terminal.wait_for("conns")
        terminal.press("1", "Enter")
        terminal.wait_for("statement timeout")
        terminal.wait_for("12% null, above 5%")
        assert "stale" not in terminal.show()
        wait_until(lambda: shop.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stacktop'") == 1,
                   what="the connection of the checks to be closed")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


def test_a_single_check_does_not_wait_for_ever(shop, tmp_path):
    path = configured(shop, tmp_path, {"name": "slow", "sql": "SELECT pg_sleep(30)", "warn": 0, "timeout": "60s"},
                      {"name": "behind", "sql": "SELECT 0", "warn": 0}, timeout="1s")
    run = check(path)
    found = rows(run)
    assert found["slow"]["reason"].startswith("no answer within ") and found["behind"]["severity"] == "unknown", run
    assert run.json["targets"][0]["state"] == "live", run.json["targets"][0]


def test_errors_of_the_configuration(tmp_path):
    path = tmp_path / "stacktop.yaml"
    head = "postgres:\n  - name: shop\n    dsn: service=x\n    checks:\n"

    def error(*lines):
        path.write_text(head + "".join(f"      {line}\n" for line in lines))
        run = stacktop("config", "--check", "-c", path)
        assert run.status == 78, run
        return run.stderr.replace(f"{path}:", "")

    assert "5:9: missing key \"sql\" in checks" in error("- name: a")
    assert "7:9: unknown key \"warm\" in checks; did you mean \"warn\"?" in error("- name: a", "  sql: SELECT 1", "  warm: 5")
    assert "7:15: warn: \"much\" is not a number" in error("- name: a", "  sql: SELECT 1", "  warn: much")
    assert "7:19: interval: 10ms is out of range" in error("- name: a", "  sql: SELECT 1", "  interval: 10ms")
    assert "8:15: crit is below warn; for a lower bound, add below: true" in error(
        "- name: a", "  sql: SELECT 1", "  warn: 5", "  crit: 1")
    assert "8:17: a check has either expect or warn and crit, not both" in error(
        "- name: a", "  sql: SELECT 1", "  warn: 5", "  expect: 1")
    assert "7:15: checks has two checks named \"a\"" in error(
        "- name: a", "  sql: SELECT 1", "- name: a", "  sql: SELECT 2")
    assert "6:14: sql: ${DB_PASSWORD} looks like a secret" in error("- name: a", "  sql: SELECT '${DB_PASSWORD:-x}'")


def uncommented(run):
    return re.sub(r"(?m)(^|  )# .*$", "", run.stdout)


def test_the_configuration_is_printed_again(shop, tmp_path):
    path = configured(shop, tmp_path, {"name": "a: b", "sql": "SELECT 'x' || password('y')", "unit": "seconds",
                                       "warn": "10m", "crit": "1h", "interval": "1h"},
                      {"name": "c", "sql": "SELECT 1", "expect": "1", "per_row": True, "unit": "%"})
    printed = stacktop("config", "-c", path)
    again = tmp_path / "again.yaml"
    again.write_text(printed.stdout)
    # the comments say in which file and line it stands
    assert uncommented(stacktop("config", "-c", again)) == uncommented(printed) and "per_row: true" in printed.stdout


@pytest.fixture(scope="module")
def platform(server):  # noqa: F811
    """The tables of the sandbox, with the mistakes that the operating guide looks for."""
    server.sql("CREATE DATABASE ecap", dbname="postgres")
    server.sql("CREATE ROLE ecap_user LOGIN; GRANT pg_monitor TO ecap_user; GRANT ALL ON SCHEMA public TO ecap_user", dbname="ecap")
    server.sql(SCHEMA, dbname="ecap")
    server.sql("ALTER TABLE transactions ALTER customer_id DROP NOT NULL; INSERT INTO transactions (customer_id, amount, created_at)"
               " SELECT CASE WHEN n > 2 THEN n END, n - 5, now() - interval '1 minute' FROM generate_series(1, 20) n;"
               " INSERT INTO transactions (customer_id, amount, created_at) SELECT 1, 1, now() - interval '1 day 10 minutes'"
               " FROM generate_series(1, 50); INSERT INTO transactions (customer_id, amount, created_at)"
               " VALUES (1, 1, now() + interval '1 day'); ANALYZE", dbname="ecap")
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO ecap_user", dbname="ecap")
    return server


def test_the_checks_of_the_guide(platform, tmp_path):
    """Each check of examples/data-checks.yaml finds its mistake."""
    dsn = platform.dsn("ecap_user").replace("/app", "/ecap")
    run = stacktop("check", "-c", ROOT / "examples/data-checks.yaml", "--json", env={"ECAP_DATABASE_URL": dsn})
    found = {name: row.get("reason") for name, row in rows(run).items()}
    assert found["transactions without a customer"] == "9.52% null, above 5%", found
    assert found["null share: customer_id"] is None  # 2 of 71
    assert found["amounts of at most 0"] == "5 transactions, above 0"
    assert found["timestamps in the future"] == "1 transactions, above 0"
    assert found["newest transaction"] is None  # that one
    assert found["transactions against yesterday"] == "42% of yesterday's, below 50%"
    assert found["schema"].endswith('expected "run this once and put its result here"')
    digest = found["schema"].split('"')[1]
    again = rows(stacktop("check", "-c", ROOT / "examples/data-checks.yaml", "--json",
                          env={"ECAP_DATABASE_URL": dsn, "ECAP_SCHEMA": digest}))
    assert again["schema"]["severity"] == "ok"
