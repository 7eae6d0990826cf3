"""The page postgres.settings: what differs from the defaults, for the server and for roles."""

import pytest

from keys import go_down_to, open_page
from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until
from stacktop import dashboard

BESIDE = "others"


@pytest.fixture
def changed(server):  # noqa: F811
    """A setting that waits for a restart, one of a role, and a line that has no effect."""
    server.sql("ALTER SYSTEM SET max_connections = 77")
    server.sql("ALTER ROLE watcher IN DATABASE app SET work_mem = '9MB'")
    server.sql("ALTER ROLE nobody SET search_path = 'a\x1b[31mb', public")
    server.sql("SELECT pg_reload_conf()")
    wait_until(lambda: server.one("SELECT pending_restart FROM pg_settings WHERE name = 'max_connections'"),
               what="the reload")
    with open(server.data / "postgresql.auto.conf", "a") as file:  # a reload with this line changes nothing
        file.write("no_such_setting = 7\n")
    yield
    (server.data / "postgresql.auto.conf").write_text("")
    server.sql("ALTER ROLE watcher IN DATABASE app RESET ALL; ALTER ROLE nobody RESET ALL; SELECT pg_reload_conf()")


def tables(run):
    return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in run.json["target"]["tables"]}


def test_settings_of_the_server_and_of_roles(server, shop, changed, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    found = tables(show(boss, "postgres.settings", "shop", "--json"))
    waits = found["settings"]["max_connections"]
    assert waits["waits"] == "restart" and waits["value"] == str(server.one("SHOW max_connections")), waits
    assert waits["default"] == "100" and waits["needs"] == "restart"
    # what this connection sets for itself is not listed, what the command line and the files set is
    assert not {"statement_timeout", "application_name", "search_path"} & set(found["settings"])
    expected = {name for [name] in server.sql(
        "SELECT name FROM pg_settings WHERE pending_restart OR (source IN ('configuration file', 'command line',"
        " 'environment variable') AND setting IS DISTINCT FROM boot_val)")}
    assert set(found["settings"]) == expected
    roles = {(cells["role"], cells["database"]): cells for cells in found["roles"].values()}
    assert roles["watcher", "app"]["value"] == "9MB" and roles["watcher", "app"]["server"] == "4096 kB"
    assert "search_path" in roles["nobody", "all"]["setting"]
    wrong = [cells for cells in found["files"].values() if cells["setting"] == "no_such_setting"]
    assert wrong and "unrecognized" in wrong[0]["error"], found["files"]


def test_the_lines_of_the_files_need_a_right(server, shop, changed):  # noqa: F811
    run = show(shop, "postgres.settings", "shop")
    assert run.status == 0 and "not known: needs a superuser, or GRANT SELECT ON pg_file_settings" in run.stdout, run
    assert "max_connections" in run.stdout and "\x1b" not in run.stdout


def test_without_pg_monitor(server, changed, tmp_path):  # noqa: F811
    """Settings that only superusers may see are missing, and the page says so."""
    run = show(configured(server, tmp_path, user="nobody"), "postgres.settings", "shop")
    assert run.status == 3 and "settings that only pg_read_all_settings may see are not listed: GRANT pg_monitor TO nobody" in run.stdout
    assert "max_connections" in run.stdout


def test_a_row_fills_the_form_of_the_change(server, changed, tmp_path):  # noqa: F811
    boss = configured(server, tmp_path, user="postgres")
    with dashboard(boss) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Settings")
        terminal.wait_for("max_connections")
        go_down_to(terminal, "► max_connections")
        terminal.press("a")
        terminal.wait_for("change a setting")
        go_down_to(terminal, "change a setting")
        terminal.press("Enter")
        terminal.wait_for(lambda screen: "max_connections" in screen.line("name"))
        terminal.press("Esc", "Esc", "Ctrl-C")
