"""The DNS check of a service: a real name server (dnsmasq), one that is silent or talks nonsense, and this host's own way."""

import shutil
import socket
import threading

import pytest

from name_server import NameServer
from stacktop import CRIT, OK, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"


@pytest.fixture(scope="module")
def web():
    """A port that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def names(tmp_path):
    if not shutil.which("dnsmasq"):
        pytest.skip("dnsmasq is not installed (Debian: dnsmasq-base)")
    server = NameServer(tmp_path)
    yield server
    server.close()


def look(tmp_path, port, resolver, name="api.test", **options):
    target = {"name": "api", "address": f"127.0.0.1:{port}", "dns": name, **options}
    if resolver:
        target["resolver"] = resolver
    done = check(write_config(tmp_path, services=[target]), "--json")
    document = done.document
    return document.summary("service", "services"), [text for _, text in document.findings], done.status


def test_answers(names, web, tmp_path):
    names.set("10.1.2.3 api.test", "10.1.2.4 api.test", "fd00::7 api.test", "10.9.9.9 other.test")
    at = f"127.0.0.1:{names.port}"
    cells, findings, status = look(tmp_path, web, at)
    assert status == OK and not findings and cells["state"] == "up"
    assert cells["dns_addresses"] == "10.1.2.3, 10.1.2.4, fd00::7"
    assert 0 < cells["dns"] < 1 and cells["dns_ttl"] == 77 and cells["latency"] > 0
    # a family that is not expected is not judged
    assert look(tmp_path, web, at, expect_addresses="10.1.2.4, 10.1.2.3")[2] == OK
    assert look(tmp_path, web, at, expect_addresses="fd00:0::7")[2] == OK
    cells, findings, status = look(tmp_path, web, at, expect_addresses="10.1.2.3")
    assert status == CRIT and cells["state"] == "DNS"
    assert findings == ["api: DNS: answers 10.1.2.4 (expected 10.1.2.3)"]
    assert "DNS: answers 10.1.2.3, 10.1.2.4, fd00::7 without 10.1.2.5" in look(
        tmp_path, web, at, expect_addresses="10.1.2.3, 10.1.2.4, 10.1.2.5")[1][0]


def test_names_that_have_none(names, web, tmp_path):
    names.set("10.1.2.3 api.test")
    at = f"127.0.0.1:{names.port}"
    cells, findings, status = look(tmp_path, web, at, "missing.test")
    assert status == CRIT and cells["state"] == "DNS" and cells["dns"] == {"unknown": "no answer"}
    assert findings == ["api: DNS: the name does not exist (NXDOMAIN)"]
    # it knows no server for any other name
    cells, findings, status = look(tmp_path, web, at, "example.com")
    assert status == CRIT and findings == ["api: DNS: the name server refuses to answer (REFUSED)"]


def test_a_name_that_is_blocked(names, web, tmp_path):
    names.set("0.0.0.0 api.test")
    at = f"127.0.0.1:{names.port}"
    cells, findings, status = look(tmp_path, web, at)
    assert status == CRIT and cells["state"] == "DNS"
    assert findings == ["api: DNS: answers 0.0.0.0, which no host has: the name is blocked"]
    assert look(tmp_path, web, at, expect_addresses="0.0.0.0")[2] == OK


def test_a_change(names, web, tmp_path):
    """The details say since when the addresses are others, and which they were."""
    names.set("10.1.2.3 api.test")
    target = {"name": "api", "address": f"127.0.0.1:{web}", "dns": "api.test", "resolver": f"127.0.0.1:{names.port}"}
    with dashboard(write_config(tmp_path, interval="200ms", services=[target]), columns=120, rows=60) as terminal:
        terminal.wait_for(lambda screen: "up" in screen.line("api "))
        terminal.press("1", "Enter", "i")
        terminal.wait_for(lambda screen: "10.1.2.3" in screen.line("DNS ADDRESSES"))
        names.set("10.1.2.9 api.test")
        terminal.wait_for(lambda screen: "10.1.2.9" in screen.line("DNS ADDRESSES"))
        terminal.wait_for(lambda screen: "10.1.2.3" in screen.line("DNS BEFORE"))
        terminal.press("Esc", "Esc")
        terminal.wait_for("api dns addresses changed: 10.1.2.3 -> 10.1.2.9")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


def silent(server):
    """The server reads and says nothing."""


def nonsense(server):
    while True:
        try:
            asked, peer = server.recvfrom(600)
        except OSError:
            return
        server.sendto(b"\x1b[31m no DNS", peer)
        server.sendto(asked[:2] + b"\x81\x80" + b"\xff" * 40, peer)


@pytest.mark.parametrize("what", (silent, nonsense), ids=lambda what: what.__name__)
def test_a_server_that_is_none(web, tmp_path, what):
    """The port is judged as ever, and the end does not wait."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        threading.Thread(target=what, args=(server,), daemon=True).start()
        cells, findings, status = look(tmp_path, web, f"127.0.0.1:{server.getsockname()[1]}")
        assert cells["state"] == "DNS" and cells["connect"] < 1 and status == CRIT
        assert len(findings) == 1 and findings[0].startswith("api: DNS: ") and "\x1b" not in findings[0]
        if what is silent:
            assert status == CRIT and findings == ["api: DNS: no answer from the name server"]
            place = f"127.0.0.1:{server.getsockname()[1]}"
            assert "api: DNS: no answer within " in look(tmp_path, web, place, timeout="300ms")[1][0]


def test_no_server(web, tmp_path):
    _, findings, status = look(tmp_path, web, f"127.0.0.1:{closed_port()}")
    assert status == CRIT and findings == ["api: DNS: no name server listens there"]


def test_the_host_s_own_way(web, tmp_path):
    cells, findings, status = look(tmp_path, web, None, "localhost", expect_addresses="127.0.0.1")
    assert status == OK and "127.0.0.1" in cells["dns_addresses"]
    cells, findings, status = look(tmp_path, web, None, "nowhere.invalid")
    assert status == CRIT and 'the name "nowhere.invalid" has no address' in findings[0]


def test_a_port_that_is_down_counts_more(web, tmp_path):
    cells, _, status = look(tmp_path, closed_port(), None, "localhost")
    assert status == CRIT and cells["state"] == "refused" and "127.0.0.1" in cells["dns_addresses"]


def test_errors_have_their_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text('services:\n  - name: api\n    address: "a:1"\n    dns: "a b"\n    resolver: dns.example.com\n'
                    '    expect_addresses: "10.0.0.1 10.0.0.2"\n')
    done = stacktop("config", "--check", "-c", path)
    assert 'bad.yaml:4:10: dns: "a b" is not a host name' in done.stderr
    assert 'bad.yaml:5:15: resolver: "dns.example.com" is not the address of a name server' in done.stderr
    assert "bad.yaml:6:23: expect_addresses: expected a comma" in done.stderr
    path.write_text('services:\n  - name: api\n    address: "a:1"\n    resolver: 10.0.0.1\n')
    done = check(path)
    assert "resolver and expect_addresses need dns" in done.stdout + done.stderr
