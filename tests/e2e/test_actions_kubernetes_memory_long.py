"""The memory limit of a workload, on a real control plane: a new revision is rolled out with it, and it can be undone."""

import pytest

from control_plane import cron_job, deployment, wait_until
from keys import agree, close, outcome, select
from kubernetes_plane import (FAILED, PARTLY, UNSURE, apply, config, configured, pair, plan, plane, recorded,  # noqa: F401
                              relay, shared_plane)
from stacktop import dashboard

BESIDE = "others"
ACTION, USAGE = "kubernetes.set-memory", 64


def resources(plane, thing, index=0):  # noqa: F811
    return plane.read(thing)["spec"]["template"]["spec"]["containers"][index].get("resources", {})


def with_resources(plane, thing, **parts):  # noqa: F811
    plane.patch(thing, {"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "api:1", "resources": parts}]}}}})
    plane.ready(thing)


def words(line):
    action, target, *rest = line.split()
    assert target == "cluster"
    return action, *rest


def test_set_and_undo(pair, config, tmp_path):  # noqa: F811
    before = {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    planned = plan(config, ACTION, "ecap/api", "memory=96Mi")
    said = str(planned)
    assert "memory limit of the container main: 96Mi (96 MB), so far 64Mi (64 MB)" in said, said
    assert "rolls out a new revision: replaces 2 pods by new ones" in said
    assert "kubectl set resources deployment/api --containers=main --limits=memory=96Mi --namespace=ecap" in said
    assert resources(pair, pair.ours)["limits"] == {"memory": "64Mi"}  # a plan changes nothing
    assert "rolled out after" in apply(config, planned)
    assert resources(pair, pair.ours)["limits"] == {"memory": "96Mi"}
    pods = pair.pods("ecap", "api")
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    assert {pod["spec"]["containers"][0]["resources"]["limits"]["memory"] for pod in pods} == {"96Mi"}
    _, ended = recorded(tmp_path, ACTION, "done")
    uid = pair.read(pair.ours)["metadata"]["uid"]
    assert ended["undo"] == f"{ACTION} cluster {uid} memory=64Mi container=main"
    apply(config, plan(config, *words(ended["undo"])))
    assert resources(pair, pair.ours)["limits"] == {"memory": "64Mi"}


def test_without_a_limit_before(plane, config, tmp_path):  # noqa: F811
    """Its undo takes the limit away again."""
    for kind in ("StatefulSet", "DaemonSet"):
        thing = deployment("ecap", kind.lower(), 1, kind=kind)
        plane.apply(thing)
        ready = "numberAvailable" if kind == "DaemonSet" else "availableReplicas"
        wait_until(lambda: plane.read(thing)["status"].get(ready) == 1, what=kind)
        planned = plan(config, ACTION, f"ecap/{kind.lower()}", "memory=1.5G")
        assert "so far none" in str(planned) and "each new pod requests as much as the limit" in str(planned)
        assert "rolled out after" in apply(config, planned)
        assert resources(plane, thing)["limits"] == {"memory": "1500M"}  # as the server writes it
        planned = plan(config, ACTION, f"ecap/{kind.lower()}", "memory=none")
        assert "can use all the memory of its node" in str(planned)
        assert "rolled out after" in apply(config, planned)
        assert "memory" not in resources(plane, thing).get("limits", {})


def test_what_is_refused(pair, config):  # noqa: F811
    """Before anything is sent."""
    with_resources(pair, pair.ours, limits={"memory": "64Mi"}, requests={"memory": "48Mi"})
    pair.apply(cron_job("ecap", "report"))
    generation = pair.read(pair.ours)["metadata"]["generation"]
    for row, memory, status, reason in (
            ("api", "memory=32Mi", FAILED, "it requests 48Mi (48 MB), and a limit below the request is invalid"),
            ("api", "memory=65536Ki", FAILED, "nothing to change: its limit is 64Mi (64 MB)"),
            ("api", "memory=512m", USAGE, "512m means thousandths of a byte to Kubernetes; use 512Mi or 512M"),
            ("api", "memory=512MB", USAGE, "is not a quantity of Kubernetes"),
            ("api", "memory=1e3Mi", USAGE, "is not a quantity of Kubernetes"),
            ("api", "memory=-1Gi", USAGE, "is not a quantity of Kubernetes"),
            ("report", "memory=64Mi", FAILED, "only deployments, stateful sets and daemon sets")):
        text = plan(config, ACTION, f"ecap/{row}", memory, status=status)
        assert reason in text, text
    text = plan(config, ACTION, "ecap/api", "memory=96Mi", "container=other", status=FAILED)
    assert 'it has no container "other", but main' in text
    pair.patch(pair.ours, {"spec": {"paused": True}})
    assert "are paused" in plan(config, ACTION, "ecap/api", "memory=96Mi", status=FAILED)
    pair.patch(pair.ours, {"spec": {"paused": False}})
    assert pair.read(pair.ours)["metadata"]["generation"] == generation + 2


def test_one_container_of_several(pair, config):  # noqa: F811
    pair.patch(pair.ours, {"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "api:1"}, {"name": "side", "image": "side:1", "resources": {"limits": {"cpu": "1"}}}]}}}})
    pair.ready(pair.ours)
    text = plan(config, ACTION, "ecap/api", "memory=96Mi", status=FAILED)
    assert "its pods have several containers; name one with container: main, side" in text
    assert "rolled out after" in apply(config, plan(config, ACTION, "ecap/api", "memory=96Mi", "container=side"))
    assert resources(pair, pair.ours, 1)["limits"] == {"cpu": "1", "memory": "96Mi"}
    assert "memory" not in resources(pair, pair.ours).get("limits", {})


def test_changed_since_the_plan(pair, config, tmp_path):  # noqa: F811
    planned = plan(config, ACTION, "ecap/api", "memory=96Mi")
    pair.patch(pair.ours, {"spec": {"replicas": 3}})
    assert "its specification was changed since the plan was made" in apply(config, planned, FAILED)
    assert resources(pair, pair.ours)["limits"] == {"memory": "64Mi"}
    recorded(tmp_path, ACTION, "refused")


def test_new_pods_that_fit_on_no_node(pair, config, tmp_path):  # noqa: F811
    """More than the node has: the old pods serve on, and the scheduler's words are in the outcome. Undo helps."""
    text = apply(config, plan(config, ACTION, "ecap/api", "memory=64Gi"), PARTLY)
    assert "new pods do not start" in text and "Insufficient memory" in text, text
    assert pair.read(pair.ours)["status"]["availableReplicas"] >= 1
    _, ended = recorded(tmp_path, ACTION, "partial")
    assert "rolled out after" in apply(config, plan(config, *words(ended["undo"])))


@pytest.mark.parametrize("passes", [True, False], ids=["made", "not made"])
def test_no_answer(pair, tmp_path, passes):  # noqa: F811
    with relay(pair, passes) as url:
        path = configured(pair, tmp_path, kubeconfig=None, proxy=url)
        assert "sent, but no answer" in apply(path, plan(path, ACTION, "ecap/api", "memory=96Mi"), UNSURE)
    recorded(tmp_path, ACTION, "unknown")
    assert resources(pair, pair.ours)["limits"] == {"memory": "96Mi" if passes else "64Mi"}


def test_keys(pair, config):  # noqa: F811
    with dashboard(config) as terminal:
        terminal.wait_for("ecap/api")
        select(terminal, 1, "ecap/api")
        terminal.press("a")
        terminal.wait_for("set memory limit")
        while "►" not in terminal.screen.line("set memory limit"):
            terminal.press("Down")
            terminal.settle(0.05)
        terminal.press("Enter")
        terminal.wait_for("memory")
        terminal.press("96Mi", "Enter", "Enter")
        terminal.wait_for("rolls out a new revision")
        agree(terminal, "ecap/api")
        assert "rolled out after" in outcome(terminal)
        close(terminal)
    assert resources(pair, pair.ours)["limits"] == {"memory": "96Mi"}
