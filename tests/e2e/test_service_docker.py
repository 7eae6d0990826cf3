"""What the services pane shows of the containers of a service, beside its health: neither makes the other unknown."""

import pytest

from docker_engine import PROJECT, SERVICE, Relay, engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import Web, configured, row
from sandbox import wait_until
from stacktop import OK, dashboard, stacktop

BESIDE = "others"
UNKNOWN = 3
SECRET = "postgres://ecap:hunter2@db/ecap"


def labels(project="ecap", service="api", number="1", **more):
    return {PROJECT: project, SERVICE: service, "com.docker.compose.container-number": number, **more}


def up(engine, **options):  # noqa: F811
    api = Web(engine, "api", **options)
    wait_until(api.answers, what="the service to answer")
    return api


def cells(config, name="api"):
    found, run = row(config, name)
    return found["cells"], found, run


def sentences(run):
    return " | ".join(f"{finding['subject']}: {finding['sentence']}" for finding in run.json["findings"])


def test_the_state_beside_health(engine, tmp_path):  # noqa: F811
    api = up(engine, memory=64 << 20)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}))
    shown, found, run = cells(config)
    assert run.status == OK, run
    assert shown["run"] == "running" and shown["ready"] == "1/1" and shown["restarts"] == 0 and shown["image"] == "bb:1"
    assert 0 < shown["memory_ratio"] < 0.5 and shown["memory_limit"] == 64 << 20 and shown["run_for"] > 0
    assert shown["state"] == "200" and api.name in shown["runs_in"]


def test_at_80_columns(engine, tmp_path):  # noqa: F811
    api = up(engine, memory=64 << 20)
    config = configured(tmp_path, api.entry("api", {"docker": api.name}), {**api.entry("plain", {}), "runtime": {"start": "true"}})
    with dashboard(config, columns=80, rows=24) as terminal:
        terminal.wait_for("all ok")
        terminal.wait_for(lambda screen: "RUNS" in screen.line("SERVICE") and "running" in screen.line("api "))
        assert "running" not in terminal.screen.line("plain")


def test_columns_without_data_take_no_room(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, {**api.entry("api", {}), "runtime": {"start": "true"}})
    with dashboard(config, columns=160, rows=24) as terminal:
        terminal.wait_for("all ok")
        assert all(title not in terminal.screen.line("SERVICE") for title in ("RUNS", "READY", "RESTARTS", "MEM", "IMAGE"))


def test_an_oom_kill_is_the_cause_in_words(engine, tmp_path):  # noqa: F811
    api = Web(engine, "api", start=False)
    engine.remove(api.name)
    engine.run(api.name, "sh", "-c", "head -c 64m /dev/zero | tail", memory=16 << 20, labels=labels())
    wait_until(lambda: not engine.state(api.name)["Running"], what="the end of the container")
    if not engine.state(api.name)["OOMKilled"]:
        return  # a kernel that kills only the child
    shown, found, run = cells(configured(tmp_path, api.entry("api", {"compose": "ecap/api"})))
    assert shown["run"] == "OOM-killed" and found["severity"] == "crit"
    assert "refused" in sentences(run) and "OOM-killed at its limit of 16 MB" in sentences(run)


def test_a_crash_loop_and_what_did_not_start(engine, tmp_path):  # noqa: F811
    loop, dead = Web(engine, "loop", start=False), Web(engine, "dead", start=False)
    for web in (loop, dead):
        engine.remove(web.name)
    engine.run(loop.name, "sh", "-c", "exit 3", policy="always", labels=labels(service="loop"))
    engine.create(dead.name, "/no/such/program", labels=labels(service="dead"))
    try:
        engine.do(dead.name, "start")
    except AssertionError:
        pass  # which the engine says, too
    wait_until(lambda: engine.inspect(loop.name)["RestartCount"] >= 3, what="restarts")
    config = configured(tmp_path, loop.entry("loop", {"compose": "loop"}), dead.entry("dead", {"compose": "dead"}))
    _, _, run = cells(config, "loop")
    wait_until(lambda: "crash loop" in sentences(cells(config, "loop")[2]), what="a look between two runs")
    assert "dead: refused" in sentences(run) and "did not start" in sentences(run) and "no/such/program" in sentences(run)


def test_the_worst_of_several_and_how_many_are_ready(engine, tmp_path):  # noqa: F811
    api = up(engine)
    engine.run("ecap-api-2", "sh", "-c", "exit 7", labels=labels(number="2"))
    engine.run("ecap-api-run-1", labels={**labels(), "com.docker.compose.oneoff": "True"})  # docker compose run
    wait_until(lambda: not engine.state("ecap-api-2")["Running"], what="the end of the second")
    shown, found, run = cells(configured(tmp_path, api.entry("api", {"compose": "api"})))
    assert shown["ready"] == "1/2" and shown["run"] == "exited 7" and found["severity"] == "warn"
    assert "ecap-api-2: ended with exit code 7" in sentences(run) and "run-1" not in shown["runs_in"]


def test_a_service_of_two_projects_is_not_guessed(engine, tmp_path):  # noqa: F811
    api = up(engine)
    engine.run("shop-api-1", labels=labels("sh\x1b[31mop\n-x"))
    config = configured(tmp_path, api.entry("api", {"compose": "api"}))
    shown, found, run = cells(config)
    assert found["severity"] == "ok" and run.status == UNKNOWN
    assert "is in more than one project: ecap, sh" in shown["run"]["unknown"]
    with dashboard(config, columns=120, rows=24) as terminal:
        terminal.wait_for("in more than one project")
        assert b"\x1b[31mop" not in terminal.output


