"""The containers of a real engine, as `check` and the dashboard show them."""

import re
import time

import pytest

from docker_engine import PROJECT, SERVICE, Relay, engine, shared_engine  # noqa: F401 (fixtures)
from overview import overview
from sandbox import wait_until
from stacktop import CRIT, OK, UNKNOWN, WARN, check, dashboard, stacktop, write_config

BESIDE = "others"


@pytest.fixture
def config(engine, tmp_path):  # noqa: F811
    return write_config(tmp_path, docker=[engine.target()], hosts=[], interval="500ms")


def rows(document, table="containers"):
    """{name: cells}"""
    return {cells["name"]: cells for cells in document.rows("docker", table).values()}


def value(cells, column):
    assert not isinstance(cells.get(column), dict), cells[column]
    return cells.get(column)


def test_figures_are_those_of_the_engine(engine, config):  # noqa: F811
    engine.run("api", labels={PROJECT: "ecap", SERVICE: "api"}, memory=64 << 20, policy="always")
    engine.run("job", "sh", "-c", "exit 7")
    wait_until(lambda: engine.state("job")["Status"] == "exited", what="the job to end")
    document = check(config, "--json").document
    found, detail, job = rows(document), engine.inspect("api"), engine.inspect("job")
    api = found["api"]
    assert set(document.rows("docker", "containers")) == {detail["Id"], job["Id"]}
    assert value(api, "memory_limit") == detail["HostConfig"]["Memory"] == 64 << 20
    assert value(api, "restarts") == detail["RestartCount"] == 0
    assert (value(api, "project"), value(api, "service"), value(api, "policy")) == ("ecap", "api", "always")
    assert value(api, "image") == engine.image and value(api, "image_id") == detail["Image"]
    assert value(api, "command") == "sleep 1000" and value(api, "id") == detail["Id"][:12]
    assert value(found["job"], "exit_code") == job["State"]["ExitCode"] == 7
    memory = engine.stats("api")["memory_stats"]
    parts = memory.get("stats", {})
    inactive = parts.get("total_inactive_file", parts.get("inactive_file", 0))
    assert value(api, "memory") == memory["usage"] - inactive
    assert value(api, "memory_ratio") == pytest.approx(value(api, "memory") / (64 << 20))
    summary = document.summary("docker", "summary")
    assert (value(summary, "containers"), value(summary, "running")) == (2, 1)
    assert document.target("docker")["server"] == f"{engine.TITLE} {engine.call('GET', '/version')['Version']}"


def test_cpu_time(engine, config):  # noqa: F811
    """One CPU, as far as the machine lets it: as much as the engine's own counter says."""
    engine.run("busy", "sh", "-c", "while true; do :; done")
    engine.run("idle")

    def used():
        stats = engine.stats("busy")
        return stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, time.monotonic()

    with overview(config) as seen:
        seen.wait(lambda it: re.search(r"busy +running.* [\d.]+%", it.pane("Docker").text))
        (before, began), shown = used(), []
        for _ in range(2):
            last = seen.pane("Docker").row("busy")
            seen.wait(lambda it: it.pane("Docker").row("busy") != last)  # the next collection
            shown += [float(percent) / 100 for percent in re.findall(r" ([\d.]+)%", seen.pane("Docker").row("busy"))[:1]]
        after, ended = used()
        rate = (after - before) / (ended - began)
        assert shown and min(shown) - 0.3 <= rate <= max(shown) + 0.3, (shown, rate, seen.terminal.show())
        assert re.search(r"idle +running.* 0(\.0)?%", seen.pane("Docker").text), seen.terminal.show()


def test_all_is_well(engine, config):  # noqa: F811
    run = check(config)
    assert run.status == OK, run
    engine.run("api")
    run = check(config)
    assert run.status == OK and "api" in run.stdout, run


def test_a_crash_loop(engine, config):  # noqa: F811
    engine.run("loop", "sh", "-c", "sleep 0.3; exit 3", policy="always")
    wait_until(lambda: engine.inspect("loop")["RestartCount"] >= 2, what="restarts")
    run = check(config)
    assert run.status in (WARN, CRIT), run  # it waits for its restart, or runs for a moment
    assert re.search(r"loop: (crash loop: ended with exit code 3, \d+ restarts|restarted by the engine .* ago)", run.stdout), run
    with overview(config) as seen:
        seen.wait(lambda it: re.search(r"crash loop: (\d+ restarts within|ended with exit code 3)", it.screen.text))


def test_out_of_memory(engine, config):  # noqa: F811
    for _ in range(8):  # the engine misses some: it learns of the kill and of the end by two ways
        engine.clear()
        engine.run("oom", "sh", "-c", "head -c 60000000 /dev/zero | tail", memory=8 << 20)
        wait_until(lambda: engine.state("oom")["Status"] == "exited", what="the container to end")
        if engine.state("oom")["OOMKilled"]:
            break
    else:
        pytest.skip("this engine does not learn of an OOM kill")
    run = check(config)
    assert run.status == CRIT and "oom: OOM-killed at its limit of 8.0 MB, exit code 137 (SIGKILL)" in run.stdout, run


def test_health(engine, config):  # noqa: F811
    engine.run("sick", health="echo no database; exit 1")
    engine.run("well", health="true")
    wait_until(lambda: engine.state("sick")["Health"]["Status"] == "unhealthy", what="a failed check")
    wait_until(lambda: engine.state("well")["Health"]["Status"] == "healthy", what="a good check")
    run = check(config)
    assert run.status == CRIT and "sick: its health check fails: no database" in run.stdout, run
    document = check(config, "--json").document
    assert {name: cells["state"] for name, cells in rows(document).items()} == {"sick": "unhealthy", "well": "healthy"}
    assert value(document.summary("docker", "summary"), "unhealthy") == 1


