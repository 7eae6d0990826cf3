"""Several backends behind one address, told apart by the Host header, in clear and by TLS."""

import http.server
import shutil
import ssl
import threading

import pytest

from authority import Authority
from stacktop import CRIT, OK, check, write_config

BESIDE = "others"


class Balancer(http.server.ThreadingHTTPServer):
    """Chooses by the Host header; who asks for another name gets a default that says OK, as balancers do."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.backends = {}

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = self.server.backends.get(self.headers["Host"].split(":")[0], (200, "default backend"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def look(tmp_path, scheme, port, **options):
    names = ("api", "dashboard")
    done = check(write_config(tmp_path, services=[
        {"name": name, "address": f"127.0.0.1:{port}", "health": f"{scheme}://127.0.0.1:{port}/health", "host": f"{name}.example.com",
         "expect_body": f"{name} healthy", **options} for name in names]), "--json")
    return {name: done.document.summary("service", "services", name)["state"] for name in names}, done


def test_by_host(tmp_path):
    with Balancer().start() as balancer:
        balancer.backends = {"api.example.com": (200, "api healthy"), "dashboard.example.com": (200, "dashboard healthy")}
        states, done = look(tmp_path, "http", balancer.server_port)
        assert done.status == OK and states == {"api": "200", "dashboard": "200"}, done
        balancer.backends["dashboard.example.com"] = (503, "no server")
        states, done = look(tmp_path, "http", balancer.server_port)
        assert done.status == CRIT and states == {"api": "200", "dashboard": "503"}
        # a name that the balancer does not know: its default is no proof
        del balancer.backends["api.example.com"]
        states, done = look(tmp_path, "http", balancer.server_port)
        assert states["api"] != "200" and any(text.startswith("api: ") and "without the expected text" in text for _, text in done.document.findings)
        balancer.shutdown()


def test_by_name_with_tls(tmp_path):
    """Each name has a certificate of its own, chosen by SNI."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = Authority(folder)
    contexts = {}
    for name in ("api", "dashboard"):
        authority.issue(name, names=f"DNS:{name}.example.com", end=90 if name == "api" else 9.5)
        contexts[f"{name}.example.com"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[f"{name}.example.com"].load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")

    def choose(connection, name, _):
        connection.context = contexts[name]

    first = contexts["api.example.com"]
    first.sni_callback = choose
    with Balancer() as balancer:
        balancer.backends = {"api.example.com": (200, "api healthy"), "dashboard.example.com": (200, "dashboard healthy")}
        balancer.socket = first.wrap_socket(balancer.socket, server_side=True)
        balancer.start()
        root = str(folder / "root.pem")
        states, done = look(tmp_path, "https", balancer.server_port, ca_file=root)
        assert states == {"api": "200", "dashboard": "200"}, done
        assert [text.startswith("dashboard: cert left 9d") for _, text in done.document.findings] == [True]
        done = check(write_config(tmp_path, tls=[
            {"name": name, "address": f"127.0.0.1:{balancer.server_port}", "server_name": f"{name}.example.com", "ca_file": root,
             "hsts": "1d"} for name in ("api", "dashboard")]), "--json")
        for name in ("api", "dashboard"):
            cells = done.document.summary("tls", "certificates", name)
            assert cells["names"] == f"{name}.example.com" and cells["chain"] == "verified"
        balancer.shutdown()
