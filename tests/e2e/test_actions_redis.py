"""Actions on Redis through the real binary, on the sandbox's Redis: the effect on the server, nothing else in MONITOR,
a neighbour that does not change, and both audit lines."""

import contextlib
import json
import re

import pytest
import redis

from keys import agree, close, configure, outcome, select
from sandbox import HOST, wait_until
from stacktop import USAGE, dashboard, stacktop
from witness import Audit, redis_witness

BESIDE = "others"
DONE, FAILED = 0, 1
TARGET = "cache"


class Remedy:
    """stacktop with a state folder of its own, on the sandbox's Redis with the workload paused."""

    def __init__(self, sandbox, folder):
        self.sandbox = sandbox
        self.config = configure(sandbox, folder)
        self.audit = Audit(folder / "state")
        self.redis = sandbox.redis

    def run(self, *words):
        return stacktop("-c", self.config, *words)

    def plan(self, action, *words):
        run = self.run("plan", f"redis.{action}", TARGET, *words, "--json")
        assert run.status == DONE, run
        return run.json

    def apply(self, plan, status=DONE):
        run = self.run("apply", plan["hash"], "--confirm", plan["phrase"])
        assert run.status == status, run
        return run

    def do(self, action, *words):
        """Plans and applies; returns (plan, record of the outcome)."""
        plan = self.plan(action, *words)
        self.apply(plan)
        intent, result = self.audit.intents[-1], self.audit.outcomes[-1]
        assert intent["id"] == result["id"] and intent["action"] == f"redis.{action}"
        assert result["result"] == "done", result
        return plan, result

    def database(self, number):
        return redis.Redis(host=HOST, port=self.sandbox.port("redis"), db=number, decode_responses=True, socket_timeout=5)

    def fill(self, prefix, count, number=0):
        pipe = self.database(number).pipeline(transaction=False)
        for index in range(count):
            pipe.set(f"{prefix}{index}", "x" * 100)
        pipe.execute()

    def count(self, pattern, number=0):
        return sum(1 for _ in self.database(number).scan_iter(match=pattern, count=1000))


@pytest.fixture(scope="module")
def stage(sandbox):
    """The sandbox, made calm once: each test leaves it calm, with the workload paused."""
    sandbox.need("redis")
    sandbox.scene("calm")
    yield sandbox
    sandbox.run("ctl", "resume")


@pytest.fixture
def remedy(stage, tmp_path):
    stage.hold()
    remedy = Remedy(stage, tmp_path)
    before = remedy.redis.config_get("maxmemory*")
    yield remedy
    remedy.redis.config_set("maxmemory", before["maxmemory"])
    remedy.redis.config_set("maxmemory-policy", before["maxmemory-policy"])
    for number in (5, 6):
        remedy.database(number).flushdb()
    for key in remedy.redis.scan_iter(match="test:*", count=1000):
        remedy.redis.unlink(key)


def test_a_full_cache_is_emptied_and_the_sessions_stay(calm, tmp_path):
    """The scene redis-full: the keys that fill it are deleted, all others stay."""
    calm.need("redis")
    calm.scene("redis-full")
    with calm.paused():
        remedy = Remedy(calm, tmp_path)
        remedy.redis.config_set("maxmemory", "128mb")  # from here on nothing is evicted
        remedy.fill("test:", 20)
        remedy.fill("cache:", 30, number=5)
        used = remedy.sandbox.info()["used_memory"]
        with redis_witness(calm) as seen:
            plan, result = remedy.do("delete-keys", "pattern=cache:*")
            changes = seen()
        assert plan["count"] > 500 and plan["phrase"] == "cache:*"
        assert changes and all(re.match(r"UNLINK( cache:\S+)+$", each) for each in changes), changes[:3]
        assert remedy.count("cache:*") == 0 and remedy.count("session:*") > 0
        assert remedy.count("test:*") == 20 and remedy.count("cache:*", 5) == 30
        assert wait_until(lambda: remedy.sandbox.info()["used_memory"] < used / 2, what="the memory to be free")
        assert "keys deleted" in result["proof"] and "no keys that match" in result["proof"]
        remedy.database(5).flushdb()
        remedy.redis.config_set("maxmemory", "64mb")


