"""A cluster of three brokers, each frozen, thawed, killed and started again in turn, while the dashboard
is up and changes a setting. librdkafka 2.0.2 (and later) aborts then (librdkafka#4605): its process may,
ours never. Rounds: STACKTOP_ROUNDS, else 50."""

import os
import re
import time

import pytest

from brokers import NODES, TOPIC, Brokers, wait_until
from kafka_family import children, descriptors, look, resident_kib
from stacktop import dashboard, write_config

ROUNDS = int(os.environ.get("STACKTOP_ROUNDS", "50"))
FROZEN_SECONDS = 14  # at the most; the abort mostly comes before
OVER = re.compile(r"Doing it took|It was not begun|Nothing was done")
GROWTH_KIB = 8 << 10  # of the dashboard, with the history and events of a quarter of an hour


@pytest.fixture
def brokers(tmp_path):
    cluster = Brokers(tmp_path)
    try:
        for node in NODES:
            cluster.start(node)
        cluster.fill()
        yield cluster
    finally:
        cluster.stop()


def well(screen):
    """All three are there, and the lag that is shown is of now."""
    title = screen.line("Kafka lag") or ""
    facts = screen.line("under-replicated") or ""
    return ("brokers 3" in facts and "under-replicated 0" in facts and "offline 0" in facts
            and re.search(r"lag [0-9,]+", title) and "down" not in title and "stale" not in title
            and "group-5" in screen.text)


def crashed(screen):
    return "Kafka client crashed" in screen.text or "Kafka client hung" in screen.text


def plan(terminal, value):
    """Opens the plan of an action, up to its question."""
    terminal.press(":", f"kafka.set-topic-config trio {TOPIC} name=retention.ms value={value}", "Enter")
    terminal.wait_for(re.compile(r"type (\S+), then Enter|\[>Cancel<\]   y: "), 25)


def agree(terminal):
    phrase = re.search(r"type (\S+), then Enter", terminal.screen.text)
    terminal.press(*([phrase.group(1)] if phrase else ["y"]))
    if phrase:
        terminal.wait_for("[>Enter: ")
        terminal.press("Enter")


def leave_dialogs(terminal):
    terminal.wait_for(lambda screen: OVER.search(screen.text), 60)
    terminal.press("Enter")
    terminal.wait_for(lambda screen: not OVER.search(screen.text))


def trouble(terminal, brokers, node, kill, acts):
    """One round; whether the client crashed in it."""
    if acts:
        plan(terminal, 600000000 + int(time.time()))
    (brokers.kill if kill else brokers.freeze)(node)
    try:
        if acts:
            agree(terminal)
        seen = look(terminal, crashed, FROZEN_SECONDS)
    finally:
        (brokers.start if kill else brokers.thaw)(node)
    if acts:
        leave_dialogs(terminal)
    return seen


def test_brokers_come_and_go(brokers, tmp_path):
    config = write_config(tmp_path, f'''state: {tmp_path}/state
kafka:
  - name: trio
    bootstrap: "{brokers.bootstrap}"
    interval: 1s
''')
    crashes, before = 0, None
    with dashboard(config) as terminal:
        pid = terminal.process.pid
        terminal.wait_for(well, 30)
        for index in range(ROUNDS):
            node, kill = NODES[index % 3], index // 3 % 3 == 2
            seen = trouble(terminal, brokers, node, kill, acts=index % 2 == 0)
            crashes += seen
            started = time.monotonic()
            assert look(terminal, well, 60), f"round {index}: not well again\n{terminal.show()}"
            wait_until(lambda: len(children(pid)) <= 1, 10)
            assert all(state not in "ZX" for _, state in children(pid).values())
            now = descriptors(pid), resident_kib(pid)
            before = before or now
            print(f"round {index + 1}: broker {node} {'killed' if kill else 'frozen'}"
                  f"{', the client crashed' if seen else ''}; well {time.monotonic() - started:.1f} s later;"
                  f" {now[0]} descriptors, {now[1]} KiB", flush=True)
            assert now[0] <= before[0] + 1
            assert now[1] <= before[1] + GROWTH_KIB
        print(f"{ROUNDS} rounds, {crashes} crashes of the client")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
