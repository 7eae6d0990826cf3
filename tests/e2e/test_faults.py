"""Servers that refuse, hang, crash, send garbage and return while the dashboard runs. Each affects only its own pane,
which says what is wrong; the others stay live, keys respond at once, and a server that returns is shown without a
restart."""

import contextlib
import re
import socket
import statistics
import struct
import threading
import time

import pytest

from overview import HOST_OFF, overview
from stacktop import CRIT, UNKNOWN, Document, check
from terminal import PATIENCE

LABEL = "long"
NAME = {"api": "api", "postgres": "ecap", "redis": "cache", "kafka": "main"}
PANE = {"api": "Services", "postgres": "PostgreSQL", "redis": "Redis", "kafka": "Kafka lag"}
TIMEOUT = 2
KEY_SECONDS = 0.1
BACKOFF_CEILING = 15  # of app/runtime/scheduler.h

# What the pane says, by what was done to the server.
REFUSED = r"refused"
WORDS = {
    ("api", "freeze"): r"timeout .*port open",
    ("postgres", "freeze"): r"no answer within [12]\.\ds: (logged in, query still running|connected|waited|TCP|login)",
    ("redis", "freeze"): r"no answer within [12]\.\ds: connected to [\d.:]+, no answer to \w+",
    ("kafka", "freeze"): r"no answer within [12]\.\ds: waited for ",
}


@pytest.fixture
def watched(calm, tmp_path):
    path = tmp_path / "stacktop.yaml"
    text = calm.config.read_text().replace("interval: 2s", f"interval: 1s\ntimeout: {TIMEOUT}s")
    path.write_text(text.replace("window: 20s", "window: 60s") + HOST_OFF)
    return path


def words(pane):
    """The pane's text, with wrapped lines joined."""
    return re.sub(r"\s+", " ", pane.title + " " + pane.text)


def key_seconds(o):
    """From a key to its effect on the screen, the median of a few: the focus moves to a pane and back."""
    times = []
    for key in "2525252":
        o.terminal.press(key)
        times.append(o.terminal.wait_for(f"[{key} ", 5))
    return statistics.median(times)


def others_live(o, part):
    """All other panes are ok, and something in each of them still changes."""
    names = [name for name in PANE.values() if name not in (PANE[part], "Services")] + ["Disks & host"]
    before = {name: o.pane(name).text for name in names}
    moved = set()

    def all_moved(o):
        for name in names:
            pane = o.pane(name)
            assert pane.state == "ok", f"{name} suffers with {part}\n{o.terminal.show()}"
            if pane.text != before[name]:
                moved.add(name)
        return moved == set(names)
    o.wait(all_moved, 8)


def fault(sandbox, o, part, action, back, words_wanted):
    name = PANE[part]
    sandbox.ctl(action, part)
    o.wait(lambda o: o.pane(name).state == "!!" and re.search(words_wanted, words(o.pane(name)))
           and "CRIT" in o.verdict, TIMEOUT + 5)
    if part != "api":
        assert "down" in o.pane(name).title
    assert any(mark == "!!" and text.startswith(f"{NAME[part]} ") for mark, text in o.events), o.terminal.show()
    others_live(o, part)
    assert key_seconds(o) <= KEY_SECONDS * PATIENCE, f"keys are slow while {part} suffers a {action}"
    sandbox.ctl(back, part)
    o.wait(lambda o: o.verdict == "all ok" and o.pane(name).state == "ok", BACKOFF_CEILING + TIMEOUT + 5)
    assert any(mark == "ok" and re.match(rf"{NAME[part]} (up again after|resolved after)", text)
               for mark, text in o.events), o.terminal.show()


@pytest.mark.parametrize("part", PANE)
def test_a_server_goes_and_comes_back(calm, watched, part):
    """Refused, frozen, killed, and back each time, in the same run."""
    calm.need(part)
    with overview(watched) as o:
        o.wait(lambda o: o.verdict == "all ok")
        fault(calm, o, part, "stop", "start", REFUSED)
        fault(calm, o, part, "freeze", "thaw", WORDS[part, "freeze"])
        fault(calm, o, part, "kill", "start", REFUSED)
        o.terminal.press("q")
        assert o.terminal.wait_exit(1) == 0
        o.terminal.assert_given_back()


