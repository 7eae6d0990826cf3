"""An sshd of the test's own on loopback, with its own keys and configuration, and an `ssh` that uses them; nothing of the
user's is read or written.

    with running(folder, DOCKER_HOST=...) as server:   # skips, with the reason, where that is not possible
        stacktop(..., env=server.environment)          # ssh://server.host is server.url
"""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from sandbox import wait_until
from stacktop import closed_port


class Server:
    def __init__(self, folder, variables):
        self.folder, self.port, self.user = Path(folder), closed_port(), getpass.getuser()
        for name in ("host", "client", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        (self.folder / "authorized").write_text((self.folder / "client.pub").read_text())
        self.trust()
        settings = " ".join(f"{name}={value}" for name, value in variables.items())
        (self.folder / "sshd_config").write_text("\n".join((
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.folder}/host", "UsePAM no", "StrictModes no",
            f"AuthorizedKeysFile {self.folder}/authorized", "PasswordAuthentication no", "PermitRootLogin prohibit-password",
            f"PidFile {self.folder}/pid", f"SetEnv {settings}", "MaxStartups 5:100:5", "LogLevel ERROR", "")))
        (self.folder / "ssh_config").write_text("\n".join((
            f"IdentityFile {self.folder}/client", "IdentitiesOnly yes", "IdentityAgent none",
            f"UserKnownHostsFile {self.folder}/known", "GlobalKnownHostsFile none", "StrictHostKeyChecking ask", "")))
        self.path = self.folder / "bin"
        self.path.mkdir()
        program(self.path / "ssh", f'exec {shutil.which("ssh")} -F "{self.folder}/ssh_config" "$@"')
        self.process = None

    @property
    def url(self):
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    @property
    def environment(self):
        return {"PATH": f"{self.path}:{os.environ['PATH']}"}

    def trust(self, known=True):
        key = " ".join((self.folder / "host.pub").read_text().split()[:2])
        (self.folder / "known").write_text(f"[127.0.0.1]:{self.port} {key}\n" if known else "")

    def accept(self, key):
        """Whose key may log in: "client", or "other" for nobody's."""
        (self.folder / "authorized").write_text((self.folder / f"{key}.pub").read_text())

    def start(self):
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen([shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"), "-D", "-e", "-f",
                                         self.folder / "sshd_config"], stdin=subprocess.DEVNULL,
                                        stderr=open(self.folder / "log", "wb"))
        wait_until(lambda: self.process.poll() is not None or self.listens(), 10, what="sshd to listen")
        return self.process.poll() is None

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def sessions(self):
        """Processes of sshd beside the one that listens."""
        found = subprocess.run(["ps", "--ppid", str(self.process.pid), "-o", "pid="], capture_output=True, text=True)
        return len(found.stdout.split())


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@contextlib.contextmanager
def running(folder, **variables):
    for name, package in (("ssh", "openssh-client"), ("sshd", "openssh-server")):
        if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin"):
            pytest.skip(f"{package} is not installed")
    server = Server(folder, variables)
    try:
        if not server.start():
            pytest.skip(f"no sshd starts here: {(server.folder / 'log').read_text(errors='replace').strip()[-200:]}")
        yield server
    finally:
        server.stop()
