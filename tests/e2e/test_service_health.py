"""Health checks against the lab's HTTP servers: certificates, requests, responses."""

import base64

import pytest

from stacktop import CONFIG, CRIT, OK, WARN, check, closed_port, dashboard, stacktop, write_config
from terminal import PATIENCE

BESIDE = "others"
DAY = 86400


def at(lab, part):
    return f"127.0.0.1:{lab.port(part)}"


def tls(lab, kind, path="/ok", **options):
    """The target of a TLS server."""
    address = at(lab, f"tls-{kind}")
    return {"name": kind, "address": address, "health": f"https://{address}{path}",
            "ca_file": str(lab.folder / "tls/ca.pem"), **options}


def look(tmp_path, target):
    """(the cells of the service, its findings, the exit status)."""
    done = check(write_config(tmp_path, services=[target]), "--json")
    document = done.document
    return document.summary("service", "services"), [text for _, text in document.findings], done.status


def test_days_left(lab_http, tmp_path):
    cells, findings, status = look(tmp_path, tls(lab_http, "good"))
    assert status == OK and not findings
    assert 364 * DAY < cells["tls"] <= 365 * DAY
    assert cells["tls_names"] == "localhost, 127.0.0.1"
    assert cells["tls_issuer"] == "stacktop lab authority"
    assert cells["tls_key"] == "EC 256"
    assert cells["tls_protocol"] == "TLSv1.3"
    cells, findings, status = look(tmp_path, tls(lab_http, "soon"))
    assert status == CRIT and 2 * DAY < cells["tls"] <= 3 * DAY
    assert len(findings) == 1 and "cert left 2d" in findings[0] and "below 3d" in findings[0]
    own = {"thresholds": {"service.tls": {"warn": "10d"}}}
    assert look(tmp_path, {**tls(lab_http, "soon"), **own})[2] == WARN
    assert look(tmp_path, {**tls(lab_http, "soon"), "thresholds": {"service.tls": "off"}})[2] == OK


@pytest.mark.parametrize("kind, reason", [
    ("expired", "port open, health: TLS: certificate has expired 2d 0h ago, at 20"),
    ("wrong-name", "port open, health: TLS: the certificate is for a different host name: it is for other.example")])
def test_bad_certificates(lab_http, tmp_path, kind, reason):
    cells, findings, status = look(tmp_path, tls(lab_http, kind))
    assert status == CRIT and cells["state"] == "TLS" and reason in cells["error"]
    assert any(reason in finding for finding in findings)
    assert cells["tls_issuer"] == "stacktop lab authority"  # known although it is refused
    cells, _, status = look(tmp_path, tls(lab_http, kind, insecure=True))
    assert cells["state"] == "200"
    assert status == (CRIT if kind == "expired" else OK)  # the days left are judged by their threshold


def test_a_port_that_speaks_tls(lab_http, tmp_path):
    """Only a handshake: no request arrives."""
    for kind, status, state in (("good", OK, "up"), ("soon", CRIT, "up"), ("expired", CRIT, "TLS")):
        target = {"name": kind, "address": at(lab_http, f"tls-{kind}"), "tls": True,
                  "ca_file": str(lab_http.folder / "tls/ca.pem")}
        cells, _, found = look(tmp_path, target)
        assert (found, cells["state"]) == (status, state)
        assert "status" not in cells or cells["status"] is None
    cells, _, found = look(tmp_path, {"name": "plain", "address": at(lab_http, "http"), "tls": True})
    assert found == CRIT and cells["state"] == "TLS" and "does not speak TLS" in cells["error"]
    assert "tls" not in cells or cells["tls"] is None


def test_the_pane_shows_days_left(lab_http, tmp_path):
    config = write_config(tmp_path, services=[tls(lab_http, "good"), tls(lab_http, "soon")])
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for(lambda screen: "2d" in screen.line("soon") and "CERT" in screen.text)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    plain = {"name": "plain", "address": at(lab_http, "http")}
    with dashboard(write_config(tmp_path, services=[plain]), columns=120, rows=36) as terminal:
        terminal.wait_for(lambda screen: "up" in screen.line("plain"))
        assert "CERT" not in terminal.screen.text
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


SECRET = "s3cret-t0ken"


def test_the_request(lab_http, tmp_path):
    """Method, body and headers arrive; nothing of the secrets is shown, in the configuration or in an error."""
    address = at(lab_http, "http")
    target = {"name": "api", "address": address, "health": f"http://{address}/echo", "method": "PUT",
              "headers": {"X-Tenant": "blue"}, "bearer": "${API_TOKEN}", "body": f"password={SECRET}",
              "expect_body": '"X-Tenant": "blue"'}
    config = write_config(tmp_path, services=[target])
    environment = {"API_TOKEN": SECRET}
    assert check(config, env=environment).status == OK
    shown = stacktop("config", "-c", config, env=environment)
    assert SECRET not in shown.stdout + shown.stderr
    for line in ('headers: {X-Tenant: "***"}', 'body: "***"', 'bearer: "***"'):
        assert line in shown.stdout
    missing = stacktop("config", "--check", "-c", config)
    assert missing.status == CONFIG and "API_TOKEN" in missing.stderr


