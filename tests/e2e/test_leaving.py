"""The terminal is given back as it was found, however the program ends, and at once: with servers
that hang, with a terminal that does not listen, and when it is stopped in between."""

import array
import fcntl
import os
import re
import select
import signal
import termios
import time

import pytest

from stacktop import BINARY, Listener, closed_port, dashboard
from terminal import PATIENCE, Terminal

# A sanitizer would turn the signal into an exit.
SIGNALS = "handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0"
PLAIN = {"ASAN_OPTIONS": SIGNALS + ":detect_leaks=0", "TSAN_OPTIONS": SIGNALS}


@pytest.fixture
def hung(config):
    """A configuration with two servers that accept and never answer, and a port that refuses."""
    with Listener() as one, Listener() as two:
        yield config(interval="1s", services=[
            {"name": "api", "address": f"127.0.0.1:{one.port}",
             "health": f"http://127.0.0.1:{one.port}/health"},
            {"name": "web", "address": f"127.0.0.1:{two.port}",
             "health": f"http://127.0.0.1:{two.port}/"},
            {"name": "closed", "address": f"127.0.0.1:{closed_port()}"}])


@pytest.mark.parametrize("how, status", [
    ("q", 0), ("Ctrl-C", 0),
    (signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, -signal.SIGINT),
    (signal.SIGHUP, -signal.SIGHUP), (signal.SIGQUIT, -signal.SIGQUIT)])
def test_given_back_at_once(hung, tmp_path, how, status):
    with dashboard(hung, cwd=tmp_path) as terminal:
        terminal.wait_for("api")
        assert terminal.screen.alternate and not terminal.screen.cursor_shown
        assert terminal.termios_now != terminal.termios_before
        if isinstance(how, str):
            terminal.press(how)
        else:
            terminal.signal(how)
        assert terminal.wait_exit(1) == status
        terminal.assert_given_back()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
                                    signal.SIGILL])
def test_given_back_by_a_crash(hung, tmp_path, number):
    with dashboard(hung, cwd=tmp_path, env=PLAIN) as terminal:
        terminal.wait_for("api")
        terminal.signal(number)
        assert terminal.wait_exit(1) == -number
        terminal.assert_given_back()


def test_the_line_is_cut(hung):
    with dashboard(hung) as terminal:
        terminal.wait_for("api")
        terminal.hang_up()
        assert terminal.wait_exit(1) == -signal.SIGHUP
        terminal.assert_no_children()


def test_the_line_is_cut_without_a_hangup_signal(hung):
    """With SIGHUP ignored, as nohup does it, there is only the end of the input."""
    command = f"trap '' HUP; exec {BINARY} -c {hung}"
    with Terminal(["/bin/bash", "-c", command]) as terminal:
        terminal.wait_for("api")
        terminal.signal(signal.SIGHUP)  # stays ignored
        terminal.press("Tab")
        terminal.wait_for("api")
        terminal.hang_up()
        terminal.wait_exit(1)
        terminal.assert_no_children()


def shell(env=None):
    terminal = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], columns=100, rows=30,
                        env={"PS1": "prompt> ", "HISTFILE": "", **(env or {})})
    terminal.wait_for("prompt>")
    return terminal


def settings(terminal, mark):
    terminal.press(f"echo {mark}=$(stty -g)\r")
    terminal.wait_for(re.compile(mark + r"=[0-9a-f:]+\s*\n"))
    return re.search(mark + r"=([0-9a-f:\n]+)", terminal.screen.text).group(1).strip()


@pytest.mark.parametrize("how", ["key", "signal"])
def test_suspended_and_resumed(hung, how):
    with shell() as terminal:
        before = settings(terminal, "before")
        terminal.press(f"{BINARY} -c {hung}\r")
        terminal.wait_for(lambda screen: screen.alternate and "api" in screen.text)
        if how == "key":
            terminal.press("Ctrl-Z")
        else:
            pid = next(pid for pid, name in terminal.family().items() if name == "stacktop")
            os.kill(pid, signal.SIGTSTP)
        terminal.wait_for("Stopped")
        assert not terminal.screen.alternate and terminal.screen.cursor_shown
        assert settings(terminal, "during") == before
        terminal.press("fg\r")
        terminal.wait_for(lambda screen: screen.alternate and "api" in screen.text)
        terminal.press("Tab", "q")
        terminal.wait_for(lambda screen: not screen.alternate and screen.text.rstrip().endswith("prompt>"))
        assert settings(terminal, "after") == before
        assert terminal.screen.cursor_shown
        terminal.press("exit\r")
        assert terminal.wait_exit(2) == 0
        terminal.assert_no_children()


