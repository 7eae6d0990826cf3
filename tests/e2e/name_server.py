"""dnsmasq, a real name server of a test."""

import socket
import subprocess
import time

from stacktop import closed_port
from terminal import PATIENCE


class NameServer:
    """dnsmasq on a free loopback port, with these names. words: further options."""

    def __init__(self, folder, *words):
        self.folder, self.port, self.process, self.words = folder, closed_port(), None, words
        (folder / "hosts").mkdir(parents=True)

    def set(self, *lines):
        """The lines of its hosts file; it reads them again."""
        (self.folder / "hosts" / "names").write_text("".join(f"{line}\n" for line in lines))
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={self.port}", "--listen-address=127.0.0.1",
             "--bind-interfaces", "--no-resolv", "--no-hosts", f"--addn-hosts={self.folder}/hosts/names", "--local-ttl=77",
             "--server=/refused.test/", "--local=/test/", "--pid-file=", "--user=root", "--group=root", *self.words],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 5 * PATIENCE
        while not self.answers():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.process.kill()
        self.process.wait()
