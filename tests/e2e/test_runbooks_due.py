"""When runbooks were due, and were last done, by whom."""

import json
import re
import shutil
from datetime import datetime, timedelta, timezone

import pytest

from stacktop import OK, dashboard, stacktop, write_config

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


def seen(folder, when):
    """Schedules that are new are as old as that."""
    path = folder / "state/schedules"
    path.write_text(re.sub(r"^\d+", str(int(when.timestamp() * 1000)), path.read_text(), flags=re.M))


@pytest.fixture
def place(tmp_path):
    def made(time, limit="101%", new=False, **settings):
        (tmp_path / "runbooks").mkdir(exist_ok=True)
        (tmp_path / "runbooks/look.yaml").write_text(BOOK.format(time=time, limit=limit))
        config = write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="200ms",
                              state=str(tmp_path / "state"), **settings)
        if not new:
            due(config)
            seen(tmp_path, datetime.now() - timedelta(days=10))
        return config
    return made


def due(config, *words):
    return stacktop("-c", config, "runbook", "due", "look", *words)


def state(config):
    book, = json.loads(due(config, "--json").stdout)["runbooks"]
    return book


def test_it_is_overdue_until_it_is_done(place, tmp_path):
    config = place(hours(-5))
    run = due(config)
    assert run.status == OVERDUE and "overdue" in run.stdout and "never done since the schedule was first seen" in run.stdout, run
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


def test_a_new_schedule_is_not_overdue(place, tmp_path):
    config = place(hours(-5), new=True)
    run = due(config)
    assert run.status == OK and "new " in run.stdout and "first due" in run.stdout, run
    assert state(config)["state"] == "new" and due(config).status == OK
    seen(tmp_path, datetime.now() - timedelta(days=2))
    assert state(config)["state"] == "overdue" and state(config)["missed"] == 2


def test_the_configuration_moves_it_and_switches_it_off(place, tmp_path):
    config = place(hours(-5), runbooks=[{"name": "look", "schedule": f"daily {hours(-2)} UTC", "within": "1h"}])
    assert state(config)["state"] == "overdue" and state(config)["within_ms"] == 3600000
    assert state(config)["schedule"] == f"daily {hours(-2)} UTC"
    config = place(hours(-5), runbooks=[{"name": "look", "schedule": "off"}], new=True)
    run = due(config)
    assert run.status == OK and "off" in run.stdout and "overdue" not in run.stdout, run
    config = place(hours(-5), runbooks=[{"name": "look", "schedule": "dayly 6"}], new=True)
    run = stacktop("-c", config, "config", "--check")
    assert run.status == 78 and '"dayly 6" is not a schedule' in run.stderr, run


def row(config):
    run = stacktop("-c", config, "check", "--only", "runbook", "--json")
    target, = json.loads(run.stdout)["targets"]
    return run.status, target, (target.get("tables") or [{"rows": []}])[0]["rows"]


def test_one_of_your_own_is_a_row_and_a_finding(place, tmp_path):
    config = place(hours(-5))
    status, target, rows = row(config)
    assert status == 1 and target["name"] == "look" and rows[0]["severity"] == "warn", rows
    sentence = json.dumps(target)
    assert "overdue: due 5h" in sentence and "never done since it was first seen 10d" in sentence, sentence
    assert stacktop("-c", config, "runbook", "look").status == OK
    status, target, rows = row(config)
    assert status == OK and rows[0]["severity"] == "ok", rows
    config = place(hours(-1), runbooks=[{"name": "look", "severity": "none"}])
    assert row(config)[0] == OK
    config = place(hours(-1), runbooks=[{"name": "lok"}], new=True)
    run = stacktop("-c", config, "check", "--only", "runbook:lok")
    assert run.status == 3 and "the runbook lok has no schedule" in run.stdout, run


def test_the_dashboard_offers_the_runbook_that_is_overdue(place):
    with dashboard(place(hours(-5)), columns=120, rows=36) as terminal:
        terminal.wait_for("overdue: due 5h")
        terminal.press("r")
        terminal.wait_for("Look at the disk")
        terminal.press("Escape", "q")
        terminal.wait_exit(1)
