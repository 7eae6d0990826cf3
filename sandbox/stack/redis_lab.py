"""The lab's Redis: a primary, its replica and a Sentinel; and a cluster of three nodes.

Sentinel waits a minute before it declares a primary down, so a test that freezes one sees no failover. A test
that wants one sends SENTINEL FAILOVER lab."""

import redis

from .redis import Redis
from .state import HOST

PRIMARY, REPLICA, SENTINEL, MASTER = "redis", "replica", "sentinel", "lab"
DOWN_AFTER_MS = 60000
SLOTS = 16384


class Primary(Redis):
    def lines(self):
        return [*super().lines(), "repl-diskless-sync-delay 0"]

    def settle(self):
        """Restores the original roles, whatever Sentinel changed; Sentinel is reconfigured last."""
        replica, sentinel = Replica(self.state), Sentinel(self.state)
        with self.client() as mine, replica.client() as other, sentinel.client() as watcher:
            try:
                watcher.execute_command("SENTINEL", "REMOVE", MASTER)
            except redis.ResponseError:
                pass  # it knows none
            mine.execute_command("REPLICAOF", "NO", "ONE")
            other.execute_command("REPLICAOF", HOST, self.port)
            self.wait(lambda: other.info("replication").get("master_link_status") == "up", "has no replica")
            watcher.execute_command("SENTINEL", "MONITOR", MASTER, HOST, self.port, 1)
            watcher.execute_command("SENTINEL", "SET", MASTER, "down-after-milliseconds", DOWN_AFTER_MS,
                                    "failover-timeout", 10000)


class Replica(Primary):
    name = REPLICA
    after = (PRIMARY,)

    def lines(self):
        return [*super().lines(), f"replicaof {HOST} {self.state.port(PRIMARY)}"]

    def settle(self):
        """The primary does it."""


class Sentinel(Redis):
    name = SENTINEL
    after = (PRIMARY,)

    def lines(self):
        return [f"port {self.port}", f"bind {HOST}", f'dir "{self.folder}"',
                f"sentinel monitor {MASTER} {HOST} {self.state.port(PRIMARY)} 1",
                f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}"]

    def command(self):
        return [*super().command(), "--sentinel"]


class ClusterNode(Redis):
    ports = ("port", "bus_port")

    def __init__(self, state, name, group, nodes):
        super().__init__(state, name, group)
        self.nodes = nodes  # the names of all nodes

    def lines(self):
        # Its file about the other nodes is valid only as long as they keep their ports.
        known, now = self.folder / "ports", str(self.addresses())
        if not known.exists() or known.read_text() != now:
            (self.folder / "nodes.conf").unlink(missing_ok=True)
            known.write_text(now)
        return [*super().lines(), "cluster-enabled yes", f"cluster-port {self.facts['bus_port']}",
                "cluster-config-file nodes.conf", "cluster-node-timeout 2000"]

    def addresses(self):
        return [(HOST, self.state.part(name)["port"], self.state.part(name)["bus_port"]) for name in self.nodes]

    def settle(self):
        """The first node creates the cluster, unless it is complete."""
        if self.name != self.nodes[0]:
            return
        nodes = [ClusterNode(self.state, name, self.group, self.nodes).client() for name in self.nodes]
        try:
            if not all(self.is_whole(node) for node in nodes):
                self.form(nodes)
            self.wait(lambda: all(self.is_whole(node) for node in nodes), "has no cluster")
        finally:
            for node in nodes:
                node.close()

    def is_whole(self, node):
        info = node.execute_command("CLUSTER", "INFO")
        info = info if isinstance(info, dict) else dict(
            line.split(":", 1) for line in info.decode().split("\r\n") if ":" in line)
        return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == len(self.nodes)

    def form(self, nodes):
        share = SLOTS // len(nodes) + 1
        for number, node in enumerate(nodes):
            node.flushall()
            node.execute_command("CLUSTER", "RESET", "HARD")
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.execute_command("CLUSTER", "ADDSLOTS", *range(number * share, min(SLOTS, (number + 1) * share)))
        for address in self.addresses()[1:]:
            nodes[0].execute_command("CLUSTER", "MEET", *address)
