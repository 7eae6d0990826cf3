"""The properties of a screen that hold on any terminal."""

import itertools
import re

from stacktop import closed_port, dashboard

SIZES = ((40, 12), (80, 24), (120, 36), (200, 50), (300, 100))
TERMS = ("xterm-256color", "tmux-256color", "screen", "linux", "vt100")
LOCALES = ("C.UTF-8", "C")
ALL = list(itertools.product(TERMS, LOCALES, (False, True)))
# Each pair of values once, in few runs.
COMBINATIONS = [("xterm-256color", "C.UTF-8", False), ("tmux-256color", "C", True), ("screen", "C.UTF-8", True),
                ("linux", "C", False), ("vt100", "C.UTF-8", False)]


def platform(config):
    """A service that is down, and this host."""
    return config(services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}], hosts=[{"name": "here"}],
                  thresholds={metric: "off" for metric in ("host.load", "host.memory", "disk.used", "disk.inodes", "disk.full_in")})


def check(terminal, size, locale, no_color):
    screen = terminal.screen
    assert (screen.columns, screen.lines) == size
    rows = screen.rows
    # The verdict, and the worst finding with its mark.
    assert re.search(r"1 CRIT|1!!", rows[0]), terminal.show()
    assert re.match(r" !! api refused", rows[1]), terminal.show()
    assert any(re.search(r"[►>]!! api ", row) for row in rows), terminal.show()
    # The keys that always help, and the last line is the last: nothing was wrapped or scrolled.
    assert rows[-1].endswith("? help  q quit"), terminal.show()
    assert "�" not in screen.text and "$<" not in screen.text, terminal.show()
    if locale == "C":
        assert max(terminal.output) < 0x80
    if no_color or terminal.term == "vt100":
        assert not screen.colours(), screen.colours()
    else:
        assert screen.colours()


def look(path, term, locale, no_color, sizes=SIZES):
    env = {"LC_ALL": locale, **({"NO_COLOR": "1"} if no_color else {})}
    with dashboard(path, term=term, env=env, columns=80, rows=24) as terminal:
        terminal.wait_for(re.compile(r"!! api refused"))
        terminal.press("z")  # from here on only the size changes
        terminal.wait_for("PAUSED")
        for size in sizes:
            terminal.resize(*size)
            terminal.wait_for(lambda screen: screen.rows[-1].endswith("? help  q quit") and "api" in screen.rows[1])
            check(terminal, size, locale, no_color)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()
