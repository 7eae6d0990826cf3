"""A program in a real pseudo-terminal, with an emulator that shows what a person would see.

    with Terminal([STACKTOP, "-c", path], columns=120, rows=36) as terminal:
        terminal.wait_for("PostgreSQL")
        terminal.press("3", "Enter")
        terminal.wait_for(lambda screen: "idle in txn" in screen.text)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0

Nothing here sleeps: all waiting is for the program's output or its end, up to a deadline.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

# Slow builds (sanitizers) get more time for the same waits; limits that the product promises do not grow.
PATIENCE = float(os.environ.get("STACKTOP_PATIENCE", "1"))

SYNC_QUESTION = b"\x1b[?2026$p"  # pyte would show its last letter

MARK = "STACKTOP_TEST_TERMINAL"

KEYS = {
    "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Backtab": "\x1b[Z", "Space": " ",
    "Backspace": "\x7f", "Delete": "\x1b[3~", "PageUp": "\x1b[5~", "PageDown": "\x1b[6~",
    "Ctrl-C": "\x03", "Ctrl-D": "\x04", "Ctrl-L": "\x0c", "Ctrl-R": "\x12", "Ctrl-Z": "\x1a",
}
# Keys in application mode (smkx); the Linux console has no such mode.
ARROWS = {"Up": "A", "Down": "B", "Right": "C", "Left": "D", "Home": "H", "End": "F"}


class Screen(pyte.Screen):
    """pyte's screen, plus what ncurses uses and pyte lacks, and functions to read it."""

    def __init__(self, columns, rows):
        self.private = set()  # DEC modes that are set: 1049 is the alternate screen
        self.last = " "
        self.main = None  # the main screen, while the alternate one is shown
        self.reply = lambda data: None
        super().__init__(columns, rows)

    # Emulation.

    def set_mode(self, *modes, **kwargs):
        if kwargs.get("private"):
            self.private.update(modes)
            if 1049 in modes and self.main is None:
                self.main = self.buffer.copy(), self.cursor.x, self.cursor.y
                self.buffer.clear()
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes, **kwargs):
        if kwargs.get("private"):
            self.private.difference_update(modes)
            if 1049 in modes and self.main is not None:
                lines, self.cursor.x, self.cursor.y = self.main
                self.buffer.clear()
                self.buffer.update(lines)
                self.main = None
        super().reset_mode(*modes, **kwargs)

    def draw(self, data):
        if data:
            self.last = data[-1]
        super().draw(data)

    def repeat(self, count=None):
        self.draw(self.last * (count or 1))

    def scroll_up(self, count=None):
        self._scroll(self.delete_lines, count)

    def scroll_down(self, count=None):
        self._scroll(self.insert_lines, count)

    def _scroll(self, change, count):
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        change(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def back_tab(self, count=None):
        for _ in range(count or 1):
            stops = [stop for stop in self.tabstops if stop < self.cursor.x]
            self.cursor.x = max(stops, default=0)

    def report_device_status(self, mode, **kwargs):
        if not kwargs.get("private"):
            super().report_device_status(mode)

    def write_process_input(self, data):
        self.reply(data)

    # Looking.

    @property
    def rows(self):
        """The lines of the screen, without trailing blanks."""
        return [line.rstrip() for line in self.display]

    @property
    def text(self):
        return "\n".join(self.rows)

    def find(self, text):
        """(row, column) of the first occurrence of the text, or None. Counted in cells."""
        for y in range(self.lines):
            cells = [self.buffer[y][x].data for x in range(self.columns)]
            line = "".join(cells)
            at = line.find(text)
            if at >= 0:  # cells of two columns have an empty second one
                column, used = 0, 0
                while used < at:
                    used += len(cells[column])
                    column += 1
                return y, column
        return None

    def line(self, text):
        """The line that contains the text; '' if none does."""
        place = self.find(text)
        return self.rows[place[0]] if place else ""

    def attributes(self, text):
        """The emulator's cell (fg, bg, bold, reverse, ...) at which the text begins, or None."""
        place = self.find(text)
        return self.buffer[place[0]][place[1]] if place else None

    def colours(self):
        """All colours on the screen except the terminal's default."""
        cells = [self.buffer[y][x] for y in range(self.lines) for x in range(self.columns)]
        return {colour for cell in cells for colour in (cell.fg, cell.bg)} - {"default"}

    @property
    def alternate(self):
        return bool(self.private & {1049, 1047, 47})

    @property
    def cursor_shown(self):
        return not self.cursor.hidden


class Stream(pyte.ByteStream):
    csi = dict(pyte.Stream.csi, b="repeat", S="scroll_up", T="scroll_down", Z="back_tab",
               **{"`": "cursor_to_column"})
    events = pyte.Stream.events | {"repeat", "scroll_up", "scroll_down", "back_tab"}


class Terminal:
    """Runs argv as the leader of a session of its own, on a terminal of the given size."""

    def __init__(self, argv, *, columns=120, rows=36, term="xterm-256color", env=None, cwd=None, synchronizes=True,
                 background=None):
        """background: (red, green, blue) of 0 to 255, which it says when it is asked."""
        self.argv = [str(arg) for arg in argv]
        self.synchronizes, self.background = synchronizes, background
        self.term = term
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.output = bytearray()
        self.status = None  # as in subprocess: negative for a signal
        self.master, slave = pty.openpty()
        self._set_size(columns, rows)
        self.termios_before = termios.tcgetattr(slave)
        self.screen.reply = lambda data: os.write(self.master, data.encode())
        self.started = time.monotonic()
        self.mark = f"{os.getpid()}-{self.started}"  # in all processes that the program starts, in any session
        self.process = subprocess.Popen(
            self.argv, stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
            env={**environment(term, env), MARK: self.mark}, start_new_session=True, close_fds=True,
            preexec_fn=_take_terminal)
        os.close(slave)  # so that the line hangs up when the program or we exit

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Output.

    def read(self, timeout):
        """Reads the program's output within the time into the screen; False if there was none."""
        if self.master < 0 or not select.select([self.master], [], [], max(0, timeout))[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: no process has the other end open
            data = b""
        if not data:
            self._reap(timeout)
            return False
        self.output += data
        self._answer(data)
        self.stream.feed(data.replace(SYNC_QUESTION, b""))
        return True

    def _answer(self, data):
        """Questions that pyte does not know."""
        if self.synchronizes and SYNC_QUESTION in data:
            os.write(self.master, b"\x1b[?2026;2$y")
        if self.background and b"\x1b]11;?" in data:
            os.write(self.master, b"\x1b]11;rgb:%02x%02x/%02x%02x/%02x%02x\x1b\\" % tuple(
                part for part in self.background for _ in range(2)))

    def wait_for(self, what, timeout=10, alive=True):
        """Until `what` holds: a text on the screen, a compiled expression found in it, or a function
        of the screen. Returns the seconds that it took, with a whole frame on the screen. Fails, showing the screen,
        at the timeout, and at once if the program ends (unless alive=False)."""
        start = time.monotonic()
        deadline = start + timeout * PATIENCE
        while not self._holds(what):
            left = deadline - time.monotonic()
            assert left > 0, f"after {timeout} s still not on the screen: {_name(what)}\n{self.show()}"
            if not self.read(min(left, 0.5)) and alive and self._reap(0):
                assert self._holds(what), (
                    f"the program ended ({self.status}) before: {_name(what)}\n{self.show()}")
        took = time.monotonic() - start
        self._whole_frame()
        return took

    def wait_gone(self, text, timeout=10):
        return self.wait_for(lambda screen: text not in screen.text, timeout)

    def hold(self, what, seconds):
        """Reads for that time and requires that `what` holds after each piece of output."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.read(left)
            assert self.drawing or self._holds(what), f"no longer so: {_name(what)}\n{self.show()}"

    def settle(self, quiet=0.15, timeout=5):
        """Waits until nothing has been written for `quiet` seconds. Use it only if there is no text to wait for."""
        deadline = time.monotonic() + timeout
        while self.read(quiet) and time.monotonic() < deadline:
            pass

    def _holds(self, what):
        if self.drawing:
            return False
        if isinstance(what, str):
            return what in self.screen.text
        if isinstance(what, re.Pattern):
            return what.search(self.screen.text) is not None
        return bool(what(self.screen))

    def _whole_frame(self):
        """Reads the rest of a frame of which a part has arrived; the mode 2026 marks only the larger ones."""
        for _ in range(100):
            if not self.read(0.005) and not self.drawing:
                return

    @property
    def drawing(self):
        """Within a synchronized update: a person does not see this screen yet."""
        return 2026 in self.screen.private

    def show(self):
        frame = "+" + "-" * self.screen.columns + "+"
        lines = "\n".join(f"|{line}|" for line in self.screen.display)
        return f"{' '.join(self.argv)} ({self.term})\n{frame}\n{lines}\n{frame}"

    # Input.

    @contextlib.contextmanager
    def answers_held(self):
        """What the terminal answers comes after what is typed here, as it never comes within a key's sequence."""
        held, reply = [], self.screen.reply
        self.screen.reply = held.append
        yield
        self.screen.reply = reply
        for data in held:
            reply(data)

    def press(self, *keys):
        """Presses named keys (see KEYS), or types a text letter by letter."""
        for key in keys:
            if key in ARROWS:
                lead = "\x1b[" if self.term == "linux" else "\x1bO"
                data = lead + ARROWS[key]
            else:
                data = KEYS.get(key, key)
            os.write(self.master, data.encode())

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number):
        os.kill(self.process.pid, number)

    def hang_up(self):
        """Cuts the line, as when an SSH session drops."""
        os.close(self.master)
        self.master = -1

    # The end of the program.

    def wait_exit(self, timeout=5):
        """Waits until the program has ended, and returns its status. The time is a promise of the product and does not
        grow."""
        deadline = time.monotonic() + timeout
        while not self._reap(0):
            left = deadline - time.monotonic()
            assert left > 0, f"still running after {timeout} s\n{self.show()}"
            if not self.read(min(left, 0.05)):
                self._reap(min(left, 0.01))
        while self.read(0):  # its last output
            pass
        return self.status

    def _reap(self, timeout):
        if self.status is None:
            try:
                self.status = self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                return False
        return True

    @property
    def termios_now(self):
        return termios.tcgetattr(self.master)

    def assert_given_back(self):
        """After the end: the terminal is restored and no process is left."""
        assert self.termios_now == self.termios_before, "the terminal's settings have changed"
        assert not self.screen.alternate, "the alternate screen was not left"
        assert self.screen.cursor_shown, "the cursor stayed hidden"
        assert not self.screen.private & {1, 1000, 1002, 1003, 1006, 2004, 2026}, (
            f"modes left on: {sorted(self.screen.private)}")
        self.assert_no_children()

    def assert_no_children(self):
        assert not (left := self.family()), f"processes left behind: {left}"

    def family(self):
        """Processes in the program's session or started by it: {pid: name}."""
        return {**session_members(self.process.pid), **marked(self.mark)}

    def close(self):
        """Ends the remaining processes, by pid."""
        for pid in self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        if self.master >= 0:
            self.hang_up()


def marked(mark):
    """The processes with that mark in their environment: {pid: name}. A Kafka client has a session of its own."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                ours = f"{MARK}={mark}".encode() in file.read().split(b"\0")
            if ours:
                with open(f"/proc/{entry}/comm", encoding="utf-8", errors="replace") as file:
                    found[int(entry)] = file.read().strip()
        except OSError:
            continue
    return found


def session_members(session):
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                stat = file.read()
        except OSError:
            continue
        name = stat[stat.index("(") + 1:stat.rindex(")")]
        fields = stat[stat.rindex(")") + 2:].split()
        if int(fields[3]) == session and fields[0] not in "ZX":
            found[int(entry)] = name
    return found


def environment(term, extra=None):
    """A clean environment, so that the caller's does not affect the test."""
    env = {
        "TERM": term, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/nonexistent", "TZ": "UTC",
        # Tests write passwords of servers of their own at the usual umask (test_config_first.py tests the refusal).
        "STACKTOP_READABLE_SECRETS": "1",
    }
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    for name, value in (extra or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def _take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _name(what):
    if isinstance(what, str):
        return repr(what)
    if isinstance(what, re.Pattern):
        return f"/{what.pattern}/"
    import inspect
    try:
        return inspect.getsource(what).strip()
    except (OSError, TypeError):
        return repr(what)
