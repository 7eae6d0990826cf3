"""Acknowledgements and silences: shared by programs with one state directory, recorded, and never in the way of `check`."""

import json

from stacktop import CRIT, OK, USAGE, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"


def config_in(tmp_path):
    return write_config(tmp_path, name="ecap", interval="1s", state=str(tmp_path / "state"),
                        services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def records(tmp_path):
    lines = (tmp_path / "state/audit.jsonl").read_text().splitlines()
    return [(each["event"], each["action"], each.get("outcome", each.get("result"))) for each in map(json.loads, lines)]


def test_one_screen_acknowledges_and_the_other_knows(tmp_path):
    config = config_in(tmp_path)
    with dashboard(config) as first, dashboard(config) as second:
        for screen in (first, second):
            screen.wait_for("refused")
            screen.press("f")
            screen.wait_for("[Findings]")
        first.press("a")
        first.wait_for("[Acknowledge]")
        first.press(*"Annie", "Enter")
        first.wait_for("acknowledged by")
        second.wait_for("Annie")
        second.press("s")
        second.wait_for("[Silence]")
        second.press(*"deploy", "Enter")
        second.wait_for("silenced: service/api")
        first.press("u")
        first.wait_for("[Remove the mark]")
        first.press("Enter")
        first.wait_gone("acknowledged by")
    assert [event for event, *_ in records(tmp_path)] == ["intent", "outcome"] * 3
    assert [action for _, action, _ in records(tmp_path)][::2] == ["alarm.acknowledge", "alarm.silence", "alarm.remove"]


def test_check_counts_it_unless_it_is_asked(tmp_path):
    config = config_in(tmp_path)
    key = check(config, "--json").json["findings"][0]["key"]
    assert key == "service/api/services/api"
    assert stacktop("ack", key, "--reason", "known", "-c", config).status == OK
    assert check(config, "--acknowledged").status == CRIT, "it covers WARN, and this is worse"
    done = stacktop("silence", "service/*", "--reason", "deploy", "--severity", "critical", "-c", config)
    assert done.status == OK and "silenced: service/*" in done.stdout, done
    run = check(config)
    assert run.status == CRIT and "silenced by" in run.stdout, run
    assert check(config, "--acknowledged").status == OK
    assert len(json.loads(stacktop("alarms", "--json", "-c", config).stdout)) == 2
    assert stacktop("alarms", "remove", "service/*", "-c", config).status == OK
    assert check(config, "--acknowledged").status == CRIT
    assert stacktop("ack", key, "-c", config).status == USAGE
