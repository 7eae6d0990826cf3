"""Witnesses: what the servers themselves saw stacktop do, whatever it says of itself.

    with postgres_witness(sandbox) as seen:
        ...
    assert seen() == []
"""

import contextlib
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sandbox import GROUP, TOPIC, wait_until

# Statements that change something, in any spelling. SET for stacktop's own session is not one.
CHANGES = re.compile(
    r"pg_(cancel|terminate)_backend|pg_reload_conf|_reset\(|\b(VACUUM|ANALYZE|REINDEX|CREATE|DROP|ALTER|DELETE|"
    r"UPDATE|INSERT|TRUNCATE)\b", re.I)
# In a transaction that may only read, only functions change something; a page has such words in its texts.
READ_ONLY = "SET TRANSACTION READ ONLY;"
# The plan of one statement, which is not executed: the page postgres.plan asks for it.
PLANS = re.compile(r"EXPLAIN \((?:(?!\bANALYZE\b)[A-Z_, ])*\)\s[^;]*", re.I)
CALLS = re.compile(r"\b(pg_(cancel|terminate)_backend|pg_reload_conf|\w+_reset|pg_drop_\w+|pg_create_\w+)\s*\(", re.I)
REDIS_READS = {"ping", "info", "config|get", "client|setname", "client|list", "client|id", "client|getname",
               "select", "auth", "hello", "slowlog|len", "slowlog|get", "scan", "dbsize", "memory|usage", "latency|latest",
               "role", "pttl", "ttl", "type", "cluster|info", "memory|stats", "acl|whoami", "command|info"}


@contextlib.contextmanager
def postgres_witness(sandbox):
    """Yields a function that returns the changing statements of application stacktop since the start."""
    log = sandbox.folder / "log" / "postgres.log"
    settings = ("log_statement = 'all'", "log_line_prefix = '@%a@ '", "log_min_messages = 'log'")
    start = log.stat().st_size
    for setting in settings:
        sandbox.sql(f"ALTER SYSTEM SET {setting}")
    sandbox.sql("SELECT pg_reload_conf()")
    try:
        wait_until(lambda: sandbox.sql("SHOW log_statement")[0][0] == "all", what="log_statement")

        def seen():
            text = log.read_bytes()[start:].decode(errors="replace")
            # a statement may have several lines: the following ones begin with a tab
            entries = re.findall(r"^@stacktop@ LOG:\s+(?:statement|execute [^:]*): (.*(?:\n\t.*)*)", text, re.M)
            return [entry for entry in entries if not PLANS.fullmatch(entry)
                    if (CALLS if entry.startswith(READ_ONLY) else CHANGES).search(entry)]

        yield seen
    finally:
        for setting in settings:
            sandbox.sql(f"ALTER SYSTEM RESET {setting.split()[0]}")
        sandbox.sql("SELECT pg_reload_conf()")


def redis_admin_calls(sandbox):
    """{"CONFIG SET": calls so far} of changing commands that MONITOR does not show."""
    names = ("config|set", "config|rewrite", "config|resetstat", "client|kill", "client|pause", "slowlog|reset", "shutdown",
             "save", "bgsave", "bgrewriteaof", "debug", "replicaof", "acl|setuser", "acl|deluser", "module|load",
             "cluster|reset", "failover")
    stats = sandbox.redis.info("commandstats")
    return {name.upper().replace("|", " "): stats[f"cmdstat_{name}"]["calls"] for name in names
            if f"cmdstat_{name}" in stats}


