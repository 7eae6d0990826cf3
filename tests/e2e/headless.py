"""Actions without the screen: a plan, its application, and what the audit log says of it."""

from stacktop import OK, stacktop
from witness import Audit

FAILED, UNKNOWN, PARTLY, USAGE = 1, 2, 3, 64


def plan(config, *words, status=OK, **options):
    """The plan as JSON; what was printed, if it is to fail."""
    run = stacktop("-c", config, "plan", "--json", *words, **options)
    assert run.status == status, run
    return run.json if status == OK else run.stdout + run.stderr


def plan_at(*place):
    """The same of one target, and of more words that are always there."""
    def made(config, action, *words, **options):
        return plan(config, action, *place, *words, **options)
    return made


def apply(config, planned, status=OK, **options):
    """What was printed."""
    run = stacktop("-c", config, "apply", planned["hash"], "--confirm", planned["phrase"], **options)
    assert status in (None, run.status), run
    return run.stdout + run.stderr


def said(text):
    """Without line breaks: sentences are wrapped."""
    return " ".join(text.split())


def recorded(folder, action, result):
    """The intent and the outcome of the only action."""
    intent, ended = Audit(folder / "state").only()
    assert (intent["action"], ended["action"], ended["result"]) == (action, action, result), ended
    return intent, ended
