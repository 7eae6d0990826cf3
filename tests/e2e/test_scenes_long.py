"""Each scene of the sandbox as a person sees it (scenes.py): those that take longer than the ones in
test_scenes.py."""

import re

import pytest

from overview import overview
from scenes import LOOKS, SCENES, configure, is_well, play
from test_scenes import QUICK


@pytest.fixture
def watched(calm, tmp_path):
    return configure(calm, tmp_path)


@pytest.mark.parametrize("name", [name for name in SCENES if name not in QUICK])
def test_a_scene_is_reported(calm, watched, name):
    with overview(watched, columns=120, rows=36) as o:
        play(SCENES[name], calm, o, LOOKS[name])


def test_in_80_columns(calm, watched):
    """Two faults, one after the other, on the smallest screen: pane, verdict and event still show them. Without
    Memcached, because a seventh pane leaves two lines for the events, too few for a reason."""
    watched.write_text(re.sub(r"^memcached:\n(  .*\n)+", "", watched.read_text(), flags=re.M))
    with overview(watched, columns=80, rows=24) as o:
        play(SCENES["api-down"], calm, o)
        play(SCENES["db-full"], calm, o)


def test_what_lasts_gets_critical(calm, watched):
    """Others wait for longer than blocking_critical: the same finding with a higher severity, as a new event."""
    text = watched.read_text()
    watched.write_text(re.sub(r'(name: ecap, dsn: "[^"]*")', r"\1, blocking: 1s, blocking_critical: 5s", text))
    with overview(watched, columns=200, rows=50) as o:
        o.wait(is_well)
        calm.scene("db-hog")
        o.wait(lambda o: o.verdict == "1 WARN" and o.pane("PostgreSQL").state == "!")
        o.wait(lambda o: o.verdict == "1 CRIT" and o.pane("PostgreSQL").state == "!!")
        assert [mark for mark, _ in o.events] == ["!!"], o.events  # one finding, one line
        assert re.search(r"\(since \d\d:\d\d:\d\d\)", o.events[0][1]), o.events
        (root,), = calm.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ecap-batch'")
        assert f"ecap pid {root} idle in transaction" in o.sentence
        waiting = behind(root, dict(calm.sql("SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity")))
        assert len(waiting) == 3
        o.wait(lambda o: all(str(pid) in o.pane("PostgreSQL").text for pid in waiting))  # the tree, whole


def behind(root, blockers):
    """Sessions that wait for it, also indirectly; the workload's sessions wait for each other too."""
    found = {root}
    while more := {pid for pid, by in blockers.items() if found & set(by)} - found:
        found |= more
    return found - {root}
