"""The units of a real systemd, PID 1 of a namespace of the test's own: what is shown of them, and what is a finding."""

import os
import re
import signal
import socket
import subprocess

import pytest

from overview import overview
from sandbox import wait_until
from stacktop import BINARY, CRIT, OK, UNKNOWN, WARN, Document, check, write_config
from systemd_host import BARE, host, shared_host  # noqa: F401 (fixtures)

BESIDE = "others"


@pytest.fixture
def watch(host, tmp_path):  # noqa: F811
    """watch("ecap-*.service", ...): a configuration for these units."""
    return lambda *units, **options: write_config(tmp_path, systemd=[host.target(**({"units": units} if units else {}), **options)],
                                                  hosts=[], interval="500ms")


def state(host, unit, *wanted):  # noqa: F811
    wait_until(lambda: host.show(unit, "ActiveState") in wanted or host.show(unit, "SubState") in wanted, what=f"{unit} to be {wanted}")


def test_figures_are_those_of_systemctl(host, watch):  # noqa: F811
    host.service("ok.service", MemoryMax="64M", Restart="on-failure", RestartSec="3s")
    host.ctl("start", "ok.service")
    document = check(watch("ok.service"), "--json", "--duration", "1s").document
    ok = document.rows("systemd", "units")["ok.service"]
    assert (ok["state"], ok["sub"], ok["restarts"], ok["load"], ok["file_state"]) == ("active", "running", 0, "loaded", "static")
    assert ok["pid"] == int(host.show("ok.service", "MainPID"))
    assert ok["invocation"] == host.show("ok.service", "InvocationID")
    assert ok["memory_max"] == 64 << 20 and ok["restart"] == "on-failure, after 3.0s"
    assert 0 <= ok["cpu"] < 0.1, ok["cpu"]
    summary = document.summary("systemd", "summary")
    assert (summary["units"], summary["active"], summary["failed"]) == (1, 1, 0)
    assert document.target("systemd")["server"].startswith("systemd 2")


def test_why_they_failed(host, watch):  # noqa: F811
    host.service("code.service", "/bin/false")
    host.service("program.service", "/nonexistent/program")
    host.service("before.service", ExecStartPre="/bin/sh -c 'exit 7'")
    host.service("signal.service", "/bin/sh -c 'kill -SEGV $$$$'")
    host.service("often.service", "/bin/sh -c 'exit 4'", Restart="always", RestartSec="10ms", unit="StartLimitBurst=3\n")
    host.service("slow.service", Type="notify", TimeoutStartSec="300ms")
    host.service("protocol.service", "/bin/true", Type="notify")
    units = ("code", "program", "before", "signal", "often", "slow", "protocol")
    host.ctl("start", "--no-block", *(f"{unit}.service" for unit in units))
    for unit in units:
        state(host, f"{unit}.service", "failed")
    run = check(watch("*.service"))
    assert run.status == CRIT, run
    for sentence in ("code.service: failed: ended with exit code 1",
                     "program.service: failed: ended with exit code 203 (program not found or not executable)",
                     "before.service: failed: ExecStartPre /bin/sh: exit code 7",
                     "signal.service: failed: killed by SIGSEGV",
                     "often.service: failed: ended with exit code 4, given up after 3 restarts (limit 3 within 10s)",
                     "slow.service: failed: took longer than allowed (start 300ms, stop 1m 30s)",
                     "protocol.service: failed: did not report its start as Type=notify requires"):
        assert f"CRIT  host {sentence}" in run.stdout, (sentence, run)


def test_a_restart_loop(host, watch):  # noqa: F811
    host.service("loop.service", "/bin/sh -c 'sleep 0.2; exit 3'", Restart="always", RestartSec="100ms", unit="StartLimitIntervalSec=0\n")
    host.ctl("start", "loop.service")
    wait_until(lambda: int(host.show("loop.service", "NRestarts")) >= 2, what="restarts")
    with overview(watch("loop.service")) as seen:
        seen.wait(lambda it: re.search(r"restart loop: ((at least )?\d+ restarts within 10m 00s|ended with exit code 3)", it.screen.text))


