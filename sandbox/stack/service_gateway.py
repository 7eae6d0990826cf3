"""The platform's gateway: it ends TLS. Its certificate is renewed in its file, and a process loads it when it starts:
in the scene cert-expiring one that ran before still shows the old one, until a restart.

    python3 -m stack.service_gateway STATE PORT
"""

import socket
import ssl

from . import certificates
from .service_http import Server, answer, arguments


def context(state, kind):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.folder(state) / f"{kind}.pem")
    return made


class Gateway(Server):
    def __init__(self, state, port):
        super().__init__(state, port, {"/health": lambda: answer(200, {"status": "ok"})})
        self.born_in = state.mode()["entered"]
        self.renewed, self.old = context(state, "good"), context(state, "soon")

    def finish_request(self, request, client_address):
        """In the thread of the connection, so that a slow handshake does not hold up the others."""
        request.settimeout(10)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
        mode = self.state.mode()
        old = mode["scene"] == "cert-expiring" and mode["entered"] != self.born_in
        try:
            request = (self.old if old else self.renewed).wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return  # not TLS, or a client that went away
        super().finish_request(request, client_address)


def main():
    Gateway(*arguments()).serve_forever()


if __name__ == "__main__":
    main()
