"""Kinds of terminals, sizes and keys, and no hang without a terminal."""

import os
import re
import time

import pytest

from stacktop import BINARY, CONFIG, USAGE, Listener, closed_port, dashboard, stacktop
from terminal import PATIENCE, Terminal


@pytest.fixture
def simple(config):
    return config(services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def leave(terminal):
    terminal.press("q")
    assert terminal.wait_exit(1) == 0
    terminal.assert_given_back()


# No terminal.

def test_not_a_terminal(simple):
    run = stacktop("-c", simple)
    assert run.status == 1 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and "`stacktop check`" in run.stderr


@pytest.mark.parametrize("stream", ["<", ">"])
def test_only_one_side_is_a_terminal(simple, tmp_path, stream):
    command = f"{BINARY} -c {simple} {stream} {'/dev/null' if stream == '<' else tmp_path / 'out'}"
    with Terminal(["/bin/bash", "-c", command]) as terminal:
        assert terminal.wait_exit(2) == 1
        assert "`stacktop check`" in terminal.screen.text
        terminal.assert_given_back()


@pytest.mark.parametrize("term", ["dumb", "no-such-terminal", "", None])
def test_a_terminal_that_has_no_screen(simple, term):
    env = {"TERM": term, "ASAN_OPTIONS": "detect_leaks=0"}  # curses keeps something when it refuses
    with dashboard(simple, env=env) as terminal:
        assert terminal.wait_exit(2) == 1
        lines = [line for line in terminal.screen.rows if line]
        assert len(lines) <= 2 and "`stacktop check`" in " ".join(lines), lines
        assert b"\x1b" not in terminal.output
        terminal.assert_given_back()


def test_in_the_background(simple):
    with Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "prompt> "}) as terminal:
        terminal.wait_for("prompt>")
        terminal.press(f"{BINARY} -c {simple} &\r")
        terminal.wait_for("`stacktop check`")
        terminal.press("wait %1; echo status $?\r")
        terminal.wait_for("status 1")
        assert not terminal.screen.alternate
        terminal.press("exit\r")
        terminal.wait_exit(2)


# Kinds.

@pytest.mark.parametrize("term", ["linux", "screen", "screen-256color", "tmux-256color",
                                  "xterm-256color", "xterm", "vt100"])
def test_kinds_of_terminals(simple, term):
    with dashboard(simple, term=term) as terminal:
        terminal.wait_for("api")
        terminal.press("Down", "Up", "Tab")
        terminal.wait_for("api")
        basic = {"black", "red", "green", "brown", "blue", "magenta", "cyan", "white"}
        if "256" in term:
            assert terminal.screen.colours()
        elif term == "vt100":
            assert not terminal.screen.colours()
        else:
            assert terminal.screen.colours() and terminal.screen.colours() <= basic
        leave(terminal)


@pytest.mark.parametrize("term, instead", [("xterm-kitty-2099", "xterm-256color"), ("foot-2099", "xterm-256color"),
                                           ("tmux-2099", "screen-256color")])
def test_a_terminal_that_this_host_does_not_describe(simple, term, instead):
    """As over SSH to a host without the entry of kitty or foot."""
    with dashboard(simple, term=term) as terminal:
        terminal.wait_for(f'does not describe the terminal "{term}": using {instead}')
        assert terminal.screen.colours()
        terminal.press("Down")
        terminal.wait_gone("does not describe")
        leave(terminal)


@pytest.mark.parametrize("term", ["vt100", "vt220", "ansi"])
def test_no_padding_is_seen(simple, term):
    with dashboard(simple, term=term) as terminal:
        terminal.wait_for("api")
        terminal.press("Down", "Tab", "Ctrl-L")
        terminal.settle(0.1)
        leave(terminal)
        assert b"$<" not in terminal.output and b"\x00" not in terminal.output


@pytest.mark.parametrize("arguments, env", [(["-C"], {}), ([], {"NO_COLOR": "1"})])
def test_without_colours(simple, arguments, env):
    with dashboard(simple, *arguments, env=env) as terminal:
        terminal.wait_for("api")
        terminal.settle()
        assert not terminal.screen.colours()
        assert not re.search(rb"\x1b\[[0-9;]*(3[0-8]|4[0-8])(;[0-9;]*)?m", terminal.output)
        leave(terminal)


def test_an_empty_no_color_does_not_count(simple):
    with dashboard(simple, env={"NO_COLOR": ""}) as terminal:
        terminal.wait_for("api")
        assert terminal.screen.colours()
        leave(terminal)


@pytest.mark.parametrize("arguments, env", [(["-U"], {}), ([], {"LC_ALL": "C"}),
                                            ([], {"LC_ALL": "POSIX"})])
def test_ascii_only(simple, arguments, env):
    with dashboard(simple, *arguments, env=env) as terminal:
        terminal.wait_for("api")
        terminal.settle()
        assert max(terminal.output) < 0x80
        leave(terminal)


