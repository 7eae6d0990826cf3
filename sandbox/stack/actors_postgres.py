"""The platform's sessions in PostgreSQL: orders arrive, one sometimes waits for another's lock, and in some
scenes sessions hold locks or connections for too long."""

import random
import select
import time
from contextlib import suppress

from psycopg2 import Error, extensions
from psycopg2.extras import wait_select

from . import clients
from .actor import Actor
from .postgres import MAX_CONNECTIONS

# Rows of customers: 1 to 10 are for the scenes, the others for all actors.
FREE_IDS = (11, 1000)
RESERVED = 3  # superuser_reserved_connections
LEFT_FREE = 3  # left free by the scene db-full, for monitoring
SETTLED_SECONDS = 1
FULL = MAX_CONNECTIONS - RESERVED - LEFT_FREE  # connections that the platform takes in it

INSERT = """
WITH new AS (INSERT INTO transactions (customer_id, amount)
             SELECT %s + n, %s + n FROM generate_series(0, 4) n RETURNING customer_id)
UPDATE customers SET orders = orders + 1 WHERE id IN (SELECT customer_id FROM new)
"""
UPKEEP = (
    "INSERT INTO audit_logs (actor, action) VALUES ('api', 'orders taken')",
    "INSERT INTO session_tokens VALUES (md5(random()::text), 1, now() + interval '10 minutes')",
    "DELETE FROM session_tokens WHERE expires_at < now()",
    "DELETE FROM transactions WHERE created_at < now() - interval '1 hour'",
    "DELETE FROM audit_logs WHERE created_at < now() - interval '1 hour'",
)


class Sessions(Actor):
    """An actor with connections by name."""

    def __init__(self, state, board):
        super().__init__(state, board)
        self.open = {}

    def session(self, name):
        if name not in self.open:
            self.open[name] = clients.postgres(self.state, name=name)
        return self.open[name]

    def execute(self, name, text, values=None):
        with self.session(name).cursor() as cursor:
            cursor.execute(text, values)

    def reset(self):
        for connection in self.open.values():
            connection.close()
        self.open = {}


class Orders(Sessions):
    """20 orders per second, with their log rows and tokens."""

    period = 0.25

    def __init__(self, state, board):
        super().__init__(state, board)
        self.steps = 0

    def step(self, mode):
        if mode["paused"]:
            return
        first, amount = random.randint(FREE_IDS[0], FREE_IDS[1] - 5), random.randint(5, 500)
        self.execute("ecap-api", INSERT, [first, amount])
        if self.steps % 40 == 0:
            for statement in UPKEEP:
                self.execute("ecap-worker", statement)
        self.steps += 1


class Waiters(Sessions):
    """Every few seconds one session waits briefly for the lock of another."""

    period = 0.2
    EVERY = 4
    SECONDS = 0.3
    UPDATE = "UPDATE customers SET orders = orders + 1 WHERE id = 10"

    def __init__(self, state, board):
        super().__init__(state, board)
        self.next = 0

    def step(self, mode):
        if mode["paused"] or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + self.EVERY
        self.execute("ecap-worker-1", "BEGIN")
        self.execute("ecap-worker-1", self.UPDATE)
        waiter = self.session("ecap-worker-2")
        cursor = waiter.cursor()
        cursor.execute(self.UPDATE)  # asynchronous: waits in the server
        time.sleep(self.SECONDS)
        self.execute("ecap-worker-1", "COMMIT")
        wait_select(waiter)
        cursor.close()

    def session(self, name):
        if name == "ecap-worker-2" and name not in self.open:
            self.open[name] = _asynchronous(self.state, name)
        return super().session(name)


