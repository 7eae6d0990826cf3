"""The harness: a test that cannot fail proves nothing."""

import re
import signal
import time

import pytest

from terminal import Terminal

ECHO = ["/bin/bash", "-c", "stty -echo -icanon; printf 'ready\\n'; while read -rn1 key; do "
        "printf '<%s> ' \"$key\"; [[ $key == q ]] && exit 3; done"]


def test_keys_go_in_and_the_screen_comes_out():
    with Terminal(ECHO) as terminal:
        terminal.wait_for("ready")
        terminal.press("a", "b")
        terminal.wait_for(re.compile(r"<a> <b>"))
        assert terminal.screen.find("<b>") == (1, 4)
        terminal.press("q")
        assert terminal.wait_exit(1) == 3


def test_half_a_frame_is_not_read():
    """A loaded machine cuts a frame in two; what a test then reads must be the whole."""
    halves = ["/bin/bash", "-c", "stty -echo -icanon; printf '\\e[?2026hhalf'; read -rn1; printf ' whole\\e[?2026l'; read -rn1"]
    with Terminal(halves) as terminal:
        with pytest.raises(AssertionError, match="still not on the screen"):
            terminal.wait_for("half", 0.3)
        terminal.press("a")
        terminal.wait_for("half")
        assert "half whole" in terminal.screen.text


def test_a_small_frame_in_two_pieces_is_read_whole():
    with Terminal(["/bin/bash", "-c", "printf half; printf ' whole'; read -rn1"]) as terminal:
        terminal.wait_for("half")
        assert "half whole" in terminal.screen.text


def test_a_wait_that_fails_says_so_and_shows_the_screen():
    with Terminal(ECHO) as terminal:
        terminal.wait_for("ready")
        with pytest.raises(AssertionError, match="(?s)still not on the screen: 'never'.*ready"):
            terminal.wait_for("never", 0.1)
        terminal.press("q")
        with pytest.raises(AssertionError, match="ended"):
            terminal.wait_for("never", 5)


def test_a_terminal_not_given_back_is_noticed():
    leave = ["/bin/bash", "-c", "{} ; echo done"]

    def run(command):
        with Terminal([*leave[:2], leave[2].format(command)]) as terminal:
            terminal.wait_exit(2)
            terminal.assert_given_back()

    run("true")
    for dirty in ("stty -echo", "printf '\\033[?1049h'", "printf '\\033[?25l'",
                  "printf '\\033[?1000h'", "(trap '' HUP; sleep 60 &)"):
        with pytest.raises(AssertionError):
            run(dirty)


def test_a_program_that_hangs_is_noticed_in_time():
    with Terminal(["/bin/sleep", "60"]) as terminal:
        start = time.monotonic()
        with pytest.raises(AssertionError, match="still running"):
            terminal.wait_exit(0.2)
        assert time.monotonic() - start < 1
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit(1) == -signal.SIGTERM


def test_the_line_is_cut():
    with Terminal(["/bin/cat"]) as terminal:
        terminal.hang_up()
        assert terminal.wait_exit(1) == -signal.SIGHUP


def test_the_emulator_knows_what_ncurses_uses():
    script = r"printf 'x\033[4b\r\nab\033[44mcd\033[0m\033[10G\033[Zt'; sleep 60"
    with Terminal(["/bin/bash", "-c", script], columns=40, rows=5) as terminal:
        terminal.wait_for(lambda screen: screen.rows[:2] == ["xxxxx", "abcd    t"])
        assert terminal.screen.attributes("cd").bg == "blue"
        assert terminal.screen.colours() == {"blue"}


def test_resize_reaches_the_program():
    script = "trap 'stty size' WINCH; echo ready; while :; do read -t 0.2 x; done"
    with Terminal(["/bin/bash", "-c", script], columns=80, rows=24) as terminal:
        terminal.wait_for("ready")
        terminal.resize(100, 30)
        terminal.wait_for("30 100")
