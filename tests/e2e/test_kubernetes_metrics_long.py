"""CPU and memory of pods and services from metrics.k8s.io: where it is served, where it is not, and where it may not be read."""

import pytest

from control_plane import wait_until
from kubernetes_plane import config, configured, pair, plane, shared_plane  # noqa: F401 (fixtures)
from metrics_server import metrics
from stacktop import OK, WARN, Listener, check, write_config

BESIDE = "others"
MIB = 1 << 20


def pods(run):
    return list(run.document.rows("kubernetes", "pods").values())


def notes(run, kind="kubernetes"):
    return [note["text"] for note in run.document.target(kind)["notes"] if "metrics" in note["text"]]


def service(plane, folder, port, **options):  # noqa: F811
    path = write_config(folder, kubernetes=[plane.target(**options)], hosts=[], state=str(folder / "state"),
                        services=[{"name": "api", "address": f"127.0.0.1:{port}", "runtime": {"kubernetes": "ecap/deployment/api"}}])
    run = check(path, "--json")
    return next(iter(run.document.rows("service", "services").values())), run


def test_not_served(pair, config, tmp_path):  # noqa: F811
    """A note, once, and no error."""
    why = "the cluster has no metrics.k8s.io (metrics-server), so CPU and memory are not known"
    run = check(config, "--json")
    assert run.status == OK and notes(run) == [why], run
    assert pods(run)[0]["cpu"] == pods(run)[0]["memory"] == {"unknown": why}
    with Listener() as server:
        cells, run = service(pair, tmp_path, server.port)
        assert run.status == OK and cells["memory"] == {"unknown": why}, cells


def test_served(pair, config, tmp_path):  # noqa: F811
    """Of the pods, and of the service: the sum of its own pods, without those of its neighbour."""
    with metrics(pair, ecap={"cpu": "250m", "memory": "48Mi"}, shop={"cpu": "2", "memory": "1Gi"}), Listener() as server:
        run = check(config, "--json")
        assert run.status == OK and notes(run) == [], run
        found = {cells["pod"].split("/")[0]: (cells["cpu"], cells["memory"]) for cells in pods(run)}
        assert found == {"ecap": (0.25, 48 * MIB), "shop": (2, 1024 * MIB)}
        ours = next(cells for cells in pods(run) if cells["pod"].startswith("ecap/"))
        assert ours["memory_ratio"] == 0.75
        cells, run = service(pair, tmp_path, server.port)
        assert (cells["cpu"], cells["memory"], cells["memory_limit"], cells["memory_ratio"]) == (
            0.5, 96 * MIB, 128 * MIB, 0.75), cells


def test_near_the_limit(pair, config, tmp_path):  # noqa: F811
    with metrics(pair, ecap={"cpu": "1m", "memory": "60Mi"}), Listener() as server:
        run = check(config, "--json")
        assert run.status == WARN and "94%" in run.document.findings[0][1], run.document.findings
        assert service(pair, tmp_path, server.port)[1].status == WARN


def test_one_namespace_with_a_right_to_it(pair, tmp_path):  # noqa: F811
    """A role of the namespace alone is enough: only its pods are asked for."""
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["list", "watch", "get"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"namespace": "ecap", "name": "reads"},
            "rules": rules}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
               "metadata": {"namespace": "ecap", "name": "reads"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reads"},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "guest"}]}
    path = configured(pair, tmp_path, kubeconfig=str(pair.guest), namespaces=["ecap"])
    with metrics(pair, ecap={"cpu": "100m", "memory": "32Mi"}):
        pair.apply(role)
        pair.apply(binding)
        try:
            wait_until(lambda: pods(check(path, "--json")), 20, "the right")
            run = check(path, "--json")
            assert [cells["memory"] for cells in pods(run)] == [32 * MIB] * 2 and notes(run) == [], run
            role["rules"] = [{**rules[0], "apiGroups": ["", "apps", "batch"]}]
            pair.apply(role)
            wait_until(lambda: notes(check(path, "--json")), 20, "the end of the right")
            assert notes(check(path, "--json")) == [
                "no right to list pods of metrics.k8s.io, so CPU and memory are not known"]
        finally:
            pair.delete(binding)
            pair.delete(role)


def test_it_fails(pair, config, tmp_path):  # noqa: F811
    with metrics(pair, ecap={"cpu": "250m", "memory": "48Mi"}) as served, Listener() as server:
        served.fails = True
        why = "metrics.k8s.io does not answer, so CPU and memory are not known"
        run = check(config, "--json")
        assert run.status == OK and notes(run) == [why], run
        cells, run = service(pair, tmp_path, server.port)
        assert run.status == OK and cells["memory"] == {"unknown": why} and cells["state"], cells


@pytest.mark.parametrize("memory", ["many", "-1", "1e400", ""])
def test_nonsense(pair, config, memory):  # noqa: F811
    """A figure that is none is not known, and is no zero."""
    with metrics(pair, ecap={"cpu": "250m", "memory": memory}):
        run = check(config, "--json")
        ours = [cells for cells in pods(run) if cells["pod"].startswith("ecap/")]
        assert [cells["cpu"] for cells in ours] == [0.25] * 2 and all("unknown" in cells["memory"] for cells in ours), ours
