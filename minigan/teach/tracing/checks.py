"""Is this derivative right at this point?  One random direction, two more evaluations, in float64.

A backward pass computes dx = J' c from the gradient c that arrives.  It is right if, for a direction u,

    d/ds <c, f(x + s u)> at s = 0   is   <dx, u>,   so   (<c, f(x + h u)> - <c, f(x - h u)>) / 2h   is close to   <dx, u>

and likewise for a direction u in each parameter.  One direction does not prove a derivative right, but a wrong one passes with
probability zero; and it is cheap enough to check every layer at the very point the training has reached.

At a kink (ReLU at 0, a tie in a maximum) there is no derivative to compare with.  The forward and the backward difference
disagree there, so such outputs are found, and their entries of c are set to zero.  A kink deep inside a composite layer is
harder to find, but it only spoils the steps h that reach it, while a wrong derivative is wrong at every h.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.differences import SECOND, Check
from minigan.teach.tracing.trees import dot, movable, norm, tree

STEPS = (1e-6, 1e-7, 1e-8)  # small, so that only few of a million pre-activations cross their kink

Claim = Callable[[Any], tuple[float, float]]


def compare(name: str, f: Callable[[float], Any], claim: Claim, c: Any) -> Check | None:
    """Check d/ds <c, f(s)> at s = 0 against central differences.

    Parameters
    ----------
    name : str
        The name of the check.
    f : callable
        s -> the outputs, in float64.
    claim : callable
        c -> (the derivative by the hand-written pass, the norm of the products that were summed to get it).
    c : array or tuple of arrays
        The gradient at the outputs.

    Returns
    -------
    Check or None
        None if there is nothing to compare: c is zero, or zero at every output that is not at a kink.
    """
    best = None
    for h in STEPS:
        check = _compare(name, f, claim, c, h)
        if check is None or check.ok:
            return check
        best = check if best is None or check.error < best.error else best
    return best


def _compare(name: str, f: Callable[[float], Any], claim: Claim, c: Any, h: float) -> Check | None:
    above, here, below = f(h), f(0.0), f(-h)
    c = tree(_off_kinks, c, above, here, below)
    if norm(c) == 0:
        return None
    measured = dot(c, tree(lambda a, b: (a - b) / (2 * h), movable(above), movable(below)))
    claimed, size = claim(c)
    values = norm(
        tree(np.multiply, c, movable(here))
    )  # a derivative far smaller than the values is lost in their rounding
    error = abs(measured - claimed) / max(abs(measured), size, 1e-2 * values, 1e-300)
    return Check(name, float(error), SECOND, f"along a random direction: {measured:.10g}, by hand {claimed:.10g}")


def _off_kinks(c: np.ndarray, above: np.ndarray, here: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return c with zeros where the forward and the backward difference disagree."""
    right, left = above - here, here - below
    floor = 1e-12 * np.abs(here).max(initial=0.0)  # smaller differences are rounding
    return np.where(np.abs(right - left) > 1e-4 * (np.abs(right) + np.abs(left)) + floor, 0.0, c)
