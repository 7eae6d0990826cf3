"""What the services pane shows of the containers of a service, beside its health. More of it, which takes longer, is in
test_service_docker_long.py."""

import pytest

from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import cells, configured, labels, sentences, up
from sandbox import wait_until
from stacktop import OK, dashboard, stacktop

BESIDE = "others"
UNKNOWN = 3
SECRET = "postgres://ecap:hunter2@db/ecap"


def test_the_state_beside_health(engine, tmp_path):  # noqa: F811
    api = up(engine, memory=64 << 20)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}))
    shown, found, run = cells(config)
    assert run.status == OK, run
    assert shown["run"] == "running" and shown["ready"] == "1/1" and shown["restarts"] == 0 and shown["image"] == engine.image
    assert 0 < shown["memory_ratio"] < 0.5 and shown["memory_limit"] == 64 << 20 and shown["run_for"] > 0
    assert shown["state"] == "200" and api.name in shown["runs_in"]


def test_at_80_columns(engine, tmp_path):  # noqa: F811
    api = up(engine, memory=64 << 20)
    config = configured(tmp_path, api.entry("api", {"docker": api.name}), {**api.entry("plain", {}), "runtime": {"start": "true"}})
    with dashboard(config, columns=80, rows=24) as terminal:
        terminal.wait_for("all ok")
        terminal.wait_for(lambda screen: "RUNS" in screen.line("SERVICE") and "running" in screen.line("api "))
        assert "running" not in terminal.screen.line("plain")


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


def test_an_engine_that_is_gone(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine=f"unix://{tmp_path}/none", environment=["KEY"]))
    shown, found, run = cells(config)
    assert shown["state"] == "200" and found["severity"] == "ok" and run.status == UNKNOWN
    assert "does not exist; is the engine running?" in shown["run"]["unknown"] and "does not exist" in sentences(run)
    assert shown["environment"] == shown["memory"] == shown["run"]  # not known, which is not the same as none


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
