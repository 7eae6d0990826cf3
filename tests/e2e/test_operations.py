"""Typed-ahead keys, commands, and several dashboards with the same audit log."""

import os
import re

import pytest

from keys import agree, close, configure, outcome, select
from sandbox import wait_until
from stacktop import dashboard
from witness import Audit

BESIDE = "others"


@pytest.fixture
def hog(calm):
    """The pid of the session that blocks the others."""
    calm.scene("db-hog")

    def pid():
        rows = calm.sql("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'"
                        " AND application_name = 'ecap-batch'")
        return rows[0][0] if rows else None

    return wait_until(pid, what="the hog")


def alive(sandbox, pid):
    return bool(sandbox.sql("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid))


def test_what_was_typed_before_the_plan_is_thrown_away(calm, hog, tmp_path):
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        select(terminal, 2, f"pid {hog}")
        os.write(terminal.master, f"T{hog}\r\x1b[200~{hog}\r".encode())  # a paste still open when the dialog opens
        terminal.wait_for("[>Cancel<]")
        os.write(terminal.master, f"{hog}\r\x1b[201~".encode())
        terminal.settle(0.6)
        assert alive(calm, hog), terminal.show()
        terminal.wait_for("[>Cancel<]")
        agree(terminal, str(hog))  # and the dialog works normally
        outcome(terminal)
    assert not alive(calm, hog)
    assert len(Audit(tmp_path / "state").intents) == 1


def test_an_action_as_a_command(calm, hog, tmp_path):
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        terminal.press(":", f"postgres.terminate ecap {hog}", "Enter")
        terminal.wait_for("[>Cancel<]")
        agree(terminal, str(hog))
        assert "gone after" in outcome(terminal)
        close(terminal)
        terminal.press(":", "undo", "Enter")
        terminal.wait_for("this session has no action that can")
        terminal.press(":", "quit", "Enter")
        assert terminal.wait_exit(1) == 0
    assert not alive(calm, hog)


def test_actions_of_others_are_shown(calm, hog, tmp_path):
    with dashboard(configure(calm, tmp_path)) as watcher, dashboard(configure(calm, tmp_path)) as terminal:
        watcher.wait_for("idle in txn", 20)
        terminal.wait_for("idle in txn", 20)
        terminal.press(":", f"postgres.terminate ecap {hog}", "Enter")
        terminal.wait_for("[>Cancel<]")
        agree(terminal, str(hog))
        outcome(terminal)
        watcher.wait_for(re.compile(r"@\S+\s+(│|terminated)"), 10)
        text = " ".join(watcher.screen.text.replace("│", " ").split())
        assert re.search(r"\S+@\S+ terminated", text), watcher.show()


def test_a_signal_leaves_no_intent_without_its_outcome(calm, hog, tmp_path):
    with dashboard(configure(calm, tmp_path)) as terminal:
        terminal.wait_for("idle in txn", 20)
        terminal.press(":", f"postgres.terminate ecap {hog}", "Enter")
        terminal.wait_for("[>Cancel<]")
        agree(terminal, str(hog))
        wait_until(lambda: Audit(tmp_path / "state").intents, what="the intent")
        terminal.signal(15)
        terminal.wait_exit(2)
    audit = Audit(tmp_path / "state")
    assert len(audit.intents) == len(audit.outcomes) == 1
