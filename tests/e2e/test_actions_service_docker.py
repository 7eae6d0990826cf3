"""Services in containers of a real engine: started, stopped and restarted by keys and by plan and apply. The service itself
is the proof, the same service of another project stays as it was, and the audit log has both lines. More of it, which takes longer, is in
test_actions_service_docker_long.py."""

from command_services import Service
from docker_engine import engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import FAILED, Web, apply, configured, neighbour, plan, stack, started  # noqa: F401
from headless import recorded, said
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


def test_what_is_refused(engine, neighbour, tmp_path):  # noqa: F811
    api = Web(engine, "api")
    config = configured(tmp_path, api.entry("api", {"compose": "api"}), api.entry("none", {"compose": "none"}),
                        api.entry("running", {"docker": api.name}))
    assert "is in more than one project: ecap, shop" in plan(config, "service.restart", "api", status=FAILED)
    assert "there is no container of none" in plan(config, "service.restart", "none", status=FAILED)
    assert "ecap-api-1 is running" in plan(config, "service.start", "running", status=FAILED)


def test_all_are_restarted_in_their_order(engine, neighbour, tmp_path):  # noqa: F811
    webs, config = stack(engine, tmp_path)
    before = started(webs)
    with dashboard(config, columns=120, rows=44) as terminal:
        terminal.wait_for("5/6 ok")
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


def test_a_container_and_a_program_in_one_plan(engine, neighbour, tmp_path):  # noqa: F811
    """In the order of the configuration, whatever runs them, and after the first that fails no other."""
    db, web = Service(tmp_path, "db"), Service(tmp_path, "web")
    api = Web(engine, "api")
    db.start()
    web.start()
    wait_until(api.answers, what="the service to answer")
    before = api.state()["StartedAt"], web.pid()
    try:
        config = configured(tmp_path, db.entry(ready="20s"), api.entry("api", {"compose": "ecap/api"}), web.entry(ready="20s"))
        planned = plan(config, "service.restart", "web", "api", "db")
        assert planned["phrase"] == "staging 3", planned
        assert "3 of 3 are up, each service healthy in its turn" in said(apply(config, planned))
        _, ended = recorded(tmp_path, "service.restart", "done")
        assert [each["label"] for each in ended["victims"]] == ["db", "api (ecap-api-1)", "web"]
        assert api.state()["StartedAt"] != before[0] and web.pid() != before[1]
        order = (tmp_path / "order").read_text().split("\n")
        assert order[-3:-1] == [f"stop {web.port}", f"start {web.port}"]
    finally:
        db.end()
        web.end()
