"""The user that PostgreSQL and pgbouncer run as: both refuse to run as root."""

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
    raise Absent("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def prefix(user, folder):
    """The prefix of a command that runs it as this user.

    The state may be below a folder that only root may enter. The user then gets the right to pass
    through, and access to nothing but the sandbox."""
    if not user:
        return []
    words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if subprocess.run([*words, "test", "-x", str(folder)], check=False, stderr=subprocess.DEVNULL).returncode:
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return words
