"""A PgBouncer of a test in front of a PostgreSQL of its own (postgres_servers.py). Users without passwords: boss
(admin_users), watcher (stats_users) and the clients' postgres."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import psycopg2
import pytest

from postgres_servers import Cluster, account
from sandbox import HOST, wait_until
from stacktop import closed_port

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def newest_postgres():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found or not PROGRAM:
        pytest.skip("PostgreSQL or pgbouncer is not installed")
    return Cluster, found[-1].parent, int(found[-1].parts[-3])


@contextlib.contextmanager
def running_cluster(folder):
    cluster_class, programs, version = newest_postgres()
    cluster = cluster_class(folder, programs, version)
    try:
        cluster.make()
        cluster.start()
        cluster.sql("CREATE DATABASE app", dbname="postgres")
        yield cluster
    finally:
        cluster.remove()


class PgBouncer:
    """Databases: app (a transaction pool of 2), held (a session pool of 1), and the lines of `databases`."""

    def __init__(self, folder, cluster, databases=""):
        self.folder, self.port = folder, closed_port()
        self.user = account.server_user()
        folder.mkdir()
        server = f"host={HOST} port={cluster.port} dbname=app user=postgres"
        self.write("pgbouncer.ini", f"""\
[databases]
app = {server} pool_size=2
held = {server} pool_size=1 pool_mode=session
{databases}
[pgbouncer]
listen_addr = {HOST}
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
admin_users = boss
stats_users = watcher
pool_mode = transaction
max_client_conn = 50
server_login_retry = 60
""")
        self.write("users.txt", '"boss" ""\n"watcher" ""\n"postgres" ""\n')
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen([*account.prefix(self.user, folder), PROGRAM, folder / "pgbouncer.ini"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, what="PgBouncer to answer")

    def write(self, name, text):
        (self.folder / name).write_text(text)
        for path in (self.folder, self.folder / name):
            if self.user:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(psycopg2.OperationalError):
            self.client("pgbouncer", "boss").close()
            return True
        return False

    def client(self, database="app", user="postgres", **options):
        connection = psycopg2.connect(host=HOST, port=self.port, dbname=database, user=user, connect_timeout=5, **options)
        if not options.get("async_"):
            connection.autocommit = True
        return connection

    def rows(self, command):
        """Each a dictionary."""
        with contextlib.closing(self.client("pgbouncer", "boss")) as connection, connection.cursor() as cursor:
            cursor.execute(command)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row)) for row in cursor.fetchall()] if names else []

    def console(self, command):
        """The rows by their first cell."""
        return {next(iter(row.values())): row for row in self.rows(command)}

    def is_paused(self, database):
        return bool(self.console("SHOW DATABASES")[database]["paused"])

    def dsn(self, user="boss", database="pgbouncer"):
        return f"host={HOST} port={self.port} user={user} dbname={database}"

    def end(self):
        self.process.kill()
        self.process.wait()