def test_paused_and_not_started(engine, config):  # noqa: F811
    engine.run("frozen")
    engine.do("frozen", "pause")
    engine.create("broken", "/no/such/program")
    with pytest.raises(AssertionError, match="no such file"):
        engine.do("broken", "start")
    run = check(config)
    engine.do("frozen", "unpause")
    assert run.status == CRIT, run
    assert "frozen: paused: its processes are frozen" in run.stdout, run
    assert re.search(r"broken: did not start: .*no such file", run.stdout), run



def test_hostile_texts(engine, config):  # noqa: F811
    """Names cannot have them; labels, commands, and what a health check prints, can."""
    engine.run("evil", "sh", "-c", "sleep 1000", "\033]0;title\a", labels={PROJECT: "\033[2Jx\ny", SERVICE: "a\tb", "\033[1m": "\u202e"},
               health=r"printf '\033[31mred\000nul\nsecond line\n'; exit 1")
    wait_until(lambda: engine.state("evil")["Health"]["Status"] == "unhealthy", what="a failed check")
    run = check(config)
    assert run.status == CRIT and "\033" not in run.stdout and "\0" not in run.stdout, run
    assert re.search(r"evil: its health check fails: \S*\[31mred\S*nul$", run.stdout, re.M), run
    document = check(config, "--json").document
    assert rows(document)["evil"]["project"] == "\033[2Jx\ny"  # JSON escapes it
    with dashboard(config) as terminal:
        terminal.wait_for("its health check fails")
        assert "red" in terminal.screen.text
        terminal.press("1", "Enter", "Enter")  # the details, with labels and command
        terminal.wait_for("COMPOSE PROJECT")
        assert terminal.screen.title == "" and "red" in terminal.screen.text


def test_only_some_projects(engine, tmp_path):  # noqa: F811
    engine.run("ecap-api-1", labels={PROJECT: "ecap", SERVICE: "api"})
    engine.run("shop-api-1", "sh", "-c", "exit 1", labels={PROJECT: "shop", SERVICE: "api"})
    wait_until(lambda: engine.state("shop-api-1")["Status"] == "exited", what="the neighbour to end")
    path = write_config(tmp_path, docker=[engine.target(projects=["ecap"])], hosts=[])
    run = check(path)
    assert run.status == OK and "shop" not in run.stdout, run
    path = write_config(tmp_path, docker=[engine.target(projects=["ecap", "nobody"])], hosts=[])
    run = check(path)
    assert run.status == WARN and "the compose project nobody has no container" in run.stdout, run


def test_an_engine_that_is_not_there(engine, tmp_path):  # noqa: F811
    path = write_config(tmp_path, docker=[{"name": "engine", "endpoint": f"unix://{tmp_path}/none"}], hosts=[])
    run = check(path)
    assert run.status == CRIT and "does not exist; is the engine running?" in run.stdout, run


def test_an_engine_that_hangs(engine, tmp_path):  # noqa: F811
    engine.run("api")
    with Relay(engine, r"GET /containers/json", passes=False, hangs=True) as relay:
        run = check(write_config(tmp_path, docker=[relay.target(timeout="1s")], hosts=[]))
    assert run.status in (CRIT, UNKNOWN) and "within" in run.stdout, run
    with Relay(engine, r"GET /containers/\w{64}/json", passes=False, hangs=True) as relay:
        run = check(write_config(tmp_path, docker=[relay.target(timeout="1s")], hosts=[]))
    assert run.status == UNKNOWN and "1 of 1 containers could not be read" in run.stdout, run


def test_found_without_a_configuration(engine, tmp_path):  # noqa: F811
    engine.run("api")
    run = check(write_config(tmp_path, docker=[{"name": "engine"}], hosts=[]), env={"DOCKER_HOST": f"unix://{engine.socket}"})
    assert run.status == OK and "api" in run.stdout, run
    made = stacktop("init", "-", env={"DOCKER_HOST": f"unix://{engine.socket}", "HOME": str(tmp_path)})
    assert "they run and publish no port: api" in made.stdout and "not listed" not in made.stderr, made


@pytest.mark.parametrize("columns, lines", [(120, 36), (80, 24)])
def test_the_pane(engine, config, columns, lines):  # noqa: F811
    engine.run("ecap-api-1", labels={PROJECT: "ecap", SERVICE: "api"}, memory=64 << 20)
    engine.run("ecap-web-1", "sh", "-c", "exit 1", labels={PROJECT: "ecap", SERVICE: "web"})
    wait_until(lambda: engine.state("ecap-web-1")["Status"] == "exited", what="it to end")
    with overview(config, columns=columns, rows=lines) as seen:
        seen.wait(lambda it: "%" in it.pane("Docker").row("ecap-api-1"))
        pane = seen.pane("Docker")
        assert pane.state == "!" and "WARN" in seen.verdict, seen.terminal.show()
        assert re.search(r"ecap-web-1 +exited", pane.text), seen.terminal.show()
        assert pane.text.index("ecap-web-1") < pane.text.index("ecap-api-1")  # the worst first
        assert "ended with exit code 1" in seen.screen.text
        seen.terminal.press("1", "Enter")
        seen.terminal.wait_for("RESTART" if columns > 100 else "ecap-web-1")
