"""The page postgres.activity: two windows that a person chooses, and what has become more between them."""

import contextlib
import re
import threading

import psycopg2

from keys import open_page
from page_server import configured, server, shop  # noqa: F401
from sandbox import wait_until
from stacktop import dashboard

BESIDE = "others"


@contextlib.contextmanager
def active(server, name):  # noqa: F811
    """A session that is active all the time."""
    with contextlib.closing(server.connect(name=name)) as session:
        def sleep():
            with contextlib.suppress(psycopg2.errors.AdminShutdown, psycopg2.OperationalError):
                session.cursor().execute("SELECT pg_sleep(300)")

        thread = threading.Thread(target=sleep)
        thread.start()
        try:
            wait_until(lambda: server.one("SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
                                          f" AND application_name = '{name}'") == 1, what=name)
            yield
        finally:
            server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'")
            thread.join()


def cells(terminal, name):
    """WINDOW, 1M, BEFORE, CHANGE of the row, as they are on the screen."""
    found = re.search(rf"[│►] +{name} +(\S+) +(\S+) +(\S+) +(\S+) ", terminal.screen.text)
    return found.groups() if found else ("", "", "", "")


def wait_for_cells(terminal, name, window, before, change):
    terminal.wait_for(lambda screen: (found := cells(terminal, name)) and (found[0], *found[2:]) == (window, before, change))


def test_two_windows(server, shop):  # noqa: F811
    """Each m is a mark: window A, its end, window B, which is compared with A."""
    with dashboard(shop, columns=160, rows=50) as terminal:
        terminal.wait_for("conns")
        terminal.press("1")
        open_page(terminal, "Activity")
        terminal.wait_for("window last minute")
        terminal.wait_for("compared with the 14 minutes before")
        with active(server, "early"):
            terminal.wait_for("early")
            terminal.press("m")
            terminal.wait_for("window since the mark")
            terminal.wait_for("compared with until the mark")
            assert cells(terminal, "early")[0] == "1.00", terminal.show()
            assert float(cells(terminal, "early")[2]) < 1, terminal.show()  # the page was opened before it began
            terminal.press("m")
            terminal.wait_for("window between marks")
        with active(server, "late"):
            terminal.wait_for("late")
            assert cells(terminal, "late")[0] == "0.00" and cells(terminal, "early")[0] == "1.00", terminal.show()
            terminal.press("m")
            terminal.wait_for("compared with the window before")
            wait_for_cells(terminal, "late", "1.00", "0.00", "+1.00")
            wait_for_cells(terminal, "early", "0.00", "1.00", "-1.00")
