"""Names asked of several name servers: dnsmasq, one that is silent, one that talks nonsense, and none."""

import shutil
import socket
import threading

import pytest

from name_server import NameServer
from stacktop import CRIT, OK, WARN, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"


@pytest.fixture
def servers(tmp_path):
    if not shutil.which("dnsmasq"):
        pytest.skip("dnsmasq is not installed (Debian: dnsmasq-base)")
    started = []

    def start(*lines, words=()):
        server = NameServer(tmp_path / f"dns{len(started)}", *words)
        started.append(server)
        server.set(*lines)
        server.at = f"127.0.0.1:{server.port}"
        return server
    yield start
    for server in started:
        server.close()


class Raw:
    """A name server that answers by a function of the question; None: nothing."""

    def __init__(self, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.at = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, args=(answer,), daemon=True).start()

    def serve(self, answer):
        while True:
            try:
                asked, peer = self.socket.recvfrom(600)
                said = answer(asked)
                if said:
                    self.socket.sendto(said, peer)
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def look(tmp_path, resolvers, lookup="api.test", **options):
    target = {"name": "api", "lookup": lookup, **options}
    if resolvers:
        target["resolvers"] = resolvers
    done = check(write_config(tmp_path, dns=[target]), "--json")
    document = done.document
    return document.rows("dns", "lookups"), [text for _, text in document.findings], done.status


def test_types(servers, tmp_path):
    server = servers("10.1.2.3 api.test", "10.1.2.4 api.test", "fd00::7 api.test", "10.7.7.7 web.test", words=[
        "--cname=www.test,web.test", "--mx-host=test,mail.test,10", "--mx-host=test,mail2.test,20",
        "--txt-record=test,v=spf1 -all,second", "--txt-record=evil.test,\x1b[31mred", "--srv-host=_sip._tcp.test,sip.test,5060,1,2"])

    def answers(lookup, type):
        rows, findings, status = look(tmp_path, [server.at], lookup, type=type)
        assert status == OK and not findings, findings
        return rows[server.at]

    cells = answers("api.test", "A")
    assert cells["answers"] == "10.1.2.3, 10.1.2.4" and cells["state"] == "ok" and cells["ttl"] == 77 and cells["count"] == 2
    assert 0 < cells["time"] < 1 and cells["lookup"] == "api.test A" and "alias" not in cells
    assert answers("api.test", "AAAA")["answers"] == "fd00::7"
    cells = answers("www.test", "A")
    assert cells["answers"] == "10.7.7.7" and cells["alias"] == "web.test"
    assert answers("WWW.test", "CNAME")["answers"] == "web.test"
    assert answers("test", "MX")["answers"] == "10 mail.test, 20 mail2.test"
    assert answers("test", "TXT")["answers"] == "v=spf1 -allsecond"
    assert answers("_sip._tcp.test", "SRV")["answers"] == "1 2 5060 sip.test"
    assert "\x1b" not in answers("evil.test", "TXT")["answers"] and "red" in answers("evil.test", "TXT")["answers"]


def test_expected(servers, tmp_path):
    server = servers("10.1.2.3 api.test", "10.1.2.4 api.test", words=["--mx-host=test,mail.test,10"])
    assert look(tmp_path, [server.at], expect=["10.1.2.4", "10.1.2.3"])[2] == OK
    assert look(tmp_path, [server.at], "test", type="MX", expect=["10 MAIL.test."])[2] == OK
    for expect in (["10.1.2.3"], ["10.1.2.3", "10.1.2.5"], ["10.1.2.3", "10.1.2.3"], ["10.1.2.3", "10.1.2.4", "10.1.2.5"]):
        rows, findings, status = look(tmp_path, [server.at], expect=expect)
        assert status == CRIT
        assert findings == [f"api: answers 10.1.2.3, 10.1.2.4 (expected {', '.join(expect)})"]


