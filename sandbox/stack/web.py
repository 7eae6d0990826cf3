"""The web services, each a process of Python."""

import http.client
import sys

from . import certificates, crew, memory, supervisor
from .part import Absent, Part
from .state import HOST, Failure


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


class Supervised(Service):
    """Started again when it ends (supervisor.py), and if wanted with a memory limit."""

    def command(self):
        return [sys.executable, "-m", "stack.supervisor", str(self.folder), str(self.log), str(self.megabytes or 0),
                *super().command()]

    def prepare(self):
        supervisor.status(self.folder).unlink(missing_ok=True)
        self.instead_path.unlink(missing_ok=True)

    def end_orphans(self):
        """Its processes end with their supervisor, however that ends; a control group does not."""
        memory.remove(self.folder)

    @property
    def said(self):
        return supervisor.said(self.folder)

    def need_running(self):
        super().need_running()
        if self.said and not self.said.startswith("running"):
            raise Failure(f"{self.name} {self.said}")

    @property
    def instead_path(self):
        return self.folder / "instead"

    @property
    def instead(self):
        """What ends it at its memory limit, if not the kernel; ""."""
        return self.instead_path.read_text().strip() if self.instead_path.exists() else ""

    # What stays when it is started again, until the next run of the sandbox.

    def forget(self):
        for name in ("release", "memory"):
            self.path(name).unlink(missing_ok=True)

    @property
    def megabytes(self):
        return self.setting("memory", 0)

    def set_memory(self, megabytes):
        """Starts it with this memory limit; 0: without one."""
        self.change("memory", megabytes)

    def setting(self, name, usual):
        path = self.path(name)
        return int(path.read_text()) if path.exists() else usual

    def change(self, name, value):
        self.keep(name, value)
        self.stop()
        self.start()

    def keep(self, name, value):
        self.path(name).write_text(f"{value}\n")

    def path(self, name):
        return self.state.folder / f"{self.name}.{name}"


class Api(Supervised):
    name = "api"
    module = "service_api"

    def deploy(self, release):
        """Starts it in this release: 1 works, 2 does not find a column, 3 ends at once."""
        self.change("release", release)

    @property
    def release(self):
        return self.setting("release", 1)


class Dashboard(Supervised):
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
