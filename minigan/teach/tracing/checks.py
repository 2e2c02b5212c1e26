"""Is this derivative right at this point?  One random direction, two more evaluations, in float64.

A backward pass computes dx = J' c from the gradient c that arrives.  It is right if, for a direction u,

    d/ds <c, f(x + s u)> at s = 0   is   <dx, u>,   so   (<c, f(x + h u)> - <c, f(x - h u)>) / 2h   is close to   <dx, u>

and likewise for a direction u in each parameter.  One direction does not prove a derivative right, but a wrong one passes with
probability zero; and it is cheap enough to check every layer at the very point the training has reached.

At a kink (ReLU at 0, a tie in a maximum) there is no derivative to compare with.  The layers of the library are held on their
piece while the differences are taken (layers/more/pieces.py), so they have no kinks here.  Those of other layers are found in
the outputs: the forward and the backward difference disagree there, and such entries of c are set to zero.  A kink deep
inside a composite layer is harder to find, but it spoils only the steps h that reach it, while a wrong derivative is wrong at
every h.  If all steps disagree, the derivative is wrong by more than the difference's own error (differences.closer), or the
check is undecided.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.differences import SECOND, Check, H, closer
from minigan.teach.tracing.trees import dot, movable, norm, tree

STEPS = H / 8.0 ** np.arange(5)  # relative to the size of what is moved
ROUNDING = 1e-4  # a derivative this much smaller than the values is lost in their rounding

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
    if norm(c) == 0:
        return None
    here, best = movable(f(0.0)), (Check(name, np.inf, SECOND), c)
    for h in STEPS:
        above, below = movable(f(h)), movable(f(-h))
        chosen = c if h == H else tree(_off_kinks, c, above, here, below)  # at first, all outputs
        if norm(chosen) == 0:
            return None
        measured = dot(chosen, tree(np.subtract, above, below)) / (2 * h)
        check = _check(name, chosen, here, claim, measured)
        if check.ok and measured != 0:  # at the kink of |x| both are 0, which proves nothing
            return check
        if not check.error > best[0].error:
            best = check, chosen
    check, chosen = best
    measured, error = closer(lambda s: dot(chosen, movable(f(s))))
    again = _check(name, chosen, here, claim, measured, error)
    return again if again.ok else check


def _check(name: str, c: Any, here: Any, claim: Claim, measured: float, error: float = 0.0) -> Check:
    """The derivative by hand against the measured one, which may be off by `error`."""
    claimed, size = claim(c)
    scale = max(abs(measured), size, ROUNDING * norm(tree(np.multiply, c, here)), 1e-300)
    detail = f"along a random direction: {measured:.10g}, by hand {claimed:.10g}"
    return Check(name, float(abs(measured - claimed) / scale), SECOND, detail, float(error / scale))


def _off_kinks(c: np.ndarray, above: np.ndarray, here: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return c with zeros where the forward and the backward difference disagree."""
    right, left = above - here, here - below
    floor = 1e-12 * np.abs(here).max(initial=0.0)  # smaller differences are rounding
    return np.where(np.abs(right - left) > 1e-4 * (np.abs(right) + np.abs(left)) + floor, 0.0, c)
