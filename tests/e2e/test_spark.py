"""What a Spark must say to be believed, and what is a finding: played servers (test_spark_long.py has real ones)."""

import time

import pytest

from prometheus_server import played
from stacktop import CRIT, OK, UNKNOWN, WARN, check, write_config

BESIDE = "others"
API = "/api/v1/applications"


def stamp(ago=0):
    now = time.time() - ago
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".000GMT"


def app(name="shop", updated=None, completed=False):
    started = stamp(3600)
    return {"id": f"app-{name}", "name": name, "attempts": [{
        "startTime": started, "endTime": stamp(60) if completed else "1969-12-31T23:59:59.999GMT", "duration": 1,
        "lastUpdated": updated or started, "sparkUser": "spark", "completed": completed, "appSparkVersion": "3.5.8"}]}


def executor(name, active=True, **more):
    return {"id": name, "hostPort": f"{name}:1", "isActive": active, "totalCores": 4, "activeTasks": 1, "failedTasks": 0,
            "completedTasks": 10, "totalDuration": 100000, "totalGCTime": 1000, "memoryUsed": 1, "maxMemory": 100, **more}


def driver(**parts):
    """The answers of a healthy driver, and those parts instead."""
    known = {"allexecutors": [executor("driver"), executor("1")], "stages": [], "jobs": []}
    answers = {API: (200, [app()]), "/api/v1/version": (200, {"spark": "3.5.8"}),
               "/metrics/json/": (200, {"gauges": {"app-shop.driver.ExecutorMetrics.JVMHeapMemory": {"value": 1000}}})}
    for part, said in {**known, **parts}.items():
        answers[f"{API}/app-shop/{part}"] = said if isinstance(said, tuple) or said is None else (200, said)
    return answers


def configured(folder, url, **options):
    return write_config(folder, spark=[{"name": "main", "url": url, "timeout": "2s", **options}], hosts=[])


def look(folder, answers, **options):
    with played(answers) as url:
        return check(configured(folder, url, **options), "--json")


def test_a_healthy_one(tmp_path):
    run = look(tmp_path, driver())
    assert run.status == OK, run
    row, = run.document.rows("spark", "applications").values()
    assert row["executors"] == 1 and row["cores"] == 8 and row["heap"] == 1000 and row["gc"] == 0.01
    assert run.document.summary("spark", "summary")["role"] == "driver"


@pytest.mark.parametrize("answers, words", [
    ({"*": (200, "<!DOCTYPE html><html></html>")}, "a web page and not JSON"),
    ({"*": (200, {"status": "success"})}, "not the list of applications of Spark"),
    ({"*": (200, [{"id": "x"}])}, "not the list of applications of Spark"),
    ({"*": (401, "")}, "requires a login"),
    ({}, "HTTP status 404"),
])
def test_what_is_not_a_spark_is_unknown(tmp_path, answers, words):
    run = look(tmp_path, answers)
    assert run.status == UNKNOWN and words in run.document.target("spark")["error"]["text"], run


def test_what_does_not_answer_is_unknown_and_the_rest_is_shown(tmp_path):
    run = look(tmp_path, driver(stages=(500, "oops"), allexecutors=None))
    row, = run.document.rows("spark", "applications").values()
    assert run.status == UNKNOWN, run
    assert "500" in row["failed_stages"]["unknown"] and "no response" in row["executors"]["unknown"]
    assert row["heap"] == 1000


def test_lost_executors_and_failed_jobs(tmp_path):
    stage = {"status": "FAILED", "stageId": 3, "attemptId": 0, "name": "count", "numFailedTasks": 4,
             "completionTime": stamp(30), "failureReason": "Job aborted due to stage failure: x\nmore"}
    run = look(tmp_path, driver(
        allexecutors=[executor("driver"), executor("1", active=False, removeReason="Command exited with code 137",
                                                   removeTime=stamp(20)),
                      executor("2", active=False, removeReason="Executor killed by driver.", removeTime=stamp(10))],
        stages=[stage, {**stage, "stageId": 1, "completionTime": stamp(7200)}],
        jobs=[{"jobId": 5, "name": "count", "completionTime": stamp(30), "stageIds": [3]},
              {"jobId": 6, "name": "save", "completionTime": stamp(30), "stageIds": [9]}]))
    assert run.status == WARN, run
    sentences = sorted(text for _, text in run.document.findings)
    assert len(sentences) == 3, sentences
    assert "executor 1: failed in shop: Command exited with code 137" in sentences[0]
    assert "job 6: failed in shop: no failed stage" in sentences[1]
    assert "stage 3.0 of job 5: failed in shop: Job aborted due to stage failure: x" in sentences[2]
    assert len(run.document.rows("spark", "failures")) == 4


def test_a_hung_batch_is_not_hidden_by_the_last_good_one(tmp_path):
    streaming = {f"app-shop.driver.shop.StreamingMetrics.streaming.{name}": {"value": value} for name, value in {
        "waitingBatches": 40, "lastCompletedBatch_processingDelay": 100, "lastCompletedBatch_schedulingDelay": 5}.items()}
    answers = driver(**{"streaming/statistics": {"batchDuration": 1000, "numReceivers": 2, "numActiveReceivers": 1}})
    answers["/metrics/json/"] = (200, {"gauges": streaming})
    run = look(tmp_path, answers)
    row, = run.document.rows("spark", "streams").values()
    assert row["delay"] == 40 and row["behind"] == 40 and row["load"] == 0.1 and row["receivers_down"] == 1
    assert run.status == CRIT, run


def test_an_application_that_is_gone_is_critical(tmp_path):
    run = look(tmp_path, driver(), application="other")
    assert run.status == CRIT, run
    (_, sentence), = run.document.findings
    assert 'no application is "other", "shop" answers' in sentence


def test_a_history_server_is_not_asked_for_what_is_dear(tmp_path):
    answers = {API: (200, [app("dead", updated=stamp(600)), app("done", completed=True)]),
               "/api/v1/version": (200, {"spark": "3.5.8"})}
    run = look(tmp_path, answers)
    assert run.status == OK, run
    rows = {row["application"]: row for row in run.document.rows("spark", "applications").values()}
    assert rows["dead"]["state"] == "log open" and 500 < rows["dead"]["updated"] < 700
    assert rows["done"]["state"] == "ended" and rows["done"]["duration"] == 3540
    assert "history server" in rows["done"]["executors"]["unknown"]
