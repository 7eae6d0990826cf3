"""The workload: one process that does what mode.json says, and reports in workload.json how far it is."""

import sys

from .part import Part
from .state import read_json


class Workload(Part):
    name = "workload"
    stop_seconds = 4

    def command(self):
        (self.state.folder / "workload.json").unlink(missing_ok=True)
        return [sys.executable, "-m", "stack.service_workload", str(self.state.folder)]

    def answers(self):
        return not self.behind(self.state.mode()["seq"])

    def behind(self, seq, parts=None):
        """{part: reason} for parts whose actors do not follow the mode with this number yet."""
        news = read_json(self.state.folder / "workload.json")
        if news is None:
            return {"workload": "has not reported yet"}
        return {part: news["errors"].get(part, "under way") for part, seen in news["seen"].items()
                if seen < seq and (parts is None or part in parts)}
