"""A line of 2 kB/s: what it shows is never older than one frame."""

import calendar
import os
import re
import select
import time

from stacktop import closed_port, dashboard

LABEL = "long"

RATE = 2000  # bytes/s
SECONDS = 30


def shown_at(terminal):
    """The time of the clock on the screen, in seconds of this day."""
    found = re.search(r"(\d\d):(\d\d):(\d\d) UTC", terminal.screen.rows[0])
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]) if found else None


def test_a_slow_line_is_one_frame_behind(config):
    path = config(services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])
    with dashboard(path, columns=120, rows=36) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.3)
        start = len(terminal.output)
        terminal.press("Ctrl-L")
        terminal.settle(0.3)
        frame = len(terminal.output) - start
        begin, taken, pressed, behind = time.monotonic(), 0, 0, []
        while (passed := time.monotonic() - begin) < SECONDS:
            if passed > pressed:  # a whole frame, four times a second: 5 times what the line takes
                terminal.press("?" if pressed % 2 else "Esc", "Ctrl-L")
                pressed += 0.25
            if taken < passed * RATE and select.select([terminal.master], [], [], 0)[0]:
                data = os.read(terminal.master, 100)
                taken += len(data)
                terminal.output += data
                terminal._answer(data)
                terminal.stream.feed(data)
            else:
                taken = max(taken, (passed - 0.05) * RATE)  # an idle line does not save up
                select.select([], [], [], 0.01)
            shown = shown_at(terminal)
            if shown is not None and passed > 5:
                behind.append(time.time() - calendar.timegm(time.gmtime()[:3] + (0, 0, 0)) - shown)
        most = max(behind)
        print(f"a frame has {frame} bytes, {frame / RATE:.1f} s; the clock was at most {most:.1f} s behind")
        # The frame that is on its way, the one before it, which is still shown, and the second that a clock stands.
        assert most < 2 * (frame + 1024) / RATE + 1.5
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
