"""Pages of Redis, each next to the server's own answers at the same moment."""

import contextlib
import re
import socket
import threading

import pytest
import redis

from page_redis_server import as_user, cache, refused, server, show  # noqa: F401 (fixtures)
from keys import agree, open_page, outcome
from redis_servers import configure
from sandbox import wait_until
from stacktop import dashboard, stacktop

BESIDE = "others"


# ---- redis.commands

def test_commands_count_what_the_server_counts(server, cache):
    for number in range(7):
        server.client.set("key", number)
    with pytest.raises(redis.ResponseError):
        server.client.lpush("key", "no list")
    tables, _ = show(cache, "redis.commands")
    stats = server.client.info("commandstats")
    cells, own = tables["commands"]["set"], stats["cmdstat_set"]
    assert [cells["total_calls"], cells["total_rejected"], cells["total_failed"]] == [7, 0, 0]
    assert cells["total_time"] == pytest.approx(own["usec"] / 1e6)
    assert cells["total_mean"] == pytest.approx(own["usec"] / 7e6)
    assert cells["p50"] > 0 and cells["p50"] <= cells["p99"] <= cells["p99_9"]
    assert cells["watched_calls"] == {"unknown": "needs two collections"}
    assert tables["commands"]["lpush"]["total_failed"] == 1
    assert "config resetstat" in tables["commands"]  # a subcommand
    assert tables["errors"]["WRONGTYPE"]["total"] == 1 and "errorstat_WRONGTYPE" in server.client.info("errorstats")


def test_commands_count_from_the_opening(server, cache):
    server.client.mset({"before": 1})
    done = threading.Event()

    def work():
        with contextlib.closing(redis.Redis(port=server.port)) as client:
            while not done.wait(0.002):
                client.get("key")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        run = stacktop("show", "-c", cache, "redis.commands", "cache", "--duration", "2s", "--sort", "calls now", "--json")
    finally:
        done.set()
        worker.join()
    assert run.status == 0, run
    tables = {table["id"]: table["rows"] for table in run.json["target"]["tables"]}
    rows = {row["key"]: row["cells"] for row in tables["commands"]}
    assert tables["commands"][0]["key"] == "get" and rows["get"]["rate"] > 10
    assert 10 < rows["get"]["watched_calls"] <= rows["get"]["total_calls"]
    assert rows["mset"]["watched_calls"] == 0 and rows["mset"]["total_calls"] == 1
    assert sum(cells["share"] for cells in rows.values()) == pytest.approx(1)
    summary = tables["summary"][0]["cells"]
    assert 0 < summary["busy"] < 1.5 and summary["calls"] > 10 and summary["watched"] >= 1


def test_commands_without_the_right(server, cache, tmp_path):
    with as_user(server, tmp_path, "-info") as config:
        assert "needs a right: ACL SETUSER watcher +info" in refused(config, "redis.commands")


# ---- redis.clients

@pytest.fixture
def workers(server):
    """Two clients of one name, one of which waits, and one whose replies pile up."""
    clients = [redis.Redis(port=server.port, client_name=name, socket_timeout=600) for name in ("worker", "worker", "reader")]
    for client in clients:
        client.ping()
    waiter = threading.Thread(target=lambda: contextlib.suppress(redis.RedisError) and clients[0].blpop(["queue"], timeout=0))
    waiter.start()
    wait_until(lambda: server.client.info()["blocked_clients"] == 1, what="the client to wait")
    yield {each["addr"]: each for each in server.client.client_list()}
    server.client.rpush("queue", "end")
    waiter.join(10)
    for client in clients:
        client.close()


def test_clients_by_name_and_one_by_one(server, cache, workers):
    tables, notes = show(cache, "redis.clients")
    listed = {client["id"]: client for client in server.client.client_list()}
    rows = tables["clients"]
    assert set(rows) == {name for name, client in listed.items() if client["name"] != "stacktop"}
    for name, cells in rows.items():
        client = listed[name]
        assert cells["addr"] == client["addr"] and cells.get("name", "") == client["name"]
        assert abs(cells["age"] - int(client["age"])) <= 2
    [waiter] = [cells for cells in rows.values() if cells["kind"] == "blocked"]
    assert [waiter["name"], waiter["cmd"], waiter["resp"]] == ["worker", "blpop", "2"]
    group = tables["groups"]["worker 127.0.0.1"]
    assert [group["clients"], group["blocked"], group["host"]] == [2, 1, "127.0.0.1"]
    assert group["share"] == pytest.approx(2 / 10000)
    [summary] = tables["summary"].values()
    assert [summary["blocked"], summary["maxclients"]] == [1, 10000]
    assert summary["clients"] >= len(rows)
    assert any("without 1 connection of stacktop" in note for note in notes)


def test_output_that_a_client_does_not_read(server, cache):
    """As CLIENT LIST says at the same moment, in its row and in that of its group."""
    server.client.set("large", "x" * 100000)
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port))) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(b"CLIENT SETNAME pile\r\n" + b"GET large\r\n" * 200)

        def listed():
            return [each for each in server.client.client_list() if each["name"] == "pile"]

        def piled():  # all 200, less what the sockets hold
            own = listed()
            return own[0] if own and own[0]["cmd"] == "get" and own[0]["qbuf"] == "0" and \
                int(own[0]["omem"]) == int(listed()[0]["omem"]) > 10 << 20 else None

        own = wait_until(piled, what="the replies to pile up")
        tables, _ = show(cache, "redis.clients")
        cells, after = tables["clients"][own["id"]], listed()[0]
        # the sockets still take some of it
        assert int(after["omem"]) <= cells["output"] <= int(own["omem"])
        assert cells["output"] < cells["memory"] <= int(own["tot-mem"])
        assert tables["groups"]["pile 127.0.0.1"]["output"] == cells["output"]
        assert stacktop("show", "-c", cache, "redis.clients", "cache").stdout.count("pile") >= 2
    server.client.delete("large")


