"""A Redis of the tests of pages, and what they ask of it."""

import contextlib

import pytest
import redis

from redis_servers import SERVER, Server, configure
from stacktop import stacktop, write_config


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not SERVER:
        pytest.skip("redis-server is not installed")
    running = Server(tmp_path_factory.mktemp("pages"), "--enable-debug-command", "local")
    yield running
    running.end()


@pytest.fixture
def cache(server, tmp_path):
    server.client.config_resetstat()
    server.client.config_set("slowlog-log-slower-than", 10000)
    server.client.config_set("latency-monitor-threshold", 0)
    server.client.slowlog_reset()
    return configure(tmp_path, server)


@contextlib.contextmanager
def as_user(server, folder, *rules):
    """The configuration of a user with these rights only."""
    server.client.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">secret", "~*", "+info", "+ping", "+client|setname",
                                  "+select", *rules)
    try:
        yield write_config(folder, redis=[{"name": "cache", "url": f"redis://watcher:secret@127.0.0.1:{server.port}"}],
                           hosts=[], interval="500ms")
    finally:
        server.client.execute_command("ACL", "DELUSER", "watcher")


def show(config, page, *words, status=0):
    run = stacktop("show", "-c", config, page, "cache", *words, "--json")
    assert run.status == status, run
    target = run.json["target"]
    return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in target["tables"]}, \
        [note["text"] for note in target["notes"]]


def refused(config, page, *words):
    run = stacktop("show", "-c", config, page, "cache", *words)
    assert run.status == 3, run
    return " ".join((run.stdout + run.stderr).split())


def rated(server, folder, rate):
    """The configuration with another budget of the scan."""
    return write_config(folder, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}", "scan_rate": rate}], hosts=[])


HOSTILE = b"bad\n\x1b[31m key\\\"'\xff"
SHOWN = r"bad\n\x1b[31m key\\\"'\xff"


@pytest.fixture
def filled(server):
    """Three prefixes: sessions with a TTL, one of two levels, and a key that is far bigger than all others."""
    server.client.flushall()
    pipe = server.client.pipeline(transaction=False)
    for number in range(1500):
        pipe.set(f"session:{number}", "x" * 100, ex=3600)
    for number in range(500):
        pipe.set(f"app:user:{number}", "y" * 20)
        pipe.set(f"app:cart:{number}", "z" * 20)
    pipe.rpush("queue", *["item" * 10] * 20000)
    pipe.execute()
    with contextlib.closing(redis.Redis(port=server.port)) as client:
        client.set(HOSTILE, "secret-value")
    yield server.client
    server.client.flushall()
