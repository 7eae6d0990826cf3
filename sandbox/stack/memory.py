"""A memory limit of a process and its children. The kernel enforces it where a memory control group can be made (version 1
or 2: root, or a user with a delegated group); elsewhere its supervisor does, which looks every few milliseconds."""

import contextlib
import os
import time
from pathlib import Path

LOOK_SECONDS = 0.01
REMOVE_SECONDS = 2


def _places():
    """(a directory in which a group may be made, version), the nearest first."""
    mounts = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        root, point = left.split()[3:5]
        kind, _, options = right.split()
        if kind == "cgroup2":
            mounts.setdefault(2, (root, point))
        elif kind == "cgroup" and "memory" in options.split(","):
            mounts.setdefault(1, (root, point))
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        version = 1 if "memory" in controllers.split(",") else 2 if number == "0" else 0
        if version not in mounts:
            continue
        root, point = mounts[version]
        inside = os.path.relpath(path, root)
        inside = "." if inside.startswith("..") else inside
        while True:  # with version 2, a group that has processes cannot have limited ones below it
            yield Path(point, inside), version
            if inside in (".", ""):
                break
            inside = os.path.dirname(inside) or "."


class Group:
    """A control group. Its path is recorded before it is made, so that remove() finds it whatever happens."""

    LIMITS = {1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), 2: ("memory.max", "memory.swap.max")}
    EVENTS = {1: "memory.oom_control", 2: "memory.events"}

    def __init__(self, folder, size):
        """Raises OSError where there can be none."""
        reason = OSError("no memory control group")
        for place, version in _places():
            self.path, self.version = place / f"stacktop-sandbox-{os.getpid()}", version
            record(folder).write_text(str(self.path))
            try:
                self.path.mkdir()
                self._limit(size)
                self._try_join()
                return
            except OSError as error:
                reason = error
                remove(folder)
        raise reason

    def _limit(self, size):
        memory, swap = self.LIMITS[self.version]
        (self.path / memory).write_text(str(size))
        with contextlib.suppress(OSError):  # not counted, or there is none
            (self.path / swap).write_text(str(size if self.version == 1 else 0))

    def _try_join(self):
        """A user may be allowed to make a group, and not to move a process into it."""
        pid = os.fork()
        if pid == 0:
            status = 1
            with contextlib.suppress(OSError):
                self.join()
                status = 0
            os._exit(status)
        if os.waitpid(pid, 0)[1] != 0:
            raise PermissionError(1, "no process may be moved into it")

    def join(self):
        """Called in the process that is to be limited."""
        (self.path / "cgroup.procs").write_text("0")

    def kills(self):
        """How often the kernel has ended one of its processes."""
        for line in (self.path / self.EVENTS[self.version]).read_text().splitlines():
            word, _, count = line.partition(" ")
            if word == "oom_kill":
                return int(count)
        return 0


def record(folder):
    return folder / "group"


def remove(folder):
    """Removes the control group that is recorded there, once its processes have ended."""
    try:
        path = record(folder).read_text()
    except OSError:
        return
    deadline = time.monotonic() + REMOVE_SECONDS
    while os.path.isdir(path):
        try:
            os.rmdir(path)
        except OSError:
            if time.monotonic() > deadline:
                return  # the record stays for the next attempt
            time.sleep(0.02)
    record(folder).unlink(missing_ok=True)


def used(pid):
    """Bytes of memory that a process has; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
