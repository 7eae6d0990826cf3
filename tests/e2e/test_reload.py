"""The configuration is loaded again while the dashboard runs."""

import signal
import socket
from contextlib import suppress
from threading import Thread

from stacktop import dashboard, write_config


class Counter:
    """A server of Memcached's protocol that counts its connections."""

    def __init__(self):
        self.accepted, self.open = 0, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                line, _ = self.socket.accept()
            except OSError:
                return
            self.accepted, self.open = self.accepted + 1, self.open + 1
            Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line):
        with line, suppress(OSError):
            while line.recv(1000):
                line.sendall(b"STAT pid 1\r\nSTAT uptime 100\r\nSTAT version 1.6\r\nSTAT curr_connections 1\r\nEND\r\n")
        self.open -= 1


def test_a_reload_keeps_what_is_unchanged(tmp_path):
    first, second = Counter(), Counter()
    before = {"interval": "300ms", "memcached": [{"name": "stays", "address": first.address},
                                                 {"name": "goes", "address": second.address}]}
    path = write_config(tmp_path, **before)
    with dashboard(path, columns=140) as terminal:
        terminal.wait_for("goes")
        terminal.wait_for(lambda screen: first.accepted and second.accepted)
        accepted = first.accepted
        write_config(tmp_path, **before | {"nmae": "x"})
        terminal.press(":reload\r")
        terminal.wait_for("not reloaded, the old one stays")
        terminal.wait_for('unknown key "nmae"')
        write_config(tmp_path, **before | {"memcached": [{"name": "fresh", "address": second.address},
                                                         before["memcached"][0]]})
        terminal.signal(signal.SIGUSR2)
        terminal.wait_for("reloaded; 1 target as before, 1 new or changed, 1 gone")
        terminal.wait_for("fresh")
        terminal.wait_for(lambda screen: second.accepted == 2 and second.open == 1)
        assert first.accepted == accepted == 1 and first.open == 1
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_reload_waits_for_the_end_of_a_pause(tmp_path):
    server = Counter()
    config = {"interval": "300ms", "hosts": [{"name": "here"}], "memcached": [
        {"name": "one", "address": server.address}, {"name": "three", "address": server.address}]}
    path = write_config(tmp_path, **config)
    with dashboard(path, columns=140) as terminal:
        terminal.wait_for("one")
        terminal.press("z")  # paused
        terminal.wait_for("PAUSED")
        write_config(tmp_path, **config | {"memcached": [{"name": "two", "address": server.address},
                                                        config["memcached"][1]]})
        terminal.signal(signal.SIGUSR2)
        terminal.wait_for("it takes effect when the pause ends")
        terminal.press("z")
        terminal.wait_for("two")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_reload_keeps_selection_and_filter(tmp_path):
    server = Counter()
    names = ["kilo-1", "kilo-2", "kilo-3", "lima-4"]

    def config(order, **more):
        return {"interval": "300ms", "state": str(tmp_path / "state"), "name": "shop",
                "services": [{"name": name, "address": server.address} for name in order]} | more

    path = write_config(tmp_path, **config(names))
    with dashboard(path, columns=160) as terminal:
        terminal.wait_for("lima-4")
        terminal.press("/kilo\r")
        terminal.wait_for(lambda screen: "lima-4" not in screen.text)
        terminal.press("j", "j", "d")
        terminal.wait_for("[kilo-3]")
        moved = ["kilo-2", "kilo-3", "lima-4", "kilo-1"]
        write_config(tmp_path, **config(moved, theme="light", events_keep="2d", mouse=False, audit_syslog=True))
        terminal.signal(signal.SIGUSR2)
        terminal.wait_for("reloaded; audit_syslog: needs a restart; theme, mouse, events_keep: taken over; "
                          "4 targets as before, 0 new or changed, 0 gone")
        terminal.wait_for("[kilo-3]")  # the page, too
        terminal.press("\x1b")
        terminal.wait_for("kilo-1")
        terminal.wait_for(lambda screen: "lima-4" not in screen.text)
        terminal.press("d")
        terminal.wait_for("[kilo-3]")
        write_config(tmp_path, **config(names[:2]))
        terminal.press("\x1b", ":reload\r")
        terminal.wait_for("reloaded; audit_syslog: needs a restart; theme, mouse, events_keep: taken over; "
                          "2 targets as before, 0 new or changed, 2 gone")
        terminal.press("q")
        assert terminal.wait_exit() == 0
