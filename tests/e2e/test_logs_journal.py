"""The journal as logs: of a unit, of units by pattern, of all; with hostile messages. Its files are written by
systemd-journal-remote from the export format."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest

from keys import select
from stacktop import BINARY, dashboard, stacktop, write_config
from systemd_host import host, shared_host  # noqa: F401 (fixtures)
from terminal import environment

BESIDE = "others"
PRINTED, NONE, TROUBLE = 0, 1, 2
REMOTE = shutil.which("systemd-journal-remote", path="/lib/systemd:/usr/lib/systemd")


def export(entries):
    """systemd.journal-export-formats(5): a value with other bytes than text is written with its length."""
    out = bytearray()
    for ago, fields in entries:
        out += b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n" % (
            (time.time() - ago) * 1000000, (10000 - ago) * 1000000, b"0123456789abcdef" * 2)
        for name, value in fields.items():
            value = value.encode() if isinstance(value, str) else value
            if any(byte < 32 for byte in value):
                out += name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
            else:
                out += name.encode() + b"=" + value + b"\n"
        out += b"\n"
    return bytes(out)


class Journal:
    def __init__(self, folder):
        self.folder = folder / "journal"
        self.folder.mkdir()
        self.count = 0

    def write(self, *entries):
        self.count += 1
        source, target = self.folder.parent / "export", self.folder / f"part{self.count}.journal"
        source.write_bytes(export(entries))
        subprocess.run([REMOTE, "--split-mode=none", "-o", target, source], check=True, capture_output=True)


def of(unit, message, priority=6, **fields):
    return {"MESSAGE": message, "_SYSTEMD_UNIT": unit, "PRIORITY": str(priority), "_PID": "55", "SYSLOG_IDENTIFIER": unit.split(".")[0], **fields}


@pytest.fixture
def journal(tmp_path):
    if not REMOTE:
        pytest.skip("systemd-journal-remote is not installed")
    return Journal(tmp_path)


@pytest.fixture
def logs(journal, tmp_path):
    def run(*arguments, target="host", **options):
        config = write_config(tmp_path, systemd=[{"name": "host", "journal": str(journal.folder), **options}], hosts=[])
        return stacktop("logs", target, "-c", config, "--utc", *arguments)
    run.config = tmp_path / "stacktop.yaml"
    return run


def lines(run):
    return [json.loads(line)["line"] for line in run.stdout.splitlines()]


def test_a_unit(journal, logs):
    journal.write((30, of("api.service", "listening")), (29, of("web.service", "other")), (28, of("api.service", "no space", 3)),
                  (27, {"MESSAGE": "api.service: Main process exited", "_PID": "1", "UNIT": "api.service", "PRIORITY": "5",
                        "SYSLOG_IDENTIFIER": "systemd"}),
                  (26, {"MESSAGE": "forged", "_PID": "77", "UNIT": "api.service", "PRIORITY": "5"}))
    run = logs("--json", target="host/api.service")
    assert run.status == PRINTED, run
    assert lines(run) == ["listening", "no space", "systemd: api.service: Main process exited"]
    assert [json.loads(line)["level"] for line in run.stdout.splitlines()] == ["info", "error", "info"]
    assert lines(logs("--json", "--level", "error", target="host/api.service")) == ["no space"]
    assert lines(logs("--json", "--grep", "LIST", "--since", "1h", target="host/api.service")) == []
    assert lines(logs("--json", "--grep", "list", target="host/api.service")) == ["listening"]
    assert lines(logs("--json", "--since", "20s", target="host/api.service")) == []


def test_the_units_of_a_target(journal, logs):
    journal.write((30, of("ecap-api.service", "a")), (29, of("ecap-web.service", "b")), (28, of("shop.service", "c")))
    assert lines(logs("--json", units=["ecap-*.service"])) == ["ecap-api: a", "ecap-web: b"]
    assert lines(logs("--json", units=["ecap-web", "shop.service"])) == ["ecap-web: b", "shop: c"]
    assert lines(logs("--json")) == ["ecap-api: a", "ecap-web: b", "shop: c"]
    run = logs(units=["none-*"])
    assert run.status == TROUBLE and "the journal has nothing of a unit that matches none-*" in run.stderr, run


def test_hostile_messages(journal, logs):
    journal.write((30, of("api.service", b"\x1b]0;title\x07red\x1b[31m\0nul")), (29, of("api.service", b"first\nsecond\r\n\xff\xfe\n")),
                  (28, of("api.service", "x" * 3_000_000)), (27, of("api.service", "")), (26, {"PRIORITY": "1", "_SYSTEMD_UNIT": "api.service"}))
    run = logs("--json", target="host/api.service")
    found = lines(run)
    assert run.status == PRINTED and "\033" not in run.stdout and "\0" not in run.stdout, run
    assert re.match(r".*red.*nul$", found[0]) and found[1:3] == ["first", "second"], found[:4]
    assert any(line.startswith("xxx") and len(line) <= 16384 for line in found)


def test_the_last_lines(journal, logs):
    journal.write(*[(7000 - i, of("api.service", f"line {i}")) for i in range(6000)])
    found = lines(logs("--json", target="host/api.service"))
    assert len(found) == 5000 and (found[0], found[-1]) == ("line 1000", "line 5999")
    assert len(lines(logs("--json", "--since", "3h", target="host/api.service"))) == 6000


def test_a_journal_that_is_none(logs, journal):
    run = logs()
    assert run.status == NONE and not run.stdout, run
    (journal.folder / "broken.journal").write_bytes(os.urandom(100000))
    assert logs().status in (NONE, TROUBLE)
    shutil.rmtree(journal.folder)
    run = logs()
    assert run.status == TROUBLE and "cannot open" in run.stderr, run


def test_follow(journal, logs):
    journal.write((30, of("api.service", "old")))
    logs(target="host/api.service")
    process = subprocess.Popen([BINARY, "logs", "host/api.service", "-c", logs.config, "--follow", "--json"], stdout=subprocess.PIPE,
                               text=True, env=environment("dumb"))
    try:
        assert json.loads(process.stdout.readline())["line"] == "old"
        journal.write((1, of("web.service", "other")), (0, of("api.service", "new")))  # another file: as after a rotation
        assert json.loads(process.stdout.readline())["line"] == "new"
    finally:
        process.terminate()
        process.wait(10)


def test_on_the_screen(host, journal, tmp_path):  # noqa: F811
    host.service("api.service")
    host.ctl("start", "api.service")
    journal.write((30, of("api.service", "listening on 8000")), (29, of("web.service", "another unit")))
    config = write_config(tmp_path, systemd=[host.target(units=["api.service"], journal=str(journal.folder))], hosts=[], interval="500ms")
    with dashboard(config, columns=120, rows=36) as terminal:
        select(terminal, 1, "api.service")
        terminal.press("l")
        terminal.wait_for("listening on 8000")
        assert "another unit" not in terminal.screen.text
        journal.write((0, of("api.service", "a new line")))
        terminal.wait_for("a new line")
        terminal.press("Escape", "q")
        assert terminal.wait_exit(1) == 0
