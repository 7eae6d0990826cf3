"""Removing what nothing refers to from a real engine: what is offered, what goes, what stays, and what came into use since."""

import pytest

from docker_actions import FAILED, PARTLY, apply, config, configured, recorded  # noqa: F401
from docker_engine import IMAGE, _image, engine, shared_engine  # noqa: F401 (fixtures)
from headless import plan_at
from keys import agree, close, outcome
from stacktop import dashboard, stacktop
from witness import Audit

BESIDE = "others"


@pytest.fixture
def littered(engine):  # noqa: F811
    """Something of each kind that goes, and something of each kind that stays."""
    engine.run("runs")
    engine.run("ended", "true")
    engine.call("POST", "/containers/ended/wait")
    for number, name in enumerate(("old", "used")):  # of the addresses for documentation
        engine.call("POST", "/networks/create", {"Name": f"net-{name}", "Driver": "bridge", "Internal": True,
                                                 "IPAM": {"Config": [{"Subnet": f"198.51.100.{number * 16}/28"}]}})
    for name in ("vol-old", "vol-used", "vol-other"):
        engine.call("POST", "/volumes/create", {"Name": name})
    engine.call("POST", "/containers/create?name=stopped", {
        "Image": IMAGE, "Cmd": ["true"], "HostConfig": {"NetworkMode": "net-used", "Binds": ["vol-used:/data"]}})
    dangling = engine.call("POST", "/images/create?fromSrc=-&changes=LABEL%20x=y", _image(), "application/x-tar", False)
    assert dangling
    yield engine
    engine.clear()
    for name in ("vol-old", "vol-used", "vol-other"):
        quiet(engine, f"/volumes/{name}")
    for name in ("net-old", "net-used"):
        quiet(engine, f"/networks/{name}")
    for each in images(engine):
        quiet(engine, f"/images/{each}?force=true")
    assert engine.call("GET", f"/images/{IMAGE}/json")


def quiet(at, path):
    try:
        at.call("DELETE", path, decode=False)
    except AssertionError:
        pass


def images(at):
    """Those without a name."""
    return [each["Id"] for each in at.call("GET", "/images/json") if not any(":" in t and "<none>" not in t for t in each["RepoTags"] or [])]


def state(at):
    return {"containers": sorted(each["Names"][0][1:] for each in at.call("GET", "/containers/json?all=true")),
            "networks": sorted(each["Name"] for each in at.call("GET", "/networks") if each["Name"].startswith("net-")),
            "volumes": sorted(each["Name"] for each in at.call("GET", "/volumes")["Volumes"] or []),
            "images": images(at)}


def offered(config, *words):
    run = stacktop("-c", config, "plan", "docker.prune", "engine", *words)
    return run.stdout + run.stderr


def plan(config, *words, **options):
    return plan_at("engine")(config, "docker.prune", *words, **options)


def test_what_is_offered(littered, config):
    before = state(littered)
    (image,) = before["images"]
    text = offered(config)
    for wanted in ("container/ended", "container/stopped", f"image/{image[7:19]}", "network/net-old"):
        assert wanted in text, text
    for other in ("container/runs", "network/net-used", "vol-", "network/host", IMAGE):
        assert other not in text, text
    text = offered(config, "volumes=vol-old vol-old")
    assert text.count("volume/vol-old") == 1 and "vol-other" not in text, text
    assert "volume vol-used is in use by 1 container" in offered(config, "volumes=vol-used")
    assert "there is no volume nosuch" in offered(config, "volumes=nosuch")
    assert state(littered) == before


def test_what_goes_and_what_stays(littered, config, tmp_path):
    before = state(littered)
    (image,) = before["images"]
    planned = plan(config, "container/ended", f"image/{image[7:19]}", "network/net-old", "volume/vol-old", "volumes=vol-old")
    assert planned["phrase"].endswith(" 4")
    text = apply(config, planned)
    after = state(littered)
    assert "4 of 4 removed" in text and "less than in the plan" in text, text
    assert after == {"containers": ["runs", "stopped"], "networks": ["net-used"], "volumes": ["vol-other", "vol-used"], "images": []}
    recorded(tmp_path, "docker.prune", "done")
    size = littered.call("GET", "/system/df")["LayersSize"]
    assert size > 0


def test_what_came_into_use_since(littered, config, tmp_path):
    (image,) = state(littered)["images"]
    planned = plan(config, "container/ended", "container/stopped", f"image/{image[7:19]}", "network/net-old", "volume/vol-old",
                   "volumes=vol-old")
    littered.do("ended", "start")  # and it ends again
    littered.call("POST", "/containers/ended/wait")
    littered.call("POST", f"/images/{image}/tag?repo=kept&tag=1", decode=False)
    littered.call("POST", "/containers/create?name=late", {
        "Image": IMAGE, "Cmd": ["true"], "HostConfig": {"NetworkMode": "none", "Binds": ["vol-old:/data"]}})
    littered.remove("stopped")
    text = apply(config, planned, PARTLY)
    assert "it was started since the plan was made" in text and "in use: it has a name" in text, text
    assert "already removed" in text and "in use: " in text and "vol-old" in text, text
    after = state(littered)
    assert "ended" in after["containers"] and "vol-old" in after["volumes"] and "net-old" not in after["networks"]
    assert littered.call("GET", "/images/kept:1/json")["Id"] == image
    littered.call("DELETE", "/images/kept:1", decode=False)


def test_another_volume_of_the_name(littered, config):
    planned = plan(config, "volume/vol-old", "volumes=vol-old")
    created = littered.call("GET", "/volumes/vol-old")["CreatedAt"]
    littered.call("DELETE", "/volumes/vol-old", decode=False)
    while True:  # its time is in seconds
        littered.call("POST", "/volumes/create", {"Name": "vol-old"})
        if littered.call("GET", "/volumes/vol-old")["CreatedAt"] != created:
            break
        littered.call("DELETE", "/volumes/vol-old", decode=False)
    assert "another volume of that name was made since the plan was made" in apply(config, planned, FAILED)
    assert "vol-old" in state(littered)["volumes"]


def test_keys(littered, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("runs")
        terminal.press(":", "docker.prune engine container/ended", "Enter")
        terminal.wait_for("Remove 1 object of engine that nothing refers to")
        agree(terminal, "container/ended")
        assert "1 of 1 removed" in outcome(terminal)
        close(terminal)
    assert "ended" not in state(littered)["containers"] and "stopped" in state(littered)["containers"]
    assert [each["result"] for each in Audit(tmp_path / "state").outcomes] == ["done"]


def test_nothing_to_remove(engine, config):  # noqa: F811
    engine.run("runs")
    assert "nothing to remove" in offered(config)