def test_without_a_choice_only_what_is_wrong_is_shown(host, watch):  # noqa: F811
    host.service("ok.service")
    host.ctl("start", "ok.service")
    run = check(watch(), "--json")
    assert run.status == OK and run.document.rows("systemd", "units") == {}, run
    host.service("bad.service", "/bin/false")
    host.ctl("start", "bad.service")
    state(host, "bad.service", "failed")
    run = check(watch())
    assert run.status == WARN and "WARN  host bad.service: failed: ended with exit code 1" in run.stdout and "ok.service" not in run.stdout, run


def test_it_is_found_without_a_configuration(host, tmp_path):  # noqa: F811
    """On a host that systemd runs: only what is wrong is listed."""
    host.service("ok.service")
    host.service("bad.service", "/bin/false")
    host.ctl("start", "ok.service", "bad.service", check=False)
    state(host, "bad.service", "failed")
    empty = f"XDG_CONFIG_HOME={tmp_path}"
    text = host.enter("env", empty, "HOME=/nonexistent", str(BINARY), "check", "--json", "--only", "systemd:systemd", check=False)
    document = Document(text)
    assert set(document.rows("systemd", "units")) == {"bad.service"}
    assert document.target("systemd")["address"] == "/run/dbus/system_bus_socket"


def test_the_manager_of_a_user(host, tmp_path):  # noqa: F811
    """Its bus is XDG_RUNTIME_DIR/bus."""
    host.service("ok.service")
    host.ctl("start", "ok.service")
    (tmp_path / "bus").symlink_to(host.socket)
    config = write_config(tmp_path, systemd=[{"name": "mine", "bus": "user", "units": ["ok.service"]}], hosts=[])
    run = check(config, "--json", env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert run.document.rows("systemd", "units")["ok.service"]["state"] == "active", run
    for folder in ("", "relative", f"{tmp_path}/a;unixexec:path=x"):
        run = check(config, env={"XDG_RUNTIME_DIR": folder})
        assert "XDG_RUNTIME_DIR is not" in run.stdout + run.stderr, run


def test_units_that_do_not_run(host, watch):  # noqa: F811
    """A stopped unit is in no list of loaded units; a pattern finds it by its file. What a timer starts may rest."""
    host.service("ecap-api.service")
    host.service("ecap-job.service", "/bin/true", Type="oneshot")
    host.write("ecap-job.timer", BARE + "[Timer]\nOnActiveSec=1h\n")
    host.service("ecap-off.service")
    host.service("ecap-more.service", unit="After=ecap-only-mentioned.service\n")
    host.ctl("start", "ecap-api.service", "ecap-job.timer", "ecap-more.service")
    run = check(watch("ecap-*", "ecap-off", "gone.service", "nothing-*.service"))
    assert run.status == WARN or run.status == UNKNOWN, run
    assert "WARN  host ecap-off.service: does not run" in run.stdout, run
    assert "UNKN  host gone.service: systemd knows no unit of this name" in run.stdout, run
    assert "no unit matches nothing-*.service" in run.stdout, run
    document = check(watch("ecap-*"), "--json").document
    assert {key: cells["state"] for key, cells in document.rows("systemd", "units").items()} == {
        "ecap-api.service": "active", "ecap-job.service": "inactive", "ecap-job.timer": "active", "ecap-more.service": "active", "ecap-off.service": "inactive"}
    assert not document.findings, document.findings


def test_an_alias_and_a_service_without_a_process(host, watch):  # noqa: F811
    """An alias is wanted like its unit, and what RemainAfterExit keeps active does not run."""
    host.service("ssh.service")
    (host.folder / "units/sshd.service").symlink_to("ssh.service")
    host.service("left.service", "/bin/true", RemainAfterExit="yes")
    host.ctl("daemon-reload")
    host.ctl("start", "left.service")
    state(host, "left.service", "exited")
    run = check(watch("sshd", "left"))
    assert run.status == WARN and "WARN  host ssh.service: does not run" in run.stdout, run
    assert "WARN  host left.service: active (exited): none of its processes runs" in run.stdout, run


def test_a_start_that_takes_long(host, watch, tmp_path):  # noqa: F811
    host.service("starts.service", Type="notify")
    host.ctl("start", "--no-block", "starts.service")
    run = check(watch(), "--json")
    assert run.document.rows("systemd", "units")["starts.service"]["state"] == "activating" and run.status == OK, run


def test_names(host, watch):  # noqa: F811
    """What systemctl escapes is part of the name; nothing of it is an option or a path."""
    names = (r"x\x2dy@a\x20b.service", "-dash.service", "a:b.service")
    for name in names:
        host.service(name, "/bin/false")
        host.ctl("start", "--no-block", "--", name)
        wait_until(lambda: host.ctl("show", "--value", "--property=ActiveState", "--", name).strip() == "failed", what=name)
    run = check(watch())
    for name in names:
        assert f"host {name}: failed" in run.stdout, run
    document = check(watch(*names), "--json").document
    assert set(document.rows("systemd", "units")) == set(names)
    for wrong in ("../etc/passwd", "ecap@", "@one.service", "ecap].service"):
        run = check(watch(wrong))
        assert f'"{wrong}" is not the name of a unit' in run.stdout + run.stderr, run


def test_hostile_texts(host, watch):  # noqa: F811
    host.write("evil.service", BARE + "Description=\\033[31mred \x1b]0;title\x07 \u202e\n[Service]\nType=notify\nNotifyAccess=all\n"
               "ExecStart=/bin/sh -c 'printf \"STATUS=\\\\033[2Jx\\\\nREADY=1\" > /dev/null; sleep 1000'\n")
    host.ctl("start", "--no-block", "evil.service")
    with overview(watch("evil.service")) as seen:
        seen.wait(lambda it: "evil.service" in it.screen.text)
        seen.terminal.press("1", "i")
        seen.terminal.wait_for("DESCRIPTION")
        assert "title" in seen.screen.text and seen.terminal.screen.text.count("\x1b") == 0


def test_systemd_that_hangs(host, watch):  # noqa: F811
    host.service("ok.service")
    host.ctl("start", "ok.service")
    with overview(watch("ok.service", timeout="1s")) as seen:
        seen.wait(lambda it: "ok.service" in it.screen.text)
        os.kill(host.init, signal.SIGSTOP)
        try:
            seen.wait(lambda it: re.search(r"systemd does not answer|no answer within 1s", it.screen.text))
            seen.terminal.press("?")
            seen.terminal.wait_for("[Help]")
            seen.terminal.press("Escape")
        finally:
            os.kill(host.init, signal.SIGCONT)
        seen.wait(lambda it: "1/1 targets up" in it.screen.text or "all ok" in it.screen.text)


def test_a_bus_that_is_restarted(host, watch):  # noqa: F811
    host.service("ok.service")
    host.ctl("start", "ok.service")
    with overview(watch("ok.service")) as seen:
        seen.wait(lambda it: "all ok" in it.screen.text)
        host.ctl("stop", "dbus.socket", "dbus.service")
        seen.wait(lambda it: re.search(r"no message bus listens|does not exist; is the message bus|closed the connection", it.screen.text))
        host.ctl("start", "dbus.service")
        host.ctl("daemon-reexec")
        seen.wait(lambda it: "all ok" in it.screen.text)


@pytest.fixture
def nowhere(tmp_path):
    """A configuration for a bus at this path, or address."""
    return lambda address, **options: write_config(tmp_path, systemd=[{"name": "host", "bus": str(address), "timeout": "1s", **options}],
                                                   hosts=[])


def short(tmp_path_factory):
    return tmp_path_factory.mktemp("s") / "s"


def test_buses_that_are_none(nowhere, tmp_path_factory):
    path = short(tmp_path_factory)
    run = check(nowhere(f"unix:path={path}"))
    assert run.status == CRIT and "does not exist; is the message bus running?" in run.stdout, run
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        run = check(nowhere(f"unix:path={path}"))
        assert run.status == CRIT and "no message bus listens on" in run.stdout, run
        listener.listen()
        run = check(nowhere(f"unix:path={path}"))
        assert "no answer to the login" in run.stdout and run.status in (CRIT, UNKNOWN), run
    for address in ("unixexec:path=/bin/sh", "tcp:host=localhost,port=1", "unix:path=/a;unixexec:path=/bin/sh", "relative"):
        run = check(nowhere(address))
        assert "is not a bus; use system, user, or the address of a Unix socket" in run.stdout + run.stderr, run


def test_a_bus_without_systemd(nowhere, tmp_path_factory):
    path = short(tmp_path_factory)
    bus = subprocess.Popen(["dbus-daemon", "--session", f"--address=unix:path={path}", "--nofork", "--nopidfile"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(path.exists, what="the bus")
        run = check(nowhere(f"unix:path={path}"))
        assert run.status == CRIT and "systemd is not on this bus" in run.stdout, run
    finally:
        bus.kill()
        bus.wait()
