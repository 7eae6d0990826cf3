"""The actions of examples/own-actions.yaml with what they are for: a JVM and a Python program in containers, and an API."""

import base64
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from docker_engine import IMAGE, PROJECT, SERVICE, engine, shared_engine  # noqa: F401 (fixtures)
from headless import FAILED, apply, plan, said
from sandbox import wait_until
from stacktop import ROOT, check
from witness import Audit

JAVA = """public class Loop { static byte[][] held = new byte[20][100000];
  public static void main(String[] words) throws Exception { while (true) { Thread.sleep(100); } } }"""
PYTHON = "import time\ndef wait_for_orders():\n    while True:\n        time.sleep(0.1)\nwait_for_orders()"
KEY, ADMIN, FRESH = "geheim-key-1", "geheim-admin-2", "geheim-fresh-3"


class Api(http.server.BaseHTTPRequestHandler):
    asked = []

    def log_message(self, *_):
        pass

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        Api.asked.append((self.command, self.path, body))
        key = self.headers.get("X-API-Key")
        known = {"/health": None, "/api/v1/health": KEY}
        if self.path.startswith("/api/v1/auth/"):
            good = key == ADMIN
        elif self.path.startswith("/api/v1/analytics/"):
            good = key == KEY
        else:
            good = known.get(self.path, "none") in (None, key)
        text = json.dumps({"key": FRESH} if body else {"keys": ["reports", "loader"]} if "auth" in self.path else {"ok": good})
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = answer


@pytest.fixture
def api():
    Api.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def example(folder, api="127.0.0.1:1"):
    """The example as it is, but for places."""
    text = (ROOT / "examples/own-actions.yaml").read_text()
    for old, new in (("api:8000", api), ("/etc/ecap/", f"{folder}/")):
        assert old in text
        text = text.replace(old, new)
    path = folder / "example.yaml"
    path.write_text(text + f"state: {folder}/state\nhosts: []\n")
    return path


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)


def test_the_api(api, tmp_path):
    private(tmp_path / "api-key.header", f"X-API-Key: {KEY}\n")
    private(tmp_path / "admin.header", f"X-API-Key: {ADMIN}\n")
    claims = [{"alg": "HS256"}, {"sub": "ops", "note": "ä?>"}]
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in claims) + ".c2lnbmF0dXJl"
    private(tmp_path / "token", token + "\n")
    config = example(tmp_path, api)

    def run(action, *words, **options):
        return apply(config, plan(config, f"own.{action}", "api", "api", *words), **options)

    assert '{"ok": true}' in run("api-key-check")
    assert '["reports", "loader"]' in run("api-key-list")
    text = run("api-key-rotate", 'id=7" , "x')
    assert FRESH in text and json.loads(Api.asked[-1][2]) == {"key_id": '7" , "x'}, Api.asked[-1]
    text = run("jwt-decode")
    assert '"sub": "ops"' in text and "c2lnbmF0dXJl" not in text
    text = said(run("cache-warm-up", "period=week"))
    assert f"http://{api}/api/v1/analytics/revenue?period=week 200 0." in text and "verified by curl" in text
    private(tmp_path / "api-key.header", "X-API-Key: wrong\n")
    assert "ended with exit code 22" in said(run("api-key-check", status=FAILED))
    written = "".join(path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert not any(secret in written for secret in (KEY, ADMIN, FRESH, token))


def in_container(engine, name, service, mounts, *command):  # noqa: F811
    """With the programs of this host."""
    binds = [f"{place}:{there}:ro" for place, there in
             (("/usr", "/usr"), ("/usr/lib", "/lib"), ("/usr/lib64", "/lib64"), ("/etc", "/etc"), *mounts) if Path(place).exists()]
    body = {"Image": IMAGE, "Cmd": list(command), "Env": ["PATH=/app/spy/bin:/usr/bin:/bin"], "Labels": {PROJECT: "ecap", SERVICE: service},
            "HostConfig": {"NetworkMode": "none", "Binds": binds, "CapAdd": ["SYS_PTRACE"]}}
    identity = engine.call("POST", f"/containers/create?name={name}", body)["Id"]
    engine.call("POST", f"/containers/{identity}/start", decode=False)


def test_programs_in_containers(engine, tmp_path):  # noqa: F811
    for program in ("docker", "jcmd", "javac"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    (tmp_path / "Loop.java").write_text(JAVA)
    subprocess.run(["javac", "-d", tmp_path, tmp_path / "Loop.java"], check=True)
    spy = tmp_path / "spy"
    fetched = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", spy, "py-spy"], capture_output=True)
    mounts = [(str(tmp_path), "/app")]
    in_container(engine, "ecap-streaming-1", "streaming", mounts, "/usr/bin/java", "-Xmx64m", "-cp", "/app", "Loop")
    in_container(engine, "ecap-api-1", "api", mounts, "/usr/bin/python3", "-c", PYTHON)
    config, env = example(tmp_path), {"DOCKER_HOST": f"unix://{engine.socket}"}
    wait_until(lambda: "ecap-streaming-1" in check(config, "--json", env=env).stdout, what="the containers")

    def run(action, container, *words, **options):
        return apply(config, plan(config, f"own.{action}", "engine", container, *words, env=env), env=env, **options)

    def jvm_answers():
        return subprocess.run(["docker", "exec", "ecap-streaming-1", "jcmd", "1", "VM.version"], env={**os.environ, **env},
                              capture_output=True).returncode == 0

    wait_until(jvm_answers, what="the JVM")
    assert "java.lang.String (java.base@" in run("class-histogram", "ecap-streaming-1")
    text = run("jstat", "ecap-streaming-1")
    assert "GCT" in text and len([line for line in text.splitlines() if line.strip().startswith("0.00")]) >= 3, text
    text = said(run("heap-dump", "ecap-streaming-1", "file=/tmp/a.hprof"))
    assert "Heap dump file created" in text and "verified by docker" in text
    if fetched.returncode == 0:
        assert "wait_for_orders" in run("py-spy-dump", "ecap-api-1")
    assert {record["result"] for record in Audit(tmp_path / "state").outcomes} == {"done"}
