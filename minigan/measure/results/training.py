"""What the tables of trained recipes share: a trainer on chosen images, the time of its step, the quality of its samples."""

import time
from typing import Any

import numpy as np

from minigan import evaluation
from minigan.data import Epochs
from minigan.measure.results.table import Column
from minigan.metrics.frechet import frechet_distance
from minigan.plots import to_image
from minigan.trainer import Trainer

CURVE = 1000  # samples of a point of a curve
QUALITY = {
    "frechet": Column("Frechet", ".2f", "less"),
    "floor": Column("real : real", ".2f"),
    "precision": Column("precision", ".3f", "more"),
    "recall": Column("recall", ".3f", "more"),
}


def trainer_of(recipe: Any, options: Any, images: np.ndarray, labels: np.ndarray | None = None) -> Trainer:
    """A new game of the recipe, and its trainer, on these images and no others."""
    order, weights = (np.random.default_rng(stream) for stream in np.random.SeedSequence([options.seed, 1]).spawn(2))
    source = Epochs(images, labels, rng=order)
    game = recipe.build(options, source, weights)
    return Trainer(game, source, batch=options.batch, steps=options.steps, seed=options.seed)


def pace(trainer: Trainer, steps: int) -> float:
    """Processor seconds of one training step, after a few steps that compile kernels and fill buffers."""
    for _ in range(5):
        trainer.step()
    start = time.process_time()
    for _ in range(steps):
        trainer.step()
    return (time.process_time() - start) / steps


def frechet(game: Any, images: np.ndarray, name: str, seed: int) -> float:
    """The Frechet distance of a few samples: a point of the curve."""
    rng = np.random.default_rng([seed, 2])
    features = evaluation.features_for(name)
    real, fake = images[rng.permutation(len(images))[:CURVE]], to_image(game.sample(CURVE, rng))
    return frechet_distance(evaluation.describe(real, features)[0], evaluation.describe(fake, features)[0])


def quality(samples: np.ndarray, images: np.ndarray, data: str, rng: np.random.Generator) -> dict[str, float]:
    """The figures of QUALITY: samples, uint8 (n, H, W, C), against images of the data set `data`."""
    found = evaluation.evaluate(samples, images, evaluation.features_for(data), rng)["measures"]
    figures = {"frechet": found["frechet_distance"]["value"], "floor": found["frechet_distance"]["floor"]}
    return figures | {name: found[name]["value"] for name in ("precision", "recall")}
