"""More actions on the units of a real systemd; see test_actions_systemd.py."""

import json
import os
import shutil
import signal
import subprocess

from keys import select
from sandbox import wait_until
from stacktop import BINARY, dashboard
from systemd_actions import FAILED, PARTLY, apply, config, configured, pair, plan, recorded  # noqa: F401
from systemd_host import host, shared_host  # noqa: F401 (fixtures)

BESIDE = "others"

def test_reload(pair, config, tmp_path):
    assert "it has no ExecReload" in plan(config, "systemd.reload", "ecap-api.service", status=FAILED)
    pair.service("ecap-web.service", ExecReload="/bin/touch %t/reloaded")
    pair.ctl("start", "ecap-web.service")
    before = pair.show("ecap-web.service", "InvocationID")
    assert "reloaded in" in apply(config, plan(config, "systemd.reload", "ecap-web.service"))
    assert (pair.folder / "run/reloaded").exists() and pair.show("ecap-web.service", "InvocationID") == before
    recorded(tmp_path, "systemd.reload", "done")


def test_reset_failed(pair, config, tmp_path):
    pair.service("ecap-bad.service", "/bin/false")
    pair.ctl("start", "ecap-bad.service")
    wait_until(lambda: pair.show("ecap-bad.service", "ActiveState") == "failed", what="the failure")
    apply(config, plan(config, "systemd.reset-failed", "ecap-bad.service"))
    assert pair.show("ecap-bad.service", "ActiveState") == "inactive"
    recorded(tmp_path, "systemd.reset-failed", "done")


def test_a_service_that_does_not_start(pair, config, tmp_path):
    pair.service("ecap-bad.service", "/bin/sh -c 'exit 9'", Type="notify")
    text = apply(config, plan(config, "systemd.start", "ecap-bad.service"), PARTLY)
    assert "did not start: ended with exit code 9" in text, text
    recorded(tmp_path, "systemd.start", "partial")


def test_a_program_that_ends_well(pair, config):
    pair.service("ecap-job.service", "/bin/true", Type="oneshot")
    assert "ran to its end in" in apply(config, plan(config, "systemd.start", "ecap-job.service"))


def test_stopped_meanwhile(pair, config, tmp_path):
    planned = plan(config, "systemd.restart", "ecap-api.service")
    pair.ctl("stop", "ecap-api.service")
    assert "it is inactive now, and was active when the plan was made" in apply(config, planned, FAILED)
    assert pair.show("ecap-api.service", "ActiveState") == "inactive"
    recorded(tmp_path, "systemd.restart", "refused")


def test_names(pair, config):
    """A unit's name is an argument, and nothing else."""
    for name in ("-dash.service", r"x\x2dy@a\x20b.service"):
        pair.service(name)
        planned = plan(config, "systemd.start", "--", name)
        assert ("-- -dash.service" if name[0] == "-" else rf"'{name}'".replace("\\", "\\\\")) in str(planned), planned
        apply(config, planned)
        assert pair.ctl("show", "--value", "--property=ActiveState", "--", name).strip() == "active"


def test_one_after_the_other(pair, config, tmp_path):
    for name in ("ecap-a", "ecap-b", "ecap-c"):
        pair.service(f"{name}.service", "/bin/false" if name == "ecap-b" else "/bin/sleep 1000", Type="notify" if name == "ecap-b" else "simple")
    names = [f"ecap-{letter}.service" for letter in "abc"]
    text = apply(config, plan(config, "systemd.start", *names), PARTLY)
    assert [pair.show(name, "ActiveState") for name in names] == ["active", "failed", "inactive"], text
    assert "not attempted: ecap-b.service failed" in text, text


NOBODY = 65534


def test_without_rights(pair):
    """The bus lets everyone ask. For a change systemd asks polkit, which is not there, or asks for a password."""
    folder = pair.folder / "nobody"
    folder.mkdir()
    config = configured(pair, folder)
    binary = folder / "stacktop"
    shutil.copy(BINARY, binary)
    for path in (folder, config, binary):
        os.chown(path, NOBODY, NOBODY)

    def run(*words):
        return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary, "-c", config, *words],
                              capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb"})

    planned = json.loads(run("plan", "--json", "systemd.stop", "host", "ecap-api.service").stdout)
    ended = run("apply", planned["hash"], "--confirm", planned["phrase"])
    assert ended.returncode == FAILED and "(by polkit, or the policy of the bus)" in ended.stdout, ended
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(folder, "systemd.stop", "refused")


def test_a_systemd_that_hangs(pair, config, tmp_path):
    with dashboard(config, columns=120, rows=36) as terminal:
        select(terminal, 1, "ecap-api.service")
        terminal.press("S")
        terminal.wait_for("type ecap-api.service, then Enter")
        terminal.press("ecap-api.service")
        terminal.wait_for("[>Enter: ")
        os.kill(pair.init, signal.SIGSTOP)
        try:
            terminal.press("Enter")
            terminal.wait_for("Esc stop at")
            terminal.signal(signal.SIGTERM)
            terminal.wait_exit(2)
        finally:
            os.kill(pair.init, signal.SIGCONT)
    assert pair.show("ecap-api.service", "ActiveState") == "active"
    recorded(tmp_path, "systemd.stop", "skipped")  # it was asked what the unit is, and no more
