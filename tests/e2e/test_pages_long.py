"""Pages on the screen while their server hangs, is down, or has no connection left."""

import contextlib
import os
import re
import signal

import psycopg2

from keys import open_page
from page_server import server, sessions_of, shop  # noqa: F401
from sandbox import wait_until
from stacktop import dashboard

BESIDE = "others"


def test_a_page_that_hangs_delays_nothing(server, shop):  # noqa: F811
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("watched ")
        page = sessions_of(server)[-1]
        os.kill(page, signal.SIGSTOP)
        try:
            terminal.press("Ctrl-R")
            terminal.wait_for(re.compile(r"not available|query still running"), 15)
            assert "1/1 ok" not in terminal.screen.text
            terminal.press("Esc")
            terminal.wait_for("conns", 1)
            open_page(terminal, "Statements")  # another connection
            terminal.wait_for("watched ")
            other = sessions_of(server)[-1]
            os.kill(other, signal.SIGSTOP)
            try:
                terminal.press("Ctrl-R", "q")
                assert terminal.wait_exit(1) == 0
            finally:
                os.kill(other, signal.SIGCONT)
        finally:
            os.kill(page, signal.SIGCONT)


def test_the_server_goes_down_and_comes_back(server, shop):  # noqa: F811
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Statements")
        terminal.wait_for("watched ")
        server.stop()
        try:
            terminal.wait_for(re.compile(r"Statements\] .*not available"), 20)
            terminal.wait_for(re.compile("nothing listens on|refused"))
        finally:
            server.start()
        terminal.wait_for(re.compile(r"Statements\](─| \d+/\d+ )"), 30)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0


def test_no_slot_is_left(server, shop):  # noqa: F811
    """The page borrows the collector's connection: then it is needed most."""
    crowd = []
    with dashboard(shop) as terminal:
        terminal.wait_for("conns")
        wait_until(lambda: len(sessions_of(server)) == 1, what="the collector's session")
        try:
            with contextlib.suppress(psycopg2.OperationalError):
                while len(crowd) < 100:
                    crowd.append(server.connect("nobody", "crowd"))
            assert 0 < len(crowd) < 100
            terminal.press("1")
            open_page(terminal, "Statements")
            terminal.wait_for("watched ")
            terminal.wait_for(re.compile(r"Statements\](─| \d+/\d+ )"))
            assert len(sessions_of(server)) == 1
            terminal.press("Esc")
            terminal.wait_for("conns")
            terminal.press("q")
            assert terminal.wait_exit(1) == 0
        finally:
            for connection in crowd:
                connection.close()
