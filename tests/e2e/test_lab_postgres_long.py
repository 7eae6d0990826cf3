"""PostgreSQL's parts in the lab without each other: a standby without its primary, a primary without its replica, a
pool without its server. What they are like when all is well: test_lab_postgres.py."""

import re

import pytest

from sandbox import wait_until
from stacktop import CRIT, OK, check, dashboard

LABEL = "long"
POOLS = ("pool-session", "pool-transaction")


@pytest.fixture
def impatient(lab_postgres):
    """The standby's receiver waits for 2 s, not for 60."""
    def say(statement):
        lab_postgres.sql(statement, part="standby")
        lab_postgres.sql("SELECT pg_reload_conf()", part="standby")

    say("ALTER SYSTEM SET wal_receiver_timeout = '2s'")
    wait_until(lambda: lab_postgres.sql("SELECT 1 FROM pg_stat_wal_receiver WHERE last_msg_receipt_time"
                                        " > clock_timestamp() - interval '0.5 s'", part="standby"))
    yield lab_postgres
    say("ALTER SYSTEM RESET wal_receiver_timeout")


@pytest.mark.parametrize("cut, restore", [("freeze", "thaw"), ("stop", "start")])
def test_a_standby_without_its_primary(impatient, config, cut, restore):
    """WARN after some seconds, and CRIT for the target whose threshold says so; no finding for the other one."""
    lab = impatient
    standby = lab.target("postgres", "standby")
    path = config(interval="500ms", timeout="1s", postgres=[
        {**standby, "name": "strict", "thresholds": {"postgres.lag": {"crit": "2s"}}}, {**standby, "name": "lenient"}])
    with dashboard(path, columns=140, rows=36) as terminal:
        terminal.wait_for(lambda screen: "2/2 ok" in screen.text)
        lab.ctl(cut, "postgres")
        for name in ("strict", "lenient"):
            terminal.wait_for(re.compile(rf"{name} +not receiving WAL for \S+, replay lag at least \d"))
        terminal.wait_for(re.compile(r"!! postgres strict lag time \S+, above 2.0s"))
        assert re.search(r"│! +lenient ", terminal.screen.text), terminal.show()
        run = check(path, "--only", "postgres", "--json")
        assert run.status != OK, run
        severities = dict((sentence.split(":")[0], severity) for severity, sentence in reversed(run.document.findings))
        assert severities["lenient"] in ("warn", "crit") and "not receiving WAL" in run.stdout, run
        lab.ctl(restore, "postgres")
        terminal.wait_for(lambda screen: "2/2 ok" in screen.text, timeout=20)
        terminal.wait_for(re.compile(r"ok strict resolved after .*: not receiving WAL for"))
        terminal.press("q")
    assert check(path, "--only", "postgres").status == OK


def test_a_replica_that_hangs_is_seen_on_the_primary(lab_postgres, config):
    """Its connection stays open, and its last message is old."""
    with dashboard(config(interval="500ms", postgres=[lab_postgres.target("postgres", "primary")]), columns=140, rows=36) as terminal:
        terminal.wait_for(re.compile(r"standby +streaming"))
        lab_postgres.ctl("freeze", "standby")
        terminal.wait_for(re.compile(r"standby no reply for \S+, so its lag is at least that long"), timeout=50)
        lab_postgres.ctl("thaw", "standby")
        terminal.wait_for(re.compile(r"standby resolved after .*: no reply for"), timeout=30)


def test_a_replica_that_goes_is_a_finding_and_an_event(lab_postgres, config):
    with dashboard(config(interval="500ms", postgres=[lab_postgres.target("postgres", "primary")]), columns=140, rows=36) as terminal:
        terminal.wait_for(re.compile(r"standby +streaming"))
        lab_postgres.stop("standby")
        terminal.wait_for(re.compile(r"!  standby +inactive .* disconnected for \S+, its slot retains"))
        terminal.wait_for(re.compile(r"!  primary standby disconnected for"))
        assert "1 WARN" in terminal.screen.rows[0]
        lab_postgres.start("standby")
        terminal.wait_for(re.compile(r"standby +streaming"), timeout=20)
        terminal.wait_for(re.compile(r"ok primary standby resolved after .*: disconnected for"))
        assert "all ok" in terminal.screen.rows[0]
        terminal.press("q")


def test_a_server_behind_a_pool_that_does_not_answer(lab_postgres, config):
    path = config(postgres=[{**lab_postgres.target("postgres", pool), "timeout": "1s"} for pool in POOLS])
    assert check(path, "--only", "postgres", "--json").status == OK
    lab_postgres.freeze("postgres")
    run = check(path, "--only", "postgres", "--json")
    assert run.status == CRIT and [severity for severity, _ in run.document.findings] == ["crit", "crit"], run
    lab_postgres.thaw("postgres")
    wait_until(lambda: check(path, "--only", "postgres", "--json").status == OK)
