"""Series of a service from its page of metrics: figures, findings, and pages that are none."""

import gzip
import math
import random
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stacktop import CRIT, OK, UNKNOWN, WARN, check, dashboard, stacktop, write_config

BESIDE = "others"
NAME = "http_request_duration_seconds"


class Pages:
    """A server whose health is well, and whose page of metrics is what a test says.

    page: function of how many pages were asked for before -> text, or (status, headers, bytes)."""

    def __init__(self, page):
        outer = self
        self.asked, self.requests, self.released = 0, [], threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                status, headers, body = 200, {}, "ok"
                if self.path == "/metrics":
                    outer.asked += 1
                    outer.requests.append(dict(self.headers))
                    body = page(outer.asked - 1)
                if isinstance(body, tuple):
                    status, headers, body = body
                body = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                for name, value in {"Content-Length": len(body), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def target(self, series, **options):
        place = f"127.0.0.1:{self.port}"
        return {"name": "api", "address": place, "health": f"http://{place}/health",
                "metrics": f"http://{place}/metrics", "series": series, **options}


@pytest.fixture
def pages():
    """Makes servers, and ends them."""
    made = []

    def make(page):
        made.append(Pages(page if callable(page) else lambda _: page))
        return made[-1]

    yield make
    for each in made:
        each.released.set()
        each.server.shutdown()
        each.server.server_close()


def look(tmp_path, target, *arguments):
    """(the cells of the service, those of its series, findings, exit status)"""
    done = check(write_config(tmp_path, interval="200ms", services=[target]), "--json", *arguments)
    document = done.document
    series = document.rows("service", "series")
    return (document.summary("service", "services"), series.get("api", {}),
            [text for _, text in document.findings], done.status)


def codes(ok, bad):
    return (f'# TYPE http_requests_total counter\nhttp_requests_total{{code="200",path="/"}} {ok}\n'
            f'http_requests_total{{code="500",path="/"}} {bad}\n')


def test_rates_and_thresholds(pages, tmp_path):
    server = pages(lambda asked: codes(100 + 30 * asked, 10 * asked) + "queue 7\n")
    series = {"requests": "rate(http_requests_total)", "queue": "queue warn 5",
              "5xx share": 'rate(http_requests_total{code=~"5.."}) / rate(http_requests_total) warn 1% crit 20%',
              "4xx": 'rate(http_requests_total{code=~"4.."}) warn 1'}
    cells, row, findings, status = look(tmp_path, server.target(series), "--duration", "2s")
    assert cells["state"] == "200" and status == CRIT
    assert math.isclose(row["5xx_share"], 0.25) and row["queue"] == 7 and row["4xx"] == 0
    assert 30 < row["requests"] < 250  # 40 for each page, one each 200 ms
    assert "api: 5xx share 25%, above 20%" in findings and "api: queue 7, above 5" in findings
    assert len(findings) == 2


def test_one_look_cannot_judge_a_rate(pages, tmp_path):
    """A threshold that was written and cannot be judged is never OK."""
    server = pages(codes(100, 3))
    _, row, findings, status = look(tmp_path, server.target({"5xx": "rate(http_requests_total) warn 1"}))
    assert row["5xx"] == {"unknown": "needs two collections"} and status == UNKNOWN
    assert any("service.series.5xx not evaluated: needs two collections" in each for each in findings)
    _, row, findings, status = look(tmp_path, server.target({"5xx": "rate(http_requests_total)"}))
    assert row["5xx"] == {"unknown": "needs two collections"} and status == OK and not findings


ZIPPED = gzip.compress(codes(1, 2).encode())
REFUSED = [
    ((404, {}, b"no"), "answers 404"),
    ("<html><body>Sign in</body></html>", "line 1 is not a metric: <html>"),
    ("ok", "line 1 is not a metric: ok"),
    ("", "the page has no metrics"),
    (codes(1, 2) + "http_requests_total{code=\x1b[31m} 1\n", "line 4 is not a metric: http_requests_total{code="),
    ((200, {"Content-Type": "application/openmetrics-text; version=1.0.0"}, codes(1, 2).encode()),
     "the page does not end with # EOF; it may be cut"),
    ((200, {"Content-Length": 500}, codes(1, 2).encode()), "cannot read metrics: "),
    ((200, {"Content-Encoding": "gzip"}, ZIPPED[:-20]), "cannot read metrics: "),
    ((200, {}, b"x 1\n" * (3 << 20)), "the page is larger than 8 MB"),
    ((200, {"Content-Encoding": "gzip"}, gzip.compress(b"x 1\n" * (3 << 20))), "the page is larger than 8 MB"),
]


@pytest.mark.parametrize("page, reason", REFUSED, ids=range(len(REFUSED)))
def test_a_page_that_cannot_be_read(pages, tmp_path, page, reason):
    """The target is not OK, the figure not known, and the service as healthy as it is."""
    def answer(_):
        if isinstance(page, tuple) and "Content-Length" in page[1]:
            return page[0], {**page[1], "Connection": "close"}, page[2]
        return page

    server = pages(answer)
    cells, row, findings, status = look(tmp_path, server.target({"5xx": "http_requests_total"}))
    assert cells["state"] == "200" and not cells.get("error")
    assert row["5xx"] == {"unknown": "metrics not read"}
    assert status == UNKNOWN and len(findings) == 1
    assert "api: cannot read metrics: " in findings[0] and reason in findings[0] and "\x1b" not in findings[0]


def test_a_page_that_does_not_come(pages, tmp_path):
    """It is waited for 3 seconds; health is judged as ever."""
    server = pages(lambda _: server.released.wait(20) and "")
    cells, row, findings, status = look(tmp_path, server.target({"5xx": "http_requests_total"}))
    assert cells["state"] == "200" and cells["latency"] < 1
    assert status == UNKNOWN and findings == ["api: cannot read metrics: connected, but no response within 3.0s"]


def test_what_is_sent(pages, tmp_path):
    """A compressed page is taken, one connection is kept, and a token goes only where health is asked."""
    server = pages(lambda _: (200, {"Content-Encoding": "gzip"}, ZIPPED))
    target = server.target({"5xx": 'http_requests_total{code=~"5.."}'}, bearer="s3cret-token",
                           headers={"X-Key": "k", "Accept": "text/html"})
    _, row, _, status = look(tmp_path, target)
    assert row["5xx"] == 2 and status == OK
    sent = server.requests[0]
    assert sent["Authorization"] == "Bearer s3cret-token" and sent["X-Key"] == "k"
    assert sent["Accept"].startswith("application/openmetrics-text") and "gzip" in sent["Accept-Encoding"]
    other = pages(codes(1, 2))
    target["metrics"] = f"http://127.0.0.1:{other.port}/metrics"
    assert look(tmp_path, target)[1]["5xx"] == 2
    assert "Authorization" not in other.requests[0] and "X-Key" not in other.requests[0]


def test_a_page_that_sends_the_request_back(pages, tmp_path):
    server = pages("requests of s3cret-token by s3cret-word\n")
    target = server.target({"x": "x"}, bearer="s3cret-token")
    target["metrics"] = target["metrics"].replace("//", "//ops:s3cret-word@")
    _, _, findings, status = look(tmp_path, target)
    assert status == UNKNOWN and "requests of *** by ***" in findings[0], findings


def quantile(rank, buckets):
    """Of {limit: cumulative count}, by linear interpolation, as the manual of Prometheus describes it."""
    limits = sorted(buckets)
    wanted = rank * buckets[limits[-1]]
    index = next(i for i, limit in enumerate(limits) if buckets[limit] >= wanted)
    if index == len(limits) - 1:
        return limits[-2]
    low, below = (limits[index - 1], buckets[limits[index - 1]]) if index else (0, 0)
    return low + (limits[index] - low) * (wanted - below) / (buckets[limits[index]] - below)


def by_promtool(rank, buckets):
    lines = "".join(f"      - {{series: 'x_bucket{{le=\"{limit}\"}}', values: '{count}'}}\n"
                    for limit, count in buckets.items())
    test = ("rule_files: []\ntests:\n  - interval: 1m\n    input_series:\n" + lines.replace("inf", "+Inf") +
            f"    promql_expr_test:\n      - {{expr: 'histogram_quantile({rank}, x_bucket)', eval_time: 0m}}\n")
    done = subprocess.run(["promtool", "test", "rules", "/dev/stdin"], input=test, text=True, capture_output=True)
    return float(re.search(r"got:\s*\{\} (\S+)", done.stdout + done.stderr).group(1))


def test_quantiles_are_those_of_prometheus(pages, tmp_path):
    """A histogram of two paths, which grows; compared with our own reading, and with promtool where it is."""
    chance = random.Random(5)
    limits = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, math.inf]
    seen = [chance.expovariate(3) for _ in range(4000)]
    grown = {limit: sum(value <= limit for value in seen) for limit in limits}

    def page(asked):
        lines = []
        for part, path in enumerate(("/", "/\\\"a\\\\")):  # each has half of them
            for limit in limits:
                count = 1000 + sum(value <= limit for value in seen[part::2] if asked)
                le = "+Inf" if limit == math.inf else limit
                lines.append(f'{NAME}_bucket{{path="{path}",le="{le}"}} {count} # {{trace_id="7"}} 0.1 1.5')
        return "\n".join(lines) + f"\n{NAME}_count{{path=\"/\"}} 1 1520879607789\n# EOF\n"

    ranks = (0.01, 0.5, 0.95, 0.999)
    server = pages(page)
    series = {f"q{i}": f"quantile({rank}, {NAME})" for i, rank in enumerate(ranks)}
    row = look(tmp_path, server.target(series), "--duration", "2s")[1]
    for i, rank in enumerate(ranks):
        assert math.isclose(row[f"q{i}"], quantile(rank, grown), rel_tol=1e-9)
        if shutil.which("promtool"):
            assert math.isclose(row[f"q{i}"], by_promtool(rank, grown), rel_tol=1e-9)


