"""A real Prometheus with a real Alertmanager: what it says, silences and their end, rules, a failed reload."""

import json
import re
import urllib.request

import pytest

from headless import FAILED, apply, plan
from keys import agree, outcome
from prometheus_server import FAILING, Servers, get
from sandbox import wait_until
from stacktop import CRIT, OK, closed_port, check, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with Servers(tmp_path_factory.mktemp("prometheus"), targets=[f"127.0.0.1:{closed_port()}"]) as servers:
        yield servers


@pytest.fixture(autouse=True)
def no_silences(servers):
    yield
    for each in servers.silences():
        expire(servers, each["id"])


def expire(servers, identity):
    request = urllib.request.Request(f"{servers.manager}/api/v2/silence/{identity}", method="DELETE")
    urllib.request.urlopen(request, timeout=5).close()


@pytest.fixture
def config(servers, tmp_path):
    return write_config(tmp_path, prometheus=[servers.target(queries={
        "up": "up unit count", "none": "vector(0)/0", "bytes": "process_resident_memory_bytes unit bytes warn 1MB"})],
        hosts=[], interval="500ms", environment="staging", state=str(tmp_path / "state"))


def alerts(run):
    return {row["alert"]: {**row, "key": key} for key, row in run.document.rows("prometheus", "alerts").items()}


def key_of(config, name):
    return alerts(check(config, "--json"))[name]["key"]


def test_what_it_says(servers, config):
    run = check(config, "--json")
    assert run.status == CRIT, run
    found = alerts(run)
    paged = found["Paged"]
    assert paged["state"] == "firing" and paged["severity"] == "critical" and paged["value"] == "7"
    assert paged["runbook"] == "https://runbooks/paged" and "seven" in paged["text"]
    assert paged["labels"].startswith("hostile=-x") and "team=ops" in paged["labels"]
    assert found["Warned"]["text"] == "self is up" and found["Later"]["state"] == "pending"
    assert "\x1b" not in run.stdout
    sentences = " ".join(sentence for _, sentence in run.document.findings)
    assert "Paged" in sentences and "Warned" in sentences
    assert "Later" not in sentences and "Watchdog" not in sentences
    summary = run.document.summary("prometheus", "summary")
    build = get(f"{servers.url}/api/v1/status/buildinfo")["data"]
    assert summary["version"] == build["version"] and summary["ready"] == "yes" and summary["config_reload"] == "ok"
    assert summary["targets_up"] == 1 and summary["targets_down"] == 1 and summary["rules"] == 4
    series = get(f"{servers.url}/api/v1/status/tsdb")["data"]["headStats"]["numSeries"]
    assert abs(summary["head_series"] - series) < 300


def test_the_page_of_targets(servers, config):
    run = stacktop("-c", config, "show", "prometheus.targets", "main")
    assert run.status == OK, run
    down, up = [line for line in run.stdout.splitlines() if " self " in line][:2]
    assert " down " in down and "connection refused" in down and " up " in up, run
    server = write_config(config.parent, prometheus=[{"name": "main", "url": servers.manager}], hosts=[])
    run = stacktop("-c", server, "show", "prometheus.targets", "main")
    assert run.status != OK and "404" in run.stdout + run.stderr, run


def test_queries_are_rows(servers, config):
    rows = [row for row in check(config, "--json").document.rows("prometheus", "queries").values()]
    assert {row["shown"] for row in rows if row["query"] == "up"} == {"0", "1"}
    assert "NaN" in next(row for row in rows if row["query"] == "none")["value"]["unknown"]
    memory = next(row for row in rows if row["query"] == "bytes")
    assert memory["shown"].endswith("MB") and memory["limit"] == "1.0 MB"


def test_a_silence_and_its_end(servers, config, tmp_path):
    key = key_of(config, "Paged")
    planned = plan(config, "prometheus.silence", "main", key, "duration=2h", "comment=disk is -replaced")
    text = json.dumps(planned)
    assert "covers 1 alert of" in text and "alertname=Paged" in text and "team=ops" in text
    assert servers.silences() == []
    apply(config, planned)
    silence, = servers.silences()
    assert silence["comment"] == "disk is -replaced" and silence["createdBy"]
    assert {each["name"]: each["value"] for each in silence["matchers"]} == \
        {"alertname": "Paged", "severity": "page", "team": "ops", "hostile": "-x \x1b[31m"}
    assert all(each["isEqual"] and not each["isRegex"] for each in silence["matchers"])
    wait_until(lambda: servers.quiet() == {"Paged"}, 20, "the alert to be silenced, and no other")
    run = check(config, "--json")
    assert alerts(run)["Paged"]["state"] == "silenced" and alerts(run)["Warned"]["state"] == "firing"
    assert not any("Paged" in sentence for _, sentence in run.document.findings)
    record = Audit(tmp_path / "state").outcomes[-1]
    assert record["action"] == "prometheus.silence" and record["result"] == "done"
    assert record["undo"] == f"prometheus.expire-silence main {silence['id']}"

    apply(config, plan(config, *record["undo"].split()))
    assert servers.silences() == [] and silence["id"] in {each["id"] for each in servers.silences("expired")}
    wait_until(lambda: servers.quiet() == set(), 20, "the alert to be heard")
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "done"


