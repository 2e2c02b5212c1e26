"""The certificate is a list of claims.

A claim states one property of one subject (a layer, a loss, an optimizer) at one sample, and can check it.  `minigan certify`
runs all claims and prints the worst check of each; pytest runs the same list, one test for each claim.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from minigan.gradcheck import Check, compare


class Claim(NamedTuple):
    """One property of one subject; `checks()` decides whether it holds.

    The other fields identify the claim, e.g. layers / Conv2d / second order / Conv2d(2, 3, 3) on (2, 5, 7, 2).
    """

    section: str
    subject: str
    verb: str
    sample: str
    checks: Callable[[], Iterable[Check]]

    @property
    def title(self) -> str:
        """The claim in one line, without its section."""
        return f"{self.subject}, {self.verb}, {self.sample}"

    def run(self) -> list[Check]:
        """Run the checks.  An exception counts as a failed check: one broken layer does not hide the others.

        So does an undecided one: a certificate has no doubts, and a sample at a kink should be replaced by another.
        """
        try:
            return [check._replace(doubt=0.0) for check in self.checks()]
        except Exception as error:
            return [Check(self.verb, math.inf, 0.0, f"{type(error).__name__}: {error}")]


class Finding(NamedTuple):
    """One check of a claim, after the claim was run."""

    claim: Claim
    check: Check

    @property
    def share(self) -> float:
        """error / bound: above 1 the check fails.  A NaN counts as infinite."""
        error, bound = self.check.error, self.check.bound
        if math.isnan(error):
            return math.inf
        return error / bound if bound else (math.inf if error else 0.0)

    def __str__(self) -> str:
        return f"{self.claim.title}: {self.check}"


def same(name: str, got: Any, expected: Any) -> Check:
    """Check that two arrays are equal to the last bit."""
    return compare(name, got, expected, 0.0)


def holds(name: str, truth: bool, detail: str) -> Check:
    """Turn a yes or no into a check: its error is 0 or 1, its bound 0."""
    return Check(name, 0.0 if truth else 1.0, 0.0, detail)


def arrays(*things: Any) -> list[np.ndarray]:
    """All arrays inside nested tuples and lists, in order; anything else, such as None, is ignored."""
    found: list[np.ndarray] = []
    for thing in things:
        if isinstance(thing, np.ndarray):
            found.append(thing)
        elif isinstance(thing, tuple | list):
            found += arrays(*thing)
    return found
