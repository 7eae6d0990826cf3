"""Every scene by lines alone: its cause, its fix and the proof are found in what `stacktop --plain` prints, and by what
is typed into it. Nothing else is read. (test_plain.py has the short one; test_disk_full_long.py has disk-full, which
everyone on the machine sees.)"""

import re
from dataclasses import dataclass

import pytest

import keys
from plain import Plain
from sandbox import wait_until

BESIDE = "others"


@dataclass
class Lines:
    """What is listened for, and typed. An action by its title is one that is offered for the selected finding."""
    cause: str  # an expression: in the finding itself, or in what is printed for it
    action: str  # a title of "do NUMBER: TITLE", or the beginning of a line to type
    choice: str = ""  # of candidates
    proof: str = "done"
    look: str = ""  # a line whose output has the cause, where the finding does not say it
    seen: str = ""  # an expression: in that output
    within: bool = False  # it is started within the scene, and so watches the standby too
    params: int = 0  # questions that only Enter answers


SCENES = {
    "api-down": Lines("api: stopped", "start"),
    "api-slow": Lines("api: latency", "restart", look="logs api --since 2m --grep request_duration", seen=r'request_duration": [67]\.\d'),
    "cert-expiring": Lines("gateway: cert left", "restart"),
    "bad-deploy": Lines("api: answers 503.*", "roll back"),
    "crash-loop": Lines("api: crash loop: ended with exit code 1", "roll back"),
    "oom": Lines("dashboard: crash loop: OOM-killed at its limit", "set the memory limit", params=1),
    "log-storm": Lines("dashboard: answers 200, but status is", "restart", look="logs dashboard --since 2m --patterns",
                       seen="cache: read of report"),
    "db-hog": Lines(r"ecap.* pid \d+: idle in transaction.*blocks 3|pid \d+.*idle in transaction", "terminate"),
    "db-full": Lines("connections 9", "end the idle pool"),
    "slot-holds-wal": Lines("old_standby.*slot inactive|slot inactive", "postgres.drop-slot ecap", choice="1"),
    "bloat": Lines("xmin age", "terminate"),
    "replica-lag": Lines("replay is paused", "postgres.resume-replay standby", choice="1", within=True),
    "redis-full": Lines("evict", "redis.set-memory cache maxmemory=128mb"),
    "memory-prefix": Lines("memory 9", "redis.delete-keys cache pattern=report:*", look="page redis.memory cache --duration 4s",
                           seen="report:"),
    "slow-script": Lines("busy running a script", "redis.script-kill cache"),
    "stuck-consumer": Lines("stuck for", "service.restart streaming"),
    "lag": Lines("lag .*above 10,000", "service.restart streaming"),
    "skew": Lines("skew", "service.restart streaming"),
}


def select(plain, cause):
    """Lists until the cause is there, and selects it by its number."""
    for _ in range(60):
        plain.type("list")
        plain.hear(r"^\S+.*: \d+ critical", 20)
        plain.settle(0.3, 1)
        for line in plain.lines:
            if match := re.search(rf"^(\d+)\. .*(?:{cause})", line):
                plain.type(match.group(1))
                return
        plain.settle(1, 1)
    raise AssertionError(f"never listed: {cause}")


def begin(plain, what):
    if re.match(r"[a-z]+\.[a-z-]+ ", what.action):
        plain.type(what.action)
    else:
        plain.type("do " + plain.hear(rf"^do (\d+): {what.action} ", 15).group(1))
    for _ in range(what.params):  # each is listened to
        plain.hear("^Type a value")
        plain.type("")
    if what.choice:
        plain.hear("^Type (a number|numbers)", 15)
        plain.type(what.choice)


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_by_lines_alone(calm, tmp_path, scene):
    what = SCENES[scene]
    if scene in ("stuck-consumer", "lag", "skew"):
        calm.need("kafka")
    if what.within:
        calm.scene(scene)
    with Plain(keys.configure(calm, tmp_path)) as plain:
        plain.hear("^Type help", 20)
        if not what.within:
            calm.scene(scene)
        select(plain, what.cause)
        plain.hear("^target: ")
        if what.look:
            plain.type(what.look)
            plain.hear(what.seen, 20)
        if "." not in what.action.split()[0]:
            select(plain, what.cause)  # the actions again
        begin(plain, what)
        plain.confirm(20)
        plain.hear(what.proof, 60)
        wait_until(lambda: _calm(plain), 60, what="all ok")
        plain.type("quit")
        assert plain.wait_exit(2) == 0


def test_a_hung_transaction_by_lines_alone(calm, tmp_path):
    """librdkafka cannot end it: the page prints Kafka's own command, which is run as it is printed."""
    calm.need("kafka")
    with Plain(keys.configure(calm, tmp_path)) as plain:
        plain.hear("^Type help", 20)
        calm.scene("hung-transaction")
        select(plain, r"held back for .* by a transaction of ecap-billing open for")
        plain.hear("^target: ")
        plain.type("page kafka.transactions main")
        command = plain.hear(r"kafka-transactions\.sh --bootstrap-server \S+ (abort .*--start-offset \d+)", 25).group(1)
        calm.kafka_tool("transactions", *command.split())
        wait_until(lambda: _calm(plain), 60, what="all ok")
        plain.type("quit")
        assert plain.wait_exit(2) == 0


def _calm(plain):
    plain.type("list")
    return plain.hear(r"^\S+.*: (\d+) critical, (\d+) warning", 10).groups() == ("0", "0")
