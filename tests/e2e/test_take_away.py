"""What leaves the screen: a row to the clipboard, a table to a file; and the chart of a figure."""

import base64
import csv
import json
import re
import stat

import pytest

from stacktop import Listener, closed_port, dashboard, write_config

BESIDE = "others"


@pytest.fixture
def config(tmp_path):
    with Listener() as listener:
        services = [{"name": "api", "address": f"127.0.0.1:{listener.port}"},
                    {"name": "web", "address": f"127.0.0.1:{closed_port()}"}]
        yield write_config(tmp_path, services=services, hosts=[], interval="200ms")


@pytest.fixture
def terminal(config, tmp_path):
    (tmp_path / "work").mkdir()
    with dashboard(config, columns=120, rows=30, cwd=tmp_path / "work") as terminal:
        terminal.wait_for(lambda screen: "up" in screen.line("api ") and "refused" in screen.line("web "))
        terminal.press("1", "Enter", "g")
        terminal.wait_for(re.compile("►.* web +127"))  # the worst first
        yield terminal


def copied(terminal):
    return [base64.b64decode(text).decode()
            for text in re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)", bytes(terminal.output))]


def test_a_row_is_copied(terminal):
    terminal.press("y")
    terminal.wait_for("Copied the row; y again: only its name")
    terminal.press("y")
    terminal.wait_for("Copied its name")
    row, name = copied(terminal)
    assert re.match(r"web\t127\.0\.0\.1:\d+\trefused\t", row) and "\n" not in row and name == "web"
    terminal.press("i")
    terminal.wait_for("name in the configuration")
    terminal.press("y")
    terminal.wait_for("Copied the details")
    assert copied(terminal)[-1].startswith("SERVICE\tweb\nADDRESS\t")


def type_name(terminal, name):
    terminal.press("w")
    terminal.wait_for(lambda screen: "save the table to services-20" in screen.rows[-1])
    terminal.press("\x15", *name)
    terminal.wait_for(lambda screen: f"save the table to {name}_" in screen.rows[-1])


def test_a_table_is_saved(terminal, tmp_path):
    folder = tmp_path / "work"
    terminal.press("w")
    terminal.wait_for(lambda screen: "save the table to services-20" in screen.rows[-1])
    terminal.press("Enter")
    terminal.wait_for(re.compile(r"Saved 2 rows to services-\d{8}-\d{6}\.csv"))
    [path] = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["state"]) for row in rows] == [("web", "refused"), ("api", "up")]

    terminal.press("/", *"api", "Enter")  # only what is on the screen
    terminal.wait_for("/api 1 of 2")
    type_name(terminal, "rows.json")
    terminal.press("Enter")
    terminal.wait_for("Saved 1 row to rows.json")
    [row] = json.loads((folder / "rows.json").read_text())
    assert row["key"] == "api" and row["cells"]["state"] == "up"


def test_nothing_is_overwritten(terminal, tmp_path):
    folder = tmp_path / "work"
    (folder / "precious").write_text("kept")
    (folder / "link").symlink_to(folder / "elsewhere")
    for name, reason in (("precious", "File exists"), ("link", "File exists"),
                         ("no/such/folder", "No such file or directory"), ("/proc/table", "No such file or directory")):
        type_name(terminal, name)
        terminal.press("Enter")
        terminal.wait_for(lambda screen, reason=reason: "Not saved: " in screen.text and reason in screen.text)
        terminal.press("g")
        terminal.wait_gone("Not saved")
    assert (folder / "precious").read_text() == "kept"
    assert sorted(path.name for path in folder.iterdir()) == ["link", "precious"]
    type_name(terminal, "nothing.csv")
    terminal.press("Esc")
    terminal.wait_gone("save the table to")
    assert not (folder / "nothing.csv").exists()


@pytest.mark.parametrize("columns, rows, options", [(80, 24, ["--no-unicode"]), (120, 36, [])])
def test_a_chart(config, columns, rows, options):
    with dashboard(config, *options, columns=columns, rows=rows) as terminal:
        terminal.wait_for(lambda screen: "up" in screen.line("api "))
        terminal.press("1", "Enter", "G", "c")
        terminal.wait_for(re.compile(r"api: LATENCY\]"))
        terminal.wait_for(re.compile(r"now \S+ +min \S+ +max \S+ +mean \S+"))
        terminal.wait_for(re.compile(r"\d\d:\d\d:\d\d, \d+s ago .* \d\d:\d\d:\d\d"))
        assert re.search(r"^\W+0\w* *[|│]", terminal.screen.text, re.M), terminal.show()
        if options:
            assert terminal.screen.text.isascii()
        terminal.press("Esc")
        terminal.wait_for(lambda screen: "SERVICE" in screen.text and "mean" not in screen.text)
        terminal.press("i", "c")
        terminal.wait_for("api: LATENCY]")
        terminal.press("Esc")
        terminal.wait_for("host and port")
