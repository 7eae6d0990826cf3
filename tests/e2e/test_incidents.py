"""Incidents: a real problem, from its first finding to the postmortem, with two dashboards and the command line on one
state directory; and what is said when something cannot be done."""

import json
import os
import re
import socket
import subprocess
import time

import pytest

import keys
from sandbox import wait_until
from stacktop import BINARY, OK, USAGE, closed_port, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"
FAILED = 1


def incident(config, *words, status=OK):
    done = stacktop("-c", config, "incident", *words)
    assert done.status == status, done
    return done.stdout if status == OK else done.stderr


def timeline(config, ident):
    """The entries as they are in the file."""
    path = config.parent / "state/incidents" / ident / "timeline.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def of_kind(entries, kind):
    return [entry for entry in entries if entry["kind"] == kind]


def exported(config, ident):
    return json.loads(incident(config, "export", ident, "--json"))


def only_id(config):
    return re.search(r"INC-\d{8}-\d{6}", incident(config, "list")).group()


@pytest.fixture
def place(tmp_path):
    """A configuration with one service, at a port on which nothing listens."""
    return write_config(tmp_path, interval="300ms", hosts=[], state=str(tmp_path / "state"),
                        services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def test_a_problem_from_its_first_finding_to_the_postmortem(calm, tmp_path):
    config = keys.configure(calm, tmp_path)
    with dashboard(config) as ann, dashboard(config, columns=80, rows=24) as bob:
        ann.wait_for("all ok", 20)
        bob.wait_for("all ok", 20)
        began = time.time()
        calm.scene("api-down")
        ann.wait_for("api stopped", 25)
        found = time.time()
        ann.press(":", *"incident open P1 api-down users see 502", "Enter")
        ident = ann.wait_for(re.compile(r" P1 INC-\d{8}-\d{6} \d+s ")) and only_id(config)
        bob.wait_for(re.compile(rf"P1 {ident} \d+s"))
        ann.wait_for(f"{ident} opened: P1 api-down; response due in")
        bob.press(":", *"note looking at the api, password=hunter22", "Enter")
        bob.wait_for(f"{ident}: note")
        ann.press("1", "g")
        keys.select(ann, 1, "api")
        ann.press("B")
        keys.agree(ann, "y")
        keys.outcome(ann)
        fixed = time.time()
        keys.close(ann)
        ann.wait_for("all ok", 25)
        incident(config, "status", "monitoring", "the api is up")
        wait_until(lambda: of_kind(timeline(config, ident), "action")[1:], 10, what="the action in the time line")
        wait_until(lambda: any(entry.get("word") == "resolved" for entry in timeline(config, ident)), 10,
                   what="the end of the finding")
        ended = time.time()
        ann.press(":", *"incident", "Enter")
        ann.wait_for("[Incident]")
        ann.wait_for("the api is up")
        ann.press(":", *"incident close the api was stopped and was started again", "Enter")
        ann.wait_for(f"{ident} closed.")
        ann.wait_gone(f"P1 {ident}")
        bob.wait_gone(f"P1 {ident}")
    entries = timeline(config, ident)
    facts = exported(config, ident)["facts"]
    # Once, although two dashboards saw it; the time is that of the problem, not that of the opening.
    crit = [entry for entry in of_kind(entries, "finding") if entry["subject"] == "api" and entry["word"] == "begins"]
    # Either of them may be first to write it, and collects up to an interval (2 s) later than the other.
    opened = of_kind(entries, "open")[0]["at_ms"]
    assert len(crit) == 1 and began - 1 < crit[0]["at_ms"] / 1000 < found + 2, entries
    assert facts["detected_ms"] == min(crit[0]["at_ms"], opened) and facts["detected_by"] == "api", facts
    assert found < facts["responded_ms"] / 1000 < fixed
    assert began < facts["recovered_ms"] / 1000 < ended and facts["recovered_ms"] > crit[0]["at_ms"], facts
    assert {entry["text"] for entry in of_kind(entries, "operator")} == {"dashboard"}
    assert len(of_kind(entries, "history")) == 1
    # The action with its proof, as in the audit log.
    records = [record for record in Audit(tmp_path / "state").records if record["action"] == "service.start"]
    actions = of_kind(entries, "action")
    assert [action["word"] for action in actions] == ["intent", "done"], actions
    assert {action["audit"] for action in actions} == {record["id"] for record in records}
    postmortem = incident(config, "export", ident)
    assert records[0]["id"] in postmortem and "service.start" in postmortem and actions[1]["proof"][:20] in postmortem
    assert "the api was stopped and was started again" in postmortem
    written = sorted((tmp_path / "state/incidents" / ident).glob("postmortem-*.md"))
    assert len(written) == 1 and records[0]["id"] in written[0].read_text()
    assert "hunter22" not in "".join(path.read_text(errors="replace") for path in (tmp_path / "state").rglob("*") if path.is_file())
    # What a person did is in the audit log as well.
    acts = [record["action"] for record in Audit(tmp_path / "state").records if record["kind"] == "incident"]
    assert acts == [act for verb in ("open", "note", "status", "close") for act in (f"incident.{verb}",) * 2], acts


def test_on_the_command_line(place):
    said = incident(place, "open", "P2", "api-down", "users", "see", "502")
    ident = re.match(r"(INC-\d{8}-\d{6}) opened: P2 api-down; response due in 30m", said).group(1)
    incident(place, "role", "commander", "ann")
    incident(place, "severity", "P1", "all users")
    incident(place, "note", ident, "first", "\x1b[2Jnote")
    shown = incident(place, "show")
    assert "P1 (complete service outage)  api-down" in shown and "commander   ann" in shown
    assert "\x1b" not in shown and re.search(r"NOTE +\S+: first .*note", shown), shown
    listed = json.loads(incident(place, "list", "--json"))
    assert [(each["id"], each["level"], each["status"]) for each in listed] == [(ident, 1, "investigating")]
    assert "is not a status" in incident(place, "status", "fine", status=USAGE)
    assert "did you mean \"close\"?" in incident(place, "colse", status=USAGE)
    assert "no incident INC-2" in incident(place, "show", "INC-2x", status=FAILED)
    incident(place, "close", "over")
    assert "no incident is open" in incident(place, "note", "late", status=FAILED)
    incident(place, "note", ident[:8], "late")  # the postmortem is written later
    assert "is closed" in incident(place, "status", ident, "resolved", status=FAILED)
    assert exported(place, ident)["timeline"][-1]["text"] == "late"


def test_several_are_open_and_one_is_current(place):
    first = re.match(r"\S+", incident(place, "open", "P3", "one")).group()
    with dashboard(place) as terminal:
        terminal.wait_for(f"P3 {first}")
        terminal.press(":", *"incident open P2 two", "Enter")
        terminal.wait_for(re.compile(r"P2 INC-\S+ \d+s \+1"))
        terminal.press(":", *f"incident use {first}", "Enter")
        terminal.wait_for(re.compile(rf"P3 {first} \d+s \+1"))
        terminal.press(":", *"note for the first", "Enter")
        terminal.wait_for(f"{first}: note")
        terminal.press(":", *"incident status done", "Enter")
        terminal.wait_for('"done" is not a status')
    assert [entry["text"] for entry in of_kind(timeline(place, first), "note")] == ["for the first"]
    assert "2 incidents are open: name one of" in incident(place, "note", "x", status=FAILED)


def evidence(config, ident):
    folder = config.parent / "state/incidents" / ident / "evidence"
    wait_until((folder / "manifest.json").exists, 15, what="the evidence")
    manifest = json.loads((folder / "manifest.json").read_text())
    for each in manifest["files"]:
        assert (folder / each["name"]).stat().st_size == each["bytes"], each
        assert (folder / each["name"]).stat().st_mode & 0o777 == 0o600
    return folder, manifest


def test_the_evidence_of_the_moment(tmp_path):
    """From the command line and from a dashboard: samples, configuration, logs, without a secret; what is missing is said.
    The dashboard knows since when; the command line, which is first to write, does not."""
    log = tmp_path / "api.log"
    log.write_text("".join(f"2026-11-28T03:00:00Z ERROR line {i} token=hunter22 redis Sesame99\n" for i in range(1000)))
    config = write_config(tmp_path, interval="300ms", hosts=[], state=str(tmp_path / "state"),
                          services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}", "logs": [str(log)]}],
                          redis=[{"name": "cache", "url": f"redis://:Sesame99@127.0.0.1:{closed_port()}/0"}])
    with dashboard(config) as terminal:
        terminal.wait_for("2 CRIT")
        began = time.time()
        terminal.hold("2 CRIT", 6)
        said = incident(config, "open", "P1", "api-down")
        ident = re.match(r"\S+", said).group()
        assert "evidence: 6 files" in said and "missing: " in said, said
        wait_until(lambda: exported(config, ident)["facts"]["detected_ms"] / 1000 <= began, 10, what="the true time")
        terminal.press(":", *"incident open P2 second", "Enter")
        terminal.wait_for("evidence: 6 files")
        second = re.search(r"P2 (INC-\S+)", terminal.screen.text).group(1)
    for each in (ident, second):
        folder, manifest = evidence(config, each)
        assert {"logs of cache: none are configured"} <= set(manifest["missing"]), manifest
        names = [file["name"] for file in manifest["files"]]
        assert names == ["samples.json", "check.txt", "config.yaml", "logs/service-api.log", "audit.jsonl"], names
        samples = json.loads((folder / "samples.json").read_text())
        assert {target["name"] for target in samples["targets"]} == {"api", "cache"}
        lines = (folder / "logs/service-api.log").read_text().splitlines()
        assert len(lines) == 300 and "line 999 token=*** redis ***" in lines[-1], lines[-1]
    for path in (tmp_path / "state").rglob("*"):
        assert not path.is_file() or not re.search("hunter22|Sesame99", path.read_text(errors="replace")), path


