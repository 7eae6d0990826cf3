"""The directory of a sandbox, which contains everything:

    state.json     parts with ports and processes; only while it runs
    mode.json      what the workload and the API should do: the scene, paused or not
    stacktop.yaml  a configuration to watch it;  addresses.txt  the same for people
    passwords.json passwords of the servers' users
    log/           output of each part
    postgres/ redis/ kafka/ ...    data of each part, kept from run to run
"""

import contextlib
import fcntl
import json
import os
import secrets
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


class Failure(Exception):
    """An error message for the user."""


def write_json(path, data):
    """Atomic, and readable only by the owner: it may contain passwords."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file, indent=1)
        file.write("\n")
    os.replace(temporary, path)


def write_private(path, text):
    """Readable only by the owner: it contains a password."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


class State:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.path = self.folder / "state.json"
        self.mode_path = self.folder / "mode.json"
        self.data = read_json(self.path) or {}
        self.mutex = threading.RLock()
        self.closed = False  # nothing is started any more

    def make(self):
        for folder in (self.folder, self.folder / "log"):
            folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self, seconds=120):
        """One command at a time changes a sandbox."""
        deadline = time.monotonic() + seconds
        with open(self.folder / "lock", "a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Failure(f"another command holds {file.name}") from None
                    time.sleep(0.05)
            self.data = read_json(self.path) or {}
            yield

    def save(self):
        with self.mutex:
            write_json(self.path, self.data)

    def change(self, part, **facts):
        """Changes the entry of a part in state.json."""
        with self.mutex:
            self.data["parts"][part].update(facts)
            self.save()

    def enter(self, part, who):
        """Records a process that is about to be executed."""
        with self.mutex:
            if self.closed:
                raise Failure(f"{part} was not started: the sandbox is being stopped")
            self.change(part, process=who)

    def part(self, name):
        with self.mutex:
            return self.data.get("parts", {}).get(name, {})

    def group(self, name):
        """{part: facts} of the parts of a group."""
        with self.mutex:
            return {part: facts for part, facts in self.data.get("parts", {}).items()
                    if facts.get("group") == name}

    def port(self, name):
        return self.part(name)["port"]

    def remove(self):
        self.path.unlink(missing_ok=True)
        (self.folder / "addresses.txt").unlink(missing_ok=True)
        self.data = {}

    def keep(self, name, make):
        """A value that is created once and kept with the data, by name; readable only by the owner."""
        path = self.folder / f"{name}.json"
        with self.mutex:
            kept = read_json(path)
            made = make(kept)
            if made != kept:
                write_json(path, made)
            return made

    def passwords(self, names):
        """They protect against other users of the machine: a superuser of PostgreSQL can run commands as the
        server's user."""
        return self.keep("passwords", lambda kept: {name: (kept or {}).get(name) or secrets.token_hex(12)
                                                    for name in names})

    # What the workload should do. Each change has a number, so that a command can wait for it.

    def mode(self):
        return {"seq": 0, "scene": "calm", "entered": 0, "paused": False, **(read_json(self.mode_path) or {})}

    def set_mode(self, **facts):
        """`entered` is the number of the mode that began the scene: a pause does not begin it again."""
        mode = self.mode()
        mode.update(facts, seq=mode["seq"] + 1)
        if "scene" in facts:
            mode["entered"] = mode["seq"]
        write_json(self.mode_path, mode)
        return mode["seq"]
