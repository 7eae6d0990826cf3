"""Deletes 100,000 keys by pattern and measures how long another client waits for its answers meanwhile; compared with
the guide's script, which uses KEYS and deletes all at once."""

import json
import subprocess
import threading
import time

import redis

from figures import median, percentile
from terminal import environment

KEYS, DATABASE = 100_000, 5
# The guide's script unpacks the answer of KEYS, which fails beyond some 8,000 keys; this one works.
SCRIPT = "for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end"


class Pings:
    """A client that sends PING continuously."""

    def __init__(self, client):
        self.client, self.took, self.going = client, [], True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while self.going:
            start = time.perf_counter()
            self.client.ping()
            self.took.append((time.perf_counter() - start) * 1000)
            time.sleep(0.0005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()


def fill(client):
    client.flushdb()
    for start in range(0, KEYS, 10_000):
        pipe = client.pipeline(transaction=False)
        for number in range(start, start + 10_000):
            pipe.set(f"cache:{number}", "x" * 100)
        pipe.execute()


def stacktop_run(stacktop, folder, path, *words):
    done = subprocess.run([str(stacktop), "-c", str(path), *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, env=environment("dumb", {"XDG_STATE_HOME": str(folder / "xdg")}))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def measure(table, stacktop, state, folder):
    port = state["parts"]["redis"]["port"]
    path = folder / "deletes.yaml"
    path.write_text(json.dumps({"name": "bench", "redis": [{"name": "cache", "url": f"redis://127.0.0.1:{port}/{DATABASE}"}]}))
    client, other = (redis.Redis(port=port, db=DATABASE, socket_timeout=60) for _ in range(2))
    fill(client)
    with Pings(other) as quiet:
        time.sleep(1)
    with Pings(other) as planning:
        plan = json.loads(stacktop_run(stacktop, folder, path, "plan", "redis.delete-keys", "cache", "pattern=cache:*", "--json"))
    start = time.perf_counter()
    with Pings(other) as deleting:
        stacktop_run(stacktop, folder, path, "apply", plan["hash"], "--confirm", plan["phrase"])
    seconds = time.perf_counter() - start
    assert client.dbsize() == 0 and plan["count"] == KEYS
    fill(client)
    with Pings(other) as guide:
        client.eval(SCRIPT, 0, "cache:*")
    worst = max(guide.took)
    table.add(f"{KEYS:,} keys deleted and looked for again", f"{seconds:.1f} s", "", "")
    table.add("  another client's answer: no deletion", f"{median(quiet.took):.2f} ms", "",
              f"99%: {percentile(quiet.took, 0.99):.2f} ms, worst {max(quiet.took):.1f} ms")
    table.add("  while it is planned, 99%", f"{percentile(planning.took, 0.99):.2f} ms", "< 5 ms",
              f"worst {max(planning.took):.1f} ms", percentile(planning.took, 0.99) < 5)
    table.add("  while it is deleted, 99%", f"{percentile(deleting.took, 0.99):.2f} ms", "< 5 ms",
              f"worst {max(deleting.took):.1f} ms; the guide's script: {worst:.0f} ms", percentile(deleting.took, 0.99) < 5)
