"""Nearest neighbours: did the generator learn the digits, or memorise them?

A generator that returns its training set scores perfectly in every measure that compares two sets.  So compare each generated
image with its nearest training image.  A generated image that is closer to a training image than another real image would be
was probably copied.  On pixels the test misses the smallest change: a copy shifted by one pixel is far away.  So it can show
copying; it can never show that nothing was copied.
"""

import numpy as np

from minigan.metrics.checks import as_samples, require_integer
from minigan.metrics.pairs import over_pairs


def nearest(queries: np.ndarray, points: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """index[i] = the k points with the smallest ||q_i - p_j||, nearest first,  distance[i] = these norms.

    A set searched in itself returns each point as its own nearest neighbour.  If several points are tied for the k-th
    place, any of them may be chosen.

    Parameters
    ----------
    queries
        (N, d), features or pixels.
    points
        (M, d), the set to search.
    k
        The number of neighbours, from 1 to M.

    Returns
    -------
    index : np.ndarray
        (N, k) int64.
    distance : np.ndarray
        (N, k) float64.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and k out of range.
    """
    queries, points = as_samples(queries=queries, points=points)
    require_integer("k, the number of neighbours,", k, 1, len(points))
    centre = points.mean(axis=0)  # the distances do not depend on the origin, but their rounding errors do
    queries, points = queries - centre, points - centre

    def work(rows: slice, d2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # (B, M)
        index = np.argpartition(d2, k - 1, axis=1)[:, :k]  # (B, k), unsorted
        distance = np.stack([np.linalg.norm(queries[rows] - points[j], axis=1) for j in index.T], axis=1)
        order = np.lexsort((index, distance), axis=1)  # by distance, then by index
        return np.take_along_axis(index, order, axis=1), np.take_along_axis(distance, order, axis=1)

    index, distance = zip(*over_pairs(work, queries, points), strict=True)
    return np.concatenate(index), np.concatenate(distance)
