"""Logs on the screen: a service with a log file, followed, searched, filtered, rotated, and with lines that attack the
terminal."""

import datetime
import json
import os

import pytest

from stacktop import closed_port, dashboard, write_config

BESIDE = "others"


class Log:
    """A log file as a service writes it."""

    def __init__(self, path):
        self.path = path

    def write(self, *lines, level="INFO"):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        with open(self.path, "ab") as file:
            for line in lines:
                data = line if isinstance(line, bytes) else line.encode()
                file.write(f"{now} {level} ".encode() + data + b"\n")

    def rotate(self):
        os.rename(self.path, f"{self.path}.1")


@pytest.fixture
def log(tmp_path):
    log = Log(tmp_path / "api.log")
    log.write(*(f"GET /customers/{4700 + i} 200 in {i}ms" for i in range(200)))
    log.write("retry 3 of 5 after timeout of 250ms", level="WARNING")
    log.write("connection to 10.0.3.17:5432 refused", level="ERROR")
    return log


def configured(folder, **more):
    services = [{"name": "api", "address": f"127.0.0.1:{closed_port()}", "logs": [str(folder / "api.log*")], **more},
                {"name": "other", "address": f"127.0.0.1:{closed_port()}"}]
    return write_config(folder, services=services, interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"))


def opened(terminal):
    terminal.wait_for("api refused")
    terminal.press("1")
    terminal.wait_for("a all actions")  # the hint for the logs has no room on 80 columns
    terminal.press("l")
    terminal.wait_for("following")


def test_a_line_that_is_appended_is_shown(log, tmp_path):
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        terminal.wait_for(lambda screen: "!! error" in screen.line("5432 refused"))
        log.write("order 4711 stored")
        terminal.wait_for("order 4711 stored")
        # Scrolled up, nothing moves, and the border counts.
        terminal.press("Up", "Up")
        terminal.wait_for(lambda screen: "following" not in screen.text)
        log.write("order 4712 stored", "order 4713 stored")
        terminal.wait_for("2 new lines, F follows")
        terminal.press("F")
        terminal.wait_for("following")
        terminal.press("Esc")
        terminal.wait_for("[1 Services]")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_a_row_without_logs_names_the_option(log, tmp_path):
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        terminal.wait_for("other refused")
        terminal.press("1", "Down", "l")
        terminal.wait_for("such as logs: [")


def test_search_and_filter(log, tmp_path):
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        terminal.press("/", "customers/47.0", "Enter")
        terminal.wait_for("/customers/47.0/: match 10 of 10")
        terminal.press("N", "N")
        terminal.wait_for("match 8 of 10")
        # Esc would only stop a search of everything that still runs.
        terminal.wait_for(lambda screen: "searching" not in screen.text)
        terminal.press("Esc")
        terminal.wait_gone("/customers/47.0/")
        terminal.press("&", "time(out")
        terminal.wait_for("at character")
        terminal.press(")", "Enter")
        terminal.wait_for(lambda screen: "201 of 202 lines hidden" in screen.text and
                          "timeout of 250ms" in screen.text and "customers" not in screen.text)
        terminal.press("Esc")
        terminal.wait_for("202 lines")
        terminal.press("v", "v")
        terminal.wait_for(lambda screen: "201 of 202 lines hidden" in screen.text and "5432 refused" in screen.text)
        # A filtered log is followed too.
        log.write("not this one")
        log.write("but this one", level="CRITICAL")
        terminal.wait_for("but this one")
        terminal.wait_for(lambda screen: "202 of 204 lines hidden" in screen.text and
                          "not this one" not in screen.text)


def test_top_messages(log, tmp_path):
    with dashboard(configured(tmp_path), columns=80, rows=24) as terminal:
        opened(terminal)
        terminal.press("t")
        terminal.wait_for(lambda screen: "200" in screen.line("GET /customers/<n>"))
        terminal.press("Down", "Enter")
        terminal.wait_for("201 of 202 lines hidden")


def test_a_rotated_file_is_followed(log, tmp_path):
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        log.rotate()
        log.write("written to the new file")
        terminal.wait_for("written to the new file")
        log.write("and once more")
        terminal.wait_for("and once more")


def test_a_file_that_must_not_be_read_says_so(tmp_path):
    os.mkfifo(tmp_path / "api.log")
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        terminal.press("1", "l")
        terminal.wait_for("api.log:")
        terminal.press("o")
        terminal.wait_for("failed")


def test_hostile_lines_leave_the_terminal_intact(log, tmp_path):
    log.write(b"\x1b[2J\x1b[31mred\x1b]0;owned\x07\x9b31m end-of-sequence", b"nul \0 here",
              b"broken \xff\xfe utf-8", "bidi \u202ereversed".encode(), b"bell \a\b\b\r over")
    log.write(b"x" * (1 << 20) + b" tail")
    log.write("after all that")
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        terminal.wait_for("after all that")
        terminal.wait_for("end-of-sequence")
        terminal.wait_for("MB cut")
        assert "[Logs of" in terminal.screen.text and "\u202e" not in terminal.screen.text
        terminal.press("w")
        terminal.wait_for("after all that")
        terminal.press("Enter", "Esc", "Esc", "q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_a_json_line_by_field(tmp_path):
    (tmp_path / "api.log").write_text(json.dumps(
        {"time": "2026-11-27T10:00:00Z", "level": "error", "msg": "payment failed", "order": 4711}) + "\n")
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        terminal.wait_for(lambda screen: "!! error" in screen.line("payment failed order=4711"))
        terminal.press("Enter")
        terminal.wait_for('"order": 4711')
        assert "2026-11-27 10:00:00.000" in terminal.screen.text
        terminal.press("Esc")
        terminal.wait_for("[Logs of")


def test_a_paused_screen_shows_nothing_new(log, tmp_path):
    with dashboard(configured(tmp_path), columns=120, rows=36) as terminal:
        opened(terminal)
        terminal.press("z")
        terminal.wait_for("PAUSED")
        log.write("while paused")
        terminal.wait_for("paused")
        terminal.hold(lambda screen: "while paused" not in screen.text, 0.5)
        # What is asked for while it is paused is shown.
        terminal.press("&", "while|timeout", "Enter")
        terminal.wait_for(lambda screen: "while paused" in screen.text and "timeout of" in screen.text)
        log.write("while it is still paused")
        terminal.hold(lambda screen: "still paused" not in screen.text, 0.5)
        terminal.press("z")
        terminal.wait_for("still paused")
