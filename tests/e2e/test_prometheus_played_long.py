"""What a Prometheus must say to be believed: played servers, without a real one (test_prometheus_long.py)."""

import re

import pytest

from headless import apply, plan
from prometheus_server import OLD, data, played
from stacktop import CONFIG, CRIT, OK, ROOT, UNKNOWN, WARN, check, stacktop, write_config
from witness import Audit

BESIDE = "others"


def configured(folder, url, alerts=(), **options):
    return write_config(folder, prometheus=[{"name": "main", "url": url, "timeout": "3s", **options}], hosts=[],
                        alerts=list(alerts))


def reason(run):
    return run.document.target("prometheus")["error"]["text"]


def test_an_old_one_lacks_fields_and_is_shown(tmp_path):
    with played(OLD) as url:
        run = check(configured(tmp_path, url), "--json")
    assert run.status == WARN, run
    summary = run.document.summary("prometheus", "summary")
    assert summary["firing"] == 1 and summary["rules"] == 1 and summary["head_series"] == 12
    assert "unknown" in summary["version"] and "unknown" in summary["config_reload"]
    row, = run.document.rows("prometheus", "alerts").values()
    assert row["alert"] == "Old" and row["state"] == "firing" and row["condition"] == "up == 0"


@pytest.mark.parametrize("answers, words", [
    ({"*": (200, "<!DOCTYPE html><html><head><title>Grafana</title></head></html>")}, "a web page and not JSON"),
    ({"*": (401, "Unauthorized\n")}, "requires a login"),
    ({"*": (403, {"status": "error", "error": "no \u001b[31mrights"})}, "rights (HTTP status 403)"),
    ({"*": (200, {"message": "hello"})}, "not one of Prometheus"),
    ({"*": (200, data({"version": ""}))}, "has no version"),
    ({"*": (503, "Service Unavailable")}, "it is not ready: Service Unavailable"),
    ({}, "HTTP status 404"),
])
def test_what_is_not_a_prometheus_that_answers_is_unknown(tmp_path, answers, words):
    with played(answers) as url:
        run = check(configured(tmp_path, url), "--json")
    assert run.status == UNKNOWN and words in reason(run), run
    assert "\x1b" not in run.stdout


def test_one_that_is_half_dead_says_what_is_missing(tmp_path):
    answers = {**OLD, "/api/v1/status/buildinfo": (200, data({"version": "2.42.0"})), "/api/v1/rules": None,
               "/metrics": (500, "oops")}
    with played(answers) as url:
        run = check(configured(tmp_path, url, queries={"a": "up"}), "--json")
    assert run.status == UNKNOWN, run
    summary = run.document.summary("prometheus", "summary")
    assert "no response" in summary["firing"]["unknown"] and "500" in summary["head_series"]["unknown"]
    assert summary["targets_up"] == 0
    assert any("cannot list the alerts" in sentence for _, sentence in run.document.findings), run.document.findings


def test_the_alertmanager_is_not_one(tmp_path):
    """What it would silence is not known: the alerts stay findings, and a fault says so."""
    with played({**OLD, "/api/v2/alerts": (200, {})}) as url:
        run = check(configured(tmp_path, url, alertmanager=url), "--json")
    assert run.status == WARN, run
    sentences = [sentence for _, sentence in run.document.findings]
    assert any("which alerts are silenced is not known" in each for each in sentences), sentences
    assert any("Old" in each for each in sentences), sentences
    assert "unknown" in run.document.summary("prometheus", "summary")["silenced"]


def test_results_are_bounded_and_numbers_are_finite(tmp_path):
    many = [{"metric": {"i": str(i)}, "value": [1, "1"]} for i in range(1500)]
    odd = [{"metric": {"v": v}, "value": [1, v]} for v in ("NaN", "+Inf", "-Inf")]
    with played({**OLD, "/api/v1/query": (200, {**data({"resultType": "vector", "result": odd + many + many}),
                                                "warnings": ["a store is down"]})}) as url:
        run = check(configured(tmp_path, url, queries={"q": "x warn 5"}), "--json")
    rows = run.document.rows("prometheus", "queries")
    assert len(rows) == 1000
    values = {row["labels"]: row["value"] for row in rows.values()}
    assert "NaN" in values["v=NaN"]["unknown"] and "+Inf" in values["v=+Inf"]["unknown"]
    notes = " ".join(note["text"] for note in run.document.target("prometheus")["notes"])
    assert "1000 of 3003 results are shown" in notes and "a store is down" in notes


@pytest.mark.parametrize("options, words", [
    ({"queries": {"a": "up unit byte"}}, 'unknown unit "byte"'),
    ({"queries": {"a": ""}}, "the expression is empty"),
    ({"queries": {f"q{i}": "up" for i in range(33)}}, "at most 32"),
    ({"url": "ftp://x"}, "http"),
    ({"alertmanager": "http://u:p@x"}, "username and password"),
    ({"token": "x", "username": "y"}, "both token and username"),
])
def test_options_that_mean_nothing(tmp_path, options, words):
    config = configured(tmp_path, options.pop("url", "http://127.0.0.1:1"), **options)
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and words in run.stderr, run


# ---- alert rules in PromQL


def alert_rows(run):
    return [row["cells"] for target in run.json["targets"] if target["kind"] == "alert"
            for row in target["tables"][0]["rows"]]


