"""stacktop's Kafka clients: its child processes, and their open files and memory."""

import os
import time
from pathlib import Path

from sandbox import wait_until


def children(pid):
    """{pid: (command line, state)} of stacktop's children."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace")
            line = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2:].split()
        if int(fields[1]) == pid:
            found[int(entry)] = (line, fields[0])
    return found


def client(pid):
    """Waits until one Kafka client runs, and returns its pid."""
    found = []

    def one():
        found[:] = [child for child, (line, state) in children(pid).items()
                    if "__kafka-client" in line and state not in "ZX"]
        return len(found) == 1

    wait_until(one, 10, "one Kafka client")
    return found[0]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"


def look(terminal, what, seconds):
    """Whether the condition becomes true within the time; reads the screen meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if what(terminal.screen):
            return True
        terminal.read(min(left, 0.2))
        assert terminal.process.poll() is None, f"the dashboard ended\n{terminal.show()}"
    return what(terminal.screen)
