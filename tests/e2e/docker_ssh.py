"""What the tests of engines by ssh share."""

from pathlib import Path

from stacktop import write_config


def of(endpoint, folder, **more):
    options = {"endpoint": endpoint} if endpoint else {}
    return write_config(folder, docker=[{"name": "engine", **options, **more}], hosts=[], interval="500ms", environment="staging",
                        state=str(folder / "state"))


def no_child_is_left(name="dial-stdio"):
    """Of this user's: ssh and what it started."""
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().split(b"\0")
        except OSError:
            continue
        if name.encode() in words:
            lines.append(b" ".join(words))
    return not lines
