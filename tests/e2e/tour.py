"""Writes docs/tour.md and docs/newcomers-test.md: every scene of a running sandbox, as an operator sees it.

    /usr/bin/python3 tests/e2e/tour.py --state DIR --stacktop build/release/stacktop

`./run tour` builds, starts a sandbox and does this. Each picture is the screen of the program in a terminal of 120x36; nothing is
edited but the names of this host and its paths."""

import argparse
import os
import re
import socket
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

COLUMNS, ROWS = 120, 36
WATCHED, RATES = 16, 6  # seconds before the scene, and in it

# What a person is to find, in the words of the screen: (what is wrong, what to press).
SAID = {
    "api-down": ("the service api is stopped: its port refuses connections", "`B`: start"),
    "api-slow": ("the service api answers, but after 6 s", "`l` shows requests of 6 s; `R`: restart"),
    "bad-deploy": ("the service api answers 503 since release 2: a column is missing", "`P`: roll back"),
    "crash-loop": ("the service api ends at once, with exit code 1, and is started again and again: a setting of release 3 is wrong",
                   "`l` shows why; `P`: roll back"),
    "oom": ("the service dashboard is OOM-killed at its limit of 64 MB", "`M`: set the memory limit"),
    "log-storm": ("the service dashboard logs more than a thousand errors per second", "`l`, `t`: which; `R`: restart"),
    "db-hog": ("a session of PostgreSQL is idle in transaction and blocks three others", "`T`: terminate the session"),
    "db-full": ("nearly all connections of PostgreSQL are in use, most by ecap-pool-*", "`U`: who uses them; Enter: disconnect them"),
    "slot-holds-wal": ("a replication slot that nobody reads retains WAL", "`:postgres.drop-slot ecap`"),
    "bloat": ("a session of the report is idle in transaction: its old snapshot stops VACUUM", "`T`: terminate the session"),
    "replica-lag": ("the standby receives WAL and does not replay it: its replay is paused",
                    "`:postgres.resume-replay standby`"),
    "lag": ("the consumers read far less than is written: the lag of the group is above 10,000", "`1`, the row streaming, `R`"),
    "stuck-consumer": ("the members of the group hold their partitions and commit nothing", "`1`, the row streaming, `R`"),
    "skew": ("one partition gets nearly all messages, two consumers are idle", "`1`, the row streaming, `R`"),
    "hung-transaction": ("an open transaction holds the group back; its consumers are fine", "`3`, `v`, *Transactions*"),
    "redis-full": ("the cache is full and evicts keys", "`M`: set the memory limit"),
    "memory-prefix": ("the cache is full and may not evict", "`:redis.memory cache` shows which keys; `D`: delete them"),
    "slow-script": ("the cache runs a script and answers nothing else", "`:redis.script-kill cache`"),
    "cert-expiring": ("the gateway uses a certificate that expires in less than 3 days", "`R`: restart, which loads the new one"),
    "disk-full": ("a file system is 90% full", "`U`: what uses it; Enter: truncate the deleted log"),
}


def unplaced(text, folder):
    """The directory of the sandbox is that of this machine; a path that is cut may end within it."""
    other = ("/srv/ecap/sandbox/platform/" + "x" * len(folder))[:len(folder)]
    text = text.replace(folder, other)
    for length in range(len(folder) - 1, 7, -1):
        text = text.replace(folder[:length] + "…", other[:length] + "…")
    return text


def picture(terminal, host, folder):
    text = "\n".join(row.rstrip() for row in terminal.screen.rows)
    text = re.sub(r"[\w.-]+@" + re.escape(host), lambda found: "ops@bastion1".ljust(len(found.group(0)))[:len(found.group(0))], text)
    return unplaced(text, folder).replace(str(Path.home()), "~")


def since(text):
    """The onset as the screen has it: with the finding, else, where that is cut, with its event; "" if neither has it."""
    first = text.splitlines()[1]
    found = re.search(r"since (\d\d:\d\d:\d\d)", first)
    if found:
        return found.group(1)
    words = set(first.split()[1:4])
    events = [(line.group(1), line.group(2)) for line in re.finditer(r"│(\d\d:\d\d:\d\d) (?:!!|!) +(\S+)", text)]
    return next((time for time, subject in events if subject in words), "")


def offers(text, what):
    """Whether the bottom line has the key with which the fix begins."""
    key = what.to_fix[0] if what else ""
    return len(key) == 1 and key.isupper() and re.search(rf"[ :] {key} \S", text.splitlines()[-1]) is not None


def fence(text):
    return f"```\n{text}\n```\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--state", required=True, help="directory of a running sandbox")
    parser.add_argument("--stacktop", required=True, help="the program")
    parser.add_argument("--docs", default=str(HERE.parents[1] / "docs"), help="where to write")
    parser.add_argument("--captures", help="a folder for the screens of the newcomer's test, without answers")
    parser.add_argument("--scenes", help="only these, separated by commas; nothing is written")
    return parser.parse_args()


