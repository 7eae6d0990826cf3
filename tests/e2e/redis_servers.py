"""Redis servers of a test, each with its own folder and port."""

import os
import shutil
import signal
import subprocess

import pytest
import redis

from sandbox import wait_until
from stacktop import CRIT, check, closed_port, write_config

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")

class Server:
    """program: another binary than the system's, with its environment variables."""

    def __init__(self, folder, *options, port=None, program=(SERVER,), variables=()):
        self.program, self.variables = program, dict(variables)
        self.port = port or closed_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir(exist_ok=True)
        self.options = options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [*self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder), *self.options],
            stdout=subprocess.DEVNULL, env={**os.environ, **self.variables})
        self.client = redis.Redis(port=self.port, decode_responses=True, socket_timeout=20)
        wait_until(self.answers, what="the server to answer")

    def answers(self):
        try:
            return self.client.ping()
        except redis.AuthenticationError:
            return True
        except redis.ConnectionError:
            return False

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def serve(tmp_path):
    """serve(option, ...): starts one; all are ended after the test."""
    if not SERVER:
        pytest.skip("redis-server is not installed")
    servers = []

    def begin(*options, **more):
        servers.append(Server(tmp_path, *options, **more))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


def configure(folder, *servers, **more):
    targets = [{"name": f"cache{index or ''}", "url": f"redis://127.0.0.1:{server.port}", **more}
               for index, server in enumerate(servers)]
    return write_config(folder, redis=targets, interval="500ms", hosts=[], state=str(folder / "state"))


def findings(config, status=CRIT, **options):
    run = check(config, "--json", **options)
    assert run.status == status, run
    return [sentence for _, sentence in run.document.findings]


def cluster_node(serve):
    return serve("--cluster-enabled", "yes", "--cluster-port", str(closed_port()), "--cluster-node-timeout", "1000")


def meet(first, other):
    first.client.execute_command("CLUSTER MEET", "127.0.0.1", other.port, other.options[other.options.index("--cluster-port") + 1])


def cluster_of_three(serve):
    """Each has a third of the slots and knows the others."""
    nodes = [cluster_node(serve) for _ in range(3)]
    for index, (first, last) in enumerate(((0, 5460), (5461, 10922), (10923, 16383))):
        nodes[index].client.execute_command("CLUSTER ADDSLOTS", *range(first, last + 1))
        meet(nodes[0], nodes[index])
    for node in nodes:
        wait_until(lambda node=node: node.client.execute_command("CLUSTER INFO")["cluster_state"] == "ok",
                   what="the cluster to be whole")
    return nodes


def replicas_of(serve, nodes, count=3):
    """A replica of each of the first nodes of a cluster."""
    replicas = [cluster_node(serve) for _ in range(count)]
    for replica in replicas:
        meet(nodes[0], replica)
    for master, replica in zip(nodes, replicas):
        own = master.client.execute_command("CLUSTER MYID")
        wait_until(lambda replica=replica, own=own: becomes(replica, own), what="the replica to know its master")
        wait_until(lambda replica=replica: replica.client.info("replication").get("master_link_status") == "up", what="the link")
    everybody = [*nodes, *replicas]
    wait_until(lambda: all(sum("slave" in each["flags"] for each in node.client.cluster("nodes").values()) == count
                           for node in everybody), what="all to know the replicas")
    return replicas


def becomes(replica, master):
    try:
        return replica.client.execute_command("CLUSTER REPLICATE", master)
    except redis.ResponseError:
        return False  # it does not know the node yet


def sentinels_of(folder, serve, master, count=3, quorum=2, program=SERVER, **settings):
    """They watch the master as "main", and know its replicas and each other."""
    watching = []
    for number in range(count):
        file = folder / f"sentinel{number}.conf"
        file.write_text(f"sentinel monitor main 127.0.0.1 {master.port} {quorum}\n" +
                        "".join(f"sentinel {name.replace('_', '-')} main {value}\n" for name, value in settings.items()))
        watching.append(serve("--sentinel", program=(program, str(file))))
    replicas = master.client.info("replication")["connected_slaves"]

    def know():
        return all(sentinel.client.sentinel_master("main")["num-other-sentinels"] == count - 1 and
                   len(sentinel.client.sentinel_slaves("main")) == replicas and
                   all(each["master-link-status"] == "ok" for each in sentinel.client.sentinel_slaves("main"))
                   for sentinel in watching)
    wait_until(know, 40, what="the Sentinels to know the replicas and each other")
    return watching
