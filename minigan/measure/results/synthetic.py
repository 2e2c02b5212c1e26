"""Ten modes in 1200 dimensions: too many for a picture, few enough to count.

Srivastava et al. 2017 (VEEGAN), section 4.1: a mixture of ten Gaussians of 700 dimensions each, embedded in 1200.  Neither the paper
nor the code based on it says how the modes were placed, or what "within 3 standard deviations" means in 1200 dimensions.  So ours is
*a* set of that kind, defined completely by

    x = c_k + 0.1 A_k u,    c_k uniform in [-1, 1]^1200,    u ~ N(0, I_700),    A_k (1200, 700) with rows of length 1

Each coordinate of a mode has a standard deviation s = 0.1.  A point is of high quality if `mixture_quality` finds it within 3 s
of a mode; by that measure the data's own points are at 1.4 s, and the midpoint of two modes is at 5.8 s.  A generator that draws
only the ten centres would score perfectly, so the spread is measured too: the standard deviation of the points of a mode around
their mean, in percent of the data's.
"""

import numpy as np

from minigan.data import Stream
from minigan.measure.results import mixtures
from minigan.measure.results.table import Cell, Column, Published
from minigan.metrics.modes import mixture_quality

NAME = "synthetic"
SEEDS = 10
DIMENSIONS, INNER, MODES, STD = 1200, 700, 10, 0.1
SHARED = mixtures.BASE | {"width": 256, "latent": 64, "batch": 128, "steps": 4000}
METHODS = {
    "non_saturating + nothing": SHARED | {"loss": "non_saturating"},
    "non_saturating + R1": SHARED | {"loss": "non_saturating", "penalties": ["r1"], "gamma": 0.1},
    "wasserstein + WGAN-GP": SHARED | {"loss": "wasserstein", "penalties": ["wgan_gp"], "gamma": 10.0},
    "relativistic + R1 + R2": SHARED | {"loss": "relativistic", "penalties": ["r1", "r2"], "gamma": 0.1},
    "best": SHARED
    | {
        "loss": "relativistic",
        "penalties": ["r1", "r2"],
        "gamma": 30.0,
        "gamma_end": 0.3,
        "latent": 2,  # instead of 64: fewer points between two modes
        "steps": 12_000,
    },
}
QUICK = {"steps": 200}
COLUMNS = {
    "modes": Column("modes of 10", ".1f", "more"),
    "high_quality": Column("high quality, %", ".1f", "more"),
    "reverse_kl": Column("reverse KL", ".3f", "less"),
    "spread": Column("spread, % of the data's", ".0f"),
}
PUBLISHED = [
    Published(method, {"modes": modes, "high_quality": quality}, source)
    for method, modes, quality, source in (
        ("GAN", 1.6, 2.0, "VEEGAN, table 1"),
        ("ALI", 3, 5.4, "VEEGAN, table 1"),
        ("VEEGAN", 5.5, 28.3, "VEEGAN, table 1"),
        ("WGAN-GP", 6.4, 29.5, "GDPP, table 1"),
        ("GDPP-GAN", 7.4, 48.3, "GDPP, table 1"),
    )
]


class Mixture:
    """The data: draw(n, rng) -> float32 (n, 1200)."""

    def __init__(self, rng: np.random.Generator):
        self.centres = rng.uniform(-1, 1, (MODES, DIMENSIONS)).astype(np.float32)
        A = rng.standard_normal((MODES, DIMENSIONS, INNER), dtype=np.float32)
        self.A = A / np.linalg.norm(A, axis=2, keepdims=True)  # (10, 1200, 700), rows of length 1

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n points in random order."""
        k = np.sort(rng.integers(MODES, size=n))
        u = rng.standard_normal((n, INNER), dtype=np.float32)
        x = np.concatenate([u[k == mode] @ self.A[mode].T for mode in range(MODES)])
        return rng.permutation(self.centres[k] + np.float32(STD) * x)


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the GAN of this cell; count the modes of its samples and measure their spread."""
    s = cell.settings
    place, init, draw, noise = (np.random.default_rng(seed) for seed in np.random.SeedSequence(cell.seed).spawn(4))
    mixture = Mixture(place)
    pool = mixture.draw(20_000, draw)  # 100 MB; new points for each step would take longer than the step
    source = Stream(lambda n, rng: pool[rng.integers(len(pool), size=n)], draw, (DIMENSIONS,))
    game = mixtures.built(s, init, DIMENSIONS)
    mixtures.train(game, source, s, noise)
    points = game.generate(game.noise(mixtures.POINTS, noise), batch=mixtures.POINTS)
    figures = mixture_quality(points, mixture.centres, STD)
    return figures | {
        "high_quality": 100 * figures["high_quality"],
        "spread": 100 * spread(points, mixture.centres) / STD,
    }


def spread(points: np.ndarray, centres: np.ndarray) -> float:
    """sqrt(mean of (x - m)^2) over points and coordinates, m being the mean of all points with the same nearest centre as x."""
    distance = (points * points).sum(1)[:, None] - 2 * points @ centres.T + (centres * centres).sum(1)
    nearest = distance.argmin(axis=1)
    away = [part - part.mean(axis=0) for part in (points[nearest == k] for k in range(len(centres))) if len(part)]
    return float(np.sqrt(np.mean(np.concatenate(away) ** 2)))
