"""Metrics for Prometheus: a file for node_exporter, and a small server."""

import re
import shutil
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

from sandbox import wait_until
from stacktop import BINARY, closed_port, stacktop, write_config

BESIDE = "others"
SERIES = re.compile(r'([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$')


def check_text(text):
    """{series: value}; fails where OpenMetrics or the older format is not kept."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], lines[-3:]
    family, seen, families = None, {}, set()
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            family, kind = line.split(" ")[2:]
            assert kind == "gauge" and family not in families, line
            families.add(family)
        elif line.startswith("# UNIT "):
            assert line.split(" ")[2] == family and family.endswith("_" + line.split(" ")[3]), line
        elif line.startswith("# HELP "):
            assert line.split(" ")[2] == family, line
        else:
            match = SERIES.match(line)
            assert match and match[1] == family, line
            assert line.rsplit(" ", 1)[0] not in seen, f"twice: {line}"
            seen[line.rsplit(" ", 1)[0]] = float(match[3])
    if shutil.which("promtool"):
        ran = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=20)
        assert ran.returncode in (0, 3) and "error while linting" not in ran.stderr, ran  # 3: advice on names
    return seen


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="200ms",
                        services=[{"name": 'gone "x"', "address": f"127.0.0.1:{closed_port()}"}],
                        state=str(tmp_path / "state"))


def test_a_check_for_the_textfile_collector(config, tmp_path):
    path = tmp_path / "stacktop.prom"
    path.write_text("old")
    run = stacktop("-c", config, "check", "--openmetrics", "--output", path)
    assert run.status == 2 and not run.stdout, run  # the status is that of any check
    series = check_text(path.read_text())
    assert series['stacktop_target_fresh{kind="host",target="here"}'] == 1
    gone = '{kind="service",target="gone \\"x\\""}'
    assert series["stacktop_target_fresh" + gone] == 1  # that it refuses is known
    assert series["stacktop_target_severity" + gone] == 3
    assert 0 < series['stacktop_disk_used_ratio{kind="host",target="here",table="disks",row="/"}'] < 1
    assert series['stacktop_findings{severity="critical"}'] == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert sorted(each.name for each in tmp_path.iterdir() if "prom" in each.name) == ["stacktop.prom"]
    assert check_text(stacktop("-c", config, "check", "--openmetrics").stdout)


def test_a_file_that_cannot_be_written(config, tmp_path):
    run = stacktop("-c", config, "check", "--openmetrics", "--only", "host", "--output", tmp_path / "no/x.prom")
    assert run.status in (1, 3) and "cannot write" in run.stderr and "No such file" in run.stderr, run
    for words, why in ((("--output", "x"), "only valid with --openmetrics"), (("--openmetrics", "--output"), "requires"),
                       (("--openmetrics", "--json"), "exclude each other")):
        run = stacktop("-c", config, "check", *words)
        assert run.status == 64 and why in run.stderr, run


@pytest.fixture
def server(config):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([BINARY, "-c", config, "serve", "--metrics", "--listen", f"127.0.0.1:{port}"],
                               stderr=subprocess.PIPE, text=True)
    assert "serving http://127.0.0.1" in process.stderr.readline()
    process.send_signal(signal.SIGUSR2)  # to reload dashboards: it ends nothing
    yield port
    process.terminate()
    assert process.wait(10) == 0


def answers(port, up):
    """Whether it has noticed that the connections beyond its limit are gone."""
    try:
        return check_text(get(port)[1]).get(up) == 1
    except (urllib.error.URLError, ConnectionError):
        return False


def get(port, path="/metrics", **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_it_serves_what_it_sees(server):
    up = 'stacktop_target_fresh{kind="host",target="here"}'
    assert wait_until(lambda: answers(server, up), 10)
    kind, text = get(server, Accept="application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text") and check_text(text)
    assert get(server)[0].startswith("text/plain; version=0.0.4")
    for path, headers, status in (("/other", {}, 404), ("/metrics", {"Host": "evil.example.com"}, 403)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(server, path, **headers)
        assert refused.value.code == status
    idle = [socket.create_connection(("127.0.0.1", server)) for _ in range(40)]  # they cost others nothing for long
    for each in idle:
        each.close()
    assert wait_until(lambda: answers(server, up), 10)


def test_it_stays_on_the_loopback(config):
    run = stacktop("-c", config, "serve", "--metrics", "--listen", "0.0.0.0:9876")
    assert run.status == 64 and "--allow-remote" in run.stderr, run
    run = stacktop("-c", config, "serve", "--metrics", "--listen", "example.com:9876")
    assert run.status == 64 and "not an address" in run.stderr, run
    assert stacktop("-c", config, "serve").status == 64
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = stacktop("-c", config, "serve", "--metrics", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert run.status == 1 and "cannot listen" in run.stderr, run
