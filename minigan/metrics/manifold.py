"""Precision and recall, density and coverage: bad images or missing images?

A single distance cannot tell a generator that draws all ten digits badly from one that draws only three of them, but well.
These four numbers can.  Each measure draws a ball around every sample of a set, with the distance to the sample's k-th nearest
neighbour in the same set as its radius, and takes the union of the balls as the set's manifold.

  precision  share of fakes inside the real manifold         quality   one real outlier has a huge ball, which accepts anything
  recall     share of reals inside the fake manifold         variety   widely scattered bad fakes have huge balls: a good score
  density    real balls around a fake, over k, on average    quality   an outlier's ball counts once; 1 for real data, may exceed 1
  coverage   share of real balls that contain a fake         variety   only real samples have balls, so bad fakes cannot inflate it

Precision and density are blind to missing modes; recall and coverage are blind to additional bad fakes.  All four see only
what the features see, and cannot tell a memorised set from a learned one.  They depend on N and k: report both.
"""

from typing import Any

import numpy as np

from minigan.metrics.checks import as_samples, require_integer
from minigan.metrics.neighbours import nearest
from minigan.metrics.pairs import over_pairs

ROUNDING = (
    1e-12  # squared distances that differ by less, relative to the squares they are computed from, count as equal
)


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> tuple[float, float]:
    """precision = 1/M sum_j 1[fake_j in a ball of real],   recall = 1/N sum_i 1[real_i in a ball of fake].

    A ball is closed: ||x - c|| <= the distance from c to its k-th nearest neighbour, not counting c itself.

    Parameters
    ----------
    real, fake
        Features (N, d) and (M, d).
    k
        The neighbour that sets a ball's radius, from 1 to min(N, M) - 1.

    Returns
    -------
    tuple of float
        precision, recall, both in [0, 1].

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and k out of range.

    Source: Kynkaanniemi et al. 2019, eqs. 1 and 2.
    """
    real, fake = _centred(real, fake)
    _check_k(k, min(len(real), len(fake)))
    real_r2, fake_r2 = _squared_radii(real, k, +ROUNDING), _squared_radii(fake, k, +ROUNDING)  # (N,), (M,)

    def work(rows: slice, d2: np.ndarray) -> tuple[Any, Any]:  # d2 (B, N): fakes against reals -> (B,), (N,)
        return (d2 <= real_r2).any(axis=1), (d2 <= fake_r2[rows, None]).any(axis=0)

    fakes_inside, reals_inside = zip(*over_pairs(work, fake, real), strict=True)  # blocks of (B,), blocks of (N,)
    precision, recall = np.concatenate(fakes_inside).mean(), np.any(reals_inside, axis=0).mean()
    return float(precision), float(recall)  # eq:metric.precision_recall


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> tuple[float, float]:
    """density = 1/(k M) sum_j sum_i 1[fake_j in ball_i],   coverage = 1/N sum_i 1[some fake_j in ball_i],   balls of real.

    A ball is open, as in the authors' code: ||x - real_i|| < the distance from real_i to its k-th nearest neighbour, not
    counting real_i itself.  So density_coverage(x, x) = (1, 1) if no two distances in x are equal.

    Parameters
    ----------
    real, fake
        Features (N, d) and (M, d).
    k
        The neighbour that sets a ball's radius, from 1 to N - 1.

    Returns
    -------
    tuple of float
        density in [0, N / k], coverage in [0, 1].  For fakes from the real distribution, density is 1 on average and
        coverage, for M = N, about 1 - 2^-k.

    Raises
    ------
    ValueError
        For sets that do not match, NaN and Inf, and k out of range.

    Source: Naeem et al. 2020, section 3.
    """
    real, fake = _centred(real, fake)
    _check_k(k, len(real))
    r2 = _squared_radii(real, k, -ROUNDING)  # (N,)
    blocks = over_pairs(lambda rows, d2: np.count_nonzero(d2 < r2, axis=0), fake, real)
    counts = np.sum(blocks, axis=0)  # (N,): the number of fakes in each ball
    return float(counts.sum() / (k * len(fake))), float(np.mean(counts > 0))  # eq:metric.density_coverage


def _centred(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    real, fake = as_samples(real=real, fake=fake)
    centre = real.mean(axis=0)
    return real - centre, fake - centre


def _check_k(k: int, n: int) -> None:
    require_integer("k", k, 1)
    if n <= k:
        raise ValueError(
            f"the radius is the distance to the k-th neighbour: k = {k} needs at least {k + 1} samples, got {n}"
        )


def _squared_radii(points: np.ndarray, k: int, rounding: float) -> np.ndarray:
    """r^2 of each point's ball, slightly enlarged or shrunk so that rounding cannot decide a point on the edge.   (N,)"""
    r2 = nearest(points, points, k + 1)[1][:, k] ** 2  # number 0 is the point itself
    return r2 + rounding * (r2 + np.sum(points * points, axis=1))