def test_without_a_shell_nothing_is_suspended(hung):
    """The leader of a session cannot be stopped: no shell could continue it."""
    with dashboard(hung) as terminal:
        terminal.wait_for("api")
        terminal.press("Ctrl-Z")
        terminal.wait_for(lambda screen: 1049 in screen.private and "api" in screen.text)
        terminal.signal(signal.SIGTSTP)
        terminal.press("Tab", "q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_stopped_from_outside(hung):
    """SIGSTOP cannot be caught, and the terminal may be in another state afterwards."""
    with dashboard(hung) as terminal:
        terminal.wait_for("api")
        raw = terminal.termios_now
        terminal.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        termios.tcsetattr(terminal.master, termios.TCSANOW, terminal.termios_before)
        while terminal.read(0):
            pass
        terminal.stream.feed(b"\033[?1049l\033[?25h\033[2Jprompt> fg")
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda screen: screen.alternate and "api" in screen.text)
        assert "prompt>" not in terminal.screen.text and not terminal.screen.cursor_shown
        assert terminal.termios_now == raw
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_ended_while_stopped(hung):
    with dashboard(hung) as terminal:
        terminal.wait_for("api")
        terminal.signal(signal.SIGSTOP)
        terminal.signal(signal.SIGTERM)
        terminal.signal(signal.SIGCONT)
        assert terminal.wait_exit(1) == -signal.SIGTERM
        terminal.assert_given_back()


def queued(terminal):
    """Bytes in the line that wait to be read."""
    count = array.array("i", [0])
    fcntl.ioctl(terminal.master, termios.FIONREAD, count)
    return count[0]


def fill(terminal):
    """Lets it draw until the line is full; nothing is read."""
    full, deadline = 0, time.monotonic() + 10 * PATIENCE
    while full < 10:
        assert time.monotonic() < deadline, f"{queued(terminal)} bytes and no end"
        before = queued(terminal)
        terminal.press("Ctrl-L")
        select.select([], [], [], 0.02)
        full = full + 1 if before and queued(terminal) == before else 0


def test_a_terminal_that_does_not_read(hung):
    with dashboard(hung, columns=200, rows=50) as terminal:
        terminal.wait_for("api")
        fill(terminal)
        terminal.press("q")
        start = time.monotonic()
        assert terminal.process.wait(2) == 0  # without reading
        assert time.monotonic() - start < 1
        assert terminal.termios_now == terminal.termios_before


def test_a_terminal_that_reads_again(hung):
    with dashboard(hung, columns=200, rows=50) as terminal:
        terminal.wait_for("api")
        fill(terminal)
        terminal.screen.erase_in_display(2)
        terminal.press("Ctrl-L")
        terminal.wait_for("api")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_ctrl_s_does_not_freeze_a_screen_that_says_live(hung):
    """The terminal's flow control is off while the dashboard runs, and as it was found afterwards."""
    with dashboard(hung) as terminal:
        terminal.wait_for("LIVE")
        assert terminal.termios_before[0] & termios.IXON and not terminal.termios_now[0] & termios.IXON
        terminal.press("\x13")
        terminal.screen.erase_in_display(2)
        terminal.press("Ctrl-L")
        terminal.wait_for("LIVE", 1)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_pending_input_does_not_reach_the_shell(hung):
    """A paste without brackets, with a q in it: the rest must not run as a command."""
    with shell() as terminal:
        terminal.press(f"{BINARY} -c {hung}\r")
        terminal.wait_for(lambda screen: screen.alternate and "api" in screen.text)
        os.write(terminal.master, b"q\recho le\"\"aked\r")
        terminal.wait_for(lambda screen: not screen.alternate and screen.text.rstrip().endswith("prompt>"))
        terminal.press("echo do\"\"ne\r")
        terminal.wait_for("done")
        assert "leaked" not in terminal.screen.text
        terminal.press("exit\r")
        terminal.wait_exit(2)
