"""Many connections: what a look at them costs, and whether all are counted."""

import contextlib
import os
import re
import time

from network_space import space  # noqa: F401 (a fixture)
from stacktop import check, stacktop, write_config
from terminal import PATIENCE

CONNECTIONS = int(os.environ.get("STACKTOP_CONNECTIONS", "30000"))
EACH = 7500  # of a process, which has both ends open

# Connections to an address of its own, both ends in one process.
MANY = """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    server = socket.create_server(("127.0.1.%d", 8000), backlog=1000)
    ends = []
    for i in range(%d):
        ends.append(socket.create_connection(("127.0.1.%d", 8000)))
        ends.append(server.accept()[0])
"""


def test_many_connections(tmp_path, space):  # noqa: F811
    with contextlib.ExitStack() as stack:
        for number in range(CONNECTIONS // EACH):
            stack.enter_context(space.python(MANY % (number + 1, EACH, number + 1)))
        path = write_config(tmp_path, networks=[{"name": "here", "namespace": space.path}])
        done = check(path, "--json")
        document = done.document
        summary = document.summary("network", "network")
        began = time.monotonic()
        shown = space.run("ss", "-H", "-tan", "state", "established").count("\n")
        print(f"{summary['established']} sockets: check {done.seconds:.2f} s, of it the reading {summary['took']:.3f} s; "
              f"ss {time.monotonic() - began:.2f} s")
        assert summary["established"] == shown == 2 * CONNECTIONS // EACH * EACH
        assert re.fullmatch(rf"{EACH} of \d+", summary["ports_used"])
        rows = document.rows("network", "listeners")
        assert [rows[f"127.0.1.{number + 1}:8000"]["connections"] for number in range(CONNECTIONS // EACH)] == \
            [EACH] * (CONNECTIONS // EACH)
        assert rows["127.0.1.1:8000"]["files_used"] >= 2 * EACH
        # the pages: the first ones, and how many there are
        done = stacktop("show", "-c", path, "network.sockets", "here", "127.0.1.1:8000", "--json", "--limit", "5")
        assert done.stdout.count("127.0.1.1:8000") >= 5 and "5 of 7,500 shown" in done.stdout, done
        done = stacktop("show", "-c", path, "network.peers", "here")
        assert "127.0.1.1" in done.stdout, done
        # from the second look on, the processes are known
        again = check(path, "--json", "--duration", "6s").document.summary("network", "network")
        print(f"a later reading {again['took']:.3f} s")
        assert again["established"] == shown and again["took"] < PATIENCE * CONNECTIONS / 50000
