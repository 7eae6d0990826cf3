"""The log of a service of the sandbox: JSON lines on stderr, as an API of the platform writes them."""

import json
import os
import sys
import time

LOG_MAX = 4 << 20  # bytes of the log file; then it is truncated, as by logrotate's copytruncate


def line(level, message, **fields):
    """A line with its end; fields that are None are left out."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"time": stamp, "level": level, "message": message, **given}) + "\n"


def write(text):
    try:
        if os.fstat(2).st_size > LOG_MAX:
            os.ftruncate(2, 0)
    except OSError:
        pass  # a terminal
    sys.stderr.write(text)
    sys.stderr.flush()


def last_message(path):
    """The message of the last line of a log, "" without one."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - (8 << 10)))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    last = next((each for each in reversed(lines) if each.strip()), "")
    try:
        return str(json.loads(last)["message"])
    except (ValueError, KeyError, TypeError):
        return last.strip()