def test_a_rule_in_promql(tmp_path):
    results = [{"metric": {"job": "db", "instance": "a"}, "value": [1, "0.5"]},
               {"metric": {"job": "db", "instance": "b\u001b[31m"}, "value": [1, "NaN"]}]
    rule = {"name": "errors", "prometheus": "main", "expr": "rate(x[5m]) > 0", "severity": "critical", "for": "1m",
            "text": "{label.instance} of {label.job}{label.none}: {value}", "labels": {"team": "ops"}}
    with played({**OLD, "/api/v1/query": (200, data({"resultType": "vector", "result": results}))}) as url:
        run = check(configured(tmp_path, url, [rule]), "--json")
    first, second = alert_rows(run)
    assert run.status == CRIT
    assert first == first | {"alert": "errors", "state": "firing", "subject": "instance=a, job=db", "value": "0.5",
                             "text": "a of db: 0.5", "labels": "team=ops, instance=a, job=db",
                             "condition": "rate(x[5m]) > 0, evaluated by main"}
    assert "NaN" in second["value"] and "\x1b" not in run.stdout
    assert any("seen once; the rule requires 1m 00s" in each for _, each in run.document.findings)


def test_a_rule_in_promql_that_holds_nowhere(tmp_path):
    with played({**OLD, "/api/v1/rules": (200, data({"groups": []}))}) as url:
        run = check(configured(tmp_path, url, [{"name": "r", "prometheus": "main", "expr": "up == 0"}]), "--json")
    assert run.status == OK and [row["state"] for row in alert_rows(run)] == ["ok"], run


@pytest.mark.parametrize("answer, words", [
    ((400, {"status": "error", "errorType": "bad_data", "error": "1:3: parse error"}), "parse error"),
    ((401, ""), "requires a login"),
    ((200, "<html>"), "a web page"),
    ((200, data({"resultType": "scalar", "result": [1, "1"]})), "compare a vector"),
    ((200, data({"resultType": "matrix", "result": []})), "is a range"),
    (None, "no response"),
])
def test_a_prometheus_that_does_not_evaluate_makes_the_rule_unknown(tmp_path, answer, words):
    with played({**OLD, "/api/v1/rules": (200, data({"groups": []})), "/api/v1/query": answer}) as url:
        run = check(configured(tmp_path, url, [{"name": "r", "prometheus": "main", "expr": "up == 0",
                                                "timeout": "2s", "severity": "critical"}]), "--only", "alerts", "--json")
    row, = alert_rows(run)
    assert run.status == UNKNOWN and row["state"] == "unknown" and words in row["text"], run


def test_nothing_is_sent_to_a_disabled_one(tmp_path):
    asked = {"*": (200, data({"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}))}
    with played(asked) as url:
        run = check(configured(tmp_path, url, [{"name": "r", "prometheus": "main", "expr": "up"}],
                               disabled="being moved"), "--json")
    row, = alert_rows(run)
    assert row["state"] == "unknown" and "disabled" in row["text"], run


@pytest.mark.parametrize("rule, words", [
    ({"expr": "up"}, "expr needs prometheus"),
    ({"expr": "up", "prometheus": "mian"}, 'no target of prometheus "mian"; did you mean "main"?'),
    ({"expr": "", "prometheus": "main"}, "the expression is empty"),
    ({"prometheus": "main"}, "either metric or is or expr"),
    ({"expr": "up", "prometheus": "main", "metric": "host.load"}, "one condition"),
    ({"expr": "up", "prometheus": "main", "is": "critical"}, "one condition"),
    ({"expr": "up", "prometheus": "main", "above": "1"}, "above needs a metric"),
    ({"expr": "up", "prometheus": "main", "target": "main"}, "target needs a metric"),
    ({"expr": "up", "prometheus": "main", "text": "{limit}"}, "{limit} needs a metric"),
    ({"expr": "up", "prometheus": "main", "text": "{label.}"}, "unknown placeholder"),
    ({"metric": "prometheus.firing", "above": "1", "prometheus": "main"}, "prometheus needs expr"),
    ({"metric": "prometheus.firing", "above": "1", "text": "{label.x}"}, "{label.NAME} needs expr"),
])
def test_a_rule_that_means_nothing_is_an_error_at_its_place(tmp_path, rule, words):
    config = configured(tmp_path, "http://127.0.0.1:1", [{"name": "rule", **rule}])
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and words in run.stderr, run
    assert run.stderr.startswith(f"{config}:"), run


def test_the_example_in_promql(tmp_path):
    """The rules that are comments of the example are a configuration without their comment signs."""
    kept, comments = (ROOT / "examples/alerts/ecap.yaml").read_text().split("# The same rules as PromQL")
    text = re.sub(r"^#(?=  )|^# (?=prometheus:)", "", comments, flags=re.M)
    assert text.count("expr:") == 5
    path = write_config(tmp_path, f"{kept}#{text}")
    run = stacktop("config", "--check", "-c", path)
    assert run.status == OK, run


# ---- silences that are refused or not answered


@pytest.mark.parametrize("answer, result, words", [
    (None, "unknown", "no answer"),
    ((400, "bad matchers"), "refused", "HTTP status 400"),
    ((200, {"silenceID": "../x"}), "unknown", "has no id"),
    ((200, {"silenceID": "1-2"}), "unknown", "not among the silences"),
])
def test_a_silence_without_a_good_answer_is_not_done(tmp_path, answer, result, words):
    answers = {**OLD, "/api/v2/alerts": (200, []), "/api/v2/silences": (200, []), "POST": answer}
    with played(answers) as url:
        config = configured(tmp_path, url, alertmanager=url)
        config.write_text(config.read_text().replace('"hosts"', f'"state": "{tmp_path}/state", "hosts"'))
        key, = check(config, "--json").document.rows("prometheus", "alerts")
        planned = plan(config, "prometheus.silence", "main", key, "comment=x")
        assert any("covers 0 alerts" in line for line in str(planned).split("\\n")), planned
        text = apply(config, planned, None)
    assert words in text, text
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == result
    assert answers["posted"] == 1  # never twice
