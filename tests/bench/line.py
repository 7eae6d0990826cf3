"""A loopback line in front of a server that counts what its client sends and receives."""

import socket
import struct
import threading


class Line:
    """`port` leads to `target`. `count` gets the bytes of a client, in order, and adds to `counted`."""

    def __init__(self, target, reader):
        self.target, self.reader = target, reader
        self.lock = threading.Lock()
        self.counted = {"sent": 0, "received": 0}
        self.outgoing = []  # the local ports of its connections to the server
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.close()

    def add(self, what, number=1):
        with self.lock:
            self.counted[what] = self.counted.get(what, 0) + number

    def read(self):
        with self.lock:
            return dict(self.counted)

    def accept(self):
        while True:
            try:
                client = self.server.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.outgoing.append(server.getsockname()[1])
            reader = self.reader(self)
            threading.Thread(target=self.pass_on, args=(client, server, "sent", reader), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, "received", None), daemon=True).start()

    def pass_on(self, source, to, name, reader):
        try:
            while data := source.recv(65536):
                self.add(name, len(data))
                if reader:
                    reader.feed(data)
                to.sendall(data)
        except OSError:
            pass
        for each in (source, to):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class PostgresMessages:
    """The messages of a PostgreSQL client: the first ones have no type. A round trip ends with Query or Sync."""

    SSL, GSS = 80877103, 80877104

    def __init__(self, line):
        self.line, self.data, self.started = line, b"", False

    def feed(self, data):
        self.data += data
        while True:
            head = 1 if self.started else 0
            if len(self.data) < head + 4:
                return
            length = head + struct.unpack_from("!I", self.data, head)[0]
            if len(self.data) < length:
                return
            if self.started:
                self.line.add("messages")
                self.line.add("round trips", self.data[:1] in b"QS")
            elif struct.unpack_from("!I", self.data, 4)[0] not in (self.SSL, self.GSS):
                self.started = True
            self.data = self.data[length:]
