"""What the groups' lag costs the broker, by its own request log: stacktop's pane and the page kafka.group, and
kafka-consumer-groups.sh for the same groups. A broker of its own, without a load."""

import json
import subprocess
import time
from pathlib import Path

from request_broker import Broker
from terminal import Terminal, environment
from figures import median
from screens import read_for

from stack.part import Absent

GROUPS, PARTITIONS, ROUNDS = 10, 100, 3
TOPIC, CLIENT = "bench-lag", "bench-stacktop"
INTERVAL_S, SETTLE_S, WINDOW_S = 2, 6, 20
PAGE_S = (10, 30)  # two runs: their difference is what the page asks again and again

def make_groups(broker):
    broker.tool("topics", "--create", "--topic", TOPIC, "--partitions", str(PARTITIONS), "--replication-factor", "1")
    names = [word for number in range(GROUPS) for word in ("--group", f"bench-{number:02}")]
    broker.tool("consumer-groups", *names, "--topic", TOPIC, "--reset-offsets", "--to-earliest", "--execute")


def total(found):
    return sum(number for name, number in found.items() if name != "ms")


def each(found, by):
    return ", ".join(f"{name} {number / by:.1f}" for name, number in sorted(found.items()) if name != "ms")


def stacktop_run(stacktop, folder, *words):
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in (stacktop, *words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, env=environment("dumb", {"XDG_STATE_HOME": str(folder)}))
    assert done.stdout, done.stderr
    return done.stdout, (time.perf_counter() - start) * 1000


def measure(table, stacktop, folder):
    try:
        broker = Broker(Path(folder) / "kafka-requests")
        with broker.running():
            compare(table, stacktop, broker, folder)
    except Absent as absent:
        print(f"not measured: Kafka's requests, for {absent}")


def page_open(stacktop, broker, folder, path):
    """Requests of a page that stays open; it reads the offsets of its group once in each collection."""
    runs = []
    for seconds in PAGE_S:
        with broker.counted(CLIENT) as found:
            text, _ = stacktop_run(stacktop, folder, "show", "-c", path, "kafka.group", "lag", "bench-03", "--duration",
                                   f"{seconds}s")
        assert "bench-03" in text, text
        runs.append(found)
    runs[1].subtract(runs[0])
    return runs[1]


def compare(table, stacktop, broker, folder):
    make_groups(broker)
    path = Path(folder) / "lag.yaml"
    path.write_text(json.dumps({"name": "bench", "interval": f"{INTERVAL_S}s", "hosts": [], "kafka": [
        {"name": "lag", "bootstrap": broker.bootstrap, "groups": ["bench-*"], "properties": {"client.id": CLIENT}}]}))

    with broker.counted() as theirs:
        peer_ms = median([broker.tool("consumer-groups", "--describe", "--all-groups") for _ in range(ROUNDS)])
    with broker.counted(CLIENT) as once:
        once_ms = median([stacktop_run(stacktop, folder, "check", "-c", path)[1] for _ in range(ROUNDS)])
    with Terminal([stacktop, "-c", path], columns=160, rows=50) as terminal:
        terminal.wait_for("bench-09")
        read_for((terminal,), SETTLE_S)
        with broker.counted(CLIENT) as kept:
            start = time.monotonic()
            read_for((terminal,), WINDOW_S)
            kept_by = (time.monotonic() - start) / INTERVAL_S
    page = page_open(stacktop, broker, folder, path)
    with broker.counted() as peer_page:
        peer_page_ms = median([broker.tool("consumer-groups", "--describe", "--group", "bench-03") for _ in range(ROUNDS)])

    rows = ((f"Kafka, {GROUPS} groups x {PARTITIONS}: requests, once", once, ROUNDS, theirs),
            ("  requests, each 2 s", kept, kept_by, theirs),
            ("  page kafka.group, each time", page, page["OFFSET_FETCH"], peer_page))
    for title, found, by, peer in rows:
        mine, other = total(found) / by, total(peer) / ROUNDS
        table.add(title, f"{mine:.1f}", "<= its tool", f"kafka-consumer-groups: {other:.1f}; {each(found, by)}", mine <= other)
        if found['ms'] > 0:
            table.add("    broker's time for them", f"{found['ms'] / by:.1f} ms", "",
                  f"kafka-consumer-groups: {peer['ms'] / ROUNDS:.1f} ms")
    table.add("  time, once", f"{once_ms:.0f} ms", "",
              f"kafka-consumer-groups: {peer_ms:.0f} ms, of one group {peer_page_ms:.0f} ms")
    table.add("  its requests", "", "", each(theirs, ROUNDS))
