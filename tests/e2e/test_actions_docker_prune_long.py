"""Removing the build cache of a real engine, which BuildKit has filled."""

import os
import re
import shutil
import subprocess

import pytest

from docker_actions import apply, config  # noqa: F401
from docker_engine import IMAGE, engine, shared_engine  # noqa: F401 (fixtures)
from sandbox import wait_until
from test_actions_docker_prune import offered, plan

BESIDE = "others"


@pytest.fixture
def built(engine, tmp_path):  # noqa: F811
    """An engine with a build cache, which BuildKit of a docker command without plug-ins makes."""
    docker = next((path for path in ("/usr/bin/docker", shutil.which("docker")) if path and os.path.exists(path)), None)
    if not docker:
        pytest.skip("the docker command is not installed")

    def build(text):
        (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN dd if=/dev/zero of=/big bs=1024 count=2048\nRUN echo {text} > /text\n")
        run = subprocess.run([docker, "build", "--network=none", "-t", "built:1", tmp_path], capture_output=True, text=True,
                             env={"PATH": os.environ["PATH"], "DOCKER_HOST": f"unix://{engine.socket}", "DOCKER_BUILDKIT": "1",
                                  "DOCKER_CONFIG": str(tmp_path / "docker"), "HOME": str(tmp_path)})
        if run.returncode:
            pytest.skip(f"no build with BuildKit here: {run.stderr.strip().splitlines()[-1][:200]}")
        engine.call("DELETE", "/images/built:1?force=true", decode=False)  # its layers are then only the cache's

    build("first")
    yield engine, build
    engine.call("POST", "/build/prune?all=true")


def cached(at):
    return sum(each["Size"] for each in at.call("GET", "/system/df")["BuildCache"] or [])


def test_the_build_cache(built, config, tmp_path):
    """Only when it is picked, and not what a build has used since."""
    at, build = built
    at.run("ended", "true")
    at.call("POST", "/containers/ended/wait")
    before = cached(at)
    assert before > 2 << 20 and "build-cache/unused" in offered(config)
    apply(config, plan(config, "container/ended"))
    assert cached(at) == before
    planned = plan(config, "build-cache/unused")
    build("second")  # uses the first step again, and adds one
    text = apply(config, planned, None)
    assert cached(at) >= 2 << 20, text  # of what was used since

    def removed():  # not what a build has used in the second before the list
        text = apply(config, plan(config, "build-cache/unused"), None)
        return text if "1 of 1 removed" in text else None

    text = wait_until(removed, what="the cache to be older than a second")
    assert re.search(r"removed \d+ records?, 2\.\d MB", text) and "1 of 1 removed" in text, text
    assert cached(at) < 1 << 20
