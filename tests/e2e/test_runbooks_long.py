"""Each shipped runbook to its end on the sandbox, as a person runs it: in a terminal, with a real problem, and the effect
looked at on the server."""

import re

import pytest

import keys
from runbook_terminal import agree, choose, ends_well
from sandbox import wait_until
from stacktop import BINARY
from terminal import Terminal

BESIDE = "others"


@pytest.fixture
def run(calm, tmp_path):
    """run(scene, name, parameters...): the terminal in which the runbook runs, once the scene shows its problem."""
    terminals = []

    def made(scene, metric, name, *words):
        config = keys.configure(calm, tmp_path)
        calm.scene(scene)
        terminal = Terminal([BINARY, "-c", config, "runbook", "run", name, *words], columns=120, rows=60)
        terminals.append(terminal)
        return terminal

    yield made
    for terminal in terminals:
        terminal.close()


def test_api_down(calm, run, tmp_path):
    terminal = run("api-down", "service", "api-down")
    choose(terminal, "api does not answer, and what it needs does", 1)
    agree(terminal, "service.start")
    ends_well(terminal, tmp_path, "service.start")


def test_redis_memory(calm, run, tmp_path):
    terminal = run("redis-full", "redis", "redis-memory", "limit=80%")
    choose(terminal, "What now?", 1)
    agree(terminal, "redis.set-memory")
    ends_well(terminal, tmp_path, "redis.set-memory")
    assert calm.redis.config_get("maxmemory")["maxmemory"] == str(128 << 20)


def test_pool_exhausted(calm, run, tmp_path):
    terminal = run("db-full", "postgres", "pool-exhausted", "age=1s")
    choose(terminal, "An application with a pool connects again", 1)
    terminal.wait_for("Row for the action", 40)
    terminal.press("application=ecap-pool-*", "Enter")
    agree(terminal, "postgres.terminate-group")
    ends_well(terminal, tmp_path, "postgres.terminate-group")
    assert calm.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0] < 40


def test_consumer_lag(calm, run, tmp_path):
    calm.need("kafka")
    terminal = run("lag", "kafka", "consumer-lag")
    choose(terminal, "Why does ecap-consumer-group fall behind?", 1)
    agree(terminal, "service.restart")
    ends_well(terminal, tmp_path, "service.restart")
    wait_until(lambda: calm.lag() < 10000, 30)


def test_disk_full(calm, run, tmp_path):
    calm.need("disk")
    data = next(line for line in calm.config.read_text().splitlines() if "mounts:" in line)
    mount = re.search(r'"([^"]+disk/data)"', data).group(1)
    terminal = run("disk-full", "disk", "disk-full", f"mount={mount}")
    choose(terminal, "How is space to be freed", 1)
    terminal.wait_for("Row for the action", 40)
    terminal.press(*re.search(r"(\d+/\d+) +export\.log", terminal.screen.text).group(1), "Enter")
    agree(terminal, "host.truncate-file")
    ends_well(terminal, tmp_path, "host.truncate-file")
