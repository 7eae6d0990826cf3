"""Actors: each is a thread that repeats a step, as the mode says."""

import threading
import time


class Actor(threading.Thread):
    period = 0.25  # seconds between two steps

    def __init__(self, state, board):
        super().__init__(daemon=True, name=type(self).__name__)
        self.state = state
        self.board = board
        self.seen = 0  # number of the mode that it follows
        self.error = None

    def step(self, mode):
        """One step; returns when it has done what the mode asks for. Any exception means that the server is
        not available; the next step then begins with reset()."""
        raise NotImplementedError

    def reset(self):
        """Closes connections."""

    def run(self):
        while not self.board.leaving:
            mode = self.board.mode
            try:
                self.step(mode)
                self.seen, self.error = mode["seq"], None
            except Exception as error:
                self.error = " ".join(str(error).split())[:200] or type(error).__name__
                self.give_up()
                time.sleep(0.5)
            time.sleep(self.period)
        self.give_up()

    def give_up(self):
        try:
            self.reset()
        except Exception as error:  # a broken connection may raise again when it is closed
            self.error = str(error)