def test_a_silence_of_another_is_not_expired_by_an_old_plan(servers, config):
    identity = servers.silence(alertname="Warned", job="self")
    other = servers.silence(alertname="Later")
    planned = plan(config, "prometheus.expire-silence", "main", identity)
    expire(servers, identity)
    text = apply(config, planned)
    assert "already expired" in text, text
    assert [each["id"] for each in servers.silences()] == [other]


def test_a_silence_on_the_screen(servers, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for(re.compile(r"Paged .*firing"))
        terminal.press("1", "g")
        for _ in range(30):
            terminal.settle(0.1)
            if re.search(r"►[^│]*Paged", terminal.screen.text):
                break
            terminal.press("Down")
        terminal.press("S")
        terminal.wait_for(re.compile(r"comment +_|comment"))
        terminal.press("Down", *"because", "Enter")
        terminal.wait_for("Silence Paged for 1h")
        assert "\x1b[31m" not in terminal.screen.text
        agree(terminal, "y")
        assert "active until" in outcome(terminal)
        terminal.press("Enter")
        terminal.wait_for(re.compile(r"Paged .*silenced"))
        terminal.wait_for(re.compile(r"~ +main Paged silenced after"))  # and not resolved
    silence, = servers.silences()
    assert silence["comment"] == "because"


def test_without_an_alertmanager_there_is_nothing_to_silence(servers, tmp_path):
    config = write_config(tmp_path, prometheus=[{"name": "main", "url": servers.url}], hosts=[],
                          state=str(tmp_path / "state"))
    run = stacktop("-c", config, "plan", "prometheus.silence", "main", key_of(config, "Paged"), "comment=x")
    assert run.status != 0 and "no alertmanager is configured" in run.stderr, run
    assert "silenced" not in check(config, "--json").document.summary("prometheus", "summary")


def test_an_alertmanager_that_is_gone(servers, config):
    key = key_of(config, "Warned")
    planned = plan(config, "prometheus.silence", "main", key, "comment=x")
    servers.end("alertmanager")
    try:
        run = check(config, "--json")
        assert alerts(run)["Paged"]["state"] == "firing"
        assert any("which alerts are silenced is not known" in each for _, each in run.document.findings)
        apply(config, planned, FAILED)
    finally:
        servers.start("alertmanager")
        wait_until(lambda: {"Paged", "Warned"} <= {each["labels"]["alertname"] for each in servers.received()}, 60,
                   "alerts in the Alertmanager")
    assert servers.silences() == []


def test_a_rule_in_promql_is_evaluated_by_it(servers, config, tmp_path):
    data = json.loads(config.read_text())
    data["alerts"] = [{"name": "down", "prometheus": "main", "expr": "up == 0", "for": "1s", "severity": "critical",
                       "text": "{label.instance} of {label.job} is {value}"},
                      {"name": "never", "prometheus": "main", "expr": "up == 5"},
                      {"name": "wrong", "prometheus": "main", "expr": "up =="}]
    config.write_text(json.dumps(data))
    with dashboard(config, columns=160, rows=50) as terminal:
        terminal.wait_for(re.compile(r"down .*firing"), 20)
        terminal.wait_for(re.compile(r"down instance=127.0.0.1:\d+, job=self: 127.0.0.1:\d+ of self is 0"))
        terminal.wait_for(re.compile(r"never .*ok"))
        terminal.wait_for(re.compile(r"wrong .*unknown"))


def test_a_failed_reload_and_a_failing_rule(tmp_path):
    """Of a server of its own, since it cannot be undone."""
    with Servers(tmp_path / "own", rules=FAILING, targets=[f"127.0.0.1:{closed_port()}"]) as servers:
        config = write_config(tmp_path, prometheus=[servers.target()], hosts=[])

        def failing():
            run = check(config, "--json")
            return run if run.document.summary("prometheus", "summary")["rules_failing"] == 1 else None
        wait_until(failing, 30, "the rule to fail")
        broken, = (row for key, row in failing().document.rows("prometheus", "alerts").items() if key.startswith("rule/"))
        assert broken["alert"] == "Broken" and broken["state"] == "unknown" and "same labelset" in broken["text"], broken
        (servers.folder / "prometheus.yml").write_text("nonsense: 1\n")
        with pytest.raises(OSError):
            get(f"{servers.url}/-/reload", {})
        run = check(config, "--json")
        assert run.document.summary("prometheus", "summary")["config_reload"] == "failed"
        assert any("last reload of the configuration failed" in each for _, each in run.document.findings)
        servers.end("prometheus")
        run = check(config, "--json")
        assert run.status == CRIT and "refused" in run.stdout
