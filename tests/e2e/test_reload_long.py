"""Many reloads: no memory is kept of the configurations before, and no connection of their targets."""

import signal

from stacktop import dashboard, write_config
from test_reload import Counter

RELOADS = 200
PADDING = 300  # services beside: some hundred KiB a configuration


def resident_kib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def test_two_hundred_reloads_keep_no_memory(tmp_path):
    first, second = Counter(), Counter()

    def config(turn):
        server = (first, second)[turn % 2]  # this target is another one each time, the others stay
        return {"name": f"turn{turn}.", "interval": "1d", "state": str(tmp_path / "state"), "services": [
            {"name": f"s{i}", "address": "127.0.0.1:1", "disabled": "a reason of some length " * 10}
            for i in range(PADDING)], "memcached": [{"name": "moves", "address": server.address}]}

    path = write_config(tmp_path, **config(0))
    with dashboard(path, columns=160) as terminal:
        terminal.wait_for("turn0.")
        settled = 0
        for turn in range(1, RELOADS + 1):
            write_config(tmp_path, **config(turn))
            terminal.signal(signal.SIGUSR2)
            terminal.wait_for(f" turn{turn}.")
            if turn == RELOADS // 4:
                settled = resident_kib(terminal.process.pid)
        grown = resident_kib(terminal.process.pid) - settled
        print(f"after {RELOADS} reloads: {settled + grown} KiB, {grown} KiB more than after {RELOADS // 4}")
        terminal.wait_for(lambda screen: first.open + second.open <= 1)
        assert grown < 4096
        terminal.press("q")
        assert terminal.wait_exit() == 0
