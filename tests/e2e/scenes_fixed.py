"""Every scene by keys, from the overview: how many it takes to see its cause, the plan of its fix, and that it is over, is
part of the test; docs/sandbox.md has the table.
test_scenes_fixed.py plays the fast ones, test_scenes_fixed_long.py the others, test_disk_full_long.py the one that it is
named for."""

import re
from dataclasses import dataclass

import keys
from sandbox import wait_until
from stacktop import dashboard

CAUSE_KEYS, FIX_KEYS = 2, 4  # at most; to the fix the text that is typed comes in addition


@dataclass
class Fix:
    sign: str  # an expression: what the overview shows without a key
    to_cause: tuple  # keys
    cause: str  # an expression
    back: int  # Esc, from the cause to the overview; 0: the fix is there
    to_fix: tuple  # keys; a text of several characters is typed into a field, and is no key
    phrase: str  # what is typed to confirm; PID: that of the sign; COUNT: the one that the plan asks for
    done: str = "(healthy|verified by python3) after"
    ripe: str = ""  # SQL: what must hold before the keys to the cause; a person takes longer than the test
    within: bool = False  # the dashboard is opened within the scene, and so watches the standby too


PID = r"pid (\d+)"
COUNT = r"type (\S+ \d+), then Enter"
# The cursor stands on the row of the worst finding.
FIXES = {
    "api-down": Fix("api stopped", (), "refused: nothing listens", 0, ("B",), "y"),
    "api-slow": Fix("api latency", ("l",), r"request_duration=[67]\.", 1, ("R",), "api"),
    "cert-expiring": Fix("gateway cert left 2d", ("i",), r"CERT LEFT +2d .*h", 1, ("R",), "gateway"),
    # A restart does not help; the configuration of the sandbox has actions of its own.
    "bad-deploy": Fix("api answers 503", (), "release 2: column", 0, ("P",), "y"),
    "crash-loop": Fix("api crash loop: ended with exit code 1", ("l",),
                      'fatal release 3: ECAP_POOL_SIZE="ten" is not a number', 1, ("P",), "y"),
    "oom": Fix("dashboard crash loop: OOM-killed at its limit", ("i",), "OOM-killed at its limit of 64 MB", 1,
               ("M", "Enter"), "y"),
    "log-storm": Fix("dashboard answers 200, but status is .*errors per second", ("l", "t"),
                     r"[\d,]{4,} error .*cache: read of report:<n> failed: connection reset by peer", 2, ("R",), "dashboard"),
    "db-hog": Fix(f"ecap {PID} idle in transaction", (), "blocks 3 for", 0, ("T",), PID, "gone after"),
    "db-full": Fix("ecap connections 9", ("U",), r"ecap-pool-\* .*application +3\d", 0, ("Enter",), COUNT, "gone after",
                   "SELECT count(*) > 30 FROM pg_stat_activity WHERE application_name LIKE 'ecap-pool-%'"
                   " AND state_change < now() - interval '10 s'"),
    "slot-holds-wal": Fix("ecap old_standby slot inactive", (), r"retains \d\d(\.\d)? MB of WAL", 0,
                          (":", "postgres.drop-slot ecap", "Enter", "Space", "Enter"), "old_standby", "dropped|DONE"),
    # A report holds the xmin; the dead rows go with the next vacuum.
    "bloat": Fix(rf"ecap {PID} xmin age \d,", (), r"idle in txn +\S+ ecap-report", 0,
                 ("T",), PID, "gone after"),
    "replica-lag": Fix(r"ecap lag time \S+, above 5\.0s|standby replay is paused", (), r"replay is paused(, replay lag| since)", 0,
                       (":", "postgres.resume-replay standby", "Enter", "Space", "Enter"), "replay",
                       "resumed|DONE", within=True),
    "redis-full": Fix("cache evict", (), r"mem (9\d(\.\d)?|100)% 6\d/64 MB", 0, ("M", "128mb", "Enter", "Enter"), "y",
                      "maxmemory 134217728"),
    # The page scans; the prefix is there after two or three seconds.
    "memory-prefix": Fix("cache memory 9.*noeviction", (":", "redis.memory cache", "Enter"),
                         r"report: +\d\d(\.\d)? MB +[6-9]\d(\.\d)?%.* 0%", 1,
                         ("D", "report:*", "Enter", "Enter"), "report:*", "deleted"),
    "slow-script": Fix("cache busy running a script", (), "end it with SCRIPT KILL", 0,
                       (":", "redis.script-kill cache", "Enter"), "the running script", "answers PING after"),
    # The consumers are healthy as a service; the Kafka pane says that they read nothing, or too little.
    "stuck-consumer": Fix("stuck for", (), "members hold partitions but commit", 0, ("1", "j", "j", "R"), "streaming"),
    "lag": Fix("ecap-consumer-group lag", (), "above 10,000", 0, ("1", "j", "j", "R"), "streaming"),
    "skew": Fix("skew: ", (), "/3 gets 9.% of the messages", 0, ("1", "j", "j", "R"), "streaming"),
    "disk-full": Fix(r"disk/data used 9\d%, above 90%", ("U",), r"deleted, but still open(.|\n)*log/export\.log +28 MB", 0,
                     ("Down", "Enter"), "export.log", "28 MB freed"),
}
ALONE = ("disk-full",)
QUICK = ("crash-loop", "lag", "oom")
LONG = [scene for scene in FIXES if scene not in (*QUICK, *ALONE)]


