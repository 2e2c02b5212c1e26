"""Discriminator rejection sampling: D discards what G should not have drawn.

If D(x) = log p_real(x) / p_G(x), as for the optimal D of the non-saturating loss, then keeping a sample x with probability
p_real(x) / (c p_G(x)) leaves exactly p_real.  A D smoothed by a penalty does not output that logit, so D is first trained
further without a penalty, against the fixed G.  G does not change: points between two modes are still drawn, but not kept.

Azadi et al. 2019, "Discriminator rejection sampling", sections 3.1 and 3.2.
"""

from collections.abc import Callable

import numpy as np

from minigan.data import Source
from minigan.game import GAN, d_step
from minigan.losses import non_saturating
from minigan.optim import Adam, cosine

EPSILON = 1e-8  # keeps the logarithm finite at the maximum


def calibrate(
    game: GAN, source: Source, rng: np.random.Generator, steps: int, batch: int = 256, lr: float = 1e-3
) -> None:
    """Train D alone against the fixed, averaged G, without penalties, so that D(x) approaches log p_real(x) / p_G(x)."""
    G, optimizer = game.best("G"), Adam(game.D, cosine(lr, steps), 0.5, 0.99)
    for _ in range(steps):
        x, _ = source.batch(batch)
        d_step(G, game.D, non_saturating, (), optimizer, x, game.noise(batch, rng))


def acceptance(score: np.ndarray, highest: float, gamma: float) -> np.ndarray:
    """p = sigmoid(F - gamma),  F = s - M - log(1 - exp(s - M - eps));   s: scores D(x), M: the highest score so far.     Azadi, eq. 8.

    With gamma = 0 that is exp(s - M) = p_real / (c p_G).  A larger gamma keeps fewer.
    """
    return 1 / (1 + np.exp(np.clip(gamma - _free(score, highest), -700, 700)))  # eq:rejection.acceptance


def _free(score: np.ndarray, highest: float) -> np.ndarray:  # F without gamma
    distance = np.minimum(np.asarray(score, np.float64) - highest, 0) - EPSILON
    return distance - np.log(-np.expm1(distance))  # eq:rejection.acceptance


def rejection_sample(
    D: Callable[[np.ndarray], np.ndarray],
    draw: Callable[[int], np.ndarray],
    n: int,
    rng: np.random.Generator,
    percentile: float = 80,
    limit: int = 1000,
) -> tuple[np.ndarray, float]:
    """Draw 10,000 points at a time and keep each with its `acceptance`, until there are n -> the points, the share kept.

    gamma is the given percentile of F in each batch, as in the paper's experiment in the plane. Raises RuntimeError if `limit`
    batches are not enough.
    """
    kept, found, drawn = [], 0, 0
    highest = float(D(draw(50_000)).max())  # the paper's burn-in
    for _ in range(limit):
        x = draw(10_000)
        score = D(x)[:, 0]
        highest = max(highest, float(score.max()))
        gamma = np.percentile(_free(score, highest), percentile)
        kept.append(x[rng.random(len(x)) < acceptance(score, highest, gamma)])
        drawn += len(x)
        if (found := sum(map(len, kept))) >= n:
            return np.concatenate(kept)[:n], found / drawn
    raise RuntimeError(f"rejection sampling kept only {found} of {drawn} points, but {n} were requested")
