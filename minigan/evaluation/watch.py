"""A cheap evaluation after each epoch, so a run shows quality and not just losses.

The losses of a GAN show who is winning, not whether the images are any good. A few measures of two thousand samples do,
in a small share of the time. The noise is the same each time, so only G changes. The numbers are rougher than those of
`minigan evaluate` and, with fewer images, always a little higher; compare them with each other and with their floor.
"""

from collections.abc import Callable
from functools import cache, cached_property

import numpy as np

from minigan import metrics, plots
from minigan.evaluation.features import cheap_features_for, describe
from minigan.evaluation.measures import LEAST, MIXTURES
from minigan.evaluation.table import number
from minigan.game import Game
from minigan.plots import Panel

IMAGES, POINTS = 2_000, 2_500  # samples; for the mixtures as many as in the papers
DISTANCES, SHARES = (
    "Distance of the samples from real ones (lower is better)",
    "Quality of the samples (higher is better)",
)

Measure = Callable[[np.ndarray], dict[str, float]]


class Watch:
    """watch(game) -> {name: value}: `measure` of the samples that `draw(game)` returns.

    watch.floor holds the same measures of as many real samples; watch.panels defines how to plot them and what
    the progress bar shows.
    """

    def __init__(
        self, draw: Callable[[Game], np.ndarray], measure: Measure, real: np.ndarray, panels: tuple[Panel, ...] = ()
    ):
        self.draw, self.measure, self.real, self.panels = draw, measure, real, panels

    def __call__(self, game: Game) -> dict[str, float]:
        return self.measure(self.draw(game))

    @cached_property
    def floor(self) -> dict[str, float]:
        return self.measure(self.real)

    def sentence(self, rows: list[dict]) -> str:
        """The last values measured in a run's rows, each followed by that of real samples in brackets; "" if none."""
        measured = [row for row in rows if any(name in row for panel in self.panels for name in panel.names)]
        if not measured:
            return ""
        parts = [
            f"{name.replace('_', ' ')} {number(measured[-1][name])} ({number(x)})" for name, x in self.floor.items()
        ]
        return f"{', '.join(parts)} with {len(self.real):,} samples (in brackets: real samples)"


def watch(x: np.ndarray, y: np.ndarray | None, data: str, seed: int, features: str | None = None) -> Watch | None:
    """The evaluation that suits the data set `data`; None for fewer than 100 images.

    Its random numbers come from `seed` alone, so evaluating does not change the training.

    Parameters
    ----------
    x : the training set, images (N, H, W, C), uint8 or float in [-1, 1], or points (N, 2)
    y : labels (N,), from which the labels of the samples are drawn; None for no labels
    features : the space of the distances; default: cheap_features_for(data)
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    if x.ndim == 2:
        n, measure, panels = POINTS, *mixture(data)
    elif len(x) >= LEAST:
        n = min(IMAGES, len(x) // 2)
        measure, panels = nearness(x[order[n : 2 * n]], features or cheap_features_for(data))
    else:
        return None
    labels = {} if y is None else {"labels": rng.choice(y, n)}
    return Watch(lambda game: game.sample(n, np.random.default_rng(seed), **labels), measure, x[order[:n]], panels)


def nearness(reference: np.ndarray, features: str) -> tuple[Measure, tuple[Panel, ...]]:
    """measure(images): Frechet distance from the reference (N, H, W, C), precision and recall; and the panels."""
    real = cache(lambda: describe(plots.to_image(reference), features)[0])  # computed on first use
    name = f"frechet_{features.lower().replace(' ', '_')}"

    def measure(images: np.ndarray) -> dict[str, float]:
        fake = describe(plots.to_image(images), features)[0]
        precision, recall = metrics.precision_recall(real(), fake)
        return {name: metrics.frechet_distance(real(), fake), "precision": precision, "recall": recall}

    distance = Panel(DISTANCES, (name,), scale="log", short={name: "Frechet"})
    return measure, (distance, Panel(SHARES, ("precision", "recall"), scale="share"))


def mixture(data: str) -> tuple[Measure, tuple[Panel, ...]]:
    """measure(points): share of the modes found, share of the points near a mode, evenness of the modes; and the panels."""
    modes, std = MIXTURES[data]

    def measure(points: np.ndarray) -> dict[str, float]:
        found = metrics.mixture_quality(points, modes, std)
        return {"modes_found": found.pop("modes") / len(modes), **found}

    shares = Panel(SHARES, ("modes_found", "high_quality"), scale="share", short={"modes_found": "modes"})
    return measure, (Panel(DISTANCES, ("reverse_kl",), scale="log"), shares)
