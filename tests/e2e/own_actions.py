"""Plans and applies actions of the configuration without the screen."""

from stacktop import OK, stacktop

FAILED, UNKNOWN, PARTLY = 1, 2, 3


def plan(config, *words, status=OK):
    run = stacktop("-c", config, "plan", *words, "--json")
    assert run.status == status, run
    return run.json if status == OK else run


def apply(config, planned, status=OK):
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"])
    assert run.status == status, run
    return run


def said(run):
    """What it printed, without line breaks: sentences are wrapped."""
    return " ".join((run.stdout + run.stderr).split())
