"""Processes that outlive the command that started them. Each is identified by pid and start time, because a pid
may be reused before the process is ended."""

import os
import signal
import subprocess
import time
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id():
    """Start times count from the boot and are meaningless after another one."""
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
    """Identities of the processes of a program with this working directory: children of a server that was
    killed."""
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
    """Whether the signal was sent to a running process of ours."""
    if not alive(who):
        return False
    try:
        os.kill(who["pid"], number)
        return True
    except ProcessLookupError:
        return False


def wait_gone(whos, seconds):
    """The processes that still run after that time."""
    deadline = time.monotonic() + seconds
    while True:
        left = [who for who in whos if alive(who)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def end(whos, number, seconds):
    """Ends processes: sends the signal to the first, and after that time SIGKILL to all. Continues stopped ones
    first. Returns those that still run."""
    for who in whos:
        send(who, signal.SIGCONT)
    for who in whos[:1]:
        send(who, number)
    left = wait_gone(whos, seconds)
    for who in left:
        send(who, signal.SIGKILL)
    return wait_gone(left, 5)


# Waits for a line, then executes the program: same pid, same start time.
GATE = 'read -r go || exit 125; exec "$@" </dev/null'


def spawn(argv, cwd, log, env, register):
    """Starts a process in a session of its own, with the log as its output, and returns its identity.

    register(identity) records it; only then the program is executed. If we die in between, the process
    ends too, so no process runs unrecorded."""
    with open(log, "ab") as output:
        child = subprocess.Popen(["/bin/sh", "-c", GATE, "sh", *map(str, argv)], cwd=cwd, env=env,
                                 stdin=subprocess.PIPE, stdout=output, stderr=output,
                                 start_new_session=True)
    child.returncode = 0  # it is not waited for: it keeps running when we exit
    with child.stdin:
        who = identity(child.pid)
        register(who)
        child.stdin.write(b"go\n")
    return who
