"""Runs the workload, as mode.json says. workload.json has the mode that it follows.

    python3 -m stack.service_workload STATE
"""

import sys

from .actors_kafka import Billing, Stream
from .actors_postgres import Bloat, Holder, Orders, Slots, Waiters
from .actors_redis import Cache, Script
from .actors_web import Visitors
from .crew import Crew
from .state import State

# The part that each actor needs.
ACTORS = {"postgres": [Orders, Waiters, Holder, Slots, Bloat], "redis": [Cache, Script], "api": [Visitors],
          "kafka": [Stream, Billing]}


def main():
    state = State(sys.argv[1])
    there = {part: kinds for part, kinds in ACTORS.items() if state.part(part)["status"] != "absent"}
    Crew(state, "workload", there).run()


if __name__ == "__main__":
    main()
