"""Imports the sandbox's modules that fetch servers in other versions than the system's."""

import sys

from stacktop import ROOT

sys.path.insert(0, str(ROOT / "sandbox"))

from stack import servers  # noqa: E402, F401
from stack.part import Absent  # noqa: E402, F401
