"""Redis 6.2 to 8.2 and Valkey 8.1 and 9.1, each a server of the test with a replica: the figures, the plan of every
action, and the effect of each action and nothing else. They are fetched once into the sandbox's cache
(sandbox/stack/servers.py)."""

import contextlib
import re
import shutil
import threading

import pytest
import redis

from redis_servers import Server
from sandbox import wait_until
from stacktop import OK, check, closed_port, stacktop, write_config
from versions import Absent, servers
from witness import Audit


BESIDE = "others"
LIMIT = 200 << 20
VERSIONS = ["system", *servers.REDIS]


@pytest.fixture(scope="module", params=VERSIONS)
def pair(request, tmp_path_factory):
    """A primary and its replica, each with a configuration file."""
    folder = tmp_path_factory.mktemp(request.param)
    program, variables = shutil.which("redis-server") or shutil.which("valkey-server"), {}
    if request.param != "system":
        try:
            program, variables = servers.redis(request.param, folder / "fetch.log")
        except Absent as reason:
            pytest.skip(f"no {request.param}: {reason}")
    if not program:
        pytest.skip("redis-server is not installed")
    started = []

    def start(*options):
        port = closed_port()
        file = folder / f"{port}.conf"
        file.write_text("".join(f"{line}\n" for line in ("maxmemory-policy allkeys-lru", f"maxmemory {LIMIT}", *options)))
        started.append(Server(folder, program=[program, file], variables=variables, port=port))
        return started[-1]

    try:
        master = start("slowlog-log-slower-than -1")
        replica = start(f"replicaof 127.0.0.1 {master.port}")
        wait_until(lambda: replica.client.info()["master_link_status"] == "up", what="the link")
        yield master, replica
    finally:
        for server in started:
            server.end()


class Platform:
    def __init__(self, master, replica, folder):
        self.master, self.replica = master, replica
        self.config = write_config(folder, redis=[
            {"name": name, "url": f"redis://127.0.0.1:{server.port}"} for name, server in (("cache", master), ("copy", replica))],
            interval="500ms", hosts=[], state=str(folder / "state"))
        self.audit = Audit(folder / "state")

    def look(self, name="cache", *words, status=OK):
        run = check(self.config, "--json", "--only", f"redis:{name}", *words)
        assert run.status == status, run
        assert run.document.target("redis", name)["notes"] == [], run
        return run.document

    def plan(self, action, *words):
        plan = stacktop("-c", self.config, "plan", action, "cache", *words, "--json")
        assert plan.status == 0, plan
        return plan.json

    def do(self, action, *words):
        """Plans and applies it; returns the outcome from the audit log."""
        plan = self.plan(action, *words)
        done = stacktop("-c", self.config, "apply", plan["hash"], "--confirm", plan["phrase"])
        assert done.status == 0, done
        intent, result = self.audit.intents[-1], self.audit.outcomes[-1]
        assert intent["id"] == result["id"] and intent["action"] == action and result["result"] == "done", result
        return result


@pytest.fixture
def platform(pair, tmp_path):
    master, replica = pair
    master.client.flushall()
    master.client.config_set("maxmemory", LIMIT)
    pipe = master.client.pipeline(transaction=False)
    for number in range(300):
        pipe.set(f"cache:{number}", "x" * 100, **({"ex": 3600} if number < 30 else {}))
        pipe.set(f"session:{number}", "y")
    pipe.rpush("big", *["item"] * 5000)
    pipe.execute()
    in_database(master, 3, lambda client: client.mset({f"cache:{number}": "z" for number in range(20)}))
    return Platform(master, replica, tmp_path)


def in_database(server, number, use):
    with contextlib.closing(redis.Redis(port=server.port, db=number, decode_responses=True)) as client:
        return use(client)


def count(server, pattern, number=0):
    return in_database(server, number, lambda client: sum(1 for _ in client.scan_iter(match=pattern, count=1000)))


