"""redis.failover: three Sentinels make a replica the master, and in a cluster a replica takes over; what is refused; and that
it goes to the right node."""

import re

import pytest
import redis

import keys
from redis_servers import cluster_of_three, configure, replicas_of, sentinels_of, serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import check, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"


class Stage:
    def __init__(self, folder, server, login=""):
        self.folder, self.audit = folder, Audit(folder / "state")
        self.config = write_config(folder, redis=[{"name": "cache", "url": f"redis://{login}127.0.0.1:{server.port}"}], hosts=[],
                                   interval="500ms", state=str(folder / "state"))

    def plan(self, *words):
        run = stacktop("-c", self.config, "plan", "redis.failover", "cache", *words, "--json")
        assert run.status == 0, run
        return run.json

    def refused(self, *words):
        run = stacktop("-c", self.config, "plan", "redis.failover", "cache", *words)
        assert run.status == 1, run
        return " ".join((run.stdout + run.stderr).split())

    def apply(self, plan, status=0):
        run = stacktop("-c", self.config, "apply", plan["hash"], "--confirm", plan["phrase"], timeout=120)
        assert run.status == status, run
        return run


def place(server):
    return f"127.0.0.1:{server.port}"


def offsets(master):
    """What the master says of each replica, by its port."""
    told = master.client.info("replication")
    return {each["port"]: each["offset"] for name, each in told.items() if name[:5] == "slave" and name[5:].isdigit()}


def is_master(server):
    return server.client.info("replication")["role"] == "master"


def replicas_in_sync(serve, master, count, *options):
    made = [serve("--replicaof", "127.0.0.1", str(master.port), *options) for _ in range(count)]
    for replica in made:
        wait_until(lambda replica=replica: replica.client.info()["master_link_status"] == "up", what="the link")
    return made


@pytest.fixture
def watched(serve, tmp_path):  # noqa: F811
    """A primary that accepts writes, two replicas of it, three Sentinels."""
    first = serve("--repl-diskless-sync-delay", "0")
    replicas = replicas_in_sync(serve, first, 2, "--repl-diskless-sync-delay", "0")
    sentinels = sentinels_of(tmp_path, serve, first, failover_timeout=20000)
    return first, replicas, sentinels


def test_three_sentinels_switch_to_the_replica_of_the_plan(watched, tmp_path):
    first, replicas, sentinels = watched
    replicas[1].client.config_set("replica-priority", 10)  # the lowest is chosen
    wait_until(lambda: any(each["slave-priority"] == 10 for each in sentinels[0].client.sentinel_slaves("main")), 20,
               what="the Sentinel to know the priority")
    first.client.set("key", "value")
    stage = Stage(tmp_path, sentinels[0])
    before = offsets(first)
    plan = stage.plan("main")
    assert plan["phrase"] == "main" and plan["title"].startswith("Fail over ")
    (victim,) = plan["victims"]
    assert [victim["pins"][name] for name in ("mode", "from", "to")] == ["sentinel", place(first), place(replicas[1])]
    text = str(plan)
    for each in replicas:  # between what the master said before and says after
        offset = int(re.search(rf"replica {place(each)}: \d+ B behind, offset (\d+), priority", text)[1])
        assert before[each.port] <= offset <= offsets(first)[each.port], text
    for said in ("2 of 2 good", "OK 3 usable Sentinels", "priority 100", "READONLY", "does not wait",
                 f"redis-cli -h 127.0.0.1 -p {sentinels[0].port} SENTINEL FAILOVER main"):
        assert said in text, (said, text)
    run = stage.apply(plan)
    assert is_master(replicas[1]) and replicas[1].client.get("key") == "value"
    assert f"{place(replicas[1])} is the master after" in run.stdout and "(its own INFO)" in run.stdout, run
    wait_until(lambda: all(each.client.info("replication")["master_port"] == replicas[1].port for each in (first, replicas[0])
                           if not is_master(each)) and not is_master(first), 20, what="the others to follow")
    outcome = stage.audit.outcomes[-1]
    assert outcome["result"] == "done" and "is the master after" in str(outcome["victims"]), outcome
    # the plan is used up: its master is another one now
    stale = stacktop("-c", stage.config, "apply", plan["hash"], "--confirm", "main", timeout=60)
    assert stale.status != 2 and is_master(replicas[1]), stale


