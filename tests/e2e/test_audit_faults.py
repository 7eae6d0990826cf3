"""The disk of the audit log fails. Before the effect: nothing is executed. After it: the outcome is kept, the screen
says so, and it is written as soon as the disk accepts it. Full disks are real; a preloaded fdatasync fails or is
slow."""

import contextlib
import json
import os
import shutil
import subprocess

import pytest

from redis_servers import Server
from keys import ARMED
from sandbox import wait_until
from stacktop import BINARY, write_config
from terminal import PATIENCE, Terminal, environment
from test_mounts import Namespace
from witness import Audit

BESIDE = "others"
DONE, FAILED = 0, 1
SHIM = BINARY.parent / "tests/tools/libbad_disk.so"
EIO = 5
PAGE = os.sysconf("SC_PAGESIZE")


class Place:
    """A Redis with a key to delete, and stacktop's state folder."""

    def __init__(self, folder, server, enter=lambda *command: list(map(str, command)), state=None):
        self.folder, self.server, self.enter = folder, server, enter
        self.state = state or folder / "state"  # as this process sees it
        self.config = write_config(folder, interval="500ms", hosts=[], state=str(folder / "state"),
                                   redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.port}"}])
        self.env = {}
        self.server.client.set("doomed:1", "x")

    @property
    def records(self):
        """The complete lines; skips one that is only padding, as stacktop does."""
        path = self.state / "audit.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def events(self):
        return [record["event"] for record in self.records]

    def argv(self, *arguments):
        return self.enter(BINARY, "-c", self.config, *arguments)

    def start(self, *arguments):
        return subprocess.Popen(self.argv(*arguments), env=environment("dumb") | self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, status=DONE):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=30 * PATIENCE)
        assert process.returncode == status, (out, err)
        return out + err

    def plan(self):
        made = json.loads(self.run("plan", "redis.delete-keys", "cache", "pattern=doomed:*", "--json"))
        return ["apply", made["hash"], "--confirm", made["phrase"]]

    def unknown(self):
        return self.run("audit", "--unknown", "--json")

    @property
    def is_there(self):
        return self.server.client.exists("doomed:1") == 1

    @contextlib.contextmanager
    def held(self):
        """Delays writes to the server meanwhile: between the intent and its outcome."""
        self.server.client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        try:
            yield
        finally:
            self.server.client.execute_command("CLIENT", "UNPAUSE")


@pytest.fixture
def server(tmp_path):
    if not (shutil.which("redis-server") or shutil.which("valkey-server")):
        pytest.skip("redis-server is not installed")
    made = Server(tmp_path)
    yield made
    made.end()


