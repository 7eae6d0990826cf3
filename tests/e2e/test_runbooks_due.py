"""When runbooks were due, and were last done, by whom."""

import json
import shutil
from datetime import datetime, timedelta, timezone

import pytest

from stacktop import OK, stacktop, write_config

BESIDE = "others"
OVERDUE = 1

BOOK = """\
title: Look at the disk
steps:
  - {{name: first, check: {{metric: disk.used, above: 0%}}}}
verify:
  - {{metric: disk.used, below: {limit}}}
schedule: daily {time} UTC
"""


def hours(number):
    return (datetime.now(timezone.utc) + timedelta(hours=number)).strftime("%H:%M")


@pytest.fixture
def place(tmp_path):
    def made(time, limit="101%"):
        (tmp_path / "runbooks").mkdir(exist_ok=True)
        (tmp_path / "runbooks/look.yaml").write_text(BOOK.format(time=time, limit=limit))
        return write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="200ms",
                            state=str(tmp_path / "state"))
    return made


def due(config, *words):
    return stacktop("-c", config, "runbook", "due", "look", *words)


def state(config):
    book, = json.loads(due(config, "--json").stdout)["runbooks"]
    return book


def test_it_is_overdue_until_it_is_done(place, tmp_path):
    config = place(hours(-5))
    run = due(config)
    assert run.status == OVERDUE and "overdue" in run.stdout and "last done never" in run.stdout, run
    ran = stacktop("-c", config, "runbook", "look")
    assert ran.status == OK and "done" in ran.stdout, ran
    run = due(config)
    assert run.status == OK and "look                  done" in run.stdout and " by " in run.stdout, run
    done = state(config)
    assert done["state"] == "done" and done["due_ms"] <= done["done_ms"] <= done["next_ms"] and done["by"]
    assert done["run"].startswith("look-")
    shutil.rmtree(tmp_path / "state/runs")  # as for another operator: only the audit log is shared
    assert state(config) == done
    assert '"action":"runbook.verify"' in (tmp_path / "state/audit.jsonl").read_text().replace(": ", ":")


def test_the_runs_say_it_where_the_audit_log_was_rotated(place, tmp_path):
    config = place(hours(-5))
    assert stacktop("-c", config, "runbook", "look").status == OK
    (tmp_path / "state/audit.jsonl").unlink()
    assert state(config)["state"] == "done" and due(config).status == OK


def test_due_is_not_overdue_and_early_counts(place):
    config = place(hours(-1))
    assert state(config)["state"] == "due" and due(config).status == OK
    config = place(hours(2))
    assert state(config)["state"] == "overdue"
    assert stacktop("-c", config, "runbook", "look").status == OK
    assert state(config)["state"] == "done"


def test_a_run_that_is_not_verified_does_not_count(place):
    config = place(hours(-5), limit="0.0001%")
    ran = stacktop("-c", config, "runbook", "look")
    assert ran.status == 1 and "failed" in ran.stdout, ran
    assert state(config)["state"] == "overdue" and "done_ms" not in state(config)


def test_what_cannot_be_read_is_not_done(place, tmp_path):
    config = place(hours(-5))
    (tmp_path / "state").mkdir()
    (tmp_path / "state/runs").write_text("no folder")
    run = due(config)
    assert run.status == 1 and "runs" in run.stderr and "overdue" not in run.stdout, run


def test_a_zone_that_does_not_exist(place, tmp_path):
    config = place("06:00")
    book = tmp_path / "runbooks/look.yaml"
    book.write_text(book.read_text().replace("UTC", "Europe/Bonn"))
    run = due(config)
    assert run.status == 78 and 'look.yaml:6:11: schedule: unknown time zone "Europe/Bonn"' in run.stderr or \
        'look.yaml:6:11: unknown time zone "Europe/Bonn"' in run.stderr, run
