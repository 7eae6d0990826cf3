"""`stacktop watch`: it prints events and notifies, by mail to a real relay, a web hook and a program."""

import json
import re
import signal
import socket
import ssl
import subprocess

import pytest

from notify_watch import check_restart, configured, hook, notified, watch  # noqa: F401
from sandbox import wait_until
from stacktop import BINARY, CONFIG, OK, closed_port, stacktop, write_config
from terminal import environment

BESIDE = "others"


def test_a_web_hook_hears_what_is_new_and_what_is_resolved(tmp_path, hook, watch):
    port = closed_port()
    config = configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/T0/secret", "token": "abc"},
                        port=port)
    process, lines = watch(config)
    wait_until(lambda: hook.got, what="the first message")
    headers, first = hook.got[0]
    assert headers["Authorization"] == "Bearer abc"
    found = {each["kind"]: each for each in first["findings"]}
    assert found["service"]["state"] == "new" and "refused" in found["service"]["sentence"]
    assert found["alert"] | {"since_ms": 0} == {
        "state": "new", "severity": "crit", "kind": "alert", "target": "api down", "subject": "api down",
        "sentence": "api: api is critical", "since_ms": 0, "runbook": "https://docs/api", "labels": "team=ops",
        "id": found["alert"]["id"]}
    assert first["subject"].startswith("[CRIT] ecap (staging): ") and first["worst"] == "crit"
    with socket.create_server(("127.0.0.1", port)):
        wait_until(lambda: any(each["state"] == "resolved" for _, message in hook.got for each in message["findings"]),
                   what="the resolution")
    assert [line for line in lines if re.match(r"[-0-9]+ [:0-9]+ UTC  CRIT     api: refused", line)], lines
    assert len(hook.got) <= 3


def test_after_a_crash_it_does_not_notify_again_and_sends_the_recovery(notified, tmp_path, hook, watch):
    check_restart(notified, tmp_path, hook, watch, signal.SIGKILL)


