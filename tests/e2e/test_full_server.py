"""All connections are in use, so the action must not need another one."""

import contextlib
import re

import psycopg2
import pytest

from keys import agree, configure, outcome
from sandbox import wait_until
from stacktop import check, dashboard, stacktop

BESIDE = "others"


@pytest.fixture
def crowd(calm):
    """Takes every slot that is not reserved; releases them at the end."""
    connections = []

    def fill():
        with contextlib.suppress(psycopg2.OperationalError):
            while len(connections) < 500:
                connections.append(calm.connect("ecap_user", "crowd"))
        assert 0 < len(connections) < 500
        return connections

    yield fill
    for connection in connections:
        connection.close()
    wait_until(lambda: not calm.sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'crowd'"), what="free slots")


def alive(sandbox, pid):
    return bool(sandbox.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))


def test_terminate_where_no_slot_is_left(calm, crowd, tmp_path):
    calm.sql("SELECT 1")  # its own session, a superuser's, is there before
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for("conns")
        filled = crowd()
        pid = filled[-1].info.backend_pid
        terminal.press(":", f"postgres.terminate ecap {pid}", "Enter")
        agree(terminal, str(pid))
        text = outcome(terminal)
        assert "gone after" in text, terminal.show()
        terminal.press("Enter", "q")
        assert terminal.wait_exit(2) == 0
    assert not alive(calm, pid) and alive(calm, filled[0].info.backend_pid)


def test_a_group_ends_where_no_slot_is_left(calm, crowd, tmp_path):
    calm.sql("SELECT 1")
    with dashboard(configure(calm, tmp_path), columns=120, rows=36) as terminal:
        terminal.wait_for("conns")
        filled = crowd()
        terminal.press("2")
        terminal.settle(0.1)
        terminal.press("U")  # who uses the connections
        terminal.wait_for(re.compile(rf"crowd +application +{len(filled)}"))
        terminal.press("Esc")
        terminal.wait_for(lambda screen: "application" not in screen.text)
        terminal.press(":", "postgres.terminate-group ecap application=crowd age=0s", "Enter")
        agree(terminal, f"sandbox {len(filled)}")
        assert "gone after" in outcome(terminal), terminal.show()
    assert not [each for each in filled if alive(calm, each.info.backend_pid)]


def test_full_before_the_start(calm, crowd, tmp_path):
    config = configure(calm, tmp_path)
    crowd()
    run = check(config, "--json", "--only", "postgres")
    errors = [target["error"] for target in run.json["targets"]]
    assert "too many connections: " in str(errors) and "reserved" in str(errors), run
    run = stacktop("plan", "-c", config, "postgres.terminate-idle", "ecap", "age=1s")
    assert run.status != 0 and "too many connections: " in run.stderr, run
