"""The columns that a person chooses with the key o are kept in the person's own file, never in the team's."""

import os
import re
import stat

import pytest

from stacktop import closed_port, dashboard

BESIDE = "others"


class Desk:
    """A person with a folder of settings, and a team with a configuration."""

    def __init__(self, folder):
        self.folder = folder / "own/stacktop"
        self.file = self.folder / "columns"
        self.env = {"XDG_CONFIG_HOME": str(folder / "own")}
        self.team = folder / "team"
        self.team.mkdir()
        self.config = self.team / "stacktop.yaml"
        self.config.write_text('services: [{name: api, address: "127.0.0.1:%d"}]\n' % closed_port())
        self.before = self.team_now()

    def team_now(self):
        return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in self.team.iterdir()}

    def write(self, text):
        self.folder.mkdir(parents=True)
        self.file.write_text(text)
        self.file.chmod(0o600)

    def open(self):
        return dashboard(self.config, columns=120, rows=30, env=self.env)

    def wait_calm(self, terminal):
        terminal.wait_for(re.compile("api +refused"))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def heading(terminal):
    return terminal.screen.line("SERVICE ")


def leave(terminal):
    terminal.press("Esc", "q")
    assert terminal.wait_exit(1) == 0


def choose_address(terminal):
    """Hides the column ADDRESS, and saves."""
    terminal.press("o")
    terminal.wait_for("[Columns of service.services]")
    terminal.press("Down")
    terminal.wait_for(re.compile(r"►.*\[x\] ADDRESS"))
    terminal.press("Space")
    terminal.wait_for("[ ] ADDRESS")
    terminal.press("w")


def test_saved_columns_are_there_after_a_restart(desk):
    with desk.open() as terminal:
        desk.wait_calm(terminal)
        assert " ADDRESS " in heading(terminal)
        choose_address(terminal)
        terminal.wait_for(f"Saved the columns to {desk.file}"[:60])
        leave(terminal)
    assert stat.S_IMODE(desk.file.stat().st_mode) == 0o600
    assert [each.name for each in desk.folder.iterdir()] == ["columns"]  # nothing half written is left
    assert desk.team_now() == desk.before
    with desk.open() as terminal:
        terminal.wait_for("SERVICE ")
        terminal.wait_for("nothing listens")
        assert " ADDRESS " not in heading(terminal), terminal.show()
        leave(terminal)


def test_what_is_not_saved_is_gone(desk):
    with desk.open() as terminal:
        desk.wait_calm(terminal)
        terminal.press("o", "Down", "Space")
        terminal.wait_for("not saved: until you quit")
        leave(terminal)
    assert not desk.file.exists()


def test_a_broken_line_is_named_and_not_lost(desk):
    desk.write("# mine\nservice.services: address, latency\nwhat is this\n")
    with desk.open() as terminal:
        terminal.wait_for(re.compile(r"columns: line 3: expected KIND\.TABLE: COLUMN.* found \"what is this\""))
        desk.wait_calm(terminal)
        assert desk.file.read_text().startswith("# mine\n")  # only a person changes it
        choose_address(terminal)
        terminal.wait_for("Saved the columns to ")
        leave(terminal)
    saved = desk.file.read_text()
    assert "what is this" in saved and "# mine" in saved, saved
    assert "service.services: name, latency" in saved, saved


def test_a_file_that_cannot_be_replaced_is_said(desk):
    desk.write("")
    desk.file.unlink()
    desk.file.mkdir()
    (desk.file / "in the way").touch()
    with desk.open() as terminal:
        desk.wait_calm(terminal)
        choose_address(terminal)
        terminal.wait_for("Columns not saved, the file is as before: ")
        leave(terminal)
    assert os.listdir(desk.folder) == ["columns"]