def test_utf8(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        terminal.output.decode()
        assert not terminal.screen.text.isascii()
        leave(terminal)


# Size.

def test_resize_leaves_no_garbage(simple):
    """After each change the screen equals a full repaint."""
    with dashboard(simple, columns=120, rows=36) as terminal:
        terminal.wait_for(lambda screen: "api" in screen.text and "waiting" not in screen.text)
        terminal.press("z")  # pause: only the size changes
        for columns, rows in ((80, 24), (200, 50), (60, 20), (120, 36), (121, 36), (120, 37)):
            terminal.resize(columns, rows)
            terminal.wait_for(lambda screen: "api" in screen.text)
            terminal.settle(0.2)
            seen = terminal.screen.rows[1:]  # the header may have a clock
            terminal.screen.erase_in_display(2)
            terminal.press("Ctrl-L")
            terminal.wait_for("api")
            terminal.settle(0.2)
            assert terminal.screen.rows[1:] == seen, terminal.show()
        leave(terminal)


def test_resize_is_drawn_at_once(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.1)
        terminal.screen.erase_in_display(2)
        start = time.monotonic()
        terminal.resize(100, 30)
        terminal.wait_for("api")
        assert time.monotonic() - start < 0.1 * PATIENCE
        leave(terminal)


def test_any_size(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        for columns, rows in ((1, 1), (2, 1), (1, 40), (10, 3), (300, 100), (1200, 3), (120, 36)):
            terminal.resize(columns, rows)
            terminal.settle(0.1)
        terminal.wait_for("api")
        leave(terminal)


def test_a_terminal_that_does_not_know_its_size(simple):
    with dashboard(simple, columns=0, rows=0) as terminal:
        terminal.screen.resize(24, 80)
        terminal.wait_for("api")
        leave(terminal)


# Keys.

UNKNOWN = ["\x1b[27;5;9~", "\x1b[1;5A", "\x1b[M !q", "\x1b[<0;3;3M", "\x1bOQ", "\x1b[15~", "\x1b[I",
           "\x1b]11;rgb:q/q/q\x07", "\x1bP1+rq\x1b\\", "\x1b[?62;q", "\xff"]


def test_what_is_no_key_does_nothing(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        for sequence in UNKNOWN:
            os.write(terminal.master, sequence.encode("latin-1"))
        terminal.press("Tab")
        terminal.settle(0.1)
        terminal.press("Esc")
        terminal.wait_for("api")
        leave(terminal)


def test_a_paste_does_nothing(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        assert 2004 in terminal.screen.private
        with terminal.answers_held():
            os.write(terminal.master, b"\x1b[200~q\x03\rq\n\x1b[201")
            terminal.settle(0.1)
            os.write(terminal.master, b"~")
        terminal.press("Tab")
        terminal.settle(0.1)
        terminal.wait_for("api")
        leave(terminal)


def test_a_paste_is_text_in_a_filter(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        terminal.press("/")
        os.write(terminal.master, b"\x1b[200~pa\r\x03sted\x1b[201~")
        terminal.wait_for("pasted")
        terminal.press("Esc")
        terminal.wait_for("api")
        leave(terminal)


def test_a_key_cut_in_pieces(simple):
    with dashboard(simple) as terminal:
        terminal.wait_for("api")
        with terminal.answers_held():
            for byte in b"\x1b[1;5q\x1b[6~":
                os.write(terminal.master, bytes([byte]))
                terminal.read(0.01)
        terminal.wait_for("api")
        leave(terminal)


def percentile_99(terminal):
    """100 keys, each pressed after the previous one has been answered. The best of some rounds counts, because a busy
    machine says nothing about the program."""
    times = []
    for _ in range(100):
        while terminal.read(0):
            pass
        seen = len(terminal.output)
        start = time.monotonic()
        terminal.press("Tab")
        while len(terminal.output) == seen:
            assert terminal.read(1), terminal.show()
        times.append(time.monotonic() - start)
    return sorted(times)[98]


def test_keys_are_answered_at_once_with_hung_servers(config):
    with Listener() as one, Listener() as two:
        path = config(interval="1s", services=[
            {"name": "api", "health": f"http://127.0.0.1:{one.port}/", "address": f"127.0.0.1:{one.port}"},
            {"name": "web", "health": f"http://127.0.0.1:{two.port}/", "address": f"127.0.0.1:{two.port}"}])
        with dashboard(path, columns=200, rows=50) as terminal:
            terminal.wait_for("api")
            best = percentile_99(terminal)
            for _ in range(9):
                best = min(best, percentile_99(terminal) if best >= 0.008 else best)
            print(f"key to screen, 99 %: {best * 1e3:.2f} ms")
            assert best < 0.016 * PATIENCE
            leave(terminal)


def test_the_first_frame_comes_before_the_collectors(config):
    """It does not wait for a server that hangs. ./run bench measures how soon it comes."""
    with Listener() as hung:
        path = config(timeout="9s", services=[{"name": "api", "address": f"127.0.0.1:{hung.port}",
                                               "health": f"http://127.0.0.1:{hung.port}/"}])
        with dashboard(path) as terminal:
            terminal.wait_for("api", 1)
            assert "waiting for the first answer from 1 of 1 targets" in terminal.screen.text
            leave(terminal)



# Themes.

def theme_folder(tmp_path, text):
    folder = tmp_path / "xdg/stacktop/themes"
    folder.mkdir(parents=True)
    (folder / "mine.theme").write_text(text)
    return {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}


def themed(config, name):
    return config(theme=name, services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])


def test_a_theme_of_the_command_line(config):
    """It has precedence over the one of the configuration; a bad one is a wrong use."""
    with dashboard(themed(config, "dark"), "--theme", "mono") as terminal:
        terminal.wait_for("api")
        assert not terminal.screen.colours()
        leave(terminal)
    with dashboard(themed(config, "dark"), "--theme", "lihgt") as terminal:
        assert terminal.wait_exit(2) == USAGE
        assert "--theme: unknown theme \"lihgt\"" in terminal.screen.text
    run = stacktop("check", "--theme", "dark")
    assert run.status == USAGE and "--theme is only valid with the dashboard" in run.stderr


def test_the_list_of_themes(tmp_path):
    run = stacktop("--list-themes", env=theme_folder(tmp_path, "# For \x1b[31mnight shifts\ncrit = red\n"))
    lines = {line.split()[0]: line for line in run.stdout.splitlines()}
    assert run.status == 0 and set(lines) == {"auto", "auto-colorblind", "colorblind", "colorblind-light", "contrast", "dark",
                                              "default", "light", "mine", "mono"}
    assert "night shifts (" in lines["mine"] and "\x1b" not in run.stdout
    assert lines["dark"].endswith("themes/dark.theme)")
    (tmp_path / "xdg/stacktop/themes/mine.theme").write_text("crit = pink\n")
    run = stacktop("--list-themes", env={"XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert "invalid: " in run.stdout and "mine.theme:1:8: unknown colour" in run.stdout


@pytest.mark.parametrize("name", ["dark", "light", "contrast", "colorblind", "colorblind-light", "mono"])
def test_the_included_themes(config, name):
    with dashboard(themed(config, name)) as terminal:
        terminal.wait_for("api")
        terminal.settle(0.1)
        assert bool(terminal.screen.colours()) == (name != "mono")
        leave(terminal)


def test_a_theme_of_the_user(config, tmp_path):
    env = theme_folder(tmp_path, "text = 201 on 19\nheader = 201 on 19\n")
    with dashboard(themed(config, "mine"), env=env) as terminal:
        terminal.wait_for("api")
        assert "ff00ff" in terminal.screen.colours() and "0000af" in terminal.screen.colours()
        leave(terminal)


BAD_THEMES = [
    ("mine", "mine.theme:2:8: unknown colour or attribute \"pink\"; use default, black, red"),
    ("lihgt", "unknown theme \"lihgt\"; available: auto, auto-colorblind, "
     "colorblind, colorblind-light, contrast, dark, default, light, mine, mono; did you mean \"light\"?"),
    ("../mine", "use one without a folder"),
]


@pytest.mark.parametrize("name, words", BAD_THEMES)
def test_a_bad_theme_is_said_before_the_screen_opens(config, tmp_path, name, words):
    env = theme_folder(tmp_path, "ok = green\ncrit = pink\n")
    with dashboard(themed(config, name), env=env, columns=250) as terminal:
        assert terminal.wait_exit(2) == CONFIG
        assert words in terminal.screen.text.replace("\n", ""), terminal.show()
        assert b"\x1b" not in terminal.output


@pytest.mark.parametrize("name, words", BAD_THEMES)
def test_a_bad_theme_is_found_with_the_configuration(config, tmp_path, name, words):
    """With its place, and with the other errors of the file. Modes without a screen ignore the theme."""
    env = theme_folder(tmp_path, "ok = green\ncrit = pink\n")
    path = config(f"theme: {name}\nintervall: 2s\nhosts: [{{name: here}}]\n")
    for mode in (["config", "--check"], ["config"]):
        run = stacktop(*mode, "-c", path, env=env)
        assert run.status == CONFIG and run.stdout == ""
        lines = run.stderr.splitlines()
        assert lines[0].startswith(f"{path}:1:8: theme: ") and words in lines[0], run
        assert lines[1].startswith(f"{path}:2:1: "), run
    path = config(f"theme: {name}\nhosts: [{{name: here}}]\n")
    assert stacktop("check", "-c", path, env=env).status != CONFIG
