"""A private PostgreSQL cluster with the platform's database."""

import os
import re
import signal
import subprocess
from pathlib import Path

from . import account, clients, process
from .part import Absent, Part, environment
from .state import HOST, Failure

MAX_CONNECTIONS = 50
SETTINGS = f"""\
# Written at each start.
listen_addresses = '{HOST}'
unix_socket_directories = ''
max_connections = {MAX_CONNECTIONS}
shared_buffers = 32MB
shared_preload_libraries = 'pg_stat_statements'
client_connection_check_interval = 300ms # a dead client soon releases its locks
password_encryption = 'scram-sha-256'
fsync = off # data may be lost if the machine crashes, not if the server does
synchronous_commit = off
full_page_writes = off
max_wal_size = 128MB
min_wal_size = 32MB
jit = off
log_timezone = 'UTC'
timezone = 'UTC'
"""
HBA = f"host all,replication all {HOST}/32 scram-sha-256\n"

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SET ROLE ecap_user;
CREATE TABLE IF NOT EXISTS customers (
  id integer PRIMARY KEY, name text NOT NULL, orders integer NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS transactions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers,
  amount numeric(10,2) NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS transactions_created_at ON transactions (created_at);
CREATE TABLE IF NOT EXISTS audit_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, actor text NOT NULL, action text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS session_tokens (
  token text PRIMARY KEY, customer_id integer NOT NULL, expires_at timestamptz NOT NULL);
INSERT INTO customers (id, name) SELECT n, 'customer ' || n FROM generate_series(1, 1000) n
  ON CONFLICT DO NOTHING;
"""


class Postgres(Part):
    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown

    @property
    def cluster(self):
        return self.folder / "data"

    def workdir(self):
        return self.cluster

    def prepare(self):
        version, self.programs = newest()
        self.user = account.server_user()
        kept = self.cluster / "PG_VERSION"
        if kept.exists() and kept.read_text().strip() != str(version):
            raise Absent(f"{self.cluster} belongs to PostgreSQL {kept.read_text().strip()}, and this is {version}: "
                         "delete it to start from scratch")
        self.end_orphans()
        if not self.is_made():
            subprocess.run(["rm", "-rf", "--", str(self.cluster)], check=True)
            self.make_cluster()
        self.write("postgresql.conf", SETTINGS + f"port = {self.port}\n" + self.settings())
        self.write("pg_hba.conf", HBA)
        # After a crash: the pid in this file may have been reused, and that process would be taken for a
        # server. Ours is not running, or it would have been found.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def is_made(self):
        return (self.cluster / "done").exists()

    def settings(self):
        """Lines added to its configuration."""
        return ""

    def write(self, name, text):
        path = self.cluster / name
        path.write_text(text)
        self.give(path)

    def give(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def make_cluster(self):
        self.cluster.mkdir(mode=0o700)
        self.give(self.cluster)
        password = self.folder / "password"
        password.write_text(self.state.data["passwords"]["postgres"] + "\n")
        password.chmod(0o600)
        self.give(password)
        self.tool("initdb", "-D", str(self.cluster), "-U", "postgres", "--pwfile", str(password), "--auth",
                  "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
        password.unlink()

    def tool(self, name, *arguments, **variables):
        """Runs one of PostgreSQL's programs, with these variables in its environment."""
        done = subprocess.run([*self.as_user(), str(self.programs / name), *arguments], cwd="/", text=True,
                              env={**environment(self.state), **variables}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.log.write_text(done.stdout)
        if done.returncode:
            raise Failure(f"{name} failed: {self.log_end()}")

    def as_user(self):
        return account.prefix(self.user, self.folder)

    def command(self):
        return [*self.as_user(), str(self.programs / "postgres"), "-D", str(self.cluster)]

    def answers(self):
        self.connect("postgres").close()
        return True

    def connect(self, database="ecap"):
        return clients.postgres(self.state, "postgres", database=database, part=self.name)

    def finish(self):
        """Creates role, database and tables at the first start."""
        done = self.cluster / "done"
        if done.exists():
            return
        with clients.closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE ROLE ecap_user LOGIN REPLICATION PASSWORD %s", [self.state.data["passwords"]["ecap_user"]])
            cursor.execute("GRANT pg_monitor TO ecap_user")
            cursor.execute("CREATE DATABASE ecap OWNER ecap_user")
        with clients.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(SCHEMA)
        done.touch()

    def end_orphans(self):
        """Ends backends whose postmaster was killed: each has a session of its own, and init as parent."""
        if not process.alive(self.who):
            orphans = process.working_in(self.cluster, "postgres")
            process.end(orphans, signal.SIGKILL, 0)


def newest():
    """(major version, directory of the programs) of the newest installed PostgreSQL."""
    found = []
    for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = path.parts[-3]
        if re.fullmatch(r"\d+", version) and (path.parent / "postgres").exists():
            found.append((int(version), path.parent))
    if not found:
        raise Absent("no PostgreSQL server found in /usr/lib/postgresql")
    return max(found)
