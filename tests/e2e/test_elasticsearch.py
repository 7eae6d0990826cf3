"""What a search cluster must say to be believed: played servers, with answers in the form of Elasticsearch 8. A real
OpenSearch: test_elasticsearch_long.py."""

import pytest

from prometheus_server import played
from stacktop import CONFIG, CRIT, OK, UNKNOWN, WARN, check, stacktop, write_config

BESIDE = "others"
HEALTH = {"cluster_name": "c", "status": "green", "timed_out": False, "number_of_nodes": 1, "number_of_data_nodes": 1,
          "active_primary_shards": 1, "active_shards": 1, "relocating_shards": 0, "initializing_shards": 0,
          "unassigned_shards": 0, "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0,
          "task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": 100.0}
GOOD = {"/": (200, {"name": "n", "cluster_name": "c", "tagline": "You Know, for Search",
                    "version": {"number": "8.8.0", "lucene_version": "9.6.0", "build_flavor": "default"}}),
        "/_cluster/health": (200, HEALTH),
        "/_nodes/stats/jvm,os,fs,thread_pool": (200, {"nodes": {"id1": {
            "name": "n", "roles": ["data", "master"], "os": {"cpu": {"percent": 5, "load_average": {"1m": 0.5}}},
            "jvm": {"uptime_in_millis": 5000, "mem": {"heap_used_in_bytes": 50, "heap_max_in_bytes": 100}},
            "fs": {"total": {"total_in_bytes": 1000, "available_in_bytes": 500}},
            "thread_pool": {"write": {"rejected": 3}}}}}),
        "/_cluster/settings": (200, {"defaults": {"cluster": {"routing": {"allocation": {"disk": {
            "threshold_enabled": "true", "watermark": {"low": "85%", "high": "90%", "flood_stage": "95%",
                                                       "flood_stage.max_headroom": "100GB"}}}}}}}),
        "/_cat/indices": (200, [{"index": "logs", "health": "green", "status": "open", "pri": "1", "rep": "0",
                                 "docs.count": "5", "store.size": "100"}]),
        "/_all/_settings/index.blocks.*": (200, {}), "POST": (200, {"count": 5, "_shards": {"total": 1, "failed": 0}})}


def configured(folder, url, **options):
    return write_config(folder, hosts=[], elasticsearch=[{"name": "logs", "url": url, "timeout": "2s", **options}])


def checked(folder, answers, **options):
    with played({**GOOD, **answers}) as url:
        return check(configured(folder, url, **options), "--json")


def sentences(run):
    return [sentence for _, sentence in run.document.findings]


def test_what_is_fine(tmp_path):
    run = checked(tmp_path, {}, queries={"errors": "logs level:ERROR warn 5"})
    assert run.status == OK, run
    assert run.document.target("elasticsearch")["server"] == "Elasticsearch 8.8.0"
    summary = run.document.summary("elasticsearch", "summary")
    assert summary == summary | {"status": "green", "nodes": 1, "indices": 1, "cluster": "c"}
    node, = run.document.rows("elasticsearch", "nodes").values()
    assert node == node | {"heap": 0.5, "disk": 0.5, "watermark": "ok", "cpu": 0.05}
    assert run.document.rows("elasticsearch", "queries")["errors"]["count"] == 5


@pytest.mark.parametrize("answers, words", [
    ({"/": (200, "<!DOCTYPE html><html>Kibana</html>")}, "a web page and not JSON"),
    ({"/": (200, {"message": "hello"})}, "neither of Elasticsearch nor of OpenSearch"),
    ({"/": (401, {"error": {"reason": "missing authentication credentials"}, "status": 401})}, "missing authentication"),
    ({"/": (200, {"version": {"number": "1.0"}})}, "neither of"),
])
def test_what_is_no_search_cluster(tmp_path, answers, words):
    with played({"*": answers["/"]}) as url:
        run = check(configured(tmp_path, url), "--json")
    assert run.status == UNKNOWN and words in run.document.target("elasticsearch")["error"]["text"], run


def test_a_login_without_the_right_for_its_name(tmp_path):
    run = checked(tmp_path, {"/": (403, {"error": {"reason": "unauthorized"}, "status": 403})})
    assert run.status == OK and "no right" in run.document.summary("elasticsearch", "summary")["version"]["unknown"], run
    assert checked(tmp_path, {"/": (401, {"status": 401})}).status == UNKNOWN


