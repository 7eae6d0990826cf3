"""Real drivers of Spark and a real history server: a stream that falls behind, failures, a driver at the next port."""

import re
import urllib.request

import pytest

from sandbox import wait_until
from spark_server import Driver, History
from stacktop import CRIT, OK, check, dashboard, stacktop, write_config

BESIDE = "others"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    (folder / "events").mkdir()
    return folder


@pytest.fixture(scope="module")
def stream(folder):
    with Driver(folder, "orders", "dstream", 3, events=f"file://{folder}/events") as driver:
        yield driver


def look(folder, **target):
    return check(write_config(folder, spark=[{"name": "main", "timeout": "30s", **target}], hosts=[]), "--json", timeout=60)


def row_of(run, table):
    row, = run.document.rows("spark", table).values()
    return row


def test_a_stream_that_falls_behind(stream, tmp_path):
    def stream_row():
        rows = look(tmp_path, url=stream.url).document.rows("spark", "streams")
        return next(iter(rows.values()), {})

    wait_until(lambda: isinstance(stream_row().get("load"), float), 120, "a completed batch")
    row = stream_row()
    assert row["stream"] == "orders" and row["interval"] == 1 and row["load"] > 2 and row["processing"] > 2
    wait_until(lambda: stream_row()["behind"] > 10, 120, "batches that wait")
    run = look(tmp_path, url=stream.url)
    assert run.status == CRIT, run
    assert any("behind" in text for _, text in run.document.findings)
    with urllib.request.urlopen(f"{stream.url}/api/v1/applications", timeout=10) as answer:
        assert b'"orders"' in answer.read()


def test_its_pages(stream, tmp_path):
    config = write_config(tmp_path, spark=[{"name": "main", "url": stream.url}], hosts=[])
    key = next(iter(look(tmp_path, url=stream.url).document.rows("spark", "applications")))
    shown = stacktop("show", "spark.batches", "main", f"{key} dstream", "-c", str(config), timeout=90)
    assert "queued" in shown.stdout and "processing" in shown.stdout, shown
    shown = stacktop("show", "spark.executors", "main", key, "-c", str(config), timeout=90)
    assert re.search(r"driver +alive", shown.stdout), shown
    shown = stacktop("show", "spark.stages", "main", "local-1", "-c", str(config), timeout=90)
    assert "no row of applications" in shown.stderr, shown


def test_a_failed_stage_says_why(stream, tmp_path):
    stream.order("slow 0")
    stream.order("fail")
    rows = look(tmp_path, url=stream.url).document.rows("spark", "failures")
    failed, = rows.values()
    assert failed["reason"].startswith("ValueError: bad record 7") and failed["tasks"] >= 1
    run = look(tmp_path, url=stream.url)
    assert "\x1b" not in run.stdout
    assert any("ValueError: bad record 7" in text for _, text in run.document.findings)


def test_on_the_screen(stream, tmp_path):
    config = write_config(tmp_path, spark=[{"name": "main", "url": stream.url}], hosts=[])
    with dashboard(config, columns=160, rows=50) as screen:
        screen.wait_for("orders")
        screen.wait_for("ValueError: bad record 7")


def test_a_second_driver_takes_the_next_port(stream, folder, tmp_path):
    """And of a query of Structured Streaming the metrics are shown."""
    with Driver(folder, "rates", "query", port=stream.port) as driver:
        assert driver.port == stream.port
        run = look(tmp_path, url=stream.url, ports=17)
        names = {row["application"] for row in run.document.rows("spark", "applications").values()}
        assert names == {"orders", "rates"}, run
        wait_until(lambda: look(tmp_path, url=stream.url, ports=17, application="rates").document.rows("spark", "streams"), 60,
                   "metrics of the query")
        run = look(tmp_path, url=stream.url, ports=17, application="rates")
        query = row_of(run, "streams")
        assert query["stream"] == "rates.main" and query["kind"] == "query"
        config = write_config(tmp_path, spark=[{"name": "main", "url": stream.url, "ports": 17}], hosts=[])
        key = next(key for key, row in run.document.rows("spark", "streams").items())
        assert re.search(r"@\d+ query rates\.main$", key), key

        def batches():
            shown = stacktop("show", "spark.batches", "main", key, "-c", str(config), timeout=90)
            return "rates.main" in shown.stdout and "completed" in shown.stdout
        wait_until(batches, 60, "batches of the query")


def test_history_and_the_end_of_an_application(stream, folder, tmp_path):
    with History(folder, f"file://{folder}/events") as history:
        def state():
            """"" while the log is being renamed."""
            rows = look(tmp_path, url=history.url).document.rows("spark", "applications")
            return next((row["state"] for row in rows.values() if row["application"] == "orders"), "")

        wait_until(lambda: state() == "log open", 60, "the log")
        stream.order("end")
        wait_until(lambda: state() == "ended", 60, "the end")
        run = look(tmp_path, url=history.url, application="orders")
        assert run.status == OK, run
        assert run.document.summary("spark", "summary")["role"] == "history server"
        key = next(iter(run.document.rows("spark", "applications")))
        config = write_config(tmp_path, spark=[{"name": "main", "url": history.url}], hosts=[])
        shown = stacktop("show", "spark.stages", "main", key, "-c", str(config), timeout=90)
        assert "ValueError: bad record 7" in shown.stdout, shown
    run = look(tmp_path, url=stream.url)
    assert run.status == CRIT, run
