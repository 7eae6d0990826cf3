"""A fleet of node_exporters: a real one, and played ones that are down, wrong, silent, huge, denied."""

import shutil
import subprocess

import pytest

from fleet_hosts import RECORDED, Played, changed, mount, node_exporter, silent_port
from stacktop import CONFIG, CRIT, UNKNOWN, check, closed_port, dashboard, write_config

BESIDE = "others"


def fleet(tmp_path, addresses, **options):
    return write_config(tmp_path, fleets=[{"name": "web", "interval": "1s", "addresses": addresses, **options}],
                        state=str(tmp_path / "state"))


def rows(run, table="hosts"):
    return run.document.rows("fleet", table)


@pytest.fixture
def played():
    with Played() as played:
        yield played


def test_a_real_node_exporter(tmp_path):
    with node_exporter(tmp_path) as address:
        run = check(fleet(tmp_path, [address]), "--json", "--duration", "3s")
    (host,) = rows(run).values()
    assert host["state"] == "up" and 0 <= host["cpu"] <= 1, run
    local = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in open("/proc/meminfo")}
    assert host["memory_total"] == local["MemTotal"]
    assert host["kernel"] == subprocess.run(["uname", "-r"], capture_output=True, text=True).stdout.strip()
    assert abs(host["uptime"] - float(open("/proc/uptime").read().split()[0])) < 20
    assert abs(host["clock"]) < 5
    used = shutil.disk_usage("/")
    root = rows(run, "mounts")[f"{address} /"]
    assert root["size"] == used.total and abs(root["used"] - used.used / (used.used + used.free)) < 0.05
    assert run.document.summary("fleet", "summary")["up"] == 1


def test_each_host_fails_for_itself(tmp_path, played):
    listener, silent = silent_port()
    played.pages = {2: (200, "<html>It works!</html>"), 3: (200, "go_goroutines 1\n"), 4: (404, "not found"),
                    5: b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nnode_load1 1\n",
                    6: (200, RECORDED[:RECORDED.rindex("{") + 5]), 7: (200, "node_x 1\n" * (5 << 20)),
                    8: b"\x00\xff\x1b[31mgarbage\r\n\r\n", 9: (200, "node_load1 \x1b[31m\n")}
    config = fleet(tmp_path, [played.addresses(1, 9), f"127.0.0.1:{silent}", f"127.0.0.1:{closed_port()}"],
                   host_timeout="1s", timeout="10s")
    run = check(config, "--json")
    listener.close()
    assert run.status == CRIT and "\x1b" not in run.stdout, run
    hosts = rows(run)
    said = {key: (row["state"], row.get("note")) for key, row in hosts.items()}
    assert len(hosts) == 11
    assert said[played.host(1)][0] == "up"
    for number, words in {2: "is not a metric", 3: "it is not a node_exporter: 1 metrics, none of node_*", 4: "404",
                          6: "is not a metric", 7: "longer than 4 MB", 9: "is not a metric"}.items():
        state, note = said[played.host(number)]
        assert state == "unknown" and words in note, (number, state, note)
    assert said[played.host(5)][0] in ("down", "unknown") and said[played.host(8)][0] in ("down", "unknown")
    assert said[f"127.0.0.1:{silent}"] == ("down", "connected, but no response within 1.0s")
    refused = [key for key, (state, note) in said.items() if note and "refused" in note]
    assert len(refused) == 1 and hosts[refused[0]]["cpu"] == {"unknown": "the host does not answer"}
    summary = run.document.summary("fleet", "summary")
    assert summary["hosts"] == 11 and summary["up"] == 1
    assert summary["up"] + summary["down"] + summary["unknown"] == 11
    sentences = " ".join(sentence for _, sentence in run.document.findings)
    assert sentences.count("expected but not answering") >= 2 and "its figures are not known" in sentences


def test_login(tmp_path, played):
    played.require("watch", "s3cret")
    run = check(fleet(tmp_path, [played.addresses(1, 2)]), "--json")
    assert run.status == UNKNOWN and "it requires a login" in rows(run)[played.host(1)]["note"], run
    run = check(fleet(tmp_path, [played.addresses(1, 2)], username="watch", password="wrong"), "--json")
    assert "the login was refused" in rows(run)[played.host(1)]["note"] and "wrong" not in run.stdout, run
    run = check(fleet(tmp_path, [played.addresses(1, 2)], username="watch", password="s3cret"), "--json")
    assert rows(run)[played.host(2)]["state"] == "up" and "s3cret" not in run.stdout, run


def test_the_rules_of_the_local_host(tmp_path, played):
    full = (mount("/data", 1000e9, 50e9) + mount("/srv", 1000e9, 50e9, "filer:/srv", "nfs4") +
            mount("/dev/shm", 1e9, 9e8, "tmpfs", "tmpfs"))
    played.page += full
    played.page = changed(played.page, node_memory_MemAvailable_bytes="1000")
    run = check(fleet(tmp_path, [played.addresses(1, 3)]), "--json")
    mounts = rows(run, "mounts")
    host = played.host(1)
    assert mounts[f"{host} /data"]["used"] == 0.95 and f"{host} /dev/shm" not in mounts
    sentences = [sentence for severity, sentence in run.document.findings if severity == "crit"]
    assert any(sentence.startswith(f"web {host}:/data: used 95%, above 90%") for sentence in sentences), run
    # One export that three hosts have mounted is one finding.
    assert len([sentence for sentence in sentences if ":/srv: used" in sentence]) == 1
    assert any(" memory " in sentence and "above 95%" in sentence for sentence in sentences)
    assert rows(run)[host]["disk"] == 0.95


def test_a_restart_and_an_outage(tmp_path, played):
    """No false rate across them, on the screen."""
    with dashboard(fleet(tmp_path, [played.addresses(1, 1)]), rows=36) as screen:
        screen.wait_for("up 1")
        played.pages[1] = (503, "later")
        screen.wait_for("HTTP status 503")
        played.pages[1] = changed(played.page, node_boot_time_seconds="1.7e9", node_cpu_seconds_total="900000")
        screen.wait_for("restarted")


def test_wrong_options(tmp_path):
    for options, words in (({}, "it has no hosts: set addresses"),
                           ({"addresses": ["a"], "url": "http://p:9090"}, "several places"),
                           ({"prometheus": "main"}, "there is no prometheus in the configuration"),
                           ({"url": "http://p:9090", "selector": "{job=1}"}, "without braces"),
                           ({"addresses": ["a[3-1]"]}, "ends before it begins"),
                           ({"addresses": ["http://me:secret@a"]}, "set username and password")):
        config = write_config(tmp_path, fleets=[{"name": "web", **options}])
        run = check(config)
        assert run.status == CONFIG and words in run.stderr, run