class Small(Place):
    """The state folder is a file system of 128 KiB, which can be filled."""

    def __init__(self, folder, server, namespace):
        (folder / "state").mkdir()
        namespace.run("mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "state", folder / "state")
        super().__init__(folder, server, namespace.enter,
                         type(folder)(f"/proc/{namespace.holder.pid}/root{folder}/state"))

    def fill(self):
        audit = self.state / "audit.jsonl"
        if audit.exists():  # fills its last page too
            with audit.open("a") as file:
                file.write("x" * (PAGE - 1 - audit.stat().st_size % PAGE) + "\n")
        with contextlib.suppress(OSError), (self.state / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * PAGE)

    def free(self):
        (self.state / "filler").unlink()


@pytest.fixture
def small(server, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounts need root")
    with contextlib.closing(Namespace()) as namespace:
        yield Small(tmp_path, server, namespace)


@pytest.fixture
def place(server, tmp_path):
    """place.disk(errno, milliseconds, skip): behaviour of the disk from now on."""
    if not SHIM.exists():
        pytest.skip("a sanitizer's runtime must be preloaded first")
    made = Place(tmp_path, server)

    def disk(number, slow_ms=0, skip=0):
        (tmp_path / "disk.new").write_text(f"{number} {slow_ms} {skip}")
        (tmp_path / "disk.new").rename(tmp_path / "disk")

    made.disk = disk
    made.env = {"LD_PRELOAD": str(SHIM), "STACKTOP_DISK": str(tmp_path / "disk")}
    return made


# Before the effect.

def test_a_full_disk_lets_nothing_begin(small):
    apply = small.plan()
    small.fill()
    said = small.run(*apply, status=FAILED)
    assert f"{small.folder}/state/audit.jsonl" in said and "no space left on the disk" in said, said
    assert "nothing was done" in said and small.is_there and small.records == []
    small.free()
    small.run(*apply)  # the plan was not used up
    assert not small.is_there and small.events() == ["intent", "outcome"]


def test_a_sync_that_fails_lets_nothing_begin(place):
    apply = place.plan()
    place.disk(EIO)
    said = place.run(*apply, status=FAILED)
    assert f"{place.folder}/state/audit.jsonl" in said and "Input/output error" in said, said
    assert "nothing was done" in said and place.is_there and place.records == []


def test_a_slow_sync_is_waited_for(place):
    apply = place.plan()
    place.disk(0, slow_ms=700)
    process = place.start(*apply)
    wait_until(lambda: place.records, what="the intent in the file")
    assert place.is_there  # it is not on disk yet
    assert process.wait(20 * PATIENCE) == DONE
    assert not place.is_there and place.events() == ["intent", "outcome"]


# After the effect.

def test_apply_writes_the_outcome_once_there_is_room(small):
    with small.held():
        process = small.start(*small.plan())
        wait_until(lambda: small.events() == ["intent"], what="the intent")
        small.fill()
    wait_until(lambda: not small.is_there, what="the effect")
    small.free()
    out, err = process.communicate(timeout=20 * PATIENCE)
    assert process.returncode == DONE, (out, err)
    assert small.events() == ["intent", "outcome"] and small.unknown() == ""


def test_apply_leaves_without_the_record(small):
    with small.held():
        process = small.start(*small.plan())
        wait_until(lambda: small.events() == ["intent"], what="the intent")
        small.fill()
    out, err = process.communicate(timeout=20 * PATIENCE)
    assert process.returncode == FAILED and not small.is_there, (out, err)
    assert f"{small.folder}/state/audit.jsonl" in err and "no space left on the disk" in err, err
    assert "the outcome is not yet on disk" in err and "audit --unknown" in err, err
    lost, = [json.loads(line) for line in small.unknown().splitlines()]
    assert lost["event"] == "intent" and lost["id"] in err


def test_the_screen_says_so_until_it_is_on_disk(place):
    place.disk(EIO, skip=1)
    with Terminal(place.argv(), columns=120, rows=36, env=place.env) as terminal:
        terminal.wait_for("all ok")
        terminal.press(":")
        terminal.press("redis.delete-keys cache pattern=doomed:*", "Enter")
        terminal.wait_for("type doomed:*, then Enter")
        terminal.press("doomed:*")
        terminal.wait_for(ARMED)
        terminal.press("Enter")
        terminal.wait_for("1 NOT RECORDED")
        terminal.wait_for("Input/output error")
        terminal.wait_for(lambda screen: "Executed in" in screen.text and "the outcome is not yet on" in screen.text)
        assert not place.is_there and place.events() == ["intent"]
        place.disk(0)
        terminal.wait_gone("NOT RECORDED")
        assert place.events() == ["intent", "outcome"]
        # in the dialog; the event of that moment stays
        terminal.wait_for(lambda screen: screen.text.count("the outcome is not yet on") <= 1)
        terminal.press("Enter")
        terminal.wait_for("now recorded: ")
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    assert place.unknown() == ""
    assert Audit(place.state).only()[1]["result"] == "done"


def test_it_is_written_before_leaving(place):
    place.disk(EIO, skip=1)
    with Terminal(place.argv(), columns=120, rows=36, env=place.env) as terminal:
        terminal.wait_for("all ok")
        terminal.press(":")
        terminal.press("redis.delete-keys cache pattern=doomed:*", "Enter")
        terminal.wait_for("type doomed:*, then Enter")
        terminal.press("doomed:*")
        terminal.wait_for(ARMED)
        terminal.press("Enter")
        terminal.wait_for("1 NOT RECORDED")
        terminal.press("Enter")
        terminal.wait_gone("Executed in")
        place.disk(0)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    assert Audit(place.state).only()[1]["result"] == "done" and place.unknown() == ""
