"""The pages redis.memory and redis.key: the scan keeps its budget and says its share; a key without its value."""

import contextlib

import pytest
import redis

from page_redis_server import as_user, cache, filled, rated, refused, server, show, SHOWN  # noqa: F401 (fixtures)
from sandbox import wait_until
from stacktop import stacktop

BESIDE = "others"


def test_memory_scans_within_its_budget_and_says_the_share(server, cache, filled, tmp_path):
    tables, _ = show(cache, "redis.memory")
    [summary] = tables["summary"].values()
    assert f"{summary['scanned']:,} of about 2,502 keys" in summary["scan"]  # paused, where the machine is busy
    assert 0 < summary["scanned"] <= 1200
    assert summary["share"] == pytest.approx(summary["scanned"] / 2502)
    fast = rated(server, tmp_path, 100000)

    def complete():
        shown, _ = show(fast, "redis.memory")
        return shown if next(iter(shown["summary"].values()))["scan"] == "complete: 2,502 keys" else None

    tables = wait_until(complete, 30, what="a scan without a pause")
    [summary] = tables["summary"].values()
    assert summary["share"] == 1
    prefixes = tables["prefixes"]
    assert {name: cells["keys"] for name, cells in prefixes.items()} == {
        "session:": 1500, "app:": 1000, "app:user:": 500, "app:cart:": 500, "(no prefix)": 2}
    session = filled.memory_usage("session:7", samples=5)
    assert prefixes["session:"]["mean"] == pytest.approx(session, rel=0.05)
    assert prefixes["session:"]["expiring"] == 1 and prefixes["app:"]["expiring"] == 0
    assert 3000 < prefixes["session:"]["mean_ttl"] <= 3600
    assert sum(prefixes[name]["share"] for name in ("session:", "app:", "(no prefix)")) == pytest.approx(1)
    assert list(tables["keys"])[0] == "queue"
    assert tables["keys"]["queue"]["bytes"] == filled.memory_usage("queue", samples=5)
    stats = filled.memory_stats()
    assert summary["dataset"] == pytest.approx(stats["dataset.bytes"], rel=0.2)
    assert summary["overhead"] == pytest.approx(stats["overhead.total"], rel=0.5)


def test_memory_of_several_databases_and_without_a_right(server, cache, filled, tmp_path):
    with contextlib.closing(redis.Redis(port=server.port, db=3)) as other:
        other.set("elsewhere", 1)
    _, notes = show(cache, "redis.memory")
    assert any("keys of database 0 only; others with keys: db3" in note for note in notes)
    with as_user(server, tmp_path, "+scan", "+dbsize", "+pttl") as config:
        tables, notes = show(config, "redis.memory")
    assert tables["prefixes"]["session:"]["bytes"] == {"unknown": "needs +memory|usage"}
    assert tables["prefixes"]["session:"]["keys"] > 0
    assert any("ACL SETUSER watcher +memory|usage" in note for note in notes)
    with as_user(server, tmp_path) as config:
        assert "needs a right: ACL SETUSER watcher +scan" in refused(config, "redis.memory")


def test_a_key(server, cache, filled):
    tables, _ = show(cache, "redis.key", "queue")
    cells = tables["keys"]["queue"]
    assert [cells["type"], cells["encoding"], cells["length"], cells["db"]] == ["list", "quicklist", 20000, 0]
    assert cells["bytes"] == filled.memory_usage("queue", samples=5) and "ttl" not in cells
    assert cells["frequency"] == {"unknown": "needs an LFU policy"} and cells["idle"] < 100
    cells = show(cache, "redis.key", "session:7")[0]["keys"]["session:7"]
    assert [cells["type"], cells["length"]] == ["string", 100] and 3000 < cells["ttl"] <= 3600
    hostile, _ = show(cache, "redis.key", SHOWN)
    assert hostile["keys"][SHOWN]["length"] == len("secret-value") and "secret-value" not in str(hostile)
    run = stacktop("show", "-c", cache, "redis.key", "cache", "none")
    assert run.status == 3 and "database 0 has no key none now" in run.stdout + run.stderr
