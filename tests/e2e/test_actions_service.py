"""Services started, stopped and restarted by the commands of their configuration: by keys and by plan and apply. The
service is the proof, its neighbour stays as it was, and the audit log has both lines."""

import pytest

from command_services import Service, configured
from headless import FAILED, PARTLY, apply, plan
from keys import agree, outcome
from stacktop import OK, dashboard, stacktop
from witness import Audit

BESIDE = "others"


@pytest.fixture
def api(tmp_path):
    service = Service(tmp_path, "api")
    yield service
    service.end()


@pytest.fixture
def neighbour(tmp_path):
    service = Service(tmp_path, "neighbour")
    service.start()
    yield service
    service.end()


def test_a_service_that_is_down_is_started_with_two_keys(api, neighbour, tmp_path):
    config = configured(tmp_path, api.entry(), neighbour.entry())
    before = neighbour.pid()
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        terminal.press("1", "B")
        terminal.wait_for("y: start api")
        terminal.press("y")
        assert "healthy after" in outcome(terminal)
        terminal.press("Enter")
        terminal.wait_for("all ok")
    assert api.answers() and neighbour.pid() == before and neighbour.answers()
    audit = Audit(tmp_path / "state")
    assert audit.intents[-1]["action"] == "service.start" and audit.outcomes[-1]["result"] == "done"
    assert audit.outcomes[-1]["proof"].startswith("healthy after")


def test_a_restart_is_stop_and_start_and_asks_for_the_name(api, tmp_path):
    api.start()
    before = api.pid()
    config = configured(tmp_path, api.entry())
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("all ok")
        terminal.press("1", "R")
        terminal.wait_for(lambda screen: f"stop {api.port}" in screen.text and f"start {api.port}" in screen.text)
        agree(terminal, "api")
        assert "healthy after" in outcome(terminal)
    assert api.answers() and api.pid() != before


def test_a_stop_is_undone(api, tmp_path):
    api.start()
    config = configured(tmp_path, api.entry())
    apply(config, plan(config, "service.stop", "api"))
    assert not api.answers()
    undo = Audit(tmp_path / "state").outcomes[-1]["undo"]
    assert undo == "service.start api"
    apply(config, plan(config, *undo.split()))
    assert api.answers()


def test_a_command_that_fails_is_refused_with_its_last_line(api, tmp_path):
    word = "printf 'first\\n\\033[31mno such unit\\n' >&2; exit 4"
    entry = api.entry(runtime={"start": f'sh -c "{word}"'})
    config = configured(tmp_path, entry)
    text = apply(config, plan(config, "service.start", "api"), FAILED)
    said = text
    assert "ended with 4" in said and "no such unit" in said and "\x1b" not in said
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "refused"


def test_a_command_that_is_not_there(api, tmp_path):
    config = configured(tmp_path, api.entry(runtime={"start": "/no/such/program now"}))
    text = apply(config, plan(config, "service.start", "api"), FAILED)
    assert "/no/such/program: no such file or directory" in text


def test_a_start_after_which_the_service_does_not_answer_is_not_done(api, tmp_path):
    config = configured(tmp_path, api.entry(runtime={"start": "true"}, ready="1s"))
    text = apply(config, plan(config, "service.start", "api"), PARTLY)
    assert "the service is refused" in text
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "partial"


def test_a_command_that_hangs_is_cancelled_and_its_outcome_is_unknown(api, tmp_path):
    config = configured(tmp_path, api.entry(runtime={"start": "sleep 1000"}))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        terminal.press("1", "B")
        terminal.wait_for("y: start api")
        terminal.press("y")
        terminal.wait_for("Esc stop at the next safe point")
        terminal.press("Esc")
        assert "cancelled while sleep ran" in outcome(terminal)
    assert Audit(tmp_path / "state").outcomes[-1]["result"] == "unknown"