def test_what_cannot_be_written_is_said(place):
    with dashboard(place) as terminal:
        terminal.wait_for("CRIT")
        folder = place.parent / "state/incidents"
        folder.parent.mkdir(exist_ok=True)
        folder.write_text("not a folder")
        terminal.press(":", *"incident open P1 x", "Enter")
        terminal.wait_for("cannot read")
        folder.unlink()
        terminal.press(":", *"incident open P1 x", "Enter")
        terminal.wait_for("opened: P1 x")
        ident = only_id(place)
        path = folder / ident / "timeline.jsonl"
        wait_until(lambda: of_kind(timeline(place, ident), "finding"), 10, what="the finding")
        text = path.read_text()
        path.unlink()
        path.mkdir()
        terminal.wait_for("NOT RECORDED", 15)
        path.rmdir()
        path.write_text(text)
        os.chmod(path, 0o600)
        terminal.wait_gone("NOT RECORDED", 15)
        terminal.press("q")
        assert terminal.wait_exit() == OK


def test_a_watch_fills_it_and_hands_over(place):
    """A finding that a watch began is ended by a dashboard, once the watch is gone."""
    watch = subprocess.Popen([BINARY, "-c", place, "watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert "refused" in watch.stdout.readline()
        ident = re.match(r"\S+", incident(place, "open", "P1", "x")).group()
        wait_until(lambda: of_kind(timeline(place, ident), "operator"), 10, what="the watch in the time line")
        assert of_kind(timeline(place, ident), "finding")
    finally:
        watch.terminate()
        watch.communicate(timeout=10)
    assert watch.returncode == OK
    said = {(entry["word"], entry["text"]) for entry in of_kind(timeline(place, ident), "operator")}
    assert said == {("joins", "watch"), ("leaves", "watch")}, said
    port = int(re.search(r"127.0.0.1:(\d+)", place.read_text()).group(1))
    with socket.create_server(("127.0.0.1", port)), dashboard(place) as terminal:
        terminal.wait_for("all ok")
        wait_until(lambda: len(of_kind(timeline(place, ident), "finding")) == 2, 10, what="its end")
    words = [entry["word"] for entry in of_kind(timeline(place, ident), "finding")]
    assert words == ["begins", "resolved"], words
