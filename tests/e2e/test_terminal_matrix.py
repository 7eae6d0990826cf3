"""What every screen must have, on each kind of terminal, in each locale, with and without colour, at each size.
tests/unit/ui/test_screen_matrix.c draws them all in memory; here each kind of terminal shows some, and
test_terminal_matrix_long.py all of them."""

import pytest

from terminal_matrix import COMBINATIONS, SIZES, look, platform

BESIDE = "others"


@pytest.mark.parametrize("term, locale, no_color", COMBINATIONS)
def test_each_size(config, term, locale, no_color):
    sizes = SIZES if term == "linux" else SIZES[:3]
    look(platform(config), term, locale, no_color, sizes)
