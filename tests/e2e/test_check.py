"""`stacktop check` and `stacktop config` as scripts use them: output, exit status, and time."""

import http.server
import json
import re
import subprocess
import threading

import pytest

from stacktop import (BINARY, CONFIG, CRIT, OK, ROOT, UNKNOWN, USAGE, WARN, Listener, check, closed_port,
                      stacktop)
from terminal import environment


@pytest.fixture
def web():
    """A health endpoint that responds with the status in its path: /503."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def service(name, port, health=None, **more):
    made = {"name": name, "address": f"127.0.0.1:{port}", **more}
    return made | ({"health": f"http://127.0.0.1:{port}/{health}"} if health else {})


def test_all_is_well(config, web):
    run = check(config(name="here", services=[service("api", web, 200)]))
    assert run.status == OK, run
    assert re.match(r"OK\b.*\bhere\b", run.stdout.splitlines()[0]), run
    assert "api" in run.stdout and run.stderr == ""


def test_columns_wrap_what_is_no_terminal(config, web):
    """COLUMNS wraps lines for an e-mail from cron; without it they are not wrapped, for grep."""
    path = config(services=[service("api", web, 500), service("gone", closed_port())])
    assert max(map(len, check(path).stdout.splitlines())) > 60
    assert max(map(len, check(path, env={"COLUMNS": "60"}).stdout.splitlines())) <= 60
    assert max(map(len, check(path, env={"COLUMNS": "wide"}).stdout.splitlines())) > 60


def test_the_worst_decides(config, web):
    path = config(services=[service("api", web, 200), service("gone", closed_port())])
    run = check(path)
    assert run.status == CRIT, run
    assert run.stdout.startswith("CRIT") and "gone" in run.stdout.splitlines()[0]
    assert re.search(r"refused", run.stdout)
    warn = check(config(services=[service("api", web, 200)],
                        thresholds={"service.latency": {"warn": "0ms"}}))
    assert warn.status == WARN, warn


def test_a_bad_status_is_not_up(config, web):
    run = check(config(services=[service("api", web, 503)]), "--json")
    assert run.status == CRIT, run
    assert run.document.rows("service", "services")["api"]["state"] == "503"
    assert any("503" in sentence for _, sentence in run.document.findings)


def test_only(config, web):
    path = config(services=[service("api", web, 200), service("gone", closed_port())])
    assert check(path, "--only", "service:api").status == OK
    assert check(path, "--only", "services:api").status == OK
    assert check(path, "--only", "service").status == CRIT
    nothing = check(path, "--only", "redis")
    assert nothing.status == USAGE and "no such target" in nothing.stderr and nothing.stdout == ""


def test_a_hung_server_costs_its_time_only(config, web):
    with Listener() as hung:
        path = config(services=[service("api", web, 200), service("hung", hung.port, 200)])
        run = check(path, "--timeout", "400ms", "--json")
    assert run.status == CRIT, run
    assert 0.3 < run.seconds < 3
    rows = {each["name"]: each for each in run.document.data["targets"]}
    assert set(rows) == {"api", "hung"}
    assert "timeout" in run.stdout


def test_json_is_one_document_with_a_version(config, web):
    run = check(config(services=[service("api", web, 200)]), "--json")
    assert run.json["version"] == 1
    assert run.stdout.count("\n") >= 1 and run.stdout.endswith("\n")


def test_no_secret_is_printed(config):
    path = config(services=[service("api", closed_port())],
                  postgres=[{"name": "db", "dsn": f"postgresql://u:hunter2@127.0.0.1:{closed_port()}/x"}],
                  redis=[{"name": "r", "url": f"redis://:hunter2@127.0.0.1:{closed_port()}/0"}],
                  kafka=[{"name": "k", "bootstrap": f"127.0.0.1:{closed_port()}",
                          "properties": {"sasl.password": "hunter2"}}])
    for run in (check(path), check(path, "--json"), stacktop("config", "-c", path)):
        assert "hunter2" not in run.stdout + run.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["check", "-x"], ["check", "--timeout", "soon"],
                                       ["check", "extra"], ["--json"]])
def test_bad_usage(arguments):
    run = stacktop(*arguments)
    assert run.status == USAGE and run.stdout == ""
    assert run.stderr.startswith("stacktop: ") and "stacktop -h" in run.stderr


def test_a_bad_configuration_names_every_place(config):
    path = config("services:\n  - {name: a, adress: 'x:1'}\nintervall: 2s\n")
    run = check(path)
    assert run.status == CONFIG and run.stdout == ""
    assert f"{path}:2:15: " in run.stderr and "did you mean \"address\"?" in run.stderr
    assert f"{path}:3:1: " in run.stderr and "interval" in run.stderr
    missing = check(path.with_name("missing.yaml"))
    assert missing.status == CONFIG and "No such file" in missing.stderr


def test_the_documented_configuration_loads(config):
    """The example of issue 3, unchanged."""
    path = config("""\
