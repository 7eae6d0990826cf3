"""`packages/install --missing`: the packages that it would install, with stand-ins for dpkg-query and apt-cache. The
installation itself, without services, runs in chroot/debian13 (docs/testing.md)."""

import subprocess

import pytest

from stacktop import ROOT


@pytest.fixture
def missing(tmp_path):
    def run(lists, installed=(), available=()):
        scripts = {
            "dpkg-query": "\n".join(f"echo 'installed {name}'" for name in installed),
            "apt-cache": '[[ $1 == policy ]] || exit 1\ncase $2 in ' +
                         "".join(f"{name}) echo '  Candidate: 1.0' ;; " for name in available) +
                         "*) echo '  Candidate: (none)' ;; esac",
            "find": "echo a list",  # /var/lib/apt/lists has been filled
        }
        for name, body in scripts.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/bash\n{body}\n")
            path.chmod(0o755)
        (tmp_path / "list").write_text(lists)
        done = subprocess.run([ROOT / "packages/install", "--missing", tmp_path / "list"], check=True,
                              env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)
        return done.stdout.split()
    return run


def test_what_is_missing(missing):
    lists = "# comment\ngcc\ncmake   # why\n\nlibcurl-a-dev|libcurl-b-dev\n"
    assert missing(lists) == ["cmake", "gcc", "libcurl-a-dev"]
    assert missing(lists, ["gcc"]) == ["cmake", "libcurl-a-dev"]
    assert missing(lists, ["gcc", "cmake", "libcurl-b-dev"]) == []
    assert missing(lists, ["gcc-12", "cmake-data"]) == ["cmake", "gcc", "libcurl-a-dev"]


def test_what_a_debian_may_lack(missing):
    assert missing("rare?\n", available=["rare"]) == ["rare?"]
    assert missing("rare?\n") == []
    assert missing("rare?\n", ["rare"], ["rare"]) == []
    assert missing("gcc\n") == ["gcc"]  # it is required: apt-get will give the reason


def test_each_list_reads(missing):
    for path in sorted((ROOT / "packages").glob("*.txt")):
        names = missing(path.read_text())
        assert all(name.replace("-", "").replace(".", "").replace("+", "").isalnum() for name in names)
