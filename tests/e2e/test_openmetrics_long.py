"""A real Prometheus scrapes `stacktop serve --metrics`, and a real node_exporter reads the file of `check --openmetrics`."""

import contextlib
import json
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request

import pytest

from sandbox import wait_until
from stacktop import BINARY, stacktop, write_config

PROMETHEUS = shutil.which("prometheus")
EXPORTER = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(*argv):
    process = subprocess.Popen(list(map(str, argv)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def text_of(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def config_of(tmp_path):
    return write_config(tmp_path, hosts=[{"name": "here", "mounts": ["/"]}], interval="500ms",
                        state=str(tmp_path / "state"))


@pytest.mark.skipif(not PROMETHEUS, reason="prometheus is not installed")
def test_prometheus_scrapes_it(tmp_path):
    ours, theirs = free_port(), free_port()
    scrape = {"job_name": "stacktop", "scrape_interval": "500ms", "scrape_timeout": "400ms",
              "static_configs": [{"targets": [f"127.0.0.1:{ours}"]}]}
    (tmp_path / "prometheus.yml").write_text(json.dumps({"scrape_configs": [scrape]}))
    with running(BINARY, "-c", config_of(tmp_path), "serve", "--metrics", "--listen", f"127.0.0.1:{ours}"), \
            running(PROMETHEUS, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
                    f"--web.listen-address=127.0.0.1:{theirs}"):
        def value(query):
            answer = text_of(f"http://127.0.0.1:{theirs}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
            results = json.loads(answer)["data"]["result"] if answer else []
            return float(results[0]["value"][1]) if results else None
        wait_until(lambda: value('up{job="stacktop"}') == 1, 30)
        wait_until(lambda: value('stacktop_target_fresh{target="here"}') == 1, 30)
        assert 0 < value('stacktop_disk_used_ratio{row="/"}') < 1
        assert value("scrape_samples_scraped") > 10
        metadata = json.loads(text_of(f"http://127.0.0.1:{theirs}/api/v1/metadata?metric=stacktop_disk_used_ratio"))
        about, = metadata["data"]["stacktop_disk_used_ratio"]
        assert about["type"] == "gauge" and about["unit"] == "ratio" and about["help"], about


@pytest.mark.skipif(not EXPORTER, reason="prometheus-node-exporter is not installed")
def test_node_exporter_reads_the_file(tmp_path):
    port = free_port()
    folder = tmp_path / "textfile"
    folder.mkdir()
    config = config_of(tmp_path)
    with running(EXPORTER, "--collector.disable-defaults", "--collector.textfile",
                 f"--collector.textfile.directory={folder}", f"--web.listen-address=127.0.0.1:{port}"):
        wait_until(lambda: text_of(f"http://127.0.0.1:{port}/metrics"), 20)
        for _ in range(5):  # replaced while it is read
            stacktop("-c", config, "check", "--openmetrics", "--output", folder / "stacktop.prom")
            text = text_of(f"http://127.0.0.1:{port}/metrics")
            assert "node_textfile_scrape_error 0" in text
            assert 'stacktop_target_fresh{kind="host",target="here"} 1' in text
