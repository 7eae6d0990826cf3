"""A Kubernetes control plane of the test's own: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, with kwok
in the place of the nodes, so that deployments roll and pods become ready without a container.

    with running() as plane:                       # skips, with the reason, where that is not possible
        plane.apply(deployment("ecap", "api", replicas=2))

The programs are built once (`python3 tests/e2e/control_plane.py` does it, in 5 to 15 minutes on 2 cores) and kept in
$STACKTOP_KUBERNETES_CACHE, else ~/.cache/stacktop/kubernetes. etcd and kubectl are Debian's packages etcd-server and
kubernetes-client; the build needs Go 1.22 or newer, which Debian 12 has not."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "kubernetes"
VERSION, KWOK = "v1.31.4", "v0.6.1"
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
ADMIN, GUEST = "admin-token", "guest-token"


def cache():
    return Path(os.environ.get("STACKTOP_KUBERNETES_CACHE") or Path.home() / ".cache/stacktop/kubernetes").resolve()


def binaries():
    return cache() / f"{VERSION}-{KWOK}"


# ---- the programs

def _go_version():
    """(1, 26), or None."""
    if not shutil.which("go"):
        return None
    found = re.search(r"go(\d+)\.(\d+)", subprocess.run(["go", "version"], capture_output=True, text=True).stdout)
    return (int(found.group(1)), int(found.group(2))) if found else None


def why_not():
    """Why no control plane can be started; None: it can."""
    for program, package in (("etcd", "etcd-server"), ("kubectl", "kubernetes-client"), ("openssl", "openssl")):
        if not shutil.which(program):
            return f"{program} ({package}) is not installed"
    missing = [name for name in (*PROGRAMS, "kwok") if not (binaries() / name).exists()]
    if not missing:
        return None
    if (_go_version() or (0, 0)) < (1, 22):
        return f"{missing[0]} is not built, and there is no Go 1.22 or newer to build it"
    return f"{missing[0]} is not built; build it with {sys.executable} {Path(__file__).name}"


def build():
    """Builds what is missing, with the lowest priority. Returns why it cannot; None: all is there."""
    if (_go_version() or (0, 0)) < (1, 22):
        return None if why_not() is None else why_not()
    place = binaries()
    place.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(place), "GOFLAGS": "-mod=mod"}
    flags = f"-s -w -X k8s.io/component-base/version.gitVersion={VERSION}"
    for name in PROGRAMS:
        if not (place / name).exists():
            _run(["go", "build", "-p", "1", "-trimpath", "-ldflags", flags, "-o", place / f"{name}.new",
                  f"k8s.io/kubernetes/cmd/{name}"], {**environment, "GOFLAGS": "-mod=readonly"})
            (place / f"{name}.new").rename(place / name)
    if not (place / "kwok").exists():
        _run(["go", "install", "-p", "1", "-trimpath", f"sigs.k8s.io/kwok/cmd/kwok@{KWOK}"], environment)
    return why_not()


def _run(command, environment):
    subprocess.run(["nice", "-n", "19", *map(str, command)], cwd=FOLDER, env=environment, check=True)


# ---- the control plane

def _free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def wait_until(condition, seconds=60, what="it"):
    end = time.monotonic() + seconds * float(os.environ.get("STACKTOP_PATIENCE", "1"))
    while not (result := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return result


class ControlPlane:
    """logs: what each container wrote, by its name, as a kubelet keeps it ("TIME stdout F TEXT"): kwok then serves logs."""

    def __init__(self, logs=None):
        self.folder = Path(tempfile.mkdtemp(prefix="stacktop-kubernetes-"))
        self.etcd_port, self.etcd_peer, self.port, *self.others, self.kubelet_port = _free_ports(6)
        self.logs = logs or {}
        self.processes = {}
        self.kubeconfig = self._kubeconfig("admin", ADMIN)
        self.guest = self._kubeconfig("guest", GUEST)
        (self.folder / "tokens").write_text(f"{ADMIN},admin,admin,system:masters\n{GUEST},guest,guest\n")
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "sa.key", "2048"], check=True, capture_output=True)
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def _kubeconfig(self, name, token):
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                      "insecure-skip-tls-verify": True}}],
            "contexts": [{"name": name, "context": {"cluster": "test", "user": name}}],
            "users": [{"name": name, "user": {"token": token}}]}))
        return path

    def _start(self, name, *arguments):
        program = name if name == "etcd" else binaries() / name
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([str(program), *map(str, arguments)], stdin=subprocess.DEVNULL,
                                                    stdout=log, stderr=log, cwd=self.folder)

    def start_server(self):
        self._start("kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", f"--secure-port={self.port}",
                    "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--cert-dir={self.folder}/certs",
                    f"--token-auth-file={self.folder}/tokens", "--authorization-mode=RBAC",
                    "--disable-admission-plugins=ServiceAccount", "--service-cluster-ip-range=10.0.0.0/24",
                    "--service-account-issuer=https://test", f"--service-account-key-file={self.folder}/sa.key",
                    f"--service-account-signing-key-file={self.folder}/sa.key", "--endpoint-reconciler-type=none")
        wait_until(self._is_ready, 90, "the API server")

    def _is_ready(self):
        assert self.processes["kube-apiserver"].poll() is None, self.log("kube-apiserver")
        try:
            return self.call("GET", "/readyz", decode=False) == b"ok"
        except (OSError, AssertionError):
            return False

    def start(self):
        self._start("etcd", f"--data-dir={self.folder}/etcd", f"--listen-client-urls=http://127.0.0.1:{self.etcd_port}",
                    f"--advertise-client-urls=http://127.0.0.1:{self.etcd_port}",
                    f"--listen-peer-urls=http://127.0.0.1:{self.etcd_peer}",
                    f"--initial-advertise-peer-urls=http://127.0.0.1:{self.etcd_peer}",
                    f"--initial-cluster=default=http://127.0.0.1:{self.etcd_peer}", "--log-level=error")
        self.start_server()
        self._start("kube-controller-manager", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
                    f"--service-account-private-key-file={self.folder}/sa.key", f"--secure-port={self.others[0]}",
                    "--bind-address=127.0.0.1", "--node-monitor-grace-period=24h")
        self._start("kube-scheduler", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
                    f"--secure-port={self.others[1]}", "--bind-address=127.0.0.1")
        self._start("kwok", f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes=true", *self._kubelet())
        self.apply(node("node-1"))
        wait_until(lambda: _is_true(self.get("/api/v1/nodes/node-1"), "Ready"), 60, "the node")

    def _kubelet(self):
        """What makes kwok serve the logs of all pods: files, one for each name of a container."""
        if not self.logs:
            return ()
        for container, text in self.logs.items():
            self.log_file(container).write_text(text)
        rules = [{"containers": [container], "logsFile": str(self.log_file(container)), "follow": True}
                 for container in self.logs]
        config = self.folder / "kwok.yaml"
        config.write_text(json.dumps({"kind": "ClusterLogs", "apiVersion": "kwok.x-k8s.io/v1alpha1",
                                      "metadata": {"name": "all"}, "spec": {"logs": rules}}))
        certificate = self.folder / "certs" / "apiserver"
        return (f"--config={config}", f"--server-address=127.0.0.1:{self.kubelet_port}", "--node-ip=127.0.0.1",
                f"--node-port={self.kubelet_port}", f"--tls-cert-file={certificate}.crt",
                f"--tls-private-key-file={certificate}.key")

    def log_file(self, container):
        return self.folder / f"{container}.container.log"

    def log(self, name):
        return "\n".join((self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-20:])

    # ---- what a person would do with kubectl

    def call(self, method, path, body=None, kind="application/json", decode=True, token=ADMIN):
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Content-Type": kind, "Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if decode else text

    def pass_on(self, method, path, data, kind):
        """The status and the body, as they come; a watch ends at once."""
        if "watch=1" in path:
            return 200, b""
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method, data=data,
                                         headers={"Content-Type": kind or "application/json",
                                                  "Authorization": f"Bearer {ADMIN}"})
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get(self, path):
        return self.call("GET", path)

    def apply(self, thing):
        """Creates it, or replaces its specification."""
        path = f"{path_of(thing)}/{thing['metadata']['name']}?fieldManager=test&force=true"
        return self.call("PATCH", path, thing, "application/apply-patch+yaml")

    def patch(self, thing, change, after=""):
        return self.call("PATCH", f"{path_of(thing)}/{thing['metadata']['name']}{after}", change,
                         "application/merge-patch+json")

    def delete(self, thing):
        return self.call("DELETE", f"{path_of(thing)}/{thing['metadata']['name']}")

    def read(self, thing):
        return self.get(f"{path_of(thing)}/{thing['metadata']['name']}")

    def pods(self, namespace, app):
        return [pod for pod in self.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector=app%3D{app}")["items"]
                if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, thing, replicas=None):
        """Waits until all its pods are ready and of the newest revision."""
        def is_so():
            now = self.read(thing)
            want = now["spec"]["replicas"] if replicas is None else replicas
            status = now["status"]
            return (status.get("observedGeneration", 0) >= now["metadata"]["generation"] and
                    [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")] == [want] * 3)
        wait_until(is_so, 60, f"the pods of {thing['metadata']['name']}")

    def set_status(self, pod, status):
        """What a kubelet would report of a pod that kwok leaves alone."""
        return self.patch({"kind": "Pod", **pod}, {"status": status}, "/status")

    def clear(self):
        """Deletes the test's objects, but not the namespaces: that takes long."""
        for namespace in ("ecap", "shop"):
            for resource in ("apps/v1/deployments", "apps/v1/statefulsets", "apps/v1/daemonsets", "batch/v1/cronjobs",
                             "batch/v1/jobs", "autoscaling/v2/horizontalpodautoscalers"):
                group, version, name = resource.split("/")
                self.call("DELETE", f"/apis/{group}/{version}/namespaces/{namespace}/{name}")
            for name in ("persistentvolumeclaims", "events", "pods"):
                self.call("DELETE", f"/api/v1/namespaces/{namespace}/{name}?gracePeriodSeconds=0")
        wait_until(lambda: not [pod for pod in self.get("/api/v1/pods")["items"]], 60, "no pod is left")

    # ---- faults

    def stop_server(self):
        self._end("kube-apiserver")

    @contextlib.contextmanager
    def frozen(self, name):
        self.processes[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.processes[name].send_signal(signal.SIGCONT)

    def target(self, name="cluster", **options):
        return {"name": name, "kubeconfig": str(self.kubeconfig), **options}

    def _end(self, name):
        process = self.processes.pop(name, None)
        if not process:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end(self):
        for name in ("kwok", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            self._end(name)
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def running(**options):
    import pytest

    why = why_not()
    if why:
        pytest.skip(f"no Kubernetes control plane: {why}")
    plane = ControlPlane(**options)
    try:
        plane.start()
        for name in ("ecap", "shop"):
            plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield plane
    finally:
        plane.end()


# ---- objects

def _is_true(thing, condition):
    return any(each["type"] == condition and each["status"] == "True" for each in thing["status"].get("conditions", []))


RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "CronJob": "cronjobs",
             "Pod": "pods", "Node": "nodes", "Namespace": "namespaces", "PersistentVolumeClaim": "persistentvolumeclaims",
             "HorizontalPodAutoscaler": "horizontalpodautoscalers", "Ingress": "ingresses",
             "NetworkPolicy": "networkpolicies", "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings",
             "ResourceQuota": "resourcequotas", "PersistentVolume": "persistentvolumes", "Job": "jobs", "StorageClass": "storageclasses", "Service": "services",
             "APIService": "apiservices", "Role": "roles", "RoleBinding": "rolebindings"}


def path_of(thing):
    version = thing.get("apiVersion", "v1")
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    namespace = thing["metadata"].get("namespace")
    return f"{root}{f'/namespaces/{namespace}' if namespace else ''}/{RESOURCES[thing['kind']]}"


def node(name):
    size = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"allocatable": size, "capacity": size}}


