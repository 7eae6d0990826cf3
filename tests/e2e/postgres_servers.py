"""PostgreSQL of any version: clusters of a test, each with its own folder and port. Any role may log in without a
password."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys

import psycopg2

from sandbox import HOST, wait_until
from stacktop import ROOT, closed_port

sys.path.insert(0, str(ROOT / "sandbox"))

from stack import account  # noqa: E402

SETTINGS = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 20
max_prepared_transactions = 2
shared_preload_libraries = 'pg_stat_statements'
shared_buffers = 16MB
wal_level = replica
max_wal_senders = 4
max_replication_slots = 4
hot_standby = on
wal_retrieve_retry_interval = 500ms
autovacuum = off
fsync = off
log_min_messages = warning
log_line_prefix = '@%a@ '
timezone = 'UTC'
"""
RECOVERY_SETTINGS = 12  # from this version on a standby's are in postgresql.conf


class Cluster:
    """programs: the folder of initdb and postgres; version: the major version."""

    def __init__(self, folder, programs, version):
        self.folder, self.programs, self.version = folder, programs, version
        self.user = account.server_user()
        self.port = closed_port()
        self.process = None
        folder.mkdir(parents=True)
        self.give(folder)
        self.data = folder / "data"
        self.log = folder / "log"

    def give(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def as_user(self):
        """That user may not be able to enter the folder or that of the programs."""
        return max(account.prefix(self.user, self.folder), account.prefix(self.user, self.programs), key=len)

    def make(self):
        done = subprocess.run([*self.as_user(), self.programs / "initdb", "-D", self.data, "-U", "postgres", "--auth",
                               "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"], cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.write("pg_hba.conf", f"host all,replication all {HOST}/32 trust\n")
        self.configure()

    def configure(self, settings=""):
        self.write("postgresql.conf", SETTINGS.format(host=HOST, port=self.port) + settings)

    def write(self, name, text):
        (self.data / name).write_text(text)
        self.give(self.data / name)

    def standby(self, folder, slot):
        """A standby, created from this cluster's files; this cluster must be stopped meanwhile."""
        copy = Cluster(folder, self.programs, self.version)
        subprocess.run(["cp", "-a", self.data, copy.data], check=True)
        settings = (f"primary_conninfo = 'host={HOST} port={self.port} user=postgres application_name={slot}'\n"
                    f"primary_slot_name = '{slot}'\n")
        if self.version >= RECOVERY_SETTINGS:
            copy.configure(settings)
            copy.write("standby.signal", "")
        else:
            copy.configure()
            copy.write("recovery.conf", f"standby_mode = on\n{settings}")
        return copy

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([*self.as_user(), self.programs / "postgres", "-D", self.data], cwd="/",
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, 30, what="PostgreSQL to answer")

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(psycopg2.OperationalError):
            self.connect(dbname="postgres").close()
            return True
        return False

    def stop(self):
        """Its fast shutdown."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, user="postgres", name="test", dbname="app", **options):
        connection = psycopg2.connect(host=HOST, port=self.port, dbname=dbname, user=user, application_name=name,
                                      connect_timeout=5, **options)
        if not options.get("async_"):
            connection.autocommit = True
        return connection

    def sql(self, text, *values, **options):
        with contextlib.closing(self.connect(**options)) as connection, connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, text, *values, **options):
        return self.sql(text, *values, **options)[0][0]

    def complaints(self, application="stacktop"):
        """Lines of the server's log from that application's sessions."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if line.startswith(f"@{application}@")]

    def dsn(self, user):
        return f"postgresql://{user}@{HOST}:{self.port}/app"
