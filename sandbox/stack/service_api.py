"""The platform's API: health, revenue from the database, metrics. Slow in the scene api-slow, until a restart. Its release 2
fails (the scene bad-deploy) and its release 3 ends at once (crash-loop), until release 1 is deployed again.

    python3 -m stack.service_api STATE PORT
"""

import sys
import threading
import time

from . import clients, service_log, web
from .service_http import Server, answer, arguments

SLOW_SECONDS = 6  # the guide calls more than 5 s slow

REVENUE = """
SELECT date_trunc('minute', created_at) AS minute, count(*), sum(amount)
  FROM transactions WHERE created_at > now() - interval '10 minutes' GROUP BY 1 ORDER BY 1
"""


class Api:
    def __init__(self, state):
        self.state = state
        self.started = time.monotonic()
        self.born_in = state.mode()["entered"]
        self.release = web.Api(state).release
        self.mutex = threading.Lock()  # one request at a time uses the connection
        self.connection = None

    def pace(self):
        """Only a process that ran before the scene began is slow: a restart ends that."""
        mode = self.state.mode()
        if mode["scene"] == "api-slow" and mode["entered"] != self.born_in:
            time.sleep(SLOW_SECONDS)

    def query(self, text):
        with self.mutex:
            try:
                if self.connection is None:
                    self.connection = clients.postgres(self.state, name="ecap-api")
                with self.connection.cursor() as cursor:
                    cursor.execute(text)
                    return cursor.fetchall()
            except Exception:
                self.connection = None  # reconnect at the next request
                raise

    def health(self):
        """Health of this process."""
        self.pace()
        self.need_column()
        return answer(200, {"status": "ok", "uptime_s": round(time.monotonic() - self.started)})

    def health_of_all(self):
        """Health including the database."""
        self.pace()
        parts = {"database": lambda: self.query("SELECT 1"),
                 "cache": lambda: clients.cache(self.state, seconds=1).ping()}
        found = {}
        for name, ask in parts.items():
            try:
                ask()
                found[name] = "ok"
            except Exception as error:
                found[name] = " ".join(str(error).split())
        fine = all(word == "ok" for word in found.values())
        return answer(200 if fine else 503, {"status": "ok" if fine else "degraded", **found})

    def need_column(self):
        if self.release == 2:
            raise RuntimeError('release 2: column "region" of relation "transactions" does not exist')

    def revenue(self):
        self.pace()
        self.need_column()
        rows = self.query(REVENUE)
        return answer(200, {"minutes": [{"minute": minute.isoformat(), "orders": orders, "revenue": float(total)}
                                        for minute, orders, total in rows]})


def main():
    state, port = arguments()
    api = Api(state)
    if api.release == 3:
        service_log.write(service_log.line("FATAL", 'release 3: ECAP_POOL_SIZE="ten" is not a number'))
        sys.exit(1)
    server = Server(state, port, {
        "/health": api.health,
        "/api/v1/health": api.health_of_all,
        "/api/v1/analytics/revenue": api.revenue,
        "/metrics": lambda: (200, "text/plain; version=0.0.4", server.metrics.text()),
    })
    server.serve_forever()


if __name__ == "__main__":
    main()
