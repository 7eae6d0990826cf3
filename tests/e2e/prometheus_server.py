"""A Prometheus and an Alertmanager of the test's own, and a server that plays old, broken and wrong ones."""

import contextlib
import http.server
import json
import shutil
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from sandbox import wait_until
from stacktop import closed_port

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")

RULES = """
groups:
- name: tests
  interval: 200ms
  rules:
  - alert: Paged
    expr: vector(7) > 0
    labels: {severity: page, team: ops, hostile: "-x \\e[31m"}
    annotations: {summary: "seven \\e[31mred", runbook_url: "https://runbooks/paged"}
  - alert: Warned
    expr: up == 1
    labels: {severity: warning}
    annotations: {description: "{{ $labels.job }} is up"}
  - alert: Later
    expr: vector(3) > 0
    for: 1h
  - alert: Watchdog
    expr: vector(1)
    labels: {severity: none}
"""
FAILING = """
  - alert: Broken
    expr: label_replace(up, "instance", "", "", "")
"""


def get(url, body=None):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith((b"{", b"[")) else text.decode()


class Servers:
    """Both of them; rules: further ones; targets: addresses that are scraped besides itself."""

    def __init__(self, folder, rules="", targets=()):
        if not PROMETHEUS or not ALERTMANAGER:
            pytest.skip("prometheus or prometheus-alertmanager is not installed")
        self.folder = folder
        self.port, self.manager_port = closed_port(), closed_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.manager = f"http://127.0.0.1:{self.manager_port}"
        self.processes = {}
        folder.mkdir(exist_ok=True)
        (folder / "rules.yml").write_text(RULES + rules)
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "200ms",
                       "external_labels": {"cluster": "test"}},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.manager_port}"]}]}]},
            "scrape_configs": [{"job_name": "self", "static_configs": [
                {"targets": [f"127.0.0.1:{self.port}", *targets]}]}]}))
        (folder / "manager.yml").write_text(json.dumps({
            "route": {"receiver": "none", "group_wait": "100ms"}, "receivers": [{"name": "none"}]}))

    def start(self, name):
        log = open(self.folder / f"{name}.log", "ab")
        argv = ([PROMETHEUS, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle",
                 "--alertmanager.notification-queue-capacity=100", "--rules.alert.resend-delay=1s"]
                if name == "prometheus" else
                [ALERTMANAGER, f"--config.file={self.folder}/manager.yml", f"--storage.path={self.folder}/manager",
                 f"--web.listen-address=127.0.0.1:{self.manager_port}", "--cluster.listen-address="])
        with log:
            self.processes[name] = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, name):
        process = self.processes.pop(name, None)
        if process:
            process.kill()
            process.wait()

    def __enter__(self):
        self.start("prometheus")
        self.start("alertmanager")
        wait_until(lambda: self.firing() >= {"Paged", "Warned", "Watchdog"}, 60, "alerts that fire")
        wait_until(lambda: {"Paged", "Warned"} <= {each["labels"]["alertname"] for each in self.received()}, 60,
                   "alerts in the Alertmanager")
        return self

    def __exit__(self, *_):
        self.end("prometheus")
        self.end("alertmanager")

    def firing(self):
        try:
            alerts = get(f"{self.url}/api/v1/alerts")["data"]["alerts"]
        except (OSError, KeyError, TypeError):
            return set()
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def received(self):
        try:
            return get(f"{self.manager}/api/v2/alerts")
        except OSError:
            return []

    def silences(self, state="active"):
        return [each for each in get(f"{self.manager}/api/v2/silences") if each["status"]["state"] == state]

    def silence(self, **labels):
        """By its own API; returns the id."""
        return get(f"{self.manager}/api/v2/silences", {
            "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}
                         for name, value in labels.items()],
            "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2090-01-01T00:00:00Z", "createdBy": "test",
            "comment": "test"})["silenceID"]

    def quiet(self):
        return {each["labels"]["alertname"] for each in self.received() if each["status"]["state"] == "suppressed"}

    def target(self, **options):
        return {"name": "main", "url": self.url, "alertmanager": self.manager, **options}


def data(value):
    return {"status": "success", "data": value}


# What a Prometheus 2.3 would say: no buildinfo, no type, no times.
OLD = {"/api/v1/rules": (200, data({"groups": [{"name": "g", "file": "f", "rules": [
           {"name": "Old", "query": "up == 0", "labels": {}, "annotations": {}, "alerts": [
               {"labels": {"alertname": "Old"}, "annotations": {}, "state": "firing", "value": 1}]}]}]})),
       "/-/ready": (200, "Prometheus is Ready.\n"), "/metrics": (200, "prometheus_tsdb_head_series 12\n"),
       "/api/v1/query": (200, data({"resultType": "vector", "result": []}))}


@contextlib.contextmanager
def played(answers):
    """Serves answers by path, (status, JSON or text), also one of "*"; yields the URL. None: hangs."""
    hanging = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            path = self.path.partition("?")[0]
            answer = answers.get(path, answers.get("*", (404, "404 page not found\n")))
            if answer is None:
                hanging.wait(30)
                return
            self.write(answer)

        def write(self, answer):
            text = answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self):  # noqa: N802
            """The answer of "POST"; None: hangs up without one."""
            self.rfile.read(int(self.headers["Content-Length"]))
            answers["posted"] = answers.get("posted", 0) + 1
            if answers["POST"] is None:
                self.close_connection = True
                return
            self.write(answers["POST"])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        hanging.set()
        server.shutdown()
