"""A service that writes logs to a small file system of its own. In the scene disk-full its log was deleted by a rotation
that did not tell it, so the space comes back only when the log is truncated, or the service restarted.

    python3 -m stack.service_disk STATE PORT
"""

import contextlib
import ctypes
import os
import threading
import time

from .disk import data
from .service_http import Server, answer, arguments

SIZE, LOG_BYTES, OLD_BYTES, OLD_DAYS = "32m", 28 << 20, 2 << 20, 10
LINE = b"2026-11-27T03:00:00Z INFO ecap.export: 512 rows written\n"


def mount(path):
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={SIZE},mode=755".encode()
    if libc.mount(b"sandbox", os.fsencode(path), b"tmpfs", 0, options) != 0:
        raise SystemExit(f"cannot mount {path}: {os.strerror(ctypes.get_errno())}")


class Logger:
    def __init__(self, folder):
        self.folder, self.log = folder, None
        folder.mkdir()

    def clear(self):
        if self.log:
            self.log.close()
            self.log = None
        for path in self.folder.iterdir():
            path.unlink()

    def write(self, path, size):
        log = open(path, "ab", buffering=0)
        with contextlib.suppress(OSError):  # no more room: that is the scene
            while size > 0:
                size -= log.write((LINE * 1000)[:size])
        return log

    def fill(self):
        self.clear()
        old = self.folder / "export.log.1"
        self.write(old, OLD_BYTES).close()
        when = time.time() - OLD_DAYS * 86400
        os.utime(old, (when, when))
        self.log = self.write(self.folder / "export.log", LOG_BYTES)
        os.unlink(self.folder / "export.log")


def main():
    state, port = arguments()
    mount(data(state))
    logger, seen = Logger(data(state) / "log"), None
    server = Server(state, port, {"/health": lambda: answer(200, {"status": "ok"})})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    born_in = state.mode()["entered"]
    while True:
        mode = state.mode()
        full = mode["scene"] == "disk-full" and mode["entered"] != born_in
        if seen != (full, mode["entered"]):
            seen = (full, mode["entered"])
            logger.fill() if full else logger.clear()
        time.sleep(0.2)


if __name__ == "__main__":
    main()