def test_keys_are_let_expire(remedy):
    remedy.fill("test:a:", 300)
    remedy.fill("test:b:", 5)
    remedy.redis.expire("test:a:7", 60)
    with redis_witness(remedy.sandbox) as seen:
        _, result = remedy.do("expire-keys", "pattern=test:a:*", "ttl=1h")
        changes = seen()
    assert len(changes) == 300 and all(re.match(r"PEXPIRE test:a:\d+ 3600000 LT$", each) for each in changes)
    assert "299 keys set to expire" in result["proof"]
    assert remedy.redis.ttl("test:a:7") <= 60 and 3500 < remedy.redis.ttl("test:a:8") <= 3600
    assert remedy.redis.ttl("test:b:1") == -1


@pytest.mark.parametrize("pattern", ["*", "**", "?*", "[^x]*", ""])
def test_a_pattern_that_matches_everything_is_refused(remedy, pattern):
    run = remedy.run("plan", "redis.delete-keys", TARGET, f"pattern={pattern}")
    assert run.status in (USAGE, FAILED) and "pattern" in run.stderr and run.stdout == "", run
    assert remedy.audit.records == []


def test_one_database_is_flushed(remedy):
    remedy.fill("test:", 40, number=5)
    remedy.fill("test:", 3, number=6)
    with redis_witness(remedy.sandbox) as seen:
        plan, result = remedy.do("flush-db", "db=5")
        changes = seen()
    assert plan["phrase"] == "db5"
    assert changes == ["FLUSHDB ASYNC"]
    assert remedy.database(5).dbsize() == 0 and remedy.database(6).dbsize() == 3
    assert "no key in it" in result["proof"]


def test_the_row_says_which_database(remedy):
    """On the command line, by the row's key: the plan is for that database and no other."""
    remedy.fill("test:", 40, number=5)
    remedy.fill("test:", 7)
    plan, _ = remedy.do("delete-keys", "db5", "pattern=test:*")
    assert plan["count"] == 40 and {"name": "db", "value": "5"} in plan["params"], plan
    assert remedy.database(5).dbsize() == 0 and remedy.count("test:*") == 7
    run = remedy.run("plan", "redis.flush-db", TARGET, "db5")
    assert run.status != DONE and '"db5"' in run.stderr, run  # it is empty now: not in the table, not another one


def test_the_row_under_the_key_fills_the_form(remedy):
    remedy.fill("test:", 40, number=5)
    remedy.fill("test:", 7)
    with dashboard(remedy.config, columns=140, rows=40) as terminal:
        terminal.wait_for("db5")
        select(terminal, 4, "db5")
        terminal.press("D")
        terminal.wait_for(lambda screen: re.search(r"pattern\s+_", screen.text) and re.search(r"db\s+5", screen.text))
        terminal.press("test:*", "Enter", "Enter")
        terminal.wait_for("Delete 40 keys")
        agree(terminal, "test:*")
        outcome(terminal)
        assert remedy.database(5).dbsize() == 0 and remedy.count("test:*") == 7


def test_everything_is_flushed(remedy):
    remedy.fill("test:", 4, number=5)
    remedy.fill("test:", 3, number=6)
    plan = remedy.plan("flush-all")
    run = remedy.run("apply", plan["hash"], "--confirm", "y")
    assert run.status == FAILED and remedy.database(5).dbsize() == 4 and remedy.audit.records == []
    remedy.apply(plan)
    assert remedy.sandbox.info().get("db5") is None and remedy.database(6).dbsize() == 0


