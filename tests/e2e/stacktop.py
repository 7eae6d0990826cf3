"""The program under test: its path, its configuration files, and runs without a screen."""

import json
import os
import socket
import subprocess
import time
from pathlib import Path

from terminal import PATIENCE, Terminal, environment

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("STACKTOP_BIN", ROOT / "build/dev/stacktop"))

# The exit statuses.
OK, WARN, CRIT, UNKNOWN = 0, 1, 2, 3
USAGE, CONFIG = 64, 78


def write_config(folder, text=None, **lists):
    """A configuration file from a text, or from keywords (services=[...], interval="1s"). JSON is YAML."""
    path = Path(folder) / "stacktop.yaml"
    path.write_text(text if text is not None else json.dumps(lists, indent=1))
    return path


def dashboard(config, *arguments, **options):
    return Terminal([BINARY, "-c", config, *arguments], **options)


class Document:
    """The output of `check --json` (docs/json.md), with functions to find things in it."""

    def __init__(self, text):
        self.data = json.loads(text)

    def target(self, kind, name=None):
        found = [target for target in self.data["targets"]
                 if target["kind"] == kind and name in (None, target["name"])]
        assert len(found) == 1, f"{len(found)} targets {kind} {name or ''}"
        return found[0]

    def rows(self, kind, table, name=None):
        """{key: {column: value}}; an unknown value is {"unknown": why}."""
        tables = {each["id"]: each for each in self.target(kind, name)["tables"]}
        return {row["key"]: row["cells"] for row in tables[table]["rows"]}

    def summary(self, kind, table, name=None):
        """The cells of a table with one row."""
        rows = self.rows(kind, table, name)
        assert len(rows) == 1, rows
        return next(iter(rows.values()))

    @property
    def findings(self):
        """Sentences with their subjects, worst first: [(severity, "subject: sentence")]."""
        return [(each["severity"], f"{each['subject']}: {each['sentence']}")
                for each in self.data["findings"]]


class Check:
    """One finished `stacktop check`."""

    def __init__(self, process, seconds):
        self.status = process.returncode
        self.stdout = process.stdout
        self.stderr = process.stderr
        self.seconds = seconds

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def document(self):
        return Document(self.stdout)

    def __repr__(self):
        return f"status {self.status} after {self.seconds:.2f} s\n{self.stdout}{self.stderr}"


def stacktop(*arguments, env=None, timeout=30):
    """Runs it without a terminal."""
    start = time.monotonic()
    process = subprocess.run([str(BINARY), *map(str, arguments)], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=timeout * PATIENCE,
                             env=environment("dumb", env))
    return Check(process, time.monotonic() - start)


def check(config, *arguments, **options):
    return stacktop("check", "-c", config, *arguments, **options)


def closed_port():
    """A loopback port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Listener:
    """A server that hangs: the kernel accepts connections, and nothing answers."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
