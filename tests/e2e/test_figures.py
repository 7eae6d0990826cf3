"""The figures equal those of the servers' own tools at the same moment: kafka-consumer-groups, pg_stat_activity, INFO,
df. The workload is paused."""

import os
import re
import subprocess

import pytest

from overview import HOST_OFF, overview
from sandbox import GROUP, PARTITIONS, TOPIC
from stacktop import check
from terminal import environment

GET_OFFSETS = "org.apache.kafka.tools.GetOffsetShell"


@pytest.fixture(scope="module")
def stage(sandbox):
    sandbox.scene("calm")
    yield sandbox
    sandbox.scene("calm")


@pytest.fixture
def still(stage):
    stage.hold()
    return stage


def document(sandbox, only):
    run = check(sandbox.config, "--only", only, "--json")
    return run.document


def drawn(number):
    return f"{number:,}"


def test_lag_of_each_partition(still):
    still.need("kafka")
    told = still.offsets()  # {(topic, partition): (committed, end, lag)}
    rows = document(still, "kafka").rows("kafka", "lag")
    assert len(told) == PARTITIONS + 6
    first = {}
    for topic in {topic for topic, _ in told}:
        for line in still.kafka_tool(GET_OFFSETS, "--topic", topic, "--time", "-2").splitlines():
            name, partition, offset = line.rsplit(":", 2)
            first[name, int(partition)] = int(offset)
    for (topic, partition), (committed, end, lag) in told.items():
        cells = rows[f"{GROUP}/{topic}/{partition}"]
        assert (cells.get("committed"), cells["end"], cells.get("lag")) == (committed, end, lag), (topic, partition)
        assert cells["start"] == first[topic, partition]
    for topic in {topic for topic, _ in told}:
        assert rows[f"{GROUP}/{topic}"]["lag"] == sum(lag or 0 for (name, _), (_, _, lag) in told.items() if name == topic)
    group = rows[GROUP]
    assert group["lag"] == sum(lag or 0 for _, _, lag in told.values())
    assert (group["state"], str(group["members"])) == still.group_state()
    assert group["partitions"] == len(told)
    assert told == still.offsets()  # it did stand still


def test_connections_by_state(still):
    sessions = still.sessions()
    limit = (int(still.sql("SHOW max_connections")[0][0])
             - int(still.sql("SHOW superuser_reserved_connections")[0][0]))
    doc = document(still, "postgres")
    cells = doc.summary("postgres", "connections")
    assert cells["used"] == sum(sessions.values()) + 1  # its own, while it looks
    assert cells["limit"] == limit
    assert cells["ratio"] == pytest.approx(cells["used"] / limit)
    for column, state in (("idle", "idle"), ("idle_in_transaction", "idle in transaction"),
                          ("aborted", "idle in transaction (aborted)"), ("active", "active")):
        own = column == "idle"  # stacktop's session is idle between two collections
        assert cells[column] == sum(count for (name, _), count in sessions.items() if name == state) + own, column
    states = ("active", "idle", "idle_in_transaction", "aborted", "other")
    assert sum(cells[column] for column in states) == cells["used"]
    assert cells["waiting"] == 0
    assert cells["version"] == still.sql("SHOW server_version")[0][0].split(" ")[0]
    told = {pid: rest for pid, *rest in still.sql(
        "SELECT pid, usename, application_name, state FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND application_name <> 'test'")}
    # A connection of the test that was just closed may still be listed, at either of the two moments.
    rows = [row for row in doc.rows("postgres", "sessions").values() if row["application"] != "test"]
    assert {row["pid"]: [row["user"], row["application"], row["state"]] for row in rows} == told


def test_sessions_that_block(calm):
    """With locks held and connections near the limit: the tree equals that of pg_blocking_pids."""
    calm.scene("db-hog")
    with calm.paused():  # a scene sets the workload going
        doc = document(calm, "postgres")
        waits = {pid: sorted(blockers) for pid, blockers in calm.sql(
            "SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0")}
        states = calm.sessions()
    rows = {row["pid"]: row for row in doc.rows("postgres", "sessions").values()}
    assert len(waits) == 3
    assert {pid: sorted(map(int, row["blocked_by"].split(", "))) for pid, row in rows.items()
            if "blocked_by" in row} == waits
    cells = doc.summary("postgres", "connections")
    assert cells["waiting"] == len(waits)
    assert cells["active"] == sum(count for (state, _), count in states.items() if state == "active")
    assert cells["idle_in_transaction"] == sum(
        count for (state, _), count in states.items() if state == "idle in transaction")


def test_memory_and_keys(still):
    before = still.info()
    doc = document(still, "redis")
    after = still.info()
    cells = doc.summary("redis", "summary")
    # what the question itself costs is in it, too: both sides of it, within a client's buffers
    slack = 64 * 1024
    assert (min(before["used_memory"], after["used_memory"]) - slack <= cells["used"]
            <= max(before["used_memory"], after["used_memory"]) + slack)
    assert cells["maxmemory"] == before["maxmemory"] == 64 * 1024 * 1024
    assert cells["policy"] == before["maxmemory_policy"]
    assert cells["memory_ratio"] == pytest.approx((cells["used"] - cells["not_counted"]) / cells["maxmemory"])
    assert cells["clients"] == before["connected_clients"]  # theirs then, ours now
    assert cells["maxclients"] == before["maxclients"]
    assert cells["role"] == before["role"]
    assert before["redis_version"] in cells["version"]
    # keys expire in between
    assert after["db0"]["keys"] <= cells["keys"] <= before["db0"]["keys"]
    assert after["db0"]["expires"] <= cells["expires"] <= before["db0"]["expires"]
    assert doc.rows("redis", "keyspace")["db0"]["keys"] == cells["keys"]


