"""A cluster of three brokers, each frozen, thawed, killed and started again in turn, while the dashboard
is up and changes a setting. librdkafka 2.0.2 (and later) aborts then (librdkafka#4605): its process may,
ours never. Rounds: STACKTOP_ROUNDS, else 30 (15 minutes)."""

import os
import re
import time

import pytest

pytest.importorskip("lab")  # its fixtures

from kafka_family import alive, children, client, descriptors, look, resident_kib  # noqa: E402
from keys import agree, close, outcome  # noqa: E402
from lab import KAFKA  # noqa: E402
from sandbox import wait_until  # noqa: E402
from stacktop import dashboard, write_config  # noqa: E402

TOPIC = "comes-and-goes"
ROUNDS = int(os.environ.get("STACKTOP_ROUNDS", "30"))
FROZEN_SECONDS = 17  # at most; the abort mostly comes before
STILL_WELL_SECONDS = 3  # what comes only after the groups have moved back is seen then
ROWS = 50  # so that no dialog covers the headline
GROWTH_KIB = 8 << 10  # of the dashboard, with the history and events of half an hour


def well(screen):
    """All three are there, and the lag that is shown is complete and fresh."""
    title = screen.line("Kafka lag") or ""
    facts = screen.line("under-replicated") or ""
    return ("brokers 3" in facts and "under-replicated 0" in facts and "offline 0" in facts
            and re.search(r"lag 5,400\b", title) and "down" not in title and "stale" not in title
            and "UNKNOWN" not in screen.rows[0])


class Client:
    """The Kafka client of the collector, from the start of a round to its end."""

    def __init__(self, dashboard_pid):
        self.pid = client(dashboard_pid)
        self.crashed = False

    def watch(self, screen):
        """Whether it has crashed (or hung, and was killed) and the headline said so: the events are older."""
        self.crashed |= (re.search(r"Kafka client (crashed|hung)", screen.rows[1]) is not None
                         and not alive(self.pid))
        return self.crashed

    def until(self, what):
        """That state of the screen; watches the client meanwhile."""
        return lambda screen: (self.watch(screen), what(screen))[1]


def plan(terminal, value):
    """Opens the plan of an action; what has to be typed to agree."""
    terminal.press(":", f"kafka.set-topic-config trio {TOPIC} name=retention.ms value={value}", "Enter")
    terminal.wait_for(re.compile(r"type \S+, then Enter|\[>Cancel<\]   y: "), 25)
    phrase = re.search(r"type (\S+), then Enter", terminal.screen.text)
    return phrase.group(1) if phrase else "y"


def trouble(terminal, lab, part, kill, acts):
    """One round, up to the broker's return; the client that was there before, and when the broker was back."""
    phrase = plan(terminal, 600000000 + int(time.time())) if acts else None
    watched = Client(terminal.process.pid)
    lab.ctl("kill" if kill else "freeze", part)
    try:
        if acts:
            agree(terminal, phrase)
        look(terminal, watched.until(lambda screen: watched.crashed or (kill and not well(screen))), FROZEN_SECONDS)
    finally:
        lab.ctl("start" if kill else "thaw", part)
    back = time.monotonic()
    if acts:
        outcome(terminal, 60)
        close(terminal)
    return watched, back


def recovery(terminal, watched, back, index):
    """Seconds from the broker's return until all is well, and stays so."""
    end = time.monotonic() + 60
    while True:
        left = end - time.monotonic()
        assert look(terminal, watched.until(well), left), f"round {index + 1}: not well again\n{terminal.show()}"
        since = time.monotonic()
        if not look(terminal, watched.until(lambda screen: not well(screen)), STILL_WELL_SECONDS):
            return since - back


def test_brokers_come_and_go(lab_kafka, tmp_path):
    config = write_config(tmp_path, f'''state: {tmp_path}/state
hosts: []
kafka:
  - name: trio
    bootstrap: "{lab_kafka.brokers()}"
    groups: ["lab-*"]
    interval: 1s
''')
    lab_kafka.kafka_tool("topics", "--create", "--if-not-exists", "--topic", TOPIC, "--partitions", "6",
                         "--replication-factor", "3")
    crashes, slowest, before = 0, 0, None
    with dashboard(config, rows=ROWS) as terminal:
        pid = terminal.process.pid
        terminal.wait_for(well, 30)
        for index in range(ROUNDS):
            part, kill = KAFKA[index % 3], index // 3 % 3 == 2
            watched, back = trouble(terminal, lab_kafka, part, kill, acts=index % 2 == 0)
            took = recovery(terminal, watched, back, index)
            wait_until(lambda: len(children(pid)) <= 1, 10, "the end of the other clients")
            assert all(state not in "ZX" for _, state in children(pid).values())
            assert watched.crashed or alive(watched.pid), "the client was replaced, and the headline did not say why"
            crashes, slowest = crashes + watched.crashed, max(slowest, took)
            now = descriptors(pid), resident_kib(pid)
            before = before or now
            print(f"round {index + 1}: {part} {'killed' if kill else 'frozen'}"
                  f"{', the client crashed' if watched.crashed else ''}; well {took:.1f} s later;"
                  f" {now[0]} descriptors, {now[1]} KiB", flush=True)
            assert now[0] <= before[0] + 1
            assert now[1] <= before[1] + GROWTH_KIB
        print(f"{ROUNDS} rounds, {crashes} crashes of the client, well after {slowest:.1f} s at the latest,"
              f" {now[0] - before[0]:+} descriptors and {now[1] - before[1]:+} KiB since the first round")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
    lab_kafka.kafka_tool("topics", "--delete", "--topic", TOPIC)