def test_what_the_sentinel_cannot_do_is_refused(watched, tmp_path):
    first, replicas, sentinels = watched
    stage = Stage(tmp_path, sentinels[0])
    plan = stage.plan("main")
    for each in replicas:
        each.client.config_set("replica-priority", 0)
    wait_until(lambda: all(each["slave-priority"] == 0 for each in sentinels[0].client.sentinel_slaves("main")), 20,
               what="the priority")
    assert "no good replica" in stage.refused("main") and "its priority is 0" in stage.refused("main")
    stage.apply(plan, 1)
    assert stage.audit.outcomes[-1]["result"] == "refused" and is_master(first)
    assert "can no longer take over" in str(stage.audit.outcomes[-1])
    for each in replicas:
        each.client.config_set("replica-priority", 100)
    wait_until(lambda: all(each["slave-priority"] == 100 for each in sentinels[0].client.sentinel_slaves("main")), 20,
               what="the priority")
    for each in sentinels:
        each.client.execute_command("SENTINEL", "SET", "main", "down-after-milliseconds", 1000)
    for each in sentinels[1:]:
        each.end()
    wait_until(lambda: "NOQUORUM" in ask(sentinels[0], "SENTINEL CKQUORUM main"), 20, what="the quorum to be gone")
    said = stage.refused("main")
    assert "no quorum: NOQUORUM" in said, said
    assert "no longer exists" in stage.refused("other") or "other" in stage.refused("other")
    assert is_master(first)


def test_a_failover_that_runs_is_not_begun_again(watched, tmp_path):
    first, replicas, sentinels = watched
    stage = Stage(tmp_path, sentinels[0])
    plan = stage.plan("main")
    for each in replicas:
        each.process.send_signal(19)  # SIGSTOP: the failover waits for the promoted one
    sentinels[0].client.execute_command("SENTINEL", "FAILOVER", "main")
    assert "already running" in stage.refused("main")
    stage.apply(plan, 1)
    assert stage.audit.outcomes[-1]["result"] == "refused", stage.audit.outcomes[-1]
    for each in replicas:
        each.process.send_signal(18)


def test_from_the_page_by_keys(watched, tmp_path):
    """On the row of a replica: the plan is about its primary."""
    first, replicas, sentinels = watched
    stage = Stage(tmp_path, sentinels[0])
    with dashboard(stage.config, columns=140, rows=40) as terminal:
        terminal.wait_for("all ok", 20)
        keys.open_page(terminal, "Topology")
        terminal.wait_for(place(replicas[0]))
        keys.go_down_to(terminal, place(replicas[0]))
        terminal.press("a")
        keys.go_down_to(terminal, "fail over to a replica")
        terminal.press("Enter")
        keys.agree(terminal, "main")
        assert re.search(r"is the master after", keys.outcome(terminal, 60)), terminal.show()
    assert not is_master(first) or any(is_master(each) for each in replicas)


def ask(server, command):
    try:
        return str(server.client.execute_command(*command.split()))
    except redis.ResponseError as error:
        return str(error)


