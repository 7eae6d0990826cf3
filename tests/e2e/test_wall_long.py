"""A wall display over hundreds of outages: it reconnects each time, and does not grow."""

import re
import socket
from pathlib import Path

from stacktop import dashboard

BESIDE = "others"

WARM, ROUNDS = 60, 300
GROWTH_KB = 2048  # of the memory in use, after histories and the event log are full


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def test_it_reconnects_and_does_not_grow(config):
    with socket.create_server(("127.0.0.1", 0)) as first:
        address = first.getsockname()
    path = config(name="ecap", interval="200ms", wall_run=["/bin/true"], wall_every="1s",
                  services=[{"name": f"api{i}", "address": f"127.0.0.1:{address[1]}", "interval": "200ms"} for i in range(8)])
    with dashboard(path, "--wall") as terminal:
        warm = 0
        for number in range(WARM + ROUNDS):
            with socket.create_server(address, backlog=64):
                terminal.wait_for("all ok", 20)
            terminal.wait_for("!! api0: refused", 20)
            del terminal.output[:]
            if number == WARM:
                warm = resident(terminal.process.pid)
        grown = resident(terminal.process.pid) - warm
        assert grown < GROWTH_KB, f"{grown} kB more after {ROUNDS} outages, {warm} kB before"
        terminal.press("Ctrl-C")
        assert terminal.wait_exit(1) == 0
