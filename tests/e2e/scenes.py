"""Each scene of the sandbox as a person sees it: mark, verdict, sentence, row and event; then calm resolves it. SCENES
lists what the overview must show without a key. test_scenes.py plays the fast ones, test_scenes_long.py the others."""

import re
from dataclasses import dataclass

from overview import COLOURS, HOST_OFF, PANES, overview
from sandbox import GROUP, TOPIC


@dataclass
class Scene:
    name: str
    pane: str
    verdict: str  # a regular expression, like all fields below
    sentence: str  # the second line, from its mark on
    over: str  # the rest of the recovery event; a narrow pane cuts it
    row: str = ""  # text of the row that is marked in the pane
    seconds: int = 15  # time until it shows


SINCE = r" since \d\d:\d\d:\d\d"
TIME = r"\d+(\.\d+)?(s|m \d\ds)"
RATE = r"\+[\d.,]+/s"

SCENES = {scene.name: scene for scene in (
    Scene("api-down", "Services", "1 CRIT",
          rf"!! api stopped; refused: nothing listens on port \d+ of( 127\.0\.0\.1|…){SINCE}", "sto", "api "),
    Scene("api-slow", "Services", "1 CRIT",
          rf"!! api latency [67]\.\ds, above 5\.0s{SINCE}", "lat", "api "),
    Scene("bad-deploy", "Services", "1 CRIT",
          rf"!! api answers 503 \(expected 200-299\): .*release 2: column.*", "ans", "api "),
    Scene("crash-loop", "Services", "1 CRIT",  # 120 columns cut the rest
          r"!! api crash loop: ended with exit code 1, .*", "cra", "api "),
    Scene("oom", "Services", "1 CRIT",
          r"!! dashboard crash loop: OOM-killed at its limit of .*", "cra",
          "dashboard "),
    Scene("log-storm", "Services", "1 CRIT",
          r'!! dashboard answers 200, but status is "degraded: logs [\d,]+ errors per second" \(expected ok\).*', "ans",
          "dashboard "),
    Scene("db-hog", "PostgreSQL", "1 WARN",
          rf"!  postgres ecap pid \d+ idle in transaction {TIME} \(ecap-batch\), blocks 3 for {TIME}{SINCE}", "idl", "pid "),
    Scene("db-full", "PostgreSQL", "1 (CRIT|WARN)",  # 44 to 46 of 47, depending on monitoring sessions
          rf"(!!|! ) (postgres )?ecap connections 9\d%, above (80|95)% \(conns 4\d of 47(, mostly ecap_user: 4\d, \d+ idle\)|.*…){SINCE}( .*)?", "con"),
    Scene("slot-holds-wal", "PostgreSQL", "1 WARN",
          rf"!  postgres ecap old_standby slot inactive.*, retains \d\d(\.\d)? MB of WAL{SINCE}", "slo", "old_standby"),
    Scene("bloat", "PostgreSQL", "1 WARN",
          rf"!  postgres ecap pid \d+ xmin age \d,\d\d\d, above 5,000 \(state idle in txn for {TIME}, application( ecap-report\)|…){SINCE}", "xmi",
          "pid "),
    Scene("replica-lag", "PostgreSQL", "1 WARN",
          rf"!  postgres ecap lag time {TIME}, above 5\.0s \(stage replaying on standby\){SINCE}", "lag", seconds=25),
    Scene("lag", "Kafka lag", "1 WARN",
          rf"!  kafka main {GROUP} lag [\d,]+, above 10,000 \(rate {RATE}\){SINCE}", "lag", "ecap-"),
    Scene("stuck-consumer", "Kafka lag", "1 CRIT( 1 WARN)?",  # the second when the lag is above 10,000
          rf"!! kafka main {GROUP} stuck for {TIME}( on \d+ of \d+ partitions)?: members hold partitions but commit"
          rf" nothing.*", "stu", "ecap-", 25),
    Scene("hung-transaction", "Kafka lag", "1 CRIT",
          rf"!! kafka main {GROUP} held back for {TIME} on {TOPIC}/0 by a transaction of ecap-billing( open for {TIME}.*|…){SINCE}", "hel", "ecap-", 25),
    Scene("skew", "Kafka lag", "1 WARN",
          rf"!  kafka main {GROUP} skew: {TOPIC}/3 gets 9\d% of the messages, its member reads [\d,.]+/s( of [\d,.]+/s.*|…){SINCE}", "ske", "ecap-", 25),
    Scene("redis-full", "Redis", "1 WARN",
          rf"!  redis cache evicting [\d,.]+ keys/s, above 10/s \(mem (9\d(\.\d)?|100)% 6\d/64 MB\){SINCE}", "evi"),
    Scene("memory-prefix", "Redis", "1 WARN", rf"!  redis cache memory 9\d(\.\d)?% of maxmemory, noeviction{SINCE}", "mem"),
    Scene("slow-script", "Redis", "1 CRIT",
          rf"!! redis cache busy running a script( for at least {TIME})?, refuses other commands; end it with SCRIPT KILL.*", "bus"),
    Scene("cert-expiring", "Services", "1 CRIT", rf"!! gateway cert left 2d 2\dh, below 3d 0h{SINCE}", "cer", "gateway "),
)}