def test_what_is_refused_is_sent_again(tmp_path, hook, watch, monkeypatch):
    """The pause before it is 5 s: only the finding of the channel is waited for."""
    hook.statuses = [500]
    _, lines = watch(configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/"}))
    wait_until(lambda: any("chat: not delivered" in line and "HTTP status 500" in line for line in lines),
               what="the channel's own finding")
    wait_until(lambda: len(hook.got) == 2, seconds=20, what="the second try")
    assert hook.got[1][1]["findings"][0]["state"] == "new"
    wait_until(lambda: any("chat: resolved" in line for line in lines), what="its end")


def test_a_program_reads_json(tmp_path, watch):
    out = tmp_path / "out.json"
    watch(configured(tmp_path, {"name": "page", "run": ["tee", str(out)]}))
    wait_until(lambda: out.exists() and out.read_text().endswith("}"), what="its input")
    assert json.loads(out.read_text())["channel"] == "page"


@pytest.fixture
def relay(tmp_path):
    """A real SMTP server with STARTTLS and a login."""
    controller = pytest.importorskip("aiosmtpd.controller", reason="python3-aiosmtpd is not installed")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", tmp_path / "key.pem",
                    "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    class Handler:
        got = []

        async def handle_DATA(self, server, session, envelope):
            self.got.append((session, envelope))
            return "250 taken"

    def login(server, session, envelope, mechanism, data):
        from aiosmtpd.smtp import AuthResult
        return AuthResult(success=data.login == b"ops" and data.password == b"secret", handled=False)

    handler = Handler()
    handler.got = []
    running = controller.Controller(handler, hostname="127.0.0.1", port=closed_port(), tls_context=context,
                                    require_starttls=True, authenticator=login, auth_required=True)
    running.start()
    handler.port, handler.ca = running.port, tmp_path / "cert.pem"
    yield handler
    running.stop()


def test_a_mail(tmp_path, relay, watch):
    import email
    import email.policy
    config = configured(tmp_path, {"name": "mail", "smtp": f"smtp://localhost:{relay.port}", "from": "stacktop@example.com",
                                   "to": ["ops@example.com", "night@example.com"], "username": "ops", "password": "secret",
                                   "ca_file": str(relay.ca)})
    watch(config)
    wait_until(lambda: relay.got, what="the mail")
    session, envelope = relay.got[0]
    assert session.ssl and envelope.mail_from == "stacktop@example.com"
    assert envelope.rcpt_tos == ["ops@example.com", "night@example.com"]
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert mail["Subject"].startswith("[CRIT] ecap (staging): ") and mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"] == "ops@example.com, night@example.com"
    body = mail.get_body().get_content()
    assert "new" in body and "runbook: https://docs/api" in body and "team=ops" in body


@pytest.mark.parametrize("change, words", [
    ({"password": "wrong"}, "refused the login"),
    ({"ca_file": None}, "TLS"),
])
def test_a_relay_that_refuses(tmp_path, relay, watch, change, words):
    channel = {"name": "mail", "smtp": f"smtp://localhost:{relay.port}", "from": "stacktop@example.com",
               "to": ["ops@example.com"], "username": "ops", "password": "secret", "ca_file": str(relay.ca)} | change
    _, lines = watch(configured(tmp_path, {key: value for key, value in channel.items() if value}))
    wait_until(lambda: any("mail: not delivered" in line for line in lines), what="its finding")
    assert any("mail: not delivered" in line and words in line for line in lines), lines
    assert not relay.got and not any("secret" in line for line in lines)


def test_it_ends_by_a_signal(tmp_path, watch):
    process, lines = watch(configured(tmp_path), "--json")
    wait_until(lambda: any(json.loads(line)["severity"] == "crit" for line in lines), what="an event")
    event = next(each for each in map(json.loads, lines) if each["severity"] == "crit")
    assert event["kind"] == "service" and event["target"] == event["subject"], event
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == OK


@pytest.mark.parametrize("option", [{"logs": ["/var/log/x.log"]}, {"read_only": True}])
def test_options_without_a_meaning(tmp_path, option):
    """A channel and an alert rule have no logs and no actions."""
    run = stacktop("config", "--check", "-c", configured(tmp_path, {"name": "x", "syslog": True, **option}))
    assert run.status == CONFIG and f'"{next(iter(option))}" has no meaning in notify: remove it' in run.stderr, run
    rule = {"name": "x", "metric": "disk.used", "above": "80%", **option}
    run = stacktop("config", "--check", "-c", write_config(tmp_path, hosts=[{"name": "local"}], alerts=[rule]))
    assert run.status == CONFIG and f'"{next(iter(option))}" has no meaning in alerts: remove it' in run.stderr, run
    default = stacktop("config", "--default").stdout
    for key in ("alerts", "notify"):
        section = default.split(f"\n#{key}:")[1].split("\n## ")[0]
        assert "severity:" in section and "logs:" not in section and "read_only:" not in section, section


@pytest.mark.parametrize("channel, words", [
    ({}, "has one way"),
    ({"syslog": True, "run": ["true"]}, "has one way"),
    ({"smtp": "smtp://relay"}, "smtp needs from and to"),
    ({"smtp": "http://relay"}, "not the URL of a mail relay"),
    ({"smtp": "smtp://ops:secret@relay", "from": "a@b", "to": ["c@d"]}, "not the URL of a mail relay"),
    ({"smtp": "smtp://relay", "from": "nobody", "to": ["c@d"]}, "is not an address"),
    ({"webhook": "relay"}, "not a URL"),
])
def test_a_channel_that_means_nothing(tmp_path, channel, words):
    run = stacktop("config", "--check", "-c", configured(tmp_path, {"name": "x", **channel}))
    assert run.status == CONFIG and words in run.stderr and "secret" not in run.stderr, run


def test_a_check_does_not_notify(tmp_path, hook):
    config = configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/"})
    run = stacktop("check", "-c", config, "--duration", "2s", "--json")
    assert not hook.got and not [each for each in run.json["targets"] if each["kind"] == "notifier"]


def test_each_channel_is_tested(tmp_path, hook):
    out = tmp_path / "out.json"
    config = configured(tmp_path, {"name": "chat", "webhook": f"http://127.0.0.1:{hook.server_port}/"},
                        {"name": "page", "run": ["tee", str(out)]})
    run = stacktop("watch", "--test", "-c", config)
    assert run.status == OK and sorted(run.stdout.split("\n")) == ["", "chat: delivered", "page: delivered"], run
    assert hook.got[0][1]["findings"][0]["sentence"] == "a test of this channel: nothing is wrong"
    assert json.loads(out.read_text())["worst"] == "ok"
    hook.statuses = [503]
    run = stacktop("watch", "--test", "-c", config)
    assert run.status == 1 and "chat: not delivered: it answered with HTTP status 503" in run.stdout, run
    assert stacktop("watch", "--test", "-c", configured(tmp_path)).status == 1
