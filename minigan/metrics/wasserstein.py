"""The sliced Wasserstein distance: how far must the points be moved, measured along random directions?

Moving one set of points onto another at the least cost is a hard problem in many dimensions, and a trivial one on a line: sort
both sets and move the first point to the first, the second to the second.  So project the sets onto random directions and
average.  It needs no kernel, no Gaussian and no classifier, and with enough directions it sees any difference between the
sets.  It is blind to which differences matter: in 784 dimensions a random direction is a random mixture of pixels.  Like the
Frechet distance it is never 0 for two finite samples of one distribution.
"""

import math

import numpy as np

from minigan.metrics.checks import as_samples, require_integer
from minigan.running.arguments import check_generator


def sliced_wasserstein(a: np.ndarray, b: np.ndarray, rng: np.random.Generator, directions: int = 128) -> float:
    """( mean_u W_2(a u, b u)^2 )^(1/2),   u uniform on the sphere,   W_2^2 = integral of (A(t) - B(t))^2 dt, t in 0 .. 1.

    A and B are the quantile functions of the projections, with steps of width 1/N and 1/M: exact for N != M too.
    Two sets that differ by a shift s have distance |s| / sqrt(d).

    Parameters
    ----------
    a, b
        (N, d) and (M, d), features, pixels or points.
    rng
        Draws the directions.
    directions
        The number of directions, at least 1.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and directions < 1.

    Source: Rabin et al. 2011; Bonneel et al. 2015.
    """
    a, b = as_samples(a=a, b=b)
    require_integer("directions", directions, 1)
    u = check_generator(rng).standard_normal((directions, a.shape[1]))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    A, B = np.sort(u @ a.T, axis=1), np.sort(u @ b.T, axis=1)  # (directions, N), (directions, M)
    i, j, width = _steps(len(a), len(b))
    return math.sqrt(float(np.mean((A[:, i] - B[:, j]) ** 2 @ width)))  # eq:metric.sliced


def _steps(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The intervals of [0, 1] on which step functions of n and of m equal steps are both constant, at most n + m - 1.

    Returns, for each interval, the step of either function and the interval's width.  In units of 1 / (n m) all ends are
    integers: m, 2 m, ... and n, 2 n, ...
    """
    ends = np.union1d(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    return (ends - 1) // m, (ends - 1) // n, np.diff(ends, prepend=0) / (n * m)
