"""The page redis.memory while the server is slow, and with names of a megabyte."""

import contextlib
import threading

import redis

from page_redis_server import cache, filled, rated, server, show  # noqa: F401 (fixtures)
from sandbox import wait_until
from stacktop import stacktop

BESIDE = "others"


def test_memory_pauses_while_the_server_is_slow(server, cache, filled):
    ended = threading.Event()

    def load():
        with contextlib.closing(redis.Redis(port=server.port)) as client:
            ended.wait(1)
            while not ended.is_set():
                client.execute_command("DEBUG", "SLEEP", "0.2")

    loader = threading.Thread(target=load)
    loader.start()
    try:
        tables, _ = show(cache, "redis.memory", "--duration", "3s")
    finally:
        ended.set()
        loader.join()
    [summary] = tables["summary"].values()
    assert summary["scan"].startswith("paused at ") and "round trip" in summary["scan"], summary
    assert summary["scanned"] < 2502


def test_names_of_a_megabyte(server, cache, filled):
    for number in range(40):
        filled.set(f"{'n' * (1 << 20)}{number}", 1)
    def complete():
        shown, _ = show(cache, "redis.memory", "--duration", "10s")
        return shown if next(iter(shown["summary"].values()))["scan"] == "complete: 2,542 keys" else None

    tables = wait_until(complete, 60, what="a scan of all keys")
    [name] = [name for name, cells in tables["keys"].items() if cells["key"].startswith("nnn")][:1]
    run = stacktop("show", "-c", cache, "redis.key", "cache", name)
    assert run.status == 3 and "is not the name of a key" in run.stdout + run.stderr


def test_the_scan_continues_after_its_connection_was_lost(server, filled, tmp_path):
    """2,502 keys at 400 a second: without what was seen before, the rest of the time would not be enough."""
    config = rated(server, tmp_path, 400)
    ended = threading.Event()

    def cut():
        """Once, while the scan is in its middle."""
        while not ended.wait(0.1):
            own = [each for each in filled.client_list() if each["name"] == "stacktop"]
            if own and int(own[0]["age"]) >= 3:
                filled.client_kill_filter(_id=own[0]["id"])
                cuts.append(own[0]["id"])
                return

    cuts = []
    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        tables, _ = show(config, "redis.memory", "--duration", "8s")
    finally:
        ended.set()
        cutter.join()
    [summary] = tables["summary"].values()
    assert cuts and summary["scanned"] > 2200, summary