@pytest.fixture
def blocked(pair):
    """A client that waits in BLPOP, and whether its connection is open."""
    client = redis.Redis(port=pair[0].port, client_name="worker", socket_timeout=600)
    ended = threading.Event()

    def wait():
        with contextlib.suppress(redis.RedisError, OSError, ValueError):
            client.blpop(["queue"], timeout=0)
        ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    wait_until(lambda: pair[0].client.info()["blocked_clients"] == 1, what="the client to wait")
    yield ended
    pair[0].client.rpush("queue", "end")
    thread.join(5)
    pair[0].client.delete("queue")


def slow(server):
    """Creates slow log entries by lowering the threshold, then restores it."""
    before = server.client.config_get("slowlog-log-slower-than")["slowlog-log-slower-than"]
    server.client.config_set("slowlog-log-slower-than", 0)
    for _ in range(5):
        server.client.lrange("big", 0, -1)
    server.client.config_set("slowlog-log-slower-than", before)


def test_figures(platform, blocked):
    info = platform.master.client.info()
    document = platform.look()
    figures = document.summary("redis", "summary")
    assert {name: figures[name] for name in ("clients", "keys", "expires", "blocked", "replicas", "role", "mode", "policy",
                                             "maxmemory", "maxclients")} == {
        "clients": info["connected_clients"] + 1, "keys": 621, "expires": 30, "blocked": 1, "replicas": 1, "role": "master",
        "mode": "standalone", "policy": "allkeys-lru", "maxmemory": LIMIT, "maxclients": 10000}
    assert figures["replica_lag"] <= 2
    name, own = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    assert figures["version"] == f"{name} {own}"
    assert abs(figures["used"] - info["used_memory"]) < 1 << 20
    assert abs(figures["memory_ratio"] - figures["used"] / LIMIT) < 0.02
    assert figures["host_memory"] == info["total_system_memory"] and figures["uptime"] >= info["uptime_in_seconds"]
    assert document.rows("redis", "keyspace") == {
        "db0": {"db": "db0", "keys": 601, "expires": 30, "avg_ttl": document.rows("redis", "keyspace")["db0"]["avg_ttl"]},
        "db3": {"db": "db3", "keys": 20, "expires": 0}}
    unknown = {name: cell["unknown"] for name, cell in figures.items() if isinstance(cell, dict) and "unknown" in cell}
    if unknown.get("latency") == "stacktop was busy while waiting for the answer":  # on a loaded machine it is not known
        unknown.pop("latency")
    assert set(unknown.values()) == {"needs two collections"}, unknown


def test_rates(platform):
    done = threading.Event()

    def read():
        with contextlib.closing(redis.Redis(port=platform.master.port)) as client:
            while not done.wait(0.005):
                client.get("cache:1")
                client.get("cache:none")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        figures = platform.look("cache", "--duration", "3s").summary("redis", "summary")
    finally:
        done.set()
        reader.join()
    assert 0.4 < figures["hit_ratio"] < 0.6 and figures["ops"] > 20
    assert figures["evictions"] == figures["rejected"] == 0 and figures["net_in"] > 0
    assert not [name for name, cell in figures.items() if isinstance(cell, dict) and "unknown" in cell], figures


def test_the_replica(platform):
    wait_until(lambda: count(platform.replica, "*") == 601, what="the replica to have them")
    figures = platform.look("copy").summary("redis", "summary", "copy")
    assert {name: figures[name] for name in ("role", "master_link", "keys", "replicas")} == {
        "role": "replica", "master_link": "up", "keys": 621, "replicas": 0}
    assert figures["replica_lag"] <= 11


def wants():
    return {"redis.delete-keys": ["pattern=cache:*"], "redis.expire-keys": ["pattern=cache:*", "ttl=1h"],
            "redis.set-memory": ["maxmemory=300mb", "policy=allkeys-lfu"], "redis.kill-client": ["id="],
            "redis.purge-memory": [], "redis.reset-slowlog": [], "redis.flush-db": ["db=3"], "redis.flush-all": []}


def everything(server):
    """What an action may change."""
    client = server.client
    return {"keys": [count(server, pattern, number) for pattern in ("cache:*", "session:*", "big") for number in (0, 3)],
            "ttls": sum(client.ttl(f"{name}:{number}") > 0 for name in ("cache", "session") for number in range(300)),
            "settings": client.config_get("*"), "slowlog": client.slowlog_len() > 0,
            # the worker and the replica; the test's own connections have no name
            "clients": sorted(each["id"] for each in client.client_list()
                              if each["name"] not in ("", "stacktop") or "S" in each["flags"])}