def test_a_cluster_without_a_master(tmp_path):
    body = {"error": {"type": "master_not_discovered_exception", "reason": None}, "status": 503}
    run = checked(tmp_path, {"/_cluster/health": (503, body)})
    assert run.status == CRIT and any("the health of the cluster is not known" in each for each in sentences(run)), run
    assert "unknown" in run.document.summary("elasticsearch", "summary")["status"]
    run = checked(tmp_path, {"/_cluster/health": (200, {**HEALTH, "discovered_master": False})})
    assert run.status == CRIT and any("no elected master" in each for each in sentences(run)), run


def test_a_full_disk_and_its_index(tmp_path):
    nodes = {"nodes": {"id1": {"name": "n", "roles": ["data_hot"],
                               "fs": {"total": {"total_in_bytes": 1000, "available_in_bytes": 40}}}}}
    run = checked(tmp_path, {"/_nodes/stats/jvm,os,fs,thread_pool": (200, nodes),
                             "/_all/_settings/index.blocks.*": (200, {"logs": {"settings": {
                                 "index.blocks.read_only_allow_delete": "true"}}})})
    assert run.status == CRIT, run
    assert any("the disk is above the flood stage" in each for each in sentences(run)), run
    assert any("logs: it refuses writes" in each for each in sentences(run)), run
    node, = run.document.rows("elasticsearch", "nodes").values()
    assert node["watermark"] == "flood" and "unknown" in node["heap"]


def test_what_cannot_be_read_is_not_zero(tmp_path):
    denied = (403, {"error": {"reason": "action [cluster:monitor] is unauthorized"}, "status": 403})
    run = checked(tmp_path, {"/_nodes/stats/jvm,os,fs,thread_pool": denied, "/_cat/indices": denied, "POST": denied},
                  queries={"q": "logs x"})
    assert run.status == UNKNOWN, run
    summary = run.document.summary("elasticsearch", "summary")
    assert "unknown" in summary["indices"] and "unknown" in summary["rejected"] and summary["status"] == "green"
    assert any("cannot count: action" in each for each in sentences(run)), run
    for answer, words in (((200, {"count": 0, "_shards": {"total": 0, "failed": 0}}), "no index matches"),
                          ((200, {"count": 2, "_shards": {"total": 3, "failed": 1}}), "1 of 3 shards did not answer"),
                          ((200, {"hello": 1}), "not a count")):
        run = checked(tmp_path, {"POST": answer}, queries={"q": "logs x"})
        assert run.status == UNKNOWN and any(words in each for each in sentences(run)), run


def test_limits_of_a_query(tmp_path):
    run = checked(tmp_path, {}, queries={"many": "logs x warn 4", "few": "logs x below crit 6"})
    assert run.status == CRIT, run
    assert any("5 documents, above 4" in each for each in sentences(run))
    assert any("5 documents, below 6" in each for each in sentences(run))


@pytest.mark.parametrize("options, words", [
    ({"queries": {"a": "logs window never"}}, "window:"),
    ({"queries": {"a": "logs {"}}, "is not JSON"),
    ({"api_key": "x", "username": "y"}, "api_key excludes"),
    ({"url": "http://u:p@x"}, "username and password"),
])
def test_options_that_mean_nothing(tmp_path, options, words):
    config = configured(tmp_path, options.pop("url", "http://127.0.0.1:1"), **options)
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and words in run.stderr, run


def test_the_key_is_not_shown(tmp_path):
    run = stacktop("config", "-c", configured(tmp_path, "http://127.0.0.1:1", api_key="VnVhQ2ZHY0JDZGJrU"))
    assert run.status == OK and "VnVhQ2ZHY0JDZGJrU" not in run.stdout and "***" in run.stdout, run


def test_a_yellow_cluster_is_one_finding(tmp_path):
    shards = [{"index": "logs", "shard": str(i), "prirep": "r", "state": "UNASSIGNED", "node": None,
               "unassigned.reason": "NODE_LEFT", "unassigned.details": "node_left [x]", "unassigned.for": "3m"}
              for i in range(50)]
    run = checked(tmp_path, {"/_cluster/health": (200, {**HEALTH, "status": "yellow", "unassigned_shards": 50}),
                             "/_cat/shards": (200, shards),
                             "POST": (200, {"index": "logs", "shard": 0, "primary": False, "node_allocation_decisions": [
                                 {"node_name": "n", "deciders": [{"decider": "disk_threshold", "decision": "NO",
                                                                  "explanation": "too full \u001b[31m"}]}]})})
    assert run.status == WARN and len(run.document.findings) == 1, run
    assert "50 of 51 shards are unassigned; replica of shard 0 of logs: n: disk_threshold: too full" in \
        sentences(run)[0], run
    assert len(run.document.rows("elasticsearch", "shards")) == 50
