"""Several services in one plan, by marks and by names: in the order of the configuration, each healthy before the next, and
no others."""

import pytest

from command_services import Service, configured, order
from headless import FAILED, PARTLY, USAGE, apply, plan, recorded, said
from keys import agree, outcome
from stacktop import dashboard
from witness import Audit

BESIDE = "others"


@pytest.fixture
def services(tmp_path):
    """Of the configuration, in their order: db, api, web run."""
    made = [Service(tmp_path, name) for name in ("db", "api", "web")]
    for service in made:
        service.start()
    (tmp_path / "order").unlink()
    yield made
    for service in made:
        service.end()


def entries(services, **more):
    return [service.entry(**{"ready": "20s", **more.get(service.name, {})}) for service in services]


def test_marked_services_are_restarted_in_one_plan(services, tmp_path):
    db, api, web = services
    before = [service.pid() for service in services]
    config = configured(tmp_path, *entries(services))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok")
        terminal.press("1", "Space")  # db, and on to api
        terminal.wait_for("1 marked")
        terminal.press("Down", "Space")
        terminal.wait_for("2 marked:")
        terminal.press("R")
        terminal.wait_for("Restart 2 services in order")
        assert f"stop {db.port}" in terminal.screen.text and f"stop {api.port}" not in terminal.screen.text
        agree(terminal, "staging 2")
        assert "2 of 2 are up, each service healthy in its turn" in said(outcome(terminal))
    assert order(tmp_path, *services) == ["stop db", "start db", "stop web", "start web"]
    assert api.pid() == before[1] and db.pid() != before[0] and web.pid() != before[2]
    intent, ended = recorded(tmp_path, "service.restart", "done")
    assert [each["key"] for each in ended["victims"]] == ["db", "web"] and intent["confirm"] == "staging 2"


def test_names_in_any_order_are_changed_in_that_of_the_configuration(services, tmp_path):
    config = configured(tmp_path, *entries(services))
    planned = plan(config, "service.restart", "web", "db", "db")
    assert planned["phrase"] == "staging 2" and order(tmp_path, *services) == []
    text = said(apply(config, planned))
    assert "2 of 2 are up" in text and text.index("db") < text.index("web")
    assert order(tmp_path, *services) == ["stop db", "start db", "stop web", "start web"]


def test_a_stop_goes_the_other_way_and_is_undone(services, tmp_path):
    config = configured(tmp_path, *entries(services))
    apply(config, plan(config, "service.stop", "db", "web"))
    assert order(tmp_path, *services) == ["stop web", "stop db"]
    undo = Audit(tmp_path / "state").outcomes[-1]["undo"]
    assert sorted(undo.split()) == ["db", "service.start", "web"]
    planned = plan(config, *undo.split())
    assert planned["phrase"] == "staging 2"
    apply(config, planned)
    assert order(tmp_path, *services)[2:] == ["start db", "start web"] and all(each.answers() for each in services)


def test_the_first_that_fails_ends_it(services, tmp_path):
    db, api, web = services
    config = configured(tmp_path, *entries(services, api={"expect": "204", "ready": "2s"}))
    text = said(apply(config, plan(config, "service.restart", "db", "api", "web"), PARTLY))
    assert "not attempted: api failed" in text
    _, ended = recorded(tmp_path, "service.restart", "partial")
    assert [each["result"] for each in ended["victims"]] == ["done", "partly", "skipped"]
    assert "start web" not in order(tmp_path, *services) and web.answers()


def test_what_is_left_out_and_what_is_refused(services, tmp_path):
    db, api, web = services
    plain = {"name": "plain", "address": f"127.0.0.1:{api.port}"}
    config = configured(tmp_path, *entries(services, api={"read_only": True}), plain)
    planned = plan(config, "service.restart", "db", "api", "plain")
    text = str(planned)
    assert planned["phrase"] == "db" and "not included: api: it is read-only" in text and "not included: plain:" in text
    assert "unknown service target \"ap\"; did you mean \"api\"?" in plan(config, "service.restart", "db", "ap", status=USAGE)
    assert "takes no rows; unexpected \"api\"" in plan(config, "service.restart-all", "db", "api", status=USAGE)


def test_marks_hold_back_what_is_for_one(services, tmp_path):
    config = configured(tmp_path, *entries(services))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok")
        terminal.press("1", "Space", "Space")
        terminal.wait_for("2 marked:")
        terminal.press("A")
        terminal.wait_for("not for the 2 marked ones; press Esc to clear the marks")
        terminal.press("Enter", "a")
        terminal.wait_for("2 marked services")
        terminal.press("Esc", "Esc", "Esc")
        terminal.wait_for(lambda screen: "marked" not in screen.text)
        assert terminal.process.poll() is None
    assert order(tmp_path, *services) == []
