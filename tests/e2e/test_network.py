"""The network of the machine, next to ss, nstat and ip, in a network namespace of the test's own."""

import json
import os
import re
import subprocess
import tempfile

from network_space import space  # noqa: F401 (a fixture)
from stacktop import BINARY, CRIT, OK, UNKNOWN, Document, check, stacktop, write_config
from terminal import Terminal

BESIDE = "others"

# A server that never accepts, more clients than its backlog takes, and one that is well.
FULL = """
    server = socket.create_server(("127.0.0.1", 8000), backlog=4)
    well = socket.create_server(("", 8001), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
    clients = []
    for i in range(12):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", 8000))
        clients.append(client)
    pairs = [(socket.create_connection(("127.0.0.1" if i % 2 else "::1", 8001)), well.accept()[0]) for i in range(6)]
    pairs[0][0].close()
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 53))
"""


def config(tmp_path, space, **options):  # noqa: F811
    return write_config(tmp_path, networks=[{"name": "here", "namespace": space.path, **options}], interval="500ms")


def test_figures_are_those_of_ss(tmp_path, space):  # noqa: F811
    with space.python(FULL):
        done = check(config(tmp_path, space), "--json", "--duration", "1500ms")
        shown = space.run("ss", "-H", "-tulnp").splitlines()
        states = [line.split()[0] for line in space.run("ss", "-H", "-tan").splitlines()]
        counters = json.loads(space.run("nstat", "-a", "-z", "-j"))["kernel"]
    document = done.document
    rows, summary = document.rows("network", "listeners"), document.summary("network", "network")
    assert len(shown) == len(rows) == 3
    for line in shown:
        protocol, _, receive, send, address = line.split()[:5]
        row = rows[address + ("/udp" if protocol == "udp" else "")]
        assert row["queued"] == int(receive)
        if protocol == "tcp":
            assert row["backlog"] == int(send)
        assert re.search(rf'"{row["process"]}",pid={row["pid"]},', line)
    for column, name in (("established", "ESTAB"), ("close_wait", "CLOSE-WAIT"), ("syn_sent", "SYN-SENT"), ("time_wait", "TIME-WAIT")):
        assert summary[column] == states.count(name), column
    # the clients try again meanwhile
    assert 7 <= rows["127.0.0.1:8000"]["dropped"] <= counters["TcpExtListenOverflows"] == counters["TcpExtListenDrops"]
    assert rows["*:8001"]["connections"] == 5 and rows["*:8001"]["close_wait"] == 1 and rows["*:8001"]["dropped"] == 0
    assert done.status == CRIT
    assert any(text.startswith("here 127.0.0.1:8000: queue 100%, above 99% (queued 5 of 4)") for _, text in document.findings)


def test_interfaces_are_those_of_ip(tmp_path, space):  # noqa: F811
    space.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    space.run("ip", "addr", "add", "10.77.0.1/24", "dev", "v0")
    space.run("ip", "link", "set", "v0", "up")
    space.run("ip", "link", "set", "v1", "up")
    with space.python('for i in range(50): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x" * 100, ("10.77.0.2", 9))'):
        done = check(config(tmp_path, space, interfaces=["v0", "eth7"]), "--json", "--duration", "1500ms")
        links = {each["ifname"]: each for each in json.loads(space.run("ip", "-s", "-j", "link"))}
    rows = done.document.rows("network", "interfaces")
    assert set(rows) == {"v0", "eth7"} and rows["eth7"]["state"] == "gone" and done.status == CRIT
    v0 = rows["v0"]
    assert (v0["state"], v0["address"], v0["kind"], v0["mtu"]) == ("up", "10.77.0.1", "veth", 1500) and "speed" not in v0
    stats = links["v0"]["stats64"]
    assert 0 < v0["sent_total"] <= stats["tx"]["bytes"] and v0["errors_total"] == 0 and v0["send"] >= 0
    assert ("crit", "here eth7: there is no interface of this name") in done.document.findings


def test_screen(tmp_path, space):  # noqa: F811
    """The full queue is seen while it lasts; the connections that were lost for a minute more."""
    with Terminal([BINARY, "-c", config(tmp_path, space)]) as terminal:
        terminal.wait_for("no findings")
        with space.python(FULL):
            terminal.wait_for("127.0.0.1:8000")
            terminal.wait_for("queue 100%, above 99% (queued 5 of 4)", timeout=20)
            terminal.wait_for(lambda screen: re.search(r"!! 127.0.0.1:8000 +python3 +100%", screen.text))
            terminal.wait_for("overflows ")
        terminal.wait_for("no listeners", timeout=20)
        terminal.wait_for(lambda screen: re.search(r"here 127.0.0.1:8000 resolved after [0-9.]+s: queue 100%", screen.text), timeout=20)
        terminal.press("q")


