"""The workload: one process that does what mode.json says, and reports in workload.json how far it is."""

import sys

from . import crew
from .part import Part


class Workload(Part):
    name = "workload"
    stop_seconds = 4

    def command(self):
        crew.report(self.state, self.name).unlink(missing_ok=True)
        return [sys.executable, "-m", "stack.service_workload", str(self.state.folder)]

    def answers(self):
        return not self.behind(self.state.mode()["seq"])

    def behind(self, seq, parts=None):
        """{part: reason} for parts whose actors do not follow the mode with this number yet."""
        return crew.behind(self.state, self.name, seq, parts)