def test_the_memory_limit_is_set_and_taken_back(remedy):
    with redis_witness(remedy.sandbox) as seen:
        plan, result = remedy.do("set-memory", "maxmemory=48mb", "policy=allkeys-lfu")
        assert sorted(seen()) == ["CONFIG REWRITE", "CONFIG SET", "CONFIG SET"]
    assert plan["phrase"] == "y"
    assert remedy.redis.config_get("maxmemory*")["maxmemory"] == str(48 << 20)
    assert remedy.redis.config_get("maxmemory*")["maxmemory-policy"] == "allkeys-lfu"
    file = (remedy.sandbox.folder / "redis" / "redis.conf").read_text()
    assert re.search(r"^maxmemory 48mb$", file, re.M) and re.search(r"^maxmemory-policy allkeys-lfu$", file, re.M)
    words = result["undo"].split()
    assert words[:2] == ["redis.set-memory", TARGET]
    remedy.do("set-memory", *words[2:])
    assert remedy.redis.config_get("maxmemory*")["maxmemory"] == str(64 << 20)
    assert remedy.redis.config_get("maxmemory*")["maxmemory-policy"] == "allkeys-lru"


def test_a_limit_below_the_use_asks_for_the_count(remedy):
    remedy.fill("test:", 5000)
    limit = remedy.sandbox.info()["used_memory"] - (200 << 10)
    plan = remedy.plan("set-memory", f"maxmemory={limit}")
    assert re.fullmatch(r"sandbox \d+", plan["phrase"]) and "evicted at once" in json.dumps(plan)
    remedy.apply(plan)
    assert remedy.sandbox.info()["evicted_keys"] > 0
    assert "evicted since the plan" in remedy.audit.outcomes[-1]["proof"]


def client(remedy, name):
    connection = redis.Redis(host=HOST, port=remedy.sandbox.port("redis"), single_connection_client=True)
    connection.client_setname(name)
    return connection


def test_a_client_is_killed(remedy):
    victim, neighbour = client(remedy, "victim"), client(remedy, "neighbour")
    ids = {each["name"]: each["id"] for each in remedy.redis.client_list()}
    with redis_witness(remedy.sandbox) as seen:
        _, result = remedy.do("kill-client", f"client {ids['victim']}")
        changes = seen()
    assert changes == ["CLIENT KILL"]
    assert "1 of 1 are gone" in result["proof"]
    names = {each["name"] for each in remedy.redis.client_list()}
    assert "victim" not in names and "neighbour" in names
    victim.close()
    neighbour.close()


def test_purge_and_slow_log(remedy):
    if "jemalloc" in remedy.sandbox.info()["mem_allocator"]:
        with redis_witness(remedy.sandbox) as seen:
            _, result = remedy.do("purge-memory")
            assert seen() == ["MEMORY PURGE"]
        assert "resident memory" in result["proof"]
    remedy.redis.config_set("slowlog-log-slower-than", 0)
    remedy.redis.set("test:slow", 1)
    remedy.redis.config_set("slowlog-log-slower-than", 10000)
    assert remedy.redis.slowlog_len() > 0
    with redis_witness(remedy.sandbox) as seen:
        remedy.do("reset-slowlog")
        assert seen() == ["SLOWLOG RESET"]
    assert remedy.redis.slowlog_len() == 0


def test_another_server_behind_the_address(remedy):
    """Restarted between plan and confirmation: it has another run_id, and perhaps other data."""
    remedy.fill("test:", 5)
    plan = remedy.plan("delete-keys", "pattern=test:*")
    remedy.sandbox.kill("redis")
    remedy.sandbox.start("redis")
    remedy.fill("test:", 5)
    run = remedy.apply(plan, status=FAILED)
    assert "another server answers at" in run.stdout + run.stderr, run
    assert remedy.count("test:*") == 5
    assert remedy.audit.only()[1]["result"] == "refused"


def test_a_user_without_the_right(remedy):
    remedy.fill("test:", 5)
    remedy.redis.acl_setuser("looker", enabled=True, passwords=["+secret"], keys=["*"],
                             commands=["+@read", "+info", "+select", "+memory|usage"])
    try:
        address = f"redis://{HOST}:{remedy.sandbox.port('redis')}"
        text = remedy.config.read_text()
        remedy.config.write_text(text.replace(address, address.replace("//", "//looker:secret@")))
        run = remedy.apply(remedy.plan("delete-keys", "pattern=test:*"), status=FAILED)
        assert "NOPERM" in run.stdout, run
        assert remedy.count("test:*") == 5
        assert remedy.audit.only()[1]["result"] == "refused"
        assert "secret" not in remedy.audit.path.read_text()
    finally:
        remedy.redis.acl_deluser("looker")


