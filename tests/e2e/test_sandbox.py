"""The sandbox itself: each scene shows on the servers, parts can be stopped and frozen, and nothing of it
is left when it is down, whatever happened to it."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import redis

from sandbox import HOST, PARTITIONS, PARTS, SCENES, TOPIC, Sandbox, wait_until
from stacktop import ROOT, check
from terminal import PATIENCE


def http(sandbox, path, part="api", timeout=2):
    with urllib.request.urlopen(f"http://{HOST}:{sandbox.port(part)}{path}", timeout=timeout) as answer:
        return answer.read().decode()


def refuses(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((HOST, port)) == 111


def processes_of(folder):
    """Everything that was started in a folder, found without the sandbox's own records: by working
    directory and by arguments."""
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


# --- the scenes ---------------------------------------------------------------------------------

COMMITTED, LAG = 0, 2


def total(offsets, which):
    return sum(numbers[which] or 0 for (topic, _), numbers in offsets.items() if topic == TOPIC)


def is_api_down(sandbox):
    assert refuses(sandbox.port("api"))


def is_api_slow(sandbox):
    start = time.monotonic()
    assert json.loads(http(sandbox, "/health", timeout=15))["status"] == "ok"
    assert time.monotonic() - start > 5


def is_db_hog(sandbox):
    sessions = sandbox.sessions()
    assert sessions["active", True] >= 3 and sessions["idle in transaction", False] >= 1
    root, = sandbox.sql(  # the end of the chain: blocks others, waits for nobody
        "SELECT state, application_name FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) = 0 AND pid IN"
        " (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity WHERE application_name LIKE 'ecap-worker-3')")
    assert root == ("idle in transaction", "ecap-batch")
    chain = sandbox.sql(  # the last waits for one that waits itself
        "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_activity b ON b.pid = ANY(pg_blocking_pids(a.pid))"
        " WHERE cardinality(pg_blocking_pids(b.pid)) > 0")
    assert chain[0][0] >= 2
    assert sandbox.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(86400)%'"
                       " AND pid <> pg_backend_pid()") == [(1,)]


def is_db_full(sandbox):
    limit = int(sandbox.sql("SHOW max_connections")[0][0])
    reserved = int(sandbox.sql("SHOW superuser_reserved_connections")[0][0])
    assert limit - reserved - 4 <= sum(sandbox.sessions().values()) < limit - reserved
    sandbox.connect("ecap_user").close()  # who comes to look still gets in


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


def is_redis_full(sandbox):
    first = sandbox.info()
    assert first["used_memory"] > 0.95 * first["maxmemory"]
    wait_until(lambda: sandbox.info()["evicted_keys"] > first["evicted_keys"], what="it evicts")


SHOWN = {"api-down": is_api_down, "api-slow": is_api_slow, "db-hog": is_db_hog, "db-full": is_db_full,
         "lag": is_lag, "stuck-consumer": is_stuck_consumer, "redis-full": is_redis_full}
NEEDS_KAFKA = ("lag", "stuck-consumer")


def is_calm(sandbox):
    assert json.loads(http(sandbox, "/health"))["status"] == "ok"
    assert sum(sandbox.sessions().values()) < 25
    assert sandbox.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND"
                       " state <> 'idle' AND now() - xact_start > interval '2 s'") == [(0,)]
    info = sandbox.info()
    assert info["used_memory"] < 0.7 * info["maxmemory"]


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_shows_and_calm_brings_it_back(sandbox, scene):
    if scene in NEEDS_KAFKA:
        sandbox.need("kafka")
    sandbox.scene(scene)
    SHOWN[scene](sandbox)
    sandbox.scene("calm")
    is_calm(sandbox)
    if scene in NEEDS_KAFKA:
        assert sandbox.lag() < 3000


def test_from_any_scene_to_any(calm):
    for scene in ("db-hog", "db-full", "db-full", "api-down", "redis-full", "db-full"):
        calm.scene(scene)
    is_db_full(calm)
    assert not refuses(calm.port("api"))
    calm.stop("redis")
    calm.freeze("postgres")
    calm.scene("db-hog")  # what was stopped and frozen is back too
    is_db_hog(calm)
    assert calm.redis.ping()


def test_a_wrong_name_says_which_there_are(calm):
    done = calm.run("scene", "nonsense", check=False)
    assert done.returncode == 2 and "stuck-consumer" in done.stderr
    done = calm.run("ctl", "stop", "nonsense", check=False)
    assert done.returncode == 2 and "dashboard" in done.stderr


# --- the parts ----------------------------------------------------------------------------------


def ask(sandbox, part):
    """Asks a part; raises when it does not answer in a second or two."""
    if part in ("api", "dashboard"):
        http(sandbox, "/health", part, timeout=1)
    elif part == "redis":
        redis.Redis(host=HOST, port=sandbox.port("redis"), socket_timeout=1).ping()
    elif part == "postgres":
        sandbox.connect(connect_timeout=2).close()
    else:
        with socket.create_connection((HOST, sandbox.port("kafka")), timeout=1) as probe:
            probe.sendall(bytes.fromhex("0000000e00120000000000010004") + b"test")  # ApiVersions
            assert probe.recv(4)


FAILURES = (OSError, redis.RedisError, psycopg2.Error)


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


@pytest.fixture
def own(tmp_path):
    """A sandbox of the test's own, not started yet. Below a folder that other users may not enter."""
    tmp_path.chmod(0o700)
    sandbox = Sandbox(tmp_path / "state")
    yield sandbox
    sandbox.down()
    assert processes_of(sandbox.folder) == []


