"""Runs a service, and starts it again when it ends: soon at first, then later and later.

    python3 -m stack.supervisor FOLDER LOG MEGABYTES PROGRAM ARGS...

FOLDER/status has its pid and, in words, what it says of the service (sandbox/status prints it). MEGABYTES is a memory limit,
0 for none.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import memory, service_log

FIRST_SECONDS, MAX_SECONDS = 0.3, 8  # until the next start; doubles each time
STEADY_SECONDS = 3  # so long it has to run, before it counts as running again
LOOP_RESTARTS = 3
STOP_SECONDS = 4
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Leaving(BaseException):
    """SIGTERM."""


class Supervisor:
    def __init__(self, folder, log, megabytes, argv):
        self.folder, self.log, self.argv = folder, log, argv
        self.name = folder.name
        self.limit = megabytes << 20
        self.group = None  # that the kernel limits
        self.child = None
        self.restarts = 0
        self.over = False  # the child was beyond the limit, and ended by this process

    def limit_memory(self):
        """What the scene says if it is not the kernel that does it."""
        if not self.limit:
            return
        try:
            self.group = memory.Group(self.folder, self.limit)
        except OSError as error:
            why = f"no memory control group can be made ({error.strerror or error})"
            (self.folder / "instead").write_text(f"{why}; the supervisor ends the service instead of the kernel\n")

    def run(self):
        signal.signal(signal.SIGTERM, self.leave)
        try:
            self.limit_memory()
            self.say("running")
            while True:
                self.run_once()
        except Leaving:
            self.end()

    @staticmethod
    def leave(*_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Leaving

    def end(self):
        child = self.child
        if child and child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        memory.remove(self.folder)
        status(self.folder).unlink(missing_ok=True)

    def run_once(self):
        killed = self.group.kills() if self.group else 0
        self.over = False
        self.child = subprocess.Popen(self.argv, preexec_fn=self.before)  # pylint: disable=subprocess-popen-preexec-fn
        if self.restarts and self.wait(STEADY_SECONDS) is None:
            self.say(f"running, {counted(self.restarts)}")
        code = self.wait(None)
        self.ended(code, self.over or (self.group is not None and self.group.kills() > killed))

    def before(self):
        """In the child: it ends with its supervisor, however that ends."""
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self.group:
            self.group.join()

    def wait(self, seconds):
        """The status with which it ended; None: it runs still."""
        if not self.limit or self.group:
            try:
                return self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
        deadline = seconds and time.monotonic() + seconds
        while (code := self.child.poll()) is None and not (deadline and time.monotonic() > deadline):
            if memory.used(self.child.pid) > self.limit:
                self.over = True
                self.child.kill()
            time.sleep(memory.LOOK_SECONDS)
        return code

    def ended(self, code, out_of_memory):
        """Says why, and waits until the next start."""
        pause = min(FIRST_SECONDS * 2 ** self.restarts, MAX_SECONDS)
        last = service_log.last_message(self.log)
        cause = (f"OOM-killed at its limit of {self.limit >> 20} MB" if out_of_memory
                 else f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}")
        service_log.write(service_log.line("ERROR", f"{self.name} {'was ' if out_of_memory else ''}{cause}; it starts "
                                           f"again after {pause:.1f} s, {counted(self.restarts)} so far"))
        said = f": {last}" if last and not out_of_memory else ""
        if self.restarts >= LOOP_RESTARTS:
            self.say(f"crash loop: {cause}, {counted(self.restarts)}{said}")
        else:
            self.say(f"{cause}{said}")
        time.sleep(pause)
        self.restarts += 1

    def say(self, text):
        temporary = status(self.folder).with_suffix(".new")
        temporary.write_text(f"{os.getpid()} {' '.join(text.split())}\n")
        os.replace(temporary, status(self.folder))


def counted(restarts):
    return f"{restarts} restart{'' if restarts == 1 else 's'}"


def status(folder):
    return folder / "status"


def said(folder):
    """What the supervisor says: "running", why the service ended last, or "" before it has said anything."""
    try:
        return status(folder).read_text().strip().partition(" ")[2]
    except OSError:
        return ""


def main():
    folder, log, megabytes, *argv = sys.argv[1:]
    Supervisor(Path(folder), Path(log), int(megabytes), argv).run()


if __name__ == "__main__":
    main()
