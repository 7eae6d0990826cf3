"""A real ensemble of ZooKeeper: roles, a lost follower, a lost quorum, words that are not allowed, the screen."""

import pytest

from sandbox import wait_until
from stacktop import CRIT, OK, check, dashboard, write_config
from zookeeper_server import Ensemble

BESIDE = "others"


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    with Ensemble(tmp_path_factory.mktemp("zookeeper"), words=("*", "*", "srvr")) as ensemble:
        yield ensemble


def look(folder, ensemble):
    return check(write_config(folder, zookeeper=ensemble.targets(), hosts=[]), "--json", timeout=60)


def summaries(run):
    return [run.document.summary("zookeeper", "summary", f"zk{i}") for i in (1, 2, 3)]


def test_roles_and_figures(ensemble, tmp_path):
    run = look(tmp_path, ensemble)
    assert run.status == OK, run
    rows = summaries(run)
    assert sorted(row["mode"] for row in rows) == ["follower", "follower", "leader"]
    for row in rows[:2]:
        assert row["znodes"] >= 5 and row["version"] == "3.9.3" and row["quorum_size"] == 3 and 0 < row["files"] < 1
        assert row["zxid"].startswith("0x") and row["connections"] >= 1 and row["outstanding"] == 0
        if row["mode"] == "leader":
            assert row["synced_followers"] == 2 and row["voters_missing"] == 0
    assert "4lw.commands.whitelist" in rows[2]["watches"]["unknown"] and rows[2]["znodes"] >= 5


def test_a_lost_follower_and_a_lost_quorum(ensemble, tmp_path):
    """It ends the third server last: the first two have mntr."""
    leader = ensemble.leader()
    followers = [index for index in (0, 1, 2) if index != leader]
    if leader != 2:
        ensemble.end(followers[0])
        wait_until(lambda: summaries_of(tmp_path, ensemble, leader)["voters_missing"] == 1, 60, "a voter that is missing")
        ensemble.end(followers[1])
        rest = leader
    else:
        ensemble.end(1)
        ensemble.end(2)
        rest = 0

    def findings():
        run = look(tmp_path, ensemble)
        return run.status == CRIT and [text for _, text in run.document.findings if text.startswith(f"zk{rest + 1}")]
    wait_until(lambda: any("no quorum" in text for text in findings() or []), 60, "a lost quorum")
    assert summaries_of(tmp_path, ensemble, rest)["mode"] == "not serving"
    for index in (0, 1, 2):
        if index not in ensemble.processes:
            ensemble.start(index)
    wait_until(lambda: look(tmp_path, ensemble).status == OK, 90, "the ensemble with a quorum again")


def summaries_of(folder, ensemble, index):
    return look(folder, ensemble).document.summary("zookeeper", "summary", f"zk{index + 1}")


def test_on_the_screen(ensemble, tmp_path):
    with dashboard(write_config(tmp_path, zookeeper=ensemble.targets(), hosts=[]), columns=160, rows=50) as screen:
        screen.wait_for("leader")
        screen.wait_for("follower")


def test_one_alone(tmp_path):
    with Ensemble(tmp_path, words=("*",)) as alone:
        run = check(write_config(tmp_path, zookeeper=alone.targets(), hosts=[]), "--json", timeout=60)
        assert run.status == OK and run.document.summary("zookeeper", "summary")["mode"] == "standalone", run
