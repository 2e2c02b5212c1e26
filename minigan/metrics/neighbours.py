"""The nearest neighbours: did the generator learn the digits, or learn them by heart?

A generator that returns its training set scores perfectly in every measure that compares two sets.  So lay each generated
image beside its nearest training image.  What is nearer to a training image than another real image would be, was copied.
Among the pixels the test is blind to the least change: a copy moved by one pixel is far away.  It shows copying; it never shows
its absence.
"""

import numpy as np

from minigan.metrics.checks import samples, whole
from minigan.metrics.pairs import over_pairs


def nearest(queries: np.ndarray, points: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """index[i] = the k points with the smallest ||q_i - p_j||, nearest first,  distance[i] = these norms.

    queries (N, d), points (M, d), d features or pixels -> index (N, k) int64, distance (N, k) float64.  Among points of equal
    distance at the k-th place the choice is arbitrary.  A set searched in itself finds each point as its own nearest.
    Raises ValueError for sets that do not match, NaN, and k outside of 1 .. M.
    """
    queries, points = samples(queries=queries, points=points)
    whole("k, the number of neighbours,", k, 1, len(points))
    centre = points.mean(axis=0)  # distances do not depend on the origin, their rounding does
    queries, points = queries - centre, points - centre

    def work(rows, d2):  # (B, M)
        index = np.argpartition(d2, k - 1, axis=1)[:, :k]  # (B, k), in any order
        distance = np.stack([np.linalg.norm(queries[rows] - points[j], axis=1) for j in index.T], axis=1)
        order = np.lexsort((index, distance), axis=1)  # by distance, then by index
        return np.take_along_axis(index, order, axis=1), np.take_along_axis(distance, order, axis=1)

    index, distance = zip(*over_pairs(work, queries, points), strict=True)
    return np.concatenate(index), np.concatenate(distance)
