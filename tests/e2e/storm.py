"""A storm of keys: whatever is typed or pasted, nothing changes in read-only mode, and otherwise nothing without a
complete confirmation. The servers are the witnesses. test_key_storm.py runs it with 10,000 keys,
test_key_storm_long.py with 100,000."""

import contextlib
import os
import random
import time

from overview import HOST_OFF
from stacktop import dashboard
from witness import Audit, kafka_witness, postgres_witness, redis_witness

BURSTS = (1, 1, 1, 2, 5, 20, 100, 300)
NAMED = ["\r", "\x1b", "\t", "\x1b[Z", " ", "\x7f", "\x1b[3~", "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD", "\x1bOH", "\x1bOF",
         "\x1b[5~", "\x1b[6~", "\x12", "\x0c", "\x19", "\x15", "\x1bOP"]
# Keys that open and confirm dialogs, typed often, and the letters of the phrases.
HOT = list("aaaCTRVODEMyyyn") + ["\r"] * 6 + list("ecap-sandbox 123")
PASTES = ["y", "y\r", "ecap", "ecap\r", "ecap-sandbox 1\r", "sandbox 2\r", "cache\r", "main\r", "rm -rf /\r\ny\r"]
# What opens a plan: the pane, the row and the key of the action, what its form or choice asks for.
AIMS = [("2", "gjT"), ("2", "gjjT"), ("2", "gjjC"), ("2", "gjV", " \r"), ("2", "ga", "\r"), ("4", "gjD", "cache:*\r"),
        ("4", "gjM", "64mb\r")]
PLAN = ">Cancel<"
ENDS = (PLAN, "Enter close")  # or a refusal, an empty menu
ASKS = ("Enter next", "Enter plan", "Space pick", "Esc back")  # a form, a choice, a menu, a page
LEAVES = b"q\x03\x1a\x1c"  # keys that end or suspend the program, also as `:q`


def storm(rng):
    """An endless stream of keys: named ones, hot ones, any ASCII, any bytes, pastes with and without brackets."""
    while True:
        kind = rng.random()
        if kind < 0.35:
            yield rng.choice(NAMED)
        elif kind < 0.75:
            yield rng.choice(HOT)
        elif kind < 0.93:
            yield chr(rng.randrange(32, 127))
        elif kind < 0.96:
            yield bytes(rng.randrange(256) for _ in range(3))
        else:
            text = rng.choice(PASTES)
            yield f"\x1b[200~{text}\x1b[201~" if rng.random() < 0.7 else text


def quiet(terminal, seconds=0.03):
    """Reads until nothing has arrived for that long."""
    while terminal.read(seconds):
        pass


def aim(terminal, rng):
    """Closes what is open and opens a plan, in which the storm continues. Returns whether it got there."""
    for key in ("\x1b", "\x1b", "\x1b"):
        os.write(terminal.master, key.encode())
        quiet(terminal)
    if "PAUSED" in terminal.screen.text:  # no plan is made while the screen is paused
        os.write(terminal.master, b"z")
        quiet(terminal)
    pane, *steps = rng.choice(AIMS)
    for key in (pane, "\x1b", "\x1b"):  # its filter, and marks on rows that may be gone
        os.write(terminal.master, key.encode())
        quiet(terminal)
    for key in (*steps, "\r", "\r", "\r"):
        os.write(terminal.master, key.encode())
        sign = answer(terminal)
        if sign in ENDS:
            break
    return sign == PLAN


def answer(terminal):
    """Which of the signs of an open dialog the screen has, or None."""
    deadline = time.monotonic() + 3  # a plan takes a second and more on a busy host
    while time.monotonic() < deadline:
        quiet(terminal)
        for sign in (*ENDS, *ASKS):
            if sign in terminal.screen.text:
                return sign
    return None


def rage(terminal, seed, count, plans=0):
    """Presses that many keys, one at a time and in bursts, and reads the output; continues until it has seen that many
    plans. Leaves out keys that end or suspend the program."""
    aims = 2000 / count  # per burst: the same number of plans, however many keys
    rng = random.Random(seed)
    keys = storm(rng)
    most = 10 * count
    while count > 0 or plans > 0:
        size = rng.choice(BURSTS)
        count -= size
        assert count > -most, f"it reaches no plan\n{terminal.show()}"
        burst = b""
        for _ in range(size):
            key = next(keys)
            data = key if isinstance(key, bytes) else key.encode()
            if not any(byte in data for byte in LEAVES):
                burst += data
        os.write(terminal.master, burst)
        while terminal.read(0.003):
            pass
        if rng.random() < aims:
            plans -= aim(terminal, rng)
        assert terminal.process.poll() is None, terminal.show()


def watched(calm, folder):
    """The configuration of the sandbox, with a state directory of the test."""
    calm.need("kafka")
    path = folder / "stacktop.yaml"
    path.write_text(calm.config.read_text() + HOST_OFF + f"state: {folder}/state\n")
    return path


def leave(terminal):
    """Quits from any state: Ctrl-C closes what is open, then quits. One at a time: while the program exits, the
    terminal is restored and Ctrl-C is a signal."""
    for _ in range(10):
        terminal.press("Ctrl-C")
        deadline = time.monotonic() + 1
        while terminal.process.poll() is None and time.monotonic() < deadline:
            terminal.read(0.05)
        if terminal.process.poll() is not None:
            break
    assert terminal.wait_exit(1) == 0


@contextlib.contextmanager
def unchanged(calm):
    """Sessions to terminate, topics, keys; checks at the end that nothing has changed on any server."""
    calm.scene("db-hog")
    with calm.paused(), postgres_witness(calm) as postgres, redis_witness(calm) as redis, kafka_witness(calm) as kafka:
        yield
        assert postgres() == []
        assert redis() == []
        assert kafka() == []


def outside(records):
    """Without acknowledgements and silences, which change nothing outside: a reason that is typed confirms them, and read-only
    mode does not refuse them (docs/alarms.md)."""
    return [one for one in records if one["kind"] != "alarm"]


def read_only(calm, folder, keys):
    """In read-only mode nothing changes. Within `unchanged`."""
    folder.mkdir(exist_ok=True)
    path = watched(calm, folder)
    seed = random.randrange(1 << 32)
    print("seed", seed)
    with dashboard(path, "--read-only", env={"STACKTOP_READ_ONLY": "1"}, cwd=folder) as terminal:
        terminal.wait_for("READ-ONLY")
        terminal.wait_for("idle in txn")
        rage(terminal, seed, keys)
        leave(terminal)
    assert outside(Audit(folder / "state").records) == []


def unconfirmed(calm, folder, keys):
    """Nothing changes without a complete confirmation: keys that arrive without a pause confirm nothing. Within
    `unchanged`."""
    folder.mkdir(exist_ok=True)
    path = watched(calm, folder)
    seed = random.randrange(1 << 32)
    print("seed", seed)
    with dashboard(path, cwd=folder) as terminal:  # tables may be saved there
        terminal.wait_for("idle in txn")
        rage(terminal, seed, keys, plans=10)
        leave(terminal)
    assert outside(Audit(folder / "state").intents) == []
