"""The kernel distance: the squared distance of two mean embeddings under a cubic kernel.

The cubic kernel compares all moments of the features up to the third, so it sees everything the Frechet distance sees, and
skewness too; it is blind to moments from the fourth on.  Its great advantage is that it is unbiased: for two sets from one
distribution it is 0 on average, hence often slightly negative, at any number of samples.  Small sets give a noisy answer,
not a wrong one.

On the features of the Inception network it is called KID; on other features it needs a different name.
"""

import math

import numpy as np

from minigan.kernels.parallel.run import run
from minigan.metrics.checks import as_samples, require_integer
from minigan.running.arguments import check_generator


def kernel_distance(
    a: np.ndarray, b: np.ndarray, rng: np.random.Generator, subsets: int = 50, size: int = 1000
) -> tuple[float, float]:
    """MMD^2 = mean_{i != j} k(a_i, a_j) + mean_{i != j} k(b_i, b_j) - 2 mean_{i, j} k(a_i, b_j),   k(x, y) = (x.y / d + 1)^3.

    Parameters
    ----------
    a, b
        Features (N, d) and (M, d).
    rng
        Draws the subsets.
    subsets
        The number of random subsets, at least 2.
    size
        The number of samples drawn from each set for a subset, from 2 to min(N, M).

    Returns
    -------
    tuple of float
        The mean over the subsets and its standard error.  All subsets come from the same samples, so the error says how
        precisely the mean over subsets is known; the variation between different sets of samples is not included.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and `subsets` or `size` out of range.

    Source: Binkowski et al. 2018, section 4; the unbiased estimate: Gretton et al. 2012, lemma 6.
    """
    a, b = as_samples(a=a, b=b, minimum=2)
    require_integer("subsets", subsets, 2)
    require_integer(f"size, the number of samples drawn from {len(a)} and {len(b)},", size, 2, min(len(a), len(b)))
    check_generator(rng)
    draws = [[rng.choice(len(x), size, replace=False) for x in (a, b)] for _ in range(subsets)]

    def work(start: int, stop: int) -> list[float]:
        return [_squared_mmd(a[i], b[j]) for i, j in draws[start:stop]]  # eq:metric.kernel

    values = np.concatenate(run(work, subsets, subsets * 3 * size * size * a.shape[1]))  # (subsets,)
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(subsets)


def _squared_mmd(a: np.ndarray, b: np.ndarray) -> float:  # (m, d), (n, d)
    return _mean_of_others(a) + _mean_of_others(b) - 2 * float(_kernel(a, b).mean())  # eq:metric.kernel


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # (m, d), (n, d) -> (m, n)
    t = a @ b.T / a.shape[1] + 1  # x.y / d + 1
    return t * t * t  # eq:metric.cubic


def _mean_of_others(a: np.ndarray) -> float:
    """1 / (m (m - 1)) sum_{i != j} k(a_i, a_j): including the pairs i = j would cause a bias.   (m, d)"""
    K = _kernel(a, a)
    return float(K.sum() - np.trace(K)) / (len(a) * (len(a) - 1))