def test_they_differ(servers, tmp_path):
    one, two, three = servers("10.1.2.3 api.test"), servers("10.1.2.9 api.test"), servers("10.1.2.3 api.test")
    rows, findings, status = look(tmp_path, [two.at, one.at, three.at])
    assert status == WARN and findings == [f"api @{two.at}: answers 10.1.2.9, others answer 10.1.2.3"]
    assert look(tmp_path, [two.at, one.at, three.at], same=False)[2] == OK


def test_what_goes_wrong_is_told_apart(servers, tmp_path):
    server = servers("10.1.2.3 api.test")

    def state(at, lookup="api.test", **options):
        rows, findings, status = look(tmp_path, [at], lookup, **options)
        assert status == CRIT and len(findings) == 1 and rows[at]["answers"] == {"unknown": "no answer"}
        return rows[at]["state"], findings[0]

    assert state(server.at, "missing.test") == ("NXDOMAIN", "api: the name does not exist (NXDOMAIN)")
    assert state(server.at, "api.test", type="MX") == ("no record", "api: the name has no such record")
    assert state(server.at, "example.com") == ("REFUSED", "api: the name server refuses to answer (REFUSED)")
    assert state(f"127.0.0.1:{closed_port()}") == ("closed", "api: no name server listens there")
    with Raw(lambda asked: None) as silent:
        assert state(silent.at, timeout="400ms") == ("timeout", "api: no answer from the name server")
        # another one answers, and is shown
        rows, findings, status = look(tmp_path, [silent.at, server.at], timeout="400ms")
        assert status == WARN and rows[server.at]["answers"] == "10.1.2.3" and rows[silent.at]["state"] == "timeout"
        assert findings == [f"api @{silent.at}: no answer from the name server; others answer 10.1.2.3"]
    with Raw(lambda asked: asked[:2] + b"\x81\x82" + asked[4:]) as failing:
        assert state(failing.at) == ("SERVFAIL", "api: the name server cannot answer (SERVFAIL)")
    with Raw(lambda asked: asked[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + asked[12:] + b"\xc0\xff" * 9) as nonsense:
        assert state(nonsense.at) == ("error", "api: the answer of the name server is not valid")


def test_a_change_is_an_event(servers, tmp_path):
    server = servers("10.1.2.3 api.test")
    config = write_config(tmp_path, interval="200ms", dns=[{"name": "api", "lookup": "api.test", "resolvers": [server.at]}])
    with dashboard(config, columns=120, rows=40) as terminal:
        terminal.wait_for("10.1.2.3")
        server.set("10.1.2.9 api.test")
        terminal.wait_for("answers changed: 10.1.2.3 -> 10.1.2.9")
        terminal.press("q")
        assert terminal.wait_exit(2) == 0


def test_the_host_s_own(tmp_path):
    """Whatever it has in /etc/resolv.conf: each of them has a row."""
    listed = [line.split()[1] for line in open("/etc/resolv.conf", encoding="utf-8")
              if line.startswith("nameserver") and len(line.split()) > 1] or ["127.0.0.1"]
    done = check(write_config(tmp_path, dns=[{"name": "api", "lookup": "nowhere.invalid", "timeout": "400ms"}]), "--json")
    assert done.status == CRIT
    rows = done.document.rows("dns", "lookups")
    assert {key.rsplit(":", 1)[0].strip("[]") for key in rows} <= {address.split("%")[0] for address in listed}


def test_errors_have_their_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text('dns:\n  - name: api\n    lookup: "a b"\n    type: SPF\n    resolvers: [dns.example.com]\n')
    done = stacktop("config", "--check", "-c", path)
    assert 'lookup: "a b" is not a host name' in done.stderr and "SPF" in done.stderr
    assert '"dns.example.com" is not the address of a name server' in done.stderr
    path.write_text('dns:\n  - name: api\n    lookup: a\n    resolvers: [10.0.0.1, 10.0.0.1]\n')
    assert "is listed twice" in stacktop("config", "--check", "-c", path).stderr
