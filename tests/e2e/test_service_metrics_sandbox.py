"""The series of examples/ecap.yaml on the sandbox's API, and a rate compared with what was really requested."""

import re
import threading
import time
import urllib.request

from stacktop import OK, ROOT, check, write_config
from terminal import PATIENCE

ASKED = 20


def targets(sandbox, series):
    place = f"127.0.0.1:{sandbox.port('api')}"
    return [{"name": "api", "address": place, "health": f"http://{place}/health", "metrics": f"http://{place}/metrics",
             "series": series}]


def look(tmp_path, sandbox, series, duration):
    done = check(write_config(tmp_path, interval="500ms", services=targets(sandbox, series)), "--json", "--duration", duration)
    return done.document.summary("service", "series"), done


def test_the_example(calm, tmp_path):
    example = re.search(r"    series:\n((?:      .*\n)+)", (ROOT / "examples/ecap.yaml").read_text()).group(1)
    series = dict(re.findall(r"^      (\w+): (.*)$", example, re.M))
    assert set(series) == {"requests", "5xx", "p95"}
    row, done = look(tmp_path, calm, series, "3s")
    assert row["requests"] > 0 and row["5xx"] == 0 and 0 < row["p95"] < 5
    assert done.status == OK, done.stdout


def test_a_rate_is_what_was_requested(calm, tmp_path):
    """Requests that nobody else makes, while stacktop watches."""
    url = f"http://127.0.0.1:{calm.port('api')}/api/v1/health"

    def ask():
        time.sleep(PATIENCE)  # after the first page, and before the last one
        for _ in range(ASKED):
            with urllib.request.urlopen(url) as answer:
                answer.read()

    with calm.paused():
        urllib.request.urlopen(url).close()  # so that the path is known
        asking = threading.Thread(target=ask)
        asking.start()
        start = time.monotonic()
        series = {"rate": 'rate(http_requests_total{path="/api/v1/health",code=~"2.."}[1h])',
                  "share": 'rate(http_requests_total{path="/api/v1/health",code!="200"}) / '
                           'rate(http_requests_total{path="/api/v1/health"})',
                  "count": 'http_requests_total{path="/api/v1/health",code="200"}'}
        row, _ = look(tmp_path, calm, series, f"{4 * PATIENCE}s")
        seconds = time.monotonic() - start
        asking.join()
    assert row["share"] == 0 and row["count"] > ASKED
    assert ASKED / seconds < row["rate"] < ASKED / (2.5 * PATIENCE)
