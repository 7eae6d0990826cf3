"""The sandbox: its contents, stopping and freezing a part, and a sandbox without Kafka. Scenes, start and stop:
test_sandbox_long.py."""

import json

import pytest

from sandbox import PARTITIONS, TOPIC, wait_until
from sandbox_probe import QUICK_PARTS, ask, assert_without_kafka, http, stops_and_freezes_alone, without_java

BESIDE = "others"


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
    # It may be unavailable on this machine, but an installed one must start.
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
    wait_until(lambda: calm.sql("SELECT max(id) FROM transactions") > last, what="the workload to continue")


def test_a_wrong_name_says_which_there_are(calm):
    done = calm.run("scene", "nonsense", check=False)
    assert done.returncode == 2 and "stuck-consumer" in done.stderr
    done = calm.run("ctl", "stop", "nonsense", check=False)
    assert done.returncode == 2 and "dashboard" in done.stderr


# --- the parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", QUICK_PARTS)
def test_a_part_stops_and_freezes_alone(calm, part):
    stops_and_freezes_alone(calm, part)


# --- up and down --------------------------------------------------------------------------------


def test_without_kafka_the_rest_runs(own, tmp_path):
    done = own.up(env=without_java(tmp_path))
    assert "without kafka: no Java" in done.stdout
    assert "no Java" in own.state["parts"]["kafka"]["reason"]
    assert own.run("ctl", "status").returncode == 0
    ask(own, "postgres")
    ask(own, "redis")
    own.scene("calm")
    done = own.run("scene", "lag", check=False)
    assert done.returncode == 1 and "no Java" in done.stderr
    assert_without_kafka(own, "no Java")
