"""The user that PostgreSQL and pgbouncer run as: both refuse to be root."""

import os
import pwd
import subprocess

from .part import Absent


def server_user():
    """None: ourselves."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Absent("PostgreSQL must not run as root, and there is no user postgres or nobody")


def prefix(user, folder):
    """What a command begins with to run as this user.

    The state may lie below a folder that only root may enter. The user is then given the right to
    pass through (and no more than the sandbox is there to be touched by it)."""
    if not user:
        return []
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if subprocess.run([*words, "test", "-x", str(folder)], check=False, stderr=subprocess.DEVNULL).returncode:
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return words