def test_two_hang_and_it_quits(calm, watched):
    """With two servers frozen, keys still respond, and quitting takes less than a second."""
    frozen = [part for part in ("postgres", "redis")]
    with overview(watched) as o:
        o.wait(lambda o: o.verdict == "all ok")
        try:
            for part in frozen:
                calm.freeze(part)
            o.wait(lambda o: all(o.pane(PANE[part]).state == "!!" for part in frozen), TIMEOUT + 5)
            assert key_seconds(o) <= KEY_SECONDS * PATIENCE
            o.terminal.press("q")
            assert o.terminal.wait_exit(1) == 0
            o.terminal.assert_given_back()
        finally:
            for part in frozen:
                calm.thaw(part)


# --- servers that answer, but wrongly -------------------------------------------------------------


@contextlib.contextmanager
def speaker(reply, *, first=False, reset=False, keep=False):
    """A server that sends one answer after the first request (or at once, with `first`) and closes the connection, on
    request with a reset, unless it keeps it open."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    open_lines = []

    def talk(line):
        with contextlib.suppress(OSError):
            if not first:
                line.recv(65536)
            line.sendall(reply)
            if keep:
                return
            if reset:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:  # let the client read before the connection closes
                line.shutdown(socket.SHUT_WR)
                line.settimeout(2)
                while line.recv(65536):
                    pass
            line.close()

    def accept():
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            open_lines.append(line)
            threading.Thread(target=talk, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for line in open_lines:
            line.close()


def target(kind, port):
    at = f"127.0.0.1:{port}"
    return {
        "service": {"services": [{"name": "x", "address": at, "health": f"http://{at}/health"}]},
        "postgres": {"postgres": [{"name": "x", "dsn": f"postgresql://someone@{at}/db?sslmode=disable"}]},
        "redis": {"redis": [{"name": "x", "url": f"redis://{at}/0"}]},
        "kafka": {"kafka": [{"name": "x", "bootstrap": at, "groups": ["*"]}]},
    }[kind]


GARBAGE = b"\x1b]0;owned\x07\x00\xff\xfe garbage \r\n" * 20
# The beginning of each protocol's answer, cut in the middle.
CUT = {
    "service": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
    "postgres": b"R\x00\x00\x00\x08\x00\x00\x00\x00S\x00\x00\x00\x40client_enc",
    "redis": b"$5000\r\n# Server\r\nredis_version:7.0.0\r\n",
    "kafka": struct.pack(">ii", 4000, 1) + b"\x00\x00\x00\x00\x00",
}
GARBAGE_WORDS = {"service": r"no HTTP|HTTP/0\.9|not HTTP", "postgres": r"not|no |expected|unexpected|invalid",
                 "redis": r"not|no |Protocol|protocol|unexpected", "kafka": r"not|no |broker|disconnected|size|closed"}
CUT_WORDS = {"service": r"closed|reset|ended|partial|missing", "postgres": r"closed|reset",
             "redis": r"closed|reset", "kafka": r"closes|closed|reset"}


@pytest.mark.parametrize("kind", ["service", "postgres", "redis", "kafka"])
@pytest.mark.parametrize("fault_name", ["garbage", "cut", "reset"])
def test_a_server_talks_nonsense(config, kind, fault_name):
    """One check: no crash, an exit status, an error message; and the terminal interprets none of it."""
    reply = GARBAGE if fault_name == "garbage" else CUT[kind]
    wanted = GARBAGE_WORDS[kind] if fault_name == "garbage" else CUT_WORDS[kind]
    with speaker(reply, reset=fault_name == "reset") as port:
        path = config(interval="1s", timeout="2s", **target(kind, port))
        run = check(path, "--json")
        assert run.status in (CRIT, UNKNOWN), run
        (severity, sentence), *_ = Document(run.stdout).findings
        assert severity in ("crit", "unknown") and re.search(wanted, sentence), sentence
        assert "\x1b" not in run.stdout + check(path).stdout
        with overview(path, columns=80, rows=24) as o:
            o.wait(lambda o: "CRIT" in o.verdict or "UNKNOWN" in o.verdict)
            started = time.monotonic()
            o.wait(lambda o: time.monotonic() > started + 1.5)  # a second attempt, after the first
            o.terminal.press("q")
            assert o.terminal.wait_exit(1) == 0
            o.terminal.assert_given_back()
            assert b"owned\x07" not in o.terminal.output
