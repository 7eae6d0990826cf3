"""Certificates of servers and files: real servers of OpenSSL, each wrong in its own way, a PostgreSQL and a mail server by STARTTLS."""

import contextlib
import http.server
import os
import shutil
import socket
import ssl
import threading

import pytest

from authority import CA, Authority, Shown, run
from stacktop import CRIT, OK, UNKNOWN, WARN, Listener, check, closed_port, dashboard, stacktop, write_config

BESIDE = "others"
DAY = 86400


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    own = Authority(tmp_path_factory.mktemp("authority"))
    own.issue("middle", extensions=CA, subject="/CN=test intermediate")
    own.issue("good", issuer="middle")
    own.issue("soon", end=9.5)
    own.issue("expired", begin=-30, end=-5)
    own.issue("future", begin=7)
    own.issue("weak", key="rsa:1024", digest="sha1")
    own.issue("other", names="DNS:db.example.com,DNS:*.example.com")
    own.issue("self", issuer="self")
    own.issue("evil", names="DNS:localhost", subject="/CN=\x1b[31mred\x07")
    return own


def look(tmp_path, authority, server=None, **options):
    """The row, the findings and the status of one target."""
    target = {"name": "site", **options}
    if server:
        target = {"address": f"localhost:{server.port}", "ca_file": str(authority.path("root.pem")), **target}
    done = check(write_config(tmp_path, tls=[target]), "--json")
    document = done.document
    return document.summary("tls", "certificates"), [text for _, text in document.findings], done.status


def test_a_good_one(tmp_path, authority):
    with Shown(authority, "good", "-cert_chain", "middle.pem") as server:
        cells, findings, status = look(tmp_path, authority, server)
        assert status == OK and not findings
        assert cells["chain"] == "verified" and cells["names"] == "localhost, 127.0.0.1"
        assert cells["issuer"] == "test intermediate" and cells["protocol"] == "TLSv1.3"
        assert cells["key"] == "EC 256" and cells["sent"] == 2 and cells["revocation"] == "none"
        assert 89 * DAY < cells["left"] < 90 * DAY and len(cells["fingerprint"]) == 64
        assert cells["client"] == "not wanted" and "hsts" not in cells


def test_the_first_of_the_chain(tmp_path, authority):
    """The intermediate expires before the server's own."""
    authority.issue("brief", extensions=CA, subject="/CN=brief intermediate", end=2)
    authority.issue("under", issuer="brief", end=300)
    with Shown(authority, "under", "-cert_chain", "brief.pem") as server:
        cells, findings, status = look(tmp_path, authority, server)
        assert status == CRIT and cells["expiring"] == "brief intermediate" and cells["left"] <= 2 * DAY
        assert len(findings) == 1 and findings[0].startswith("site: left ")


@pytest.mark.parametrize("name, words, status, finding", [
    ("soon", [], WARN, "site: left 9d "),
    ("expired", [], CRIT, "site: expired 5d 0h ago, at "),
    ("future", [], CRIT, "site: not valid before "),
    ("weak", ["-cipher", "ALL:@SECLEVEL=0"], WARN, "site: weak: RSA key of 1024 bits"),
    ("other", [], CRIT, "site: not for localhost: it is for db.example.com, *.example.com"),
    ("self", [], CRIT, "site: self-signed and not trusted"),
    ("good", [], CRIT, "site: incomplete chain: the issuer test intermediate is neither sent with it nor trusted"),
    ("soon", ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], WARN, "site: weak: protocol TLSv1"),
])
def test_what_is_wrong(tmp_path, authority, name, words, status, finding):
    with Shown(authority, name, *words) as server:
        _, findings, found = look(tmp_path, authority, server)
        assert found == status and any(each.startswith(finding) for each in findings), findings


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


# ---- files


def files(tmp_path, target):
    done = check(write_config(tmp_path, tls=[{"name": "files", **target}]), "--json")
    document = done.document
    return document.rows("tls", "certificates"), [text for _, text in document.findings], done.status


