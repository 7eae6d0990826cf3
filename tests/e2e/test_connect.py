"""What a Kafka Connect must say to be believed, and what is a finding: played servers (test_connect_long.py has a real one)."""

import re

import pytest

from prometheus_server import played
from stacktop import CRIT, OK, UNKNOWN, check, stacktop, write_config

BESIDE = "others"
ROOT_ANSWER = (200, {"version": "4.1.1", "commit": "be816b82", "kafka_cluster_id": "abc"})
TRACE = ("org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.\n\tat A.b(C)\n"
         "Caused by: java.sql.SQLException: wrapper\n\tat D.e(F)\nCaused by: java.net.ConnectException: Connection \u001b[31mrefused\n\tat G")


def part(state="RUNNING", worker="w1:8083", **more):
    return {"state": state, "worker_id": worker, **more}


def connector(name, state="RUNNING", tasks=(), **config):
    return {"status": {"name": name, "connector": part(state), "tasks": [{"id": i, **task} for i, task in enumerate(tasks)],
                       "type": "sink"},
            "info": {"name": name, "config": {"connector.class": "com.example.Sink", **config}}}


def cluster(*connectors):
    return {"/": ROOT_ANSWER, "/connectors": (200, {each["status"]["name"]: each for each in connectors})}


def configured(folder, url):
    return write_config(folder, connect=[{"name": "main", "url": url, "timeout": "2s"}], hosts=[])


def look(folder, answers):
    with played(answers) as url:
        return check(configured(folder, url), "--json")


def test_failed_tasks_are_critical_with_their_cause(tmp_path):
    run = look(tmp_path, cluster(
        connector("good", tasks=[part(worker="w2:8083")]), connector("paused", "PAUSED", [part("PAUSED")]),
        connector("bad", tasks=[part("FAILED", trace=TRACE), part(), part("UNASSIGNED", "w3:8083")]), connector("new")))
    assert run.status == CRIT, run
    summary = run.document.summary("connect", "summary")
    assert (summary["connectors"], summary["tasks"], summary["failed"], summary["paused"]) == (4, 5, 1, 1)
    assert (summary["unassigned"], summary["without_tasks"], summary["workers"]) == (1, 1, 2)
    sentence = next(text for _, text in run.document.findings if "task 0" in text)
    assert "of bad failed: org.apache.kafka.connect.errors.ConnectException: Exiting" in sentence
    rows = run.document.rows("connect", "connectors")
    assert list(rows)[0] == "connector/bad" and rows["connector/bad"]["failed_tasks"] == 1
    assert rows["task 0/bad"]["reason"].endswith("caused by java.net.ConnectException: Connection \x1b[31mrefused")
    assert rows["connector/good"]["class"] == "com.example.Sink" and "\x1b" not in run.stdout


def test_a_healthy_one_and_an_empty_one(tmp_path):
    assert look(tmp_path, cluster(connector("a/b ?", tasks=[part()]))).status == OK
    assert look(tmp_path, cluster()).status == OK


@pytest.mark.parametrize("answers, words", [
    ({"*": (200, "<!DOCTYPE html><html></html>")}, "a web page and not JSON"),
    ({"*": (200, {"version": "1"})}, "not one of Kafka Connect"),
    ({"/": ROOT_ANSWER, "*": (200, ["a", "b"])}, "before 2.3"),
    ({"/": ROOT_ANSWER, "*": (200, {"a": {"status": {"name": "a"}}})}, "not one of Kafka Connect"),
    ({"/": ROOT_ANSWER, "*": (409, {"error_code": 409, "message": "rebalance in process"})}, "rebalance in process"),
    ({"*": (401, "")}, "requires a login"),
])
def test_what_is_not_a_connect_that_answers_is_unknown(tmp_path, answers, words):
    run = look(tmp_path, answers)
    assert run.status == UNKNOWN and words in run.document.target("connect")["error"]["text"], run


def test_the_page_hides_secrets(tmp_path):
    name = "a/b"
    each = connector(name, tasks=[part("FAILED", trace=TRACE)])
    config = {"name": name, "database.password": "hunter2", "url": "jdbc:x://u:geheim@db/x", "aws.secret": "${file:/run/s:k}",
              "sasl.jaas.config": "x password=topf;", "key.converter": "org.Converter",
              "key.converter.basic.auth.user.info": "u:verborgen"}
    with played({**cluster(each), "/connectors/a%2Fb/status": (200, each["status"]),
                 "/connectors/a%2Fb/config": (200, config)}) as url:
        shown = stacktop("show", "connect.connector", "main", f"connector/{name}", "-c", str(configured(tmp_path, url)), "--json")
        of_task = stacktop("show", "connect.connector", "main", f"task 0/{name}", "-c", str(configured(tmp_path, url)))
    for secret in ("hunter2", "geheim", "topf", "verborgen"):
        assert secret not in shown.stdout, secret
    assert "${file:/run/s:k}" in shown.stdout and "org.Converter" in shown.stdout, shown
    assert re.search(r"0 +failed", of_task.stdout), of_task
