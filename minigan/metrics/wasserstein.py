"""The sliced Wasserstein distance: how far must the points be carried, seen along random lines?

To carry one cloud onto another at the least cost is a hard problem in many dimensions and a trivial one on a line: sort both, and
carry the first to the first.  So look at the clouds along random directions and average.  No kernel, no Gaussian, no classifier: it
sees any difference of the two clouds, if there are directions enough; and it is blind to which differences matter, since in
784 dimensions a random direction is a random mixture of pixels.  Like the Frechet distance it never says 0 of finite sets.
"""

import math

import numpy as np

from minigan.metrics.checks import generator, samples, whole


def sliced_wasserstein(a: np.ndarray, b: np.ndarray, rng: np.random.Generator, directions: int = 128) -> float:
    """( mean_u W_2(a u, b u)^2 )^(1/2),   u uniform on the sphere,   W_2^2 = integral of (A(t) - B(t))^2 dt, t in 0 .. 1.

    a (N, d), b (M, d); A and B are the quantile functions of the projections, steps of width 1/N and 1/M: exact for N != M too.
    Two clouds that differ by a shift s give |s| / sqrt(d).  Raises ValueError for sets that do not match, NaN, and directions < 1.
    Rabin et al. 2011; Bonneel et al. 2015.
    """
    a, b = samples(a=a, b=b)
    whole("directions", directions, 1)
    u = generator(rng).standard_normal((directions, a.shape[1]))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    A, B = np.sort(u @ a.T, axis=1), np.sort(u @ b.T, axis=1)  # (directions, N), (directions, M)
    i, j, share = _steps(len(a), len(b))
    return math.sqrt(float(np.mean((A[:, i] - B[:, j]) ** 2 @ share)))  # eq:metric.sliced


def _steps(n: int, m: int):
    """Where the staircases of n and of m steps are both flat: the step of each there, and the width.   At most n + m - 1 places.

    In units of 1 / (n m) all is whole numbers: the steps end at m, 2 m, ... and at n, 2 n, ...
    """
    ends = np.union1d(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    return (ends - 1) // m, (ends - 1) // n, np.diff(ends, prepend=0) / (n * m)
