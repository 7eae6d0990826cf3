"""Services that run in a cluster: the runtime `kubernetes` on a real control plane."""

import json

from control_plane import autoscaler, wait_until
from keys import agree, close, outcome, select
from kubernetes_plane import FAILED, PARTLY, pair, plane, recorded, shared_plane  # noqa: F401 (fixtures)
from stacktop import OK, Listener, check, dashboard, stacktop, write_config

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


# ---- scale

def planned(path, *words, status=OK):
    run = stacktop("-c", path, "plan", *words, "--json")
    assert run.status == status, run
    return run.json if status == OK else run.stdout + run.stderr


def applied(path, made, status=OK):
    run = stacktop("-c", path, "apply", made["hash"], "--confirm", made["phrase"], timeout=60)
    assert run.status == status, run
    return run.stdout + run.stderr


def test_scale_and_undo(pair, tmp_path):  # noqa: F811
    with Listener() as server:
        path = configured(pair, tmp_path, server.port)
        made = planned(path, "service.scale", "api", "replicas=4")
        said = str(made)
        assert "Scale api from 2 to 4" in said and "kubectl scale deployment/api --namespace=ecap --replicas=4" in said, said
        assert "starts 2 replicas" in said and "autoscaler" not in said
        assert "scaled to 4, healthy after" in applied(path, made)
        assert len(pair.pods("ecap", "api")) == 4
        _, ended = recorded(tmp_path, "service.scale", "done")
        assert ended["undo"] == "service.scale api replicas=2"
        applied(path, planned(path, *ended["undo"].split()))
        assert len(pair.pods("ecap", "api")) == 2
        assert "api has 2 replicas already" in planned(path, "service.scale", "api", "replicas=2", status=FAILED)


def test_scale_to_nothing(pair, tmp_path):  # noqa: F811
    with Listener() as server:  # another one answers at its address: its pods are the proof
        path = configured(pair, tmp_path, server.port)
        made = planned(path, "service.scale", "api", "replicas=0")
        assert "it serves nothing until it is scaled up again" in str(made) and "done when no replica is left" in str(made)
        assert "scaled to 0 after" in applied(path, made)
        assert pair.pods("ecap", "api") == []
        assert "scaled to 0" in check(path).stdout


def test_an_autoscaler_undoes_a_scale(pair, tmp_path):  # noqa: F811
    pair.apply(autoscaler("ecap", "api", 1, 5))
    pair.apply(autoscaler("shop", "other", 1, 5))
    with Listener() as server:
        path = configured(pair, tmp_path, server.port)
        assert "the autoscaler api, 1 to 5 sets its replicas, and will undo this" in str(
            planned(path, "service.scale", "api", "replicas=3"))


def test_scaled_by_others_since_the_plan(pair, tmp_path):  # noqa: F811
    with Listener() as server:
        path = configured(pair, tmp_path, server.port)
        made = planned(path, "service.scale", "api", "replicas=1")
        pair.patch(pair.ours, {"spec": {"replicas": 3}})
        assert "changed since the plan was made" in applied(path, made, FAILED)
        recorded(tmp_path, "service.scale", "refused")
    assert pair.read(pair.ours)["spec"]["replicas"] == 3


def test_scaled_beyond_the_nodes(pair, tmp_path):  # noqa: F811
    """A scale never gets stuck in the words of Kubernetes: the wait has an end, and the scheduler's words are the cause."""
    pair.patch(pair.ours, {"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "api:1", "resources": {"requests": {"cpu": "3"}}}]}}}})
    pair.ready(pair.ours)
    with Listener() as server:
        path = configured(pair, tmp_path, server.port, ready="3s")
        text = applied(path, planned(path, "service.scale", "api", "replicas=5"), PARTLY)
        assert "2 of 5 pods" in text and "Insufficient cpu" in text, text
        _, ended = recorded(tmp_path, "service.scale", "partial")
        assert ended["undo"] == "service.scale api replicas=2"


def test_what_cannot_be_scaled(pair, tmp_path):  # noqa: F811
    with Listener() as server:
        path = configured(pair, tmp_path, server.port, place="ecap/daemonset/api")
        assert "a daemon set has no number of pods" in planned(path, "service.scale", "api", "replicas=2", status=FAILED)
        for runtime, reason in (({"compose": "api"}, "docker compose up --scale"), ({"systemd": "api.service"}, "runs a unit once"),
                                ({"start": "/bin/true"}, "add runtime")):
            path = write_config(tmp_path, hosts=[], state=str(tmp_path / "state"), services=[
                {"name": "api", "address": f"127.0.0.1:{server.port}", "runtime": runtime}])
            text = planned(path, "service.scale", "api", "replicas=2", status=FAILED)
            assert reason in text, text


def test_scale_by_keys(pair, tmp_path):  # noqa: F811
    with Listener() as server, dashboard(configured(pair, tmp_path, server.port)) as terminal:
        terminal.wait_for(lambda screen: "running" in screen.text)
        select(terminal, 2, "api")
        terminal.press("C")
        terminal.wait_for("replicas")
        terminal.press("3", "Enter")
        terminal.wait_for("Scale api from 2 to 3")
        agree(terminal, "y")
        assert "healthy after" in outcome(terminal)
        close(terminal)
    assert len(pair.pods("ecap", "api")) == 3