def test_every_action_has_its_plan(platform, blocked):
    assert set(re.findall(r"^  \S  (redis\.\S+)", stacktop("actions").stdout, re.M)) == set(wants()) | {
        "redis.script-kill", "redis.function-kill", "redis.expire-key", "redis.persist-key", "redis.delete-key",
        "redis.failover"}
    slow(platform.master)
    worker = next(each["id"] for each in platform.master.client.client_list() if each["name"] == "worker")
    before = everything(platform.master)
    for action, words in wants().items():
        words = [worker] if action == "redis.kill-client" else words
        if action == "redis.purge-memory" and not purges(platform.master):
            refused = stacktop("-c", platform.config, "plan", action, "cache")
            assert refused.status == 1 and "its allocator is libc: only jemalloc can be purged" in refused.stderr, refused
            continue
        assert platform.plan(action, *words)["victims"], action
    assert everything(platform.master) == before and platform.audit.records == []
    assert not blocked.is_set()


def purges(server):
    return "jemalloc" in server.client.info()["mem_allocator"]


def changes(platform, action, *words):
    """The changes: {name: (before, after)}."""
    before = everything(platform.master)
    platform.do(action, *words)
    after = everything(platform.master)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def test_keys(platform):
    assert changes(platform, "redis.delete-keys", "pattern=session:*") == {"keys": ([300, 20, 300, 0, 1, 0], [300, 20, 0, 0, 1, 0])}
    wait_until(lambda: count(platform.replica, "session:*") == 0, what="the replica to follow")
    changed = changes(platform, "redis.expire-keys", "pattern=cache:*", "ttl=30m")
    assert changed == {"ttls": (30, 300)}
    assert all(0 < platform.master.client.ttl(f"cache:{number}") <= 1800 for number in range(300))
    platform.master.client.expire("cache:1", 60)  # it would expire sooner
    changes(platform, "redis.expire-keys", "pattern=cache:1*", "ttl=20m")
    ttls = [platform.master.client.ttl(f"cache:{number}") for number in (1, 10, 2)]
    assert 0 < ttls[0] <= 60 and 1100 < ttls[1] <= 1200 and 1700 < ttls[2] <= 1800
    assert in_database(platform.master, 3, lambda client: client.ttl("cache:1")) == -1


def test_slowlog_memory_and_clients(platform, blocked):
    slow(platform.master)
    assert changes(platform, "redis.reset-slowlog") == {"slowlog": (True, False)}
    changed = changes(platform, "redis.set-memory", "maxmemory=300mb", "policy=allkeys-lfu")
    assert list(changed) == ["settings"], changed
    settings = changed["settings"]
    assert dict(settings[1].items() - settings[0].items()) == {"maxmemory": str(300 << 20), "maxmemory-policy": "allkeys-lfu"}
    file = (platform.master.folder.parent / f"{platform.master.port}.conf").read_text()
    assert re.search(r"^maxmemory 300mb$", file, re.M) and re.search(r"^maxmemory-policy allkeys-lfu$", file, re.M), file
    undo = platform.audit.outcomes[-1]["undo"].split()
    platform.do(undo[0], *undo[2:])
    assert platform.master.client.config_get("maxmemory*")["maxmemory-policy"] == "allkeys-lru"
    if purges(platform.master):
        assert changes(platform, "redis.purge-memory") == {}
    worker = next(each["id"] for each in platform.master.client.client_list() if each["name"] == "worker")
    platform.do("redis.kill-client", worker)
    assert blocked.wait(5) or worker not in [each["id"] for each in platform.master.client.client_list()]


def test_flush(platform):
    assert changes(platform, "redis.flush-db", "db=3") == {"keys": ([300, 20, 300, 0, 1, 0], [300, 0, 300, 0, 1, 0])}
    changed = changes(platform, "redis.flush-all")
    assert changed["keys"][1] == [0] * 6 and set(changed) == {"keys", "ttls"}
    wait_until(lambda: platform.replica.client.dbsize() == 0, what="the replica to follow")
    assert platform.look().summary("redis", "summary")["keys"] == 0
