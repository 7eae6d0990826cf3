"""The page redis.topology: a primary with a chain of replicas, a cluster, and what a Sentinel watches."""

import subprocess

import redis

from redis_servers import SERVER, cluster_of_three, configure, replicas_of, sentinels_of, serve  # noqa: F401 (a fixture)
from sandbox import wait_until
from stacktop import closed_port, stacktop, write_config

BESIDE = "others"


def show(config, target="cache"):
    run = stacktop("show", "-c", config, "redis.topology", target, "--json")
    assert run.status == 0, run
    tables = {table["id"]: table["rows"] for table in run.json["target"]["tables"]}
    return tables["summary"][0]["cells"], {row["key"]: row for row in tables["nodes"]}


def test_a_chain_of_replicas(serve, tmp_path):
    first = serve()
    second = serve("--replicaof", "127.0.0.1", str(first.port))
    third = serve("--replicaof", "127.0.0.1", str(second.port))
    for server in (second, third):
        wait_until(lambda server=server: server.client.info()["master_link_status"] == "up", what="the link")
    wait_until(lambda: "online" in str(second.client.info("replication").get("slave0")), what="the replica to be online")
    summary, rows = show(configure(tmp_path, second))
    master, replica = f"127.0.0.1:{first.port}", f"127.0.0.1:{third.port}"
    assert [rows[master]["cells"]["role"], rows["this server"]["parent"]] == ["master", master]
    assert rows["this server"]["cells"]["role"] == "replica (this server)" and rows["this server"]["cells"]["link"] == "up"
    assert rows[replica]["parent"] == "this server" and rows[replica]["cells"]["link"] == "online"
    assert rows[replica]["cells"]["lag"] < 1000 and rows[replica]["cells"]["seen"] <= 11
    assert [summary["mode"], summary["masters"], summary["replicas"], summary["failing"]] == ["standalone", 1, 2, 0]
    first.end()
    wait_until(lambda: second.client.info()["master_link_status"] == "down", what="the link to be down")
    summary, rows = show(configure(tmp_path, second))
    assert rows["this server"]["cells"]["link"] == "down" and [summary["failing"], summary["state"]] == [1, "link down"]


def test_a_cluster(serve, tmp_path):
    nodes = [serve("--cluster-enabled", "yes", "--cluster-port", str(closed_port()), "--cluster-node-timeout", "500")
             for _ in range(2)]
    nodes[0].client.execute_command("CLUSTER ADDSLOTS", *range(0, 100), 200)
    bus = nodes[1].options[nodes[1].options.index("--cluster-port") + 1]
    nodes[0].client.execute_command("CLUSTER MEET", "127.0.0.1", nodes[1].port, bus)
    wait_until(lambda: all(len(node.client.cluster("nodes")) == 2 for node in nodes), what="the nodes to meet")
    own, other = (node.client.execute_command("CLUSTER MYID") for node in nodes)
    wait_until(lambda: "handshake" not in str(nodes[1].client.cluster("nodes")), what="the handshake")
    nodes[1].client.execute_command("CLUSTER REPLICATE", own)
    wait_until(lambda: "slave" in str(nodes[0].client.cluster("nodes")), what="the replica")
    config = configure(tmp_path, nodes[0])
    summary, rows = show(config)
    assert [summary["mode"], summary["state"], summary["slots"], summary["masters"], summary["replicas"]] == [
        "cluster", "fail", 101, 1, 1]
    assert rows[own]["cells"]["role"] == "master (this server)" and rows[own]["cells"]["slots"] == 101
    assert rows[own]["cells"]["ranges"] == "0-99 200" and rows[own]["cells"]["node"] == f"127.0.0.1:{nodes[0].port}"
    assert rows[other]["parent"] == own and rows[other]["cells"]["link"] == "connected"
    nodes[1].end()
    wait_until(lambda: "fail" in nodes[0].client.cluster("nodes")[f"127.0.0.1:{nodes[1].port}"]["flags"], what="the failure", seconds=20)
    summary, rows = show(config)
    assert rows[other]["cells"]["state"] in ("fail", "fail?") and summary["failing"] == 1


