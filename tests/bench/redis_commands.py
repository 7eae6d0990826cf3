"""What watching Redis costs the server, by its own INFO commandstats: stacktop's pane and redis-cli --stat, both every 2 s;
one scan of all keys by the page redis.memory, redis-cli --bigkeys and --memkeys. A server of its own, without a load."""

import contextlib
import json
import os
import subprocess
import time

import redis

from stacktop import closed_port
from terminal import Terminal, environment
from screens import read_for

INTERVAL_S, SETTLE_S, WINDOW_S = 2, 5, 20
KEYS, SCAN_S = 20_000, 10


@contextlib.contextmanager
def server(folder):
    port = closed_port()
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                break
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.05)
        pipe = client.pipeline(transaction=False)
        for number in range(KEYS):
            pipe.set(f"shop:{number % 7}:{number}", "x" * (number % 200), ex=36000)
        pipe.execute()
        yield client
    finally:
        process.terminate()
        process.wait()


class Commands:
    """Calls and microseconds of the commands that others send."""

    OWN = {"cmdstat_info", "cmdstat_config|resetstat"}

    def __init__(self, client):
        self.client = client
        client.config_resetstat()

    def read(self, own_infos=1):
        stats = self.client.info("commandstats")
        info = stats.get("cmdstat_info", {"calls": 0, "usec": 0})
        calls = sum(each["calls"] for name, each in stats.items() if name not in self.OWN) + info["calls"] - own_infos + 1
        return calls, sum(each["usec"] for name, each in stats.items() if name != "cmdstat_config|resetstat"), \
            {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}


def run(argv, env):
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          env=env)
    return done.stdout + done.stderr


def live(client, argv, first):
    """Commands, and microseconds of the server, for each interval."""
    with Terminal(argv, columns=160, rows=50) as terminal:
        terminal.wait_for(first)
        read_for((terminal,), SETTLE_S)
        commands = Commands(client)
        start = time.monotonic()
        read_for((terminal,), WINDOW_S)
        intervals = (time.monotonic() - start) / INTERVAL_S
        calls, usec, names = commands.read()
    return calls / intervals, usec / intervals, names


def scan(client, argv, env):
    commands = Commands(client)
    text = run(argv, env)
    calls, usec, _ = commands.read()
    return calls, usec / 1000, text


def measure(table, stacktop, folder):
    with server(folder) as client:
        port = str(client.connection_pool.connection_kwargs["port"])
        path = folder / "redis.yaml"
        path.write_text(json.dumps({"name": "bench", "interval": f"{INTERVAL_S}s", "hosts": [], "redis": [
            {"name": "cache", "url": f"redis://127.0.0.1:{port}", "scan_rate": 1_000_000}]}))
        mine = live(client, [stacktop, "-c", path], "keys")
        other = live(client, ["redis-cli", "-p", port, "--stat", "-i", str(INTERVAL_S)], "keys")
        env = environment("dumb", {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder)})
        ours = scan(client, [stacktop, "show", "-c", path, "redis.memory", "cache", "--json", "--duration", f"{SCAN_S}s"], env)
        [looked_at] = [row["cells"]["scanned"] for each in json.loads(ours[2])["target"]["tables"]
                       for row in each["rows"] if "scanned" in row["cells"]]
        peers = {name: scan(client, ["redis-cli", "-p", port, f"--{name}"], env) for name in ("bigkeys", "memkeys")}
    table.add("Redis, each 2 s: commands", f"{mine[0]:.1f}", "<= redis-cli", f"redis-cli --stat: {other[0]:.1f}",
              mine[0] <= other[0] + 0.2)
    table.add("  server's time for them", f"{mine[1]:.0f} us", "", f"redis-cli --stat: {other[1]:.0f} us")
    # the page pauses while the server is slow, as on a loaded machine, and may not reach all keys
    table.add(f"Redis, scan of {looked_at:,} keys: commands a key", f"{ours[0] / looked_at:.2f}", "<= --memkeys",
              "; ".join(f"{name}: {each[0] / KEYS:.2f}" for name, each in peers.items()), ours[0] / looked_at <= peers["memkeys"][0] / KEYS)
    table.add("  server's time for a key", f"{ours[1] / looked_at * 1000:.1f} us", "",
              "; ".join(f"{name}: {each[1] / KEYS * 1000:.1f} us" for name, each in peers.items()))
