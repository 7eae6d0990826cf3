"""The dashboard at 200x50: bytes to the terminal, CPU and memory compared with htop in the same minute; time to start;
and time to answer keys while two servers hang."""

import json
import os
import time

from figures import median, percentile
from kafka_family import children
from stacktop import Listener
from terminal import Terminal

COLUMNS, ROWS = 200, 50
SETTLE_S, WINDOW_S = 8, 60
STARTS, KEYS = 15, 300


def cpu_seconds(pid):
    """CPU time of all its threads and of its children (Kafka clients), in nanoseconds."""
    total = sum(cpu_seconds(child) for child in children(pid)) * 1e9
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def rss_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def family_rss_mib(pid):
    """Resident memory of the process and its children (Kafka clients). Shared pages count in each."""
    with_children = [pid, *children(pid)]
    return sum(rss_mib(each) for each in with_children), len(with_children)


def read_for(terminals, seconds):
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for terminal in terminals:
            terminal.read(min(left, 0.02))


def cost(table, stacktop, config):
    with Terminal([stacktop, "-c", config], columns=COLUMNS, rows=ROWS) as ours, \
            Terminal(["htop"], columns=COLUMNS, rows=ROWS) as htop:
        pair = (ours, htop)
        read_for(pair, SETTLE_S)
        bytes_before = [len(each.output) for each in pair]
        cpu_before = [cpu_seconds(each.process.pid) for each in pair]
        start = time.monotonic()
        read_for(pair, WINDOW_S)
        seconds = time.monotonic() - start
        rate = [(len(each.output) - before) / seconds for each, before in zip(pair, bytes_before)]
        cpu = [(cpu_seconds(each.process.pid) - before) / seconds * 100
               for each, before in zip(pair, cpu_before)]
        memory, processes = family_rss_mib(ours.process.pid)
        peer = rss_mib(htop.process.pid)
    table.add("bytes to the terminal, 200x50, 2 s", f"{rate[0]:.0f} B/s", "<= 1000 B/s",
              f"htop: {rate[1]:.0f} B/s", rate[0] <= 1000)
    table.add("CPU of one core", f"{cpu[0]:.2f} %", "<= htop", f"htop: {cpu[1]:.2f} %", cpu[0] <= cpu[1])
    table.add(f"resident memory, {processes} process{'es' if processes > 1 else ''}", f"{memory:.1f} MiB", "< 30 MiB",
              f"htop: {peer:.1f} MiB", memory < 30)


def panes_drawn(screen):
    return "Disks" in screen.text


def all_live(screen):
    return panes_drawn(screen) and "waiting for the first" not in screen.text and " waiting  " not in screen.rows[0]


def first_paint(argv, words):
    """Milliseconds from the start to the last byte of the frame with the words, without the time of the emulator."""
    with Terminal(argv, columns=COLUMNS, rows=ROWS) as terminal:
        output = b""
        while words not in output:
            output += os.read(terminal.master, 65536)
        return (time.monotonic() - terminal.started) * 1000


def starts(table, stacktop, config):
    first, peer, live = [], [], []
    for _ in range(STARTS):
        first.append(first_paint([stacktop, "-c", config], b"Disks"))
        peer.append(first_paint(["htop"], b"Quit"))
        with Terminal([stacktop, "-c", config], columns=COLUMNS, rows=ROWS) as terminal:
            terminal.wait_for(all_live)
            live.append((time.monotonic() - terminal.started) * 1000)
    table.add("first paint, median", f"{median(first):.1f} ms", "< 20 ms", f"htop: {median(peer):.1f} ms",
              median(first) < 20)
    table.add("all panes live, median", f"{median(live):.0f} ms", "< 300 ms", "", median(live) < 300)


def keys(table, stacktop, config, folder):
    """Time from writing the key's byte to reading the first byte of the response."""
    with Listener() as one, Listener() as two:
        data = dict(config)
        data["services"] = data.get("services", []) + [
            {"name": "hung", "address": f"127.0.0.1:{one.port}", "health": f"http://127.0.0.1:{one.port}/"}]
        data["redis"] = data.get("redis", []) + [{"name": "hung", "url": f"redis://127.0.0.1:{two.port}"}]
        path = folder / "hung.yaml"
        path.write_text(json.dumps(data))
        with Terminal([stacktop, "-c", path], columns=COLUMNS, rows=ROWS) as terminal:
            terminal.wait_for(panes_drawn)
            took = []
            for i in range(KEYS):
                while terminal.read(0.01):  # the rest of the output
                    pass
                start = time.perf_counter()
                terminal.press("Tab" if i % 2 else "Backtab")
                assert terminal.read(1), "no answer to a key"
                took.append((time.perf_counter() - start) * 1000)
            terminal.press("q")
            start = time.perf_counter()
            terminal.wait_exit(2)
            leave = (time.perf_counter() - start) * 1000
    table.add("key to screen, two servers hung, 99 %", f"{percentile(took, .99):.1f} ms", "< 16 ms",
              f"median {median(took):.1f} ms", percentile(took, .99) < 16)
    table.add("q to the end, two servers hung", f"{leave:.0f} ms", "< 1000 ms", "", leave < 1000)