def test_errors_have_their_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text('services:\n  - name: api\n    address: "a:1"\n    metrics: "http://a:1/metrics"\n    series:\n'
                    '      ok: queue\n      5xx: rate(x{code=~"5.."}\n      p95: quantile(95, x)\n      a/b: x\n')
    done = stacktop("config", "--check", "-c", path)
    assert done.status != 0
    assert 'bad.yaml:7:12: series of 5xx: expected ) at ""' in done.stderr
    assert 'bad.yaml:8:12: series of p95: "95" is not a quantile' in done.stderr
    assert 'bad.yaml:9:7: series: "a/b" is not a title' in done.stderr
    for text, reason in ((f"metrics: 'http://a:1/m'", "metrics needs series"), ("series: {a: x}", "series needs metrics"),
                         ("metrics: 'http://a:1/m'\n    series: {a b: x, a-b: y}", "titles too much alike")):
        path.write_text(f'services:\n  - name: api\n    address: "a:1"\n    {text}\n')
        done = check(path)
        assert reason in done.stdout + done.stderr and done.status != OK


def below(screen, name):
    """The line below the row of a service."""
    return next((screen.rows[i + 1] for i, row in enumerate(screen.rows) if re.match(f"[│►]  +{name} ", row)), "")


def test_on_the_screen(pages, tmp_path):
    """The series of a service stand below its row, the services without any are as ever; details say the source."""
    server = pages(lambda asked: codes(100 + 30 * asked, 10 * asked) + "queue 7\n")
    series = {"requests": "rate(http_requests_total)", "queue": "queue warn 5", "lost": "rate(nothing_total)"}
    plain = {"name": "plain", "address": f"127.0.0.1:{server.port}"}
    other = {**server.target({"backlog": "queue"}), "name": "other"}
    config = write_config(tmp_path, interval="200ms", services=[server.target(series), plain, other])
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for(lambda screen: re.search(r"^.  +backlog 7 ", below(screen, "other")) and
                          re.search(r"requests \d.* queue 7 .*lost \?", below(screen, "api")))
        terminal.wait_for(lambda screen: below(screen, "plain").strip("│ ").startswith("other"))
        terminal.wait_for("no metric nothing_total")
        terminal.press("1", "Enter")
        terminal.wait_for("backlog 7")
        terminal.press("g", "j", "i")
        terminal.wait_for("rate(nothing_total)")
        terminal.wait_for("warning above 5")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
