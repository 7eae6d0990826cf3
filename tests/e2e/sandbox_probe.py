"""A sandbox seen from outside: its processes, the answers of its servers, and each scene."""

import json
import os
import re
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import redis

from sandbox import HOST, PARTS, TOPIC, wait_until
from stacktop import OK, ROOT, check, dashboard


def http(sandbox, path, part="api", timeout=2):
    tls = ssl.create_default_context(cafile=sandbox.folder / "tls/ca.pem") if part == "gateway" else None
    with urllib.request.urlopen(f"http{'s' if tls else ''}://{HOST}:{sandbox.port(part)}{path}", timeout=timeout,
                                context=tls) as answer:
        return answer.read().decode()


def refuses(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((HOST, port)) == 111


def processes_of(folder):
    """All processes that were started in a folder, found by working directory and arguments, without the sandbox's
    records."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            words = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[0]
            inside = os.readlink(f"/proc/{entry}/cwd").startswith(f"{folder}/")
        except OSError:
            continue
        if state != "Z" and (inside or str(folder) in words):
            found.append((int(entry), words))
    return found


COMMITTED, LAG = 0, 2


def total(offsets, which):
    return sum(numbers[which] or 0 for (topic, _), numbers in offsets.items() if topic == TOPIC)


def is_api_down(sandbox):
    assert refuses(sandbox.port("api"))


def is_api_slow(sandbox):
    start = time.monotonic()
    assert json.loads(http(sandbox, "/health", timeout=15))["status"] == "ok"
    assert time.monotonic() - start > 5


def is_bad_deploy(sandbox):
    with pytest.raises(urllib.error.HTTPError) as raised:
        http(sandbox, "/health")
    assert raised.value.code == 503 and "region" in raised.value.read().decode()


def status_of(sandbox, part):
    """(exit status, output) of the program that stacktop asks."""
    done = subprocess.run([ROOT / "sandbox/status", sandbox.folder, part], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.strip()


def is_crash_loop(sandbox):
    assert refuses(sandbox.port("api"))
    code, said = status_of(sandbox, "api")
    assert code == 1 and re.fullmatch(r"crash loop: ended with exit code 1, \d+ restarts: release 3: .*", said), said


def is_oom(sandbox):
    assert refuses(sandbox.port("dashboard"))
    code, said = status_of(sandbox, "dashboard")
    assert code == 1 and re.fullmatch(r"crash loop: OOM-killed at its limit of 64 MB, \d+ restarts", said), said


def is_log_storm(sandbox):
    log = sandbox.folder / "log/dashboard.log"
    wait_until(lambda: log.read_bytes().count(b"connection reset by peer") > 3000, what="thousands of lines")


def is_db_hog(sandbox):
    sessions = sandbox.sessions()
    assert sessions["active", True] >= 3 and sessions["idle in transaction", False] >= 1
    root, = sandbox.sql(  # the root of the chain: blocks others and does not wait
        "SELECT state, application_name FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) = 0 AND pid IN"
        " (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity WHERE application_name LIKE 'ecap-worker-3')")
    assert root == ("idle in transaction", "ecap-batch")
    chain = sandbox.sql(  # the last one waits for one that waits itself
        "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_activity b ON b.pid = ANY(pg_blocking_pids(a.pid))"
        " WHERE cardinality(pg_blocking_pids(b.pid)) > 0")
    assert chain[0][0] >= 2
    assert sandbox.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(86400)%'"
                       " AND pid <> pg_backend_pid()") == [(1,)]


def is_db_full(sandbox):
    limit = int(sandbox.sql("SHOW max_connections")[0][0])
    reserved = int(sandbox.sql("SHOW superuser_reserved_connections")[0][0])
    assert limit - reserved - 4 <= sum(sandbox.sessions().values()) < limit - reserved
    sandbox.connect("ecap_user").close()  # monitoring can still connect


def is_bloat(sandbox):
    """Dead rows that VACUUM cannot remove while the report keeps its snapshot."""
    sandbox.sql("VACUUM order_states")
    [(live, dead)] = sandbox.sql("SELECT n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE relname = 'order_states'")
    assert live == 200 and dead >= 7900, (live, dead)
    [(state, age)] = sandbox.sql("SELECT state, age(backend_xmin) FROM pg_stat_activity WHERE application_name = 'ecap-report'")
    assert state == "idle in transaction" and age > 8000


def is_replica_lag(sandbox):
    assert sandbox.sql("SELECT pg_is_in_recovery(), pg_is_wal_replay_paused()", part="standby") == [(True, True)]
    [(unflushed, unreplayed)] = sandbox.sql(
        "SELECT pg_wal_lsn_diff(sent_lsn, flush_lsn), pg_wal_lsn_diff(flush_lsn, replay_lsn) FROM pg_stat_replication")
    assert unreplayed > 24e6 > unflushed


def is_slot_holding(sandbox):
    [(name, active, retained)] = sandbox.sql("SELECT slot_name, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)"
                                             " FROM pg_replication_slots")
    assert name == "old_standby" and not active and retained > 24000000


def is_lag(sandbox):
    first, second = sandbox.offsets(), sandbox.offsets()
    assert 20000 < total(first, LAG) < total(second, LAG)
    wait_until(lambda: total(sandbox.offsets(), COMMITTED) > total(first, COMMITTED),
               what="a slow consumer commits")


def is_stuck_consumer(sandbox):
    first, second = sandbox.offsets(), sandbox.offsets()
    assert sandbox.group_state() == ("Stable", "3")
    assert total(second, COMMITTED) == total(first, COMMITTED)
    assert total(second, LAG) > total(first, LAG)


def is_hung_transaction(sandbox):
    """Kafka's own tool knows the producer, and the consumers commit nothing in that partition."""
    rows = sandbox.kafka_tool("transactions", "describe-producers", "--topic", TOPIC, "--partition", 0).split("\n")
    assert any(re.fullmatch(r"\d+", row.split()[-1]) for row in rows[1:] if row), rows
    first, second = sandbox.offsets(), sandbox.offsets()
    assert sandbox.group_state() == ("Stable", "3")
    assert second[TOPIC, 0][COMMITTED] == first[TOPIC, 0][COMMITTED] and second[TOPIC, 0][LAG] > first[TOPIC, 0][LAG]
    assert total(second, COMMITTED) > total(first, COMMITTED)


def is_skew(sandbox):
    offsets = sandbox.offsets()
    assert sandbox.group_state() == ("Stable", "3")
    assert offsets[TOPIC, 3][LAG] > 0.7 * total(offsets, LAG)


def is_redis_full(sandbox):
    first = sandbox.info()
    assert first["used_memory"] > 0.95 * first["maxmemory"]
    wait_until(lambda: sandbox.info()["evicted_keys"] > first["evicted_keys"], what="it evicts")


def is_memory_prefix(sandbox):
    info = sandbox.info()
    assert info["used_memory"] > 0.85 * info["maxmemory"] and info["maxmemory_policy"] == "noeviction"
    left = list(sandbox.redis.scan_iter("report:*", count=1000))
    assert len(left) > 500 and {sandbox.redis.ttl(key) for key in left[:20]} == {-1}
    assert all(sandbox.redis.ttl(key) != -1 for key in list(sandbox.redis.scan_iter("session:*"))[:20])


def is_slow_script(sandbox):
    with pytest.raises(redis.ResponseError, match="(?i)busy"):
        sandbox.redis.ping()
    assert json.loads(http(sandbox, "/health"))["status"] == "ok"


def is_cert_expiring(sandbox):
    days = certificate_days(sandbox)
    assert 2 < days < 3


def certificate_days(sandbox):
    context = ssl.create_default_context(cafile=sandbox.folder / "tls/ca.pem")
    with socket.create_connection((HOST, sandbox.port("gateway")), timeout=2) as probe:
        with context.wrap_socket(probe, server_hostname=HOST) as connection:
            return (ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"]) - time.time()) / 86400


SHOWN = {"api-down": is_api_down, "api-slow": is_api_slow, "bad-deploy": is_bad_deploy, "db-hog": is_db_hog,
         "crash-loop": is_crash_loop, "oom": is_oom, "log-storm": is_log_storm, "db-full": is_db_full,
         "slot-holds-wal": is_slot_holding, "bloat": is_bloat, "replica-lag": is_replica_lag, "lag": is_lag,
         "stuck-consumer": is_stuck_consumer, "hung-transaction": is_hung_transaction, "skew": is_skew,
         "redis-full": is_redis_full, "memory-prefix": is_memory_prefix, "slow-script": is_slow_script,
         "cert-expiring": is_cert_expiring}
NEEDS_KAFKA = ("lag", "stuck-consumer", "hung-transaction", "skew")


def is_calm(sandbox):
    assert json.loads(http(sandbox, "/health"))["status"] == "ok"
    assert sum(sandbox.sessions().values()) < 25
    assert sandbox.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND"
                       " state <> 'idle' AND now() - xact_start > interval '2 s'") == [(0,)]
    assert sandbox.sql("SELECT count(*) FROM pg_class WHERE relname = 'order_states'") == [(0,)]
    assert "standby" not in sandbox.state["parts"] and not (sandbox.folder / "standby/data").exists()
    info = sandbox.info()
    assert info["used_memory"] < 0.7 * info["maxmemory"]


def ask(sandbox, part):
    """Asks a part; raises when it does not answer in a second or two."""
    if part in ("api", "dashboard", "streaming", "gateway"):
        http(sandbox, "/health", part, timeout=1)
    elif part == "redis":
        redis.Redis(host=HOST, port=sandbox.port("redis"), socket_timeout=1).ping()
    elif part == "postgres":
        sandbox.connect(connect_timeout=2).close()
    else:
        with socket.create_connection((HOST, sandbox.port("kafka")), timeout=1) as probe:
            probe.sendall(bytes.fromhex("0000000e00120000000000010004") + b"test")  # ApiVersions
            assert probe.recv(4)


def without_java(folder):
    """Variables with which a sandbox starts without Kafka, which takes longest."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("sh", "rm", "test", "setpriv", "openssl", "redis-server", "valkey-server"):
        for place in ("/usr/bin", "/bin"):
            if os.path.exists(f"{place}/{name}") and not (programs / name).exists():
                (programs / name).symlink_to(f"{place}/{name}")
    return {"PATH": str(programs), "JAVA_HOME": ""}


def mounts_of(folder):
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if f" {folder}/" in line]


FAILURES = (OSError, redis.RedisError, psycopg2.Error)


QUICK_PARTS = ("api", "postgres")  # the others: test_sandbox_long.py


def stops_and_freezes_alone(calm, part):
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


def assert_without_kafka(sandbox, reason):
    """The configuration, `check` and Kafka's pane give the reason, and no port that would refuse is contacted."""
    assert f'disabled: "{reason}' in sandbox.config.read_text()
    run = check(sandbox.config, "--json")
    assert run.status != OK and "ecap-sandbox without Kafka" in run.stdout, run
    target = run.document.target("kafka")  # the host may be worse than UNKNOWN while tests run
    error = target["error"]
    assert target["severity"] == "unknown"
    assert error["kind"] == "disabled" and error["text"].startswith(f"disabled: {reason}")
    assert not [sentence for _, sentence in run.document.findings if "refused" in sentence]
    with dashboard(sandbox.config, columns=160, rows=40) as terminal:
        terminal.wait_for(f"disabled: {reason[:20]}")
        terminal.wait_for(lambda screen: "disabled" in screen.line("Kafka lag"))
        terminal.press("q")