def test_other_commands_than_those_that_were_shown_are_not_run(api, tmp_path):
    config = configured(tmp_path, api.entry())
    planned = plan(config, "service.start", "api")
    configured(tmp_path, api.entry(runtime={"start": f"touch {tmp_path}/ran"}))
    text = apply(config, planned, FAILED)
    assert "now names other commands" in text and not (tmp_path / "ran").exists()


def test_a_difference_at_the_end_of_a_long_command_counts(api, tmp_path):
    long = " ".join(["$a"] * 300)  # 1,500 bytes once quoted; the plan shows and compares all of it
    config = configured(tmp_path, api.entry(runtime={"start": f"true {long} one"}, ready="1s"))
    planned = plan(config, "service.start", "api")
    configured(tmp_path, api.entry(runtime={"start": f"true {long} two"}, ready="1s"))
    assert "now names other commands" in apply(config, planned, FAILED)
    configured(tmp_path, api.entry(runtime={"start": "true " + "x" * 1000}))
    run = stacktop("-c", config, "config", "--check")
    assert run.status != OK and "longer than 1000 bytes" in run.stderr


def test_no_shell_sees_the_command(api, tmp_path):
    words = f"touch '{tmp_path}/a b' {tmp_path}/$(id) {tmp_path}/c;touch"
    config = configured(tmp_path, api.entry(runtime={"start": words}, ready="1s"))
    apply(config, plan(config, "service.start", "api"), PARTLY)
    assert (tmp_path / "a b").exists() and (tmp_path / "$(id)").exists() and (tmp_path / "c;touch").exists()


def test_a_service_without_commands_says_what_to_configure(api, tmp_path):
    config = configured(tmp_path, {"name": "api", "address": f"127.0.0.1:{api.port}"})
    text = plan(config, "service.restart", "api", status=FAILED)
    assert 'add runtime: {compose: SERVICE} or {restart: "PROGRAM ARGS"}' in text


def test_an_open_quote_is_an_error_of_the_configuration(api, tmp_path):
    config = configured(tmp_path, api.entry(runtime={"start": "sh -c 'exit"}))
    run = stacktop("-c", config, "config", "--check")
    assert run.status != OK and "unclosed '" in run.stdout + run.stderr


SECRETS = {"PGPASSWORD": "geheim-1", "REDISCLI_AUTH": "geheim-2", "BEARER": "geheim-3", "AWS_SECRET_ACCESS_KEY": "geheim-4",
           "DOCKER_PASSWORD": "geheim-5"}


def test_programs_get_no_secret_of_stacktop(api, tmp_path):
    """They get what is shared, and what `environment` names; the plan says by name what it cannot hand on."""
    out = tmp_path / "environment"
    api.start()  # so that it answers: only the environment matters here
    entry = api.entry(bearer="${BEARER}", environment=["APP_MODE", "APP_KEY", "APP_EMPTY"],
                      runtime={verb: f"sh -c 'env > {out}.{verb}'" for verb in ("start", "status")})
    config = configured(tmp_path, entry)
    env = {**SECRETS, "APP_MODE": "geheim-6", "APP_EMPTY": "", "DOCKER_HOST": "unix:///x", "KUBECONFIG": "/k", "LC_TIME": "C",
           "HOME": str(tmp_path)}
    planned = plan(config, "service.start", "api", env=env)
    assert "its programs start without APP_KEY, APP_EMPTY" in str(planned)
    printed = apply(config, planned, env=env)
    for verb in ("start", "status"):
        got = dict(line.split("=", 1) for line in (tmp_path / f"environment.{verb}").read_text().splitlines())
        assert not set(SECRETS) & set(got), got
        assert got["APP_MODE"] == "geheim-6" and got["DOCKER_HOST"] == "unix:///x" and got["KUBECONFIG"] == "/k", got
        assert got["LC_TIME"] == "C" and got["HOME"] == str(tmp_path) and "PATH" in got, got
    written = printed + str(planned) + "".join(path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert "geheim" not in written
    found = stacktop("-c", config, "check", "--json", env=env)
    assert "geheim" not in found.stdout and "only its own programs know what they set" in found.stdout
