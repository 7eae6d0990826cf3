"""The dashboard's overview as a person sees it: the verdict, the panes, the events."""

import re
import time

from stacktop import dashboard
from terminal import PATIENCE

FRAME_QUIET = 0.03  # seconds without output: the frame is complete

# Colours of the severities in the default theme with 256 colours.
COLOURS = {"!!": "red", "! ": "brown"}
PANES = ("Services", "PostgreSQL", "Kafka lag", "Redis", "Disks & host", "Events")

# The load of the machine that runs the tests must not matter.
HOST_OFF = "".join(f"  {metric}: off\n" for metric in (
    "host.load", "host.memory", "disk.used", "disk.inodes", "disk.full_in"))


class Pane:
    """One pane: `title` is the text in its border, `lines` the text inside."""

    def __init__(self, screen, name):
        self.screen = screen
        self.y, self.x, self.title, self.lines = None, None, "", []
        for y, row in enumerate(screen.display):
            found = re.search(rf"[ \[]\d {re.escape(name)}[ \]]", row)
            if not found:
                continue
            left = max(row.rfind(corner, 0, found.start() + 1) for corner in "┌├┬┼└")
            right = min((place for corner in "┐┤┬┼┘" if (place := row.find(corner, found.end())) > 0),
                        default=len(row))
            self.y, self.x = y, left
            self.title = row[left + 1:right].strip("─ ")
            for line in screen.display[y + 1:]:
                if line[left] not in "│►":  # the mark of the selected row is in the border
                    break
                self.lines.append(line[left + 1:right].rstrip())
            return

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def state(self):
        """The mark in the border: ok, "! ", "!!" or "? "; "" before the first answer."""
        found = re.search(r"[\] ] *(!!|!|\?|ok)(?: |$)", re.sub(r"^.?\d [^!?]*?(?=[\]! ?])", "", self.title))
        return found.group(1) if found else ""

    def row(self, text):
        """The first line with the text in it, '' if there is none."""
        return next((line for line in self.lines if text in line), "")

    def colour(self, text):
        """Of the first cell of the text, in the border or inside."""
        for y in range(self.y, self.y + 1 + len(self.lines)):
            at = self.screen.display[y].find(text, self.x)
            if at >= 0:
                return self.screen.buffer[y][at].fg
        return None


class Overview:
    """A dashboard that runs in a terminal."""

    def __init__(self, terminal):
        self.terminal = terminal

    @property
    def screen(self):
        return self.terminal.screen

    def pane(self, name):
        return Pane(self.screen, name)

    @property
    def verdict(self):
        """The counts in the first line: "all ok", "1 CRIT 2 WARN"."""
        found = re.search(r"all ok|\d+ (CRIT|WARN|UNKNOWN|STALE)( +\d+ (CRIT|WARN|UNKNOWN|STALE))*", self.screen.display[0])
        return re.sub(" +", " ", found.group(0)) if found else ""

    @property
    def sentence(self):
        """The second line: the worst finding."""
        return self.screen.display[1].strip()

    @property
    def events(self):
        """[(mark, sentence with its subject)], newest first, with wrapped lines joined."""
        found = []
        for line in self.pane("Events").lines:
            new = re.search(r"\d\d:\d\d:\d\d (!!|!|\?|ok) +(.*)", line)
            if new:
                found.append(list(new.groups()))
            elif found and line.strip():
                found[-1][1] += " " + line.strip()
        return [tuple(event) for event in found]

    def wait(self, condition, seconds=15):
        """Waits until it holds for a complete frame; a partial one may have arrived."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            self.terminal.wait_for(lambda _: condition(self), max(0.1, deadline - time.monotonic()) / PATIENCE)
            while self.terminal.read(FRAME_QUIET):
                pass
            if condition(self):
                return


def overview(config, *arguments, **options):
    """with overview(path) as o: o.wait(lambda o: o.verdict == "all ok")"""
    return _Running(dashboard(config, *arguments, **options))


class _Running:
    def __init__(self, terminal):
        self.terminal = terminal

    def __enter__(self):
        return Overview(self.terminal.__enter__())

    def __exit__(self, *reason):
        return self.terminal.__exit__(*reason)
