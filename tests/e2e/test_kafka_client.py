"""The process that runs librdkafka, seen from outside: it may crash, hang or be killed; the dashboard
says so, goes on and starts another. See test_kafka_brokers_long.py for what makes it crash."""

import os
import re
import signal

from kafka_family import alive, children, client, descriptors, look
from remedy import configure
from sandbox import wait_until
from stacktop import dashboard


def well(screen):
    title = screen.line("Kafka lag") or ""
    return re.search(r"lag [0-9,]+", title) and "down" not in title and "stale" not in title


def test_a_crash_is_a_finding_and_passes(calm, tmp_path):
    calm.need("kafka")
    with dashboard(configure(calm, tmp_path)) as terminal:
        pid = terminal.process.pid
        terminal.wait_for(well, 20)
        first = client(pid)
        before = descriptors(pid)
        # it hangs: killed after the deadline of the collection, and reaped
        os.kill(first, signal.SIGSTOP)
        terminal.wait_for(lambda screen: "Kafka client hung" in screen.text or "no answer within" in screen.text, 15)
        wait_until(lambda: not alive(first), 5, "the end of the client that hangs")
        terminal.wait_for(well, 15)
        # it crashes while it is asked something: stopped, so that the question waits for it
        second = client(pid)
        assert second != first
        os.kill(second, signal.SIGSTOP)
        look(terminal, lambda screen: False, 2.5)
        os.kill(second, signal.SIGABRT)
        os.kill(second, signal.SIGCONT)
        terminal.wait_for("Kafka client crashed (SIGABRT), restarting", 5)
        terminal.wait_for(well, 15)
        client(pid)
        assert len(children(pid)) == 1 and descriptors(pid) <= before + 1
        # a frozen one does not hold up the way out
        last = client(pid)
        os.kill(last, signal.SIGSTOP)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
        assert not alive(last)


def test_it_does_not_survive_a_kill(calm, tmp_path):
    calm.need("kafka")
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for(well, 20)
        pid = client(terminal.process.pid)
        terminal.signal(signal.SIGKILL)
        wait_until(lambda: not alive(pid), 2, "the client's end")
