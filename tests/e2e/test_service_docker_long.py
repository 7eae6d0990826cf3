"""The rest of test_service_docker.py: causes in words, and a runtime or a service that hangs: neither makes the other
unknown."""

from docker_engine import Relay, engine, shared_engine  # noqa: F401 (fixtures)
from docker_services import Web, cells, configured, labels, sentences, up
from sandbox import wait_until
from stacktop import dashboard

BESIDE = "others"


def test_columns_without_data_take_no_room(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, {**api.entry("api", {}), "runtime": {"start": "true"}})
    with dashboard(config, columns=160, rows=24) as terminal:
        terminal.wait_for("all ok")
        assert all(title not in terminal.screen.line("SERVICE") for title in ("RUNS", "READY", "RESTARTS", "MEM", "IMAGE"))


def test_an_oom_kill_is_the_cause_in_words(engine, tmp_path):  # noqa: F811
    api = Web(engine, "api", start=False)
    engine.remove(api.name)
    engine.run(api.name, "sh", "-c", "head -c 64m /dev/zero | tail", memory=16 << 20, labels=labels())
    wait_until(lambda: not engine.state(api.name)["Running"], what="the end of the container")
    if not engine.state(api.name)["OOMKilled"]:
        return  # a kernel that kills only the child
    shown, found, run = cells(configured(tmp_path, api.entry("api", {"compose": "ecap/api"})))
    assert shown["run"] == "OOM-killed" and found["severity"] == "crit"
    assert "refused" in sentences(run) and "OOM-killed at its limit of 16 MB" in sentences(run)


def test_a_crash_loop_and_what_did_not_start(engine, tmp_path):  # noqa: F811
    loop, dead = Web(engine, "loop", start=False), Web(engine, "dead", start=False)
    for web in (loop, dead):
        engine.remove(web.name)
    engine.run(loop.name, "sh", "-c", "exit 3", policy="always", labels=labels(service="loop"))
    engine.create(dead.name, "/no/such/program", labels=labels(service="dead"))
    try:
        engine.do(dead.name, "start")
    except AssertionError:
        pass  # which the engine says, too
    wait_until(lambda: engine.inspect(loop.name)["RestartCount"] >= 3, what="restarts")
    config = configured(tmp_path, loop.entry("loop", {"compose": "loop"}), dead.entry("dead", {"compose": "dead"}))
    _, _, run = cells(config, "loop")
    wait_until(lambda: "crash loop" in sentences(cells(config, "loop")[2]), what="a look between two runs")
    assert "dead: did not start" in sentences(run) and "no/such/program" in sentences(run)


def test_an_engine_that_hangs_does_not_make_health_unknown(engine, tmp_path):  # noqa: F811
    api = up(engine)
    with Relay(engine, r"GET /containers/json", hangs=True) as relay:
        entry = api.entry("api", {"compose": "api"}, engine=f"unix://{relay.path}")
        with dashboard(configured(tmp_path, entry), columns=120, rows=24) as terminal:
            terminal.wait_for(lambda screen: "200" in screen.line("api "), timeout=5)
            terminal.wait_for("api docker: ", timeout=15)  # the fault, after the look's deadline
            assert "200" in terminal.screen.line("ms ") and "running" not in terminal.screen.text


def test_a_service_that_hangs_does_not_hide_its_containers(engine, tmp_path):  # noqa: F811
    api = up(engine)
    api.engine.do(api.name, "pause")
    try:
        shown, found, run = cells(configured(tmp_path, api.entry("api", {"compose": "api"}, timeout="2s")))
        assert shown["run"] == "paused" and shown["state"] == "timeout" and "paused: its processes are frozen" in sentences(run)
    finally:
        api.engine.do(api.name, "unpause")


def test_a_named_engine(engine, tmp_path):  # noqa: F811
    api = up(engine)
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine="local"), docker=[engine.target("local")])
    assert cells(config)[0]["run"] == "running"
    config = configured(tmp_path, api.entry("api", {"compose": "api"}, engine="other"), docker=[engine.target("local")])
    shown, found, run = cells(config)
    assert "no target of the kind docker is named other" in shown["run"]["unknown"] and found["severity"] == "ok"


def test_found_by_its_label_where_no_runtime_is_named(engine, tmp_path):  # noqa: F811
    """Only with its name, on this host, on its port; a neighbour of the same service elsewhere is none of it."""
    api = up(engine)
    engine.run("shop-api-1", labels=labels("shop"))
    entry = {key: value for key, value in api.entry("api", {}).items() if key != "runtime"}
    config = configured(tmp_path, entry, {**entry, "name": "other"}, {**entry, "name": "far", "address": "192.0.2.1:80", "timeout": "1s"})
    shown, found, run = cells(config)
    assert shown["run"] == "running" and "shop" not in shown["runs_in"]
    assert f"found by its label com.docker.compose.service and port {api.port}" in shown["runtime"]
    for name in ("other", "far"):
        shown, found, run = cells(config, name)
        assert "run" not in shown and "runtime" not in shown, shown
