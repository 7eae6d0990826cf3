"""The platform's web dashboard: a page. In the scene oom it needs more memory than it may have. In log-storm a process that
ran before logs one error thousands of times per second, until a restart.

    python3 -m stack.service_dashboard STATE PORT
"""

import itertools
import threading
import time

from . import service_log
from .service_http import Server, answer, arguments

PAGE = "<!doctype html><title>ECAP</title><h1>ECAP dashboard</h1><p>A stand-in, for stacktop's sandbox.</p>\n"
CATALOGUE_MB = 96  # what it loads in the scene oom
BATCH, PAUSE_SECONDS = 150, 0.05  # lines of the storm
TOO_MANY = 100  # errors per second


class Storm(threading.Thread):
    """Writes one error again and again while the scene lasts."""

    def __init__(self, state):
        super().__init__(daemon=True)
        self.state, self.born_in, self.per_second = state, state.mode()["entered"], 0

    def run(self):
        for first in itertools.count(0, BATCH):
            mode = self.state.mode()
            if mode["scene"] != "log-storm" or mode["entered"] == self.born_in:
                self.per_second = 0
                time.sleep(0.3)
                continue
            begin = time.monotonic()
            service_log.write("".join(service_log.line(
                "ERROR", f"cache: read of report:{number} failed: connection reset by peer, attempt {number % 3 + 1}")
                for number in range(first, first + BATCH)))
            time.sleep(PAUSE_SECONDS)
            self.per_second = round(BATCH / (time.monotonic() - begin))


def main():
    state, port = arguments()
    catalogue = []
    if state.mode()["scene"] == "oom":
        service_log.write(service_log.line("INFO", f"loads the catalogue of {CATALOGUE_MB} MB"))
        catalogue = [b"x" * (1 << 20) for _ in range(CATALOGUE_MB)]
    storm = Storm(state)
    storm.start()

    def health():
        errors = storm.per_second
        status = f"degraded: logs {round(errors, -2):,} errors per second" if errors > TOO_MANY else "ok"
        return answer(200, {"status": status, "errors_logged_per_s": errors, "catalogue_mb": len(catalogue)})

    Server(state, port, {
        "/": lambda: (200, "text/html; charset=utf-8", PAGE),
        "/health": health,
    }).serve_forever()


if __name__ == "__main__":
    main()