def test_a_container_that_is_not_there(engine, tmp_path):  # noqa: F811
    api = up(engine)
    begin = api.id[:12]  # the engine takes the beginning of an id for a name
    config = configured(tmp_path, api.entry("api", {"docker": begin}), api.entry("two", {"compose": "none"}))
    for name, words in (("api", f"no container is named {begin}"), ("two", "no container of the compose service none")):
        shown, found, run = cells(config, name)
        assert shown["run"] == "absent" and found["severity"] == "warn" and words in sentences(run)


def test_an_engine_that_hangs_does_not_make_health_unknown(engine, tmp_path):  # noqa: F811
    api = up(engine)
    with Relay(engine, r"GET /containers/json", hangs=True) as relay:
        entry = api.entry("api", {"compose": "api"}, engine=f"unix://{relay.path}")
        with dashboard(configured(tmp_path, entry), columns=120, rows=24) as terminal:
            terminal.wait_for(lambda screen: "200" in screen.line("api "), timeout=5)
            terminal.wait_for("api docker: ", timeout=15)  # the fault, after the look's deadline
            assert "200" in terminal.screen.line("ms ") and "running" not in terminal.screen.text


def test_an_engine_that_is_gone(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine=f"unix://{tmp_path}/none"))
    shown, found, run = cells(config)
    assert shown["state"] == "200" and found["severity"] == "ok" and run.status == UNKNOWN
    assert "does not exist; is the engine running?" in shown["run"]["unknown"] and "does not exist" in sentences(run)


def test_a_service_that_hangs_does_not_hide_its_containers(engine, tmp_path):  # noqa: F811
    api = up(engine)
    api.engine.do(api.name, "pause")
    try:
        shown, found, run = cells(configured(tmp_path, api.entry("api", {"compose": "api"}, timeout="2s")))
        assert shown["run"] == "paused" and shown["state"] == "timeout" and "paused: its processes are frozen" in sentences(run)
    finally:
        api.engine.do(api.name, "unpause")


def test_a_named_engine(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine="local"), docker=[engine.target("local")])
    assert cells(config)[0]["run"] == "running"
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine="other"), docker=[engine.target("local")])
    shown, found, run = cells(config)
    assert "no target of the kind docker is named other" in shown["run"]["unknown"] and found["severity"] == "ok"


def test_variables_are_set_empty_or_missing_and_never_shown(engine, tmp_path):  # noqa: F811
    api = up(engine, Env=[f"ECAP_DATABASE_URL={SECRET}", "ECAP_SECRET_KEY="])
    names = ["ECAP_DATABASE_URL", "ECAP_SECRET_KEY", "ECAP_KAFKA", "ECAP_DATABASE"]
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, environment=names))
    shown, found, run = cells(config)
    assert shown["environment"] == "ECAP_DATABASE_URL set, ECAP_SECRET_KEY empty, ECAP_KAFKA missing, ECAP_DATABASE missing"
    assert "environment: ECAP_SECRET_KEY empty, ECAP_KAFKA missing" in sentences(run) and found["severity"] == "warn"
    assert "hunter2" not in run.stdout + run.stderr
    with dashboard(config, columns=120, rows=24) as terminal:
        terminal.wait_for("ECAP_KAFKA missing")
        assert b"hunter2" not in terminal.output


def test_found_by_its_label_where_no_runtime_is_named(engine, tmp_path):  # noqa: F811
    """Only with its name, on this host, on its port; a neighbour of the same service elsewhere is none of it."""
    api = up(engine)
    engine.run("shop-api-1", labels=labels("shop"))
    entry = {key: value for key, value in api.entry("api", {}).items() if key != "runtime"}
    config = configured(tmp_path, entry, {**entry, "name": "other"}, {**entry, "name": "far", "address": "192.0.2.1:80", "timeout": "1s"})
    shown, found, run = cells(config)
    assert shown["run"] == "running" and "shop" not in shown["runs_in"]
    assert f"found by its label com.docker.compose.service and port {api.port}" in shown["runtime"]
    for name in ("other", "far"):
        shown, found, run = cells(config, name)
        assert "run" not in shown and "runtime" not in shown, shown


@pytest.mark.parametrize("entry, words", [
    ({"runtime": {"compose": "a b"}}, "runtime of compose: expected letters, digits"),
    ({"runtime": {"compose": "ecap/api/x"}}, "expected letters, digits"),
    ({"runtime": {"compose": "/api"}}, "expected 1 to 99 bytes"),
    ({"runtime": {"docker": "../api"}}, "expected letters, digits"),
    ({"runtime": {"docker": "-x\x1b[31m"}}, "expected letters, digits"),
    ({"runtime": {"compose": "api"}, "engine": "ftp://x"}, "not an endpoint"),
])
def test_what_a_configuration_may_not_name(tmp_path, entry, words):
    config = configured(tmp_path, {"name": "api", "address": "127.0.0.1:1", **entry})
    run = stacktop("-c", config, "config", "--check")
    assert run.status != OK and words in run.stderr and "stacktop.yaml:" in run.stderr, run
    assert "\x1b" not in run.stderr
