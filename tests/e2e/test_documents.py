"""The manual and the completions that the build makes from the program's tables."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stacktop import BINARY, ROOT, stacktop
from terminal import Terminal

BESIDE = "others"

MADE = Path(BINARY).resolve().parent / "documents"
COMMANDS = re.findall(r"^       stacktop ([a-z]+)", stacktop("-h").stdout, re.M)


def made(name):
    return (MADE / name).read_text()


def options(command):
    """All options of the help of a command, without those of all commands."""
    lines = [line for line in stacktop(*command, "-h").stdout.splitlines() if line.startswith((" ", "usage:"))]
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", "\n".join(lines)))


def plain(manual):
    return manual.replace("\\-", "-").replace("\\e", "\\")


@pytest.mark.parametrize("command", [[], *([word] for word in dict.fromkeys(COMMANDS))])
def test_every_option_is_in_each(command):
    known = options(command)
    assert known, command
    for name in ("stacktop.1", "stacktop.bash", "_stacktop", "stacktop.fish"):
        text = plain(made(name))
        for option in known:
            word = f"-l {option[2:]} " if name == "stacktop.fish" else option
            assert re.search(re.escape(word) + r"(?![\w-])" if word == option else re.escape(word), text), (name, option)
    if command:
        assert f".SS {command[0]}\n" in made("stacktop.1")


def test_every_option_has_a_help():
    """In the fish completion each stands with its help, so none is missing in the usage."""
    lines = [line for line in made("stacktop.fish").splitlines() if " -l " in line]
    assert len(lines) > 40
    for line in lines:
        assert not line.endswith("-d ''"), line


def test_every_setting_is_in_the_manual():
    text = plain(made("stacktop.yaml.5"))
    default = stacktop("config", "--default").stdout
    names = set(re.findall(r"^#? *(?:- )?#? *([a-z][a-z_]*): .*  # ", default, re.M))
    assert len(names) > 80
    for name in names:
        assert f"\\fB{name}\\fR:" in text, name


@pytest.mark.parametrize("name", ["stacktop.1", "stacktop.yaml.5"])
def test_the_manual_is_clean(name):
    if not shutil.which("groff"):
        pytest.skip("groff is not installed")
    run = subprocess.run(["groff", "-man", "-Tutf8", "-ww", MADE / name], capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert "STACKTOP" in run.stdout


# A line and its end after Tab. A file may have the name of a command.
COMPLETED = [
    ("stacktop wat", "watch"),
    ("stacktop --read-o", "--read-only"),
    ("stacktop -C check --plu", "--plugin"),
    ("stacktop -c check --pla", "--plain"),
    ("stacktop -c check watch --tes", "--test"),
    ("stacktop --theme dark che", "check"),
    ("stacktop -c file show postgres.loc", "postgres.locks"),
    ("stacktop plan redis.flush-d", "redis.flush-db"),
    ("stacktop --theme colorblind-", "colorblind-light"),
    ("stacktop logs --level wa", "warn"),
    ("stacktop show postgres.locks ecap --cs", "--csv"),
    (f"stacktop --config {ROOT}/tests/run_py", f"{ROOT}/tests/run_pytest.py"),
]
NOTHING = ["stacktop check --theme", "stacktop check ", "stacktop -c check --plug"]
PATH = {"PATH": f"{Path(BINARY).resolve().parent}:/usr/bin:/bin"}


def need(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")


def complete_bash(line):
    words = line.split(" ")
    script = (f"source {MADE / 'stacktop.bash'}; COMP_WORDS=({' '.join(repr(word) for word in words)}); "
              f"COMP_CWORD={len(words) - 1}; _stacktop; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=PATH)
    assert run.stderr == "", run.stderr
    return run.stdout.split()


def test_bash_completes():
    for line, end in COMPLETED:
        assert complete_bash(line) == [end], line
    for line in NOTHING:
        assert complete_bash(line) == [], line


def test_zsh_completes():
    """As a person does: zsh reads a completion without a complaint, and may complete nothing by it."""
    need("zsh")

    def prompt(screen):
        return screen.rows[screen.cursor.y] == "NOW"

    with Terminal(["zsh", "-f"], columns=160, rows=50, env=PATH) as terminal:
        terminal.press(f"PS1='NOW '; fpath=({MADE} $fpath); autoload -Uz compinit; compinit -u -D\r")
        terminal.wait_for(prompt)
        for line, end in COMPLETED:
            terminal.press(line, "Tab")
            terminal.wait_for(f"{line[:line.rindex(' ')]} {end}")
            terminal.press("Ctrl-C")
            terminal.wait_for(prompt)
        terminal.press("stacktop check --", "Tab")  # a list with their helps
        for option in options(["check"]):
            terminal.wait_for(re.compile(rf"^{option} .*-- \S", re.M))


@pytest.mark.parametrize("shell, file", [("zsh", "_stacktop"), ("fish", "stacktop.fish"), ("bash", "stacktop.bash")])
def test_the_shells_read_it(shell, file):
    need(shell)
    run = subprocess.run([shell, "-n", MADE / file], capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr


def test_fish_completes(tmp_path):
    need("fish")
    lines = [line for line, _ in COMPLETED] + NOTHING
    script = f"source {MADE / 'stacktop.fish'}\n" + "".join(f"complete -C '{line}'; echo .\n" for line in lines)
    run = subprocess.run(["fish", "-c", script], capture_output=True, text=True, env={**PATH, "HOME": str(tmp_path)})
    found = [[row.split("\t")[0] for row in rows.splitlines()] for rows in run.stdout.split(".\n")[:-1]]
    assert len(found) == len(lines), run
    for line, words in zip(lines, found):  # fish 4 also lists what has the letters in that order
        word = line.split(" ")[-1]
        wanted = dict(COMPLETED).get(line)
        assert words[:1] == [wanted] if wanted else not any(one.startswith(word or "-") for one in words), (line, words)
