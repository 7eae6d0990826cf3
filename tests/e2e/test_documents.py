"""The manual and the completions that the build makes from the program's tables."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stacktop import BINARY, stacktop

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


def complete_bash(line):
    words = line.split(" ")
    script = (f"source {MADE / 'stacktop.bash'}; COMP_WORDS=({' '.join(repr(word) for word in words)}); "
              f"COMP_CWORD={len(words) - 1}; _stacktop; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                         env={"PATH": f"{Path(BINARY).parent}:/usr/bin:/bin"})
    assert run.stderr == "", run.stderr
    return run.stdout.split()


def test_bash_completes():
    assert complete_bash("stacktop wat") == ["watch"]
    assert complete_bash("stacktop --read-o") == ["--read-only"]
    assert complete_bash("stacktop -C check --plu") == ["--plugin"]
    assert complete_bash("stacktop -c file show postgres.loc") == ["postgres.locks"]
    assert complete_bash("stacktop check --theme") == []
    assert complete_bash("stacktop --theme colorblind-") == ["colorblind-light"]
    assert complete_bash("stacktop logs --level wa") == ["warn"]


@pytest.mark.parametrize("shell, file", [("zsh", "_stacktop"), ("fish", "stacktop.fish"), ("bash", "stacktop.bash")])
def test_the_shells_read_it(shell, file):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    run = subprocess.run([shell, "-n", MADE / file], capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr


def test_fish_completes():
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    run = subprocess.run(["fish", "-c", f"source {MADE / 'stacktop.fish'}; complete -C 'stacktop check --plu'"],
                         capture_output=True, text=True)
    assert run.stdout.startswith("--plugin\t"), run
