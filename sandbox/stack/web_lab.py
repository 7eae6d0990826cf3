"""The lab's HTTP servers: one whose response depends on the request, and the same with TLS and good or bad
certificates."""

from . import certificates
from .part import Part
from .web import Service


class AnyHttp(Service):
    name = "http"
    module = "service_any"
    health = "/ok"


class AnyTls(Service):
    """tls-KIND, of certificates.KINDS."""

    module = "service_any"

    def prepare(self):
        certificates.make(self.state)

    @property
    def kind(self):
        return self.name.removeprefix("tls-")

    def arguments(self):
        return [str(certificates.folder(self.state) / f"{self.kind}.pem")]

    def answers(self):
        return Part.answers(self)
