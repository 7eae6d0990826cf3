"""A metrics-server of the test's own, which a real API server aggregates: metrics.k8s.io is then served through it, with its
authorization in front."""

import contextlib
import http.server
import json
import ssl
import threading
import urllib.parse

from control_plane import wait_until

GROUP = "metrics.k8s.io/v1beta1"


class MetricsServer:
    """usage: {"ecap": {"cpu": "250m", "memory": "60Mi"}}, what each pod of a namespace uses; fails: answers 503."""

    def __init__(self, plane, usage):
        self.plane, self.usage, self.fails, self.asked = plane, usage, False, 0

    def pods(self, path, query):
        words = path.split("/")
        namespaces = [words[5]] if "namespaces" in words else list(self.usage)
        selector = urllib.parse.parse_qs(query).get("labelSelector", [""])[0]
        items = []
        for namespace in namespaces:
            suffix = f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
            for pod in self.plane.get(f"/api/v1/namespaces/{namespace}/pods{suffix}")["items"]:
                if pod["metadata"]["namespace"] in self.usage and pod["status"].get("phase") == "Running":
                    items.append({"metadata": {"name": pod["metadata"]["name"], "namespace": namespace},
                                  "timestamp": "2026-11-27T12:00:00Z", "window": "10s",
                                  "containers": [{"name": each["name"], "usage": self.usage[namespace]}
                                                 for each in pod["spec"]["containers"]]})
        return {"kind": "PodMetricsList", "apiVersion": GROUP, "metadata": {}, "items": items}

    def answer(self, path, query):
        if path == f"/apis/{GROUP}":
            return 200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP, "resources": [
                {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["get", "list"]}]}
        if not path.startswith(f"/apis/{GROUP}/"):
            return 404, {}
        self.asked += 1
        return (503, {}) if self.fails else (200, self.pods(path, query))


@contextlib.contextmanager
def metrics(plane, **usage):
    """Serves metrics.k8s.io until the end."""
    served = MetricsServer(plane, usage)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            path, _, query = self.path.partition("?")
            status, body = served.answer(path, query)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = plane.folder / "certs" / "apiserver"
    context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    name = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "metrics"},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}}
    aggregated = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1beta1.{GROUP[:14]}"},
                  "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                           "insecureSkipTLSVerify": True, "service": {"namespace": "shop", "name": "metrics", "port": port}}}
    plane.apply(name)
    plane.apply(aggregated)
    try:
        wait_until(lambda: _answers(plane), 60, "metrics.k8s.io")
        yield served
    finally:
        plane.delete(aggregated)
        plane.delete(name)
        server.shutdown()
        server.server_close()


def _answers(plane):
    try:
        return plane.get(f"/apis/{GROUP}/pods")["items"] is not None
    except AssertionError:
        return False
