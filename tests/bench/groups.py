"""Collects 20 consumer groups of 1,000 partitions each; compared with the time of Kafka's tool."""

import contextlib
import json
import subprocess
import time

from figures import median

GROUPS, PARTITIONS, ROUNDS = 20, 1000, 7
TOPIC = "bench-wide"


def tool(place, name, *arguments):
    """place: the checkout and the directory of the sandbox."""
    root, folder = place
    start = time.perf_counter()
    done = subprocess.run([str(root / "sandbox/kafka-tool"), "--state", folder, name, *arguments],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, (time.perf_counter() - start) * 1000


@contextlib.contextmanager
def wide_topic(place):
    tool(place, "topics", "--create", "--topic", TOPIC, "--partitions", str(PARTITIONS),
         "--replication-factor", "1")
    names = [f"bench-{i:02}" for i in range(GROUPS)]
    try:
        for name in names:
            tool(place, "consumer-groups", "--group", name, "--topic", TOPIC, "--reset-offsets",
                 "--to-earliest", "--execute")
        yield
    finally:
        tool(place, "consumer-groups", "--delete", *[word for name in names for word in ("--group", name)])
        tool(place, "topics", "--delete", "--topic", TOPIC)


def collect(stacktop, path):
    done = subprocess.run([str(stacktop), "check", "--json", "-c", str(path), "--only", "kafka"],
                          capture_output=True, text=True, check=False)
    target = json.loads(done.stdout)["targets"][0]
    rows = {row["key"] for table in target["tables"] if table["id"] == "lag" for row in table["rows"]}
    return target["cost_us"] / 1000, len(rows)


def measure(table, stacktop, state, root, folder):
    bootstrap = f"127.0.0.1:{state['parts']['kafka']['port']}"
    path = folder / "wide.yaml"
    path.write_text(json.dumps({"kafka": [{"name": "wide", "bootstrap": bootstrap, "groups": ["bench-*"]}]}))
    place = (root, state["folder"])
    with wide_topic(place):
        took = []
        for _ in range(ROUNDS):
            milliseconds, rows = collect(stacktop, path)
            assert rows >= GROUPS * PARTITIONS, f"only {rows} rows"
            took.append(milliseconds)
        _, peer = tool(place, "consumer-groups", "--describe", "--all-groups")
    table.add(f"{GROUPS} groups x {PARTITIONS} partitions, median", f"{median(took):.0f} ms", "< 250 ms",
              f"kafka-consumer-groups: {peer:.0f} ms", median(took) < 250)
