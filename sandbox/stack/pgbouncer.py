"""pgbouncer in front of the lab's primary: the database "session" is a session pool and "transaction" a
transaction pool, both on ecap."""

import os
import shutil

from . import account, clients
from .part import Absent, Part
from .state import HOST, write_private

POOLS = ("session", "transaction")


class PgBouncer(Part):
    name = "pgbouncer"
    optional = True
    after = ("postgres",)

    def prepare(self):
        self.program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if not self.program:
            raise Absent("no pgbouncer")
        self.user = account.server_user()
        primary = self.state.port("postgres")
        pools = "".join(f"{pool} = host={HOST} port={primary} dbname=ecap pool_mode={pool}\n" for pool in POOLS)
        self.write("pgbouncer.ini", f"""\
[databases]
{pools}[pgbouncer]
listen_addr = {HOST}
listen_port = {self.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {self.folder}/users.txt
admin_users = postgres
stats_users = ecap_user
max_client_conn = 100
default_pool_size = 5
server_login_retry = 1
""")
        self.write("users.txt", "".join(
            f'"{user}" "{password}"\n' for user, password in self.state.data["passwords"].items()))

    def write(self, name, text):
        path = self.folder / name
        write_private(path, text)
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def command(self):
        return [*account.prefix(self.user, self.folder), self.program, str(self.folder / "pgbouncer.ini")]

    def answers(self):
        clients.postgres(self.state, database=POOLS[0], part=self.name).close()
        return True
