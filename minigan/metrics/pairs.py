"""All pairs of two sets, a block of rows at a time.

Five of the measures look at every pair: 10,000 samples against 10,000 give 100 million distances, 800 MB as one table.  A block
of 100 rows takes 8 MB; it is used while it is in the cache, and its memory is reused for the next block.  Nor is a loop over
the features needed: ||a - b||^2 = |a|^2 - 2 a.b + |b|^2 turns the work into a matrix product, the operation a computer
does fastest.

The price is cancellation: for two nearly equal points far from the origin, large numbers are subtracted to give a small one.
In float64, with the origin moved to the centre of the points, the error is about 1e-15 of |a|^2 + |b|^2.  Code that compares two
such distances has to allow for it (manifold.py); code that reports a distance recomputes it exactly (neighbours.py).
"""

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from minigan.kernels.parallel.run import run
from minigan.kernels.parallel.scratch import scratch

BLOCK = 1 << 20  # distances in a block: 8 MB for each thread


def over_pairs(work: Callable[[slice, np.ndarray], Any], a: np.ndarray, b: np.ndarray) -> list[Any]:
    """[work(rows, d2), ...] in the order of the rows,  d2[i, j] = ||a[rows][i] - b[j]||^2 up to rounding (it may be -1e-15).

    Parameters
    ----------
    work
        Called with a slice of the rows of a and the squared distances (rows, M) of these rows.  It may overwrite d2, but must
        not keep it, because the memory is reused.  Calls run in several threads.
    a, b
        (N, d) and (M, d), float64.
    """
    a2, b2 = np.sum(a * a, axis=1), np.sum(b * b, axis=1)  # |a|^2 (N,), |b|^2 (M,)
    height = max(1, min(256, BLOCK // len(b)))

    def share(start: int, stop: int) -> list[Any]:
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
