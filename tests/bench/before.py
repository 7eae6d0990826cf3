"""The dashboard beside an older build of it, in the same seconds on the same sandbox: bytes to the terminal, CPU, memory and
what it writes to disk, in calm and with a fault, at three sizes; then the time to start."""

import contextlib
import tempfile

from figures import median
from kafka_family import children
from sandbox import Sandbox
from screens import cpu_seconds, family_rss_mib, first_paint, read_for
from terminal import Terminal

SIZES = ((80, 24), (120, 36), (200, 50))
SCENES = ("calm", "lag")
SETTLE_S, WINDOW_S, STARTS = 12, 60, 15
# How much more than before is still taken for the same: two runs of one program differ by that.
NOISE = 1.10


def written(pid):
    """Bytes for a disk; files in a tmpfs, as of XDG_RUNTIME_DIR, do not count."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("write_bytes:"))


def figures(terminal):
    pid = terminal.process.pid
    return {"bytes": len(terminal.output), "cpu": cpu_seconds(pid), "disk": written(pid)}


def window(binaries, config, size, folder):
    columns, rows = size
    with contextlib.ExitStack() as stack:
        runtime = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        terminals = [stack.enter_context(Terminal([binary, "-c", config], columns=columns, rows=rows,
                                                  env={"XDG_STATE_HOME": str(folder / f"state-{i}"),
                                                       "XDG_RUNTIME_DIR": runtime}))
                     for i, binary in enumerate(binaries)]
        read_for(terminals, SETTLE_S)
        first = [figures(each) for each in terminals]
        read_for(terminals, WINDOW_S)
        last = [figures(each) for each in terminals]
        found = []
        for terminal, a, b in zip(terminals, first, last):
            rate = {name: (b[name] - a[name]) / WINDOW_S for name in a}
            found.append({**rate, "memory": family_rss_mib(terminal.process.pid)[0]})
        return found


def compare(table, what, new, old, unit, scale=1, places=0, floor=0):
    table.add(what, f"{new * scale:.{places}f} {unit}", "<= before", f"before: {old * scale:.{places}f} {unit}",
              new <= max(old * NOISE, floor))


def measure(table, stacktop, before, state, folder):
    sandbox = Sandbox(state["folder"])
    for scene in SCENES:
        sandbox.scene(scene)
        for size in SIZES:
            name = f"{scene}, {size[0]}x{size[1]}"
            new, old = window((stacktop, before), sandbox.config, size, folder)
            compare(table, f"{name}: bytes to the terminal", new["bytes"], old["bytes"], "B/s")
            compare(table, f"{name}: CPU of one core", new["cpu"], old["cpu"], "%", 100, 2)
            compare(table, f"{name}: resident memory", new["memory"], old["memory"], "MiB", 1, 1)
            compare(table, f"{name}: written to disk", new["disk"], old["disk"], "B/s", floor=1024)
    sandbox.scene("calm")
    for columns, rows in SIZES:
        took = ([], [])
        for _ in range(STARTS):
            for each, binary in zip(took, (stacktop, before)):
                each.append(first_paint([binary, "-c", sandbox.config], b"Disks"))
        compare(table, f"first paint, {columns}x{rows}, median", median(took[0]), median(took[1]), "ms", 1, 1)