def test_without_rights(tmp_path, space):  # noqa: F811
    """Another user sees the sockets but not whose they are, and why."""
    with space.python(FULL), tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = write_config(folder, networks=[{"name": "here"}])
        os.chmod(path, 0o644)
        argv = space.inside("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BINARY, "check", "-c", path, "--json")
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, env={**os.environ, "HOME": "/nonexistent"})
        assert done.stdout, done.stderr
        document = Document(done.stdout)
        row = document.rows("network", "listeners")["127.0.0.1:8000"]
        assert row["queued"] == 5 and row["user"] == "root"
        assert row["process"] == {"unknown": "needs root, or the user of the process"}
        notes = json.dumps(document.target("network")["notes"])
        assert "the process of 3 of 3 listeners is not known: run stacktop as root" in notes
        # to enter another namespace needs root
        config(folder, space)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, env={**os.environ, "HOME": "/nonexistent"})
        assert done.returncode == UNKNOWN and "network namespace" in done.stdout, done.stdout + done.stderr


def test_configuration(tmp_path):
    for options, text in (({"namespace": "blue"}, 'namespace: "blue" is not an absolute path; use /run/netns/NAME'),
                          ({"interfaces": ["a/b"]}, '"a/b" is not the name of an interface')):
        done = stacktop("config", "--check", "-c", write_config(tmp_path, networks=[{"name": "here", **options}]))
        assert text in done.stderr + done.stdout
    done = check(write_config(tmp_path, networks=[{"name": "here", "namespace": str(tmp_path / "gone")}]))
    assert done.status == UNKNOWN and f"network namespace {tmp_path}/gone: No such file or directory" in repr(done)
    assert check(write_config(tmp_path, networks=[{"name": "here", "interfaces": ["lo"]}])).status in (OK, CRIT)


def test_pages(tmp_path, space):  # noqa: F811
    """Who is connected, in which states, and the sockets of a listener; on the screen with Enter and v."""
    path = config(tmp_path, space)
    with space.python(FULL):
        def show(*words):
            done = stacktop("show", "-c", path, *words, "--json")
            return {table["id"]: {row["key"]: row["cells"] for row in table["rows"]} for table in done.json["target"]["tables"]}

        states = show("network.connections", "here")
        shown = [line.split()[0] for line in space.run("ss", "-H", "-tan").splitlines()]
        assert states["states"]["ESTABLISHED"]["connections"] == shown.count("ESTAB")
        assert states["states"]["SYN_SENT"] == {"state": "SYN_SENT", "connections": 7, "incoming": 0, "outgoing": 7,
                                                "meaning": "opened from here, no answer yet: the peer is away or drops"}
        assert states["destinations"]["127.0.0.1:8000 from 127.0.0.1"]["used"] == 12
        peers = show("network.peers", "here")["peers"]
        assert set(peers) == {"127.0.0.1", "::1"} and peers["::1"]["connections"] == 6 and peers["::1"]["incoming"] == 3
        sockets = show("network.sockets", "here", "*:8001")["sockets"]
        assert len(sockets) == 6 and [each["state"] for each in sockets.values()].count("CLOSE_WAIT") == 1
        assert all(each["process"] == "python3" for each in sockets.values())
        waiting = show("network.sockets", "here", "127.0.0.1:8000")["sockets"]
        assert len(waiting) == 5 and all(each["process"] == {"unknown": "not accepted yet"} for each in waiting.values())
        done = stacktop("show", "-c", path, "network.sockets", "here", "127.0.0.1:53/udp")
        assert done.status != OK and "is a socket of UDP: it has no connections" in done.stdout
        with Terminal([BINARY, "-c", path]) as terminal:
            terminal.wait_for("127.0.0.1:8000")
            terminal.press("v")
            terminal.wait_for("Which connections are there, and do they move?")
            terminal.press("Enter")
            terminal.wait_for(lambda screen: re.search(r"127.0.0.1:\d+ +127.0.0.1:8000 +ESTABLISHED", screen.text))
            terminal.press("Esc")
            terminal.wait_for("127.0.0.1:53/udp")
            # the same by a line, of another row
            terminal.press(":", "network.sockets here *:8001", "Enter")
            terminal.wait_for(lambda screen: "CLOSE_WAIT" in screen.text and "127.0.0.1:53/udp" not in screen.text)
            terminal.press("Esc")
            terminal.wait_for("127.0.0.1:53/udp")
            terminal.press(":", "network.sockets here *:9", "Enter")
            terminal.wait_for('no row of listeners is named "*:9"')
            terminal.press("Esc", "q")
