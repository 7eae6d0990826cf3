"""The Debian package: what is in it, lintian's opinion, and whether two builds are the same."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

LABEL = "long"

ROOT = Path(__file__).resolve().parents[2]
WANTED = ["bin/stacktop", "share/stacktop/themes/dark.theme", "share/stacktop/runbooks/", "share/man/man1/stacktop.1.gz",
          "share/man/man5/stacktop.yaml.5.gz", "share/bash-completion/completions/stacktop",
          "share/zsh/vendor-completions/_stacktop", "share/fish/vendor_completions.d/stacktop.fish",
          "share/doc/stacktop/copyright", "share/doc/stacktop/changelog.Debian.gz", "share/doc/stacktop/docs/install.md",
          "share/doc/stacktop/examples/", "systemd/system/stacktop-watch.service", "systemd/system/stacktop-wall@.service"]


def run(*argv, **options):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, **options)
    assert done.returncode == 0, (argv, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def build(folder, tree=ROOT):
    """A copy of the tree, as a clone elsewhere would be, and its package."""
    source, out = folder / "source", folder / "out"
    ignored = shutil.ignore_patterns("build", ".git", "__pycache__")
    shutil.copytree(tree, source, ignore=ignored, copy_function=shutil.copy)  # with times of now
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1795852800", "CCACHE_DISABLE": "1"}
    run("cmake", "-S", source, "-B", out, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DSTACKTOP_TESTS=OFF", env=env)
    run("cmake", "--build", out, "--target", "package", env=env)
    packages = list(out.glob("*.deb"))
    assert len(packages) == 1, packages
    return packages[0]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("dpkg-dev is not installed")
    return build(tmp_path_factory.mktemp("first"))


def test_what_is_in_it(package):
    listing = run("dpkg-deb", "--contents", package)
    for wanted in WANTED:
        assert f"/{wanted}" in listing, wanted
    depends = run("dpkg-deb", "--field", package, "Depends")
    for library in ("libc6", "libpq5", "librdkafka1", "libhiredis", "libuv1", "libncursesw6", "libssl3"):
        assert library in depends, depends
    assert "(>= " in depends


def test_it_runs_from_where_it_is_unpacked(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    binary = tmp_path / "usr/bin/stacktop"
    assert run(binary, "--version").startswith("stacktop 0.1.0\n")
    assert str(tmp_path) in run(binary, "--list-themes")
    assert "revive" in run(binary, "runbook", "list") or run(binary, "runbook", "list")


def test_lintian_is_content(package):
    if not shutil.which("lintian"):
        pytest.skip("lintian is not installed")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(package)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout + done.stderr


def test_the_units_are_hardened(package, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    run("dpkg-deb", "--extract", package, tmp_path)
    for unit in tmp_path.rglob("stacktop-*.service"):
        run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


# In a file system of its own over this machine's, whose changes end with it.
INSTALL = r"""
set -e
mount -t tmpfs none "$1" && cd "$1" && mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cp "$2" root/stacktop.deb
mount -t proc proc root/proc
mount --rbind /dev root/dev
chroot root bash -ec '
  touch /before
  dpkg -i /stacktop.deb >&2
  dpkg --verify stacktop
  stacktop --version | head -n 1
  man -w stacktop stacktop.yaml >&2
  ! command -v zsh >&2 || zsh -fc "autoload -Uz compinit; compinit -u -D; [[ \$_comps[stacktop] == _stacktop ]]"
  ! command -v fish >&2 || fish -c "complete -C \"stacktop check --plu\"" | grep -q ^--plugin
  bash -c ". /usr/share/bash-completion/completions/stacktop; complete -p stacktop" >&2
  ! command -v systemd-analyze >&2 || systemd-analyze verify stacktop-watch.service stacktop-wall@tty8.service >&2
  ! ls /etc/systemd/system/*.wants | grep stacktop
  mkdir -p /etc/stacktop && echo "{}" >/etc/stacktop/stacktop.yaml
  dpkg --purge stacktop >&2
  find /etc /usr/bin /usr/share /usr/lib/systemd -xdev -newer /before -iname "*stacktop*"
'
"""


def test_it_is_installed_and_removed(package, tmp_path):
    """dpkg itself, with the dependencies of this machine."""
    argv = ["unshare", "--mount", "--pid", "--fork", "bash", "-c", INSTALL, "install", str(tmp_path), str(package)]
    if subprocess.run([*argv[:4], "bash", "-c", INSTALL.split("cp ")[0], "overlay", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("an overlay cannot be mounted here")
    assert run(*argv).splitlines() == ["stacktop 0.1.0", "/etc/stacktop", "/etc/stacktop/stacktop.yaml"]


def test_two_builds_are_the_same(package, tmp_path_factory):
    # of the first copy: somebody may have gone on with the tree meanwhile
    other = build(tmp_path_factory.mktemp("second-and-longer"), package.parents[1] / "source")
    assert hashlib.sha256(package.read_bytes()).hexdigest() == hashlib.sha256(other.read_bytes()).hexdigest()
