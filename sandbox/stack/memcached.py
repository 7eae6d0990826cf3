"""A private Memcached with some items: it has no workload, so its figures stand still."""

import os
import shutil
import socket

from .part import Absent, Part
from .state import HOST

ITEMS = 100


class Memcached(Part):
    name = "memcached"
    optional = True

    def prepare(self):
        self.program = shutil.which("memcached")
        if not self.program:
            raise Absent("memcached is not installed")

    def command(self):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        return [self.program, "-l", HOST, "-p", str(self.port), "-U", "0", "-m", "16", *user]

    def say(self, commands):
        """The last line of the answer."""
        with socket.create_connection((HOST, self.port), timeout=1) as connection:
            connection.sendall(commands.encode() + b"version\r\n")
            for line in connection.makefile():
                if line.startswith("VERSION"):
                    return line
        raise OSError("it closed the connection")

    def answers(self):
        return self.say("")

    def finish(self):
        self.say("".join(f"set page:{number} 0 0 10 noreply\r\n{number:010}\r\n" for number in range(ITEMS)))
