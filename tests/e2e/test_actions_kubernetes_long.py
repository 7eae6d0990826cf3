"""Actions on a real control plane: by `plan` and `apply`, and by keys. What they did is in the cluster, the neighbour (a
deployment of the same name in another namespace) is as it was, and the audit has both lines."""

import pytest

from control_plane import autoscaler, cron_job, deployment, wait_until
from keys import agree, close, outcome, select
from kubernetes_plane import (FAILED, PARTLY, apply, config, configured, pair, plan, plane, recorded,  # noqa: F401
                              shared_plane)
from stacktop import dashboard

BESIDE = "others"


def replica_sets(plane, namespace="ecap", app="api"):  # noqa: F811
    return plane.get(f"/apis/apps/v1/namespaces/{namespace}/replicasets?labelSelector=app%3D{app}")["items"]


def image(plane, thing):  # noqa: F811
    return plane.read(thing)["spec"]["template"]["spec"]["containers"][0]["image"]


# ---- rollout restart

def test_restart(pair, config, tmp_path):  # noqa: F811
    before = {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    planned = plan(config, "kubernetes.restart", "ecap/api")
    assert {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")} == before  # a plan changes nothing
    assert "kubectl rollout restart deployment/api --namespace=ecap" in str(planned)
    assert "rolled out after" in apply(config, planned)
    assert not before & {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    pair.ready(pair.ours)
    assert len(replica_sets(pair)) == 2
    recorded(tmp_path, "kubernetes.restart", "done")
    assert "rolled out after" in apply(config, plan(config, "kubernetes.restart", "ecap/api"))  # annotations are kept


def test_restart_of_the_other_kinds(plane, config):  # noqa: F811
    for kind in ("StatefulSet", "DaemonSet"):
        thing = deployment("ecap", kind.lower(), 2, kind=kind)
        plane.apply(thing)
        ready = "numberAvailable" if kind == "DaemonSet" else "availableReplicas"
        wait_until(lambda: plane.read(thing)["status"].get(ready) == (1 if kind == "DaemonSet" else 2), what=kind)
        before = {pod["metadata"]["uid"] for pod in plane.pods("ecap", kind.lower())}
        assert "rolled out after" in apply(config, plan(config, "kubernetes.restart", f"ecap/{kind.lower()}"))
        after = {pod["metadata"]["uid"] for pod in plane.pods("ecap", kind.lower())}
        assert len(after) == len(before) and not after & before


def test_changed_since_the_plan(pair, config, tmp_path):  # noqa: F811
    planned = plan(config, "kubernetes.restart", "ecap/api")
    pair.patch(pair.ours, {"spec": {"replicas": 3}})
    pair.ready(pair.ours)
    before = {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    assert "its specification was changed since the plan was made" in apply(config, planned, FAILED)
    assert {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")} == before
    recorded(tmp_path, "kubernetes.restart", "refused")


def test_another_object_of_the_name(pair, config, tmp_path):  # noqa: F811
    planned = plan(config, "kubernetes.restart", "ecap/api")
    pair.delete(pair.ours)
    wait_until(lambda: not pair.pods("ecap", "api"))
    pair.apply(pair.ours)
    pair.ready(pair.ours)
    generation = pair.read(pair.ours)["metadata"]["generation"]
    assert "another one has its name" in apply(config, planned)
    assert pair.read(pair.ours)["metadata"]["generation"] == generation
    recorded(tmp_path, "kubernetes.restart", "gone")


def test_a_rollout_that_fails(pair, config, tmp_path):  # noqa: F811
    """New pods find no node: the old ones serve on, and the scheduler's own words are in the outcome."""
    pair.patch(pair.ours, {"spec": {"paused": True, "template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}})
    assert "are paused" in plan(config, "kubernetes.restart", "ecap/api", status=FAILED)
    pair.patch(pair.ours, {"spec": {"paused": False}})
    wait_until(lambda: pair.read(pair.ours)["status"].get("updatedReplicas"))
    text = apply(config, plan(config, "kubernetes.restart", "ecap/api"), PARTLY)
    assert "new pods do not start" in text and "0/1 nodes are available" in text, text
    assert pair.read(pair.ours)["status"]["availableReplicas"] >= 1
    recorded(tmp_path, "kubernetes.restart", "partial")


def test_a_user_without_rights(pair, tmp_path):  # noqa: F811
    """May read everything, and change nothing: refused with the server's words, which name the verb and the resource."""
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reads"}, "rules": rules}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "reads"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reads"},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "guest"}]}
    pair.apply(role)
    pair.apply(binding)
    try:
        path = configured(pair, tmp_path, kubeconfig=str(pair.guest))
        generation = pair.read(pair.ours)["metadata"]["generation"]
        text = apply(path, plan(path, "kubernetes.restart", "ecap/api"), FAILED)
        assert 'cannot patch resource "deployments"' in text, text
        assert pair.read(pair.ours)["metadata"]["generation"] == generation
        recorded(tmp_path, "kubernetes.restart", "refused")
    finally:
        pair.delete(binding)
        pair.delete(role)


# ---- scale

@pytest.mark.parametrize("replicas", [0, 1, 4])
def test_scale_and_undo(pair, config, tmp_path, replicas):  # noqa: F811
    text = apply(config, plan(config, "kubernetes.scale", "ecap/api", f"replicas={replicas}"))
    assert "scaled after" in text
    assert len(pair.pods("ecap", "api")) == replicas
    uid = pair.read(pair.ours)["metadata"]["uid"]
    _, ended = recorded(tmp_path, "kubernetes.scale", "done")
    assert ended["undo"] == f"kubernetes.scale cluster {uid} replicas=2"
    apply(config, plan(config, *_words(ended["undo"])))
    pair.ready(pair.ours, 2)


def _words(line):
    action, target, *rest = line.split()
    assert target == "cluster"
    return action, *rest


def test_an_autoscaler_is_named(pair, config):  # noqa: F811
    pair.apply(autoscaler("ecap", "api", 1, 5))
    planned = plan(config, "kubernetes.scale", "ecap/api", "replicas=3")
    assert "the autoscaler api, 1 to 5 sets its replicas, and will undo this" in str(planned)


def test_scaled_by_others_meanwhile(pair, config, tmp_path):  # noqa: F811
    planned = plan(config, "kubernetes.scale", "ecap/api", "replicas=1")
    pair.patch(pair.ours, {"spec": {"replicas": 5}})
    assert "was changed since the plan was made" in apply(config, planned, FAILED)
    assert pair.read(pair.ours)["spec"]["replicas"] == 5


# ---- cron jobs

def test_suspend_and_resume(plane, config):  # noqa: F811
    job = cron_job("ecap", "report")
    plane.apply(job)
    plane.apply(cron_job("shop", "report"))
    apply(config, plan(config, "kubernetes.suspend", "ecap/report"))
    assert plane.read(job)["spec"]["suspend"] is True
    assert plane.read(cron_job("shop", "report"))["spec"]["suspend"] is False
    assert "suspended already" in plan(config, "kubernetes.suspend", "ecap/report", status=FAILED)
    apply(config, plan(config, "kubernetes.resume", "ecap/report"))
    assert plane.read(job)["spec"]["suspend"] is False


# ---- by keys

def test_keys(pair, config):  # noqa: F811
    with dashboard(config) as terminal:
        terminal.wait_for("ecap/api")
        select(terminal, 1, "ecap/api")
        terminal.press("R")
        terminal.wait_for("kubectl rollout restart deployment/api")
        agree(terminal, "staging ecap/api" if "staging ecap/api" in terminal.screen.text else "ecap/api")
        assert "rolled out after" in outcome(terminal)
        close(terminal)
