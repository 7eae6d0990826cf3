"""Redis servers in states that a healthy one never has, through the real binary: output and exit status of `check`,
and the dashboard. Each test starts its own servers and needs no sandbox."""

import json
import re
import signal
import threading
import time

import pytest
import redis

from redis_servers import configure, findings, serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import OK, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"


def test_a_cluster_that_is_down_says_why(serve, tmp_path):
    server = serve("--cluster-enabled", "yes", "--cluster-port", str(closed_port()))
    server.client.execute_command("CLUSTER ADDSLOTSRANGE", 5461, 16383)
    assert findings(configure(tmp_path, server)) == ["cache: cluster is down: 5,461 of 16,384 slots not served"]


def test_a_busy_server_is_critical(serve, tmp_path):
    server = serve("--lua-time-limit", "50")
    config = configure(tmp_path, server)
    assert check(config).status == OK
    loop = threading.Thread(target=lambda: pytest.raises(redis.ResponseError, server.client.eval, "while true do end", 0))
    loop.start()
    other = redis.Redis(port=server.port)

    def is_busy():
        try:
            return not other.ping()
        except redis.ResponseError as error:
            return "running a script" in str(error)
    wait_until(is_busy, what="the server to be busy")
    assert findings(config)[0].startswith("cache: busy running a script, refuses other commands")
    other.script_kill()
    loop.join()


def test_missing_replicas_are_critical(serve, tmp_path):
    server = serve("--min-replicas-to-write", "1")
    assert findings(configure(tmp_path, server)) == [
        "cache: writes are refused: 0 of 1 replicas that min-replicas-to-write requires"]


def test_a_slow_server_is_not_all_ok(serve, tmp_path):
    """Suspends it for 0.5 s repeatedly, so that each command waits."""
    server = serve()
    config = write_config(tmp_path, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}"}], interval="300ms",
                          hosts=[], thresholds={"redis.latency": {"warn": "100ms", "for": "1s"}})
    stop = threading.Event()

    def stall():
        while not stop.is_set():
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            server.process.send_signal(signal.SIGCONT)
            time.sleep(0.02)
    thread = threading.Thread(target=stall)
    with dashboard(config, columns=120, rows=30) as terminal:
        terminal.wait_for("all ok")
        thread.start()
        try:
            terminal.wait_for(re.compile(r"typical latency \d+ms, above 100ms \(latency"), 20)
        finally:
            stop.set()
            thread.join()


def test_a_restart_and_a_change_of_role_are_events(serve, tmp_path):
    server, master = serve(), serve("--repl-diskless-sync-delay", "0")
    with dashboard(configure(tmp_path, server), columns=120, rows=30) as terminal:
        terminal.wait_for("role master")
        server.client.replicaof("127.0.0.1", master.port)
        terminal.wait_for(f"role changed from master to replica of 127.0.0.1:{master.port}")
        server.process.kill()
        server.process.wait()
        server.start()
        terminal.wait_for("restarted")
        terminal.wait_for(f"role changed from replica of 127.0.0.1:{master.port} to master")


def test_a_change_of_a_setting_is_an_event(serve, tmp_path):
    server = serve()
    with dashboard(configure(tmp_path, server), columns=120, rows=30) as terminal:
        terminal.wait_for("role master")
        server.client.config_set("maxmemory", 64 << 20)
        terminal.wait_for("maxmemory changed: no limit -> 64 MB")
        server.client.config_set("maxmemory-policy", "allkeys-lru")
        terminal.wait_for("maxmemory-policy changed: noeviction -> allkeys-lru")


def test_the_charts_of_a_server(serve, tmp_path):
    """Every figure with a history, one after another, and back to the first."""
    with dashboard(configure(tmp_path, serve()), columns=80, rows=24) as terminal:
        terminal.wait_for("role master")
        terminal.press("c")
        terminal.wait_for(lambda screen: "mean" in screen.text)
        titles = []
        while not titles or titles[0] != titles[-1] or len(titles) == 1:
            titles.append(re.search(r"\[[^\]]*: ([^\]]+)\]", terminal.screen.text)[1])
            terminal.press("Right")
            terminal.wait_gone(f": {titles[-1]}]")
        assert len(titles) > 4 and len(set(titles)) == len(titles) - 1, titles
        terminal.press("Left", "Esc")
        terminal.wait_for("role master")


def test_one_password_in_the_environment_breaks_nobody(serve, tmp_path):
    with_one, without = serve("--requirepass", "right"), serve()
    env = {"REDISCLI_AUTH": "right"}
    assert check(configure(tmp_path, with_one, without), env=env).status == OK
    assert "cmdstat_auth" not in json.dumps(without.client.info("commandstats"))
    run = check(configure(tmp_path, with_one, password=""), env=env)
    assert run.status != OK and "the configuration sets an empty password" in run.stdout + run.stderr, run


def test_the_slow_log_reaches_no_file_with_its_arguments(serve, tmp_path):
    server = serve()
    server.client.config_set("slowlog-log-slower-than", 0)
    server.client.config_set("masterauth", "hunter2")
    server.client.set("session:1", "hunter2")
    server.client.eval("return 'hunter2'", 0)
    server.client.config_set("slowlog-log-slower-than", -1)
    config = configure(tmp_path, server)
    plan = stacktop("-c", config, "plan", "redis.reset-slowlog", "cache", "--json")
    assert plan.status == OK and "SET session:1 ..." in plan.stdout and "CONFIG SET ..." in plan.stdout, plan
    run = stacktop("-c", config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"])
    assert run.status == OK, run
    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files and not [path for path in files if b"hunter2" in path.read_bytes()]
    assert "hunter2" not in plan.stdout + run.stdout + run.stderr
