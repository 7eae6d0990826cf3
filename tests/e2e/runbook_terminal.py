"""A runbook in a terminal, as a person runs it: choices, phrases, and what its end left behind."""

import re

from stacktop import OK, stacktop
from witness import Audit


def choose(terminal, text, number):
    """Answers the question, once its prompt is the last line."""
    last = re.compile(rf"{re.escape(text)}(?:(?!Enter alone to leave).)*Enter alone to leave:\s*\Z", re.S)
    terminal.wait_for(last, 60)
    terminal.press(str(number), "Enter")


def agree(terminal, action):
    """Types the phrase of the plan that `apply` shows."""
    terminal.wait_for(re.compile(r"Type `([^`]+)` to apply the plan[^`]*: *$", re.M), 40)
    phrase = re.findall(r"Type `([^`]+)` to apply", terminal.screen.text)[-1]
    terminal.press(*phrase, "Enter")


def ends_well(terminal, folder, *actions):
    terminal.wait_for(re.compile(r"^Run \S+: \w+", re.M), 120, alive=False)
    assert terminal.wait_exit(20) == OK, terminal.show()
    records = Audit(folder / "state").records
    intents, outcomes = ([each for each in records if each["event"] == event] for event in ("intent", "outcome"))
    assert sorted(each["id"] for each in intents) == sorted(each["id"] for each in outcomes)
    done = [each["action"] for each in outcomes if not each["action"].startswith("runbook.")]
    assert done == list(actions), done
    assert all(each["result"] in ("done", "skipped") for each in outcomes), outcomes
    assert "done" in stacktop("-c", folder / "stacktop.yaml", "runbook", "runs").stdout


def chooses_not_done(terminal):
    """At a step whose action was not done: the person says so, and the run goes on with `otherwise`."""
    choose(terminal, "it is not done: continue with `otherwise`", 2)


def records(folder):
    """The outcomes of actions, without those of steps."""
    return [each for each in Audit(folder / "state").records
            if each["event"] == "outcome" and not each["action"].startswith("runbook.")]


def as_superuser(sandbox):
    """{old: new}: the target with the superuser, who may restore an extension and reset its statistics."""
    passwords = sandbox.state["passwords"]
    return {f"ecap_user:{passwords['ecap_user']}@": f"postgres:{passwords['postgres']}@"}
