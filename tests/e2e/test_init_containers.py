"""`stacktop init` lists running containers of no compose project. The engines here are played, but for the one of
test_docker.py: what matters is what a real one rarely says."""

import http.server
import json
import os
import socketserver
import subprocess
import threading

import pytest

from stacktop import BINARY, stacktop

BESIDE = "others"


def container(name, ports=(), project=None, state="running"):
    return {"Id": name[:1].encode().hex() * 32, "Names": ["/" + name], "Image": "i:1", "State": state, "Created": 1700000000,
            "Labels": {"com.docker.compose.project": project} if project else {},
            "Ports": [{"IP": "0.0.0.0", "PrivatePort": own, "PublicPort": public, "Type": kind} if public else
                      {"PrivatePort": own, "Type": kind} for own, public, kind in ports]}


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers with these bytes to every request; None: never."""

    daemon_threads = True

    def __init__(self, path, body, status=200):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if body is None:
                    threading.Event().wait(30)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            def address_string(self):
                return "played"

        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def listed(*containers):
    return json.dumps(containers).encode()


def init(tmp_path, first=None, **more):
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": None, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "DOCKER_CONTEXT": None,
            "DOCKER_HOST": f"unix://{first}" if first else None, "KUBECONFIG": "/none"}
    return stacktop("init", "-", env=home | more)


def test_containers_become_services_or_what_their_port_says(tmp_path):
    first, second = tmp_path / "first.sock", tmp_path / "run/podman/podman.sock"
    Engine(first, listed(container("web", [(80, 18080, "tcp"), (443, 18443, "tcp")]), container("dns", [(53, 15353, "udp")]),
                         container("pg", [(5432, 25432, "tcp")]), container("shop-db", [(5432, 25433, "tcp")], "shop"),
                         container("worker"), container("ended", [(80, 18081, "tcp")], state="exited"),
                         container('x: {y}\n- name: "z', [(80, 18082, "tcp")])))
    Engine(second, listed(container("web", [(8000, 19000, "tcp")])))
    run = init(tmp_path, first)
    assert run.status == 0, run
    text = run.stdout
    assert '  - name: web  # a running container\n    address: "127.0.0.1:18080"\n    runtime: {docker: web}\n' in text
    assert '  - name: web-19000  # a running container\n    address: "127.0.0.1:19000"\n    runtime: {docker: web}\n' \
           '    engine: podman-2\n' in text
    assert f'  - name: podman-2\n    endpoint: "unix://{second}"\n' in text
    assert '  - name: pg  # a running container\n    dsn: "host=127.0.0.1 port=25432"\n' in text
    assert "they run and publish no port: dns, worker" in text
    assert "shop-db" not in text and "ended" not in text
    assert '\n- name: "z' not in text  # nothing of a name becomes YAML
    (tmp_path / "made.yaml").write_text(text)
    checked = stacktop("config", "--check", "-c", tmp_path / "made.yaml", env={"DOCKER_HOST": f"unix://{first}"})
    assert checked.status == 0, checked


@pytest.mark.parametrize("body, status, words", [
    (None, 200, "no response within 2.0s"), (b"<html>", 200, "JSON"),
    (b'{"message": "permission denied"}', 403, "permission denied"), (b"{}", 200, "not a list of containers"),
    (b"[" * 100000, 200, "levels deep")], ids=["hangs", "html", "denied", "object", "deep"])
def test_an_engine_that_does_not_say_is_said_and_not_fatal(tmp_path, body, status, words):
    path = tmp_path / "first.sock"
    Engine(path, body, status)
    run = init(tmp_path, path)
    assert run.status == 0 and "hosts:" in run.stdout, run
    assert f"stacktop: the containers of the engine {path} are not listed: " in run.stderr and words in run.stderr, run
    assert "# its containers are not listed here: " in run.stdout


def test_a_socket_without_a_listener_or_rights(tmp_path):
    gone = init(tmp_path, tmp_path / "gone.sock")
    assert gone.status == 0 and "gone.sock are not listed: " in gone.stderr and "hosts:" in gone.stdout, gone
    remote = init(tmp_path, DOCKER_HOST="tcp://192.0.2.1:2375")
    assert remote.status == 0 and "it is on another host, and not asked" in remote.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run it as somebody else")
def test_a_socket_that_is_denied(tmp_path):
    path = tmp_path / "first.sock"
    Engine(path, listed())
    os.chmod(path, 0o600)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        os.chmod(folder, 0o755)
    run = subprocess.run([BINARY, "init", "-"], env={"HOME": "/none", "DOCKER_HOST": f"unix://{path}", "PATH": "/usr/bin:/bin"},
                         user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=20)
    assert run.returncode == 0 and f"{path} are not listed: " in run.stderr and "add the user to its group" in run.stderr, run
