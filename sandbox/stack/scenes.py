"""Puts the running stack into a scene, and waits until the servers show it."""

import contextlib
import json
import socket
import time

import redis

from . import certificates, clients, disk, web
from .actors_kafka import HELD, HOT, MEMBERS
from .actors_postgres import FULL, Bloat, Slots
from .postgres import MAX_CONNECTIONS
from .state import HOST, Failure

WAIT_SECONDS = 40
OOM_MB = 64  # less than the dashboard needs in the scene oom
STANDBY_MEGABYTES = 24  # of WAL that the standby does not replay
STORM_LINES = 1000  # per second, at least
PAUSE_SECONDS = 15

# Client backends except our own.
SESSIONS = """
SELECT count(*),
       count(*) FILTER (WHERE cardinality(pg_blocking_pids(pid)) > 0),
       count(*) FILTER (WHERE state LIKE 'idle in transaction%%' AND now() - xact_start > %s::interval),
       count(*) FILTER (WHERE state = 'active' AND now() - query_start > %s::interval)
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class NotYet(Exception):
    """What is still missing for the scene."""


def need(condition, what):
    if not condition:
        raise NotYet(what)


class Look:
    """What the servers show. One object per wait, because some things show only as a change."""

    def __init__(self, stack):
        self.stack = stack
        self.state = stack.state
        self.admin = None
        self.reader = None
        self.last = {}

    def change(self, name, value):
        """The change since the previous call; None the first time."""
        before = self.last.get(name)
        self.last[name] = value
        return None if before is None else value - before

    def sessions(self, idle="1 s", active="1 s"):
        """(all, blocked, idle in transaction for so long, active for so long)"""
        if self.admin is None:
            self.admin = clients.postgres(self.state, "postgres", name="sandbox")
        with self.admin.cursor() as cursor:
            cursor.execute(SESSIONS, [idle, active])
            return cursor.fetchone()

    def retained(self):
        """Bytes of WAL that unused slots retain."""
        self.sessions()
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)"
                           " FROM pg_replication_slots WHERE NOT active")
            return cursor.fetchone()[0]

    def bloat(self):
        """(dead rows for each live one of the bloated table, transactions since the xmin that its report holds)"""
        self.sessions()
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(n_dead_tup::float8 / greatest(n_live_tup, 1)), 0),"
                           " (SELECT coalesce(max(age(backend_xmin)), 0) FROM pg_stat_activity WHERE application_name = %s)"
                           " FROM pg_stat_user_tables WHERE relname = %s", [Bloat.REPORT, Bloat.TABLE])
            return cursor.fetchone()

    def stream(self):
        """(committed, end, lag, members, state) of the group."""
        if self.reader is None:
            self.reader = clients.reader(self.state)
        offsets = [pair for topic, partitions in clients.TOPICS.items()
                   for pair in self.reader.offsets(topic, partitions)]
        state, members = self.reader.members()
        committed, end = sum(c or 0 for c, _ in offsets), sum(e for _, e in offsets)
        need(all(c is not None for c, _ in offsets), "not all partitions have a committed offset")
        return committed, end, end - committed, members, state

    def memory(self):
        """(share of maxmemory, evicted since the previous call or None)"""
        with clients.cache(self.state) as client:
            info = client.info()
        return info["used_memory"] / info["maxmemory"], self.change("evicted", info["evicted_keys"])

    def close(self):
        for each in (self.admin, self.reader):
            if each is not None:
                each.close()
        self.admin = self.reader = None


def is_down(look):
    with socket.socket() as probe:
        probe.settimeout(1)
        need(probe.connect_ex((HOST, look.state.port("api"))) == 111, "the API still accepts connections")


def is_slow(look):
    try:
        web.get(look.state.port("api"), "/health", 1)
    except TimeoutError:
        return
    raise NotYet("the API responds within 1 s")


def is_expiring(look):
    days = certificates.days_left(look.state, "gateway")
    need(days < 3, f"the gateway's certificate expires in {days:.0f} days")


def is_broken(look):
    status, _ = web.get(look.state.port("api"), "/health", 1)
    need(status == 503, f"the API's health is {status}")


def is_looping(look):
    said = look.stack.part("api").said
    need(said.startswith("crash loop: ended with exit code"), f"the supervisor of the API says: {said}")


def is_out_of_memory(look):
    said = look.stack.part("dashboard").said
    need(said.startswith("crash loop: OOM-killed"), f"the supervisor of the dashboard says: {said}")


def is_storming(look):
    lines = json.loads(web.get(look.state.port("dashboard"), "/health", 1)[1])["errors_logged_per_s"]
    need(lines >= STORM_LINES, f"{lines} errors per second are logged")


def is_hogged(look):
    _, blocked, idle, active = look.sessions("0 s", "0 s")
    need(blocked >= 3 and idle and active > blocked, f"{blocked} sessions are blocked")


def is_full(look):
    count = look.sessions()[0]
    need(count >= FULL, f"{count} connections")


def is_holding(look):
    kept = look.retained()
    need(kept > Slots.MEGABYTES * 1000000, f"unused slots retain {kept} bytes of WAL")


def is_bloated(look):
    dead, age = look.bloat()
    need(dead > 5 and age >= Bloat.UPDATES, f"{dead:.1f} dead rows for each live one, and an xmin of {age} transactions")


def is_lagging(look):
    behind = look.stack.part("standby").behind()
    need(behind and behind > STANDBY_MEGABYTES * 1000000, f"the standby has not replayed {behind} bytes")


def is_behind(look):
    _, _, lag, members, state = look.stream()
    need(lag > 20000 and state == "Stable" and members == MEMBERS,
         f"the group is {state} with {members} members and a lag of {lag}")


def is_stuck(look):
    committed, end, lag, members, state = look.stream()
    moved, grown = look.change("committed", committed), look.change("end", end)
    need(state == "Stable" and members == MEMBERS, f"the group is {state} with {members} members")
    need(moved == 0 and grown and lag > 1000, f"the lag is {lag}, moving by {moved}")


def is_held(look):
    look.stream()
    committed, end = look.reader.offsets(clients.TOPIC, clients.TOPICS[clients.TOPIC])[HELD]
    moved, grown = look.change("held", committed), look.change("held end", end)
    need(moved == 0 and grown and end - committed > 100,
         f"the lag of partition {HELD} is {end - committed}, and its offset moves by {moved}")


def is_skewed(look):
    _, _, lag, members, state = look.stream()
    committed, end = look.reader.offsets(clients.TOPIC, clients.TOPICS[clients.TOPIC])[HOT]
    need(state == "Stable" and members == MEMBERS and end - committed > max(1000, 0.7 * lag),
         f"the group is {state} with {members} members and a lag of {lag}, {end - committed} of it in partition {HOT}")


def is_brimful(look):
    share, evicted = look.memory()
    need(share > 0.95 and evicted, f"{share:.0%} of the memory is used, evicted {evicted}")


def is_busy(look):
    with clients.cache(look.state) as client:
        try:
            client.ping()
        except redis.ResponseError as error:
            need("BUSY" in str(error) or "busy" in str(error), f"the cache answers: {error}")
            return
    raise NotYet("the cache answers")


def is_left_full(look):
    with clients.cache(look.state) as client:
        info = client.info()
    share = info["used_memory"] / info["maxmemory"]
    need(info["maxmemory_policy"] == "noeviction" and share > 0.88, f"{share:.0%} of the memory is used")


def is_filled(look):
    need(disk.used(look.state) > 0.9, f"{disk.used(look.state):.0%} of the disk is used")


def is_calm(look):
    for name in ("api", "dashboard"):
        status, body = web.get(look.state.port(name), "/health", 1)
        need(status == 200 and json.loads(body)["status"] == "ok", f"{name} is not healthy")
    if look.state.part("gateway")["status"] != "absent":
        days = certificates.days_left(look.state, "gateway")
        need(days > 30, f"the gateway's certificate expires in {days:.0f} days")
    count, blocked, idle, active = look.sessions()
    need(count < MAX_CONNECTIONS / 2 and not idle and not active,
         f"{count} connections, {blocked} blocked, {idle} idle in transaction, {active} active for long")
    need(look.retained() == 0, "an unused slot retains WAL")
    need(not look.bloat()[0], "the bloated table exists")
    if look.state.part("disk")["status"] != "absent":
        need(disk.used(look.state) < 0.5, f"{disk.used(look.state):.0%} of the disk is used")
    share, evicted = look.memory()
    need(share < 0.7 and evicted == 0, f"{share:.0%} of the cache's memory is used")
    if look.state.part("kafka")["status"] != "absent":
        _, _, lag, members, state = look.stream()
        need(state == "Stable" and members == MEMBERS and lag < 2000,
             f"the group is {state} with {members} members and a lag of {lag}")


# name: (check that it is reached, the part that causes it)
SCENES = {
    "calm": (is_calm, None),
    "api-down": (is_down, "api"),
    "api-slow": (is_slow, "api"),
    "bad-deploy": (is_broken, "api"),
    "crash-loop": (is_looping, "api"),
    "oom": (is_out_of_memory, "dashboard"),
    "log-storm": (is_storming, "dashboard"),
    "db-hog": (is_hogged, "postgres"),
    "db-full": (is_full, "postgres"),
    "slot-holds-wal": (is_holding, "postgres"),
    "bloat": (is_bloated, "postgres"),
    "replica-lag": (is_lagging, "postgres"),
    "lag": (is_behind, "streaming"),
    "stuck-consumer": (is_stuck, "streaming"),
    "hung-transaction": (is_held, "kafka"),
    "skew": (is_skewed, "streaming"),
    "redis-full": (is_brimful, "redis"),
    "memory-prefix": (is_left_full, "redis"),
    "slow-script": (is_busy, "redis"),
    "cert-expiring": (is_expiring, "gateway"),
    "disk-full": (is_filled, "disk"),
}
NAMES = tuple(SCENES)


def enter(stack, name):
    """From any scene to this one. First restores what was stopped, frozen, paused or set. Returns remarks for the user."""
    part = SCENES[name][1]
    state = stack.state
    if part and state.part(part)["status"] == "absent":
        raise Failure(f"{name}: {part} is not available: {state.part(part)['reason']}")
    api, dashboard = stack.part("api"), stack.part("dashboard")
    if api.release != 1:
        api.keep("release", 1)
        api.stop()
    if dashboard.megabytes:
        dashboard.keep("memory", 0)
        dashboard.stop()
    standby = stack.part("standby")
    if name != "replica-lag":
        stack.remove(standby)
    stack.restore(but="api" if name == "api-down" else None)
    seq = state.set_mode(scene=name, paused=False)
    with contextlib.suppress(Failure):  # that they fail is the scene
        if name == "api-down":
            api.stop()
        elif name == "bad-deploy":
            api.deploy(2)
        elif name == "crash-loop":
            api.deploy(3)
        elif name == "oom":
            dashboard.set_memory(OOM_MB)
    if name == "replica-lag":
        with clients.closing(clients.postgres(state, "postgres")) as admin, admin.cursor() as cursor:
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_wal_replay_resume() TO ecap_user")
        stack.add([standby.name])
        standby.hold(STANDBY_MEGABYTES)
    await_scene(stack, name, seq)
    if name == "replica-lag":
        return [f"the standby is a target of {state.folder / 'stacktop.yaml'} now: open stacktop again to watch it too"]
    return [dashboard.instead] if name == "oom" and dashboard.instead else []


def await_scene(stack, name, seq):
    """Returns when the workload follows the mode with this number, and the servers show the scene."""
    shows, part = SCENES[name]
    look = Look(stack)
    try:
        parts = part and {part, *stack.part(part).after}
        wait(WAIT_SECONDS, name, lambda: (follows(stack, seq, parts), shows(look)), look.close)
    finally:
        look.close()


def follows(stack, seq, parts=None):
    behind = stack.part("workload").behind(seq, parts)
    streaming = stack.part("streaming")
    if streaming.condition() == "up" and (parts is None or streaming.name in parts):
        behind |= streaming.behind(seq)
    need(not behind, "the workload does not follow yet: " +
         ", ".join(f"{part}: {why}" for part, why in behind.items()))


def pause(stack, paused):
    """Returns when the workload has stopped or continues. Actors of a server that is down are not waited for."""
    state = stack.state
    seq = state.set_mode(paused=paused)
    there = {part.name for part in stack.servers if part.condition() == "up"}
    if paused:
        wait(PAUSE_SECONDS, "pause", lambda: follows(stack, seq, there))


def wait(seconds, name, reached, again=lambda: None):
    """Waits until reached() raises nothing."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            reached()
            return
        except NotYet as missing:
            why = str(missing)
        except Exception as error:  # a server that has just started; clients have different errors
            why = " ".join(str(error).split()) or type(error).__name__
            again()
        if time.monotonic() > deadline:
            raise Failure(f"{name} was not reached in {seconds} s: {why}")
        time.sleep(0.1)
