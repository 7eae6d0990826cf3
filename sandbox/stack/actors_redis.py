"""The platform's cache: it fills, most reads hit, and keys expire. In the scene redis-full it is filled until it
evicts; a higher maxmemory ends that. In memory-prefix a job leaves reports without a time to live, and nothing may be
evicted; deleting them ends that. In slow-script a script runs on, and the server refuses all other commands."""

import collections
import contextlib
import os
import random

import redis

from . import clients
from .actor import Actor
from .redis import MAXMEMORY_MB, POLICY
from .state import HOST

BLOB = os.urandom(1 << 16)
FILLED, SPARE = 0.9, 0.92  # shares of the memory, in the scene memory-prefix
SCRIPT = "local sum = 0 while true do sum = sum + redis.call('DBSIZE') end"


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
        if mode["scene"] == "slow-script":
            return  # the server refuses all that it asks
        if self.client is None:
            self.client = clients.cache(self.state)
            self.client.ping()
        full, left = mode["scene"] == "redis-full", mode["scene"] == "memory-prefix"
        if not full and not left and not self.clean:
            self.limit()
            self.empty()
        if (full or left) and self.filled_in != mode["entered"]:
            self.limit()
            self.empty()
            if left:
                self.leave_reports()
            self.filled_in = mode["entered"]
        self.clean = not full and not left
        if mode["paused"]:
            return
        if full:
            self.fill()
        if not left or self.used() < SPARE:
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
        self.client.config_set("maxmemory-policy", POLICY)

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

    def used(self):
        """Share of the memory."""
        return self.client.info("memory")["used_memory"] / (MAXMEMORY_MB << 20)

    def leave_reports(self):
        """Once: reports that are deleted do not come again before the scene is entered again."""
        self.client.config_set("maxmemory-policy", "noeviction")
        while self.used() < FILLED:
            pipe = self.client.pipeline(transaction=False)
            for _ in range(10):
                self.number += 1
                pipe.set(f"report:daily:{self.number}", self.blob(32000))
            pipe.execute()

    def empty(self):
        for pattern in ("cache:fill:*", "report:*"):
            keys = list(self.client.scan_iter(match=pattern, count=1000))
            for index in range(0, len(keys), 200):
                self.client.unlink(*keys[index:index + 200])

    @staticmethod
    def blob(size):
        start = random.randint(0, len(BLOB) - size)
        return BLOB[start:start + size]


class Script(Actor):
    """In the scene slow-script, a report as a script that never ends. It is sent once: one that is killed stays so until
    the scene is entered again."""

    def __init__(self, state, board):
        super().__init__(state, board)
        self.connection = None  # of the script, which never answers
        self.sent_in = None  # number of the mode that began the scene

    def reset(self):
        if self.connection is not None:
            self.connection.disconnect()
        self.connection = None

    def step(self, mode):
        if mode["scene"] == "slow-script":
            if self.sent_in != mode["entered"]:
                self.connection = redis.Connection(host=HOST, port=self.state.port("redis"))
                self.connection.send_command("CLIENT", "SETNAME", "ecap-report")
                self.connection.send_command("EVAL", SCRIPT, 0)
                self.sent_in = mode["entered"]
        elif self.connection is not None:
            with clients.cache(self.state) as client, contextlib.suppress(redis.ResponseError):
                client.script_kill()  # an error: it has ended
            self.reset()