def test_in_a_cluster_the_replica_itself_is_asked(serve, tmp_path):  # noqa: F811
    nodes = cluster_of_three(serve)
    replicas = replicas_of(serve, nodes)
    stage = Stage(tmp_path, nodes[0])  # neither the master nor the replica of the failover
    own = [each.client.execute_command("CLUSTER MYID") for each in (*nodes, *replicas)]
    plan = stage.plan(place(replicas[1]))
    assert plan["phrase"] == place(replicas[1])
    (victim,) = plan["victims"]
    assert [victim["pins"][name] for name in ("from_id", "to_id")] == [own[1], own[4]]
    text = str(plan)
    for said in (f"redis-cli -h 127.0.0.1 -p {replicas[1].port} CLUSTER FAILOVER", "3 of 3 masters with slots up, 2 have to vote",
                 "1 of 1 good", " B behind, offset ", "MOVED", f"stacktop plan redis.failover cache {own[1]}"):
        assert said in text, (said, text)
    run = stage.apply(plan)
    assert f"{place(replicas[1])} is the master of 5,462 slots" in run.stdout or "5462 slots" in run.stdout, run
    assert is_master(replicas[1]) and not is_master(nodes[1]) and is_master(nodes[0]) and is_master(nodes[2])
    assert [ask(each, "CLUSTER INFO").count("ok") > 0 for each in nodes] == [True] * 3
    # back, by the master: its best replica takes over
    wait_until(lambda: nodes[1].client.info("replication").get("master_link_status") == "up", 20, what="the old master to follow")
    wait_until(lambda: nodes[0].client.cluster("nodes")[place(nodes[1])]["flags"] == "slave", 20, what="the others to know it")
    stage.apply(stage.plan(own[4]))
    assert is_master(nodes[1]) and not is_master(replicas[1])
    assert [outcome["result"] for outcome in stage.audit.outcomes] == ["done", "done"]


def test_in_a_cluster_what_cannot_take_over_is_refused(serve, tmp_path):  # noqa: F811
    nodes = cluster_of_three(serve)
    (replica,) = replicas_of(serve, nodes, 1)
    stage = Stage(tmp_path, nodes[1])
    assert f"{place(nodes[2])} has no replica" in stage.refused(place(nodes[2]))
    plan = stage.plan(place(replica))
    other = nodes[2].client.execute_command("CLUSTER MYID")
    replica.client.execute_command("CLUSTER REPLICATE", other)
    stage.apply(plan, 0)  # nothing to do: it is another master's replica now
    assert stage.audit.outcomes[-1]["result"] == "gone" and is_master(nodes[0]), stage.audit.outcomes[-1]
    replica.client.config_set("masterauth", "wrong")
    nodes[2].client.config_set("requirepass", "secret")
    nodes[2].client.execute_command("CLIENT", "KILL", "TYPE", "replica")
    wait_until(lambda: replica.client.info("replication")["master_link_status"] == "down", 20, what="the link to be down")
    said = stage.refused(place(replica))
    assert "cannot take over: its link to the master is down" in said, said
    nodes[0].end()
    nodes[2].end()
    wait_until(lambda: "fail" in str(nodes[1].client.cluster("nodes")[place(nodes[0])]["flags"]) and
               "fail" in str(nodes[1].client.cluster("nodes")[place(nodes[2])]["flags"]), 20, what="two masters to be missed")
    said = stage.refused(place(replica))
    assert "no quorum: 1 of 3 masters with slots up, 2 have to vote" in said, said


def test_another_server_is_refused(serve, tmp_path):  # noqa: F811
    alone = serve()
    said = Stage(tmp_path, alone).refused()
    assert "neither a Sentinel nor a node of a cluster" in said, said
    assert check(configure(tmp_path, alone)).status == 0


def test_with_the_rights_that_it_names_only(watched, tmp_path):
    first, replicas, sentinels = watched
    sentinel = sentinels[0]
    sentinel.client.execute_command("ACL", "SETUSER", "ops", "on", ">secret", "+info", "+ping", "+client|setname", "+sentinel|masters",
                                    "+sentinel|master", "+sentinel|slaves", "+sentinel|ckquorum")
    stage = Stage(tmp_path, sentinel, "ops:secret@")
    plan = stage.plan("main")
    assert "how many is not known" in str(plan)  # the servers do not know this login
    stage.apply(plan, 1)
    assert "NOPERM" in str(stage.audit.outcomes[-1]) and is_master(first)
    sentinel.client.execute_command("ACL", "SETUSER", "ops", "+sentinel|failover")
    run = stage.apply(stage.plan("main"))
    assert "(the Sentinel's report)" in run.stdout, run
    sentinel.client.execute_command("ACL", "SETUSER", "ops", "-sentinel")
    assert "+sentinel" in stage.refused("main")
