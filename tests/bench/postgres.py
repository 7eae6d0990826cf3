"""What watching PostgreSQL costs the server: stacktop's pane and pg_activity, both every 2 s on the same load."""

import contextlib
import json
import os
import subprocess

import psycopg2

from terminal import Terminal, environment
from line import Line, PostgresMessages
from screens import read_for

INTERVAL_S, SETTLE_S, WINDOW_S = 2, 8, 40
QUARTER = 0.25
PEER = "pg_activity==3.6.2"
ROLES = ("bench_stacktop", "bench_peer")


def peer_program(root):
    """pg_activity in a virtual environment of its own; installed once. None without a package index."""
    folder = root / "build/bench/pg_activity"
    program = folder / "bin/pg_activity"
    if not program.exists():
        for command in (["/usr/bin/python3", "-m", "venv", folder],
                        [folder / "bin/pip", "install", "--quiet", PEER, "psycopg[binary]"]):
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"not measured: pg_activity, for it cannot be installed: {done.stderr.strip()[-200:]}")
                return None
    return program


def connect(state, database):
    connection = psycopg2.connect(host="127.0.0.1", port=state["parts"]["postgres"]["port"], user="postgres",
                                  password=state["passwords"]["postgres"], dbname=database)
    connection.autocommit = True
    return connection


@contextlib.contextmanager
def roles(cursor):
    """One role for each of the two, so that the server's own statistics tell them apart."""
    for role in ROLES:
        cursor.execute(f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'bench'; GRANT pg_monitor TO {role}")
    try:
        yield
    finally:
        for role in ROLES:
            cursor.execute(f"DROP ROLE {role}")


def processes(cursor, role):
    cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (role,))
    return [pid for [pid] in cursor.fetchall()]


def cpu_of(pids):
    """Seconds on a processor, of server processes."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def executed(cursor, role):
    """Its refreshes are the calls of the query on pg_stat_database, which both ask once each time."""
    cursor.execute("SELECT coalesce(sum(calls), 0)::float, coalesce(sum(total_exec_time), 0),"
                   " coalesce(max(calls) FILTER (WHERE query ~ 'pg_stat_database'), 0)"
                   " FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = %s", (role,))
    return dict(zip(("statements", "exec_ms", "refreshes"), cursor.fetchone()))


class Watcher:
    """A program in a terminal behind a counting line."""

    def __init__(self, cursor, role, line):
        self.cursor, self.role, self.line = cursor, role, line

    def begin(self):
        self.pids = processes(self.cursor, self.role)
        assert self.pids, f"{self.role} is not connected"
        self.before = self.figures()

    def figures(self):
        return {"cpu_ms": cpu_of(self.pids) * 1000, **self.line.read(), **executed(self.cursor, self.role)}

    def a_refresh(self):
        """Figures of one refresh: a loaded machine delays those of Python more than ours."""
        after = self.figures()
        assert processes(self.cursor, self.role) == self.pids, f"{self.role} has connected again"
        grown = {name: after[name] - self.before.get(name, 0) for name in after}
        assert grown["refreshes"] > 0, grown
        return {name: grown[name] / grown["refreshes"] for name in grown} | {"count": grown["refreshes"]}


def measure(table, stacktop, state, root, folder):
    program = peer_program(root)
    if not program:
        return
    port = state["parts"]["postgres"]["port"]
    with contextlib.closing(connect(state, "ecap")) as connection, connection.cursor() as cursor, roles(cursor), \
            Line(port, PostgresMessages) as ours_line, Line(port, PostgresMessages) as peer_line:
        ours_watcher, peer_watcher = Watcher(cursor, ROLES[0], ours_line), Watcher(cursor, ROLES[1], peer_line)
        path = folder / "postgres.yaml"
        path.write_text(json.dumps({"name": "bench", "interval": f"{INTERVAL_S}s", "hosts": [], "postgres": [
            {"name": "ecap", "dsn": f"postgresql://{ROLES[0]}:bench@127.0.0.1:{ours_line.port}/ecap"}]}))
        argv = [program, "--refresh", str(INTERVAL_S), "-h", "127.0.0.1", "-p", str(peer_line.port), "-U", ROLES[1],
                "-d", "ecap"]
        env = environment("xterm-256color", {"PGPASSWORD": "bench", "PATH": os.environ["PATH"], "HOME": str(folder)})
        with Terminal([stacktop, "-c", path], columns=160, rows=50) as ours, \
                Terminal(argv, columns=160, rows=50, env=env) as peer:
            ours.wait_for("pid ")
            peer.wait_for("PID", 20)
            ours.press("Enter")  # full-screen: the sessions with all columns
            pair = (ours, peer)
            read_for(pair, SETTLE_S)
            ours_watcher.begin()
            peer_watcher.begin()
            read_for(pair, WINDOW_S)
            mine, other = ours_watcher.a_refresh(), peer_watcher.a_refresh()
            shown = ours.show(), peer.show()
    assert "pid " in shown[0] and "PID" in shown[1], shown
    table.add("PostgreSQL, a refresh: server's CPU", f"{mine['cpu_ms']:.2f} ms", "<= 1/4 of peer",
              f"pg_activity: {other['cpu_ms']:.2f} ms ({mine['count']:.0f} and {other['count']:.0f} refreshes)", mine["cpu_ms"] <= QUARTER * other["cpu_ms"])
    table.add("  messages to the server", f"{mine['messages']:.1f}", "<= 1/4 of peer",
              f"pg_activity: {other['messages']:.1f}", mine["messages"] <= QUARTER * other["messages"])
    for name, title, unit in (("round trips", "round trips", ""), ("statements", "statements", ""),
                              ("exec_ms", "execution by pg_stat_statements", " ms"), ("sent", "bytes sent", " B"),
                              ("received", "bytes received", " B")):
        digits = 2 if name == "exec_ms" else 0 if unit == " B" else 1
        table.add(f"  {title}", f"{mine[name]:.{digits}f}{unit}", "", f"pg_activity: {other[name]:.{digits}f}{unit}")