class Holder(Sessions):
    """Holds the sessions of the scenes db-hog and db-full. They are created once: a terminated
    session stays terminated."""

    period = 0.1
    # name: (statements that end, the one that does not)
    HOG = {
        "ecap-batch": (["BEGIN", "UPDATE customers SET orders = orders WHERE id = 1"], None),
        "ecap-worker-3": (["BEGIN", "UPDATE customers SET orders = orders WHERE id = 2"],
                          "UPDATE customers SET orders = orders + 1 WHERE id = 1"),
        "ecap-worker-4": ([], "UPDATE customers SET orders = orders + 1 WHERE id = 2"),
        "ecap-worker-5": ([], "UPDATE customers SET orders = orders + 2 WHERE id = 2"),
        "ecap-report": ([], "SELECT sum(amount), pg_sleep(86400) FROM transactions"),
    }

    def __init__(self, state, board):
        super().__init__(state, board)
        self.made = None  # number of the mode for which they were created
        self.scene = None
        self.cursors = {}
        self.number = 0
        self.full_at = None  # since when the scene db-full has all its sessions

    def step(self, mode):
        if mode["scene"] != self.scene:
            self.reset()
            self.scene = mode["scene"]
        if self.made == mode["seq"]:
            if self.scene == "db-hog":
                self.go_on()
            return
        self.drop_ended()
        if self.scene == "db-hog":
            self.hog()
        elif self.scene == "db-full" and not self.fill():
            return
        self.made = mode["seq"]

    def reset(self):
        super().reset()
        self.cursors = {}
        self.scene = self.made = self.full_at = None

    def drop_ended(self):
        for name, connection in list(self.open.items()):
            try:
                if connection.poll() == extensions.POLL_ERROR or connection.closed or _is_cut_off(connection):
                    raise ConnectionError
            except Exception:
                connection.close()
                del self.open[name]

    def hog(self):
        if set(self.open) != set(self.HOG) or any(
                forever and not self.open[name].isexecuting() for name, (_, forever) in self.HOG.items()):
            super().reset()  # it or its query was terminated
        for name, (done, forever) in self.HOG.items():
            if name in self.open:
                continue
            connection = self.open[name] = _asynchronous(self.state, name)
            cursor = self.cursors[name] = connection.cursor()  # an asynchronous one must outlive its query
            for statement in done:
                cursor.execute(statement)
                wait_select(connection)
            if forever:
                cursor.execute(forever)

    def go_on(self):
        """A session that no longer waits commits, so the scene is over once the blocking session is terminated."""
        for name, (_, forever) in self.HOG.items():
            connection = self.open.get(name)
            if not forever or not connection or connection.closed:
                continue
            with suppress(Error):  # cancelled or terminated: it stays so
                done = connection.poll() == extensions.POLL_OK
                if done and connection.info.transaction_status == extensions.TRANSACTION_STATUS_INTRANS:
                    self.cursors[name].execute("COMMIT")

    def fill(self):
        """Whether the number of sessions has been right for a second. Sessions of another scene may still be
        closing (client_connection_check_interval) and count until then. Monitoring sessions do not count; they use
        what is left free."""
        with clients.closing(clients.postgres(self.state, "postgres", name="sandbox")) as admin, \
                admin.cursor() as cursor:
            cursor.execute("SELECT count(*), count(*) FILTER (WHERE application_name LIKE 'ecap-%')"
                           " FROM pg_stat_activity WHERE backend_type = 'client backend'"
                           " AND pid <> pg_backend_pid()")
            total, ours = cursor.fetchone()
        missing = FULL - ours
        for _ in range(min(missing, MAX_CONNECTIONS - RESERVED - total)):
            self.number += 1
            name = f"ecap-pool-{self.number}"
            self.open[name] = clients.postgres(self.state, name=name)
        if missing > 0:
            self.full_at = None
        elif self.full_at is None:
            self.full_at = time.monotonic()
        return missing <= 0 and time.monotonic() - self.full_at >= SETTLED_SECONDS


class Slots(Actor):
    """In the scene slot-holds-wal, the replication slot of a standby that no longer exists. It is created once: a slot
    that was dropped stays dropped."""

    period = 0.2
    SLOT = "old_standby"
    MEGABYTES = 24  # of WAL, more than a segment

    def __init__(self, state, board):
        super().__init__(state, board)
        self.made = None  # number of the mode that the server follows
        self.there = None  # whether there is a slot; None: not known

    def step(self, mode):
        wanted = mode["scene"] == "slot-holds-wal"
        if self.made != mode["seq"] and (wanted or self.there is not False):
            with clients.closing(clients.postgres(self.state, "postgres", name="sandbox")) as admin, \
                    admin.cursor() as cursor:
                cursor.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                               [self.SLOT])
                if wanted:
                    cursor.execute("SELECT pg_create_physical_replication_slot(%s, true)", [self.SLOT])
                    for _ in range(self.MEGABYTES):
                        cursor.execute("SELECT pg_logical_emit_message(false, 'sandbox', repeat('x', 1000000))")
            self.there = wanted
        self.made = mode["seq"]

    def reset(self):
        self.made = self.there = None


class Bloat(Sessions):
    """In the scene bloat, a table whose rows are updated again and again while a report that is idle in its transaction
    holds the xmin. They are created once: a report that was terminated stays terminated."""

    period = 0.2
    TABLE, REPORT = "order_states", "ecap-report"
    ROWS, UPDATES = 200, 8000
    # Each update is a transaction of its own.
    UPDATE = f"""DO $$ BEGIN FOR n IN 1..{UPDATES} LOOP
        UPDATE {TABLE} SET state = repeat(chr(97 + n % 26), 400) WHERE id = n % {ROWS};
        COMMIT; END LOOP; END $$"""

    def __init__(self, state, board):
        super().__init__(state, board)
        self.made = None  # number of the mode that the server follows
        self.there = None  # whether there is the table; None: not known

    def step(self, mode):
        wanted = mode["scene"] == "bloat"
        if self.made != mode["seq"] and (wanted or self.there is not False):
            super().reset()
            with clients.closing(clients.postgres(self.state, name="ecap-worker-6")) as worker, \
                    worker.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS {self.TABLE}")
                if wanted:
                    cursor.execute(f"CREATE TABLE {self.TABLE} (id integer PRIMARY KEY, state text NOT NULL)")
                    cursor.execute(f"INSERT INTO {self.TABLE} SELECT n, 'new' FROM generate_series(0, {self.ROWS - 1}) n")
                    self.execute(self.REPORT, "BEGIN ISOLATION LEVEL REPEATABLE READ")
                    self.execute(self.REPORT, "SELECT sum(orders) FROM customers")
                    cursor.execute(self.UPDATE)
            self.there = wanted
        self.made = mode["seq"]

    def reset(self):
        super().reset()
        self.made = self.there = None


def _is_cut_off(connection):
    """Whether the server has closed an idle session; poll() does not notice."""
    return not connection.isexecuting() and bool(select.select([connection], [], [], 0)[0])


def _asynchronous(state, name):
    connection = clients.postgres(state, name=name, async_=True)
    wait_select(connection)
    return connection
