"""The output of `check --json` for the real sandbox, read back, draws all its figures, and written again is identical.
Screen tests use such files."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from sandbox import GROUP, TOPIC
from stacktop import BINARY, Document, check
from terminal import environment

BESIDE = "others"
JSON_SCREEN = Path(os.environ.get("STACKTOP_JSON_SCREEN", BINARY.parent / "tests/tools/json_screen"))


def json_screen(*arguments):
    run = subprocess.run([str(JSON_SCREEN), *map(str, arguments)], capture_output=True, check=True,
                         env=environment("dumb"), timeout=30)
    assert run.stderr == b""
    return run.stdout


def drawn(path, size, keys=""):
    """The lines of the screen, without those of the styles."""
    text = json_screen(path, size, keys).decode()
    return [line[1:-1] for line in text[:text.index("styles\n")].splitlines()]


@pytest.fixture(scope="module")
def written(sandbox, tmp_path_factory):
    """(path, document) of the sandbox with something to show. All tests here only read it."""
    sandbox.need("kafka")
    sandbox.scene("db-hog")
    run = check(sandbox.config, "--json")
    sandbox.scene("calm")
    path = tmp_path_factory.mktemp("written") / "check.json"
    path.write_text(run.stdout)
    return path, Document(run.stdout)


def test_written_again_it_is_the_same(written):
    path, _ = written
    assert json_screen(path, "again") == path.read_bytes()


def test_its_figures_stand_on_the_screen(written):
    path, document = written
    lines = drawn(path, "200x50")
    text = "\n".join(lines)
    assert all(len(line) == 200 for line in lines) and len(lines) == 50
    assert document.data["configuration"]["name"] in lines[0]
    connections = document.summary("postgres", "connections")
    assert re.search(rf"conns {connections['used']} +of {connections['limit']} +active {connections['active']} ", text)
    assert re.search(rf"in-txn {connections['idle_in_transaction']} +aborted \d+ +other \d+ +waiting {connections['waiting']} ", text)
    worst = next(iter(document.rows("postgres", "sessions").values()))
    assert worst["blocks"] == 3 and re.search(rf"pid {worst['pid']} +idle in txn +\S+ +3 ", text)
    lag = document.rows("kafka", "lag")
    assert re.search(rf"{GROUP} +Stable +3 .* {lag[GROUP]['lag']:,} ", text)
    assert re.search(rf"{TOPIC} .* {lag[f'{GROUP}/{TOPIC}']['lag']:,} ", text)
    redis = document.summary("redis", "summary")
    assert redis["memory"] in text and f"keys {redis['keys']:,} " in text
    assert f"clients {redis['clients']} " in text and redis["policy"] in text
    disk = document.rows("host", "disks")["/"]
    assert re.search(rf" / +{disk['used'] * 100:.0f}% ", text)
    for name, row in ((target["name"], target) for target in document.data["targets"] if target["kind"] == "service"):
        state = document.rows("service", "services", name)[name]["state"]
        assert re.search(rf" {name} .* {state} ", text), name
        assert row["state"] == "live"


def test_each_partition_stands_in_the_zoomed_pane(written):
    path, document = written
    lines = drawn(path, "200x50", "3<Enter><Down><Right><Down>" + "<Down>" * 12)
    shown = {line.split("partition ")[1].split()[0]: line for line in lines if "partition " in line}
    assert len(shown) >= 6
    rows = document.rows("kafka", "lag")
    first = next(key for key in rows if key.count("/") == 1)
    for partition, line in shown.items():
        cells = rows[f"{first}/{partition}"]
        assert f" {cells['committed']:,} " in line and f" {cells['end']:,} " in line, line


@pytest.mark.parametrize("size", ["80x24", "120x36", "40x12", "20x5"])
def test_any_size(written, size):
    path, _ = written
    width, height = map(int, size.split("x"))
    lines = drawn(path, size)
    assert len(lines) == height and all(len(line) == width for line in lines)
