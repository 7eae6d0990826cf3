"""All parts together: up and down."""

import contextlib
import os
import signal
import threading
import time

from . import configure, layouts, ports, process
from .part import Absent, mark
from .state import Failure


class Stack:
    def __init__(self, state, kind=None):
        """The stack in the folder; a new one has this kind (layouts.NAMES)."""
        self.state = state
        self.kind = state.data.get("kind") or kind or layouts.NAMES[0]
        self.servers = layouts.servers(self.kind, state)
        self.last = layouts.last(self.kind, state)
        self.every = [*self.servers, *self.last]
        self.starting = []  # threads

    @property
    def all(self):
        """The parts that were started: a lab may run with some of them."""
        there = self.state.data.get("parts", {})
        return [part for part in self.every if part.name in there]

    def part(self, name):
        return next(part for part in self.every if part.name == name)

    def names(self, only=None):
        """The parts to start: all, or those in `only` (names of groups and parts)."""
        known = {part.group for part in self.every} | {part.name for part in self.every}
        for name in only or ():
            if name not in known:
                raise Failure(f"unknown part {name}; available: {', '.join(sorted(known))}")
        return [part.name for part in self.every
                if (part.name in only or part.group in only if only else not part.on_demand)]

    def is_up(self):
        return self.state.data.get("state") == "up"

    def problems(self):
        """Why it is not fully up: {part: condition}, empty if it is."""
        data = self.state.data
        if data.get("state") != "up":
            return {"sandbox": data.get("state", "down")}
        return {part.name: "dead" for part in self.all if part.condition() == "dead"}

    # Up.

    def up(self):
        """Starts from an empty state: no part runs, the passwords exist."""
        self.end_all()
        self.state.data = {"version": 1, "kind": self.kind, "state": "starting",
                           "starter": process.identity(os.getpid()), "started_at": time.time(),
                           "passwords": self.state.passwords(layouts.PASSWORDS[self.kind]), "parts": {}}
        self.state.save()
        self.state.set_mode(scene="calm", paused=False)
        for part in self.every:
            part.forget()

    def add(self, names):
        """Starts these parts unless they run. Fails if one fails that is not optional."""
        wanted = [part for part in self.every if part.name in names]
        new = [part for part in wanted if part.name not in self.state.data["parts"]]
        numbers = iter(ports.free(sum(len(part.ports) for part in new)))
        for part in new:
            self.state.data["parts"][part.name] = {
                "status": "stopped", "group": part.group, **{port: next(numbers) for port in part.ports}}
        self.state.save()
        configure.write(self.state)
        self.bring([part for part in self.servers if part in wanted])
        self.bring([part for part in self.last if part in wanted])
        configure.write(self.state)
        self.state.data["state"] = "up"
        self.state.save()

    def remove(self, part):
        """Ends a part that a scene has added, and deletes its data."""
        if part not in self.all:
            return
        part.stop()
        part.forget()
        del self.state.data["parts"][part.name]
        self.state.save()
        configure.write(self.state)

    def bring(self, parts, strict=False):
        """Starts them at the same time, each in its role. strict: an optional one that fails is a failure too."""
        ready = {part.name: threading.Event() for part in parts}
        failures = each(parts, lambda part: self.start(part, ready, strict), self.starting)
        if not failures:
            failures = each([part for part in parts if part.facts["status"] != "absent"], lambda part: part.settle())
        if failures:
            raise Failure("; ".join(failures))

    def start(self, part, ready, strict):
        for name in part.after:
            if name in ready:
                ready[name].wait()
        begin, ran = time.monotonic(), process.alive(part.who)
        try:
            self.start_or_do_without(part, strict)
        finally:
            ready[part.name].set()
        if part.facts["status"] == "absent":
            print(f"without {part.name}: {part.facts['reason']}", flush=True)
        elif not ran:
            print(f"{part.name} answers after {time.monotonic() - begin:.1f} s", flush=True)

    def start_or_do_without(self, part, strict):
        try:
            part.thaw()
            part.start()
        except (Failure, OSError) as error:
            if strict or not part.optional:
                raise
            part.stop(signal.SIGKILL)
            self.state.change(part.name, status="absent", reason=str(error), failed=True)
        if part.facts["status"] == "absent" and not part.optional:
            raise Failure(f"{part.name}: {part.facts['reason']}")

    def restore(self, but=None):
        """Starts or continues what was stopped, killed or frozen, each part in its role."""
        there = [part for part in self.all if part.facts["status"] != "absent" and part.name != but]
        self.bring([part for part in there if part in self.servers], strict=True)
        self.bring([part for part in there if part in self.last], strict=True)

    # Down.

    def down(self):
        self.end_all()
        self.state.remove()

    def give_up(self):
        """Stops it while up() is under way: its threads may still be starting parts."""
        self.state.closed = True
        self.end_all()
        for thread in self.starting:
            thread.join()
        self.down()

    def end_all(self):
        """Ends everything that runs, whatever state.json says."""
        there = self.all
        failures = (each([part for part in there if part in self.last], self.end)
                    + each([part for part in there if part in self.servers], self.end))
        for part in self.servers:
            part.end_orphans()
        left = process.marked(mark(self.state))
        left = process.end([who for who in left if who["pid"] != os.getpid()], signal.SIGKILL, 0)
        if failures or left:
            raise Failure("; ".join([*failures, *(f"process {who['pid']} did not end" for who in left)]))

    def end(self, part):
        part.stop()

    def end_starter(self):
        """Ends the command that is starting this sandbox; that command ends what it has started."""
        starter = self.state.data.get("starter")
        if self.state.data.get("state") == "starting" and starter and starter["pid"] != os.getpid():
            process.end([starter], signal.SIGTERM, 20)


def each(parts, call, threads=None):
    """Calls it for all parts at the same time and returns the error messages. Adds the threads to the
    caller's list, because the caller may have to wait for them."""
    failures = []
    mine = []

    def work(part):
        try:
            call(part)
        except (Failure, Absent, OSError) as error:
            failures.append(str(error))

    for part in parts:
        mine.append(threading.Thread(target=work, args=[part]))
        mine[-1].start()
    if threads is not None:
        threads += mine
    for thread in mine:
        thread.join()
    return failures


@contextlib.contextmanager
def up_locked(state):
    """The stack of a running sandbox, for a command that changes it."""
    if not state.folder.is_dir():
        raise Failure(f"no sandbox in {state.folder}")
    with state.locked():
        if state.data.get("state") != "up":
            raise Failure(f"the sandbox in {state.folder} is not running; start it with "
                          f"sandbox/up --state {state.folder} --detach")
        yield Stack(state)
