"""The page postgres.activity next to a sampler inside the server on the same load, and what its sampling costs the
server."""

import bisect
import contextlib
import threading

import psycopg2
import pytest

from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until

BESIDE = "others"
SECONDS = 40
NEAR = 0.05  # of the in-server sampler
STEADY, CHANGING = 6, 2  # sessions that wait all the time; that wait and are idle in turn

# As an extension would do it: a loop in the server, on the same sessions. It looks 20 times a second and notes when the
# page has last looked, so that the samples of the same moments can be compared, however late either of the two is.
SAMPLER = """
DO $$ BEGIN FOR n IN 1..4000 LOOP
  PERFORM pg_stat_clear_snapshot();
  INSERT INTO ticks SELECT n, extract(epoch FROM clock_timestamp()), extract(epoch FROM max(query_start)), max(pid)
    FROM pg_stat_activity WHERE usename = 'watcher' AND query LIKE '%wait_event%textsend%';
  INSERT INTO sampled SELECT n, application_name, usename, wait_event_type || ': ' || wait_event
    FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'load-_';
  COMMIT;
  EXIT WHEN EXISTS (SELECT FROM ended);
  PERFORM pg_sleep(0.05);
END LOOP; END $$
"""


def rows(run, table):
    [found] = [each for each in run.json["target"]["tables"] if each["id"] == table]
    return {row["key"]: row["cells"] for row in found["rows"]}


@pytest.fixture
def load(server):  # noqa: F811
    """Eight sessions that wait for locks, which the sampler never does. load-0 to load-5 wait all the time, two of them
    for a row; load-6 and load-7 for 0.7 s at a time, and are idle for 0.6 s between."""
    server.sql("DROP TABLE IF EXISTS sampled, ticks, ended, contested; CREATE TABLE ended ();"
               " CREATE TABLE sampled (n int, application text, name text, event text);"
               " CREATE TABLE ticks (n int, at float, looked float, pid int);"
               " CREATE TABLE contested (id int); INSERT INTO contested VALUES (1)")
    for role in ("buyer", "seller"):
        server.sql(f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT ALL ON contested TO {role}")
    ends = threading.Event()

    def waits(number):
        statement = ("SELECT pg_advisory_lock(7)" if number >= 2 else "UPDATE contested SET id = 2")
        with contextlib.closing(server.connect(user="buyer" if number < 4 else "seller", name=f"load-{number}")) as session:
            with session.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {'700' if number >= STEADY else '0'}")
                while not ends.is_set():
                    with contextlib.suppress(psycopg2.errors.LockNotAvailable):
                        cursor.execute(statement)
                        return
                    ends.wait(0.6)

    threads = [threading.Thread(target=waits, args=(number,)) for number in range(STEADY + CHANGING)]
    with contextlib.closing(server.connect()) as holder, holder.cursor() as cursor:
        holder.autocommit = False
        cursor.execute("SELECT pg_advisory_lock(7); UPDATE contested SET id = 1")
        for thread in threads:
            thread.start()
        wait_until(lambda: server.one("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'load-_'"
                                      " AND wait_event_type = 'Lock'") == len(threads), what="the load")
        yield
        ends.set()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def sampler(server):  # noqa: F811
    def run():
        with contextlib.closing(server.connect(name="sampler")) as session, session.cursor() as cursor:
            cursor.execute(SAMPLER)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: server.one("SELECT count(*) FROM ticks"), what="the sampler in the server")
        yield
    finally:
        server.sql("ALTER TABLE ended ADD id int; INSERT INTO ended VALUES (1)")
        thread.join()


class Inside:
    """What the sampler in the server saw at the moments at which the page looked."""

    def __init__(self, server):  # noqa: F811
        ticks = server.sql("SELECT n, at, looked FROM ticks ORDER BY n")
        times = [at for _, at, _ in ticks]
        self.chosen = []
        for looked in sorted({looked for _, _, looked in ticks if looked is not None}):
            place = bisect.bisect(times, looked)
            _, n = min((abs(at - looked), n) for n, at, _ in ticks[max(0, place - 1):place + 1])
            self.chosen.append(n)
        self.found = {}
        for n, *names in server.sql("SELECT n, application, name, event FROM sampled"):
            for name in names:
                self.found.setdefault(name, {}).setdefault(n, 0)
                self.found[name][n] += 1

    def average(self, name):
        return sum(self.found.get(name, {}).get(n, 0) for n in self.chosen) / len(self.chosen)


def test_next_to_a_sampler_in_the_server(server, shop, load):  # noqa: F811
    cost, ended = {}, threading.Event()

    def watch_cost():
        """Nanoseconds on a processor, of the page's server process, its login included."""
        pid = wait_until(lambda: server.sql("SELECT pid FROM ticks WHERE pid > 0 LIMIT 1"), what="the page")[0][0]
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            while True:
                with open(f"/proc/{pid}/schedstat") as file:
                    cost[pid] = int(file.read().split()[0])
                if ended.wait(0.2):
                    return

    watch = threading.Thread(target=watch_cost)
    with sampler(server):
        watch.start()
        run = show(shop, "postgres.activity", "shop", "--json", "--duration", f"{SECONDS}s", timeout=SECONDS + 60)
        ended.set()
        watch.join()
    assert run.status == 0, run
    inside, figures = Inside(server), rows(run, "figures")["server"]
    applications, events, users = (rows(run, table) for table in ("applications", "events", "users"))
    statements = {cells["name"]: cells for cells in rows(run, "statements").values()}
    [pid] = cost
    found = sum(cells["aas_1m"] for cells in applications.values() if cells["name"].startswith("load-"))
    expected = sum(inside.average(f"load-{number}") for number in range(STEADY + CHANGING))
    print(f"AAS {found:.3f}, in the server {expected:.3f}; {figures['samples']} samples, {len(inside.chosen)} of them"
          f" matched; {cost[pid] / 1e6 / SECONDS:.3f} ms of a core per second")

    # each sample is there once; the session may have ended before the sampler saw the last one
    assert len(inside.chosen) in (figures["samples"], figures["samples"] - 1) and figures["samples"] >= SECONDS - 8
    # what does not change is the same to the last digit
    for number in range(STEADY):
        assert applications[f"load-{number}"]["aas_1m"] == inside.average(f"load-{number}") == 1
    for event in ("Lock: transactionid", "Lock: tuple"):
        assert events[event]["aas_1m"] == inside.average(event) == 1
    assert statements["UPDATE contested SET id = ?"]["aas_1m"] == 2
    assert users["buyer"]["aas_1m"] == inside.average("buyer") == 4
    # what changes between the two looks is near
    assert found == pytest.approx(expected, rel=NEAR)
    for cells, name in ((users["seller"], "seller"), (events["Lock: advisory"], "Lock: advisory")):
        assert cells["aas_1m"] == pytest.approx(inside.average(name), rel=NEAR)
    assert statements["SELECT pg_advisory_lock(?)"]["aas_1m"] == pytest.approx(inside.average("Lock: advisory"), rel=NEAR)
