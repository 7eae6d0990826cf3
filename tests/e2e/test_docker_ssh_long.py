"""An engine on another host, by ssh: a real sshd on loopback."""

import json
import os
import shutil

import pytest

import ssh_server
from docker_actions import QUICK, apply
from docker_engine import PROJECT, SERVICE, engine, shared_engine  # noqa: F401 (fixtures)
from docker_ssh import no_child_is_left, of
from sandbox import wait_until
from ssh_server import program
from stacktop import OK, UNKNOWN, check, dashboard, stacktop

BESIDE = "others"


@pytest.fixture(scope="module")
def server(shared_engine, tmp_path_factory):  # noqa: F811
    if not shutil.which("docker"):
        pytest.skip("the docker command (docker.io or docker-cli) is not installed")
    with ssh_server.running(tmp_path_factory.mktemp("ssh"), DOCKER_HOST=f"unix://{shared_engine.socket}",
                            PATH=os.environ["PATH"]) as it:
        yield it


@pytest.fixture
def config(server, tmp_path):
    return of(server.url, tmp_path)


def test_containers_by_ssh(engine, server, config):  # noqa: F811
    for number in range(8):  # 16 questions, of which sshd would not take so many logins at once
        engine.run(f"api-{number}")
    run = check(config, "--json", env=server.environment)
    assert run.status == OK, run
    rows = run.document.rows("docker", "containers")
    assert len(rows) == 8 and all(isinstance(cells["memory"], (int, float)) for cells in rows.values()), rows
    assert run.document.target("docker")["address"] == server.url
    wait_until(no_child_is_left, 5, what="ssh to end with stacktop")


def test_a_context_by_ssh(engine, server, tmp_path):  # noqa: F811
    engine.run("api")
    meta = tmp_path / "docker/contexts/meta/0123abcd"
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": "remote", "Metadata": {}, "Endpoints": {"docker": {"Host": server.url}}}))
    (tmp_path / "docker/config.json").write_text(json.dumps({"auths": {}, "currentContext": "remote"}))
    path = of(None, tmp_path)
    environment = {**server.environment, "DOCKER_CONFIG": str(tmp_path / "docker")}
    run = check(path, "--json", env=environment)
    assert run.status == OK and run.document.target("docker")["address"] == server.url, run
    run = check(path, env={**environment, "DOCKER_CONTEXT": "nosuch"})
    assert run.status == UNKNOWN and 'no docker context is named "nosuch" (by DOCKER_CONTEXT)' in run.stdout + run.stderr, run


def test_a_change_and_its_logs_by_ssh(engine, server, config, tmp_path):  # noqa: F811
    for project in ("ecap", "shop"):
        engine.run(f"{project}-api-1", "sh", "-c", f"echo hello from {project}; {QUICK}", labels={PROJECT: project, SERVICE: "api"})
    neighbour = engine.inspect("shop-api-1")["State"]
    planned = stacktop("-c", config, "plan", "docker.restart", "engine", "ecap-api-1", "--json", env=server.environment)
    assert planned.status == OK, planned
    assert "1 done" in apply(config, planned.json, env=server.environment)
    assert engine.inspect("shop-api-1")["State"] == neighbour
    run = stacktop("-c", config, "logs", "engine/ecap-api-1", env=server.environment)
    assert run.stdout.count("hello from ecap") == 2 and "shop" not in run.stdout, run


def test_the_pane_lives_on_few_connections(engine, server, config):  # noqa: F811
    for number in range(8):
        engine.run(f"api-{number}")
    with dashboard(config, columns=120, rows=36, env=server.environment) as terminal:
        terminal.wait_for("api-7")
        terminal.wait_for(lambda screen: "MB" in screen.line("api-7") or "kB" in screen.line("api-7"))
        assert 1 <= server.sessions() <= 4
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    wait_until(lambda: server.sessions() == 0, 5, what="the sessions to end")


def said(config, path, **options):
    run = check(config, *options.pop("arguments", ()), env={"PATH": f"{path}:{os.environ['PATH']}"})
    assert run.status == options.pop("status", 2), run
    return run.stdout


def test_what_sshd_refuses(engine, server, config, tmp_path):  # noqa: F811
    path = server.path
    server.accept("other")
    assert "Permission denied (publickey" in said(config, path, status=UNKNOWN)
    server.accept("client")
    server.trust(False)
    text = said(config, path, status=UNKNOWN)
    assert "Host key verification failed" in text and "log in with ssh once" in text, text
    server.trust()
    other = of("ssh://127.0.0.1:1", tmp_path)
    assert "Connection refused" in said(other, path)
    assert check(of(server.url, tmp_path), env=server.environment).status == OK


def test_a_change_by_an_ssh_that_breaks_is_unknown(engine, tmp_path):  # noqa: F811
    """The connection ends after the request was taken: it may have had an effect."""
    engine.run("api", "sh", "-c", QUICK)
    program(tmp_path / "ssh", 'IFS= read -r line\ncase "$line" in POST*) echo "Connection to host closed." >&2; exit 255 ;; esac\n'
            f'export DOCKER_HOST=unix://{engine.socket}\n{{ printf "%s\\n" "$line"; exec cat; }} | docker system dial-stdio')
    path = of("ssh://host", tmp_path)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = stacktop("-c", path, "plan", "docker.kill", "engine", "api", "--json", env=environment)
    assert run.status == OK, run
    run = stacktop("-c", path, "apply", run.json["hash"], "--confirm", run.json["phrase"], env=environment)
    assert "unknown  api  sent, but no answer: ssh host: Connection to host closed" in run.stdout, run
    assert engine.state("api")["Running"]
