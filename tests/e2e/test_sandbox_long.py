"""The sandbox: each scene shows on the servers, it stops and starts again after any failure, and it works for users
other than root."""

import json
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from sandbox import PARTS, SCENES, Sandbox, wait_until
from sandbox_probe import (NEEDS_KAFKA, QUICK_PARTS, SHOWN, ask, assert_without_kafka, http, is_calm, is_db_full,
                           is_db_hog, is_oom, mounts_of, processes_of, refuses, status_of, stops_and_freezes_alone, without_java)
from stacktop import ROOT


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_shows_and_calm_brings_it_back(sandbox, scene):
    if scene in NEEDS_KAFKA:
        sandbox.need("kafka")
    sandbox.scene(scene)
    SHOWN[scene](sandbox)
    sandbox.scene("calm")
    is_calm(sandbox)
    if scene in NEEDS_KAFKA:
        assert sandbox.lag() < 3000


def test_from_any_scene_to_any(calm):
    for scene in ("db-hog", "db-full", "db-full", "api-down", "redis-full", "db-full"):
        calm.scene(scene)
    is_db_full(calm)
    assert not refuses(calm.port("api"))
    calm.stop("redis")
    calm.freeze("postgres")
    calm.scene("db-hog")  # what was stopped and frozen is back too
    is_db_hog(calm)
    assert calm.redis.ping()


def enter_and_kill(own, scene):
    """Kills the command as soon as it has begun the scene, and returns the control group of the dashboard."""
    command = subprocess.Popen([ROOT / "sandbox/scene", "--state", own.folder, scene], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: json.loads((own.folder / "mode.json").read_text())["scene"] == scene)
    if scene == "oom":
        wait_until(lambda: "OOM-killed" in status_of(own, "dashboard")[1])
    command.kill()
    command.wait()
    group = own.folder / "dashboard/group"
    return group.read_text() if group.exists() else ""


def test_a_scene_that_is_cut_off_leaves_nothing(own, tmp_path):
    own.up(env=without_java(tmp_path))
    group = enter_and_kill(own, "oom")
    own.scene("calm")
    assert status_of(own, "dashboard") == (0, "running") and not (group and os.path.exists(group))
    enter_and_kill(own, "crash-loop")
    own.scene("log-storm")  # from any to any
    assert status_of(own, "api") == (0, "running")
    enter_and_kill(own, "disk-full")
    group = enter_and_kill(own, "oom")
    done = own.run("ctl", "deploy", "3", check=False)
    assert done.returncode == 1 and 'api ended with exit code 1: release 3: ECAP_POOL_SIZE="ten"' in done.stderr
    own.down()
    assert processes_of(own.folder) == [] and mounts_of(own.folder) == []
    assert not (group and os.path.exists(group))
    own.up(env={"PATH": str(tmp_path / "bin"), "JAVA_HOME": ""})  # neither release nor limit are kept
    assert json.loads(http(own, "/health"))["status"] == json.loads(http(own, "/health", "dashboard"))["status"] == "ok"


def ports_of(sandbox):
    return [facts[name] for facts in sandbox.state["parts"].values() for name in ("port", "controller_port")
            if name in facts]


def made_once(own):
    """Creation times of the data directories of PostgreSQL and Kafka, which take most of the first start."""
    files = [*Path(own.folder).glob("postgres/data/PG_VERSION"), *Path(own.folder).glob("kafka/**/meta.properties")]
    assert files
    return {str(file): file.stat().st_mtime_ns for file in files}


