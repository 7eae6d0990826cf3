"""Two accounts share a state directory through a group: one plans, the other applies, and the audit log records
both."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from sandbox import HOST
from stacktop import BINARY, write_config

BESIDE = "others"
GROUP = 61234
ANN, BOB, EVE = 61201, 61202, 61203  # ids without an account are enough
FOLDER_MODE = 0o2770


def run(uid, gids, config, *arguments):
    def become():
        os.setgroups(gids)
        os.setgid(uid)
        os.setuid(uid)
        os.umask(0o077)
    environment = {"PATH": os.environ["PATH"], "USER": f"user{uid}", "LC_ALL": "C.UTF-8"}
    return subprocess.run([str(config.parent / "stacktop"), "-c", str(config), *map(str, arguments)], env=environment,
                          preexec_fn=become, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


@pytest.fixture
def place(sandbox):
    if os.geteuid() != 0:
        pytest.skip("only root can become two other accounts")
    folder = Path(tempfile.mkdtemp(prefix="shared-", dir="/tmp"))
    folder.chmod(0o755)
    shutil.copy(BINARY, folder / "stacktop")
    (folder / "stacktop").chmod(0o755)
    state = folder / "state"
    state.mkdir()
    os.chown(state, 0, GROUP)
    state.chmod(FOLDER_MODE)
    config = write_config(folder, redis=[{"name": "cache", "url": f"redis://{HOST}:{sandbox.port('redis')}/0"}],
                          state=str(state))
    config.chmod(0o644)
    yield config, state
    shutil.rmtree(folder)


def plan(uid, gids, config):
    made = run(uid, gids, config, "plan", "redis.purge-memory", "cache", "--json")
    assert made.returncode == 0, made
    document = json.loads(made.stdout)
    return document["hash"], document["phrase"]


def test_one_plans_and_the_other_applies(place):
    config, state = place
    digest, phrase = plan(ANN, [GROUP], config)
    applied = run(BOB, [GROUP], config, "apply", digest, "--confirm", phrase)
    assert applied.returncode == 0, applied
    again = run(ANN, [GROUP], config, "apply", digest, "--confirm", phrase)
    assert again.returncode == 1 and "has already been applied" in again.stderr, again
    digest, phrase = plan(BOB, [GROUP], config)
    assert run(ANN, [GROUP], config, "apply", digest, "--confirm", phrase).returncode == 0
    for uid in (ANN, BOB):
        read = run(uid, [GROUP], config, "audit", "--json")
        records = [json.loads(line) for line in read.stdout.splitlines()]
        assert [(record["event"], record["who"]["uid"]) for record in records] == [
            ("intent", BOB), ("outcome", BOB), ("intent", ANN), ("outcome", ANN)], read
    for path in (state / "audit.jsonl", *(state / "plans").iterdir()):
        assert path.stat().st_mode & 0o7777 == 0o660 and path.stat().st_gid == GROUP, path
    assert (state / "plans").stat().st_mode & 0o7777 == FOLDER_MODE


def test_who_is_not_of_the_group_sees_nothing(place):
    config, _ = place
    digest, phrase = plan(ANN, [GROUP], config)
    other = run(EVE, [EVE], config, "apply", digest, "--confirm", phrase)
    assert other.returncode == 1 and "ermission denied" in other.stderr, other
    assert run(EVE, [EVE], config, "audit").returncode == 1


@pytest.mark.parametrize("spoil", ["world", "moved", "linked", "symbolic", "no setgid", "folder for all"])
def test_what_is_not_the_groups_is_not_applied(place, spoil):
    config, state = place
    digest, phrase = plan(ANN, [GROUP], config)
    file = state / "plans" / f"{digest}.json"
    if spoil == "world":
        file.chmod(0o666)
    elif spoil == "moved":
        os.chown(file, EVE, EVE)
        file.chmod(0o664)
    elif spoil == "linked":
        os.link(file, state / "other")
    elif spoil == "symbolic":
        file.rename(state / "other")
        file.symlink_to(state / "other")
    elif spoil == "no setgid":
        state.chmod(0o770)
    else:
        (state / "plans").chmod(0o2777)
    refused = run(BOB, [GROUP], config, "apply", digest, "--confirm", phrase)
    assert refused.returncode == 1, refused
    assert re.search(r"cannot read|accessible to others|denied|symbolic", refused.stderr), refused
    assert not (state / "audit.jsonl").exists()
