"""The history of events with a million of them: from the key to its rows, other keys meanwhile, and the report on alarms."""

import json
import os
import resource
import subprocess
import time

import event_history
from figures import median, percentile
from terminal import Terminal

COUNT, OPENINGS = 1_000_000, 15
MARK = event_history.NEWEST.encode()


def until(terminal, words, seconds=10):
    """Milliseconds until the words have been written, without the time of the emulator. Frames are acknowledged as a terminal does."""
    start, output = time.perf_counter(), b""
    while words not in output:
        assert time.perf_counter() - start < seconds, output[-2000:]
        data = os.read(terminal.master, 65536)
        output += data
        if b"\x1b[5n" in data:
            os.write(terminal.master, b"\x1b[0n")
    return (time.perf_counter() - start) * 1000


def opening(terminal):
    """Milliseconds to the first answer, which does not wait for the disk, and to the rows."""
    terminal.settle()
    os.write(terminal.master, b"e")
    answer = until(terminal, b"Events")
    took = answer + until(terminal, MARK)
    terminal.settle()
    os.write(terminal.master, b"e")
    terminal.settle()
    return answer, took


def measure(table, stacktop, folder):
    config = folder / "events.yaml"
    config.write_text(json.dumps({"name": "bench", "state": str(folder / "state"), "events_size": "2GB", "interval": "2s",
                                  "services": [{"name": "none", "address": "127.0.0.1:1"}]}))
    config.chmod(0o600)
    event_history.make(stacktop, config, folder / "state", COUNT)
    with Terminal([stacktop, "-c", config], columns=200, rows=50) as terminal:
        terminal.wait_for("refused")
        first = opening(terminal)[1]
        answers, took = zip(*(opening(terminal) for _ in range(OPENINGS)))
        terminal.press("q")
        terminal.wait_exit(5)
    table.add("e to its rows, a million events, median", f"{median(took):.1f} ms", "< 50 ms",
              f"the first: {first:.1f} ms; 99 %: {percentile(took, .99):.1f} ms", median(took) < 50)
    table.add("e to the first answer", f"{median(answers):.1f} ms", "< 16 ms", "reading is on a thread", median(answers) < 16)
    for since, limit in (("7d", 1.0), ("30d", 3.0)):
        start = time.perf_counter()
        run = subprocess.run([stacktop, "alarms", "--report", "--json", "--since", since, "-c", config], capture_output=True, check=False)
        seconds = time.perf_counter() - start
        assert run.returncode in (0, 2), run
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        table.add(f"alarms --report --since {since}", f"{seconds:.2f} s", f"< {limit} s",
                  f"{json.loads(run.stdout)['alarms']:,} alarms; the largest child so far: {memory:.0f} MiB", seconds < limit)
