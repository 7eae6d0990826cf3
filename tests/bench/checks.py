"""`stacktop check` against the guide's health check with command line tools, alternately."""

import os
import subprocess
import time
from pathlib import Path

from figures import median
from terminal import environment

ROUNDS, OURS_A_ROUND = 3, 10


def run(argv, env):
    start = time.perf_counter()
    subprocess.run([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False, env=env)
    return (time.perf_counter() - start) * 1000


def measure(table, stacktop, state, root):
    parts = state["parts"]
    ports = {f"{name.upper()}_PORT": str(parts[name]["port"])
             for name in ("api", "dashboard", "postgres", "kafka", "redis")}
    env = environment("dumb", {**ports, "PGPASSWORD": state["passwords"]["ecap_user"],
                               "KAFKA_TOOL": str(root / "sandbox/kafka-tool"), "STATE": state["folder"],
                               "PATH": os.environ["PATH"]})
    config = Path(state["folder"]) / "stacktop.yaml"
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(run([root / "tests/bench/guide_check.sh"], env))
        ours += [run([stacktop, "check", "-c", config], env) for _ in range(OURS_A_ROUND)]
    mine, guide = median(ours), median(theirs)
    table.add("check of the sandbox, median", f"{mine:.1f} ms", "< 60 ms", f"the guide's tools: {guide:.0f} ms",
              mine < 60)
    table.add("  times faster", f"{guide / mine:.0f} x", ">= 40 x", "", guide / mine >= 40)
