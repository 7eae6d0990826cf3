"""The sandbox itself: it is what it claims to be, its parts can be stopped and frozen, and it runs without Kafka.
Its scenes and its ups and downs: test_sandbox_long.py."""

import json
import os

import pytest

from sandbox import PARTITIONS, PARTS, TOPIC, wait_until
from sandbox_probe import FAILURES, ask, http, refuses
from stacktop import check


# --- what it is ---------------------------------------------------------------------------------


def test_it_has_the_platforms_names(calm):
    tables = {name for name, in calm.sql("SELECT tablename FROM pg_tables WHERE tableowner = 'ecap_user'")}
    assert tables == {"transactions", "customers", "audit_logs", "session_tokens"}
    assert calm.sql("SELECT pg_has_role('pg_monitor', 'member')", user="ecap_user") == [(True,)]
    assert calm.sql("SELECT count(*) > 0 FROM pg_stat_statements", user="ecap_user") == [(True,)]
    wait_until(lambda: list(calm.redis.scan_iter("session:*")), what="sessions")
    assert any(calm.redis.ttl(key) > 0 for key in calm.redis.scan_iter("cache:*"))
    assert json.loads(http(calm, "/health"))["status"] == "ok"
    assert json.loads(http(calm, "/api/v1/health"))["database"] == "ok"
    assert wait_until(lambda: json.loads(http(calm, "/api/v1/analytics/revenue"))["minutes"])
    assert 'http_request_duration_seconds_bucket{path="/health",le="+Inf"}' in http(calm, "/metrics")
    assert "ECAP" in http(calm, "/", "dashboard")


def test_the_stream_has_the_platforms_names(calm):
    # It may be that it cannot be had here, but what is here must start.
    assert not calm.state["parts"]["kafka"].get("failed"), calm.state["parts"]["kafka"]["reason"]
    calm.need("kafka")
    offsets = calm.offsets()
    assert sum(topic == TOPIC for topic, _ in offsets) == PARTITIONS
    assert {topic for topic, _ in offsets} == {TOPIC, "customers"}
    assert calm.group_state() == ("Stable", "3")


def test_the_workload_moves_it_all(calm):
    def figures():
        info = calm.info()
        return [calm.sql("SELECT max(id) FROM transactions")[0][0], info["keyspace_hits"],
                info["total_commands_processed"], http(calm, "/metrics")]

    before = figures()
    wait_until(lambda: all(a != b for a, b in zip(before, figures())), what="all figures move")


def test_paused_nothing_moves(calm):
    calm.need("kafka")
    with calm.paused():
        def figures():
            info = calm.info()
            return [calm.sql("SELECT max(id) FROM transactions"), calm.sessions(), info["keyspace_hits"],
                    info["keyspace_misses"], calm.offsets()]

        assert figures() == figures()
    last = calm.sql("SELECT max(id) FROM transactions")
    wait_until(lambda: calm.sql("SELECT max(id) FROM transactions") > last, what="it goes on")


def test_a_wrong_name_says_which_there_are(calm):
    done = calm.run("scene", "nonsense", check=False)
    assert done.returncode == 2 and "stuck-consumer" in done.stderr
    done = calm.run("ctl", "stop", "nonsense", check=False)
    assert done.returncode == 2 and "dashboard" in done.stderr


# --- the parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_a_part_stops_and_freezes_alone(calm, part):
    calm.need(part)
    ask(calm, part)
    calm.freeze(part)
    assert not refuses(calm.port(part))
    with pytest.raises(FAILURES):
        ask(calm, part)
    assert calm.run("ctl", "status").stdout.count("frozen") == 1
    calm.thaw(part)
    wait_until(lambda: ask(calm, part) is None)
    port = calm.port(part)
    calm.stop(part)
    assert refuses(port)
    for other in set(PARTS) - {part}:
        if calm.state["parts"][other]["status"] != "absent":
            ask(calm, other)
    calm.start(part)
    assert calm.port(part) == port
    ask(calm, part)


# --- up and down --------------------------------------------------------------------------------


def assert_without_kafka(sandbox, reason):
    """The configuration says why, and has no target that would only be refused."""
    text = sandbox.config.read_text()
    assert "# without Kafka: " in text and reason in text and "\nkafka:" not in text
    run = check(sandbox.config, "--json")
    assert "ecap-sandbox without Kafka" in run.stdout, run
    assert "kafka" not in {target["kind"] for target in run.json["targets"]}


def test_a_maven_that_is_refused(own, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    maven = programs / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] Could not transfer artifact: 403 Forbidden'\nexit 1\n")
    maven.chmod(0o755)
    done = own.up(env={"PATH": f"{programs}:{os.environ['PATH']}", "STACKTOP_SANDBOX_CACHE": str(tmp_path / "jars")})
    reason = "Maven could not get Kafka's jars: Could not transfer artifact: 403 Forbidden"
    assert f"without kafka: {reason}" in done.stdout
    assert_without_kafka(own, reason)


def test_without_kafka_the_rest_runs(own, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "rm", "test", "setpriv", "redis-server", "valkey-server"):
        for folder in ("/usr/bin", "/bin"):
            if os.path.exists(f"{folder}/{name}") and not (programs / name).exists():
                (programs / name).symlink_to(f"{folder}/{name}")
    done = own.up(env={"PATH": str(programs), "JAVA_HOME": ""})
    assert "without kafka: no Java" in done.stdout
    assert "no Java" in own.state["parts"]["kafka"]["reason"]
    assert own.run("ctl", "status").returncode == 0
    ask(own, "postgres")
    ask(own, "redis")
    own.scene("calm")
    done = own.run("scene", "lag", check=False)
    assert done.returncode == 1 and "no Java" in done.stderr
    assert_without_kafka(own, "no Java")
