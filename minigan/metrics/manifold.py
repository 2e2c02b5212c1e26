"""Precision and recall, density and coverage: is it bad pictures or missing pictures?

A single distance cannot tell a generator that draws all ten digits badly from one that draws three of them well.  These four
numbers can.  Each draws a ball around every sample, as wide as the way to its k-th neighbour in its own set, and calls the union
of the balls the set's manifold.

  precision  share of fakes within the reals' manifold     quality   one outlier among the reals makes a ball that forgives all
  recall     share of reals within the fakes' manifold     variety   a wide cloud of bad fakes has wide balls: it scores well
  density    how many reals' balls a fake lies in, over k  quality   an outlier's ball counts once; 1 for the data, may be above
  coverage   share of reals with a fake within their ball  variety   balls around reals only: bad fakes cannot make them wider

Precision and density are blind to missing modes, recall and coverage to how many bad fakes there are besides; all four
see only what the features see, and cannot tell a memorised set from a learned one.  They depend on N and k: name both.
"""

import numpy as np

from minigan.metrics.checks import samples, whole
from minigan.metrics.neighbours import nearest
from minigan.metrics.pairs import over_pairs

ROUNDING = 1e-12  # distances this near, relative to the squares they are computed from, count as equal


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """precision = 1/M sum_j 1[fake_j in a ball of real],   recall = 1/N sum_i 1[real_i in a ball of fake].

    real (N, d), fake (M, d) features.  A ball is closed: ||x - c|| <= the distance of c to its k-th neighbour, itself not counted.
    Both lie in 0 .. 1.  Raises ValueError for sets that do not match, NaN, and k outside of 1 .. min(N, M) - 1.
    Kynkaanniemi et al. 2019, eqs. 1 and 2.
    """
    real, fake = _centred(real, fake)
    _check_k(k, min(len(real), len(fake)))
    real_r2, fake_r2 = _squared_radii(real, k, +ROUNDING), _squared_radii(fake, k, +ROUNDING)  # (N,), (M,)

    def work(rows, d2):  # (B, N): fakes against reals
        return (d2 <= real_r2).any(axis=1), (d2 <= fake_r2[rows, None]).any(axis=0)

    inside, reached = zip(*over_pairs(work, fake, real), strict=True)  # blocks of (B,), blocks of (N,)
    return float(np.concatenate(inside).mean()), float(np.any(reached, axis=0).mean())  # eq:metric.precision_recall


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> tuple[float, float]:
    """density = 1/(k M) sum_j sum_i 1[fake_j in ball_i],   coverage = 1/N sum_i 1[some fake_j in ball_i],   balls of real.

    real (N, d), fake (M, d) features.  A ball is open, as in the authors' code: ||x - real_i|| < the distance of real_i to its k-th
    neighbour, itself not counted; so density_coverage(x, x) = (1, 1) if no two distances in x are equal.  Density lies in 0 .. N / k.
    For fakes from the distribution of the reals it is 1 on average, and coverage, for M = N, about 1 - 2^-k.
    Raises ValueError for sets that do not match, NaN, and k outside of 1 .. N - 1.     Naeem et al. 2020, section 3.
    """
    real, fake = _centred(real, fake)
    _check_k(k, len(real))
    r2 = _squared_radii(real, k, -ROUNDING)  # (N,)
    inside = over_pairs(lambda rows, d2: np.count_nonzero(d2 < r2, axis=0), fake, real)
    counts = sum(inside)  # (N,): the fakes in each ball
    return float(counts.sum() / (k * len(fake))), float(np.mean(counts > 0))  # eq:metric.density_coverage


def _centred(real, fake):
    real, fake = samples(real=real, fake=fake)
    centre = real.mean(axis=0)
    return real - centre, fake - centre


def _check_k(k, n):
    whole("k", k, 1)
    if n <= k:
        raise ValueError(f"a ball reaches to the k-th neighbour: k = {k} needs at least {k + 1} samples, got {n}")


def _squared_radii(points, k, rounding):
    """r^2 of each point's ball, a hair wider or narrower: a point on the edge shall not fall by rounding.   (N, d) -> (N,)"""
    r2 = nearest(points, points, k + 1)[1][:, k] ** 2  # the nearest of all is the point itself
    return r2 + rounding * (r2 + np.sum(points * points, axis=1))
