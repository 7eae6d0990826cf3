"""The health check of gRPC: a real gRPC server, with and without TLS, and servers that are none."""

import shutil
import socket
import subprocess
import threading
from concurrent import futures

import pytest

from stacktop import CRIT, OK, Listener, check, closed_port, stacktop, write_config

BESIDE = "others"
grpc = pytest.importorskip("grpc", reason="python3-grpcio is not installed")
SERVING, NOT_SERVING, UNKNOWN_STATUS, SERVICE_UNKNOWN = 1, 2, 0, 3


class Server:
    """Health as grpc.health.v1 has it, its two messages by hand: {service: status, or function of a context}."""

    def __init__(self, states, credentials=None, path="grpc.health.v1.Health"):
        self.asked = []

        def answer(request, context):
            # field 1, a string
            service = request[2:2 + request[1]].decode() if request else ""
            self.asked.append((service, dict(context.invocation_metadata())))
            state = states.get(service)
            if state is None:
                context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
            return state(context) if callable(state) else bytes([0x08, state]) if state else b""

        handler = grpc.method_handlers_generic_handler(path, {"Check": grpc.unary_unary_rpc_method_handler(answer)})
        self.server = grpc.server(futures.ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers((handler,))
        if credentials:
            self.port = self.server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()


@pytest.fixture
def serve():
    made = []

    def make(*arguments, **options):
        made.append(Server(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.server.stop(None).wait()


def look(tmp_path, port, **options):
    target = {"name": "cart", "address": f"127.0.0.1:{port}", "grpc": f"127.0.0.1:{port}", **options}
    done = check(write_config(tmp_path, services=[target]), "--json")
    document = done.document
    return document.summary("service", "services"), [text for _, text in document.findings], done.status


def test_states(serve, tmp_path):
    server = serve({"": SERVING, "shop.Cart": NOT_SERVING, "shop.Old": SERVICE_UNKNOWN, "shop.New": UNKNOWN_STATUS,
                    "shop.Odd": 77})
    cells, findings, status = look(tmp_path, server.port)
    assert status == OK and not findings and cells["state"] == "SERVING" and 0 < cells["latency"] < 5
    assert server.asked[0][0] == ""
    for service, state, reason in (
            ("shop.Cart", "NOT_SERVING", "the service shop.Cart does not serve (NOT_SERVING)"),
            ("shop.Old", "UNKNOWN", "the server does not know the service shop.Old (SERVICE_UNKNOWN)"),
            ("shop.New", "UNKNOWN", "the server does not say whether the service shop.New serves (UNKNOWN)"),
            ("shop.Odd", "UNKNOWN", "unknown health status 77 of the service shop.Odd"),
            ("shop.None", "NOT_FOUND", "the server does not know the service shop.None (NOT_FOUND)")):
        cells, findings, status = look(tmp_path, server.port, grpc_service=service)
        assert status == CRIT and cells["state"] == state
        assert findings == [f"cart: port open, gRPC: {reason}"]


def test_failures(serve, tmp_path):
    server = serve({"": lambda context: context.abort(grpc.StatusCode.UNAVAILABLE, "warming \x1b[31mup\n 100% häßlich")})
    cells, findings, status = look(tmp_path, server.port)
    assert status == CRIT and cells["state"] == "UNAVAILABLE" and "\x1b" not in findings[0]
    assert "the health check fails: UNAVAILABLE (status 14): warming" in findings[0] and "100% häßlich" in findings[0]
    server = serve({}, path="shop.Other")
    cells, findings, status = look(tmp_path, server.port)
    assert status == CRIT and cells["state"] == "UNIMPLEMENTED"
    assert findings == ["cart: port open, gRPC: the server has no health service (UNIMPLEMENTED)"]


def test_an_answer_that_is_not_of_health(serve, tmp_path):
    server = serve({"": lambda _: b"\x08\xff\xff\xff", "a": lambda _: b"\x12\x7fabc", "b": lambda _: b"\x12\x02hi\x08\x01"})
    for service in ({}, {"grpc_service": "a"}):
        cells, findings, status = look(tmp_path, server.port, **service)
        assert status == CRIT and cells["state"] == "no gRPC"
        assert findings == ["cart: port open, gRPC: the answer is not that of a health check"]
    assert look(tmp_path, server.port, grpc_service="b")[2] == OK  # a later field of the protocol is skipped


def test_what_is_sent(serve, tmp_path):
    """A token, and its absence from what the server says of it."""
    server = serve({"": lambda context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such token s3cret-token")})
    cells, findings, status = look(tmp_path, server.port, bearer="s3cret-token", headers={"x-tenant": "shop"})
    assert server.asked[0][1]["authorization"] == "Bearer s3cret-token" and server.asked[0][1]["x-tenant"] == "shop"
    assert status == CRIT and "no such token ***" in findings[0] and "s3cret" not in str(findings)


def test_tls(serve, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "90", "-subj", "/CN=cart", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = serve({"": SERVING}, grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())]))
    cells, findings, status = look(tmp_path, server.port, tls=True, ca_file=str(certificate))
    assert status == OK and cells["state"] == "SERVING" and cells["tls"] > 80 * 86400
    cells, findings, status = look(tmp_path, server.port, tls=True)
    assert status == CRIT and cells["state"] == "TLS" and "gRPC: TLS: self" in findings[0]
    cells, findings, status = look(tmp_path, server.port)  # it expects TLS
    assert status == CRIT and cells["state"] in ("closed", "no gRPC", "error")


def test_servers_that_are_none(tmp_path):
    cells, findings, status = look(tmp_path, closed_port())
    assert status == CRIT and cells["state"] == "refused"
    with Listener() as hung:
        cells, findings, status = look(tmp_path, hung.port, timeout="500ms")
        assert status == CRIT and cells["state"] == "timeout"
        assert findings[0].startswith("cart: port open, gRPC: connected, but no response within")

    def http1(server):
        while True:
            try:
                peer = server.accept()[0]
            except OSError:
                return
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nX: \x1b[31m\r\n\r\n")
            peer.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=http1, args=(server,), daemon=True).start()
        cells, findings, status = look(tmp_path, server.getsockname()[1])
        assert status == CRIT and cells["state"] in ("no gRPC", "closed") and "\x1b" not in findings[0]
        assert findings[0].startswith("cart: port open, gRPC: ")


def test_errors_have_their_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text('services:\n  - name: cart\n    address: "a:1"\n    grpc: "http://a"\n    grpc_service: "a b"\n')
    done = stacktop("config", "--check", "-c", path)
    assert "bad.yaml:4:11: grpc: " in done.stderr and 'bad.yaml:5:19: grpc_service: "a b" is not the name' in done.stderr
    for text, reason in (("grpc_service: a", "grpc_service needs grpc"),
                         ('grpc: "a:1"\n    health: "http://a:1/"', "health is for a service without grpc")):
        path.write_text(f'services:\n  - name: cart\n    address: "a:1"\n    {text}\n')
        done = check(path)
        assert reason in done.stdout + done.stderr and done.status != OK
