"""What fills a disk, and what frees it: on a small file system of the test, by keys and by plan and apply. The files are
the proof; neighbours stay, and the audit log has both lines."""

import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
import time

import pytest

from keys import agree, outcome
from stacktop import BINARY, OK, write_config
from terminal import PATIENCE, Terminal, environment
from test_mounts import QUIET, Namespace
from witness import Audit

BESIDE = "others"
FAILED = 1
HOLDER = """\
import os, sys, time
log = open(sys.argv[1], "a")
log.write("x" * int(sys.argv[2]))
log.flush()
if sys.argv[3] == "deleted":
    os.unlink(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    log.write("alive")
    log.flush()
    print("written", flush=True)
"""


class Disk:
    """A tmpfs in a mount namespace, seen from outside through the namespace's root."""

    def __init__(self, folder, namespace):
        self.folder, self.namespace, self.holders = folder, namespace, []
        self.path = folder / "data"
        self.path.mkdir()
        namespace.run("mount", "-t", "tmpfs", "-o", "size=20m", "data", self.path)
        self.root = f"/proc/{namespace.holder.pid}/root{self.path}"
        os.mkdir(f"{self.root}/log")

    def file(self, name, size, days=0, fill=b"x"):
        path = os.fsencode(self.root) + b"/" + (os.fsencode(name) if isinstance(name, str) else name)
        with open(path, "wb") as out:
            out.write(fill * size)
        when = time.time() - days * 86400
        os.utime(path, (when, when))
        return path

    def names(self):
        return sorted(os.listdir(os.fsencode(self.root) + b"/log"))

    def used(self):
        figures = os.statvfs(self.root)
        return (figures.f_blocks - figures.f_bfree) * figures.f_frsize

    def hold(self, name, size, state="deleted"):
        holder = subprocess.Popen(self.namespace.enter(sys.executable, "-c", HOLDER, self.path / name, size, state),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert holder.stdout.readline() == "ready\n"
        self.holders.append(holder)
        return holder

    def config(self, **more):
        rules = {"cleanup": {f"{self.path}/log/*.log.*": "7d"}, "compress": {f"{self.path}/log/*.log.*": "1d gzip"}}
        return write_config(self.folder, interval="500ms", state=str(self.folder / "state"), environment="staging",
                            hosts=[{"name": "local", "mounts": [str(self.path)], **rules}],
                            thresholds={**QUIET, "disk.used": {"warn": 0.8, "crit": 0.9}}, **more)

    def dashboard(self, config):
        return Terminal(self.namespace.enter(BINARY, "-c", config), columns=120, rows=36)

    def stacktop(self, config, *words, status=OK, stdin=None):
        run = subprocess.run(self.namespace.enter(BINARY, "-c", config, *words), capture_output=True, text=True,
                             timeout=30 * PATIENCE, env=environment("dumb"), check=False, input=stdin)
        assert run.returncode == status, run.stdout + run.stderr
        return run

    def plan(self, config, action, *picks):
        run = self.stacktop(config, "plan", action, "local", str(self.path), *picks, "--json")
        return json.loads(run.stdout)

    def apply(self, config, planned, status=OK):
        return self.stacktop(config, "apply", planned["hash"], "--confirm", planned["phrase"], status=status)

    def close(self):
        for holder in self.holders:
            holder.stdin.close()
            holder.kill()
            holder.wait()


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounts need root")
    with contextlib.closing(Namespace()) as namespace, contextlib.closing(Disk(tmp_path, namespace)) as made:
        yield made


def test_from_a_full_mount_to_its_cause_and_its_fix(disk):
    """A deleted log that is still open fills the disk: one key to the cause, one more and the name to the fix."""
    disk.file("log/neighbour.log", 1 << 20)
    holder = disk.hold("log/old.log", 18 << 20)
    config = disk.config()
    with disk.dashboard(config) as terminal:
        terminal.wait_for("CRIT")
        terminal.wait_for("95%")
        terminal.wait_for("U what fills it")
        terminal.press("U")  # the cause
        terminal.wait_for("deleted, but still open")
        row = terminal.screen.line("log/old.log")
        assert "18 MB" in row and "python3" in row and "(root)" in row
        assert "100% of the used bytes" in terminal.screen.text
        terminal.press("Down", "Enter")  # the fix
        terminal.wait_for("Truncate old.log")
        agree(terminal, "staging old.log" if "staging old.log" in terminal.screen.text else "old.log")
        assert "18 MB freed" in outcome(terminal)
        terminal.press("Enter")
        terminal.wait_for("all ok")
    assert disk.used() < 2 << 20
    holder.stdin.write("go on\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "written\n"  # the process runs on
    assert os.path.getsize(f"{disk.root}/log/neighbour.log") == 1 << 20
    audit = Audit(disk.folder / "state")
    assert audit.intents[-1]["action"] == "host.truncate-file" and audit.outcomes[-1]["result"] == "done"
    assert "18 MB freed" in audit.outcomes[-1]["proof"]


def test_old_files_are_deleted_and_nothing_else(disk):
    disk.file("log/api.log.1", 6 << 20, days=10)
    disk.file("log/api.log.2", 6 << 20, days=20)
    disk.file("log/api.log.3", 4096, days=3)  # too young
    disk.file("log/api.log", 1 << 20, days=30)  # another pattern
    disk.file("outside.log.1", 4096, days=30)
    os.symlink("../outside.log.1", f"{disk.root}/log/link.log.1")
    config = disk.config()
    with disk.dashboard(config) as terminal:
        terminal.wait_for("U what fills it")  # in the bottom line, once there is a row to act on
        terminal.press("D")
        terminal.wait_for("pick one or more")
        assert "2 files, older than 7d" in terminal.screen.text
        terminal.press("Space", "Enter")  # the rule, with all its files
        terminal.wait_for("Delete 2 old files")
        assert "api.log.3" not in terminal.screen.text and "frees 12 MB" in terminal.screen.text
        agree(terminal, "staging 2")
        text = outcome(terminal)
        assert "2 of 2 files, 12 MB by their blocks" in text
        assert "used space went from 13 MB to 1.0 MB" in text
    assert disk.names() == [b"api.log", b"api.log.3", b"link.log.1"]
    assert os.path.exists(f"{disk.root}/outside.log.1")
    audit = Audit(disk.folder / "state")
    assert audit.intents[-1]["action"] == "host.delete-old-files" and audit.outcomes[-1]["result"] == "done"


HOSTILE = [b"a\nb.log.1", b"\x1b[31mred.log.1", b"-rf.log.1", b"broken\xff\xc3.log.1", b"$(id).log.1",
           "right\u202eleft.log.1".encode(), b"quote'\".log.1", b"back\\slash.log.1"]


def test_names_of_any_bytes_are_shown_escaped_and_acted_on_exactly(disk):
    for name in HOSTILE:
        disk.file(b"log/" + name, 4096, days=10)
    disk.file("log/a b.log.1", 4096, days=1)
    config = disk.config()
    run = disk.stacktop(config, "plan", "host.delete-old-files", "local", str(disk.path), status=FAILED)
    assert "\x1b" not in run.stdout and "\u202e" not in run.stdout
    assert r"a\x0ab.log.1" in run.stdout and r"broken\xff\xc3.log.1" in run.stdout
    listed = disk.stacktop(config, "plan", "host.usage", "local", str(disk.path), "--json")
    assert any(row["cells"]["what"] == r"\x1b[31mred.log.1" for row in json.loads(listed.stdout)["rows"])
    planned = disk.plan(config, "host.delete-old-files", f"{disk.path}/log/*.log.*")
    assert len(planned["victims"]) == len(HOSTILE)
    disk.apply(config, planned)
    assert disk.names() == [b"a b.log.1"]


def test_a_file_that_changed_since_the_plan_is_left(disk):
    disk.file("log/api.log.1", 1 << 20, days=10)
    disk.file("log/api.log.2", 1 << 20, days=10)
    config = disk.config()
    planned = disk.plan(config, "host.delete-old-files", f"{disk.path}/log/*.log.*")
    disk.file("log/api.log.1", 2 << 20, days=10)
    run = disk.apply(config, planned)
    assert "changed since the plan" in run.stdout
    assert disk.names() == [b"api.log.1"]


def test_a_rule_that_is_gone_is_not_applied(disk):
    disk.file("log/api.log.1", 1 << 20, days=10)
    config = disk.config()
    planned = disk.plan(config, "host.delete-old-files", f"{disk.path}/log/*.log.*")
    text = open(config, encoding="utf-8").read()
    with open(config, "w", encoding="utf-8") as out:
        out.write(text.replace(".log.*", ".txt"))
    run = disk.apply(config, planned, status=FAILED)
    assert "no longer has its rule" in run.stdout
    assert disk.names() == [b"api.log.1"]


def test_an_open_file_is_named_in_the_plan(disk):
    disk.hold("log/api.log.1", 1 << 20, "open")
    os.utime(f"{disk.root}/log/api.log.1", (0, 0))
    config = disk.config()
    planned = disk.plan(config, "host.delete-old-files", f"{disk.path}/log/*.log.*")
    assert "freed only when the last process closes them" in json.dumps(planned)
    run = disk.stacktop(config, "plan", "host.compress-logs", "local", str(disk.path), f"{disk.path}/log/*.log.*",
                        status=FAILED)
    assert "is open for writing in" in run.stderr


def test_old_logs_are_compressed(disk):
    content = b"2026-11-27 request served in 12 ms\n"
    disk.file("log/api.log.1", 200_000, days=2, fill=content)
    disk.file("log/young.log.1", 4096)
    config = disk.config()
    with disk.dashboard(config) as terminal:
        terminal.wait_for("U what fills it")  # in the bottom line, once there is a row to act on
        terminal.press("C")
        terminal.wait_for("pick one or more")
        terminal.press("Space", "Enter")
        terminal.wait_for("gzip api.log.1")
        agree(terminal, "y")
        assert "compressed, " in outcome(terminal)
    assert disk.names() == [b"api.log.1.gz", b"young.log.1"]
    with gzip.open(f"{disk.root}/log/api.log.1.gz") as packed:
        assert packed.read() == content * 200_000
    assert time.time() - os.path.getmtime(f"{disk.root}/log/api.log.1.gz") > 86400
    assert Audit(disk.folder / "state").outcomes[-1]["result"] == "done"


def test_a_look_takes_no_rows_and_says_where_nothing_helps(disk):
    disk.file("log/api.log", 1 << 20)
    config = write_config(disk.folder, interval="500ms", state=str(disk.folder / "state"), thresholds=QUIET,
                          hosts=[{"name": "local", "mounts": [str(disk.path)]}])
    run = disk.stacktop(config, "plan", "host.usage", "local", str(disk.path), "api.log", status=FAILED)
    assert "only reads" in run.stderr
    with Terminal(disk.namespace.enter(BINARY, "-c", config), columns=80, rows=24) as terminal:
        terminal.wait_for("U what fills it")
        terminal.press("U")
        terminal.wait_for("api.log")
        terminal.press("Enter")
        terminal.wait_for("no process has it open")
        terminal.press("Esc")
        terminal.wait_for(lambda screen: "api.log" not in screen.text)


def test_growth_since_the_last_look(disk):
    disk.file("log/api.log", 1 << 20)
    config = disk.config()
    first = json.loads(disk.stacktop(config, "plan", "host.usage", "local", str(disk.path), "--json").stdout)
    assert all("grown" not in row["cells"] or "unknown" in row["cells"]["grown"] for row in first["rows"])
    disk.file("log/api.log", 3 << 20)
    second = disk.stacktop(config, "plan", "host.usage", "local", str(disk.path))
    assert re.search(r"  log/ +3\.0 MB +100% +\+2\.0 MB", second.stdout), second.stdout


def test_rules_are_checked_with_their_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text('hosts:\n  - name: local\n    cleanup:\n      "/var/*/x.log": 7d\n    compress:\n'
                    '      "/var/log/*.log": 1d bzip2\n')
    run = subprocess.run([BINARY, "config", "--check", "-c", path], capture_output=True, text=True, check=False,
                         env=environment("dumb"), timeout=20)
    assert run.returncode != OK
    assert "bad.yaml:4:7: " in run.stderr and "only the last part may be a pattern" in run.stderr
    assert "bad.yaml:6:" in run.stderr and "zstd or gzip" in run.stderr


def test_a_read_only_stacktop_may_look_but_not_act(disk):
    disk.hold("log/old.log", 1 << 20)
    config = disk.config()
    with Terminal(disk.namespace.enter(BINARY, "-c", config, "--read-only"), columns=120, rows=36) as terminal:
        terminal.wait_for("U what fills it")  # in the bottom line, once there is a row to act on
        terminal.press("U")
        terminal.wait_for("deleted, but still open")
        terminal.press("Down", "Enter")
        terminal.wait_for("read-only")
    assert disk.used() >= 1 << 20