def test_secrets_of_the_url_are_not_shown(lab_http, tmp_path):
    """The server sends back what it was sent: a password, a token, and what curl makes of the password."""
    address = at(lab_http, "http")
    target = {"name": "api", "address": address, "health": f"http://ops:{SECRET}%2F1@{address}/echo?api_key={SECRET}-2&page=7",
              "expect_json": {"headers.Authorization": "none"}}
    config = write_config(tmp_path, services=[target])
    done = check(config, "--json")
    shown = done.stdout + check(config).stdout + stacktop("config", "-c", config).stdout
    assert done.status == CRIT and "Basic ***" in done.stdout
    assert SECRET not in shown and base64.b64encode(f"ops:{SECRET}/1".encode()).decode() not in shown, shown


def test_a_proxy_that_does_not_answer_is_named(lab_http, tmp_path):
    proxy = closed_port()
    target = {"name": "api", "address": at(lab_http, "http"), "health": "http://shop.invalid/"}
    done = check(write_config(tmp_path, services=[target]), "--json", env={"http_proxy": f"http://u:{SECRET}@127.0.0.1:{proxy}"})
    cells = done.document.summary("service", "services")
    assert done.status == CRIT and cells["proxy"] == f"127.0.0.1:{proxy}"
    assert cells["error"] == f"port open, health: by the proxy 127.0.0.1:{proxy}: refused"
    assert SECRET not in done.stdout


def test_errors_of_options_have_their_place(tmp_path):
    text = f"""services:
  - name: api
    address: "127.0.0.1:1"
    health: "http://127.0.0.1:1/"
    headers: {{"X Y": a, Host: b, Accept: "a\\r\\nX: {SECRET}"}}
    bearer: "{SECRET} x"
    method: get
    host: "a/b"
"""
    done = stacktop("config", "--check", "-c", write_config(tmp_path, text))
    assert done.status == CONFIG and SECRET not in done.stdout + done.stderr
    for place in ('5:15: headers: "X Y" is not the name of a header', "5:25: headers: the header Host is set by",
                  "5:42: headers of Accept: a header is one line", "6:13: bearer: a token is ASCII",
                  '7:13: method: "get" is not one of GET', '8:11: host: "a/b" is not a host name'):
        assert f"stacktop.yaml:{place}" in done.stderr


def test_host_is_the_name_that_is_verified(lab_http, tmp_path):
    target = tls(lab_http, "wrong-name", host="other.example")
    assert look(tmp_path, target)[2] == OK


def plain(lab, path, **options):
    address = at(lab, "http")
    return {"name": "api", "address": address, "health": f"http://{address}{path}", **options}


def test_the_answer(lab_http, tmp_path):
    echo = plain(lab_http, "/echo", bearer=SECRET)
    assert look(tmp_path, {**echo, "expect_json": {"headers.User-Agent": "stacktop"},
                           "expect_headers": {"content-type": "json"}})[2] == OK
    cells, findings, status = look(tmp_path, {**echo, "expect_json": {"headers.Authorization": "none"}})
    assert status == CRIT and cells["state"] == "bad answer"
    assert any('headers.Authorization is "Bearer ***" (expected none)' in finding for finding in findings)
    assert "***" in cells["body"] and SECRET not in cells["body"]
    cells, _, _ = look(tmp_path, {**echo, "expect_headers": {"strict-transport-security": "max-age"}})
    assert cells["error"] == "answers 200, but the header strict-transport-security is missing"
    cells, _, _ = look(tmp_path, plain(lab_http, "/redirect/2"))
    assert cells["redirect"].endswith("/redirect/1") and "redirects to http://" in cells["error"]
    cells, _, _ = look(tmp_path, plain(lab_http, "/status/503"))
    assert cells["error"] == "answers 503 (expected 200-299): 503" and cells["body"] == "503"


@pytest.mark.parametrize("path, state", [
    ("/escape", "503"), ("/endless", "bad answer"), ("/headers/5000/1000", "no HTTP"), ("/garbage", "no HTTP"),
    ("/body/10000000", "bad answer")])
def test_hostile_answers(lab_http, tmp_path, path, state):
    done = check(write_config(tmp_path, services=[plain(lab_http, path, expect_json={"status": "ok"})]), "--json")
    assert done.status == CRIT and "\x1b" not in done.stdout and "\\u001b" not in done.stdout
    assert done.document.summary("service", "services")["state"] == state
    assert done.seconds < 5 * PATIENCE