def test_a_sentinel(serve, tmp_path):
    first = serve()
    second = serve("--replicaof", "127.0.0.1", str(first.port))
    port = closed_port()
    file = tmp_path / "sentinel.conf"
    file.write_text(f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\nsentinel monitor main 127.0.0.1 {first.port} 2\n"
                    "sentinel down-after-milliseconds main 500\n")
    sentinel = subprocess.Popen([SERVER, str(file), "--sentinel"], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port, decode_responses=True)
    try:
        def knows():
            try:
                return client.sentinel_master("main")["num-slaves"] == 1 and \
                    client.sentinel_slaves("main")[0].get("master-link-status") == "ok"
            except redis.RedisError:
                return False
        wait_until(knows, what="the Sentinel to know the replica")
        config = write_config(tmp_path, hosts=[], redis=[{"name": "watch", "url": f"redis://127.0.0.1:{port}"}])
        summary, rows = show(config, "watch")
        main = rows["main"]["cells"]
        assert [summary["mode"], summary["masters"], summary["replicas"], summary["failing"]] == ["sentinel", 1, 1, 0]
        assert [main["node"], main["state"], main["quorum"], main["sentinels"]] == [f"main 127.0.0.1:{first.port}", "ok", 2, 1]
        replica = rows[f"main replica 127.0.0.1:{second.port}"]
        assert replica["parent"] == "main" and replica["cells"]["link"] == "ok"
        first.end()
        wait_until(lambda: "s_down" in client.sentinel_master("main")["flags"], what="the primary to be missed", seconds=20)
        summary, rows = show(config, "watch")
        assert "s_down" in rows["main"]["cells"]["state"] and summary["failing"] >= 1
    finally:
        sentinel.kill()
        sentinel.wait()


def nodes_of(server):
    """As redis-cli CLUSTER NODES prints them: {id: (address, flags, master, epoch, link, ranges)}."""
    lines = redis.Redis(port=server.port).execute_command("CLUSTER NODES")
    if isinstance(lines, dict):
        return {node["node_id"]: (address, node["flags"], node["master_id"], int(node["epoch"]), node["connected"],
                                  [slot for slots in node["slots"] for slot in slots]) for address, node in lines.items()}
    words = [line.split() for line in lines.decode().splitlines()]
    return {word[0]: (word[1].split("@")[0], word[2], word[3], int(word[6]), word[7] == "connected", word[8:]) for word in words}


def test_a_whole_cluster_is_as_cluster_nodes_has_it(serve, tmp_path):
    nodes = cluster_of_three(serve)
    replicas_of(serve, nodes, 1)
    summary, rows = show(configure(tmp_path, nodes[2]))
    told = nodes_of(nodes[2])
    assert rows.keys() == told.keys() and len(told) == 4
    for name, (address, flags, master, epoch, connected, _) in told.items():
        cells = rows[name]["cells"]
        role = ("master" if "master" in flags else "replica") + (" (this server)" if "myself" in flags else "")
        assert [cells["node"], cells["role"], cells["epoch"], cells["id"]] == [address, role, epoch, name]
        assert cells["link"] == ("connected" if connected else "disconnected")
        assert rows[name].get("parent") == (None if master == "-" else master)
    assert [summary["masters"], summary["replicas"], summary["failing"], summary["slots"], summary["state"]] == [3, 1, 0, 16384, "ok"]
    info = nodes[2].client.execute_command("CLUSTER INFO")
    assert summary["epoch"] == int(info["cluster_current_epoch"])


def test_without_the_rights(serve, tmp_path):
    nodes = cluster_of_three(serve)
    nodes[0].client.execute_command("ACL", "SETUSER", "watcher", "on", ">secret", "+info", "+ping", "+client|setname")
    config = write_config(tmp_path, hosts=[], redis=[{"name": "cache", "url": f"redis://watcher:secret@127.0.0.1:{nodes[0].port}"}])
    run = stacktop("show", "-c", config, "redis.topology", "cache")
    assert run.status == 3, run
    text = " ".join((run.stdout + run.stderr).split())
    assert "needs a right: ACL SETUSER watcher +cluster|nodes" in text, text
    nodes[0].client.execute_command("ACL", "SETUSER", "watcher", "+cluster|nodes", "+cluster|info")
    assert show(config)[0]["masters"] == 3
    first = serve()
    [sentinel] = sentinels_of(tmp_path, serve, first, count=1, quorum=1)
    sentinel.client.execute_command("ACL", "SETUSER", "watcher", "on", ">secret", "+info", "+ping", "+client|setname")
    config = write_config(tmp_path, hosts=[], redis=[{"name": "cache", "url": f"redis://watcher:secret@127.0.0.1:{sentinel.port}"}])
    run = stacktop("show", "-c", config, "redis.topology", "cache")
    assert run.status == 3 and "needs a right: ACL SETUSER watcher +sentinel" in " ".join((run.stdout + run.stderr).split()), run
    sentinel.client.execute_command("ACL", "SETUSER", "watcher", "+sentinel|masters", "+sentinel|slaves", "+sentinel|sentinels")
    assert show(config)[1]["main"]["cells"]["state"] == "ok"
