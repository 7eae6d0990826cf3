"""All of test_terminal_matrix.py: each kind of terminal in each locale, with and without colour, at each size."""

import pytest

from terminal_matrix import ALL, look, platform

BESIDE = "others"


@pytest.mark.parametrize("term, locale, no_color", ALL)
def test_each_size(config, term, locale, no_color):
    look(platform(config), term, locale, no_color)
