"""What is claimed, and how far the claim was decided.

A claim is a list of equations between arrays of expressions: what the library computes, and what SymPy's derivative of its
forward pass says.  It is decided in every region, entry by entry:

    proven for all inputs          the difference is 0 in normal form: for all real numbers in all regions
    exact at n rational points     the normal form was too large; the difference is 0 there in exact fractions
    numerical only                 neither: the difference is 0 to rounding at random points, like in `minigan certify`
    WRONG                          the difference is not 0 at some point
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigan.layers.tree import leaves
from minigan.measure.symbolic.number import Number
from minigan.measure.symbolic.points import evaluate, random_values, rational_point
from minigan.measure.symbolic.regions import regions
from minigan.measure.symbolic.stage import TwoFormulas, on_symbols
from minigan.measure.symbolic.tower import TooHard, Tower

PROVEN, EXACT, NUMERICAL, WRONG = "proven for all inputs", "exact at {} rational points", "numerical only", "WRONG"
ORDER = (PROVEN, EXACT, NUMERICAL, WRONG)  # from the strongest
POINTS = 20
SECONDS = 60.0  # for the normal forms of one claim


class Equation(NamedTuple):
    """got = expected, entry by entry; `where` names the entry with a flat index."""

    name: str
    got: Any
    expected: Any


class Claim(NamedTuple):
    """Equations about one subject, for a tower of symbols in one region."""

    section: str
    subject: str
    statement: str
    sample: str
    equations: Callable[[Tower], Iterable[Equation]]

    @property
    def title(self) -> str:
        """The claim in one line."""
        return f"{self.section}: {self.subject}, {self.statement}, {self.sample}"


class Result(NamedTuple):
    """How far a claim was decided: the weakest verdict of its entries, in how many regions, and in what time."""

    verdict: str
    regions: int
    entries: int
    seconds: float
    detail: str = ""

    @property
    def wrong(self) -> bool:
        """True if the claim does not hold."""
        return self.verdict == WRONG

    @property
    def text(self) -> str:
        """The verdict as it is printed."""
        return self.verdict.format(POINTS)


def prove(claim: Claim, seconds: float = SECONDS) -> Result:
    """Decide the claim in all its regions.  An exception in the code that is proven counts as wrong."""
    began, verdicts, entries, visited, detail = time.process_time(), [PROVEN], 0, 0, ""
    try:
        for region in regions():
            visited += 1
            tower = Tower(region, began + seconds)
            with on_symbols():
                for equation in claim.equations(tower):
                    found, place, count = decide(tower, equation)
                    entries += count
                    if ORDER.index(found) > ORDER.index(max(verdicts, key=ORDER.index)):
                        detail = place
                    verdicts.append(found)
            if WRONG in verdicts:
                break
    except TooHard as error:
        verdicts, detail = [*verdicts, NUMERICAL], f"{error}: see `minigan certify`"
    except TwoFormulas as error:
        verdicts, detail = [*verdicts, WRONG], str(error)
    except Exception as error:
        verdicts, detail = [*verdicts, WRONG], f"{type(error).__name__}: {error}"
    return Result(max(verdicts, key=ORDER.index), visited, entries, time.process_time() - began, detail)


def decide(tower: Tower, equation: Equation) -> tuple[str, str, int]:
    """-> the weakest verdict of all entries, where it was found, and the number of entries."""
    worst, place, count = PROVEN, "", 0
    for name, got, expected in _pairs(equation):
        if got.shape != expected.shape:
            return WRONG, f"{name} has shape {got.shape} where {expected.shape} was expected", count
        for index in np.ndindex(*got.shape):
            count += 1
            found = _entry(tower, got[index], expected[index])
            if ORDER.index(found) > ORDER.index(worst):
                worst, place = found, f"{name}{list(index) if index else ''}"
    return worst, place, count


def _pairs(equation: Equation) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for i, (got, expected) in enumerate(zip(leaves(equation.got), leaves(equation.expected), strict=True)):
        if got is not None or expected is not None:
            got = 0 * expected if got is None else got  # a gradient that is None is 0
            yield f"{equation.name}{i or ''}", np.asarray(got, object), np.asarray(expected, object)


def _entry(tower: Tower, got: Any, expected: Any) -> str:
    p = (Number.of(got, tower) - expected).p
    if not p:
        return PROVEN
    if _rounds_to_zero(tower, p, 2) is False:  # a wrong gradient needs no normal form
        return WRONG
    try:
        if tower.zero(p):
            return PROVEN
    except TooHard:
        if _exact(tower, p):
            return EXACT
    return NUMERICAL if _rounds_to_zero(tower, p) else WRONG


def _exact(tower: Tower, p: Any) -> bool:
    """Is p 0 at POINTS rational points, in fractions?  False, too, where even that is too large."""
    rng = np.random.default_rng(0)
    kept, tower.deadline = tower.deadline, time.process_time() + SECONDS
    try:
        return all(tower.zero(p, rational_point(tower, rng)) for _ in range(POINTS))
    except (TooHard, ZeroDivisionError):
        return False
    finally:
        tower.deadline = kept


def _rounds_to_zero(tower: Tower, p: Any, points: int = POINTS) -> bool | None:
    """Is |p| below 1e-9 of the size of its terms at random points?  None if too few of them have a value."""
    seen = 0
    for k in range(50 * points):
        try:
            with np.errstate(all="ignore"):
                values = random_values(tower, k)
                value, size = evaluate(tower, p, values)
        except (ZeroDivisionError, OverflowError):
            continue
        if math.isfinite(value) and math.isfinite(size):
            seen += 1
            if abs(value) > 1e-9 * size:
                return False
        if seen == points:
            return True
    return None
