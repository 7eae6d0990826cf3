"""Runs the workload, as mode.json says. workload.json has the mode that it follows.

    python3 -m stack.service_workload STATE
"""

import os
import signal
import sys
import time

from .actors_kafka import MEMBERS, Member, Stream
from .actors_postgres import Holder, Orders, Waiters
from .actors_redis import Cache
from .actors_web import Visitors
from .state import State, write_json

# The part that each actor needs.
ACTORS = {"postgres": [Orders, Waiters, Holder], "redis": [Cache], "api": [Visitors],
          "kafka": [Stream] + [Member] * MEMBERS}
CLOSE_SECONDS = 2


class Board:
    """The mode, as last read."""

    def __init__(self, state):
        self.state = state
        self.mode = state.mode()
        self.changed = None
        self.leaving = False

    def look(self):
        try:
            stat = os.stat(self.state.mode_path)
        except FileNotFoundError:
            return
        if (stat.st_mtime_ns, stat.st_ino) != self.changed:
            self.changed = (stat.st_mtime_ns, stat.st_ino)
            self.mode = self.state.mode()


def main():
    state = State(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    board = Board(state)
    actors = [(part, actor(state, board)) for part, kinds in ACTORS.items()
              if state.part(part)["status"] != "absent" for actor in kinds]
    for _, actor in actors:
        actor.start()
    told = None
    try:
        while True:
            board.look()
            news = {"seen": {}, "errors": {}}
            for part, actor in actors:
                news["seen"][part] = min(actor.seen, news["seen"].get(part, actor.seen))
                if actor.error:
                    news["errors"][part] = actor.error
            if news != told:
                write_json(state.folder / "workload.json", news)
                told = news
            time.sleep(0.1)
    finally:
        leave(board, [actor for _, actor in actors])


def leave(board, actors):
    """Members leave their group, so that the next ones need not wait for them. A server that does not answer
    is not waited for."""
    board.leaving = True
    deadline = time.monotonic() + CLOSE_SECONDS
    for actor in actors:
        actor.join(max(0, deadline - time.monotonic()))
    os._exit(0)


if __name__ == "__main__":
    main()
