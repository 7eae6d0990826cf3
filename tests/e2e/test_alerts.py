"""Alert rules: they compare what other targets publish, wait for their time, and are findings like the others."""

import re
import socket

import pytest

from stacktop import CONFIG, CRIT, OK, ROOT, UNKNOWN, USAGE, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"


@pytest.fixture
def port():
    """A listening service, that the test may stop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def place(listener):
    return f"127.0.0.1:{listener.getsockname()[1]}"


def configured(folder, *alerts, **lists):
    lists = {"hosts": [{"name": "here", "mounts": ["/"]}], "interval": "200ms", **lists,
             "thresholds": {"host.load": "off", "host.memory": "off", "host.swap": "off"}}
    return write_config(folder, alerts=list(alerts), **lists)


def rows(run):
    """By key: the cells of all rules."""
    return {row["key"]: row["cells"] for target in run.json["targets"] if target["kind"] == "alert"
            for row in target["tables"][0]["rows"]}


def test_a_metric_beyond_its_limit(tmp_path):
    config = configured(tmp_path, {"name": "load", "metric": "host.load", "below": "100000%", "severity": "critical",
                                   "text": "load of {target} is below {limit}", "labels": {"team": "ops"},
                                   "runbook": "https://docs/load"},
                        {"name": "roomy", "metric": "host.disks.used", "row": "/", "above": "100%"})
    run = stacktop("-c", config, "check", "--json")
    assert run.status == CRIT, run
    found = rows(run)
    load = next(cells for cells in found.values() if cells["alert"] == "load")
    assert load == load | {
        "state": "firing", "subject": "here", "limit": "100000%", "severity": "critical",
        "labels": "team=ops", "runbook": "https://docs/load", "text": "load of here is below 100000%",
        "condition": "host.load below 100000%"}
    assert found["roomy"]["state"] == "ok" and found["roomy"]["value"].endswith("%")
    assert [sentence for severity, sentence in run.document.findings] == \
        ["load: here: load of here is below 100000%"]


def test_a_target_that_is_down(tmp_path):
    config = configured(tmp_path, {"name": "api down", "is": "critical", "target": "api", "severity": "critical", "for": "1m"},
                        services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])
    run = stacktop("-c", config, "check", "--json")
    assert run.status == CRIT
    assert rows(run)["service/api"]["state"] == "firing"
    assert any("api is critical (seen once; the rule requires 1m 00s)" in each["sentence"]
               for each in run.json["findings"]), run.json["findings"]


def test_it_waits_fires_and_resolves_on_the_screen(tmp_path, port):
    config = configured(tmp_path, {"name": "api down", "is": "critical", "target": "api", "for": "1s", "severity": "critical",
                                   "text": "{target} {value}"},
                        services=[{"name": "api", "address": place(port)}])
    with dashboard(config) as terminal:
        terminal.wait_for(re.compile(r"api down +api +ok"))
        address = port.getsockname()
        port.close()
        terminal.wait_for(re.compile(r"api down +api +pending"))
        terminal.wait_for(re.compile(r"!! +api down +api +firing +critical +.*api critical"))
        with socket.create_server(address):
            terminal.wait_for(re.compile(r"api down +api +ok"))
            terminal.wait_for(re.compile(r"api down +resolved"))


def test_what_is_not_known_is_said(tmp_path):
    """A target that does not answer has a finding of its own; its rules say that they are not evaluated."""
    config = configured(tmp_path, {"name": "lag", "metric": "redis.memory", "above": "80%"},
                        {"name": "growth", "metric": "host.disks.growth", "above": "1MB/s"},
                        redis=[{"name": "cache", "url": f"redis://127.0.0.1:{closed_port()}"}])
    run = stacktop("-c", config, "check", "--json")
    found = rows(run)
    assert found["lag"]["state"] == "unknown" and "no fresh data" in found["lag"]["text"]
    assert found["growth"]["state"] == "unknown" and "needs" in found["growth"]["text"]
    assert any("growth" == each["subject"] and each["severity"] == "unknown" for each in run.json["findings"])
    assert check(config, "--only", "alerts", "--only", "redis").status == USAGE
    assert "1 of 4" not in check(config, "--only", "alerts,redis:cache,hosts").stdout
    only = check(config, "--only", "alerts")
    assert only.status == UNKNOWN and "is not watched here" in only.stdout, only


@pytest.mark.parametrize("rule, words", [
    ({"metric": "kafka.lagg", "above": 1}, 'unknown metric "kafka.lagg"; did you mean "kafka.lag"?'),
    ({"metric": "host.load"}, "either above or below"),
    ({"metric": "host.load", "above": "1", "below": "2"}, "either above or below"),
    ({"metric": "host.load", "above": "5m"}, 'above: "5m" is not a share'),
    ({"metric": "host.load", "above": "80%", "target": "hree"}, 'no target of hosts "hree"; did you mean "here"?'),
    ({"metric": "redis.memory", "above": "80%"}, "there are no redis in the configuration"),
    ({"is": "critical"}, "is needs target"),
    ({"is": "critical", "target": "here", "row": "x"}, "need a metric"),
    ({}, "either metric or is"),
    ({"metric": "host.load", "above": "80%", "text": "{wat}"}, "unknown placeholder"),
])
def test_a_rule_that_means_nothing_is_an_error_at_its_place(tmp_path, rule, words):
    config = configured(tmp_path, {"name": "rule", **rule})
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and words in run.stderr, run
    assert run.stderr.startswith(f"{config}:") and 'line' not in run.stderr
    assert check(config).status == CONFIG


def test_every_contradiction_is_reported_at_once(tmp_path):
    config = configured(tmp_path, {"name": "one"}, {"name": "two", "metric": "host.load"})
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and run.stderr.count("alerts") == 2, run


def test_the_key_e_shows_the_events(tmp_path):
    with dashboard(configured(tmp_path)) as terminal:
        terminal.wait_for("1/1 targets up")
        terminal.press("e")
        terminal.wait_for("[Events]")
        assert "Disks & host" not in terminal.screen.text
        terminal.press("Esc")
        terminal.wait_for("Disks & host")


def test_the_example(tmp_path):
    """The guide's five rules."""
    run = stacktop("config", "--check", "-c", ROOT / "examples/alerts/ecap.yaml")
    assert run.status == OK, run
