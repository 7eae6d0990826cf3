"""What a ZooKeeper must say to be believed: played servers (test_zookeeper_long.py has a real ensemble)."""

import contextlib
import socketserver
import threading

import pytest

from stacktop import CRIT, OK, UNKNOWN, check, write_config

BESIDE = "others"
FORBIDDEN = "{} is not executed because it is not in the whitelist.\n"
SRVR = ("Zookeeper version: 3.9.3-c26634f3, built on 2024-10-17 23:21 UTC\nLatency min/avg/max: 0/1.5/12\nReceived: 2\nSent: 1\n"
        "Connections: 1\nOutstanding: 3\nZxid: 0x100000000\nMode: {}\nNode count: 5\n")
MNTR = ("zk_version\t3.9.3-c26634f3, built on 2024-10-17 23:21 UTC\nzk_server_state\tleader\nzk_avg_latency\t1.5\n"
        "zk_outstanding_requests\t3\nzk_znode_count\t5\nzk_quorum_size\t3\nzk_synced_followers\t1\nzk_open_file_descriptor_count\t90\n"
        "zk_max_file_descriptor_count\t100\nzk_num_alive_connections\t2\n")


@contextlib.contextmanager
def played(answers):
    """By word; None: closes without an answer; False: hangs. Yields the address."""
    hanging = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            word = self.request.recv(16).decode()
            answer = answers.get(word, answers.get("*"))
            if answer is False:
                hanging.wait(20)
            elif answer:
                self.request.sendall(answer.encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        hanging.set()
        server.shutdown()


def look(folder, answers):
    with played(answers) as address:
        return check(write_config(folder, zookeeper=[{"name": "zk", "address": address, "timeout": "2s"}], hosts=[]), "--json")


def error(run):
    return run.document.target("zookeeper")["error"]["text"]


def test_a_leader_without_a_follower(tmp_path):
    run = look(tmp_path, {"mntr": MNTR, "srvr": SRVR.format("leader"), "ruok": "imok"})
    row = run.document.summary("zookeeper", "summary")
    assert row["mode"] == "leader" and row["znodes"] == 5 and row["outstanding"] == 3 and row["zxid"] == "0x100000000"
    assert row["voters_missing"] == 1 and row["files"] == 0.9 and row["version"] == "3.9.3" and row["avg_latency"] == 0.0015
    assert "does not report" in row["watches"]["unknown"]
    sentences = " ".join(text for _, text in run.document.findings)
    assert "voters missing 1" in sentences and "files 90%" in sentences


def test_mntr_that_is_not_allowed_is_explained(tmp_path):
    run = look(tmp_path, {"*": FORBIDDEN.format("mntr"), "srvr": SRVR.format("follower")})
    assert run.status == OK, run
    row = run.document.summary("zookeeper", "summary")
    assert row["mode"] == "follower" and row["outstanding"] == 3 and row["max_latency"] == 0.012
    assert "4lw.commands.whitelist" in row["watches"]["unknown"] and "voters_missing" not in row


def test_no_quorum_is_critical_whatever_ruok_says(tmp_path):
    run = look(tmp_path, {"*": "This ZooKeeper instance is not currently serving requests\n", "ruok": "imok"})
    assert run.status == CRIT, run
    (_, sentence), = run.document.findings
    assert "no quorum" in sentence
    row = run.document.summary("zookeeper", "summary")
    assert row["mode"] == "not serving" and "does not serve" in row["znodes"]["unknown"]


def test_read_only_is_critical(tmp_path):
    run = look(tmp_path, {"mntr": MNTR.replace("leader", "read-only"), "srvr": SRVR.format("read-only"), "ruok": "imok"})
    assert run.status == CRIT and "reads only" in run.document.findings[0][1], run


@pytest.mark.parametrize("answers, words", [
    ({"*": FORBIDDEN.format("mntr")}, "set 4lw.commands.whitelist=mntr,srvr,ruok"),
    ({"*": "HTTP/1.1 400 Bad Request\r\n\r\n"}, "not that of a ZooKeeper"),
    ({"*": "\x1b[31mhello\n"}, "not that of a ZooKeeper"),
    ({"*": "imok"}, "not that of a ZooKeeper"),
    ({"*": "zk_\n"}, "not that of a ZooKeeper"),
])
def test_what_is_not_a_zookeeper_that_answers_is_unknown(tmp_path, answers, words):
    run = look(tmp_path, answers)
    assert run.status == UNKNOWN and words in error(run), run
    assert "\x1b" not in run.stdout


def test_one_that_closes_or_hangs(tmp_path):
    run = look(tmp_path, {"*": None})
    assert run.status == CRIT and "maxClientCnxns" in error(run), run
    run = look(tmp_path, {"*": False})
    assert run.status == CRIT and "no answer" in error(run), run
    run = look(tmp_path, {"*": "x" * 300000})
    assert run.status == UNKNOWN and "larger than 256 kB" in error(run), run


def test_one_that_dies_after_mntr(tmp_path):
    run = look(tmp_path, {"mntr": MNTR, "srvr": None, "ruok": None})
    assert run.document.summary("zookeeper", "summary")["mode"] == "leader", run