name: ecap
environment: production            # free text; colours the header, strengthens confirmations
interval: 2s
services:
  - {name: api, address: "api:8000", health: "http://api:8000/health", runtime: {compose: api}}
  - {name: dashboard, address: "dashboard:8501", runtime: {kubernetes: deployment/ecap-dashboard}}
postgres:
  - {name: ecap, dsn: "postgresql://ecap_user@postgres:5432/ecap"}      # URI, key=value or service=
kafka:
  - {name: main, bootstrap: "kafka:9092", groups: ["ecap-*"], properties: {client.id: stacktop}}
redis:
  - {name: cache, url: "redis://redis:6379/0"}
hosts:
  - {name: local, mounts: [/, /var, /tmp]}
thresholds:
  disk.used: {warn: 80%, crit: 90%}
  kafka.lag: {warn: 10000, for: 5m}
""")
    run = stacktop("config", "-c", path)
    assert run.status == 0, run
    for words in ("ecap_user@postgres", "warn: 10000", "for: 5m", "deployment/ecap-dashboard"):
        assert words in run.stdout


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_each_example_loads(example):
    assert stacktop("config", "-c", example).status == 0


def test_a_configuration_is_checked(config):
    path = config(theme="default", hosts=[{"name": "here"}])
    run = stacktop("config", "--check", "-c", path)
    assert (run.status, run.stdout, run.stderr) == (0, f"{path}: ok, 1 target\n", "")
    path = config("services:\n  - {name: a, address: 'x:70000', slow: 2h}\n")
    run = stacktop("config", "--check", "-c", path)
    assert run.status == CONFIG and run.stdout == ""
    assert f'{path}:2:24: address: "x:70000": port: 70000 is out of range: 1 to 65535' in run.stderr
    assert f"{path}:2:41: slow: 2h is out of range: 1ms to 1h" in run.stderr


def test_the_default_configuration_shows_ranges():
    text = stacktop("config", "--default").stdout
    for words in ("interval: 2s  # time between collections (200ms to 1d, default 2s)",
                  "(start | stop | restart | status | compose | docker | kubernetes | systemd)", "(10s to 1h, default 60s)",
                  "(true | false, default false)"):
        assert words in text
    options = re.findall(r"^#? *\w+: \d+(?:ms|s|m|h|d)?  # .*$", text, re.M)
    assert len(options) > 10 and all(re.search(r"\(.+ to .+\)$", option) for option in options), options


def test_the_default_configuration_loads(tmp_path):
    path = tmp_path / "default.yaml"
    path.write_text(stacktop("config", "--default").stdout)
    run = stacktop("config", "-c", path)
    assert run.status == 0, run
    shown = tmp_path / "shown.yaml"
    shown.write_text(run.stdout)
    again = stacktop("config", "-c", shown)
    assert again.status == 0, again

    def values(text):
        return [re.sub(r"  # .*", "", line) for line in text.splitlines() if not line.startswith("#")]
    assert values(again.stdout) == values(run.stdout)


def test_without_a_file_the_host_is_watched(tmp_path):
    run = stacktop("check", "--json", env={"HOME": str(tmp_path)})
    assert run.document.target("host")["name"]
    own = tmp_path / ".config/stacktop/stacktop.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"name": "mine", "services": [service("api", closed_port())]}))
    found = stacktop("check", env={"HOME": str(tmp_path)})
    assert found.status == CRIT and "mine" in found.stdout
    elsewhere = stacktop("check", env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "none")})
    assert "mine" not in elsewhere.stdout


def test_a_report_that_cannot_be_written_keeps_its_verdict(config):
    path = config(services=[service("api", closed_port())])
    with open("/dev/full", "w", encoding="ascii") as full:
        run = subprocess.run([BINARY, "check", "-c", path], stdout=full, stderr=subprocess.PIPE,
                             text=True, check=False, env=environment("dumb"), timeout=30)
    assert run.returncode == CRIT and "cannot write the output" in run.stderr


def test_help_and_version():
    run = stacktop("-h")
    assert run.status == 0 and "usage: stacktop" in run.stdout and run.stderr == ""
    run = stacktop("--version")
    assert run.status == 0 and re.match(r"stacktop \d+\.\d+\.\d+\n", run.stdout)
    for library in ("libuv", "libpq", "librdkafka", "hiredis", "libcurl", "ncurses"):
        assert re.search(rf"^  {library} +\d+\.\d+.*, running", run.stdout, re.M), run.stdout


# What one pass cannot evaluate; --duration; --plugin.

CPU = {"host.cpu": {"warn": "100%"}}
QUIET = {"host.load": {"warn": "100000%"}, "host.memory": {"warn": "100%"}, "disk.used": {"warn": "100%"},
         "disk.inodes": {"warn": "100%"}}


def test_a_rule_that_one_pass_cannot_judge(config):
    """A rate needs two collections. Configured, it is UNKNOWN; as a default it is only listed."""
    default = check(config(hosts=[{"name": "here"}], thresholds=QUIET))
    assert default.status == OK and re.search(r"\?.*CPU.*needs two collections", default.stdout), default
    path = config(hosts=[{"name": "here"}], thresholds=QUIET | CPU)
    run = check(path)
    assert run.status == UNKNOWN, run
    assert "here: host.cpu not evaluated: needs two collections" in run.stdout.splitlines()[0], run
    document = check(path, "--json").document
    assert ("unknown", "here: host.cpu not evaluated: needs two collections") in document.findings
    watched = check(path, "--duration", "500ms")
    assert watched.status == OK, watched
    assert 0.5 <= watched.seconds < 5


def test_duration_judges_for(config, web):
    """check waits for a rule's `for` if --duration is long enough."""
    rule = {"service.latency": {"warn": "0ms", "for": "300ms"}}
    path = config(services=[service("api", web, 200)], thresholds=rule)
    assert check(path).status == WARN and "seen once" in check(path).stdout
    run = check(path, "--duration", "1s")
    assert run.status == WARN and "seen once" not in run.stdout, run
    rule["service.latency"]["for"] = "1h"
    run = check(config(services=[service("api", web, 200)], thresholds=rule), "--duration", "500ms")
    assert run.status == WARN and "watched for 500ms; the threshold requires 1h" in run.stdout, run