def test_a_file(tmp_path, authority):
    path = str(authority.path("soon.pem"))
    rows, findings, status = files(tmp_path, {"file": path, "ca_file": str(authority.path("root.pem")),
                                              "key_file": str(authority.path("soon.key"))})
    cells = rows[path]
    assert cells["chain"] == "verified" and cells["key_state"] == "belongs to the certificate" and cells["key_mode"] == "0600"
    assert status == WARN and len(findings) == 1 and findings[0].startswith("files: left 9d ") and "protocol" not in cells


def test_keys(tmp_path, authority):
    own = {"file": str(authority.path("self.pem")), "ca_file": str(authority.path("self.pem"))}
    assert files(tmp_path, own)[2] == OK
    _, findings, status = files(tmp_path, {**own, "key_file": str(authority.path("soon.key"))})
    assert status == CRIT and "belongs to another certificate" in findings[0]
    key = tmp_path / "copy.key"
    shutil.copy(authority.path("self.key"), key)
    key.chmod(0o644)
    _, findings, status = files(tmp_path, {**own, "key_file": str(key)})
    assert status == CRIT and f"every user of this host can read the private key {key} (mode 0644)" in findings[0]
    key.write_text("no key")
    key.chmod(0o600)
    assert "the file has no private key in PEM" in files(tmp_path, {**own, "key_file": str(key)})[1][0]
    assert "No such file" in files(tmp_path, {**own, "key_file": str(tmp_path / "gone.key")})[1][0]
    # the key beside the certificate in one file
    both = tmp_path / "both.pem"
    both.write_bytes(authority.path("self.pem").read_bytes() + authority.path("self.key").read_bytes())
    both.chmod(0o604)
    rows, findings, _ = files(tmp_path, {**own, "file": str(both)})
    assert rows[str(both)]["key_state"] == "belongs to the certificate" and "every user of this host" in findings[0]


def test_several(tmp_path, authority):
    """A row each: one that is no certificate does not hide the others."""
    folder = tmp_path / "certs"
    folder.mkdir()
    for name in ("self", "expired"):
        shutil.copy(authority.path(f"{name}.pem"), folder)
    (folder / "\x1b[31mbad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    os.mkfifo(folder / "fifo.pem")
    (folder / "link.pem").symlink_to("nowhere")
    rows, findings, status = files(tmp_path, {"file": f"{folder}/*.pem", "ca_file": str(authority.path("self.pem"))})
    assert status == CRIT and len(rows) == 5
    assert rows[f"{folder}/self.pem"]["chain"] == "verified" and rows[f"{folder}/self.pem"]["name"] == "self.pem"
    assert any("expired.pem: expired 5d" in text for text in findings), findings
    assert any("there is no certificate in the file" in text for text in findings)
    assert any("is not a file" in text for text in findings) and any("No such file" in text for text in findings)
    assert not any("\x1b" in text for text in findings)


def test_none(tmp_path, authority):
    _, findings, status = files(tmp_path, {"file": f"{tmp_path}/none/*.pem"})
    assert status == CRIT and "No such file" in findings[0]
    # what is trusted has to be there
    file = str(authority.path("self.pem"))
    for path, words in ((f"{tmp_path}/gone.pem", "No such file"), (str(authority.path("self.key")), "no certificate")):
        done = check(write_config(tmp_path, tls=[{"name": "files", "file": file, "ca_file": path}]), "--json")
        assert done.status == UNKNOWN and f"ca_file {path}: " in done.document.findings[0][1], done
        assert words in done.document.findings[0][1]


def test_errors_have_their_place(tmp_path):
    def words(text):
        path = tmp_path / "bad.yaml"
        path.write_text(f"tls:\n  - name: site\n{text}")
        return stacktop("config", "--check", "-c", path).stderr

    assert "address or file is required" in words("    insecure: true\n")
    assert "address and file exclude each other" in words('    address: "a:1"\n    file: /a\n')
    assert "not an absolute path" in words("    file: a.pem\n")
    assert "key_file needs file" in words('    address: "a:1"\n    key_file: /a\n')
    assert "it excludes starttls" in words('    address: "a:1"\n    starttls: smtp\n    hsts: 1d\n')


# ---- STARTTLS


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
