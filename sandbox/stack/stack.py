"""All parts together: up and down."""

import contextlib
import os
import signal
import threading
import time

from . import configure, ports, process
from .kafka import Kafka
from .part import Absent, mark
from .postgres import Postgres, new_passwords
from .redis import Redis
from .state import Failure
from .web import Api, Dashboard
from .workload import Workload

SERVERS = (Postgres, Redis, Kafka, Api, Dashboard)  # the workload comes last and goes first
NAMES = tuple(part.name for part in SERVERS)


class Stack:
    def __init__(self, state):
        self.state = state
        self.servers = [part(state) for part in SERVERS]
        self.workload = Workload(state)
        self.starting = []  # threads
        self.all = [*self.servers, self.workload]

    def part(self, name):
        return next(part for part in self.all if part.name == name)

    def problems(self):
        """What keeps it from being up: nothing, or {part: condition}."""
        data = self.state.data
        if data.get("state") != "up":
            return {"sandbox": data.get("state", "down")}
        return {part.name: "dead" for part in self.all if part.condition() == "dead"}

    # Up.

    def up(self):
        """Starts all that can be had; all or nothing, but for Kafka."""
        self.end_all()
        kept = self.state.kept_passwords() or new_passwords()
        self.state.keep_passwords(kept)
        numbers = ports.free(len(NAMES) + 1)
        parts = {name: {"status": "stopped", "port": port} for name, port in zip(NAMES, numbers)}
        parts["kafka"]["controller_port"] = numbers[-1]
        parts["workload"] = {"status": "stopped"}
        self.state.data = {"version": 1, "state": "starting", "starter": process.identity(os.getpid()),
                           "started_at": time.time(), "passwords": kept, "parts": parts}
        self.state.save()
        self.state.set_mode(scene="calm", paused=False)
        configure.write(self.state)
        failures = each(self.servers, self.start, self.starting)
        if not failures:
            failures = each([self.workload], self.start, self.starting)
        if failures:
            raise Failure("; ".join(failures))
        configure.write(self.state)
        self.state.data["state"] = "up"
        self.state.save()

    def start(self, part):
        begin = time.monotonic()
        try:
            part.start()
        except (Failure, OSError) as error:
            if part.name != "kafka":
                raise
            part.stop(signal.SIGKILL)
            self.state.change("kafka", status="absent", reason=str(error), failed=True)
        if part.facts["status"] == "absent":
            if part.name != "kafka":
                raise Failure(f"{part.name}: {part.facts['reason']}")
            print(f"without kafka: {part.facts['reason']}", flush=True)
        else:
            print(f"{part.name} answers after {time.monotonic() - begin:.1f} s", flush=True)

    # Down.

    def down(self):
        self.end_all()
        self.state.remove()

    def give_up(self):
        """Down, from the midst of up: its threads may still be starting things."""
        self.state.closed = True
        self.end_all()
        for thread in self.starting:
            thread.join()
        self.down()

    def end_all(self):
        """Ends all that runs, whatever state.json says of it."""
        if not self.state.data.get("parts"):
            failures = []
        else:
            failures = each([self.workload], self.end) + each(self.servers, self.end)
        self.part("postgres").end_orphans()
        left = process.marked(mark(self.state))
        left = process.end([who for who in left if who["pid"] != os.getpid()], signal.SIGKILL, 0)
        if failures or left:
            raise Failure("; ".join([*failures, *(f"process {who['pid']} does not end" for who in left)]))

    def end(self, part):
        part.stop()

    def end_starter(self):
        """Ends the command that is starting this sandbox now, which ends what it has started."""
        starter = self.state.data.get("starter")
        if self.state.data.get("state") == "starting" and starter and starter["pid"] != os.getpid():
            process.end([starter], signal.SIGTERM, 20)


def each(parts, call, threads=None):
    """Calls it for all parts at once; what failed, in words. The threads are added to a list of the
    caller's, who may have to wait for them."""
    failures = []
    threads = [] if threads is None else threads

    def work(part):
        try:
            call(part)
        except (Failure, Absent, OSError) as error:
            failures.append(str(error))

    for part in parts:
        threads.append(threading.Thread(target=work, args=[part]))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return failures


@contextlib.contextmanager
def up_locked(state):
    """The stack of a sandbox that is up, for a command that changes it."""
    if not state.folder.is_dir():
        raise Failure(f"no sandbox in {state.folder}")
    with state.locked():
        if state.data.get("state") != "up":
            raise Failure(f"the sandbox in {state.folder} is not up: sandbox/up --state {state.folder} --detach")
        yield Stack(state)
