"""The platform's cache: it fills, most reads hit, and keys expire. In the scene redis-full it is filled until it
evicts; a higher maxmemory ends that."""

import collections
import os
import random

from . import clients
from .actor import Actor
from .redis import MAXMEMORY_MB

BLOB = os.urandom(1 << 16)


class Cache(Actor):
    period = 0.2

    def __init__(self, state, board):
        super().__init__(state, board)
        self.client = None
        self.recent = collections.deque(maxlen=400)
        self.number = 0
        self.clean = False
        self.filled_in = None  # number of the mode that began the scene

    def reset(self):
        self.client, self.clean = None, False
        self.recent.clear()

    def step(self, mode):
        if self.client is None:
            self.client = clients.cache(self.state)
            self.client.ping()
        full = mode["scene"] == "redis-full"
        if not full and not self.clean:
            self.limit()
            self.empty()
        if full and self.filled_in != mode["entered"]:
            self.limit()
            self.filled_in = mode["entered"]
        self.clean = not full
        if mode["paused"]:
            return
        if full:
            self.fill()
        self.serve()

    def serve(self):
        """20 writes and 30 reads per second, of which one in twenty misses; some 20 MB in all."""
        pipe = self.client.pipeline(transaction=False)
        for _ in range(4):
            self.number += 1
            key = f"cache:product:{self.number}"
            pipe.set(key, self.blob(6000), ex=random.randint(120, 240))
            self.recent.append(key)
        pipe.set(f"session:{random.randint(1, 300)}", self.blob(300), ex=300)
        for _ in range(6):
            known = random.random() < 0.95
            pipe.get(random.choice(self.recent) if known else f"cache:product:none:{random.random()}")
        pipe.execute()

    def limit(self):
        """Undoes what an operator has set."""
        self.client.config_set("maxmemory", f"{MAXMEMORY_MB}mb")

    def fill(self):
        """Fills until the server evicts, then continues more slowly; no more than that, if it has been given more room."""
        info = self.client.info()
        quick = info["used_memory"] < 0.97 * MAXMEMORY_MB * (1 << 20)
        if not quick and info["maxmemory"] > MAXMEMORY_MB << 20:
            return
        pipe = self.client.pipeline(transaction=False)
        for _ in range(400 if quick else 12):
            self.number += 1
            pipe.set(f"cache:fill:{self.number}", self.blob(32000), ex=3600)
        pipe.execute()

    def empty(self):
        keys = list(self.client.scan_iter(match="cache:fill:*", count=1000))
        for index in range(0, len(keys), 200):
            self.client.unlink(*keys[index:index + 200])

    @staticmethod
    def blob(size):
        start = random.randint(0, len(BLOB) - size)
        return BLOB[start:start + size]