def test_whatever_happens_it_goes_down_and_up(own):
    up = subprocess.Popen([ROOT / "sandbox/up", "--state", own.folder], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    assert any("PostgreSQL" in line for line in iter(up.stdout.readline, ""))
    assert own.run("ctl", "status").returncode == 0 and "already running" in own.up().stdout
    own.sql("INSERT INTO audit_logs (actor, action) VALUES ('test', 'kept')")

    # In the foreground it ends with a signal.
    assert len(processes_of(own.folder)) >= 5
    ports = ports_of(own)
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    assert processes_of(own.folder) == [] and all(map(refuses, ports))
    assert not (own.folder / "state.json").exists()
    assert own.run("ctl", "status", check=False).returncode == 1
    assert own.run("scene", "calm", check=False).returncode == 1
    own.down()  # once more does no harm

    # The second start keeps the data.
    made = made_once(own)
    own.up()
    assert made_once(own) == made
    assert own.sql("SELECT count(*) FROM audit_logs WHERE actor = 'test'") == [(1,)]

    # Everything crashes.
    for facts in own.state["parts"].values():
        os.kill(facts["process"]["pid"], signal.SIGKILL)
    done = own.run("ctl", "status", check=False)
    assert done.returncode == 1 and "dead" in done.stdout
    own.up()
    assert own.run("ctl", "status").returncode == 0
    for part in PARTS:
        if own.state["parts"][part]["status"] != "absent":
            ask(own, part)

    # A part that hangs is ended too.
    own.freeze("postgres")
    own.freeze("redis")
    ports = ports_of(own)
    own.down()
    assert processes_of(own.folder) == [] and all(map(refuses, ports))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_start_leaves_nothing(own, number):
    up = subprocess.Popen([ROOT / "sandbox/up", "--state", own.folder, "--detach"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: any("process" in facts for facts in own.state["parts"].values())
               if (own.folder / "state.json").exists() else False)
    up.send_signal(number)
    assert up.wait(30) != 0
    if number == signal.SIGKILL:
        own.down()
    assert processes_of(own.folder) == []
    assert not (own.folder / "state.json").exists()


def test_a_plain_user_has_one_too(tmp_path):
    if os.geteuid():
        pytest.skip("the other tests ran as a plain user")
    user = pwd.getpwnam("nobody")
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    folder = Path("/tmp") / f"stacktop-test-{os.getpid()}"
    folder.mkdir()
    # The user gets a checkout: root's may be in a directory that others cannot enter.
    shutil.copytree(ROOT / "sandbox", folder / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    jars = ROOT / "build/sandbox-kafka"
    if jars.is_dir():
        shutil.copytree(jars, folder / "build/sandbox-kafka")
    subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", folder], check=True)
    sandbox = Sandbox(folder / "state", commands=folder / "sandbox")
    try:
        sandbox.up(prefix=prefix, env={"HOME": str(folder)})
        owners = {os.stat(f"/proc/{pid}").st_uid for pid, _ in processes_of(sandbox.folder)}
        assert owners == {user.pw_uid}
        ask(sandbox, "postgres")
        sandbox.run("scene", "db-hog", prefix=prefix)
        is_db_hog(sandbox)
        done = sandbox.run("scene", "oom", prefix=prefix)
        is_oom(sandbox)  # also where the user may not make a control group, and it says what it does instead
        assert ("instead of the kernel" in done.stdout) != (sandbox.folder / "dashboard/group").exists()
    finally:
        sandbox.down(prefix=prefix)
        assert processes_of(sandbox.folder) == []
        subprocess.run(["rm", "-rf", "--", folder], check=True)


@pytest.mark.parametrize("part", [part for part in PARTS if part not in QUICK_PARTS])
def test_a_part_stops_and_freezes_alone(calm, part):
    stops_and_freezes_alone(calm, part)


def test_a_maven_that_is_refused(own, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    maven = programs / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] Could not transfer artifact: 403 Forbidden'\nexit 1\n")
    maven.chmod(0o755)
    done = own.up(env={"PATH": f"{programs}:{os.environ['PATH']}", "STACKTOP_SANDBOX_CACHE": str(tmp_path / "jars")})
    reason = "Maven could not fetch Kafka's jars: Could not transfer artifact: 403 Forbidden"
    assert f"without kafka: {reason}" in done.stdout
    assert_without_kafka(own, reason)