def count(pressed):
    """Keys; what is typed into a field is none."""
    return sum(len(key) == 1 or key[0].isupper() for key in pressed)


def to_fix(what):
    """All keys to the fix: with those that led to a place where the fix begins."""
    return [*(key for key in what.to_cause if what.back == 0 or key.isdigit()), *what.to_fix]


def counts(what):
    """Keys to the cause, to the plan, and to the proof: the plan is confirmed (y, or its phrase and Enter), Enter closes the
    result, and the overview says "all ok"."""
    plan = count(to_fix(what))
    return count(what.to_cause), plan, plan + 2


def table():
    """The lines of the table in docs/sandbox.md."""
    return [f"| `{scene}` | {' | '.join(map(str, counts(what)))} |" for scene, what in FIXES.items()]


def press(terminal, pressed):
    for key in pressed:
        terminal.settle(0.1, 1)  # a key that comes with the change of the screen is refused
        terminal.press(key)


def fix(calm, folder, scene, config=None):
    what = FIXES[scene]
    assert count(what.to_cause) <= CAUSE_KEYS and count(to_fix(what)) <= FIX_KEYS
    if scene in ("stuck-consumer", "lag", "skew"):
        calm.need("kafka")
    if what.within:
        calm.scene(scene)
    with dashboard(config or keys.configure(calm, folder), columns=120, rows=36) as terminal:
        if not what.within:
            terminal.wait_for("all ok", 20)
            calm.scene(scene)
        terminal.wait_for(re.compile(what.sign), 25)
        if what.ripe:
            wait_until(lambda: calm.sql(what.ripe)[0][0], 30, what=f"the sessions of {scene}")
        press(terminal, what.to_cause)
        terminal.wait_for(re.compile(what.cause), 15)
        press(terminal, ("Esc",) * what.back)
        phrase = what.phrase
        if phrase == PID:
            phrase = re.search(PID, terminal.screen.rows[1]).group(1)
        press(terminal, what.to_fix)
        if phrase == COUNT:
            terminal.wait_for(re.compile(COUNT), 15)
            phrase = re.search(COUNT, terminal.screen.text).group(1)
        keys.agree(terminal, phrase)
        assert re.search(what.done, keys.outcome(terminal)), terminal.show()
        keys.close(terminal)
        terminal.wait_for("all ok", 25)
