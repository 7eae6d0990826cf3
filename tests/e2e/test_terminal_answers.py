"""What the terminal says of itself: light or dark, synchronized output, and how far it is."""

import os
import select
import time

import pytest

from stacktop import closed_port, dashboard
from terminal import PATIENCE

BESIDE = "others"

DARK_TEXT, LIGHT_TEXT = "d0d0d0", "262626"  # the colour of text of the two themes
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


@pytest.fixture
def auto(config):
    return config(theme="auto", services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


@pytest.fixture
def plain(config):
    return config(services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def leave(terminal):
    terminal.press("q")
    assert terminal.wait_exit(1) == 0
    terminal.assert_given_back()
    assert terminal.screen.private.isdisjoint({2026, 2031})


def has(colour):
    return lambda screen: colour in screen.colours()


@pytest.mark.parametrize("background, text", [(BLACK, DARK_TEXT), (WHITE, LIGHT_TEXT)])
def test_auto_takes_the_theme_of_the_background(auto, background, text):
    with dashboard(auto, background=background) as terminal:
        terminal.wait_for(has(text))
        leave(terminal)


def test_auto_follows_a_change(auto):
    with dashboard(auto, background=BLACK) as terminal:
        terminal.wait_for(has(DARK_TEXT))
        assert 2031 in terminal.screen.private
        os.write(terminal.master, b"\x1b[?997;2n")
        terminal.wait_for(has(LIGHT_TEXT))
        os.write(terminal.master, b"\x1b[?997;1n")
        terminal.wait_for(has(DARK_TEXT))
        leave(terminal)


def test_auto_has_a_pair_for_colour_vision_deficiency(config):
    path = config(theme="auto-colorblind", services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])
    with dashboard(path, background=BLACK) as terminal:
        terminal.wait_for(has("ff875f"))  # crit of colorblind
        os.write(terminal.master, b"\x1b[?997;2n")
        terminal.wait_for(has("af005f"))  # and of colorblind-light
        leave(terminal)


def test_auto_without_an_answer_is_the_built_in_theme(auto):
    with dashboard(auto) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.2)
        assert terminal.screen.colours().isdisjoint({DARK_TEXT, LIGHT_TEXT})
        leave(terminal)


def test_other_themes_do_not_ask(plain):
    with dashboard(plain, background=WHITE) as terminal:
        terminal.wait_for("api")
        leave(terminal)
        assert b"\x1b]11;?" not in terminal.output and b"2031" not in terminal.output


def test_a_theme_file_is_read_again(config, tmp_path):
    folder = tmp_path / "xdg/stacktop/themes"
    folder.mkdir(parents=True)
    file = folder / "mine.theme"
    file.write_text("text = 201\n")
    path = config(theme="mine", services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])
    with dashboard(path, env={"XDG_CONFIG_HOME": str(tmp_path / "xdg")}) as terminal:
        terminal.wait_for(has("ff00ff"))
        file.write_text("text = 46\n")  # in place
        terminal.wait_for(has("00ff00"))
        terminal.wait_for('Theme "mine" reloaded')
        file.write_text("text = 46\nok = pink\n")
        terminal.wait_for("The theme stays as it is: ")
        assert "mine.theme:2:6: unknown colour" in terminal.screen.text and "00ff00" in terminal.screen.colours()
        new = tmp_path / "new"
        new.write_text("text = 51\n")
        new.rename(file)  # as most editors do
        terminal.wait_for(has("00ffff"))
        file.unlink()
        terminal.wait_for('The theme stays as it is: unknown theme "mine"')
        assert "00ffff" in terminal.screen.colours()
        leave(terminal)


@pytest.mark.parametrize("synchronizes", [True, False])
def test_synchronized_output_only_where_it_is_known(plain, synchronizes):
    with dashboard(plain, synchronizes=synchronizes) as terminal:
        terminal.wait_for("api")
        terminal.press("?")
        terminal.wait_for("[Help]")
        terminal.press("Ctrl-L")
        terminal.settle(0.1)
        leave(terminal)
        assert (b"\x1b[?2026h" in terminal.output) == synchronizes


def test_frames_are_dropped_not_queued(plain):
    """A terminal that reads nothing for a while has no more than one frame to read after that, and then the present one."""
    with dashboard(plain, columns=120, rows=36) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.3)
        start = len(terminal.output)
        terminal.press("Ctrl-L")
        terminal.settle(0.2)
        frame = len(terminal.output) - start
        for _ in range(40):
            terminal.press("?", "Esc", "Ctrl-L")
            select.select([], [], [], 0.01)
        terminal.press("?")
        select.select([], [], [], 0.2 * PATIENCE)
        queued = b""
        while select.select([terminal.master], [], [], 0)[0]:
            queued += os.read(terminal.master, 65536)
        print(f"a frame has {frame} bytes; queued: {len(queued)}")
        assert frame / 4 < len(queued) < 2 * frame
        terminal.output += queued
        terminal.stream.feed(queued)
        terminal.wait_for("[Help]")
        leave(terminal)


def test_an_answer_does_not_reach_the_shell(plain):
    """The answer to the last question comes after the program was told to quit."""
    with dashboard(plain) as terminal:
        terminal.wait_for("api")
        reply, terminal.screen.reply = terminal.screen.reply, lambda data: None
        terminal.press("Ctrl-L")
        terminal.settle(0.1)
        terminal.press("q")
        select.select([], [], [], 0.05)
        reply("\x1b[0n")
        assert terminal.wait_exit(1) == 0
        terminal.assert_given_back()


def test_a_storm_of_sizes(plain):
    """Only some of them are drawn; the last one is."""
    with dashboard(plain) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.1)
        start, before = time.monotonic(), len(terminal.output)
        for number in range(200):
            terminal.resize(60 + number % 97, 20 + number % 31)
            terminal.read(0)
        terminal.resize(100, 30)
        terminal.wait_for(lambda screen: "api" in screen.text and len(screen.rows[0]) > 90)
        took = time.monotonic() - start
        frames = terminal.output[before:].count(b"\x1b[H\x1b[2J")
        print(f"200 sizes in {took:.2f} s: {frames} frames")
        assert frames < 5 + took / 0.03
        leave(terminal)
