"""The two web services, each a process of Python."""

import http.client
import sys

from .part import Part
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


class Dashboard(Service):
    name = "dashboard"
    module = "service_dashboard"


def get(port, path, seconds):
    """(status, text) of a local HTTP server."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
