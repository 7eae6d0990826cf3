"""The lab's PostgreSQL: a primary with databases in several encodings, and its streaming standby. The sandbox has a
standby in one scene."""

import shutil

from . import clients
from .postgres import Postgres
from .state import HOST, Failure

PLAIN_USER = "plain_user"  # without pg_monitor
ENCODINGS = {"latin1": "LATIN1", "sql_ascii": "SQL_ASCII"}  # by database
SLOT = "standby"
STANDBY_SECONDS = 10


class Primary(Postgres):
    def settings(self):
        return "max_slot_wal_keep_size = 256MB # a standby that is down does not fill the disk\n"

    def finish(self):
        super().finish()
        done = self.cluster / "lab"
        if done.exists():
            return
        with clients.closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {PLAIN_USER} LOGIN PASSWORD %s", [self.state.data["passwords"][PLAIN_USER]])
            for name, encoding in ENCODINGS.items():
                cursor.execute(f"CREATE DATABASE {name} OWNER ecap_user ENCODING '{encoding}' LC_COLLATE 'C' "
                               "LC_CTYPE 'C' TEMPLATE template0")
            cursor.execute("SELECT pg_create_physical_replication_slot(%s)", [SLOT])
        done.touch()


class Standby(Postgres):
    name = "standby"
    after = ("postgres",)

    def is_made(self):
        """A promoted one is no longer a standby."""
        return super().is_made() and (self.cluster / "standby.signal").exists()

    def make_cluster(self):
        self.cluster.mkdir(mode=0o700)
        self.give(self.cluster)
        self.tool("pg_basebackup", "-D", str(self.cluster), "-d", self.primary(), "-c", "fast", "-X", "stream",
                  "--no-sync", PGPASSWORD=self.state.data["passwords"]["postgres"])
        self.write("standby.signal", "")

    def primary(self):
        return f"host={HOST} port={self.state.port('postgres')} user=postgres application_name={self.name}"

    def settings(self):
        password = self.state.data["passwords"]["postgres"]
        return (f"primary_conninfo = '{self.primary()} password={password}'\nprimary_slot_name = '{SLOT}'\n"
                "wal_retrieve_retry_interval = 500ms\n")

    def finish(self):
        """All its data comes from the primary."""

    def settle(self):
        try:
            if (self.cluster / "standby.signal").exists():
                self.wait(self.streams, "does not stream", STANDBY_SECONDS)
                return
            raise Failure(f"{self.name} was promoted")
        except Failure:  # the primary has moved on, or the timeline differs: start from scratch
            self.stop()
            with clients.closing(clients.postgres(self.state, "postgres", "postgres")) as connection:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
                    cursor.execute("SELECT pg_create_physical_replication_slot(%s)", [SLOT])
            (self.cluster / "done").unlink()
            self.start()
            self.wait(self.streams, "does not stream")

    def streams(self):
        with clients.closing(clients.postgres(self.state, "postgres", "postgres")) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_replication WHERE application_name = %s"
                               " AND state = 'streaming'", [self.name])
                return cursor.fetchone()[0] == 1


class SceneStandby(Standby):
    """Beside the sandbox's PostgreSQL while a scene needs it: without a slot, and created from scratch each time."""

    on_demand = True

    def settings(self):
        return f"primary_conninfo = '{self.primary()} password={self.state.data['passwords']['postgres']}'\n"

    def settle(self):
        self.wait(self.streams, "does not stream")

    def forget(self):
        shutil.rmtree(self.cluster, ignore_errors=True)

    def hold(self, megabytes):
        """Pauses its replay, and gives it WAL to replay."""
        with clients.closing(self.connect()) as standby, standby.cursor() as cursor:
            cursor.execute("SELECT pg_wal_replay_pause()")
        with clients.closing(clients.postgres(self.state, "postgres")) as primary, primary.cursor() as cursor:
            for _ in range(megabytes):
                cursor.execute("SELECT pg_logical_emit_message(false, 'sandbox', repeat('x', 1000000))")

    def behind(self):
        """Bytes that it has received and not replayed, as its primary sees it; None: it does not stream."""
        with clients.closing(clients.postgres(self.state, "postgres")) as primary, primary.cursor() as cursor:
            cursor.execute("SELECT pg_wal_lsn_diff(flush_lsn, replay_lsn) FROM pg_stat_replication"
                           " WHERE application_name = %s AND state = 'streaming'", [self.name])
            row = cursor.fetchone()
            return row and row[0]
