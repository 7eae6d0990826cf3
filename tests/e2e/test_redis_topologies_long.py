"""Redis as a cluster of three and behind a Sentinel, through the real binary: a stopped node, a pattern on one node, a
failover."""

import re
import subprocess

import redis

from redis_servers import SERVER, cluster_of_three, configure, findings, serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import OK, check, closed_port, dashboard, stacktop, write_config


def test_a_cluster_without_a_node_says_which_slots(serve, tmp_path):
    nodes = cluster_of_three(serve)
    config = configure(tmp_path, nodes[0])
    assert check(config).status == OK
    nodes[1].end()
    wait_until(lambda: "cluster is down: 5,462 of 16,384 slots not served" in check(config).stdout, what="the node to be missed")
    assert findings(config) == ["cache: cluster is down: 5,462 of 16,384 slots not served"]


def test_a_pattern_concerns_one_node(serve, tmp_path):
    nodes = cluster_of_three(serve)
    for index in range(60):
        for node in nodes:
            try:
                node.client.set(f"cache:{index}", "x")
            except redis.ResponseError as moved:
                assert "MOVED" in str(moved) or str(moved)[0].isdigit(), moved
    before = [node.client.dbsize() for node in nodes]
    assert sum(before) == 60 and min(before) > 0
    config = configure(tmp_path, *nodes)
    plan = stacktop("-c", config, "plan", "redis.delete-keys", "cache1", "pattern=cache:*", "--json")
    assert plan.status == OK and plan.json["count"] == before[1], plan
    assert "keys on the other nodes are not affected" in plan.stdout
    run = stacktop("-c", config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"])
    assert run.status == OK, run
    assert [node.client.dbsize() for node in nodes] == [before[0], 0, before[2]]


def test_a_failover_by_sentinel_is_an_event(serve, tmp_path):
    """The replica becomes the primary, and the Sentinel's primary moves."""
    first = serve()
    second = serve("--replicaof", "127.0.0.1", str(first.port))
    port = closed_port()
    file = tmp_path / "sentinel.conf"
    file.write_text(f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nsentinel monitor main 127.0.0.1 {first.port} 1\n"
                    "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n")
    sentinel = subprocess.Popen([SERVER, str(file), "--sentinel"], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port, decode_responses=True)
    try:
        def knows():
            try:
                return client.info("sentinel").get("master0", {}).get("slaves") == 1
            except redis.ConnectionError:
                return False
        wait_until(knows, what="the Sentinel to know the replica")
        config = write_config(tmp_path, interval="300ms", hosts=[], state=str(tmp_path / "state"), redis=[
            {"name": "sentinel", "url": f"redis://127.0.0.1:{port}"}, {"name": "second", "url": f"redis://127.0.0.1:{second.port}"}])
        with dashboard(config, columns=140, rows=40) as terminal:
            terminal.wait_for("all ok")
            first.end()
            terminal.wait_for(re.compile(rf"master main at 127.0.0.1:{first.port} (is down|does not)"))
            terminal.wait_for(f"second role changed from replica of 127.0.0.1:{first.port} to master", 20)
            terminal.wait_for(re.compile(rf"members changed from master main at 127.0.0.1:{first.port} to master\s", re.S), 20)
    finally:
        sentinel.kill()
        sentinel.wait()
