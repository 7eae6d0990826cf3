"""Actions on a real control plane: by `plan` and `apply`, and by keys. What they did is in the cluster, the neighbour (a
deployment of the same name in another namespace) is as it was, and the audit has both lines."""

import pytest

from control_plane import autoscaler, cron_job, deployment, wait_until
from keys import agree, close, outcome, select
from kubernetes_plane import (FAILED, PARTLY, UNSURE, apply, config, configured, pair, plan, plane, recorded,  # noqa: F401
                              relay, shared_plane)
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


# ---- rollout undo

def change(plane, thing, image=None, env=None):  # noqa: F811
    """A new revision by somebody else."""
    container = {"name": "main", "image": image or "api:1",
                 "env": [{"name": name, "value": value} for name, value in (env or {}).items()]}
    plane.patch(thing, {"spec": {"template": {"spec": {"containers": [container]}}}})
    plane.ready(thing)


def test_undo_to_a_chosen_revision(pair, config, tmp_path):  # noqa: F811
    change(pair, pair.ours, "api:2", {"TOKEN": "secret-1", "OLD": "x"})
    change(pair, pair.ours, "api:3", {"TOKEN": "secret-2", "NEW": "y"})
    listed = plan(config, "kubernetes.undo", "ecap/api", status=FAILED)  # without a choice: what there is to choose from
    assert "revision 2" in listed and "revision 1" in listed and "revision 3" not in listed, listed
    planned = plan(config, "kubernetes.undo", "ecap/api", "revision 2")
    said = str(planned)
    assert "main: image api:3 to api:2; main: env adds OLD, removes NEW, changes TOKEN" in said, said
    assert "kubectl rollout undo deployment/api --to-revision=2 --namespace=ecap" in said
    assert "secret" not in said + listed
    assert "rolled out after" in apply(config, planned)
    container = pair.read(pair.ours)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "api:2"
    assert {each["name"]: each["value"] for each in container["env"]} == {"TOKEN": "secret-1", "OLD": "x"}
    assert len(replica_sets(pair)) == 3  # the revision's own ReplicaSet serves again
    _, ended = recorded(tmp_path, "kubernetes.undo", "done")
    assert "secret" not in str(ended)
    apply(config, plan(config, *_words(ended["undo"])))  # and back again
    assert image(pair, pair.ours) == "api:3"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_undo_of_the_other_kinds(plane, config, tmp_path, kind):  # noqa: F811
    """Their revisions are ControllerRevisions. The neighbour of the same name stays as it is."""
    things = [deployment(namespace, "db", 1, kind=kind) for namespace in ("ecap", "shop")]
    ready = "numberAvailable" if kind == "DaemonSet" else "availableReplicas"

    def rolled(thing):
        status = plane.read(thing)["status"]
        updated = status.get("updatedNumberScheduled" if kind == "DaemonSet" else "updatedReplicas")
        return status.get("observedGeneration") == plane.read(thing)["metadata"]["generation"] and (
            status.get(ready), updated) == (1, 1)
    for thing in things:
        plane.apply(thing)
        wait_until(lambda: rolled(thing), what=kind)
        for version in ("db:2", "db:3"):
            plane.patch(thing, {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": version}]}}}})
            wait_until(lambda: rolled(thing), what=version)
    listed = plan(config, "kubernetes.undo", "ecap/db", status=FAILED)
    assert "revision 1" in listed and "revision 2" in listed and "revision 3" not in listed, listed
    planned = plan(config, "kubernetes.undo", "ecap/db", "revision 1")
    assert "main: image db:3 to api:1" in str(planned)
    assert f"kubectl rollout undo {kind.lower()}/db --to-revision=1 --namespace=ecap" in str(planned)
    assert "rolled out after" in apply(config, planned)
    assert (image(plane, things[0]), image(plane, things[1])) == ("api:1", "db:3")
    assert plane.pods("ecap", "db")[0]["spec"]["containers"][0]["image"] == "api:1"
    _, ended = recorded(tmp_path, "kubernetes.undo", "done")
    listed = plan(config, "kubernetes.undo", "ecap/db", status=FAILED)  # the revision has got a new number
    assert "revision 2" in listed and "revision 3" in listed and "revision 1" not in listed, listed
    apply(config, plan(config, *_words(ended["undo"])))
    assert image(plane, things[0]) == "db:3"


def test_undo_where_there_is_nothing(pair, config):  # noqa: F811
    assert "no earlier revision" in plan(config, "kubernetes.undo", "ecap/api", status=FAILED)


# ---- pods

def test_delete_a_pod(pair, config, tmp_path):  # noqa: F811
    one, other = pair.pods("ecap", "api")
    planned = plan(config, "kubernetes.delete-pod", f"ecap/{one['metadata']['name']}")
    assert "Deployment api makes a new pod in its place" in str(planned)
    assert "gone after" in apply(config, planned)
    pair.ready(pair.ours)
    uids = {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    assert other["metadata"]["uid"] in uids and one["metadata"]["uid"] not in uids and len(uids) == 2
    recorded(tmp_path, "kubernetes.delete-pod", "done")


def test_a_new_pod_of_the_name_is_not_touched(plane, config, tmp_path):  # noqa: F811
    """The pods of a stateful set keep their names."""
    thing = deployment("ecap", "db", 1, kind="StatefulSet")
    plane.apply(thing)
    plane.ready(thing, 1)
    planned = plan(config, "kubernetes.delete-pod", "ecap/db-0")
    old = plane.pods("ecap", "db")[0]["metadata"]["uid"]
    plane.call("DELETE", "/api/v1/namespaces/ecap/pods/db-0?gracePeriodSeconds=0")
    new = wait_until(lambda: [pod["metadata"]["uid"] for pod in plane.pods("ecap", "db")
                              if pod["metadata"]["uid"] != old], what="the new pod")
    assert "does not match the UID" in apply(config, planned, FAILED)
    assert [pod["metadata"]["uid"] for pod in plane.pods("ecap", "db")] == new
    recorded(tmp_path, "kubernetes.delete-pod", "refused")


def test_a_pod_whose_node_does_not_answer(pair, config):  # noqa: F811
    """It does not go, and a person may stop waiting for it: partly done."""
    name = f"ecap/{pair.pods('ecap', 'api')[0]['metadata']['name']}"
    with dashboard(config) as terminal, pair.frozen("kwok"):
        terminal.wait_for(name)
        select(terminal, 1, name)
        terminal.press("D")
        terminal.wait_for("grace")
        terminal.press("Enter")
        terminal.wait_for("makes a new pod in its place")
        agree(terminal, name)
        terminal.wait_for("Esc stop")
        terminal.press("Esc")
        assert "still terminating when it was cancelled" in outcome(terminal)


# ---- no answer

@pytest.mark.parametrize("passes", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize("action", ["kubernetes.scale", "kubernetes.delete-pod"])
def test_no_answer_to_a_change(pair, tmp_path, action, passes):  # noqa: F811
    """It is not known, is said so, and is not sent again."""
    pod = pair.pods("ecap", "api")[0]["metadata"]
    words = ["ecap/api", "replicas=5"] if action == "kubernetes.scale" else [f"ecap/{pod['name']}"]
    with relay(pair, passes) as url:
        path = configured(pair, tmp_path, kubeconfig=None, proxy=url)
        assert "sent, but no answer" in apply(path, plan(path, action, *words), UNSURE)
    intent, ended = recorded(tmp_path, action, "unknown")
    assert not ended.get("undo"), ended
    if action == "kubernetes.scale":
        assert pair.read(pair.ours)["spec"]["replicas"] == (5 if passes else 2)
    else:
        assert (pod["uid"] not in {each["metadata"]["uid"] for each in pair.pods("ecap", "api")}) == passes


def test_the_server_is_gone(pair, config, tmp_path):  # noqa: F811
    """Nothing is sent: skipped, with kubectl's words."""
    planned = plan(config, "kubernetes.scale", "ecap/api", "replicas=5")
    pair.stop_server()
    try:
        assert "connection refused" in apply(config, planned, FAILED)
        recorded(tmp_path, "kubernetes.scale", "skipped")
    finally:
        pair.start_server()
    assert pair.read(pair.ours)["spec"]["replicas"] == 2


# ---- by keys

def test_keys(pair, config):  # noqa: F811
    with dashboard(config) as terminal:
        terminal.wait_for("ecap/api")
        select(terminal, 1, "ecap/api")
        terminal.press("R")
        terminal.wait_for("kubectl rollout restart deployment/api")
        agree(terminal, "ecap/api")
        assert "rolled out after" in outcome(terminal)
        close(terminal)
