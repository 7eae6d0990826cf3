"""`stacktop logs` of the containers of a real engine."""

import http.server
import json
import os
import subprocess
import threading

import pytest

from docker_engine import PROJECT, SERVICE, engine, shared_engine  # noqa: F401 (fixtures)
from sandbox import wait_until
from stacktop import BINARY, closed_port, stacktop, write_config
from test_logs import Follower

BESIDE = "others"
PRINTED, NONE, TROUBLE = 0, 1, 2


@pytest.fixture
def logs(engine, tmp_path):  # noqa: F811
    def run(target, *arguments, services=()):
        run.config = write_config(tmp_path, docker=[engine.target()], services=list(services), hosts=[])
        return stacktop("logs", target, "-c", run.config, "--json", "--utc", *arguments)

    return run


def lines(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def ended(engine, name):  # noqa: F811
    wait_until(lambda: engine.state(name)["Status"] == "exited", what=f"{name} to end")


def test_both_outputs_of_a_container(engine, logs):  # noqa: F811
    engine.run("api", "sh", "-c", "echo INFO: started; echo ERROR: boom >&2; printf '  at line 1\\n' >&2; printf 'no end'")
    engine.run("other", "sh", "-c", "echo other")
    ended(engine, "api")
    ended(engine, "other")
    run = logs("engine/api")
    assert run.status == PRINTED, run
    found = {each["line"]: each for each in lines(run)}
    assert set(found) == {"INFO: started", "ERROR: boom", "  at line 1", "no end"}
    assert found["ERROR: boom"]["level"] == found["  at line 1"]["level"] == "error"
    assert found["ERROR: boom"]["time_from"] == "source" and found["ERROR: boom"]["source"] == "api"
    assert {each["source"] for each in lines(logs("engine"))} == {"api", "other"}
    identity = engine.inspect("other")["Id"]
    assert [each["line"] for each in lines(logs(f"engine/{identity[:12]}"))] == ["other"]
    assert [each["line"] for each in lines(logs("engine", "--grep", "boom"))] == ["ERROR: boom"]


def test_a_name_comes_before_an_id(engine, logs):  # noqa: F811
    """A container's name may be the beginning of another's id; an id that two share is refused."""
    first = engine.run("first", "sh", "-c", "echo first")
    engine.run(first[:12], "sh", "-c", "echo named like an id")
    ended(engine, "first")
    ended(engine, first[:12])
    assert [each["line"] for each in lines(logs(f"engine/{first[:12]}"))] == ["named like an id"]
    assert [each["line"] for each in lines(logs(f"engine/{first[:13]}"))] == ["first"]
    assert [each["line"] for each in lines(logs(f"engine/{first}"))] == ["first"]
    for key in ("nothing", first[:5]):
        run = logs(f"engine/{key}")
        assert run.status == TROUBLE and run.stdout == ""
        assert f'the engine has no container "{key}"; it has: ' in run.stderr and "first" in run.stderr


class Ids(http.server.BaseHTTPRequestHandler):
    """An engine with two containers whose ids begin alike."""
    def do_GET(self):  # noqa: N802
        body = json.dumps([{"Id": f"abcdef{i}" + "0" * 57, "Names": [f"/api-{i}"], "State": "running"} for i in (1, 2)]).encode()
        if "/logs?" in self.path:
            body = b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_an_id_that_two_share_is_refused(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ids) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = write_config(tmp_path, docker=[{"name": "engine", "endpoint": f"tcp://127.0.0.1:{server.server_address[1]}"}])
        run = stacktop("logs", "engine/abcdef", "-c", config)
        assert run.status == TROUBLE
        assert "the id abcdef begins those of 2 containers: api-1, api-2" in run.stderr
        assert stacktop("logs", "engine/abcdef1", "-c", config).status == NONE
        server.shutdown()


def test_drivers_that_keep_no_log(engine, logs):  # noqa: F811
    """`local` is read as any; what the engine cannot read is said in its words."""
    for driver in ("local", "none", "json-file"):
        engine.run(driver, "sh", "-c", "echo written", driver=driver)
        ended(engine, driver)
    assert [each["line"] for each in lines(logs("engine/local"))] == ["written"]
    run = logs("engine/none")
    assert run.status == TROUBLE and run.stdout == ""
    assert run.stderr == ("stacktop: container none: its log driver keeps nothing that the engine could read "
                          "(configured logging driver does not support reading)\n")
    run = logs("engine")
    assert run.status == TROUBLE and sorted(each["source"] for each in lines(run)) == ["json-file", "local"]


def test_hostile_and_long_lines(engine, logs):  # noqa: F811
    engine.run("api", "sh", "-c", r"printf '\033]0;t\007\n'; printf 'a\000b\n'; head -c 200000 /dev/zero | tail -c 200000; echo; echo end")
    ended(engine, "api")
    found = lines(logs("engine/api"))
    assert [each["line"][:9] for each in found] == ["\ufffd]0;t\ufffd", "a\ufffdb", "\ufffd" * 9, "end"]
    assert found[2]["bytes_cut"] > 100000 and len(found[2]["line"]) * 3 <= 16384


def test_a_terminal_of_its_own(engine, logs):  # noqa: F811
    engine.run("api", "sh", "-c", "echo one; echo two", Tty=True)
    ended(engine, "api")
    assert [each["line"] for each in lines(logs("engine/api"))] == ["one", "two"]


def test_the_run_before_is_there_and_the_next_is_followed(engine, logs, tmp_path):  # noqa: F811
    engine.run("api", "sh", "-c", "echo run; sleep 1000")
    logs("engine")
    with subprocess.Popen([str(BINARY), "logs", "engine/api", "-c", logs.config, "--follow", "--json"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        follower = Follower.__new__(Follower)
        follower.process, follower.text = process, b""
        os.set_blocking(process.stdout.fileno(), False)
        follower.wait("run")
        engine.do("api", "restart?t=0")
        follower.wait("run", "run")
        process.terminate()
    assert [each["line"] for each in lines(logs("engine/api"))] == ["run", "run"]


def test_a_service_means_its_containers_only(engine, logs):  # noqa: F811
    for project, number in (("ecap", 1), ("ecap", 2), ("else", 1)):
        engine.run(f"{project}-api-{number}", "sh", "-c", f"echo {project}{number}", labels={PROJECT: project, SERVICE: "api"})
    for name in ("ecap-api-1", "ecap-api-2", "else-api-1"):
        ended(engine, name)
    service = {"name": "web", "address": "127.0.0.1:1", "runtime": {"compose": "ecap/api"}, "engine": "engine"}
    assert sorted(each["line"] for each in lines(logs("web", services=[service]))) == ["ecap1", "ecap2"]
    service["runtime"] = {"compose": "api"}
    run = logs("web", services=[service])
    assert run.status == TROUBLE and "the compose service api is in more than one project: ecap, else" in run.stderr


def test_a_service_without_a_runtime(engine, logs, tmp_path):  # noqa: F811
    """By its name and port: as actions on services find their containers."""
    port = closed_port()
    engine.run("ecap-api-1", "sh", "-c", f"echo mine; httpd -f -p 127.0.0.1:{port}", labels={PROJECT: "ecap", SERVICE: "api"},
               network="host")
    engine.run("other", "sh", "-c", "echo other", labels={PROJECT: "ecap", SERVICE: "other"}, network="host")
    service = {"name": "api", "address": f"127.0.0.1:{port}", "engine": "engine"}
    wait_until(lambda: [each["line"] for each in lines(logs("api", services=[service]))] == ["mine"], what="the line")
    run = logs("web", services=[{**service, "name": "web"}])
    assert run.status == TROUBLE and "no container of a compose service web" in run.stderr and "logs: [/var/log/web/" in run.stderr
    (tmp_path / "web.log").write_text("a file\n")
    run = logs("web", services=[{**service, "name": "web", "logs": [str(tmp_path / "web.log")]}])
    assert run.status == PRINTED and [each["line"] for each in lines(run)] == ["a file"]


def test_what_the_engine_refuses(engine, logs, tmp_path):  # noqa: F811
    engine.run("api", "sh", "-c", "echo one")
    run = logs("engine/none")
    assert run.status == TROUBLE and 'no container "none"' in run.stderr
    config = write_config(tmp_path, docker=[{"name": "gone", "endpoint": f"unix://{tmp_path}/none"}], hosts=[])
    run = stacktop("logs", "gone", "-c", config)
    assert run.status == TROUBLE and "does not exist; is the engine running?" in run.stderr


def test_more_lines_than_the_queue_holds(engine, logs):  # noqa: F811
    engine.run("api", "sh", "-c", "x=0123456789; x=$x$x$x$x$x; x=$x$x$x$x$x$x$x$x$x$x$x$x; "
               "i=0; while [ $i -lt 2500 ]; do echo line $i $x; i=$((i+1)); done")
    ended(engine, "api")
    found = lines(logs("engine/api", "--grep", "line"))
    assert [each["line"].split()[1] for each in found] == [str(i) for i in range(2500)]


class Engine(http.server.BaseHTTPRequestHandler):
    """Answers as an engine whose lines have these times: not in order (two outputs, a clock that is set), nor different."""

    LINES = [("05.000000002", "one"), ("05.000000001", "two"), ("05.000000001", "three"), ("04", "four"), ("04", "five")]

    def do_GET(self):
        body = json.dumps([{"Id": "a" * 64, "Names": ["/api"], "State": "exited", "Labels": {}}]).encode()
        if "/logs" in self.path:
            body = b""
            for second, text in self.LINES:
                line = f"2026-11-27T10:00:{second}Z {text}\n".encode()
                body += bytes([1, 0, 0, 0]) + len(line).to_bytes(4, "big") + line
        elif self.path.endswith("/json") and "containers/json" not in self.path:
            body = b'{"Config": {"Tty": false}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if body[:1] in b"[{" else "application/vnd.docker.multiplexed-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def test_times_that_are_neither_in_order_nor_different(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"tcp://127.0.0.1:{server.server_port}"
    config = write_config(tmp_path, docker=[{"name": "engine", "endpoint": endpoint}], hosts=[])
    run = stacktop("logs", "engine", "-c", config, "--json", "--utc")
    server.shutdown()
    server.server_close()
    assert run.status == PRINTED, run
    assert {each["line"] for each in lines(run)} == {text for _, text in Engine.LINES}