def template(app, image="api:1", env=None, memory=None, **spec):
    container = {"name": "main", "image": image,
                 "env": [{"name": name, "value": value} for name, value in (env or {}).items()]}
    if memory:
        container["resources"] = {"limits": {"memory": memory}}
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container], **spec}}


def deployment(namespace, name, replicas=2, kind="Deployment", **options):
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name, **options)}
    if kind == "DaemonSet":
        del spec["replicas"]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec}


def cron_job(namespace, name, schedule="0 3 * * *"):
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"namespace": namespace, "name": name},
            "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": template(name, restartPolicy="Never")}}}}


def autoscaler(namespace, name, least=1, most=5):
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                     "minReplicas": least, "maxReplicas": most}}


def job(namespace, name, image="report:1", retries=0, deadline=None, suspend=False, **pod):
    spec = {"backoffLimit": retries, "suspend": suspend, "template": template(name, image, restartPolicy="Never", **pod)}
    if deadline:
        spec["activeDeadlineSeconds"] = deadline
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": namespace, "name": name}, "spec": spec}


def storage_class(name, expands=True):
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "provisioner": "test.io/none",
            "allowVolumeExpansion": expands}


def volume(name, claim_namespace, claim_name, size="1Gi", storage_class="grows"):
    """One that a claim is bound to at once."""
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
            "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class,
                     "hostPath": {"path": "/tmp/none"}, "claimRef": {"namespace": claim_namespace, "name": claim_name}}}


def claim(namespace, name, size="1Gi", **spec):
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"namespace": namespace, "name": name},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}}


if __name__ == "__main__":
    reason = build()
    if reason:
        print(reason)
    sys.exit(77 if reason else 0)
