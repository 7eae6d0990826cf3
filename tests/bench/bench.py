#!/usr/bin/python3
"""`./run bench`: measures stacktop on a running sandbox, each figure next to that of a peer in the same run.

    bench.py --stacktop BINARY --state SANDBOX [check] [cost] [start] [keys] [groups] [delete] [postgres]
             [redis] [lag] [events] [--before OLDER]

With --before, only BINARY beside OLDER, an older build, unless parts are named. Ratios and medians; a figure that misses
its target is marked, and the exit status is then 1. The machine should be otherwise idle.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "tests/e2e"))

import yaml  # noqa: E402

import before  # noqa: E402
import checks  # noqa: E402
import deletes  # noqa: E402
import events  # noqa: E402
import groups  # noqa: E402
import kafka_requests  # noqa: E402
import postgres  # noqa: E402
import redis_commands  # noqa: E402
import screens  # noqa: E402
from figures import Table  # noqa: E402

PARTS = ("check", "cost", "start", "keys", "groups", "delete", "postgres", "redis", "lag", "events")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stacktop", type=Path, required=True)
    options.add_argument("--state", type=Path, required=True)
    options.add_argument("--before", type=Path)
    options.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    options = options.parse_args()
    state = json.loads((options.state / "state.json").read_text())
    state["folder"] = str(options.state)
    config = options.state / "stacktop.yaml"
    parts = options.parts or (["before"] if options.before else PARTS)
    kafka = state["parts"]["kafka"]["status"] == "up"
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        if options.before:
            before.measure(table, options.stacktop, options.before, state, folder)
        if "check" in parts:
            checks.measure(table, options.stacktop, state, ROOT)
        if "start" in parts:
            screens.starts(table, options.stacktop, config)
        if "keys" in parts:
            screens.keys(table, options.stacktop, yaml.safe_load(config.read_text()), folder)
        if "cost" in parts:
            screens.cost(table, options.stacktop, config)
        if "delete" in parts:
            deletes.measure(table, options.stacktop, state, folder)
        if "postgres" in parts:
            postgres.measure(table, options.stacktop, state, ROOT, folder)
        if "redis" in parts:
            redis_commands.measure(table, options.stacktop, folder)
        if "lag" in parts:
            kafka_requests.measure(table, options.stacktop, folder)
        if "events" in parts:
            events.measure(table, options.stacktop, folder)
        if "groups" in parts and kafka:
            groups.measure(table, options.stacktop, state, ROOT, folder)
        elif "groups" in parts:
            print(f"not measured: groups, for {state['parts']['kafka']['reason']}")
    if table.missed:
        sys.exit("missed: " + "; ".join(table.missed))


if __name__ == "__main__":
    main()
