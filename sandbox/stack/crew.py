"""A process of actors: they follow mode.json, and a file says how far each part's actors are."""

import os
import signal
import sys
import time

from .state import read_json, write_json

CLOSE_SECONDS = 2


class Board:
    """The mode, as last read."""

    def __init__(self, state):
        self.state = state
        self.mode = state.mode()
        self.born_in = self.mode["entered"]
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


class Crew:
    def __init__(self, state, name, kinds):
        """kinds: {part: classes of its actors}."""
        self.state, self.name, self.board = state, name, Board(state)
        self.actors = [(part, actor(state, self.board)) for part, actors in kinds.items() for actor in actors]

    def errors(self):
        return {part: actor.error for part, actor in self.actors if actor.error}

    def run(self):
        """Returns never; SIGTERM ends the process."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        for _, actor in self.actors:
            actor.start()
        told = None
        try:
            while True:
                self.board.look()
                news = {"seen": {}, "errors": self.errors()}
                for part, actor in self.actors:
                    news["seen"][part] = min(actor.seen, news["seen"].get(part, actor.seen))
                if news != told:
                    write_json(report(self.state, self.name), news)
                    told = news
                time.sleep(0.1)
        finally:
            self.leave()

    def leave(self):
        """Members leave their group, so that the next ones need not wait for them. A server that does not
        answer is not waited for."""
        self.board.leaving = True
        deadline = time.monotonic() + CLOSE_SECONDS
        for _, actor in self.actors:
            actor.join(max(0, deadline - time.monotonic()))
        os._exit(0)


def report(state, name):
    return state.folder / f"{name}.json"


def behind(state, name, seq, parts=None):
    """{part: reason} for parts whose actors do not follow the mode with this number yet."""
    news = read_json(report(state, name))
    if news is None:
        return {name: "has not reported yet"}
    return {part: news["errors"].get(part, "under way") for part, seen in news["seen"].items()
            if seen < seq and (parts is None or part in parts)}