def test_plugin_is_one_line(config, web):
    run = check(config(name="a|b\nc", services=[service("api", web, 200), service("gone|x", closed_port())]),
                "--plugin")
    assert run.status == CRIT and run.stdout.count("\n") == 1 and run.stdout.count("|") == 1, run
    assert run.stdout.startswith("CRITICAL a/b"), run
    assert re.search(r" \| 'api service\.latency'=[\d.e-]+s;1;5;0\n$", run.stdout), run
    run = check(config(services=[service("api", web, 200)]), "--plugin")
    assert run.status == OK and run.stdout.startswith("OK "), run


def test_plugin_errors_are_unknown(config, web):
    path = config("services:\n  - {name: a, adress: 'x:1'}\n")
    for run, words in ((check(path, "--plugin"), f"{path}:2:5: missing key \"address\" in services"),
                       (stacktop("check", "--plugin", "--nonsense"), "unknown option --nonsense"),
                       (stacktop("check", "--timeout", "soon", "--plugin"), "soon"),
                       (stacktop("chek", "--plugin"), "unknown command"),
                       (check(config(services=[service("api", web, 200)]), "--plugin", "--only", "redis"),
                        "no such target")):
        assert run.status == UNKNOWN, run
        assert run.stdout.startswith("UNKNOWN stacktop: ") and run.stdout.count("\n") == 1, run
        assert words in run.stdout, run


def test_no_report_has_a_pipe(config, web):
    """In the output of a plug-in a pipe begins performance data."""
    run = check(config(name="a|b", services=[service("api|x", web, 500)]))
    assert run.status == CRIT and "|" not in run.stdout and "api/x" in run.stdout, run
