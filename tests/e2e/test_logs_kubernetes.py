"""Logs of pods that a played API server has: what a real kubelet does and kwok cannot (test_logs_kubernetes_long.py)."""

import json
import os
import subprocess

import pytest

from played_pods import CREATING, played
from sandbox import wait_until
from stacktop import BINARY, stacktop, write_config
from test_logs import Follower

BESIDE = "others"
PRINTED, NONE, TROUBLE = 0, 1, 2


@pytest.fixture
def cluster(tmp_path):
    with played() as cluster:
        service = {"name": "api", "address": "127.0.0.1:1", "runtime": {"kubernetes": "ecap/deployment/api"}}
        cluster.config = write_config(tmp_path, kubernetes=[{"name": "cluster", "proxy": cluster.url}], hosts=[],
                                      services=[service])
        yield cluster


def logs(cluster, target, *arguments):
    return stacktop("logs", target, "-c", cluster.config, "--json", "--utc", *arguments)


def lines(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def texts(run):
    return [each["line"] for each in lines(run)]


class Following(Follower):
    def __init__(self, cluster, target):
        self.process = subprocess.Popen([str(BINARY), "logs", target, "-c", cluster.config, "--follow", "--json"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def test_all_containers_of_a_pod_and_all_pods_of_a_workload(cluster):
    cluster.pod("api-5f-1", owner="api", containers=("main", "proxy"))
    cluster.pod("api-5f-2", owner="api")
    cluster.pod("api-5f-2", owner="api", namespace="shop").write("main", "of another namespace")
    cluster.pod("web-5f-1", owner="web").write("main", "of another deployment")
    for at, (pod, container) in enumerate((("api-5f-1", "main"), ("api-5f-1", "proxy"), ("api-5f-2", "main"))):
        cluster.find("ecap", pod).write(container, f"INFO line {at}", f"2026-11-27T10:00:0{at}.5Z")
    every = [("api-5f-1/main", "INFO line 0"), ("api-5f-1/proxy", "INFO line 1"), ("api-5f-2", "INFO line 2")]
    for target, wanted in (("cluster/ecap/api-5f-1", every[:2]), ("cluster/ecap/deployment/api", every), ("api", every)):
        run = logs(cluster, target)
        assert run.status == PRINTED and run.stderr == "", run
        assert [(each["source"], each["line"]) for each in lines(run)] == wanted, target
    assert {(each["time"], each["time_from"]) for each in lines(run)} >= {("2026-11-27T10:00:01.500Z", "source")}
    assert len(lines(logs(cluster, "cluster"))) == 5
    assert texts(logs(cluster, "cluster", "--source", "web")) == ["of another deployment"]


def test_the_run_before_a_restart(cluster):
    pod = cluster.pod("api-1", restarts=3)
    pod.write("main", "ERROR no URL", "2026-11-27T10:00:00Z", before=True)
    pod.write("main", "INFO started", "2026-11-27T10:00:01Z")
    assert texts(logs(cluster, "cluster/ecap/api-1")) == ["ERROR no URL", "INFO started"]
    pod.before["main"].clear()  # it is no longer kept
    run = logs(cluster, "cluster/ecap/api-1")
    assert (run.status, texts(run), run.stderr) == (PRINTED, ["INFO started"], "")
    pod.restarts = 0
    cluster.asked.clear()
    logs(cluster, "cluster/ecap/api-1")
    assert cluster.asked and not [path for path in cluster.asked if "previous" in path]


def test_a_container_that_is_being_created(cluster):
    pod = cluster.pod("api-1")
    pod.refuse("main", 400, CREATING % "api-1")
    run = logs(cluster, "cluster/ecap/api-1")
    assert run.status == TROUBLE and "is waiting to start: ContainerCreating" in run.stderr, run
    with Following(cluster, "cluster/ecap/api-1") as follower:
        wait_until(lambda: len(cluster.asked) > 2)
        pod.accept("main")
        pod.write("main", "started")
        follower.wait("started")
        pod.write("main", "more")
        follower.wait("started", "more")


def test_denied(cluster):
    cluster.pod("api-1").write("main", "seen")
    cluster.pod("api-2").refuse("main", 403, 'pods "api-2" is forbidden: User "eve" cannot get resource "pods/log"')
    run = logs(cluster, "cluster")
    assert run.status == TROUBLE and texts(run) == ["seen"]
    assert 'cannot get resource "pods/log"' in run.stderr and "api-2" in run.stderr


def test_new_pods_are_followed_and_old_ones_end(cluster):
    cluster.pod("api-5f-1", owner="api").write("main", "one")
    with Following(cluster, "api") as follower:
        follower.wait("one")
        cluster.pod("api-5f-2", owner="api").write("main", "two")
        cluster.pod("web-5f-1", owner="web").write("main", "of another deployment")
        follower.wait("one", "two")
        cluster.pods.pop(0)
        cluster.find("ecap", "api-5f-2").write("main", "three")
        follower.wait("one", "two", "three")


def test_nothing_is_read_twice_where_a_connection_ends(cluster):
    pod = cluster.pod("api-1")
    for at, stamp in enumerate((".4", ".45", ".5", ".51")):  # of different lengths
        pod.write("main", f"line {at}", f"2026-11-27T10:00:00{stamp}Z")
    with Following(cluster, "cluster/ecap/api-1") as follower:
        follower.wait("line 0", "line 1", "line 2", "line 3")
        wait_until(lambda: "follow" in cluster.asked[-1])
        cluster.ended = True  # every follow ends at once, as when the container has ended
        wait_until(lambda: len(cluster.asked) > 3)
        pod.write("main", "line 4", "2026-11-27T10:00:00.511Z")
        follower.wait("line 0", "line 1", "line 2", "line 3", "line 4")


def test_hostile_lines_and_names(cluster):
    pod = cluster.pod("../../secrets/x?a=1", containers=("main", "\x1b[31m"))
    pod.write("main", "\x1b]0;t\x07")
    pod.lines["main"].append(("no time", b"at all"))
    pod.lines["main"].append(("2026-11-27T10:00:00Z", b"a\0b\xff" + b"x" * 100000))
    run = logs(cluster, "cluster")
    found = lines(run)
    assert {each["line"][:5] for each in found} == {"\ufffd]0;t", "no ti", "a\ufffdb\ufffdx"}, run
    assert max(each.get("bytes_cut", 0) for each in found) > 80000
    assert "\x1b" not in run.stdout + run.stderr
    assert all(path.startswith("/api/v1/namespaces/ecap/pods/..%2F..%2Fsecrets%2Fx%3Fa%3D1/log?") for path in cluster.asked)


def test_more_pods_than_are_read(cluster):
    for at in range(80):
        cluster.pod(f"api-{at}").write("main", f"line {at}")
    run = logs(cluster, "cluster")
    assert run.status == PRINTED and len(lines(run)) == 62
    assert "18 more containers are not read (limit: 62)" in run.stderr


def test_what_does_not_exist(cluster):
    for target, words in (("cluster/ecap/none", "there is no pod ecap/none"), ("cluster", "the cluster has no pods"),
                          ("api", "deployment ecap/api has no pods"),
                          ("cluster/ecap/node/x", "is not deployment, statefulset or daemonset")):
        run = logs(cluster, target)
        assert run.status == TROUBLE and words in run.stderr, run


def test_no_server(cluster, tmp_path):
    config = write_config(tmp_path, kubernetes=[{"name": "cluster", "proxy": "http://127.0.0.1:1"}], hosts=[])
    run = stacktop("logs", "cluster", "-c", config)
    assert run.status == TROUBLE and "refused" in run.stderr, run
