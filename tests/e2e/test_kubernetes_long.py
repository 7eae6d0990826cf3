"""What stacktop shows of a real control plane. What no cluster without containers shows on demand is set as the status of a
pod, as its kubelet would. More cases: tests/unit/clients/kubernetes/test_kubernetes_judge.c."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from control_plane import autoscaler, claim, cron_job, deployment, job, volume, wait_until
from kubernetes_plane import config, configured, pair, plane, shared_plane  # noqa: F401 (fixtures)
from stacktop import BINARY, CRIT, OK, UNKNOWN, check, dashboard
from terminal import Terminal

BESIDE = "others"


def rows(run, table):
    """{label: {column: value}}"""
    found = run.document.rows("kubernetes", table)
    return {next(iter(cells.values())): cells for cells in found.values()}


def status_of(waiting=None, last=None, restarts=0, ready=False):
    state = {"waiting": waiting} if waiting else {"running": {"startedAt": "2026-11-27T12:00:00Z"}}
    return {"containerStatuses": [{"name": "main", "image": "api:1", "imageID": "", "ready": ready, "started": ready,
                                   "restartCount": restarts, "state": state,
                                   "lastState": {"terminated": last} if last else {}}],
            "conditions": [{"type": "PodScheduled", "status": "True"},
                           {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-11-27T12:00:00Z"}]}


def test_figures(plane, config):  # noqa: F811
    for thing in (deployment("ecap", "api", memory="64Mi"), deployment("ecap", "db", 1, kind="StatefulSet"),
                  deployment("ecap", "agent", kind="DaemonSet"), cron_job("ecap", "report"), autoscaler("ecap", "api", 2)):
        plane.apply(thing)
    plane.ready(deployment("ecap", "api"))
    plane.ready(deployment("ecap", "db", kind="StatefulSet"), 1)
    wait_until(lambda: plane.read(deployment("ecap", "agent", kind="DaemonSet"))["status"].get("numberAvailable") == 1)
    run = check(config, "--json")
    assert run.status == OK, run
    workloads, pods, nodes = (rows(run, table) for table in ("workloads", "pods", "nodes"))
    api = plane.read(deployment("ecap", "api"))
    assert list(workloads) == ["ecap/agent", "ecap/api", "ecap/db", "ecap/report"]
    assert workloads["ecap/api"] == {**workloads["ecap/api"], "kind": "deployment", "state": "complete", "ready": 2,
                                     "desired": 2, "updated": 2, "available": 2, "image": "api:1", "revision": "1",
                                     "generation": api["metadata"]["generation"], "autoscaler": "api, 2 to 5"}
    assert workloads["ecap/report"]["state"] == "waiting" and workloads["ecap/report"]["schedule"] == "0 3 * * *"
    assert {name: pod["state"] for name, pod in pods.items()} == {
        f"ecap/{pod['metadata']['name']}": "running" for app in ("api", "db", "agent") for pod in plane.pods("ecap", app)}
    one = pods[f"ecap/{plane.pods('ecap', 'api')[0]['metadata']['name']}"]
    assert (one["owner"], one["node"], one["memory_limit"]) == ("Deployment api", "node-1", 64 << 20)
    assert nodes["node-1"]["state"] == "ready" and nodes["node-1"]["pods"] == 4
    summary = run.document.summary("kubernetes", "summary")
    assert (summary["pods"], summary["workloads"], summary["nodes"], summary["unready"]) == (4, 4, 1, 0)
    assert run.document.target("kubernetes")["server"] == "Kubernetes v1.31.4"


def test_a_server_without_its_store(plane, config):  # noqa: F811
    """Without etcd the server still answers /version, and its watches stay open: what is shown is old, and not green."""
    etcd = plane.processes["etcd"]
    with Terminal([BINARY, "-c", config], columns=120, rows=20) as terminal:
        terminal.wait_for("all ok", 20)
        etcd.send_signal(signal.SIGSTOP)
        try:
            terminal.wait_for("the API server is not ready", 30)
        finally:
            etcd.send_signal(signal.SIGCONT)
        terminal.wait_for("all ok", 30)


def test_one_namespace(pair, tmp_path):  # noqa: F811
    run = check(configured(pair, tmp_path, namespaces=["shop"]), "--json")
    assert list(rows(run, "workloads")) == ["shop/api"]


def test_causes(plane, config):  # noqa: F811
    """Each is a finding whose words say why."""
    plane.apply(deployment("ecap", "lost", 1, nodeSelector={"disk": "ssd"}))
    plane.apply(claim("ecap", "data"))
    for name in ("loop", "pull"):
        plane.apply(deployment("ecap", name, 1))
        plane.ready(deployment("ecap", name))
    loop, pull = plane.pods("ecap", "loop")[0], plane.pods("ecap", "pull")[0]
    plane.set_status(loop, status_of({"reason": "CrashLoopBackOff", "message": "back-off"},
                                     {"exitCode": 3, "reason": "Error", "message": "no \x1b[31mdatabase\nmore",
                                      "finishedAt": "2026-11-27T12:00:00Z"}, 7))
    plane.set_status(pull, status_of({"reason": "ImagePullBackOff", "message": "Back-off pulling image \"api:1\""}))
    wait_until(lambda: plane.get("/api/v1/namespaces/ecap/events?fieldSelector=reason%3DFailedBinding")["items"],
               what="the event about the claim")
    wait_until(lambda: plane.read(deployment("ecap", "loop"))["status"].get("availableReplicas", 0) == 0)
    run = check(config, "--json")
    assert run.status == CRIT, run
    found = dict((words.split(": ")[0], words) for _, words in run.document.findings)
    assert "crash loop: exit code 3, 7 restarts: no " in found[f"cluster ecap/{loop['metadata']['name']}"]
    assert "more" not in found[f"cluster ecap/{loop['metadata']['name']}"]  # the first line only
    assert 'image cannot be pulled (ImagePullBackOff): Back-off pulling image "api:1"' in found[
        f"cluster ecap/{pull['metadata']['name']}"]
    assert "0 of 1 pods available: crash loop: exit code 3" in found["cluster ecap/loop"]
    assert "cannot be scheduled: 0/1 nodes are available" in found["cluster ecap/lost"]
    assert "no persistent volumes available for this claim and no storage class is set" in found["cluster ecap/data"]
    assert "\x1b" not in check(config).stdout


SSD = {"nodeSelector": {"disk": "ssd"}}  # no node has it: the pod stays as it is, for the test to set its status


def test_jobs(plane, config):  # noqa: F811
    """A job that failed is a finding with its cause; one that is complete or held is none."""
    jobs = {"good": job("ecap", "good"), "late": job("ecap", "late", deadline=1, **SSD), "bad": job("ecap", "bad", **SSD),
            "held": job("ecap", "held", suspend=True), "waits": job("ecap", "waits", **SSD)}
    for each in jobs.values():
        plane.apply(each)
    plane.apply(cron_job("ecap", "report"))
    wait_until(lambda: plane.pods("ecap", "bad"), what="its pod")
    plane.set_status(plane.pods("ecap", "bad")[0], {"phase": "Failed", "containerStatuses": [
        {"name": "main", "image": "report:1", "imageID": "", "ready": False, "restartCount": 0, "state": {"terminated": {
            "exitCode": 3, "reason": "Error", "message": "no table \x1b[31mreports\nmore"}}}]})

    def finished():
        ends = {name: [each["type"] for each in plane.read(thing)["status"].get("conditions", []) if each["status"] == "True"]
                for name, thing in jobs.items()}
        return "Complete" in ends["good"] and "Failed" in ends["late"] and "Failed" in ends["bad"] and "Suspended" in ends["held"]
    wait_until(finished, 30, "the jobs")
    wait_until(lambda: "cannot be scheduled" in check(config).stdout, 10, "the scheduler's words")
    run = check(config, "--json")
    workloads = rows(run, "workloads")
    assert {name: workloads[f"ecap/{name}"]["state"] for name in jobs} == {
        "good": "complete", "late": "failed", "bad": "failed", "held": "paused", "waits": "running"}
    assert {workloads[f"ecap/{name}"]["kind"] for name in jobs} == {"job"}
    assert (workloads["ecap/bad"]["failed"], workloads["ecap/waits"]["active"]) == (1, 1)
    found = dict((words.split(": ")[0], words) for _, words in run.document.findings)
    assert "failed (BackoffLimitExceeded): failed with exit code 3: no table" in found["cluster ecap/bad"], found
    assert "failed (DeadlineExceeded): Job was active longer than specified deadline" in found["cluster ecap/late"]
    assert "not complete: cannot be scheduled: 0/1 nodes are available" in found["cluster ecap/waits"]
    assert not {"cluster ecap/good", "cluster ecap/held", "cluster ecap/report"} & set(found)
    assert workloads["ecap/report"]["active"] == workloads["ecap/report"]["failed"] == 0
    assert "\x1b" not in check(config).stdout


def test_a_cron_job_that_fails_and_recovers(plane, config):  # noqa: F811
    """A run that failed is a finding until a later one succeeds. The cron job starts them itself."""
    cron = cron_job("ecap", "report", "*/1 * * * *")
    uid = plane.apply(cron)["metadata"]["uid"]
    plane.patch(cron, {"spec": {"suspend": True}})

    def run_of(name, **options):
        one = job("ecap", name, **options)
        one["metadata"]["ownerReferences"] = [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "report", "uid": uid,
                                               "controller": True}]
        plane.apply(one)
        end = "Failed" if options else "Complete"
        wait_until(lambda: any(each["type"] == end and each["status"] == "True"
                               for each in plane.read(one)["status"].get("conditions", [])), 30, f"the end of {name}")
    run_of("report-1", deadline=1, **SSD)
    run = check(config, "--json")
    assert "cluster ecap/report-1" in str(run.document.findings) and rows(run, "workloads")["ecap/report"]["failed"] == 1
    assert rows(run, "workloads")["ecap/report"]["state"] == "paused"
    failed_s = time.time()
    wait_until(lambda: int(time.time()) > int(failed_s))  # times of conditions are whole seconds
    run_of("report-2")
    run = check(config, "--json")
    assert "cluster ecap/report-1" not in str(run.document.findings), run
    assert rows(run, "workloads")["ecap/report-1"]["state"] == "failed"


def test_the_other_kinds(plane, config):  # noqa: F811
    """Ingresses and network policies are counted; a volume that failed and a node's condition are findings."""
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"namespace": "ecap", "name": "web"},
               "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "ecap", "name": "deny"},
              "spec": {"podSelector": {}}}
    broken = volume("broken", "ecap", "nobody")
    node = {"kind": "Node", "metadata": {"name": "node-1"}}
    for each in (ingress, policy, broken):
        plane.apply(each)
    plane.patch(broken, {"status": {"phase": "Failed", "message": "delete failed"}}, "/status")
    before = plane.read(node)["status"]["conditions"]
    try:
        plane.patch(node, {"status": {"conditions": [
            {**each, **({"status": "True", "message": "low on disk"} if each["type"] == "DiskPressure" else {})}
            for each in before]}}, "/status")
        run = check(config, "--json")
        summary = run.document.summary("kubernetes", "summary")
        assert (summary["ingresses"], summary["network_policies"], summary["volumes"]) == (1, 1, 1)
        assert "DiskPressure: low on disk" in str(run.document.findings), run.document.findings
    finally:
        plane.patch(node, {"status": {"conditions": before}}, "/status")
        for each in (ingress, policy, broken):
            plane.delete(each)


