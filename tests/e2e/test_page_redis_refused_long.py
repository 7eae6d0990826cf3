"""Pages of Redis of which something is refused: it is named, nothing unknown is a zero, and no refusal is repeated."""

import threading

import pytest

from page_redis_server import as_user, cache, filled, server, show  # noqa: F401: fixtures
from redis_servers import configure, serve  # noqa: F401: fixtures
from sandbox import wait_until
from stacktop import closed_port, stacktop

LABEL = "long"
BESIDE = "others"


def refusals(server):
    found = server.client.info("errorstats").get("errorstat_NOPERM", "count=0")
    return int(found["count"] if isinstance(found, dict) else found.partition("=")[2])


def test_ids_in_the_names_of_keys_hide_no_prefix(server, cache):
    """user:1:name, user:2:name, ... are one prefix: those of the first level are all shown, the biggest ones first."""
    pipe = server.client.pipeline(transaction=False)
    for number in range(1500):
        pipe.set(f"user:{number}:name", "x")
    for number in range(20):
        pipe.set(f"late{number}:1", "x")
    pipe.set("big:1", "x" * 1000000)
    pipe.execute()
    try:
        tables, notes = show(cache, "redis.memory", "--duration", "2500ms")
    finally:
        server.client.flushall()
    keys = list(tables["prefixes"])
    assert keys[:2] == ["big:", "user:"] and {f"late{number}:" for number in range(20)} < set(keys)
    assert tables["prefixes"]["user:"]["keys"] == 1500 and tables["prefixes"]["user:(other)"]["keys"] == 500
    assert any("of the second level at most" in note for note in notes)


def test_keys_that_the_user_may_not_read_are_counted_only(server, filled, tmp_path):
    with as_user(server, tmp_path, "resetkeys", "~session:*", "+@all") as config:
        tables, notes = show(config, "redis.memory", "--duration", "2s")
    rows, why = tables["prefixes"], {"unknown": "needs READ on these keys: ~pattern"}
    assert rows["session:"]["bytes"] > 0 and rows["session:"]["keys"] > 0
    assert rows["app:"]["bytes"] == rows["app:"]["mean"] == rows["app:"]["mean_ttl"] == why and rows["app:"]["keys"] > 0
    assert any("keys are only counted: they need a right: ACL SETUSER watcher" in note for note in notes)
    assert not any("+memory|usage" in note for note in notes)


def test_a_scan_does_not_repeat_what_is_denied(server, filled, tmp_path):
    server.client.config_resetstat()
    with as_user(server, tmp_path, "+@all", "-memory", "-pttl", "-dbsize") as config:
        tables, notes = show(config, "redis.memory")
    assert tables["summary"]["memory"]["scan"].endswith(" of an unknown number of keys")
    for right in ("+memory|usage", "+memory|stats", "+pttl", "+dbsize"):
        assert any(right in note for note in notes), (right, notes)
    assert tables["summary"]["memory"]["scanned"] >= 1000 and refusals(server) < 500


@pytest.mark.parametrize("right", ["+pttl", "+object|encoding", "+memory|usage", "+strlen"])
def test_the_right_that_a_key_needs_is_named(server, filled, tmp_path, right):
    with as_user(server, tmp_path, "+@all", f"-{right[1:].partition('|')[0]}") as config:
        tables, notes = show(config, "redis.key", "session:1")
    assert tables["keys"]["session:1"]["type"] == "string"
    assert any(f"need a right: ACL SETUSER watcher {right}" in note for note in notes), notes


def test_counters_that_start_again_are_lower_bounds(server, cache):
    """CONFIG RESETSTAT while the page is open: also of commands that are called more often afterwards than before."""
    def work():
        for _ in range(50):
            server.client.get("x")
        threading.Event().wait(1.2)
        server.client.config_resetstat()
        for _ in range(300):
            server.client.get("x")

    thread = threading.Thread(target=work)
    server.client.mget("a", "b")
    thread.start()
    tables, _ = show(cache, "redis.commands", "--duration", "3s")
    thread.join()
    assert tables["commands"]["get"]["watched_calls"] == 300
    assert tables["commands"]["get"]["total_calls"] == 300


def cluster_node(serve, slots, *options):
    bus = closed_port()
    node = serve("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", str(bus), *options)
    node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
    return node, bus


def cluster_is(node, state):
    wait_until(lambda: node.client.cluster("info").get("cluster_state") == state, 20, what=f"the cluster to be {state}")


def test_keys_of_a_cluster_that_is_down_are_not_gone(serve, tmp_path):
    """Without all slots the node lists its keys, and refuses to look at them; a slot that migrates has its keys elsewhere."""
    node, _ = cluster_node(serve, (0, 16383))
    cluster_is(node, "ok")
    for number in range(30):
        node.client.set(f"k:{number}", "v")
    config = configure(tmp_path, node)
    tables, _ = show(config, "redis.memory")
    assert tables["prefixes"]["k:"]["keys"] == 30
    slot = node.client.cluster("keyslot", "absent")
    node.client.execute_command("CLUSTER", "DELSLOTS", slot)
    cluster_is(node, "fail")
    run = stacktop("show", "-c", config, "redis.memory", "cache", "--json")
    assert run.status == 3 and "CLUSTERDOWN" in run.stdout and "complete" not in run.stdout, run


def test_a_key_of_another_node_is_explained(serve, tmp_path):
    node, _ = cluster_node(serve, (0, 8000))
    other, bus = cluster_node(serve, (8001, 16383))
    node.client.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)
    cluster_is(node, "ok")
    config = configure(tmp_path, node)
    for key in (f"k{number}" for number in range(100)):
        if node.client.cluster("keyslot", key) > 8000:
            break
    run = stacktop("show", "-c", config, "redis.key", "cache", key)
    said = f"the key belongs to another node of the cluster, 127.0.0.1:{other.port}"
    assert run.status == 3 and said in run.stdout, run
    run = stacktop("plan", "-c", config, "redis.delete-key", "cache", key)
    assert run.status != 0 and said in run.stderr, run


def test_latency_of_a_server_that_refuses_its_data(serve, tmp_path):
    """A replica without its master, as one that is loading, refuses PING: the page is about just that, and shows the rest."""
    replica = serve("--replica-serve-stale-data", "no")
    replica.client.execute_command("REPLICAOF", "127.0.0.1", closed_port())
    tables, _ = show(configure(tmp_path, replica), "redis.latency")
    [summary] = tables["summary"].values()
    assert summary["round_trip"] > 0 and summary["slowlog_threshold"] == pytest.approx(0.01)
