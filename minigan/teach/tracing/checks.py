"""Is this derivative right, here?  One random direction, two more evaluations, in float64.

A backward pass claims to know d/ds <c, f(x + s u)> at s = 0, where c is the slope that arrived: it is <dx, u>.  So

    (<c, f(x + h u)> - <c, f(x - h u)>) / 2h   against   <dx, u>

and likewise with a direction u in each parameter.  One direction does not prove a derivative, but a wrong one passes with
probability zero; and it is cheap enough to ask it of every layer, at the very point where the training stands.

At a kink (ReLU at 0, a tie in a maximum) there is no derivative to compare with.  There the step forward and the step back
differ, so the outputs where they do are found, and their slopes in c are set to zero.  A kink deep inside a composite layer is
not found so easily; but it spoils only the steps h that reach it, while a wrong derivative is wrong at every h.
"""

import numpy as np

from minigan.differences import SECOND, Check
from minigan.teach.tracing.trees import dot, movable, norm, tree

STEPS = (1e-6, 1e-7, 1e-8)  # small, so that few of a million pre-activations have their kink within reach


def compare(name: str, f, claim, c) -> Check | None:
    """d/ds <c, f(s)> at 0 by central differences, against claim(c) -> (what the hand-written pass says, how large it is).

    None where there is nothing to compare: c is zero, or every output that it weighs stands at a kink.
    """
    best = None
    for h in STEPS:
        check = _compare(name, f, claim, c, h)
        if check is None or check.ok:
            return check
        best = check if best is None or check.error < best.error else best
    return best


def _compare(name, f, claim, c, h) -> Check | None:
    above, here, below = f(h), f(0.0), f(-h)
    c = tree(_off_kinks, c, above, here, below)
    if norm(c) == 0:
        return None
    measured = dot(c, tree(lambda a, b: (a - b) / (2 * h), movable(above), movable(below)))
    claimed, size = claim(c)
    values = norm(tree(np.multiply, c, movable(here)))  # a slope far below the values is lost in their rounding
    error = abs(measured - claimed) / max(abs(measured), size, 1e-2 * values, 1e-300)
    return Check(name, float(error), SECOND, f"along a random direction: {measured:.10g}, by hand {claimed:.10g}")


def _off_kinks(c, above, here, below):
    """c, with zeros where the slope to the right of `here` is not that to the left."""
    right, left = above - here, here - below
    floor = 1e-12 * np.abs(here).max(initial=0.0)  # below it, rounding
    return np.where(np.abs(right - left) > 1e-4 * (np.abs(right) + np.abs(left)) + floor, 0.0, c)
