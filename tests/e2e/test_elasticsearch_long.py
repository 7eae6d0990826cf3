"""A real OpenSearch of two nodes: green, full disks, yellow, a node that leaves, and no master."""

import datetime

from opensearch_server import VERSION, Cluster
from sandbox import wait_until
from stacktop import CRIT, OK, WARN, check, write_config

BESIDE = "others"


def sentences(run):
    return [sentence for _, sentence in run.document.findings]


def test_the_life_of_a_cluster(tmp_path):
    queries = {"errors": "logs-* level:(ERROR OR FATAL) window 1h", "slow": 'logs-* message:"slow query" window 1h',
               "old": "logs-* window all", "dsl": 'logs-* {"term": {"code": 500}} window 1h'}

    def checked(name, *arguments):
        config = write_config(tmp_path, hosts=[], elasticsearch=[
            {"name": "logs", "url": cluster.url(name), "timeout": "5s", "queries": queries}])
        return check(config, "--json", *arguments)

    def watermarks(low, high, flood):
        names = (("low", low), ("high", high), ("flood_stage", flood))
        cluster.ask("n1", "/_cluster/settings", {"persistent": {
            f"cluster.routing.allocation.disk.watermark.{name}": value for name, value in names}}, "PUT")

    with Cluster(tmp_path) as cluster:
        watermarks("1b", "1b", "1b")
        cluster.ask("n1", "/logs-1", {"settings": {"number_of_shards": 1, "number_of_replicas": 1}}, "PUT")
        now = datetime.datetime.now(datetime.timezone.utc)
        for minutes, document in ((1, {"level": "ERROR", "message": "a slow query", "code": 500}),
                                  (2, {"level": "INFO", "message": "query not slow", "code": 200}),
                                  (90, {"level": "FATAL", "message": "x", "code": 500})):
            at = (now - datetime.timedelta(minutes=minutes)).isoformat()
            cluster.ask("n1", "/logs-1/_doc?refresh=true", {"@timestamp": at, **document})
        wait_until(lambda: cluster.ask("n1", "/_cluster/health")["status"] == "green", 60, "a green cluster")
        run = checked("n1", "--duration", "8s")
        assert run.status == OK, run
        assert run.document.target("elasticsearch")["server"] == f"OpenSearch {VERSION}"
        summary = run.document.summary("elasticsearch", "summary")
        assert summary == summary | {"status": "green", "nodes": 2, "shards_active": 2, "rejected": 0.0}
        counts = {name: row["count"] for name, row in run.document.rows("elasticsearch", "queries").items()}
        assert counts == {"errors": 1, "slow": 1, "old": 3, "dsl": 1}
        nodes = {row["node"]: row for row in run.document.rows("elasticsearch", "nodes").values()}
        assert set(nodes) == {"n1", "n2"} and 0 < nodes["n1"]["heap"] < 1 and nodes["n2"]["watermark"] == "ok"

        watermarks("900tb", "1b", "1b")
        run = checked("n1")
        assert run.status == WARN and any("low watermark" in each for each in sentences(run)), run
        watermarks("1b", "1b", "1b")

        cluster.ask("n1", "/logs-1/_settings", {"index.blocks.read_only_allow_delete": True}, "PUT")
        run = checked("n1")
        assert run.status == CRIT and any("refuses writes" in each for each in sentences(run)), run
        cluster.ask("n1", "/logs-1/_settings", {"index.blocks.read_only_allow_delete": None}, "PUT")
        cluster.ask("n1", "/logs-1/_settings", {"index.number_of_replicas": 2}, "PUT")
        run = checked("n1")
        assert run.status == WARN and len(run.document.findings) == 1, run
        assert "1 of 3 shards are unassigned; replica of shard 0 of logs-1: n" in sentences(run)[0], run
        assert "same_shard" in sentences(run)[0], run

        # An index that is on n2 only, which leaves.
        cluster.ask("n1", "/only", {"settings": {"number_of_shards": 1, "number_of_replicas": 0,
                                                 "index.routing.allocation.require._name": "n2"}}, "PUT")
        cluster.stop("n2")
        wait_until(lambda: cluster.nodes("n1") == 1, 60, "a cluster of one node")
        run = checked("n1")
        assert run.status == CRIT, run
        assert any("red: " in each and "primary of shard 0 of only" in each for each in sentences(run)), run
        assert any("only: shard 0 has no primary: NODE_LEFT" in each for each in sentences(run)), run
        assert run.document.rows("elasticsearch", "indices")["only"]["health"] == "red"

        # The master leaves.
        cluster.start("n2", **{"node.roles": "data"})
        wait_until(lambda: cluster.nodes("n2") == 2, 60, "n2 in the cluster")
        cluster.stop("n1")
        wait_until(lambda: not cluster.ask("n2", "/_cluster/health?local=true")["discovered_cluster_manager"], 60,
                   "a node without a master")
        run = checked("n2")
        assert run.status == CRIT and any("no elected master" in each for each in sentences(run)), run
        assert "no elected master" in run.document.summary("elasticsearch", "summary")["status"]["unknown"], run
    run = checked("n1")
    assert run.status == CRIT and "error" in run.document.target("elasticsearch"), run
