"""Fixtures: one control plane for all tests of a file, without objects at the start of each, and what the tests of its
actions share."""

import contextlib
import http.server
import threading

import pytest

from control_plane import deployment, running
from headless import FAILED, PARTLY, plan_at, recorded  # noqa: F401 (for those who import this)
from headless import UNKNOWN as UNSURE  # noqa: F401
from headless import apply as apply_it
from stacktop import write_config

plan = plan_at("cluster")


@pytest.fixture(scope="module")
def shared_plane():
    with running() as plane:
        yield plane


@pytest.fixture
def plane(shared_plane):
    shared_plane.clear()
    yield shared_plane


@pytest.fixture
def config(plane, tmp_path):
    return configured(plane, tmp_path)


def configured(plane, folder, **options):
    target = {name: value for name, value in plane.target(**options).items() if value is not None}
    return write_config(folder, kubernetes=[target], interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"))


@pytest.fixture
def pair(plane):
    """A deployment, and its neighbour: one of the same name in another namespace, which nothing may touch."""
    ours, neighbour = deployment("ecap", "api", memory="64Mi"), deployment("shop", "api")
    for each in (ours, neighbour):
        plane.apply(each)
    for each in (ours, neighbour):
        plane.ready(each)
    before = plane.read(neighbour)["metadata"]
    plane.ours = ours
    yield plane
    after = plane.read(neighbour)["metadata"]
    assert (after["uid"], after["generation"]) == (before["uid"], before["generation"])


@contextlib.contextmanager
def relay(plane, passes):
    """A proxy in the place of kubectl's, which hangs up on each change: with `passes` after the server has made it."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.answer(self.ask())

        def do_PATCH(self):  # noqa: N802
            if passes:
                self.ask()
            self.close_connection = True

        do_DELETE = do_PATCH  # noqa: N815

        def ask(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            return plane.pass_on(self.command, self.path, body, self.headers.get("Content-Type"))

        def answer(self, result):
            status, text = result
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()



def apply(config, planned, *status, **options):
    return apply_it(config, planned, *status, timeout=60, **options)
