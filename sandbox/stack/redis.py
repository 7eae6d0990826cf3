"""A private Redis, small enough to be filled in a moment."""

import shutil

from . import clients
from .part import Absent, Part
from .state import HOST

MAXMEMORY_MB = 64
SETTINGS = f"""\
# Written at each start.
bind {HOST}
protected-mode yes
daemonize no
maxmemory {MAXMEMORY_MB}mb
maxmemory-policy allkeys-lru
save ""
appendonly no
"""


class Redis(Part):
    name = "redis"

    def prepare(self):
        self.program = shutil.which("redis-server") or shutil.which("valkey-server")
        if not self.program:
            raise Absent("no redis-server and no valkey-server")
        (self.folder / "redis.conf").write_text(f'{SETTINGS}port {self.port}\ndir "{self.folder}"\n')

    def command(self):
        return [self.program, str(self.folder / "redis.conf")]

    def answers(self):
        with clients.cache(self.state, seconds=1) as client:
            return client.ping()
