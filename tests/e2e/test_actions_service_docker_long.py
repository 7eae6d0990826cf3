"""The rest of test_actions_service_docker.py."""

from docker_engine import PROJECT, SERVICE, Relay, engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import FAILED, PARTLY, Web, apply, configured, neighbour, plan, stack, started  # noqa: F401
from keys import agree, outcome
from sandbox import wait_until
from stacktop import dashboard
from test_actions_service import Service
from witness import Audit

BESIDE = "others"


def test_another_container_of_the_name(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"docker": api.name}))
    planned = plan(config, "service.restart", "api")
    engine.remove(api.name)
    other = Web(engine, "api", port=api.port)
    before = other.state()["StartedAt"]
    assert "the container was removed" in apply(config, planned, FAILED)
    assert other.state()["StartedAt"] == before


def test_another_runtime_since_the_plan(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}))
    planned = plan(config, "service.restart", "api")
    configured(tmp_path, api.entry("api", {"restart": "touch /tmp/no"}))
    assert "another runtime" in apply(config, planned, FAILED)


def test_another_engine_since_the_plan(engine, neighbour, tmp_path):  # noqa: F811
    """Which would say that the container is gone."""
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}))
    planned = plan(config, "service.stop", "api")
    with Relay(engine, "never") as relay:
        configured(tmp_path, api.entry("api", {"compose": "ecap/api"}, engine=f"unix://{relay.path}"))
        assert "now names another engine" in apply(config, planned, FAILED)
    assert api.state()["Running"]


def test_a_running_container_alone_is_no_proof(engine, neighbour, tmp_path):  # noqa: F811
    """The container runs and the service does not answer where it should."""
    api = Web(engine, "api")
    wait_until(api.answers, what="the service to answer")
    config = configured(tmp_path, api.entry("api", {"docker": api.name}, expect="204", ready="2s"))
    assert "the service is " in apply(config, plan(config, "service.restart", "api"), PARTLY)
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "partial"


def test_one_that_ends_again_is_partly_done(engine, neighbour, tmp_path):  # noqa: F811
    engine.create("ecap-batch-1", "sh", "-c", "exit 9", labels={PROJECT: "ecap", SERVICE: "batch"})
    other = Web(engine, "other")
    config = configured(tmp_path, other.entry("batch", {"compose": "batch"}))
    said = apply(config, plan(config, "service.start", "batch"), PARTLY)
    assert "exited again: exit code 9" in said, said


def test_one_that_was_found_by_its_label(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    wait_until(api.answers, what="the service to answer")
    entry = {key: value for key, value in api.entry("api", {}).items() if key != "runtime"}
    config = configured(tmp_path, entry, {**entry, "name": "other"})
    before = api.state()["StartedAt"]
    planned = plan(config, "service.restart", "api")
    assert "was found by its label com.docker.compose.service and port" in str(planned)
    assert "healthy after" in apply(config, planned)
    assert api.state()["StartedAt"] != before
    said = plan(config, "service.restart", "other", status=FAILED)
    assert "no container has its name and port: add runtime:" in said


def test_a_container_of_two_services_is_restarted_once(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    wait_until(api.answers, what="the service to answer")
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}), api.entry("admin", {"docker": api.name}))
    planned = plan(config, "service.restart-all", "admin")
    assert "ecap-api-1 is restarted once for api (ecap-api-1) and admin" in str(planned)
    assert "1 done" in apply(config, planned)


def test_the_first_that_fails_ends_it(engine, neighbour, tmp_path):  # noqa: F811
    webs, config = stack(engine, tmp_path, broken="api")
    before = started(webs)
    said = apply(config, plan(config, "service.restart-all", "db"), PARTLY)
    after = started(webs)
    assert after["db"] != before["db"] and after["api"] != before["api"] and after["dashboard"] == before["dashboard"]
    assert "not attempted: api (ecap-api-1) failed" in said, said
    _, ended = Audit(tmp_path / "state").only()
    results = [each["result"] for each in ended["victims"]]
    assert ended["result"] == "partial" and results == ["done", "partly", "skipped"], ended


def test_esc_stops_before_the_next_one(engine, neighbour, tmp_path):  # noqa: F811
    """While the first one is waited for, which does not become healthy."""
    webs, config = stack(engine, tmp_path, broken="db")
    before = started(webs)
    with dashboard(config, columns=120, rows=44) as terminal:
        terminal.wait_for("4/6 ok")
        terminal.press("1", "A")
        terminal.wait_for("Restart 3 services in order")
        agree(terminal, "staging 3")
        terminal.wait_for(lambda screen: "waiting for db" in screen.text)
        terminal.press("Esc")
        text = outcome(terminal)
    after = started(webs)
    assert "was not awaited" in text and "cancelled before its turn" in text, text
    assert after["db"] != before["db"] and after["api"] == before["api"]


def test_containers_and_programs_in_one_order(engine, neighbour, tmp_path):  # noqa: F811
    """What runs a service is its own: a container first, then what a program starts, then a container again."""
    webs = {name: Web(engine, name) for name in ("db", "dashboard")}
    for web in webs.values():
        wait_until(web.answers, what="the services to answer")
    script = Service(tmp_path, "api")
    script.start()
    before, pid = started(webs), script.pid()
    try:
        config = configured(tmp_path, webs["db"].entry("db", {"compose": "ecap/db"}), script.entry(),
                            webs["dashboard"].entry("dashboard", {"compose": "ecap/dashboard"}))
        planned = plan(config, "service.restart-all", "dashboard")
        assert planned["phrase"] == "staging 3" and f"control.py stop {script.port}" in str(planned)
        assert "3 done" in apply(config, planned)
        after = started(webs)
        assert script.answers() and script.pid() != pid and all(after[name] != before[name] for name in webs)
        assert after["db"] < after["dashboard"]
    finally:
        script.end()
