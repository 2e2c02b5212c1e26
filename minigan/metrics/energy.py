"""The energy distance: how much farther two sets are from each other than each is from itself.

It is 0 only if both distributions are equal (for points in any number of dimensions), needs no features, no kernel to choose and
no bandwidth, and is unbiased.  In raw pixels it has the eyes of the Euclidean distance: a shift by one pixel looks like a new
image, and a blurred image like a good one.
"""

import math

import numpy as np

from minigan.metrics.checks import as_samples
from minigan.metrics.pairs import over_pairs


def energy_distance(a: np.ndarray, b: np.ndarray) -> float:
    """2 mean_{i, j} ||a_i - b_j|| - mean_{i != j} ||a_i - a_j|| - mean_{i != j} ||b_i - b_j||.

    Parameters
    ----------
    a, b
        Samples (N, d) and (M, d), at least two of each.

    Returns
    -------
    float
        0 on average for two sets from one distribution, hence sometimes slightly negative.  In the units of the samples.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf.

    Source: Szekely and Rizzo 2013, eq. 5, there with i = j included, which adds a bias.
    """
    a, b = as_samples(a=a, b=b, minimum=2)
    origin = a.mean(axis=0)  # near the centre, squared distances lose the fewest digits
    a, b = a - origin, b - origin
    return 2 * _mean(a, b, len(a) * len(b)) - sum(
        _mean(x, x, len(x) * (len(x) - 1)) for x in (a, b)
    )  # eq:energy.distance


def _mean(a: np.ndarray, b: np.ndarray, pairs: int) -> float:
    """The sum of ||a_i - b_j|| over all i and j, divided by the number of pairs; a point's distance to itself is 0."""

    def work(rows: slice, d2: np.ndarray) -> float:
        if a is b:
            d2[np.arange(len(d2)), np.arange(rows.start, rows.stop)] = 0  # exactly, not up to rounding
        return float(np.sqrt(np.maximum(d2, 0, out=d2), out=d2).sum())

    return math.fsum(over_pairs(work, a, b)) / pairs
