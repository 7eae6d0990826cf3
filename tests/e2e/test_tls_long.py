"""Certificates of servers: several faults at once, chains, revocation, HSTS, changes, what is no TLS, and a mail server by STARTTLS."""

import contextlib
import http.server
import socket
import ssl
import threading

import pytest

from authority import CA, Shown, run
from stacktop import CRIT, OK, UNKNOWN, WARN, Listener, check, closed_port, dashboard, write_config
from tls_site import authority, look  # noqa: F401 (a fixture)

BESIDE = "others"
DAY = 86400


def test_all_that_is_wrong_at_once(tmp_path, authority):
    with Shown(authority, "expired") as server:
        _, findings, status = look(tmp_path, authority, server, server_name="api.example.com",
                                   ca_file=str(authority.path("self.pem")))
        assert status == CRIT
        assert "expired 5d" in findings[0] and "not for api.example.com" in findings[0]
        assert "the issuer test root is neither" in findings[0]
        # who asks for neither still sees that it is expired
        _, findings, status = look(tmp_path, authority, server, server_name="api.example.com", insecure=True,
                                   ca_file=str(authority.path("self.pem")))
        assert status == CRIT and "expired 5d" in findings[0] and "not for" not in findings[0] and "issuer" not in findings[0]


def test_an_unknown_authority(tmp_path, authority):
    with Shown(authority, "soon", "-cert_chain", "root.pem") as server:
        cells, findings, status = look(tmp_path, authority, server, ca_file=str(authority.path("self.pem")))
        assert status == CRIT and cells["chain"] == "untrusted CA" and "the authority test root is not trusted" in findings[0]


def test_the_first_of_the_chain(tmp_path, authority):
    """The intermediate expires before the server's own."""
    authority.issue("brief", extensions=CA, subject="/CN=brief intermediate", end=2)
    authority.issue("under", issuer="brief", end=300)
    with Shown(authority, "under", "-cert_chain", "brief.pem") as server:
        cells, findings, status = look(tmp_path, authority, server)
        assert status == CRIT and cells["expiring"] == "brief intermediate" and cells["left"] <= 2 * DAY
        assert len(findings) == 1 and findings[0].startswith("site: left ")


def test_a_client_certificate_is_wanted(tmp_path, authority):
    """Without one the handshake fails, but the server has shown its own before."""
    for words in (["-tls1_2"], []):
        with Shown(authority, "good", "-cert_chain", "middle.pem", "-Verify", "1", *words) as server:
            cells, findings, status = look(tmp_path, authority, server)
            assert status == OK and not findings and cells["client"] == "wanted" and cells["chain"] == "verified"


def test_revocation(tmp_path, authority):
    """What the server shows of itself (OCSP stapling), signed by its authority; a certificate of another one says nothing."""
    authority.issue("withdrawn", end=80)
    authority.issue("kept", end=80)

    def answer(name, signer="root"):
        run(authority.folder, "ocsp", "-index", "index.txt", "-CA", "root.pem", "-issuer", "root.pem", "-rsigner", f"{signer}.pem",
            "-rkey", f"{signer}.key", "-cert", f"{name}.pem", "-ndays", "1", "-respout", f"{name}.der", "-noverify")
        with Shown(authority, name, "-status_file", f"{name}.der") as server:
            return look(tmp_path, authority, server)

    run(authority.folder, "ca", "-config", "ca.conf", "-keyfile", "root.key", "-cert", "root.pem", "-revoke", "withdrawn.pem")
    cells, findings, status = answer("kept")
    assert status == OK and cells["revocation"] == "good", findings
    cells, findings, status = answer("withdrawn")
    assert status == CRIT and cells["revocation"] == "revoked" and findings == ["site: revoked"]
    cells, findings, status = answer("kept", signer="self")
    assert status == WARN and cells["revocation"] == "invalid"


def test_hostile_names(tmp_path, authority):
    with Shown(authority, "evil") as server:
        cells, _, _ = look(tmp_path, authority, server)
        assert "red" in cells["subject"] and "\x1b" not in cells["subject"] and "\x07" not in cells["subject"]


def test_what_is_no_tls(tmp_path, authority):
    def finding(port, **options):
        target = {"name": "site", "address": f"127.0.0.1:{port}", "timeout": "2s", **options}
        done = check(write_config(tmp_path, tls=[target]), "--json")
        assert done.status in (CRIT, UNKNOWN)
        return done.document.findings[0][1]

    assert "refused" in finding(closed_port())
    with Listener() as silent:
        assert "connected, but TLS not established" in finding(silent.port)
        assert "no greeting" in finding(silent.port, starttls="smtp")
    with socket.create_server(("127.0.0.1", 0)) as plain:
        def answer():
            while True:
                try:
                    peer, _ = plain.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), peer:
                    peer.sendall(b"HTTP/1.1 400 \x1b[31m\r\n\r\n")
        threading.Thread(target=answer, daemon=True).start()
        port = plain.getsockname()[1]
        assert "does not speak TLS" in finding(port)
        text = finding(port, starttls="imap")
        assert "\x1b" not in text and "STARTTLS" in text
        plain.shutdown(socket.SHUT_RDWR)


def test_hsts(tmp_path, authority):
    class Handler(http.server.BaseHTTPRequestHandler):
        header = None

        def do_GET(self):
            self.send_response(404)
            if Handler.header:
                self.send_header("Strict-Transport-Security", Handler.header)
            self.end_headers()

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.path("soon.pem"), authority.path("soon.key"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.port = server.server_port

        def hsts(header):
            Handler.header = header
            cells, findings, _ = look(tmp_path, authority, server, hsts="180d")
            return cells.get("hsts"), next((text for text in findings if "HSTS" in text), None)

        assert hsts("max-age=31536000; includeSubDomains") == (31536000, None)
        assert hsts('includeSubDomains; Max-Age = "86400"')[1] == "site: HSTS for 1d 0h (expected at least 180d 0h)"
        assert hsts(None) == (None, "site: no HSTS: the header Strict-Transport-Security is missing")
        assert "is missing" in hsts("max-age=never")[1]
        server.shutdown()


def test_a_change_is_an_event(tmp_path, authority):
    """A renewed certificate: the fingerprint and the end."""
    with Shown(authority, "soon") as server:
        port = server.port
        config = write_config(tmp_path, interval="200ms", tls=[
            {"name": "site", "address": f"localhost:{port}", "ca_file": str(authority.path("root.pem"))}])
        with dashboard(config, columns=140, rows=40) as terminal:
            terminal.wait_for("below 21d")
            server.__exit__()
            terminal.wait_for("refused")
            authority.issue("renewed", end=200)
            with Shown(authority, "renewed", port=port):
                terminal.wait_for("expires changed")
                terminal.wait_for("sha-256 changed")
                terminal.press("q")
                assert terminal.wait_exit(2) == 0


def test_smtp(tmp_path, authority):
    controller = pytest.importorskip("aiosmtpd.controller", reason="python3-aiosmtpd is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.path("soon.pem"), authority.path("soon.key"))

    class Handler:
        pass

    server = controller.Controller(Handler(), hostname="127.0.0.1", port=closed_port(), tls_context=context)
    server.start()
    try:
        cells, findings, status = look(tmp_path, authority, server, starttls="smtp")
        assert status == WARN and cells["chain"] == "verified" and len(findings) == 1 and findings[0].startswith("site: left 9d ")
    finally:
        server.stop()
