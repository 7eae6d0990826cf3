"""Services that are units of a real systemd: their state beside their health, and restart, stop and start, which the health
of the service verifies."""

import json
import os
import re
import sys

import pytest

import headless
from headless import FAILED, PARTLY
from sandbox import wait_until
from stacktop import OK, check, closed_port, write_config
from systemd_host import host, shared_host  # noqa: F401 (fixtures)
from witness import Audit

BESIDE = "others"
SERVER = f"{sys.executable} -m http.server --bind 127.0.0.1"


@pytest.fixture
def api(host, tmp_path):  # noqa: F811
    """A service that answers on a port, and its neighbour."""
    port = closed_port()
    host.service("ecap-api.service", f"{SERVER} {port}")
    host.service("shop-api.service")
    host.ctl("start", "ecap-api.service", "shop-api.service")
    host.config = write_config(tmp_path, hosts=[], environment="staging", state=str(tmp_path / "state"), services=[
        {"name": "api", "address": f"127.0.0.1:{port}", "health": f"http://127.0.0.1:{port}/", "ready": "5s", "interval": "500ms",
         "runtime": {"systemd": "ecap-api.service"}}])
    host.port = port
    env = {"DBUS_SYSTEM_BUS_ADDRESS": host.address}
    host.env = env
    wait_until(lambda: check(host.config, env=env).status == OK, what="the API to answer")
    before = host.show("shop-api.service", "InvocationID")
    yield host
    assert host.show("shop-api.service", "InvocationID") == before


def plan(api, action, **options):
    return headless.plan(api.config, action, "api", env=api.env, **options)


def apply(api, planned, *status):
    return headless.apply(api.config, planned, *status, env=api.env)


def test_its_state(api):
    (cells,) = check(api.config, "--json", env=api.env).document.rows("service", "services").values()
    assert "running" in str(cells), cells
    api.ctl("stop", "ecap-api.service")
    run = check(api.config, "--json", env=api.env)
    assert "inactive" in run.stdout and "does not run" in run.stdout, run


def test_restart_stop_and_start(api, tmp_path):
    before = api.show("ecap-api.service", "InvocationID")
    planned = plan(api, "service.restart")
    assert "systemctl restart ecap-api.service" in str(planned)
    assert "healthy after" in apply(api, planned)
    assert api.show("ecap-api.service", "InvocationID") != before
    apply(api, plan(api, "service.stop"))
    assert api.show("ecap-api.service", "ActiveState") == "inactive"
    assert "healthy after" in apply(api, plan(api, "service.start"))
    assert api.show("ecap-api.service", "ActiveState") == "active"


def test_a_unit_that_fails(api, tmp_path):
    api.service("ecap-api.service", "/bin/sh -c 'exit 5'", Type="notify")
    api.ctl("stop", "ecap-api.service")
    text = apply(api, plan(api, "service.start"), PARTLY)
    assert "ended with exit code 5" in text, text


def test_started_anew_meanwhile(api):
    planned = plan(api, "service.stop")
    api.ctl("restart", "ecap-api.service")
    assert "it was started since the plan was made" in apply(api, planned, FAILED)
    assert api.show("ecap-api.service", "ActiveState") == "active"


def test_a_unit_that_is_not_there(api, tmp_path):
    text = api.config.read_text().replace("ecap-api.service", "gone.service")
    api.config.write_text(text)
    run = check(api.config, "--json", env=api.env)
    assert "systemd knows no unit of this name" in run.stdout, run
    api.config.write_text(text.replace("gone.service", "../gone"))
    run = check(api.config, env=api.env)
    assert "expected the name of a unit" in run.stdout + run.stderr, run


def test_its_environment_by_name(api, tmp_path):
    """Of its settings and its files; no value is shown, printed or recorded."""
    (tmp_path / "api.env").write_text("# first\nFROM_FILE='geheim-1'\nEMPTY_BY_FILE=\nOVERRIDDEN=\n")
    api.service("ecap-api.service", f"{SERVER} {api.port}", Environment='FROM_UNIT=geheim-2 OVERRIDDEN=geheim-3 "EMPTY="',
                EnvironmentFile=f"{tmp_path}/api.env")
    api.ctl("restart", "ecap-api.service")
    text = json.loads(api.config.read_text())
    text["services"][0]["environment"] = ["FROM_UNIT", "FROM_FILE", "EMPTY", "EMPTY_BY_FILE", "OVERRIDDEN", "NONE", "PATH"]
    api.config.write_text(json.dumps(text))
    wait_until(lambda: "refused" not in check(api.config, env=api.env).stdout, what="the API to answer")
    run = check(api.config, "--json", env=api.env)
    cells = run.document.summary("service", "services")
    assert cells["environment"] == ("FROM_UNIT set, FROM_FILE set, EMPTY empty, EMPTY_BY_FILE empty, OVERRIDDEN empty, "
                                    "NONE missing, PATH unknown"), cells
    assert "environment: EMPTY empty, EMPTY_BY_FILE empty, OVERRIDDEN empty, NONE missing" in cells["error"]
    planned = plan(api, "service.restart")
    printed = apply(api, planned)
    written = "".join(path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert "geheim" not in run.stdout + str(planned) + printed + written
    # as another user, or where it is gone: not known, and there is nothing to warn of
    (tmp_path / "api.env").unlink()
    run = check(api.config, "--json", env=api.env)
    cells = run.document.summary("service", "services")
    assert "NONE unknown" in cells["environment"] and "missing" not in cells["environment"], cells
    assert "cannot read the environment file" in run.stdout