def test_changes_are_seen_without_lists(pair, config):  # noqa: F811
    """The screen follows a watch: a rollout by somebody else, and a deletion."""
    with dashboard(config) as terminal:
        terminal.wait_for(lambda screen: "complete" in screen.line("ecap/api"))
        pair.patch(pair.ours, {"spec": {"replicas": 3, "template": {"spec": {"containers": [
            {"name": "main", "image": "api:2"}]}}}})
        terminal.wait_for(lambda screen: "api:2" in screen.line("ecap/api  ") and "complete" in screen.line("ecap/api  "))
        pair.delete(pair.ours)
        terminal.wait_gone("ecap/api  ")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


def test_a_user_without_rights(pair, tmp_path):  # noqa: F811
    run = check(configured(pair, tmp_path, kubeconfig=str(pair.guest)), "--json")
    assert run.status == UNKNOWN, run
    notes = [note["text"] for note in run.document.target("kubernetes")["notes"]]
    assert any(note.startswith("no right to list anything: deployments.apps is forbidden: User \"guest\"")
               for note in notes), notes
    for resource in ("deployments", "pods", "nodes", "events"):
        assert f"no right to list {resource} (grant the verbs list and watch)" in notes
    assert run.document.summary("kubernetes", "summary")["pods"] == {"unknown": "they could not be listed"}


