"""Services in containers of a real engine: started, stopped and restarted by keys and by plan and apply. The service itself
is the proof, the same service of another project stays as it was, and the audit log has both lines."""

from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import FAILED, PARTLY, Web, apply, configured, neighbour, plan  # noqa: F401
from keys import agree, outcome
from sandbox import wait_until
from stacktop import dashboard, stacktop
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
