"""A real Kafka Connect: a failed task with its reason, a paused connector, secrets of its page, two workers."""

import pytest

from connect_server import SINK, SOURCE, Connect
from sandbox import wait_until
from stacktop import CRIT, OK, check, dashboard, stacktop, write_config

BESIDE = "others"
NAME = "sink bad?"


@pytest.fixture(scope="module")
def connect(tmp_path_factory):
    folder = tmp_path_factory.mktemp("connect")
    with Connect(folder, workers=2) as connect:
        connect.put("lines", connector_class=SOURCE, tasks_max="1", file=str(folder / "in.txt"), topic="lines")
        connect.wait_for("lines", "RUNNING", "RUNNING")
        yield connect


def configured(folder, connect):
    return write_config(folder, connect=[{"name": "main", "url": connect.url, "timeout": "30s"}], hosts=[])


def look(folder, connect):
    return check(configured(folder, connect), "--json", timeout=60)


def test_a_healthy_connector_on_one_of_two_workers(connect, tmp_path):
    run = look(tmp_path, connect)
    assert run.status == OK, run
    row = run.document.rows("connect", "connectors")["task 0/lines"]
    assert row["state"] == "running" and row["worker"] in {f"127.0.0.1:{port}" for port in connect.ports}
    assert run.document.summary("connect", "summary")["version"] == "4.1.1"


def test_a_paused_one_is_no_finding(connect, tmp_path):
    connect.request("/connectors/lines/pause", "PUT")
    connect.wait_for("lines", "PAUSED", "PAUSED")
    run = look(tmp_path, connect)
    assert run.status == OK and run.document.summary("connect", "summary")["paused"] == 1, run
    connect.request("/connectors/lines/resume", "PUT")
    connect.wait_for("lines", "RUNNING", "RUNNING")


def test_a_failed_task_says_why_and_hides_secrets(connect, tmp_path):
    connect.put(NAME, connector_class=SINK, tasks_max="2", file="/proc/none/x", topics="lines", database_password="hunter2",
                connection_url="jdbc:postgresql://u:geheim@db/x")
    connect.wait_for(NAME, "RUNNING", "FAILED", "FAILED")
    run = look(tmp_path, connect)
    assert run.status == CRIT, run
    sentence = next(text for _, text in run.document.findings if "task 0" in text)
    assert "Couldn't find or create file '/proc/none/x'" in sentence
    assert run.document.summary("connect", "summary")["failed"] == 2
    shown = stacktop("show", "connect.connector", "main", f"task 1/{NAME}", "-c", str(configured(tmp_path, connect)), timeout=60)
    assert "/proc/none/x" in shown.stdout and "hunter2" not in shown.stdout and "geheim" not in shown.stdout, shown
    assert "database.password" in shown.stdout and "***" in shown.stdout, shown
    with dashboard(configured(tmp_path, connect), columns=160, rows=50) as screen:
        screen.wait_for("Couldn't find or create")


def test_a_worker_that_dies(connect, tmp_path):
    connect.end(1)
    wait_until(lambda: look(tmp_path, connect).document.summary("connect", "summary").get("workers") == 1, 90, "one worker")
    connect.wait_for("lines", "RUNNING", "RUNNING")
    connect.end(0)
    run = look(tmp_path, connect)
    assert run.status == CRIT, run