def test_a_user_with_some_rights(pair, tmp_path):  # noqa: F811
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pods"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "pods"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "pods"},
               "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "guest"}]}
    pair.apply(role)
    pair.apply(binding)
    try:
        path = configured(pair, tmp_path, kubeconfig=str(pair.guest))
        wait_until(lambda: len(rows(check(path, "--json"), "pods")) == 4, 20, "the pods")
        with dashboard(path) as terminal:  # it may list pods, but not watch them: new ones are seen all the same
            terminal.wait_for("no right to list deployments")
            pair.patch(pair.ours, {"spec": {"replicas": 3}})
            terminal.wait_for(lambda screen: screen.text.count("ecap/api-") == 3)
    finally:
        pair.delete(binding)
        pair.delete(role)


def kubectls():
    """The processes `kubectl proxy` that belong to a stacktop."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"kubectl", b"proxy"] and any(word.startswith(b"--unix-socket=") and b"stacktop-kubectl" in word
                                                       for word in words):
            found.append(int(folder.name))
    return found


def test_a_server_that_ends_and_returns(pair, config):  # noqa: F811
    with dashboard(config) as terminal:
        terminal.wait_for(lambda screen: "complete" in screen.line("ecap/api"))
        pair.stop_server()
        terminal.wait_for("connection refused", 20)
        pair.start_server()
        terminal.wait_for(lambda screen: "complete" in screen.line("ecap/api  ") and "CRIT" not in screen.rows[0], 40)
        pair.patch(pair.ours, {"spec": {"replicas": 3}})  # and it is watched again
        terminal.wait_for(lambda screen: screen.text.count("ecap/api-") == 3, 20)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    assert kubectls() == []


def test_a_server_that_freezes(pair, config):  # noqa: F811
    with dashboard(config) as terminal:
        terminal.wait_for(lambda screen: "complete" in screen.line("ecap/api"))
        with pair.frozen("kube-apiserver"):
            terminal.wait_for("no response within", 30)
            terminal.wait_for(lambda screen: screen.line("ecap/api  ").startswith("│?"))  # old data is never green
        terminal.wait_for(lambda screen: "CRIT" not in screen.rows[0] and "all ok" in screen.rows[0], 30)


def test_kubectl_ends_with_stacktop(pair, config):  # noqa: F811
    """Also when stacktop is killed; and it is started again when it dies alone."""
    with dashboard(config) as terminal:
        terminal.wait_for(lambda screen: "complete" in screen.line("ecap/api"))
        (first,) = kubectls()
        os.kill(first, 9)
        wait_until(lambda: kubectls() not in ([], [first]), 20, "another kubectl")
        terminal.wait_for(lambda screen: "all ok" in screen.rows[0], 20)
        terminal.signal(9)
        wait_until(lambda: kubectls() == [], 5, "kubectl's end")
    arguments = subprocess.run(["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True).stdout
    assert re.search(r'"gitVersion": "v1\.', arguments), arguments
