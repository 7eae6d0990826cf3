"""Processes that outlive the command that started them, and that are ours beyond doubt when it is time
to end them: a pid counts only with the start time it had (a pid alone may be another's by then)."""

import os
import signal
import subprocess
import time
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id():
    """Start times count from the boot: those of another boot mean nothing."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def _stat(pid):
    """(state, parent, start time) of a process, or None."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return fields[0].decode(), int(fields[1]), int(fields[19])
    except (OSError, IndexError):
        return None


def identity(pid):
    stat = _stat(pid)
    return {"pid": pid, "start": stat[2] if stat else 0, "boot": boot_id()}


def alive(who):
    """Whether the process of an identity runs (a stopped one does, a zombie does not)."""
    if not who:
        return False
    stat = _stat(who["pid"])
    return (stat is not None and stat[0] not in "ZX" and stat[2] == who["start"]
            and who["boot"] == boot_id())


def stopped(who):
    stat = _stat(who["pid"])
    return stat is not None and stat[0] in "Tt"


def family(who):
    """The process and all its descendants that run, as identities, the parent first."""
    if not alive(who):
        return []
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _stat(entry)
            if stat and stat[0] not in "ZX":
                children.setdefault(stat[1], []).append(int(entry))
    found, queue = [who], [who["pid"]]
    while queue:
        for pid in children.get(queue.pop(0), ()):
            found.append(identity(pid))
            queue.append(pid)
    return found


def working_in(folder, program):
    """Identities of the processes of a program that work in a folder: a server's children whose
    parent was killed."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if (entry.isdigit() and os.readlink(f"/proc/{entry}/cwd") == str(folder)
                    and os.path.basename(os.readlink(f"/proc/{entry}/exe")) == program):
                found.append(identity(int(entry)))
        except OSError:
            continue
    return [who for who in found if alive(who)]


def marked(variables):
    """Identities of the processes that were started with this in their environment."""
    found, wanted = [], b"".join(f"{name}={value}".encode() + b"\0" for name, value in variables.items())
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and wanted in Path(f"/proc/{entry}/environ").read_bytes():
                found.append(identity(int(entry)))
        except OSError:
            continue
    return [who for who in found if alive(who)]


def send(who, number):
    """Whether the signal was sent to a living process of ours."""
    if not alive(who):
        return False
    try:
        os.kill(who["pid"], number)
        return True
    except ProcessLookupError:
        return False


def wait_gone(whos, seconds):
    """Those that still run after so long."""
    deadline = time.monotonic() + seconds
    while True:
        left = [who for who in whos if alive(who)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def end(whos, number, seconds):
    """Ends processes: the first by its signal, and after so long all by force. Stopped ones are
    continued first. What still runs then is returned."""
    for who in whos:
        send(who, signal.SIGCONT)
    for who in whos[:1]:
        send(who, number)
    left = wait_gone(whos, seconds)
    for who in left:
        send(who, signal.SIGKILL)
    return wait_gone(left, 5)


# Waits for a line, and only then becomes the program: same pid, same start time.
GATE = 'read -r go || exit 125; exec "$@" </dev/null'


def spawn(argv, cwd, log, env, register):
    """Starts a process in a session of its own, with the log as its output, and returns its identity.

    register(identity) writes it down; only then the program is executed. Should we die in between,
    the process ends too: nothing runs that is not written down."""
    with open(log, "ab") as output:
        child = subprocess.Popen(["/bin/sh", "-c", GATE, "sh", *map(str, argv)], cwd=cwd, env=env,
                                 stdin=subprocess.PIPE, stdout=output, stderr=output,
                                 start_new_session=True)
    child.returncode = 0  # nobody here waits for it: it stays when we leave
    with child.stdin:
        who = identity(child.pid)
        register(who)
        child.stdin.write(b"go\n")
    return who
