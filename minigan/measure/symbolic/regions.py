"""Every region of a piecewise function: run the code once for each answer to its comparisons.

`x > 0` has two answers on a symbol.  The first run answers yes to each comparison that it meets.  Then the last answer that was
yes becomes no and the code runs again, until all are no: a search through the tree of answers, as in symbolic execution.  Answers
are remembered by the polynomial that is compared with 0, so a backward pass is given the answer of its forward pass.

What is proven in a region is proven where all its comparisons hold strictly.  The kinks themselves, where a derivative is a
convention, are left to the tests.  A combination of answers that no number satisfies is harmless: there it says nothing.
"""

from collections.abc import Iterator
from typing import Any

MOST = 600  # regions of one claim


class Region:
    """The answers of one run: the first are given, all later ones are yes."""

    def __init__(self, answers: tuple[int, ...] = ()):
        self.given, self.answers = answers, {}  # type: tuple[int, ...], dict[Any, int]

    def sign(self, key: Any) -> int:
        """The sign of the polynomial with this key, 1 or -1."""
        if key not in self.answers:
            n = len(self.answers)
            self.answers[key] = self.given[n] if n < len(self.given) else 1
        return self.answers[key]


def regions() -> Iterator[Region]:
    """All regions, one after the other; the caller runs the code in each before it takes the next."""
    answers: tuple[int, ...] = ()
    for _ in range(MOST):
        region = Region(answers)
        yield region
        found = list(region.answers.values())
        while found and found[-1] < 0:
            found.pop()
        if not found:
            return
        answers = (*found[:-1], -1)
    raise ValueError(f"more than {MOST} regions: choose a smaller case")
