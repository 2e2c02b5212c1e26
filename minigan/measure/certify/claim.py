"""What the certificate is made of: claims.

A claim says of one subject (a layer, a loss, an optimizer), at one sample, that one thing holds, and knows how to find out.
`minigan certify` runs them all and prints the worst of each; pytest runs the very same list, one test a claim.
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from minigan.gradcheck import Check, compare


class Claim(NamedTuple):
    """`checks()` decides; the rest is its address: layers / Conv2d / second order / Conv2d(2, 3, 3) on (2, 5, 7, 2)."""

    section: str
    subject: str
    verb: str
    sample: str
    checks: Callable[[], Iterable[Check]]

    @property
    def title(self) -> str:
        return f"{self.subject}, {self.verb}, {self.sample}"

    def run(self) -> list[Check]:
        """The checks; an exception is a failed check, so that one broken layer does not hide the others."""
        try:
            return list(self.checks())
        except Exception as error:
            return [Check(self.verb, math.inf, 0.0, f"{type(error).__name__}: {error}")]


class Finding(NamedTuple):
    claim: Claim
    check: Check

    @property
    def share(self) -> float:
        """How much of its bound the error uses up: above 1 it fails.  NaN counts as infinitely bad."""
        error, bound = self.check.error, self.check.bound
        if math.isnan(error):
            return math.inf
        return error / bound if bound else (math.inf if error else 0.0)

    def __str__(self) -> str:
        return f"{self.claim.title}: {self.check}"


def same(name: str, got, expected) -> Check:
    """Equal to the last bit."""
    return compare(name, got, expected, 0.0)


def holds(name: str, truth: bool, detail: str) -> Check:
    """A yes or a no, as an error of 0 or 1."""
    return Check(name, 0.0 if truth else 1.0, 0.0, detail)


def arrays(*things) -> list[np.ndarray]:
    """All arrays inside nested tuples, lists and None, in order."""
    found = []
    for thing in things:
        if isinstance(thing, np.ndarray):
            found.append(thing)
        elif isinstance(thing, tuple | list):
            found += arrays(*thing)
    return found
