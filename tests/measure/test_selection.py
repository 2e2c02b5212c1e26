"""--only: full names, prefixes, several of them."""

import pytest

from minigan.measure.selection import select

NAMES = ("r1", "r1+r2", "ring/slow", "ring/fast")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (None, NAMES),
        ("", NAMES),
        ("ring", ("ring/slow", "ring/fast")),
        ("r1", ("r1",)),  # a full name is not a prefix
        ("r1+", ("r1+r2",)),
        ("ring/f, r1", ("r1", "ring/fast")),
        ("none", ()),
    ],
)
def test_full_names_and_prefixes(only, expected):
    assert select(iter(NAMES), only) == list(expected)