def df(*arguments):
    """{column: text} of one line of df."""
    lines = subprocess.run(["df", *arguments], check=True, capture_output=True, text=True,
                           env=environment("dumb")).stdout.splitlines()
    return dict(zip(lines[0].replace("Mounted on", "Mounted").split(), lines[1].split()))


def test_disk(still):
    space, inodes = df("-B1", "/"), df("-i", "/")
    cells = document(still, "host").rows("host", "disks")["/"]
    again, facts = df("-B1", "/"), still.disk("/")
    assert cells["size"] == int(space["1B-blocks"]) == facts.f_blocks * facts.f_frsize
    # others write to it meanwhile
    assert sorted((int(space["Used"]), cells["used_bytes"], int(again["Used"])))[1] == pytest.approx(
        cells["used_bytes"], abs=64 << 20)
    assert cells["free"] == pytest.approx(int(again["Available"]), abs=64 << 20)
    assert cells["used"] == pytest.approx(cells["used_bytes"] / (cells["used_bytes"] + cells["free"]))
    assert -(-cells["used"] * 100 // 1) == pytest.approx(int(again["Use%"].rstrip("%")), abs=1)  # df rounds up
    assert cells["inodes_total"] == int(inodes["Inodes"]) == facts.f_files
    assert cells["inodes_free"] == pytest.approx(int(inodes["IFree"]), abs=20000)
    assert cells["inodes"] == pytest.approx(1 - cells["inodes_free"] / cells["inodes_total"])
    if space["Filesystem"] == "-":  # in a chroot, df does not know it either
        assert cells["device"] == {"unknown": "not in the list of mounts"}
    else:
        assert cells["device"] == space["Filesystem"]


def test_the_host(still):
    cells = document(still, "host").summary("host", "host")
    memory = {}
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            name, value = line.split(":")
            memory[name] = int(value.split()[0]) * 1024
    assert cells["memory_total"] == memory["MemTotal"]
    assert cells["memory_available"] == pytest.approx(memory["MemAvailable"], rel=0.1)
    assert cells["cores"] == os.sysconf("SC_NPROCESSORS_ONLN")
    assert cells["load1"] == pytest.approx(os.getloadavg()[0], rel=0.5, abs=1)
    assert cells["hostname"] == os.uname().nodename


def test_the_dashboard_draws_the_same(still, tmp_path):
    """Zoomed in, pane by pane: the numbers of the tools stand on the screen."""
    still.need("kafka")
    told, sessions, most = still.offsets(), still.sessions(), still.info()["db0"]["keys"]
    path = tmp_path / "stacktop.yaml"
    path.write_text(still.config.read_text() + HOST_OFF)
    with overview(path, columns=200, rows=50) as o:
        o.wait(lambda o: o.verdict == "all ok")
        used, limit = sum(sessions.values()) + 1, 47
        o.wait(lambda o: re.search(rf"conns {used} +of {limit} ", o.pane("PostgreSQL").text))
        assert re.search(rf"idle {sessions.get(('idle', False), 0) + 1} ", o.pane("PostgreSQL").text), o.terminal.show()
        total = sum(lag or 0 for _, _, lag in told.values())
        assert f" lag {drawn(total)} " in o.pane("Kafka lag").title, o.pane("Kafka lag").title
        keys = int(re.search(r"keys ([\d,]+)", o.pane("Redis").text).group(1).replace(",", ""))
        assert still.info()["db0"]["keys"] <= keys <= most  # they expire in between
        space = df("-B1", "/")
        row = o.pane("Disks & host").row(" / ")
        assert re.search(r"(\d+)%", row), row
        assert int(re.search(r"(\d+)%", row).group(1)) == pytest.approx(int(space["Use%"].rstrip("%")), abs=1)
        # the partitions, in the zoomed pane
        o.terminal.press("3", "Enter")
        o.wait(lambda o: "1 Services" not in o.screen.text)
        selected = re.compile(rf"^[►>].* {TOPIC} ", re.M)
        while not selected.search(o.screen.text):
            before = o.screen.text
            o.terminal.press("Down")
            o.wait(lambda o: o.screen.text != before)
        o.terminal.press("Right")
        o.wait(lambda o: f"partition {PARTITIONS - 1} " in o.screen.text)
        for (topic, partition), (committed, end, lag) in told.items():
            if topic == TOPIC:
                line = o.screen.line(f" partition {partition} ")
                numbers = re.findall(r"(?<![\d.,+-])[\d,]+(?![\d,./%ms])", line)
                assert {drawn(lag), drawn(committed), drawn(end)} <= set(numbers), (line, committed, end, lag)
