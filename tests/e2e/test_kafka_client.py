"""The process that runs librdkafka, seen from outside: it may crash, hang or be killed; the dashboard
says so, continues, and starts another. See test_kafka_brokers_long.py for what makes it crash."""

import os
import re
import resource
import signal
from pathlib import Path

import pytest

from kafka_family import alive, children, client, descriptors, look
from keys import configure
from sandbox import HOST, wait_until
from stacktop import dashboard, write_config


TOO_LITTLE = 40 << 20  # bytes of address space: enough for stacktop, not for librdkafka


def well(screen):
    title = screen.line("Kafka lag") or ""
    return re.search(r"lag [0-9,]+", title) and "down" not in title and "stale" not in title


def test_a_crash_is_a_finding_and_passes(calm, tmp_path):
    calm.need("kafka")
    config = configure(calm, tmp_path)
    with dashboard(config) as terminal:
        pid = terminal.process.pid
        terminal.wait_for(well, 20)
        first = client(pid)
        # it hangs: killed after the deadline of the collection, and reaped
        os.kill(first, signal.SIGSTOP)
        terminal.wait_for("Kafka client hung", 15)
        assert "CRIT" not in terminal.screen.line("stacktop "), terminal.show()  # the brokers are fine
        wait_until(lambda: not alive(first), 5, "the end of the client that hangs")
        terminal.wait_for(well, 15)
        said = [line for line in terminal.screen.rows[2:] if "Kafka client hung" in line]
        assert len(said) == 1, terminal.show()  # in the events, not again by the client that came after it
        # it crashes while it is asked something: stopped, so that the question waits for it
        second = client(pid)
        assert second != first
        before = descriptors(pid)  # what is opened late, such as locks, is open
        os.kill(second, signal.SIGSTOP)
        look(terminal, lambda screen: False, 2.5)
        os.kill(second, signal.SIGABRT)
        os.kill(second, signal.SIGCONT)
        terminal.wait_for("Kafka client crashed (SIGABRT), restarting", 5)
        terminal.wait_for(well, 15)
        # it is killed between two questions
        os.kill(client(pid), signal.SIGKILL)
        terminal.wait_for("Kafka client crashed (SIGKILL)", 10)
        terminal.wait_for(lambda screen: "resolved after" in screen.text and well(screen), 15)
        client(pid)
        assert len(children(pid)) == 1 and descriptors(pid) <= before + 1
        # a frozen one does not delay quitting
        last = client(pid)
        os.kill(last, signal.SIGSTOP)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
        assert not alive(last)


def test_too_little_memory_is_named_and_passes(calm, tmp_path):
    """Watches only Kafka: with more targets stacktop starts threads, for which the limit is too small as well."""
    calm.need("kafka")
    target = {"name": "main", "bootstrap": f"{HOST}:{calm.port('kafka')}", "interval": "1s"}
    with dashboard(write_config(tmp_path, kafka=[target], hosts=[], state=str(tmp_path / "state"))) as terminal:
        terminal.wait_for(well, 20)
        pid = terminal.process.pid
        if int(Path(f"/proc/{pid}/statm").read_text().split()[0]) > 1 << 18:
            pytest.skip("a sanitizer reserves more memory than any limit on it would leave")
        before = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (TOO_LITTLE, before[1]))  # for its children; it has its own already
        os.kill(client(pid), signal.SIGKILL)
        terminal.wait_for(re.compile(rf"Kafka client .*ulimit -v {TOO_LITTLE >> 10}"), 15)
        resource.prlimit(pid, resource.RLIMIT_AS, before)
        terminal.wait_for(well, 30)


def test_it_does_not_survive_a_kill(calm, tmp_path):
    calm.need("kafka")
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for(well, 20)
        pid = client(terminal.process.pid)
        terminal.signal(signal.SIGKILL)
        wait_until(lambda: not alive(pid), 2, "the client's end")
