"""A fleet through a real Prometheus that scrapes a real node_exporter and played hosts."""

import json
import urllib.request

import pytest

from fleet_hosts import Played, changed, mount, node_exporter, prometheus
from sandbox import wait_until
from stacktop import CRIT, OK, UNKNOWN, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"
HOSTS = 5


def scrapes(played, address, count=HOSTS):
    """Each played host has a path of its own; its instance is its number."""
    return [{"job_name": "node", "static_configs": [
                {"targets": [address, f"127.0.0.1:{closed_port()}"], "labels": {"env": "real"}},
                *({"targets": [f"127.0.0.1:{played.port}"],
                   "labels": {"env": "played", "__metrics_path__": f"/{i}/metrics", "instance": f"host{i}:9100",
                              "nickname": f"name{i}"}} for i in range(1, count + 1))]},
            {"job_name": "other", "static_configs": [{"targets": [f"127.0.0.1:{closed_port()}"]}]}]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(URL, Played, folder) after some scrapes."""
    folder = tmp_path_factory.mktemp("fleet")
    with Played() as played, node_exporter(folder) as address:
        played.page += mount("/data", 1000e9, 50e9) + 'node_filesystem_device_error{device="filer:/x",' \
            'device_error="",fstype="nfs",mountpoint="/x"} 1\n'
        with prometheus(folder / "prometheus", scrapes(played, address)) as url:
            wait_until(lambda: count(url, 'rate(node_load1{env="played"}[20s])') == HOSTS and
                       count(url, 'rate(node_load1{env="real"}[20s])') == 1, 60, "two scrapes of each")
            yield url, played, folder


def ask(url, query):
    with urllib.request.urlopen(f"{url}/api/v1/query?query=" + urllib.request.quote(query), timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def count(url, query):
    return len(ask(url, query))


def config(tmp_path, url, **options):
    return write_config(tmp_path, fleets=[{"name": "site", "interval": "1s", "window": "20s", "url": url, **options}],
                        state=str(tmp_path / "state"))


def hosts(run):
    return {row["host"]: {**row, "key": key} for key, row in run.document.rows("fleet", "hosts").items()}


def test_what_it_reads(tmp_path, site):
    url, _, _ = site
    run = check(config(tmp_path, url), "--json")
    assert run.status == CRIT, run
    found = hosts(run)
    assert len(found) == HOSTS + 2, run
    real = next(row for name, row in found.items() if row["state"] == "up" and not name.startswith("host"))
    (instance,) = [each["metric"]["instance"] for each in ask(url, 'up{env="real"} == 1')]
    assert real["key"] == f"node/{instance}"
    idle = ask(url, f'avg(rate(node_cpu_seconds_total{{instance="{instance}",mode=~"idle"}}[20s]))')
    assert abs(real["cpu"] + real["iowait"] + float(idle[0]["value"][1]) - 1) < 0.3
    local = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in open("/proc/meminfo")}
    assert real["memory_total"] == local["MemTotal"] and abs(real["clock"]) < 5 and real["age"] < 10
    assert found["host1"]["state"] == "up" and found["host1"]["kernel"] == "6.1.0-18-amd64"
    assert found["host1"]["net_errors"] == 0 and found["host1"]["disk"] == 0.95
    down = [row for row in found.values() if row["state"] == "down"]
    assert len(down) == 1 and "connection refused" in down[0]["note"], run
    mounts = run.document.rows("fleet", "mounts")
    assert mounts["node/host1:9100 /data"]["used"] == 0.95
    assert mounts["node/host1:9100 /data"]["growth"] == {"unknown": "needs 10m of history in Prometheus"}
    sentences = [sentence for _, sentence in run.document.findings]
    assert any("host1:/data: used 95%" in sentence for sentence in sentences)
    assert any("host1:/x: its node_exporter cannot read its figures" in sentence for sentence in sentences)
    assert not any("cannot read " in sentence and "node_exporter" not in sentence for sentence in sentences), run
    summary = run.document.summary("fleet", "summary")
    assert summary["up"] == HOSTS + 1 and summary["down"] == 1


def test_selector_and_label(tmp_path, site):
    url, _, _ = site
    run = check(config(tmp_path, url, selector='job="node",env="played"', host_label="nickname"), "--json")
    found = hosts(run)
    assert sorted(found) == [f"name{i}" for i in range(1, HOSTS + 1)], run
    assert found["name1"]["key"] == "node/host1:9100/name1"
    run = check(config(tmp_path, url, selector='job="node",env="played"', host_label="env"), "--json")
    assert "played (host2:9100)" in hosts(run), run  # of one name
    run = check(config(tmp_path, url, selector='job="nothing"'), "--json")
    assert run.status == UNKNOWN and "has no target {job=" in run.stdout and "set selector" in run.stdout, run
    run = check(config(tmp_path, url, selector='job=~"["'), "--json")
    assert run.status == UNKNOWN and "missing closing ]" in run.stdout, run
    run = check(config(tmp_path, url.replace("127.0.0.1", "localhost")), "--json")
    assert run.status == CRIT and "host1" in hosts(run)


def test_another_server(tmp_path, site):
    _, played, _ = site
    run = check(config(tmp_path, f"http://127.0.0.1:{played.port}"), "--json")
    assert run.status == UNKNOWN and "not JSON" in run.stdout, run
    run = check(config(tmp_path, f"http://127.0.0.1:{closed_port()}"), "--json")
    assert run.status == CRIT and "refused" in run.stdout, run


def test_a_named_prometheus(tmp_path, site):
    url, _, _ = site
    lists = {"prometheus": [{"name": "main", "url": url}],
             "fleets": [{"name": "site", "prometheus": "main", "window": "20s"}]}
    run = check(write_config(tmp_path, **lists), "--json")
    assert "host1" in hosts(run), run
    lists["fleets"][0]["prometheus"] = "mein"
    run = check(write_config(tmp_path, **lists))
    assert 'no target of prometheus "mein"; did you mean "main"?' in run.stderr, run
    lists["fleets"][0].update(prometheus="main", username="me", password="p")
    run = check(write_config(tmp_path, **lists))
    assert "are those of prometheus" in run.stderr, run


def test_the_page_of_a_host(tmp_path, site):
    url, _, _ = site
    run = stacktop("-c", config(tmp_path, url), "show", "fleet.host", "site", "host1")
    assert run.status == OK and "/data" in run.stdout and "eth0" in run.stdout, run
    with dashboard(config(tmp_path, url, selector='env="played"')) as screen:
        screen.wait_for("host5")
        screen.press("\r", "\r")
        screen.wait_for("INTERFACE")
        screen.wait_for("eth0")


def test_a_host_is_lost(tmp_path, site):
    """Down, then no longer scraped: never gone without a word."""
    url, played, folder = site
    played.pages[2] = (500, "broken")
    wait_until(lambda: count(url, 'up{instance="host2:9100"} == 0') == 1, 30, "up == 0")
    run = check(config(tmp_path, url), "--json")
    assert hosts(run)["host2"]["state"] == "down" and "500" in hosts(run)["host2"]["note"], run
    assert not any(key.startswith("node/host2:9100 ") for key in run.document.rows("fleet", "mounts"))
    del played.pages[2]
    path = folder / "prometheus" / "prometheus.yml"
    scraped = json.loads(path.read_text())
    configs = scraped["scrape_configs"][0]["static_configs"]
    scraped["scrape_configs"][0]["static_configs"] = [
        each for each in configs if each["labels"].get("instance") != "host3:9100"]
    wait_until(lambda: count(url, 'max_over_time(timestamp(up{instance="host3:9100"})[1h:1m])') == 1, 90,
               "a point of the minute that Prometheus looks back at")
    path.write_text(json.dumps(scraped))
    urllib.request.urlopen(urllib.request.Request(f"{url}/-/reload", method="POST"), timeout=10).close()
    wait_until(lambda: count(url, 'up{instance="host3:9100"}') == 0, 60, "a target that is gone")
    run = check(config(tmp_path, url), "--json")
    row = hosts(run)["host3"]
    assert row["state"] == "missing" and "does not scrape it any more" in row["note"], run
    assert any("host3: expected but not answering" in sentence for _, sentence in run.document.findings)
    assert run.document.summary("fleet", "summary")["down"] == 2


def test_a_restart(tmp_path, site):
    url, played, _ = site
    played.pages[4] = changed(played.page, node_boot_time_seconds="1.7e9", node_network_receive_errs_total="0",
                              node_cpu_seconds_total="1")
    wait_until(lambda: count(url, 'node_boot_time_seconds{instance="host4:9100"} == 1.7e9') == 1, 30, "another start")
    row = hosts(check(config(tmp_path, url), "--json"))["host4"]
    assert row["boot"] == 1.7e12 and row["net_errors"] == 0
    assert "reset" in str(row["cpu"]) or "no CPU time" in str(row["cpu"]) or 0 <= row["cpu"] <= 1
