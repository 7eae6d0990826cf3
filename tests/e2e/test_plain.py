"""`stacktop --plain`: lines that are only appended, commands, and an action from the finding to its proof."""

import os
import socket
import subprocess

from plain import Plain
from stacktop import BINARY, USAGE, closed_port, stacktop
from terminal import environment

BESIDE = "others"


def refused(config, tmp_path, **runtime):
    port = closed_port()
    return port, config(name="ecap", interval="200ms", state=str(tmp_path / "state"), services=[
        {"name": "api", "address": f"127.0.0.1:{port}", **({"runtime": runtime} if runtime else {})}])


def test_from_the_finding_to_the_proof(config, tmp_path):
    started = tmp_path / "started"
    port, path = refused(config, tmp_path, start=f"/usr/bin/touch {started}")
    with Plain(path) as plain:
        plain.hear("^1. CRIT api: refused: nothing listens on port")
        plain.hear("^Type help")
        plain.type("1")
        plain.hear("^STATE: refused")
        number = plain.hear(r"^do (\d+): start \(service.start, reversible\)").group(1)
        plain.type(f"do {number}")
        os.write(plain.master, b"y\n")  # typed before the plan was there
        plain.hear("^Commands")
        plain.hear("Nothing has been done. Type y and Enter")
        os.write(plain.master, b"\x1b[200~y\x1b[201~\n")
        plain.hear("A paste is not an answer")
        os.write(plain.master, b"y\ny\n")
        plain.hear("is no answer. Type it now")
        assert not started.exists()
        plain.settle(0.5, 0.7)
        plain.type("n")
        plain.hear("that does not match: cancelled, nothing was done")
        plain.type(f"do {number}")
        plain.confirm()
        plain.hear("^start: running")
        with socket.create_server(("127.0.0.1", port)):
            plain.hear("^ *done +api")
            plain.hear(r"^\d\d:\d\d:\d\d ok api: ")
            plain.type("list")
            plain.hear("^ecap: 0 critical, 0 warning, 0 unknown, 0 stale, 0 silenced; 1 of 1 targets ok")
        plain.hear(r"^\d\d:\d\d:\d\d CRIT api: refused")
        assert started.exists()
        assert b"\x1b" not in bytes(plain.output).replace(b"\x1b[?2004h", b"").replace(b"\x1b[?2004l", b"").replace(
            b"\x1b[200~", b"").replace(b"\x1b[201~", b"").replace(b"^[[200~", b"")
        plain.type("audit --output")  # whole, however slowly it is read
        plain.hear("done +Start api")
        plain.type("quit")
        assert plain.wait_exit(1) == 0
        plain.assert_given_back()


def test_in_a_pipe(config, tmp_path):
    _, path = refused(config, tmp_path, start="/usr/bin/touch /nonexistent/x")
    run = subprocess.run([str(BINARY), "-c", path, "--plain"], input="1\nservice.start api\n", capture_output=True, text=True,
                         timeout=20, env=environment("dumb", None))
    assert run.returncode == 0 and "1. CRIT api: refused" in run.stdout and ": start (service.start" in run.stdout, run
    assert "\x1b" not in run.stdout
    assert not (tmp_path / "state" / "audit.jsonl").exists()  # nothing is done without a person


def test_read_only_and_refused_options(config, tmp_path):
    _, path = refused(config, tmp_path, start="/usr/bin/touch /nonexistent/x")
    with Plain(path, "--read-only") as plain:
        plain.hear("0 of 1 targets ok; read-only")
        plain.hear("^Type help")
        plain.type("1")
        plain.hear("more actions are not available now")
        plain.type("actions")
        plain.hear("not now: start .*read-only")
        plain.press("Ctrl-D")
        assert plain.wait_exit(1) == 0
    assert stacktop("--plain", "--wall").status == USAGE
    assert stacktop("check", "--plain").status == USAGE