def test_clients_without_the_right(server, cache, tmp_path):
    with as_user(server, tmp_path) as config:
        assert "needs a right: ACL SETUSER watcher +client|list" in refused(config, "redis.clients")


# ---- redis.latency

SECRET = "hunter2-of-the-test"


def test_latency_shows_events_and_slow_commands_without_arguments(server, cache):
    server.client.config_set("latency-monitor-threshold", 20)
    server.client.config_set("slowlog-log-slower-than", 0)
    server.client.set("key\n\x1b[31m", SECRET)
    server.client.config_set("slowlog-log-slower-than", -1)
    server.client.execute_command("DEBUG", "SLEEP", "0.05")
    tables, notes = show(cache, "redis.latency")
    [event] = server.client.execute_command("LATENCY", "LATEST")
    cells = tables["events"]["command"]
    assert cells["took"] == event[2] / 1000 and cells["max"] == event[3] / 1000 >= 0.05 and cells["events"] == 1
    assert cells["mean"] == cells["took"]
    assert "SET key\\n\\x1b[31m ..." in [row["command"] for row in tables["slow"].values()]
    assert SECRET not in str(tables)
    entry = next(row for row in tables["slow"].values() if row["command"].startswith("SET"))
    assert entry["took"] < 1 and entry["client"].startswith("127.0.0.1:")
    [summary] = tables["summary"].values()
    assert 0 < summary["round_trip"] <= summary["slowest_ping"] < 5
    assert summary["monitor_threshold"] == 0.02 and "slowlog_threshold" not in summary
    assert any("slowlog-log-slower-than is -1" in note for note in notes)


def test_latency_says_how_to_record_events(server, cache):
    tables, notes = show(cache, "redis.latency")
    assert any("CONFIG SET latency-monitor-threshold 100" in note for note in notes)
    calls = sum(stat["calls"] for name, stat in server.client.info("commandstats").items())
    shown = sum(row["total_calls"] for row in tables["histogram"].values())
    assert 0 < shown <= calls
    assert sum(row["total_share"] for row in tables["histogram"].values()) == pytest.approx(1)


def test_latency_has_a_chart_on_each_row(server, cache):
    """A row of how long calls take has no history, the page it is on has: the round trip."""
    with dashboard(cache, columns=100, rows=30) as terminal:
        terminal.wait_for("1/1 targets up")
        terminal.press("1")
        open_page(terminal, "Latency")
        terminal.wait_for("TOTAL SHARE")
        terminal.press("G", "c")
        terminal.wait_for("No figure of this row has a history: these are those of redis cache")
        terminal.wait_for("[redis cache: ROUND TRIP]")
        terminal.wait_for(re.compile(r"now \S+ +min \S+ +max \S+ +mean \S+"))
        terminal.press("Esc")
        terminal.wait_for("TOTAL SHARE")


def test_latency_without_the_rights(server, cache, tmp_path):
    with as_user(server, tmp_path) as config:
        text = refused(config, "redis.latency")
    assert "needs a right: ACL SETUSER watcher +latency" in text and "needs a right: ACL SETUSER watcher +slowlog" in text
    with as_user(server, tmp_path, "+latency", "+slowlog") as config:
        tables, _ = show(config, "redis.latency")
    [summary] = tables["summary"].values()
    assert summary["monitor_threshold"] == {"unknown": "CONFIG GET is not allowed"} and summary["round_trip"] > 0


# ---- from the page to the action

def test_marked_clients_are_killed_from_the_page(server, tmp_path):
    config = configure(tmp_path, server)
    clients = {name: redis.Redis(port=server.port, client_name=name) for name in ("doomed-1", "doomed-2", "neighbour")}
    for client in clients.values():
        client.ping()

    def names():
        return {each["name"] for each in server.client.client_list()} - {"", "stacktop"}

    try:
        with dashboard(config, columns=140, rows=40) as terminal:
            terminal.wait_for("all ok")
            terminal.press("v")
            terminal.wait_for("Pages of redis cache")
            terminal.press("Down", "Enter")
            terminal.wait_for("cache: Clients")
            terminal.wait_for("doomed-2")
            terminal.press("/", "doomed", "Enter")
            terminal.wait_for(lambda screen: "neighbour" not in screen.text)
            terminal.press("g", "G", " ")
            terminal.press("Up", " ")
            terminal.press("a")
            terminal.wait_for("Actions: ")
            for _ in range(20):
                terminal.settle(0.05)
                if re.search("► *kill clients", terminal.screen.text):
                    break
                terminal.press("Down")
            terminal.press("Enter")
            terminal.wait_for("Kill 2 clients of cache")
            agree(terminal, "cache 2")
            assert "2 of 2" in outcome(terminal) or "gone" in terminal.screen.text
            assert names() == {"neighbour"}
    finally:
        for client in clients.values():
            client.close()
