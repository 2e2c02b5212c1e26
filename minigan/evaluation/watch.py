"""A cheap evaluation after each epoch, so that a run shows quality and not just losses.

Losses of a GAN say who is winning, not whether the images are any good.  Two thousand samples and a few of the measures do, for
a small share of the time; the same noise each time, so that what changes is G.  The numbers are rougher than those of
`minigan evaluate` and, having fewer images, always a little higher: compare them with each other and with their floor.
"""

from collections.abc import Callable
from functools import cache, cached_property

import numpy as np

from minigan import metrics, plots
from minigan.evaluation.features import describe, features_for
from minigan.evaluation.measures import LEAST, MIXTURES
from minigan.evaluation.table import number
from minigan.game import GAN

IMAGES, POINTS = 2_000, 2_500  # samples; of the mixtures as many as the papers take
DISTANCES = ("frechet_digitnet", "frechet_pixels_8x8", "reverse_kl")  # what a watch may report: lower is better ...
SHARES = ("precision", "recall", "modes_found", "high_quality")  # ... and from 0 to 1, higher is better
HEADLINES = {
    "frechet_digitnet": "Frechet",
    "frechet_pixels_8x8": "Frechet",
    "modes_found": "modes",
}  # one number for a bar


class Watch:
    """watch(game) -> {name: value}: `measure` of the samples that `draw(game)` returns; watch.floor: of as many real ones."""

    def __init__(self, draw: Callable[[GAN], np.ndarray], measure: Callable[[np.ndarray], dict], real: np.ndarray):
        self.draw, self.measure, self.real = draw, measure, real

    def __call__(self, game: GAN) -> dict[str, float]:
        return self.measure(self.draw(game))

    @cached_property
    def floor(self) -> dict[str, float]:
        return self.measure(self.real)

    def sentence(self, row: dict) -> str:
        """A row's values, those of real samples in brackets."""
        told = [f"{name.replace('_', ' ')} {number(row[name])} ({number(x)})" for name, x in self.floor.items()]
        return f"{', '.join(told)} with {len(self.real):,} samples; in brackets: real ones"


def watch(x: np.ndarray, y: np.ndarray | None, data: str, seed: int) -> Watch | None:
    """The evaluation that suits the data set `data`, of which x (N, H, W, C) uint8 or (N, 2) and the labels y are the training set.

    Its random numbers come from `seed` and from nothing else: looking does not change a training.  y: for a conditional GAN,
    which is asked for each label as often as it occurs; else None.  None for fewer than 100 images.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    if x.ndim == 2:
        n, measure = POINTS, mixture(data)
    elif len(x) >= LEAST:
        n = min(IMAGES, len(x) // 2)
        measure = nearness(x[order[n : 2 * n]], features_for(data))
    else:
        return None
    asked = {} if y is None else {"labels": rng.choice(y, n)}
    return Watch(lambda game: game.sample(n, np.random.default_rng(seed), **asked), measure, x[order[:n]])


def nearness(reference: np.ndarray, features: str) -> Callable[[np.ndarray], dict]:
    """measure(images): their Frechet distance from the reference, uint8 (N, H, W, C), their precision and recall."""
    real = cache(lambda: describe(reference, features)[0])  # when it is first asked for
    name = f"frechet_{features.lower().replace(' ', '_')}"

    def measure(images):
        fake = describe(plots.to_image(images), features)[0]
        precision, recall = metrics.precision_recall(real(), fake)
        return {name: metrics.frechet_distance(real(), fake), "precision": precision, "recall": recall}

    return measure


def mixture(data: str) -> Callable[[np.ndarray], dict]:
    """measure(points): the share of the modes that was found, of the points near a mode, and how even the modes' shares are."""
    modes, std = MIXTURES[data]

    def measure(points):
        found = metrics.mixture_quality(points, modes, std)
        return {"modes_found": found.pop("modes") / len(modes), **found}

    return measure