def ports_of(sandbox):
    return [facts[name] for facts in sandbox.state["parts"].values() for name in ("port", "controller_port")
            if name in facts]


def test_whatever_happens_it_goes_down_and_up(own):
    up = subprocess.Popen([ROOT / "sandbox/up", "--state", own.folder], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    assert any("PostgreSQL" in line for line in iter(up.stdout.readline, ""))
    assert own.run("ctl", "status").returncode == 0 and "up already" in own.up().stdout
    own.sql("INSERT INTO audit_logs (actor, action) VALUES ('test', 'kept')")

    # In the foreground it ends with a signal.
    assert len(processes_of(own.folder)) >= 5
    ports = ports_of(own)
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert processes_of(own.folder) == [] and all(map(refuses, ports))
    assert not (own.folder / "state.json").exists()
    assert own.run("ctl", "status", check=False).returncode == 1
    assert own.run("scene", "calm", check=False).returncode == 1
    own.down()  # once more does no harm

    # The second start is quick, and knows what was there.
    start = time.monotonic()
    own.up()
    assert time.monotonic() - start < 10 * PATIENCE
    assert own.sql("SELECT count(*) FROM audit_logs WHERE actor = 'test'") == [(1,)]

    # Everything crashes.
    for facts in own.state["parts"].values():
        os.kill(facts["process"]["pid"], signal.SIGKILL)
    done = own.run("ctl", "status", check=False)
    assert done.returncode == 1 and "dead" in done.stdout
    own.up()
    assert own.run("ctl", "status").returncode == 0
    for part in PARTS:
        if own.state["parts"][part]["status"] != "absent":
            ask(own, part)

    # What hangs is ended too.
    own.freeze("postgres")
    own.freeze("redis")
    ports = ports_of(own)
    own.down()
    assert processes_of(own.folder) == [] and all(map(refuses, ports))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_start_leaves_nothing(own, number):
    up = subprocess.Popen([ROOT / "sandbox/up", "--state", own.folder, "--detach"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: any("process" in facts for facts in own.state["parts"].values())
               if (own.folder / "state.json").exists() else False)
    up.send_signal(number)
    assert up.wait(30) != 0
    if number == signal.SIGKILL:
        own.down()
    assert processes_of(own.folder) == []
    assert not (own.folder / "state.json").exists()


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


def test_a_plain_user_has_one_too(tmp_path):
    if os.geteuid():
        pytest.skip("the other tests ran as a plain user")
    user = pwd.getpwnam("nobody")
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    folder = Path("/tmp") / f"stacktop-test-{os.getpid()}"
    folder.mkdir()
    # A checkout of the user's own: root's may lie where nobody else can enter.
    shutil.copytree(ROOT / "sandbox", folder / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    jars = ROOT / "build/sandbox-kafka"
    if jars.is_dir():
        shutil.copytree(jars, folder / "build/sandbox-kafka")
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", folder], check=True)
    sandbox = Sandbox(folder / "state", commands=folder / "sandbox")
    try:
        sandbox.up(prefix=prefix, env={"HOME": str(folder)})
        owners = {os.stat(f"/proc/{pid}").st_uid for pid, _ in processes_of(sandbox.folder)}
        assert owners == {user.pw_uid}
        ask(sandbox, "postgres")
        sandbox.run("scene", "db-hog", prefix=prefix)
        is_db_hog(sandbox)
    finally:
        sandbox.down(prefix=prefix)
        assert processes_of(sandbox.folder) == []
        subprocess.run(["rm", "-rf", "--", folder], check=True)
