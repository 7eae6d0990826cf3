"""Downloads from package registries: once, into a directory that all sandboxes share."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

from .part import Absent
from .state import ROOT


def folder():
    """$STACKTOP_SANDBOX_CACHE, or build/sandbox-kafka in the checkout."""
    return Path(os.environ.get("STACKTOP_SANDBOX_CACHE") or ROOT / "build/sandbox-kafka").resolve()


def get(name, fetch):
    """The directory of that name in the cache. If it is missing, fetch(incoming) fills an empty directory, which is
    then renamed. Raises what fetch raises; the cache is then unchanged."""
    cache = folder()
    wanted = cache / name
    if not wanted.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with open(cache / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not wanted.is_dir():
                incoming = cache / "incoming"
                shutil.rmtree(incoming, ignore_errors=True)
                incoming.mkdir()
                fetch(incoming)
                incoming.rename(wanted)
    return wanted


def run(command, client, what, log, seconds, env=None):
    """Runs a package client; its output goes to the log. Raises Absent if it fails."""
    with open(log, "w") as output:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                    cwd=folder(), env=env, timeout=seconds, check=False).returncode
        except subprocess.TimeoutExpired:
            raise Absent(f"{client} did not fetch {what} within {seconds} s") from None
    if status:
        raise Absent(f"{client} could not fetch {what}: {_reason(log)}")


def _reason(log):
    errors = [line for line in Path(log).read_text(errors="replace").splitlines() if "ERROR" in line]
    return re.sub(r"\x1b\[[0-9;]*m|\[ERROR\]|ERROR:", "", errors[0]).strip()[:300] if errors else f"see {log}"
