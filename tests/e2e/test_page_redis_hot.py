"""Hot keys on the page redis.memory: as redis-cli --hotkeys lists them, where the policy counts; otherwise a row that says
which policy would."""

import re
import shutil
import subprocess

import pytest

from page_redis_server import as_user, HOSTILE, SHOWN
from redis_servers import serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import stacktop, write_config
from page_redis_server import show

BESIDE = "others"


@pytest.fixture
def lfu(serve):  # noqa: F811
    """A key that is used often, a hostile one that is used less, and a hundred others."""
    server = serve("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lfu", "--lfu-log-factor", "1")
    for number in range(100):
        server.client.set(f"cold:{number}", "x")
    server.client.set("hot:one", "y" * 100, ex=3600)
    server.client.set(HOSTILE, "secret-value")
    pipe = server.client.pipeline(transaction=False)
    for _ in range(2000):
        pipe.get("hot:one")
    for _ in range(300):
        pipe.get(HOSTILE)
    pipe.execute()
    return server


def fast(server, folder, **more):
    return write_config(folder, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}", "scan_rate": 100000, **more}],
                        hosts=[])


def test_the_order_and_the_counters_are_those_of_redis_cli(lfu, tmp_path):
    def complete():
        tables, _ = show(fast(lfu, tmp_path), "redis.memory", "--sort", "hot keys")
        return tables if next(iter(tables["summary"].values()))["scan"].startswith("complete") else None

    before = lfu.client.object("freq", "hot:one")
    hot = wait_until(complete, 20, what="a scan without a pause")["hot"]
    assert list(hot)[:2] == ["hot:one", SHOWN] and len(hot) == 102
    assert hot["hot:one"]["frequency"] == before == lfu.client.object("freq", "hot:one")  # looking is not using
    assert hot["hot:one"]["bytes"] == lfu.client.memory_usage("hot:one") and 3000 < hot["hot:one"]["ttl"] <= 3600
    assert "secret-value" not in str(hot)
    if shutil.which("redis-cli"):
        told = subprocess.run(["redis-cli", "-p", str(lfu.port), "--hotkeys"], capture_output=True, text=True, timeout=30).stdout
        [counter] = re.findall(r"hot key found with counter: (\d+)\s+keyname: \"?hot:one", told)
        assert int(counter) == hot["hot:one"]["frequency"], told
    run = stacktop("show", "-c", fast(lfu, tmp_path), "redis.key", "cache", "hot:one", "--json")
    assert run.json["target"]["tables"][0]["rows"][0]["cells"]["frequency"] == before


def test_what_the_policy_or_the_right_withholds_is_said(lfu, tmp_path):
    with as_user(lfu, tmp_path, "+scan", "+dbsize", "+pttl", "+memory|usage", "+memory|stats") as config:
        hot = show(config, "redis.memory")[0]["hot"]
        assert [cells["key"] for cells in hot.values()] == ["needs a right: ACL SETUSER watcher +object|freq"]
        lfu.client.execute_command("ACL", "SETUSER", "watcher", "+object|freq")
        assert "hot:one" in wait_until(lambda: show(config, "redis.memory", "--duration", "2s")[0]["hot"], 20)
    lfu.client.config_set("maxmemory-policy", "allkeys-lru")
    tables, _ = show(fast(lfu, tmp_path), "redis.memory")
    [cells] = tables["hot"].values()
    assert cells["key"] == "not counted with maxmemory-policy allkeys-lru: allkeys-lfu or volatile-lfu is needed"
    assert cells["frequency"] == {"unknown": "needs an LFU policy"}
    run = stacktop("show", "-c", fast(lfu, tmp_path), "redis.key", "cache", "\\policy")
    assert run.status == 3, run
