"""Services in containers of a real engine: started, stopped and restarted by keys and by plan and apply. The service itself
is the proof, the same service of another project stays as it was, and the audit log has both lines."""

from docker_engine import PROJECT, SERVICE, Relay, engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import FAILED, PARTLY, Web, apply, configured, neighbour, plan  # noqa: F401
from keys import agree, outcome
from sandbox import wait_until
from stacktop import dashboard
from witness import Audit

BESIDE = "others"


def test_a_service_that_is_down_is_started_with_two_keys(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api", start=False)
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        terminal.press("1", "B")
        terminal.wait_for("y: start api")
        assert f"docker start {api.id[:12]}" in terminal.screen.text
        terminal.press("y")
        assert "healthy after" in outcome(terminal)
        terminal.press("Enter")
        terminal.wait_for("all ok")
    assert api.answers() and api.state()["Running"]
    intent, ended = Audit(tmp_path / "state").only()
    assert (intent["action"], ended["action"], ended["result"]) == ("service.start", "service.start", "done")
    assert ended["proof"].startswith("healthy after") and ended["undo"] == "service.stop api"


def test_a_restart_is_a_new_run_of_the_same_container(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    wait_until(api.answers, what="the service to answer")
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}))
    before = engine.inspect(api.name)
    planned = plan(config, "service.restart", "api")
    assert planned["phrase"] == "staging api" or planned["phrase"] == "api"
    assert engine.inspect(api.name)["State"] == before["State"]  # a plan changes nothing
    assert "healthy after" in apply(config, planned)
    after = engine.inspect(api.name)
    assert after["Id"] == before["Id"] and after["State"]["StartedAt"] != before["State"]["StartedAt"]
    intent, ended = Audit(tmp_path / "state").only()
    assert ended["result"] == "done" and intent["action"] == "service.restart"


def test_a_stop_warns_of_what_starts_it_and_is_undone(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api", policy="always")
    wait_until(api.answers, what="the service to answer")
    config = configured(tmp_path, api.entry("api", {"docker": api.name}))
    planned = plan(config, "service.stop", "api")
    text = str(planned)
    assert "has the restart policy always" in text and "belongs to the compose project ecap" in text
    apply(config, planned)
    assert not api.answers() and not api.state()["Running"]
    undo = Audit(tmp_path / "state").outcomes[-1]["undo"]
    assert undo == "service.start api"
    apply(config, plan(config, *undo.split()))
    assert api.answers()


def test_started_by_others_since_the_plan(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"compose": "ecap/api"}))
    planned = plan(config, "service.restart", "api")
    engine.do(api.name, "restart")
    before = api.state()["StartedAt"]
    assert "it was started since the plan was made" in apply(config, planned, FAILED)
    assert api.state()["StartedAt"] == before
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "refused"


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


def test_what_is_refused(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"compose": "api"}), api.entry("none", {"compose": "none"}),
                        api.entry("running", {"docker": api.name}))
    assert "is in more than one project: ecap, shop" in plan(config, "service.restart", "api", status=FAILED)
    assert "there is no container of none" in plan(config, "service.restart", "none", status=FAILED)
    assert "ecap-api-1 is running" in plan(config, "service.start", "running", status=FAILED)


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


# ---- all of them

def stack(engine, tmp_path, broken=None):  # noqa: F811
    """Three services in order; the one that is broken does not answer after its restart."""
    webs = {name: Web(engine, name) for name in ("db", "api", "dashboard")}
    for web in webs.values():
        wait_until(web.answers, what="the services to answer")
    entries = [web.entry(name, {"compose": f"ecap/{name}"}, ready="2s", expect="204" if name == broken else "200")
               for name, web in webs.items()]
    return webs, configured(tmp_path, *entries, webs["db"].entry("absent", {"compose": "ecap/none"}),
                            {**webs["db"].entry("kept", {"compose": "ecap/db"}), "read_only": True},
                            {"name": "plain", "address": f"127.0.0.1:{webs['db'].port}"})


def started(webs):
    return {name: web.state()["StartedAt"] for name, web in webs.items()}


def test_all_are_restarted_in_their_order(engine, neighbour, tmp_path):  # noqa: F811
    webs, config = stack(engine, tmp_path)
    before = started(webs)
    with dashboard(config, columns=120, rows=44) as terminal:
        terminal.wait_for("plain")
        terminal.press("1", "A")
        terminal.wait_for("Restart 3 services in order")
        text = terminal.screen.text
        assert "not included: absent: there is no container of absent" in text
        assert "not included: kept: it is read-only" in text and "not included: plain: " in text
        agree(terminal, "staging 3")
        ended = outcome(terminal)
        assert "3 done" in ended, ended
    after = started(webs)
    assert all(after[name] != before[name] for name in webs)
    assert after["db"] < after["api"] < after["dashboard"]
    intent, ended = Audit(tmp_path / "state").only()
    assert ended["result"] == "done" and "3 of 3" in ended["proof"] and intent["action"] == "service.restart-all"


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
        terminal.wait_for("plain")
        terminal.press("1", "A")
        terminal.wait_for("Restart 3 services in order")
        agree(terminal, "staging 3")
        terminal.wait_for(lambda screen: "waiting for db" in screen.text)
        terminal.press("Esc")
        text = outcome(terminal)
    after = started(webs)
    assert "when it was cancelled" in text and "cancelled before its turn" in text, text
    assert after["db"] != before["db"] and after["api"] == before["api"]
