"""The sandbox (sandbox/): a real stack in a folder, driven by its commands, and queried by clients that are
independent of stacktop."""

import contextlib
import json
import os
import re
import subprocess
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from stacktop import ROOT
from terminal import PATIENCE

HOST = "127.0.0.1"
GROUP, TOPIC, PARTITIONS = "ecap-consumer-group", "transactions", 12
PARTS = ("api", "dashboard", "streaming", "gateway", "postgres", "redis", "kafka")
SCENES = ("api-down", "api-slow", "bad-deploy", "crash-loop", "oom", "log-storm", "db-hog", "db-full", "slot-holds-wal",
          "bloat", "replica-lag", "lag", "stuck-consumer", "hung-transaction", "skew", "redis-full", "memory-prefix",
          "slow-script", "cert-expiring")
COMMAND_SECONDS = 90


class Sandbox:
    def __init__(self, folder, commands=ROOT / "sandbox"):
        self.folder = Path(folder)
        self.commands = Path(commands)
        self.is_calm = False  # known to be, because nothing has changed since

    # Commands.

    def run(self, command, *arguments, check=True, prefix=(), env=None, timeout=COMMAND_SECONDS):
        """Runs a command of sandbox/ on this sandbox; if it fails, the test fails with its message."""
        self.is_calm &= command == "kafka-tool"
        argv = [*prefix, str(self.commands / command), "--state", str(self.folder), *map(str, arguments)]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=timeout * PATIENCE, check=False, cwd="/",
                              env={**os.environ, **(env or {})})
        assert not check or done.returncode == 0, f"{' '.join(argv)}: status {done.returncode}\n{done.stderr}"
        return done

    def up(self, **options):
        return self.run("up", "--detach", timeout=600, **options)

    def down(self, **options):
        return self.run("down", **options)

    def scene(self, name):
        """Enters a scene; returns when the servers show it."""
        self.run("scene", name)

    def ctl(self, action, part):
        self.run("ctl", action, part)

    def stop(self, part):
        """Stops a part: its port refuses connections."""
        self.ctl("stop", part)

    def kill(self, part):
        """Ends a part as in a crash."""
        self.ctl("kill", part)

    def start(self, part):
        """Returns when it answers."""
        self.ctl("start", part)

    def freeze(self, part):
        """Connections stay open, new ones are accepted by the kernel, nothing answers."""
        self.ctl("freeze", part)

    def thaw(self, part):
        self.ctl("thaw", part)

    @contextlib.contextmanager
    def paused(self):
        """Pauses the workload meanwhile, so that figures can be compared."""
        self.run("ctl", "pause")
        try:
            yield self
        finally:
            self.run("ctl", "resume")

    def hold(self):
        """Pauses the workload until the next scene or `ctl resume`: once for several tests."""
        if not json.loads((self.folder / "mode.json").read_text())["paused"]:
            self.run("ctl", "pause")

    # Facts.

    @property
    def config(self):
        """A configuration that watches it."""
        return self.folder / "stacktop.yaml"

    @property
    def state(self):
        return json.loads((self.folder / "state.json").read_text())

    def port(self, part):
        return self.state["parts"][part]["port"]

    def pid(self, part):
        self.is_calm = False  # for a signal
        return self.state["parts"][part]["process"]["pid"]

    def need(self, *parts):
        """Skips the test if a part is not available."""
        for part in parts:
            facts = self.state["parts"][part]
            if facts["status"] == "absent":
                pytest.skip(f"no {part} in the sandbox: {facts['reason']}")

    @property
    def dsn(self):
        password = self.state["passwords"]["ecap_user"]
        return f"postgresql://ecap_user:{password}@{HOST}:{self.port('postgres')}/ecap"

    @property
    def bootstrap(self):
        return f"{HOST}:{self.port('kafka')}"

    # Answers of its servers.

    def connect(self, user="postgres", name="test", part="postgres", **options):
        """A connection of psycopg2; the superuser can connect even when all others are refused."""
        connection = psycopg2.connect(**{"host": HOST, "port": self.port(part), "dbname": "ecap", "user": user,
                                         "password": self.state["passwords"][user], "application_name": name,
                                         "connect_timeout": 5, **options})
        connection.autocommit = True
        return connection

    def sql(self, text, *values, user="postgres", **options):
        """All rows of a query; options as for connect."""
        with contextlib.closing(self.connect(user, **options)) as connection, connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def sessions(self):
        """{(state, blocked): number} of the other client backends."""
        return {(state, blocked): count for state, blocked, count in self.sql(
            "SELECT state, cardinality(pg_blocking_pids(pid)) > 0, count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1, 2")}

    @property
    def redis(self):
        return redis.Redis(host=HOST, port=self.port("redis"), decode_responses=True, socket_timeout=5)

    def info(self):
        with contextlib.closing(self.redis) as client:
            return client.info()

    def kafka_tool(self, tool, *arguments):
        """Output of one of Kafka's command line tools (takes a second)."""
        return self.run("kafka-tool", tool, *arguments).stdout

    def offsets(self, group=GROUP):
        """{(topic, partition): (committed, end, lag)} from kafka-consumer-groups; None for "-"."""
        found = {}
        for line in self.kafka_tool("consumer-groups", "--describe", "--group", group).splitlines():
            fields = line.split()
            if len(fields) >= 6 and fields[0] == group:
                numbers = [None if field == "-" else int(field) for field in fields[3:6]]
                found[fields[1], int(fields[2])] = tuple(numbers)
        return found

    def lag(self, topic=TOPIC):
        return sum(lag or 0 for (name, _), (_, _, lag) in self.offsets().items() if name == topic)

    def group_state(self, group=GROUP):
        """(state, members) of a group."""
        text = self.kafka_tool("consumer-groups", "--describe", "--group", group, "--state")
        return re.search(rf"^{group} .* (\w+) +(\d+) *$", text, re.M).groups()

    @staticmethod
    def disk(mount="/"):
        """statvfs of a mount: what df shows."""
        return os.statvfs(mount)


def wait_until(condition, seconds=10, what=""):
    """Waits until it is true, and returns its value."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {seconds} s: {what or condition}"
        time.sleep(0.05)
    return value


@contextlib.contextmanager
def running(folder):
    """The sandbox in $STACKTOP_SANDBOX if it is running, or a new one in the folder."""
    given = os.environ.get("STACKTOP_SANDBOX")
    if given and (Path(given) / "state.json").exists():
        yield Sandbox(given)
        return
    sandbox = Sandbox(folder)
    try:
        sandbox.up()
        yield sandbox
    finally:
        sandbox.down()
