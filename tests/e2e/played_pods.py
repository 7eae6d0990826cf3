"""An API server in the place of kubectl's proxy that has pods and their logs, and answers as a kubelet does: what kwok
cannot play (a run before, a container that is being created, a server that stops in the middle).

    with played() as cluster:
        pod = cluster.pod("api-1")
        pod.write("main", "INFO started")"""

import contextlib
import datetime
import http.server
import json
import threading
import urllib.parse

CREATING = 'container "main" in pod "%s" is waiting to start: ContainerCreating'


class Pod:
    def __init__(self, cluster, name, namespace, containers, owner, restarts):
        self.cluster, self.name, self.namespace = cluster, name, namespace
        self.containers, self.restarts = containers, restarts
        self.lines = {container: [] for container in containers}
        self.before = {container: [] for container in containers}
        self.hang = None
        self.refusals, self.uid, self.owner = {}, f"uid-{namespace}-{name}", owner

    def write(self, container, text, stamp=None, before=False):
        stamp = stamp or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        with self.cluster.changed:
            (self.before if before else self.lines)[container].append((stamp, text.encode()))
            self.cluster.changed.notify_all()

    def refuse(self, container, status, message):
        self.refusals[container] = (status, message)

    def accept(self, container):
        self.refusals.pop(container)

    def object(self):
        owners = [{"kind": "ReplicaSet", "name": f"{self.owner}-5f", "controller": True, "uid": "rs"}] if self.owner else []
        return {"metadata": {"name": self.name, "namespace": self.namespace, "uid": self.uid, "resourceVersion": "1",
                             "labels": {"pod-template-hash": "5f"}, "ownerReferences": owners},
                "spec": {"containers": [{"name": name, "image": "x"} for name in self.containers]},
                "status": {"phase": "Running", "containerStatuses": [
                    {"name": name, "restartCount": self.restarts, "ready": True, "state": {"running": {}}}
                    for name in self.containers]}}


class Cluster:
    def __init__(self):
        self.pods, self.asked, self.changed, self.ended = [], [], threading.Condition(), False

    def pod(self, name, namespace="ecap", containers=("main",), owner=None, restarts=0):
        self.pods.append(Pod(self, name, namespace, containers, owner, restarts))
        return self.pods[-1]

    @contextlib.contextmanager
    def stuck(self, name):
        """A pod whose log never begins."""
        pod = self.pod(name)
        pod.hang = threading.Event()
        try:
            yield pod
        finally:
            pod.hang.set()

    def find(self, namespace, name):
        return next((pod for pod in self.pods if (pod.namespace, pod.name) == (namespace, name)), None)


class Handler(http.server.BaseHTTPRequestHandler):
    cluster = None

    def do_GET(self):  # noqa: N802
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = [urllib.parse.unquote(part) for part in url.path.split("/")][1:]
        if parts[-1] == "log":
            self.cluster.asked.append(self.path)
            self.log_of(parts[3], parts[5], query)
        elif parts[-1] == "pods" and "watch" not in query:
            kept = [pod.object() for pod in self.cluster.pods if "namespaces" not in parts or pod.namespace == parts[3]]
            self.answer(200, {"metadata": {}, "items": kept})  # without a version it is listed each time
        else:
            self.refuse(404, "the server could not find the requested resource")

    def refuse(self, status, message):
        self.answer(status, {"kind": "Status", "status": "Failure", "message": message, "code": status})

    def answer(self, status, document):
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        with contextlib.suppress(OSError):  # it may have left
            self.end_headers()
            self.wfile.write(text)

    def log_of(self, namespace, name, query):
        pod = self.cluster.find(namespace, name)
        if not pod:
            return self.refuse(404, f'pods "{name}" not found')
        if pod.hang:
            pod.hang.wait(60)
        container = query["container"]
        if container in pod.refusals:
            return self.refuse(*pod.refusals[container])
        if "previous" in query and not pod.before[container]:
            return self.refuse(400, f'previous terminated container "{container}" in pod "{name}" not found')
        lines = (pod.before if "previous" in query else pod.lines)[container]
        sent = max(0, len(lines) - int(query.get("tailLines", 10**9)))
        started = False
        with contextlib.suppress(OSError), self.cluster.changed:
            while True:
                for stamp, text in lines[sent:]:
                    if stamp[:19] >= query.get("sinceTime", "")[:19]:
                        if not started:  # a kubelet that follows answers with the first line
                            self.begin()
                            started = True
                        self.wfile.write(stamp.encode() + b" " + text + b"\n")
                sent = len(lines)
                if "follow" not in query or self.cluster.ended or not self.cluster.find(namespace, name):
                    break
                self.cluster.changed.wait(0.1)
        if not started:
            self.begin()

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def played():
    cluster = Cluster()
    handler = type("Bound", (Handler,), {"cluster": cluster})
    kind = type("Server", (http.server.ThreadingHTTPServer,), {"request_queue_size": 128})
    server = kind(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield cluster
    finally:
        cluster.ended = True
        server.shutdown()
        server.server_close()