@contextlib.contextmanager
def redis_witness(sandbox):
    """Yields a function that returns the changing commands of connections named stacktop. MONITOR shows the address;
    CLIENT SETNAME, which stacktop sends first, shows whose it is. MONITOR hides administrative commands (CONFIG SET,
    CLIENT KILL, ...): INFO only shows that some connection sent them."""
    client = sandbox.redis
    client.connection_pool.connection_kwargs["socket_timeout"] = None
    lines, before = [], redis_admin_calls(sandbox)
    monitor = client.monitor().__enter__()

    def listen():
        with contextlib.suppress(Exception):  # the end: the connection is closed
            while True:
                lines.append(monitor.next_command())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()

    def seen():
        marker = f"witness-{time.monotonic_ns()}"
        sandbox.redis.get(marker)
        wait_until(lambda: any(marker in line["command"] for line in list(lines)), what="MONITOR to catch up")
        ours, found = set(), []
        for line in list(lines):
            if marker in line["command"]:  # ours; its connection may have the port of an earlier one of stacktop
                break
            words = line["command"].split()
            name = words[0].lower() if words else ""
            if len(words) > 1 and f"{name}|{words[1].lower()}" in REDIS_READS | {"config|set", "client|kill"}:
                name = f"{name}|{words[1].lower()}"
            address = line["client_address"], line["client_port"]
            if name == "client|setname":
                (ours.add if words[2].startswith("stacktop") else ours.discard)(address)
            elif address in ours and name not in REDIS_READS:
                found.append(line["command"])
        return found + [name for name, calls in redis_admin_calls(sandbox).items()
                        for _ in range(calls - before.get(name, 0))]

    yield seen
    with contextlib.suppress(Exception):
        monitor.connection.disconnect()
    thread.join(5)


def kafka_state(sandbox):
    """What an action could change on the broker, from Kafka's tools: topics with their partitions and settings,
    groups, and the first offsets of the topic. Needs a paused workload."""
    with ThreadPoolExecutor() as pool:  # each takes a second or two to start
        groups = pool.submit(sandbox.kafka_tool, "consumer-groups", "--list")
        topics = pool.submit(sandbox.kafka_tool, "topics", "--describe")
        starts = pool.submit(sandbox.kafka_tool, "org.apache.kafka.tools.GetOffsetShell", "--topic", TOPIC, "--time", "-2")
        offsets = pool.submit(sandbox.offsets, GROUP)
    # groups that other tests have left are removed by Kafka itself; stacktop is configured to see only the workload's
    return {"groups": sorted(group for group in groups.result().split() if group.startswith("ecap-")),
            "topics": sorted(line for line in topics.result().splitlines() if line.startswith("Topic:")),
            "starts": sorted(starts.result().split()),
            "committed": {place: values[0] for place, values in offsets.result().items()}}


@contextlib.contextmanager
def kafka_witness(sandbox):
    """Yields a function that returns the changes on the broker. Disables retention by size meanwhile, which would
    delete messages every few minutes."""
    settings = sandbox.kafka_tool("topics", "--describe", "--topic", TOPIC)
    kept = ",".join(re.findall(r"retention\.(?:bytes|ms)=-?\d+", settings))
    assert kept.count("=") == 2, settings

    def set_topic(values):
        sandbox.kafka_tool("configs", "--alter", "--entity-type", "topics", "--entity-name", TOPIC, "--add-config", values)

    set_topic("retention.bytes=-1,retention.ms=-1")
    try:
        before = kafka_state(sandbox)

        def seen():
            after = kafka_state(sandbox)
            return [(key, before[key], after[key]) for key in before if before[key] != after[key]]

        yield seen
    finally:
        set_topic(kept)


class Audit:
    """The audit file of a state folder, as lines."""

    def __init__(self, folder):
        self.path = folder / "audit.jsonl"

    @property
    def records(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.strip()]

    def of(self, event):
        return [record for record in self.records if record["event"] == event]

    @property
    def intents(self):
        return self.of("intent")

    @property
    def outcomes(self):
        return self.of("outcome")

    def only(self):
        """(intent, outcome) of the one action that was executed."""
        intents, outcomes = self.intents, self.outcomes
        assert len(intents) == len(outcomes) == 1, self.records
        assert intents[0]["id"] == outcomes[0]["id"]
        return intents[0], outcomes[0]
