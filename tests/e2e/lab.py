"""The lab: topologies in which faults show (docs/sandbox.md), with the commands and clients of the sandbox."""

import contextlib
import json
import os
import re
import sys

from sandbox import HOST, Sandbox
from stacktop import ROOT

sys.path.insert(0, str(ROOT / "sandbox"))

KAFKA = ("kafka-1", "kafka-2", "kafka-3")


class Lab(Sandbox):
    def ensure(self, *groups):
        """Starts these groups of parts (default: all), each in its role. Skips the test if one is not available."""
        self.run("up", "--lab", "--detach", *(["--only", ",".join(groups)] if groups else []), timeout=600)
        self.need(*(name for name, facts in self.state["parts"].items() if not groups or facts["group"] in groups))

    def target(self, kind, name):
        """The entry of a target in the lab's stacktop.yaml."""
        return next(target for target in self.targets[kind] if target["name"] == name)

    @property
    def targets(self):
        """{kind: [target]}, to choose what a test watches."""
        return json.loads((self.folder / "targets.json").read_text())

    def brokers(self, listener="port"):
        """bootstrap.servers for librdkafka; listener: port, sasl_port or ssl_port."""
        return ",".join(f"{HOST}:{self.state['parts'][name][listener]}" for name in KAFKA)

    def coordinators(self):
        """{group: the part that coordinates it}; each broker coordinates some of lab-1 to lab-6."""
        parts = {f"{HOST}:{self.port(name)}": name for name in KAFKA}
        text = self.kafka_tool("consumer-groups", "--describe", "--all-groups", "--state")
        return {group: parts[address] for group, address in re.findall(r"^(\S+) +(\S+:\d+) +\(\d+\)", text, re.M)}

    def is_settled(self):
        """Each partition in which groups are kept is led by its preferred broker, so no coordinator moves."""
        text = self.kafka_tool("topics", "--describe", "--topic", "__consumer_offsets")
        leaders = re.findall(r"Leader: (\d+)\s+Replicas: (\d+)", text)
        return leaders and all(leader == preferred for leader, preferred in leaders)

    def coordinator(self, group):
        return self.coordinators()[group]


@contextlib.contextmanager
def running(folder):
    """The lab in $STACKTOP_LAB, which keeps running, or a new one in the folder."""
    given = os.environ.get("STACKTOP_LAB")
    lab = Lab(given or folder)
    try:
        yield lab
    finally:
        if not given:
            lab.down()
