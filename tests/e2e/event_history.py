"""A long history of events, made by hand in a state directory: for what has to be fast with a million of them."""

import sqlite3
import time

from terminal import Terminal

NEWEST = "newest of all"
KEYS = 5000
SPAN_MS = 30 * 86400 * 1000


def rows(count, now_ms):
    """Of five events three are findings, one is a change, one an action; the newest last."""
    for i in range(count):
        at_ms = now_ms - SPAN_MS + i * SPAN_MS // count
        what, key = i % 5, i * 7919 % KEYS
        text = NEWEST if i == count - 1 else f"lag {i % 90000:,}, above 10,000"
        if what < 3:
            yield (i + 1, 0, 2, at_ms, at_ms + 60000, 60000, 2 + (i % 20 == 0), key, "kafka", "main", "groups", f"group{key}", "lag",
                   f"main group{key}", text, None, None, None)
        elif what == 3:
            yield (i + 1, 1, 0, at_ms, None, None, 0, count + i, "postgres", "ecap", None, None, None, "ecap",
                   f"work_mem {i % 64}MB", None, None, "flapping" if i % 1000 == 3 else None)
        else:
            yield (i + 1, 2, 2, at_ms, at_ms + 2000, 2000, 0, count + i, "postgres", "ecap", None, None, None, "ecap", text,
                   f"ann{i % 7}@bastion", "done", "postgres.terminate")


def make(binary, config, state, count):
    """The file as stacktop makes it, with so many events in it, up to now."""
    with Terminal([binary, "-c", config]) as terminal:
        deadline = time.monotonic() + 20
        while not (state / "events.db").exists() or not _tables(state):
            terminal.read(0.1)
            assert time.monotonic() < deadline, terminal.show()
        terminal.press("q")
        terminal.wait_exit(5)
    now_ms = int(time.time() * 1000)
    with sqlite3.connect(state / "events.db") as db:
        db.execute("DELETE FROM event")
        db.execute("DELETE FROM alarm")
        db.executemany("INSERT INTO event (id, kind, state, at_ms, end_ms, lasted_ms, severity, name, target_kind, target, tab, row, col,"
                       f" subject, text, who, result, verb) VALUES ({', '.join('?' * 18)})", rows(count, now_ms))
        db.execute("INSERT INTO alarm SELECT at_ms, id, name, severity FROM event WHERE kind = 0")
        db.execute("INSERT OR REPLACE INTO watched VALUES (?, ?)", (now_ms - SPAN_MS, now_ms))
    db.close()


def _tables(state):
    with sqlite3.connect(f"file:{state / 'events.db'}?mode=ro", uri=True) as db:
        try:
            return db.execute("SELECT count(*) FROM watched").fetchone()[0]
        except sqlite3.Error:
            return 0
