"""Keys: the page of the manual, keys of the configuration and their errors, and the mouse in a real terminal."""

import json
import os
import time
from pathlib import Path

from stacktop import CONFIG, closed_port, dashboard, stacktop

BESIDE = "others"

MANUAL = Path(__file__).resolve().parents[2] / "docs/keys.md"


def manual_row(row):
    keys = "1-9" if len(row["default"]) == 9 else " ".join(row["default"])
    text = row["help"].replace("|", "\\|")
    return (f"| `{keys}` | `{row['name']}`{' (fixed)' if row['fixed'] else ''} | {text} | "
            f"{', '.join(row['places'])} |")


def keys_of(*arguments):
    run = stacktop("keys", "--json", *arguments, env={"XDG_CONFIG_HOME": "/nowhere"})
    assert run.status == 0, run
    return json.loads(run.stdout)["keys"]


def test_the_manual_has_all_keys():
    rows = [manual_row(row) for row in keys_of() if "name" in row]
    manual = MANUAL.read_text().split("## All keys")[1].strip().splitlines()[2:]
    assert manual == rows, "docs/keys.md differs from `stacktop keys`; it should be\n" + "\n".join(rows)


def config(folder, keys, extra=""):
    path = folder / "stacktop.yaml"
    path.write_text("keys:\n" + "".join(f"  {line}\n" for line in keys) + extra +
                    "interval: 1s\nservices:\n" +
                    "".join(f'  - {{name: {name}, address: "127.0.0.1:{closed_port()}"}}\n' for name in ("api", "web")))
    return path


def test_errors_name_the_place(tmp_path):
    path = config(tmp_path, ["row-details: x", "logs-show: c", "row-detail: d", "app-quit: [q, Strg-C]",
                             "view-back: b", "chart-show:", "postgres.terminate: C", "service.restart: none"])
    run = stacktop("config", "--check", "-c", path)
    assert run.status == CONFIG
    lines = run.stderr.splitlines()
    for place, words in (("3:14", "c is the key of chart-show"), ("4:15", 'did you mean "row-details"?'),
                         ("5:13", '"Strg-C" is not a key'), ("6:14", "the keys of view-back cannot be changed"),
                         (":7:", "chart-show has no key; write none"), ("8:23", "C is the key of postgres.cancel")):
        assert any(f"{place}" in line and words in line for line in lines), (place, words, run)
    assert len(lines) == 6, run


def test_the_configuration_changes_keys(tmp_path):
    path = config(tmp_path, ["row-details: [x, F3]", "service.restart: X", "app-quit: none"])
    rows = {row.get("name"): row for row in keys_of("-c", path)}
    assert rows["row-details"]["keys"] == ["x", "F3"] and rows["row-details"]["default"] == ["i", "d"]
    assert rows["app-quit"]["keys"] == []
    assert "\n  X  service.restart" in stacktop("actions", "-c", path).stdout
    assert "row-details: [x, F3]" in stacktop("config", "-c", path).stdout


def click(terminal, text):
    """With the left button, in the form that xterm sends in its mode 1006."""
    y, x = terminal.screen.find(text)
    terminal.press(f"\x1b[<0;{x + 1};{y + 1}M", f"\x1b[<0;{x + 1};{y + 1}m")


def test_keys_and_mouse_in_a_terminal(tmp_path):
    path = config(tmp_path, ["row-details: [x, F3]", "app-quit: none"])
    with dashboard(path) as terminal:
        terminal.wait_for("x details")
        assert terminal.screen.private >= {1000, 1006}
        terminal.press("i", "q")
        terminal.press("\x1b[13~")  # F3
        terminal.wait_for(lambda screen: "[api]" in screen.text or "[web]" in screen.text)
        terminal.press("Esc")
        terminal.wait_for("[1 Services]")
        click(terminal, "2 Events")
        terminal.wait_for("Events]")
        click(terminal, "web      ")
        terminal.wait_for("[1 Services]")
        click(terminal, "web      ")
        terminal.wait_for(lambda screen: "Events" not in screen.text)  # as Enter: the whole screen
        terminal.press("Ctrl-C")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_the_command_line(tmp_path):
    path = config(tmp_path, ["app-quit: Q"], f"state: {tmp_path}/state\n")
    kept = tmp_path / f"state/commands-{os.getuid()}"
    with dashboard(path) as terminal:
        terminal.wait_for("Q quit")
        terminal.press(":", "nonsense x", "Enter")
        terminal.wait_for(lambda screen: "nonsense" in screen.rows[-2] and ":nonsense x_" in screen.rows[-1])
        terminal.press("\x15", "note password=hunter2", "Enter")
        terminal.wait_for(lambda screen: "incident" in screen.rows[-2] and ":note password=hunter2_" in screen.rows[-1])
        terminal.press("\x15", "inc", "Tab", "li", "Tab", "Enter")
        terminal.wait_for(lambda screen: ":incident" not in screen.text)
        deadline = time.monotonic() + 5
        while not (kept.exists() and "incident" in kept.read_text()) and time.monotonic() < deadline:
            terminal.read(0.05)
        terminal.press("Esc", "+")
        terminal.wait_for("Collects every 2.0s instead of 1.0s")
        terminal.press("Q")
        assert terminal.wait_exit(1) == 0
    assert kept.read_text() == "nonsense x\nincident list \n"
    assert kept.stat().st_mode & 0o777 == 0o600
    with dashboard(path) as terminal:
        terminal.wait_for("Q quit")
        terminal.press(":", "Up", "Up")
        terminal.wait_for(":nonsense x_")
        terminal.press("Esc", "Q")
        assert terminal.wait_exit(1) == 0


def test_the_mouse_is_left_alone(tmp_path):
    for arguments, text in (((), "mouse: false\n"), (("-M",), "")):
        with dashboard(config(tmp_path, ["app-quit: Q"], text), *arguments) as terminal:
            terminal.wait_for("Q quit")
            assert not terminal.screen.private & {1000, 1002, 1003, 1006}
            terminal.press("\x1b[<0;1;1M")  # another program switched it on: swallowed as a whole
            terminal.press("Q")
            assert terminal.wait_exit(1) == 0
            terminal.assert_given_back()
