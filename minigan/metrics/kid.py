"""The kernel distance: the distance of two means in a space where means know about skewness.

A cubic kernel compares all moments of the features up to the third, so it sees what the Frechet distance sees and lopsided
clouds too; of the fourth moment on it is blind.  Its great merit is to be unbiased: of two sets from one distribution it
says 0 on average, so often a little below 0, at any number of samples.  Small sets give a noisy answer, not a wrong one.

On the features of Inception it is called KID; on others it needs another name.
"""

import math

import numpy as np

from minigan.kernels.parallel.threads import run
from minigan.metrics.checks import generator, samples, whole


def kernel_distance(
    a: np.ndarray, b: np.ndarray, rng: np.random.Generator, subsets: int = 50, size: int = 1000
) -> tuple[float, float]:
    """MMD^2 = mean_{i != j} k(a_i, a_j) + mean_{i != j} k(b_i, b_j) - 2 mean_{i, j} k(a_i, b_j),   k(x, y) = (x.y / d + 1)^3.

    a (N, d), b (M, d) features -> the mean over `subsets` random subsets of `size` samples of each set, and its standard error.
    The subsets come from the same samples, so the error says how well the mean over subsets is known; that other samples
    would give another mean comes on top.  Raises ValueError for sets that do not match, NaN, and a size outside of 2 .. min(N, M).
    Binkowski et al. 2018, section 4; the unbiased estimate: Gretton et al. 2012, lemma 6.
    """
    a, b = samples(a=a, b=b, least=2)
    whole("subsets", subsets, 2)
    whole(f"size, the samples drawn from {len(a)} and {len(b)},", size, 2, min(len(a), len(b)))
    generator(rng)
    draws = [[rng.choice(len(x), size, replace=False) for x in (a, b)] for _ in range(subsets)]

    def work(start, stop):
        return [_squared_mmd(a[i], b[j]) for i, j in draws[start:stop]]  # eq:metric.kernel

    values = np.concatenate(run(work, subsets, subsets * 3 * size * size * a.shape[1]))  # (subsets,)
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(subsets)


def _squared_mmd(a, b) -> float:  # (m, d), (n, d)
    return _mean_of_others(a) + _mean_of_others(b) - 2 * float(_kernel(a, b).mean())  # eq:metric.kernel


def _kernel(a, b):  # (m, d), (n, d) -> (m, n)
    t = a @ b.T / a.shape[1] + 1  # x.y / d + 1
    return t * t * t  # eq:metric.cubic


def _mean_of_others(a) -> float:
    """1 / (m (m - 1)) sum_{i != j} k(a_i, a_j): a sample's likeness to itself would be the bias.   (m, d)"""
    K = _kernel(a, a)
    return float(K.sum() - np.trace(K)) / (len(a) * (len(a) - 1))
