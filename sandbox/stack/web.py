"""The web services, each a process of Python."""

import http.client
import sys

from . import certificates, crew
from .part import Absent, Part
from .state import HOST


class Service(Part):
    module = ""
    health = "/health"

    def command(self):
        return [sys.executable, "-m", f"stack.{self.module}", str(self.state.folder), str(self.port),
                *self.arguments()]

    def arguments(self):
        return []

    def answers(self):
        return get(self.port, "/metrics" if self.name == "api" else self.health, 1)[0] == 200


class Api(Service):
    name = "api"
    module = "service_api"

    def deploy(self, release):
        """Starts it in this release: 1 works, 2 does not find a column."""
        (self.state.folder / "release").write_text(f"{release}\n")
        self.stop()
        self.start()

    @property
    def release(self):
        path = self.state.folder / "release"
        return int(path.read_text()) if path.exists() else 1


class Dashboard(Service):
    name = "dashboard"
    module = "service_dashboard"


class Streaming(Service):
    name = "streaming"
    module = "service_streaming"
    optional = True
    after = ("kafka",)
    stop_seconds = 4

    def prepare(self):
        kafka = self.state.part("kafka")
        if kafka["status"] == "absent":
            raise Absent(f"it reads from Kafka: {kafka['reason']}")
        crew.report(self.state, self.name).unlink(missing_ok=True)

    def behind(self, seq):
        """{part: reason}, if its members do not follow the mode with this number yet."""
        return crew.behind(self.state, self.name, seq)


class Gateway(Service):
    name = "gateway"
    module = "service_gateway"
    optional = True

    def prepare(self):
        certificates.make(self.state)

    def answers(self):
        return Part.answers(self)


def get(port, path, seconds):
    """(status, text) of a local HTTP server."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
