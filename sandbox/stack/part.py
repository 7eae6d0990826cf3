"""What all parts of the stack have in common: one main process, a log, and a check that it answers."""

import os
import signal
import socket
import time

from . import process
from .state import HOST, ROOT, Failure


class Absent(Exception):
    """Why a part is not available on this machine. The rest of the stack runs without it."""


class Part:
    name = ""
    ports = ("port",)  # names in state.json of the ports that it needs
    optional = False  # the rest can run without it
    on_demand = False  # only a scene starts it
    after = ()  # parts that must answer before it starts
    stop_signal = signal.SIGTERM
    stop_seconds = 6
    start_seconds = 30

    def __init__(self, state, name=None, group=None):
        self.state = state
        self.name = name or self.name
        self.group = group or self.name  # the name for `up --only`
        self.folder = state.folder / self.name
        self.log = state.folder / "log" / f"{self.name}.log"

    # Defined by each part.

    def prepare(self):
        """Creates the files that the server needs. May raise Absent."""

    def command(self):
        raise NotImplementedError

    def answers(self):
        """Whether it works. OSError or a client's error means: not yet."""
        with socket.create_connection((HOST, self.port), timeout=1):
            return True

    def finish(self):
        """Called once it answers."""

    def settle(self):
        """Called once all parts answer: takes its role among them."""

    def forget(self):
        """Before a new run of the sandbox: drops what a scene of the last one has set."""

    def workdir(self):
        return self.folder

    # Common to all parts.

    @property
    def port(self):
        return self.state.port(self.name)

    @property
    def facts(self):
        return self.state.part(self.name)

    @property
    def who(self):
        return self.facts.get("process")

    def start(self):
        """Returns when it answers."""
        if process.alive(self.who):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.prepare()
        except Absent as error:
            self.state.change(self.name, status="absent", reason=str(error))
            return
        self.end_orphans()
        self.state.change(self.name, status="starting", reason=None)
        process.spawn(self.command(), self.workdir(), self.log, environment(self.state),
                      lambda who: self.state.enter(self.name, who))
        self.wait()
        self.finish()
        self.state.change(self.name, status="up")

    def wait(self, reached=None, what="does not answer", seconds=None):
        """Waits until it answers, or until reached() is true (it may raise the reason why not yet)."""
        seconds = seconds or self.start_seconds
        deadline = time.monotonic() + seconds
        why = "no answer"
        while time.monotonic() < deadline and not self.state.closed:
            self.need_running()
            try:
                if (reached or self.answers)():
                    return
            except Exception as error:  # clients have different errors; all mean: not yet
                why = " ".join(str(error).split())
            time.sleep(0.03)
        raise Failure(f"{self.name} {what} after {seconds} s ({why}): {self.log_end()}")

    def need_running(self):
        """While it is waited for: raises why it ended."""
        if not process.alive(self.who):
            raise Failure(f"{self.name} exited: {self.log_end()}")

    def log_end(self):
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return " / ".join(line.strip() for line in lines[-3:]) or "its log is empty"

    def processes(self):
        return process.family(self.who)

    def end_orphans(self):
        """Ends what a killed server left behind."""

    def stop(self, number=None):
        """Ends it, frozen or not; with SIGKILL if it takes too long."""
        left = process.end(self.processes(), number or self.stop_signal, self.stop_seconds)
        self.end_orphans()
        if left:
            raise Failure(f"{self.name}: process {left[0]['pid']} did not end")
        if self.facts.get("status") != "absent":
            self.state.change(self.name, status="stopped", process=None)

    def kill(self):
        """Ends its main process as in a crash."""
        self.stop(signal.SIGKILL)

    def freeze(self):
        """Suspends all its processes: connections stay open, nothing answers."""
        seen = 0
        while seen < len(family := self.processes()):  # until no new child appears
            for who in family:
                process.send(who, signal.SIGSTOP)
            seen = len(family)
        if not seen:
            raise Failure(f"{self.name} is not running")
        self.state.change(self.name, status="frozen")

    def thaw(self):
        for who in self.processes():
            process.send(who, signal.SIGCONT)
        if self.facts.get("status") == "frozen":
            self.state.change(self.name, status="up")

    def condition(self):
        """Its status, or "dead" if it should run and does not."""
        status = self.facts.get("status")
        return "dead" if status in ("up", "frozen", "starting") and not process.alive(self.who) else status


def environment(state):
    """The environment of each process: the same for all users and machines."""
    keep = ("PATH", "HOME", "LANG", "JAVA_HOME", "http_proxy", "https_proxy", "no_proxy")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {**kept, "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT / "sandbox"),
            "PYTHONDONTWRITEBYTECODE": "1", **mark(state)}


def mark(state):
    """In the environment of every process of a sandbox, to find them by."""
    return {"STACKTOP_SANDBOX_STATE": str(state.folder)}