def visit(sandbox, scene, what, config, host):
    """The overview in the scene, and the page that shows the cause. The dashboard has watched the calm platform before."""
    import scenes_fixed
    from stacktop import dashboard

    if what and what.within:
        sandbox.scene(scene)
    with dashboard(config, columns=COLUMNS, rows=ROWS) as terminal:
        terminal.wait_for(re.compile("all ok|CRIT|WARN"), 60)
        terminal.settle(5, WATCHED)  # a screen changes each second
        if not (what and what.within):
            sandbox.scene(scene)
        terminal.wait_for(re.compile(what.sign if what else "held back"), 60)
        terminal.settle(5, RATES)
        terminal.settle(0.3, 3)
        overview = picture(terminal, host, str(sandbox.folder))
        cause = None
        if what and what.to_cause:
            scenes_fixed.press(terminal, what.to_cause)
            terminal.wait_for(re.compile(what.cause), 30)
            terminal.settle(0.3, 3)
            cause = picture(terminal, host, str(sandbox.folder))
        terminal.press("Esc", "Esc", "Esc", "q")
        terminal.wait_exit(10)
    return overview, cause


def main():
    options = arguments()
    os.environ["STACKTOP_BIN"] = os.path.abspath(options.stacktop)
    import keys
    import scenes_fixed
    from sandbox import Sandbox

    sandbox, host = Sandbox(options.state), socket.gethostname().split(".")[0]
    wanted = options.scenes.split(",") if options.scenes else list(SAID)
    tour, test, answers, missing, seen_onset, seen_key = [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for number, scene in enumerate(wanted, 1):
            print(f"{number}/{len(wanted)} {scene}", file=sys.stderr, flush=True)
            sandbox.scene("calm")
            try:
                what = scenes_fixed.FIXES.get(scene)
                if what and what.within:
                    sandbox.scene(scene)  # the configuration has the standby
                configure = keys.configure_disk if scene == "disk-full" else keys.configure
                overview, cause = visit(sandbox, scene, what, configure(sandbox, folder), host)
            except AssertionError as error:
                print(f"{scene}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
                missing.append(scene)
                continue
            if options.scenes:
                print(overview, cause or "", sep="\n")
                continue
            wrong, press = SAID[scene]
            seen, plan, proof = scenes_fixed.counts(what) if what else (0, None, None)
            spent = f"to the plan of the fix: {plan}; to the proof: {proof}" if what else "its fix is not in the dashboard"
            tour.append(f"## {scene}\n\n{wrong[0].upper()}{wrong[1:]}. Keys to the cause: {seen}; {spent}. "
                        f"{press}.\n\n{fence(overview)}" +
                        (f"\nAfter {', '.join(f'`{key}`' for key in what.to_cause)}:\n\n{fence(cause)}" if cause else ""))
            test.append(f"## Screen {number}\n\n{fence(overview)}")
            if options.captures:
                Path(options.captures).mkdir(parents=True, exist_ok=True)
                Path(options.captures, f"{number:02}.txt").write_text(overview + "\n")
            onset, key = since(overview), offers(overview, what)
            seen_onset += [scene] if onset else []
            seen_key += [scene] if key else []
            answers.append(f"| {number} | {wrong} | {onset or '`f` says it'} | {press} | {'yes' if key else 'no'} | {scene} |")
        sandbox.scene("calm")
    if missing:
        sys.exit(f"nothing was written: {', '.join(missing)} did not show what {'it' if len(missing) == 1 else 'they'} should")
    if options.scenes:
        return
    docs = Path(options.docs)
    docs.joinpath("tour.md").write_text(TOUR.format(scenes="\n".join(tour)))
    docs.joinpath("newcomers-test.md").write_text(TEST.format(
        screens="\n".join(test), answers="\n".join(answers), count=len(test), onset=len(seen_onset), key=len(seen_key)))


TOUR = """# A tour of the scenes

Each scene of the [sandbox](sandbox.md) as the dashboard shows it at 120x36, with the keys to its cause and to its fix. `./run tour` writes
this page: the pictures are real screens. The cursor stands on the row of the worst finding from the start, and the bottom line offers
what helps with it; the numbers of keys are those that `tests/e2e/scenes_fixed.py` tests. What a plan asks to type is not counted.

{scenes}"""

TEST = """# The newcomer's test

Each screen below is the whole dashboard at 120x36 during an incident. For each, answer within a minute, without reading anything else:
**what is wrong, since when, and what would you press?** `./run tour` makes the screens; the answers are at the end.

{screens}
## Answers

| screen | what is wrong | since (onset) | what to press | in the bottom line | scene |
|---|---|---|---|---|---|
{answers}

What a program finds on these screens: the second line names what is wrong on {count} of {count}, the onset is on {onset} of {count} (with
the finding or its event), and the bottom line offers the key with which the fix begins on {key} of {count}. The others need a key that
leads there (`l`, `U`, `:`, or the pane of the service).

## What a reader found

On 28 November 2026 somebody who had never seen stacktop, a language model without any document, read the screens of that day:
what is wrong 20 of 20, since when 20 of 20, the cause 16 of 20, a first key that leads to the fix 14 of 20. The cause is not on the screens of
2 (a slow answer), 6 (a log storm: it is in the log) and 20 (what fills the disk); on 12 it took a slow consumer for a burst of the producer. Keys: on
12 to 15 (Kafka) it opened the page of the group, which names the member, but not the service to restart or the open transaction; on 17 it wanted the old policy back
instead of the keys that fill the memory; on 6 the bottom line lacked `l logs`, which now comes before further actions.
"""

if __name__ == "__main__":
    main()
