"""A private Redis, small enough to be filled quickly."""

import shutil

from . import clients
from .part import Absent, Part
from .state import HOST

MAXMEMORY_MB = 64
POLICY = "allkeys-lru"
SETTINGS = f"""\
# Written at each start.
bind {HOST}
protected-mode yes
daemonize no
maxmemory {MAXMEMORY_MB}mb
maxmemory-policy {POLICY}
save ""
appendonly no
lua-time-limit 1000
"""


class Redis(Part):
    name = "redis"

    def prepare(self):
        self.program = shutil.which("redis-server") or shutil.which("valkey-server")
        if not self.program:
            raise Absent("neither redis-server nor valkey-server is installed")
        self.settings.write_text("".join(f"{line}\n" for line in self.lines()))

    @property
    def settings(self):
        return self.folder / "redis.conf"

    def lines(self):
        """Lines of its configuration."""
        return [SETTINGS, f"port {self.port}", f'dir "{self.folder}"']

    def command(self):
        return [self.program, str(self.settings)]

    def client(self, seconds=1):
        return clients.cache(self.state, seconds, self.name)

    def answers(self):
        with self.client() as client:
            return client.ping()
