"""Services that run in a cluster: the runtime `kubernetes` on a real control plane."""

import json

from control_plane import wait_until
from kubernetes_plane import FAILED, pair, plane, recorded, shared_plane  # noqa: F401 (fixtures)
from stacktop import OK, Listener, check, stacktop, write_config

BESIDE = "others"


def configured(plane, folder, port, place="ecap/deployment/api", **options):  # noqa: F811
    return write_config(folder, kubernetes=[plane.target()], hosts=[], state=str(folder / "state"),
                        services=[{"name": "api", "address": f"127.0.0.1:{port}", "runtime": {"kubernetes": place}, **options}])


def service(path):
    run = check(path, "--json")
    return next(iter(run.document.rows("service", "services").values())), run


def test_its_state(pair, tmp_path):  # noqa: F811
    pair.patch(pair.ours, {"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "api:1", "env": [{"name": "URL", "value": "secret"}, {"name": "EMPTY"}]}]}}}})
    pair.ready(pair.ours)
    with Listener() as server:
        cells, run = service(configured(pair, tmp_path, server.port, environment=["URL", "EMPTY", "LOST"]))
        text = json.dumps(cells)
        assert "running" in text and "api:1" in text, text
        assert "LOST" in run.stdout and "secret" not in run.stdout
        pair.patch(pair.ours, {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}})
        wait_until(lambda: pair.read(pair.ours)["status"].get("unavailableReplicas"))
        assert "cannot be scheduled: 0/1 nodes are available" in service(configured(pair, tmp_path, server.port))[1].stdout
        lost = configured(pair, tmp_path, server.port, place="ecap/deployment/none")
        assert "there is no cluster ecap/deployment/none" in service(lost)[1].stdout


def test_restart(pair, tmp_path):  # noqa: F811
    before = {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    with Listener() as server:
        path = configured(pair, tmp_path, server.port)
        planned = stacktop("-c", path, "plan", "service.restart", "api", "--json")
        assert planned.status == OK, planned
        assert "kubectl rollout restart deployment/api --namespace=ecap" in planned.stdout
        done = stacktop("-c", path, "apply", planned.json["hash"], "--confirm", planned.json["phrase"], timeout=60)
        assert done.status == OK, done
    assert not before & {pod["metadata"]["uid"] for pod in pair.pods("ecap", "api")}
    pair.ready(pair.ours)
    recorded(tmp_path, "service.restart", "done")


def test_changed_since_the_plan(pair, tmp_path):  # noqa: F811
    with Listener() as server:
        path = configured(pair, tmp_path, server.port)
        planned = stacktop("-c", path, "plan", "service.restart", "api", "--json")
        pair.patch(pair.ours, {"spec": {"replicas": 3}})
        pair.ready(pair.ours)
        done = stacktop("-c", path, "apply", planned.json["hash"], "--confirm", planned.json["phrase"], timeout=60)
        assert done.status == FAILED and "changed since the plan was made" in done.stdout + done.stderr, done
        stop = stacktop("-c", path, "plan", "service.stop", "api")
        assert "Kubernetes has no start and stop" in stop.stdout + stop.stderr, stop


def test_what_may_not_be_named(tmp_path):
    for text in ("api", "job/api", "a/b/c/d", "deployment/", "/deployment/api", "deployment/a b"):
        path = write_config(tmp_path, services=[{"name": "api", "address": "127.0.0.1:1", "runtime": {"kubernetes": text}}])
        run = stacktop("-c", path, "config", "--check")
        assert run.status != OK and "deployment" in run.stdout + run.stderr, (text, run)
