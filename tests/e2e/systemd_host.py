"""A systemd of the test's own: PID 1 of a new PID namespace, with its own units, control groups, /run and /dev, and a system
bus whose socket the test reaches. Needs root. It ends with everything that it has started when the test ends.

    with running() as host:                        # skips, with the reason, where that is not possible
        host.write("api.service", "[Service]\\nExecStart=/bin/sleep 1000\\n")
        host.ctl("start", "api.service")
        check({"systemd": [host.target(units=["api.service"])]})
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from sandbox import wait_until

MANAGER = next((path for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd") if os.path.exists(path)), None)

# Own mounts only: nothing of it is seen outside, and all of it goes with the namespace. The folder of the test holds /run, so
# that the socket of the bus has a short path that does not lead through /proc.
BOOT = r"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount --bind "$1/run" /run
mkdir "$1/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for node in null zero full random urandom; do : > "$1/dev/$node"; mount --bind /dev/$node "$1/dev/$node"; done
: > "$1/dev/console"
mount --bind "$1/console" "$1/dev/console"
mkdir "$1/dev/shm"
mount --bind "$1/dev" /dev
umount -l /sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export container=stacktop SYSTEMD_UNIT_PATH="$1/units" SYSTEMD_LOG_TARGET=console
exec "$2" --system --unit=test.target
"""

BARE = "[Unit]\nDefaultDependencies=no\n"
UNITS = {
    "test.target": BARE + "Requires=dbus.service\nAfter=dbus.service\nAllowIsolate=yes\n",
    "dbus.socket": BARE + "[Socket]\nListenStream=/run/dbus/system_bus_socket\n",
    "dbus.service": BARE + "Requires=dbus.socket\nAfter=dbus.socket\n[Service]\nType=notify\nNotifyAccess=main\n"
                    "ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation\n",
    **{f"{name}.target": BARE for name in ("sysinit", "basic", "shutdown", "sockets")},
}


class Host:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="stacktop-systemd-", dir="/tmp"))
        os.chmod(self.folder, 0o755)
        for name in ("run", "units"):
            (self.folder / name).mkdir()
        (self.folder / "console").touch()
        for name, text in UNITS.items():
            (self.folder / "units" / name).write_text(text)
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--mount", "--cgroup", "--uts", "--ipc", "--fork", "--kill-child",
             "sh", "-c", BOOT, "boot", self.folder, MANAGER],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.init = None

    def wait(self):
        """Whether systemd answers on the bus."""
        wait_until(lambda: self.process.poll() is not None or self._answers(), 30, what="systemd to answer")
        return self.process.poll() is None

    def _answers(self):
        if not self.init:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            self.init = int(children[0]) if children else None
        return self.socket.exists() and self.bus("ListJobs").returncode == 0

    @property
    def socket(self):
        return self.folder / "run/dbus/system_bus_socket"

    @property
    def address(self):
        return f"unix:path={self.socket}"

    def bus(self, method, *arguments):
        return subprocess.run(["busctl", f"--address={self.address}", "--timeout=5", "call", "org.freedesktop.systemd1",
                               "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method, *arguments],
                              capture_output=True, text=True)

    def enter(self, *command, check=True):
        """Runs a command beside systemd."""
        return subprocess.run(["nsenter", f"--target={self.init}", "--mount", "--pid", "--cgroup", *command],
                              capture_output=True, text=True, check=check).stdout

    def ctl(self, *words, check=True):
        return self.enter("systemctl", *words, check=check)

    def show(self, unit, name):
        return self.ctl("show", "--value", f"--property={name}", "--", unit).strip()

    def write(self, name, text, reload=True):
        (self.folder / "units" / name).write_text(text)
        if reload:
            self.ctl("daemon-reload")

    def service(self, name, command="/bin/sleep 1000", unit="", **settings):
        """A service without dependencies; settings of [Service]."""
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        self.write(name, f"{BARE}{unit}[Service]\nExecStart={command}\n{lines}")

    def clear(self):
        """Ends all units of tests, and forgets them."""
        own = [path.name for path in (self.folder / "units").iterdir() if path.name not in UNITS]
        if own:
            self.ctl("stop", "--", *own, check=False)
            self.ctl("reset-failed", check=False)
        for name in own:
            (self.folder / "units" / name).unlink()
        self.ctl("daemon-reload")

    def target(self, name="host", **options):
        return {"name": name, "bus": self.address, **options}

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)  # --kill-child: with all its processes
        self.process.wait()
        wait_until(lambda: not self.init or not os.path.exists(f"/proc/{self.init}"), 10, what="systemd to end")
        shutil.rmtree(self.folder, ignore_errors=True)


def missing():
    """Why there can be no systemd; None: there can."""
    if os.geteuid() != 0:
        return "a systemd in a namespace needs root"
    for name in ("unshare", "nsenter", "dbus-daemon", "busctl", "systemctl"):
        if not shutil.which(name):
            return f"{name} is not installed"
    return None if MANAGER else "systemd is not installed"


@contextlib.contextmanager
def running():
    if reason := missing():
        pytest.skip(reason)
    host = Host()
    try:
        if not host.wait():
            pytest.skip(f"systemd does not start in a namespace here: {host.process.stdout.read().decode()[-200:]}")
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="module")
def shared_host():
    with running() as host:
        yield host


@pytest.fixture
def host(shared_host):
    shared_host.clear()
    yield shared_host
