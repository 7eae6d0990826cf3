"""Reads `stacktop --plain` as a screen reader does: only lines that are new, never a screen."""

import os
import re
import time

from stacktop import BINARY
from terminal import PATIENCE, Terminal


class Plain(Terminal):
    def __init__(self, config, *arguments, **options):
        self.heard = 0  # bytes of the output that were read
        super().__init__([BINARY, "-c", config, "--plain", *arguments], columns=200, rows=50, **options)

    @property
    def lines(self):
        """Whole lines that came since the last hear(). What marks pastes is no text."""
        text = bytes(self.output[self.heard:]).decode(errors="replace")
        text = re.sub(r"\x1b\[\?2004[hl]", "", text).replace("\r", "")
        return text.split("\n")[:-1]

    def hear(self, pattern, timeout=10):
        """Waits for a line that matches; returns the match. The lines up to it are not read again."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            for line in self.lines:
                if match := re.search(pattern, line):
                    end = bytes(self.output).index(line.encode(), self.heard) + len(line.encode())
                    self.heard = bytes(self.output).index(b"\n", end) + 1
                    return match
            left = deadline - time.monotonic()
            assert left > 0, f"after {timeout} s no line: {pattern}\n" + "\n".join(self.lines)
            if not self.read(min(left, 0.5)):
                assert self.process.poll() is None, f"it has ended before: {pattern}\n" + "\n".join(self.lines)

    def type(self, line):
        os.write(self.master, (line + "\n").encode())

    def confirm(self, timeout=15):
        """Types what the plan asks for, as a person who has listened to it. Returns the phrase."""
        phrase = self.hear(r"Nothing has been done\. Type (.+) and Enter to do it", timeout).group(1)
        self.settle(0.5, 0.7)  # an answer that comes at once was typed before the question
        self.type(phrase)
        return phrase
