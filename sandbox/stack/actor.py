"""What moves the stack: actors, each a thread that does a step again and again as the mode says."""

import threading
import time


class Actor(threading.Thread):
    period = 0.25  # seconds from one step to the next

    def __init__(self, state, board):
        super().__init__(daemon=True, name=type(self).__name__)
        self.state = state
        self.board = board
        self.seen = 0  # the number of the mode that it has come to follow
        self.error = None

    def step(self, mode):
        """One step; returns when it has done what the mode asks for. May raise anything: the server is
        away. The next step begins with reset()."""
        raise NotImplementedError

    def reset(self):
        """Lets go of connections."""

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
        except Exception as error:  # what is broken may break once more when it is closed
            self.error = str(error)