def test_read_only_is_kept(remedy):
    remedy.fill("test:", 5)
    plan = remedy.plan("delete-keys", "pattern=test:*")
    run = remedy.run("--read-only", "apply", plan["hash"], "--confirm", plan["phrase"])
    assert run.status == FAILED and "read-only" in run.stderr, run
    assert remedy.count("test:*") == 5 and remedy.audit.records == []


def open_form(terminal, pattern):
    terminal.wait_for("Redis")
    select(terminal, 4, "db0")
    terminal.press("a")
    terminal.wait_for("delete keys")
    terminal.press("D")
    terminal.wait_for(re.compile("pattern +_"))
    terminal.press(*pattern)
    terminal.wait_for(re.compile(f"pattern +{re.escape(pattern)}_"))
    terminal.press("Enter")
    terminal.wait_for(re.compile("db +0_"))  # of the row
    terminal.press("Enter")


def test_by_keys_on_the_screen(remedy):
    remedy.fill("test:a:", 1200)
    remedy.fill("test:b:", 7)
    remedy.redis.set("test:a:\n\x1b[2J", "x")
    with redis_witness(remedy.sandbox) as seen, dashboard(remedy.config, columns=120, rows=50) as terminal:
        open_form(terminal, "*")
        terminal.wait_for("names no key in particular")
        terminal.press("Esc")
        terminal.settle(0.3)
        terminal.press("Ctrl-R")
        open_form(terminal, "test:a:*")
        terminal.wait_for("[>Cancel<]")
        assert "DESTRUCTIVE" in terminal.screen.text and "1,201 keys match" in terminal.screen.text
        terminal.settle(0.5)
        terminal.press("Enter")  # alone it does nothing
        terminal.settle(0.5)
        assert seen() == [] and remedy.count("test:a:*") == 1201
        if "[>Cancel<]" in terminal.screen.text:
            terminal.press("Esc")
        terminal.wait_gone("[>Cancel<]")
        open_form(terminal, "test:a:*")
        terminal.wait_for("[>Cancel<]")
        agree(terminal, "test:a:*")
        text = outcome(terminal)
        assert "done" in text and "1,201 keys deleted" in text, text
        close(terminal)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
        changes = seen()
    assert changes and all(each.startswith("UNLINK test:a:") for each in changes), changes[:3]
    assert remedy.count("test:a:*") == 0 and remedy.count("test:b:*") == 7
    intent, result = remedy.audit.only()
    assert intent["confirm"] == "test:a:*" and result["result"] == "done"


def test_escape_stops_it_midway(remedy):
    """Slow enough to be stopped: the server delays UNLINK until then."""
    remedy.fill("test:a:", 3000)
    with dashboard(remedy.config, columns=120, rows=50) as terminal:
        open_form(terminal, "test:a:*")
        terminal.wait_for("[>Cancel<]")
        with contextlib.closing(remedy.database(0)) as other:
            other.execute_command("CLIENT", "PAUSE", "30000", "WRITE")
            agree(terminal, "test:a:*")
            wait_until(lambda: other.info()["blocked_clients"] > 0, what="UNLINK to wait")
            terminal.press("Esc")
            terminal.settle(0.5)
            other.execute_command("CLIENT", "UNPAUSE")
        text = outcome(terminal)
        assert "PARTLY DONE" in text and re.search(r"[\d,]+ of 3,000 keys", text), text
        close(terminal)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    left = remedy.count("test:a:*")
    assert 0 < left < 3000
    result = remedy.audit.only()[1]
    assert result["result"] == "partial" and result["victims"][0]["result"] == "partly"
    assert (result["victims"][0]["done"], result["victims"][0]["total"]) == (3000 - left, 3000), result