KINDS = ("postgres", "kafka", "redis", "host")  # in a finding before the name of the target; not in its events


def is_well(o):
    return (o.verdict == "all ok" and re.match(r"(11/11|12/12) targets up", o.sentence)  # with Memcached or without
            and all(o.pane(name).state == "ok" for name in PANES[:-1]))


def shows(scene):
    """The pane's mark, the verdict and its sentence, the row, the event; all of one severity."""
    def seen(o):
        pane, mark = o.pane(scene.pane), o.sentence[:2]
        subject = next(word for word in o.sentence[3:].split(" ") if word not in KINDS)
        return (re.fullmatch(scene.verdict, o.verdict) and re.fullmatch(scene.sentence, o.sentence)
                and pane.state == mark.strip() and (not scene.row or scene.row in pane.row(mark))
                and any(each == mark.strip() and text.startswith(f"{subject} ") for each, text in o.events))
    return seen


def is_over(scene):
    """The event says what is resolved; if 80 columns are too few, the event of its onset below does."""
    def told(o, text):
        found = re.search(rf"^(?P<subject>\S+)( .*)? resolved after {TIME}:(?P<rest>.*)", text)
        if not found or found["rest"].strip(" …"):
            return found and re.match(f" {scene.over}", found["rest"])
        return any(mark in ("!", "!!") and each.startswith(f"{found['subject']} ") and re.search(scene.over, each)
                   for mark, each in o.events)

    def seen(o):
        return is_well(o) and any(mark == "ok" and told(o, text) for mark, text in o.events)
    return seen


def play(scene, sandbox, o, look=lambda o: None):
    if scene.pane == "Kafka lag":
        sandbox.need("kafka")
    o.wait(is_well)
    sandbox.scene(scene.name)
    o.wait(shows(scene), scene.seconds)
    mark = o.sentence[:2]
    assert o.pane(scene.pane).colour(mark) == COLOURS[mark]
    others = [o.pane(name) for name in PANES[:-1] if name != scene.pane]
    assert all(pane.state == "ok" for pane in others), o.terminal.show()  # no other target is blamed
    look(o)
    sandbox.scene("calm")
    o.wait(is_over(scene), 25)
    assert o.pane(scene.pane).colour("ok") not in COLOURS.values()


def look_api_down(o):
    row = o.pane("Services").row("api ")
    assert re.search(r"refused +\? ", row), row  # the latency is not known, and not 0
    assert re.search(r"6/7 ok", o.pane("Services").title)


def look_api_slow(o):
    assert re.search(r"api +.*200 +[67]\.\ds", o.pane("Services").row("api ")), o.terminal.show()


def look_cert_expiring(o):
    assert re.search(r"gateway +200 ", o.pane("Services").row("gateway ")), o.terminal.show()  # it responds as ever


def look_bad_deploy(o):
    assert re.search(r"api +503 ", o.pane("Services").row("api ")), o.terminal.show()


def look_refused(name):
    def look(o):
        """A service that is restarted again and again refuses all the time, and is counted as one."""
        row = o.pane("Services").row(f"{name} ")
        assert re.search(r"refused +\? ", row), row
        assert re.search(r"6/7 ok", o.pane("Services").title)
    return look


