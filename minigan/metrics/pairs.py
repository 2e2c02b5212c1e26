"""All pairs of two sets, a block of rows at a time.

Five of the measures look at every pair: 10,000 against 10,000 samples are 100 million distances, 800 MB as one table.  A block of
100 rows is 8 MB, is used while it lies in the cache, and its memory serves the next block.  And a distance need not be a loop over
the features: ||a - b||^2 = |a|^2 - 2 a.b + |b|^2 turns the work into a matrix product, the one thing a computer does at full speed.

The price is cancellation: for two nearly equal points far from the origin, large numbers are subtracted to give a small one.  In
float64 and after moving the origin among the points, the error is some 1e-15 of |a|^2 + |b|^2; whoever compares two such
distances has to allow for it (manifold.py), whoever reports one measures it again (neighbours.py).
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from minigan.kernels.parallel.threads import run, scratch

BLOCK = 1 << 20  # distances in a block: 8 MB for each thread


def over_pairs(work: Callable[[slice, np.ndarray], Any], a: np.ndarray, b: np.ndarray) -> list:
    """[work(rows, d2), ...] in the order of the rows,  d2[i, j] = ||a[rows][i] - b[j]||^2 up to rounding (it may be -1e-15).

    a (N, d), b (M, d) float64; d2 is (rows, M), and work may overwrite it but not keep it.  The blocks are spread over the threads.
    """
    a2, b2 = np.sum(a * a, axis=1), np.sum(b * b, axis=1)  # |a|^2 (N,), |b|^2 (M,)
    height = max(1, min(256, BLOCK // len(b)))

    def share(start, stop):
        answers = []
        for i in range(start, stop, height):
            rows = slice(i, min(i + height, stop))
            d2 = np.matmul(a[rows], b.T, out=scratch("pairs", (rows.stop - i, len(b)), np.float64))
            d2 *= -2
            d2 += b2
            d2 += a2[rows, None]  # |a|^2 - 2 a.b + |b|^2   eq:metric.distance
            answers.append(work(rows, d2))
        return answers

    return list(chain.from_iterable(run(share, len(a), len(a) * b.size)))
