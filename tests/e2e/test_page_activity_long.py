"""The page postgres.activity: averages of active sessions next to a sampler inside the server on the same load, and what
the sampling costs the server."""

import contextlib
import threading

import pytest

from page_server import configured, server, shop, show  # noqa: F401
from sandbox import wait_until

BESIDE = "others"
SECONDS = 40
NEAR = 0.05  # of the in-server sampler
CORE_SHARE = 0.001

# As an extension would do it: a loop in the server, once a second, on the same view.
SAMPLER = """
DO $$ BEGIN FOR n IN 1..{seconds} LOOP
  PERFORM pg_stat_clear_snapshot();
  INSERT INTO sampled SELECT n, application_name, coalesce(wait_event_type || ': ' || wait_event, 'CPU')
    FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'load-%%';
  INSERT INTO taken VALUES (n);
  COMMIT;
  PERFORM pg_sleep(1 - extract(epoch FROM clock_timestamp() - '{begun}'::timestamptz) %% 1);
END LOOP; END $$
"""


def rows(run, table):
    [found] = [each for each in run.json["target"]["tables"] if each["id"] == table]
    return {row["key"]: row["cells"] for row in found["rows"]}


@pytest.fixture
def load(server):  # noqa: F811
    """Eight sessions: six always wait, two run short queries and are idle between them."""
    server.sql("DROP TABLE IF EXISTS sampled, taken; CREATE TABLE sampled (n int, app text, event text);"
               " CREATE TABLE taken (n int)")
    ends = threading.Event()

    def run(number):
        with contextlib.closing(server.connect(name=f"load-{number}")) as session, session.cursor() as cursor:
            while not ends.is_set():
                cursor.execute("SELECT pg_sleep(%s)", (0.7 if number < 6 else 0.35,))
                if number >= 6:
                    ends.wait(0.3)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: server.one("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'load-_'") == 8,
               what="the load")
    yield
    ends.set()
    for thread in threads:
        thread.join()


def backend_cpu(pid):
    """Nanoseconds on a processor, of a server process."""
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0])


def test_next_to_a_sampler_in_the_server(server, shop, load):  # noqa: F811
    cost = {}

    def watch_cost():
        pid = wait_until(lambda: server.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'watcher' AND query LIKE"
                                            " '%%wait_event%%textsend%%'"), what="the page")[0][0]
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            while True:
                cost[pid] = backend_cpu(pid)
                if ended.wait(0.2):
                    return

    def sample_inside():
        begun = server.one("SELECT clock_timestamp()::text")
        server.sql(SAMPLER.format(seconds=SECONDS - 5, begun=begun).replace("%%", "%"))

    ended = threading.Event()
    threads = [threading.Thread(target=each) for each in (watch_cost, sample_inside)]
    for thread in threads:
        thread.start()
    run = show(shop, "postgres.activity", "shop", "--json", "--duration", f"{SECONDS}s", timeout=SECONDS + 60)
    ended.set()
    for thread in threads:
        thread.join()
    assert run.status == 0, run
    figures = rows(run, "figures")["server"]
    taken = server.one("SELECT count(*) FROM taken")
    expected = server.one("SELECT count(*)::float FROM sampled") / taken
    found = sum(cells["aas_1m"] for cells in rows(run, "applications").values() if cells["name"].startswith("load-"))
    [pid] = cost
    print(f"AAS {found:.3f}, in the server {expected:.3f}; {figures['samples']} samples and {taken};"
          f" {cost[pid] / 1e6 / SECONDS:.3f} ms of a core per second")
    assert found == pytest.approx(expected, rel=NEAR)
    event = rows(run, "events")["Timeout: PgSleep"]
    inside = server.one("SELECT count(*)::float FROM sampled WHERE event = 'Timeout: PgSleep'") / taken
    assert event["aas_1m"] == pytest.approx(inside, rel=2 * NEAR)
    assert figures["samples"] >= SECONDS - 8
    assert cost[pid] / 1e9 <= CORE_SHARE * SECONDS
    [statement] = [cells for cells in rows(run, "statements").values() if "pg_sleep" in cells["name"]
                   and "textsend" not in cells["name"] and "DO" not in cells["name"]]
    assert statement["name"] == "SELECT pg_sleep(?)" and statement["aas_1m"] == pytest.approx(found, rel=NEAR)