def look_log_storm(o):
    assert re.search(r"dashboard bad answer ", o.pane("Services").row("dashboard ")), o.terminal.show()


def look_db_hog(o):
    """Which session blocks how many, how long it has been idle, and which sessions wait."""
    pane = o.pane("PostgreSQL")
    # the workload's sessions sometimes wait briefly for each other
    assert re.search(r"pid \d+ +idle in txn +(\S+ +)?[3-9] +ecap-bat", pane.row("idle in txn")), pane.text
    assert re.search(r"waiting [3-9]\b", pane.text) and re.search(r"in-txn [1-9]\b", pane.text), pane.text
    assert re.search(r"longest query +\S", pane.text)
    pid = re.search(r"pid (\d+)", o.sentence).group(1)
    assert pid in pane.row("idle in txn")


def look_db_full(o):
    pane = o.pane("PostgreSQL")
    assert re.search(r"conns 4\d +of 47", pane.text) and re.search(r"9\d%", pane.title), pane.text


def look_slot(o):
    assert re.search(r"old_standby +inactive +slot .* \d\d(\.\d)? MB", o.pane("PostgreSQL").row("old_standby")), o.terminal.show()


def look_bloat(o):
    """The report is the first session, and has been idle in its transaction."""
    assert re.search(r"pid \d+ +idle in txn .*", o.pane("PostgreSQL").row("idle in txn")), o.terminal.show()


def look_replica_lag(o):
    """How much the standby has not replayed, and at which stage."""
    assert re.search(r"standby +streaming +2\d(\.\d)? MB +\S+ +replaying", o.pane("PostgreSQL").row("streaming")), o.terminal.show()


def look_lag(o):
    pane = o.pane("Kafka lag")
    assert re.search(r"lag [\d,]{6,} ", pane.title + " "), pane.title
    assert re.search(rf"{TOPIC} +[\d,]+", pane.row(TOPIC)), pane.text  # the topic that is behind
    assert "rising" in pane.row("ecap-"), pane.text


def look_stuck(o):
    """The group, and the partitions that it is blamed for."""
    pane = o.pane("Kafka lag")
    assert "stuck" in pane.row("ecap-"), pane.text
    assert len(re.findall(r"partition \d+ +[\d,]+ stuck", pane.text)) >= 3, pane.text


def look_held(o):
    pane = o.pane("Kafka lag")
    assert "held back" in pane.row("ecap-"), pane.text


def look_skew(o):
    pane = o.pane("Kafka lag")
    assert re.search(r"skew", pane.row("ecap-")) and "rising" in pane.row(TOPIC), pane.text


def look_redis_full(o):
    pane = o.pane("Redis")
    assert re.search(r"6\d/64 MB", pane.title) and re.search(r"evict [\d,.]+/s", pane.text), pane.text


def look_memory_prefix(o):
    assert re.search(r"(5[5-9]|6\d)(\.\d)?/64 MB", o.pane("Redis").title), o.pane("Redis").title


def look_slow_script(o):
    """No figure of the cache is known, and it is not 0."""
    assert "0/64 MB" not in o.pane("Redis").title and "SCRIPT KILL" in o.sentence, o.terminal.show()


LOOKS = {"api-down": look_api_down, "api-slow": look_api_slow, "bad-deploy": look_bad_deploy,
         "crash-loop": look_refused("api"), "oom": look_refused("dashboard"), "log-storm": look_log_storm,
         "db-hog": look_db_hog, "db-full": look_db_full, "slot-holds-wal": look_slot, "bloat": look_bloat,
         "replica-lag": look_replica_lag, "lag": look_lag, "stuck-consumer": look_stuck,
         "hung-transaction": look_held, "skew": look_skew, "redis-full": look_redis_full,
         "memory-prefix": look_memory_prefix, "slow-script": look_slow_script,
         "cert-expiring": look_cert_expiring}


def configure(sandbox, folder):
    """The sandbox's configuration, without limits of the host."""
    path = folder / "stacktop.yaml"
    path.touch(mode=0o600)  # it has passwords
    path.write_text(sandbox.config.read_text() + HOST_OFF)
    return path
