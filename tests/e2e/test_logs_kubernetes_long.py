"""Logs of pods from a real API server and the kubelet that kwok plays, which reads files; through kubectl."""

import json
import subprocess

import pytest

from control_plane import deployment, running, wait_until
from stacktop import dashboard, stacktop, write_config
from test_logs_kubernetes import NONE, PRINTED, TROUBLE, Following, cluster, texts  # noqa: F401 (a fixture)

BESIDE = "others"
FIRST = "2026-11-27T10:00:00.000000001Z stdout F INFO started\n2026-11-27T10:00:01.5Z stderr F ERROR boom\n"


@pytest.fixture(scope="module")
def shared_plane():
    with running(logs={"main": FIRST, "proxy": "2026-11-27T10:00:02Z stdout F INFO proxy\n"}) as plane:
        yield plane


@pytest.fixture
def plane(shared_plane, tmp_path):
    shared_plane.clear()
    shared_plane.config = configured(shared_plane, tmp_path)
    yield shared_plane


def configured(plane, folder, **options):
    return write_config(folder, kubernetes=[plane.target(**options)], hosts=[], interval="500ms", state=str(folder / "state"),
                        services=[{"name": "api", "address": "127.0.0.1:1", "runtime": {"kubernetes": "ecap/deployment/api"}}])


def pod(name, *containers, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ecap", "name": name},
            "spec": {"containers": [{"name": each, "image": "x"} for each in containers], **spec}}


def logs(plane, target, *arguments):
    return stacktop("logs", target, "-c", plane.config, "--json", "--utc", *arguments)


def is_running(plane, name):
    wait_until(lambda: plane.read(pod(name))["status"]["phase"] == "Running", 60, name)


def pods_of(plane):
    return {each["metadata"]["name"] for each in plane.pods("ecap", "api")}


def test_pods_workloads_and_services(plane):
    plane.apply(pod("two", "main", "proxy"))
    plane.apply(deployment("ecap", "api"))
    plane.ready(deployment("ecap", "api"))
    is_running(plane, "two")
    run = logs(plane, "cluster/ecap/two")
    assert run.status == PRINTED and run.stderr == "", run
    assert texts(run) == ["INFO started", "ERROR boom", "INFO proxy"]
    assert {json.loads(line)["source"] for line in run.stdout.splitlines()} == {"two/main", "two/proxy"}
    for target in ("api", "cluster/ecap/deployment/api"):
        found = [json.loads(line) for line in logs(plane, target).stdout.splitlines()]
        assert {each["source"] for each in found} == pods_of(plane) and len(found) == 4, target
    assert texts(logs(plane, "cluster/ecap/two", "--since", "2026-11-27 10:00:02")) == ["INFO proxy"]


def test_a_rollout_is_followed(plane):
    ours = deployment("ecap", "api", replicas=1)
    plane.apply(ours)
    plane.ready(ours)
    with Following(plane, "api") as follower:
        follower.wait("INFO started", "ERROR boom")
        old = pods_of(plane)
        plane.apply(deployment("ecap", "api", replicas=1, image="api:2"))
        plane.ready(ours)
        follower.wait("INFO started", "ERROR boom", "INFO started", "ERROR boom")
        with open(plane.log_file("main"), "a") as file:
            file.write("2026-11-27T10:00:03Z stdout F INFO more\n")
        wait_until(lambda: "INFO more" in follower.lines(), 15, "the new line")
        sources = [json.loads(line)["source"] for line in follower.text.decode().splitlines()]
        assert set(sources) == old | pods_of(plane)
        # kwok serves the log of a deleted pod until its follow ends
        assert {source for source, line in zip(sources, follower.lines(), strict=True) if line == "INFO more"} >= pods_of(plane)
    plane.log_file("main").write_text(FIRST)


def test_what_is_refused(plane, tmp_path):
    plane.apply(pod("stuck", "main", nodeSelector={"disk": "none"}))
    assert logs(plane, "cluster/ecap/stuck").status == NONE  # the server answers with an empty log
    plane.apply(pod("fine", "main"))
    is_running(plane, "fine")
    plane.config = configured(plane, tmp_path, kubeconfig=str(plane.guest))
    run = logs(plane, "cluster/ecap/fine")
    assert run.status == TROUBLE and 'User "guest" cannot list resource "pods"' in run.stderr, run
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    plane.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pods"},
                 "rules": rules})
    plane.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "pods"},
                 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "pods"},
                 "subjects": [{"kind": "User", "name": "guest"}]})
    wait_until(lambda: "pods/log" in logs(plane, "cluster/ecap/fine").stderr, 20, "its right to list")
    run = logs(plane, "cluster/ecap/fine")
    assert run.status == TROUBLE and 'cannot get resource "pods/log"' in run.stderr, run


def test_on_the_screen(plane):
    ours = deployment("ecap", "api", replicas=1)
    plane.apply(ours)
    plane.ready(ours)
    with dashboard(plane.config, columns=120, rows=36) as terminal:
        for name in ("api", *pods_of(plane)):
            terminal.wait_for(name)
            terminal.press("1", "/", name, "Enter")
            terminal.wait_for(lambda screen, row=f"ecap/{name} ": row in screen.line("►"))
            terminal.press("l")
            terminal.wait_for(lambda screen: "!! error" in screen.line("boom") and "following" in screen.text)
            assert f"[Logs of kubernetes / cluster / ecap/{name}]" in terminal.screen.text
            terminal.press("Esc")
            terminal.wait_for(lambda screen: "[Logs of" not in screen.text)
            terminal.press("Esc")
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
        terminal.assert_given_back()


def proxies(plane):
    """Those that run: a zombie has no arguments."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in found if line.startswith("kubectl proxy") and str(plane.kubeconfig) in line]


def test_kubectl_ends_with_it(plane):
    plane.apply(pod("fine", "main"))
    is_running(plane, "fine")
    for _ in range(5):  # the kubectl of the Google Cloud SDK lost the signal now and then
        with Following(plane, "cluster/ecap/fine") as follower:
            follower.wait("INFO started", "ERROR boom")
            assert proxies(plane)
            follower.process.kill()
        wait_until(lambda: not proxies(plane), 10, "kubectl to end")


def test_a_server_that_hangs_in_a_log(cluster):  # noqa: F811
    cluster.pod("api-1").write("main", "seen")
    with cluster.stuck("api-2"):
        run = logs(cluster, "cluster")
    assert run.status == TROUBLE and texts(run) == ["seen"]
    assert "pod ecap/api-2, container main: connected, but no response within 10s" in run.stderr, run
