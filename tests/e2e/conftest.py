"""Fixtures: a folder for a configuration, and the sandbox."""

import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

from stacktop import write_config  # noqa: E402


@pytest.fixture
def config(tmp_path):
    """config(services=[...]) or config("text"): the path of a configuration file."""
    return lambda text=None, **lists: write_config(tmp_path, text, **lists)
