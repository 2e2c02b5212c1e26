"""From a recipe and its options to a Trainer: the data, the game, the pictures and the evaluation of a run.

Four random streams come from the seed: the order of the data, what the steps draw, the first weights, and the points of a
mixture.  So none of them depends on how much another one was used.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minigan import data, evaluation, plots
from minigan.data import Epochs
from minigan.trainer import Trainer
from minigan.zoo.recipe import POINTS, Options

COLUMNS = 10  # of a sheet of samples: for the digits, one column a class


def build(recipe: ModuleType, options: Options, out: str | Path | None = None) -> Trainer:
    """The game and the trainer that these options of a recipe describe; with `out`, the trainer writes into that folder.

        trainer = build(gan, gan.Options(data="digits8", steps=200))

    Raises ValueError for data, a size or a batch that does not fit.
    """
    return assemble(recipe, options, out)[0]


def assemble(recipe: ModuleType, options: Options, out: str | Path | None) -> tuple[Trainer, tuple[str, ...]]:
    """-> the trainer that `build` returns, and the names of the labels."""
    streams = np.random.SeedSequence(options.seed).spawn(4)  # the Trainer takes the second one, for what the steps draw
    order, weights, points = (np.random.default_rng(streams[k]) for k in (0, 2, 3))
    x, y, names = load_data(options, points)
    source = Epochs(x, y, rng=order)
    game = recipe.build(options, source, weights)
    plane = x.ndim == 2
    trainer = Trainer(
        game,
        source,
        batch=options.batch,
        steps=options.steps,
        seed=options.seed,
        out=out,
        picture=partial(_plane, x[:2500], getattr(game, "score", None)) if plane else _sheet,
        sheet=2500 if plane else COLUMNS * 8,
        evaluate=evaluation.watch(x, y if game.classes else None, options.data, options.seed),
        evaluate_every=100 if plane else None,  # the points are nearly all new: an epoch has no meaning
    )
    return trainer, names


def load_data(options: Options, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """The data of a run -> images uint8 (N, H, W, C) or points (N, 2), labels (N,) or None, names of the labels or ()."""
    if options.data in POINTS:
        return getattr(data, options.data)(100_000, rng), None, ()
    settings: dict[str, Any] = {}
    if options.data.startswith("folder:"):
        settings = {"size": options.size, "channels": options.channels, "labels": options.labels}
    elif options.download:
        settings = {"download": True}
    dataset = data.load(options.data, **settings)
    images = options.frame(dataset.images)
    return (images, dataset.labels, dataset.classes) if options.labels else (images, None, ())


def _sheet(images: np.ndarray, path: Path) -> None:
    plots.save_image(path, plots.grid(images, columns=COLUMNS))


def _plane(real: np.ndarray, score: Callable | None, points: np.ndarray, path: Path) -> None:
    plots.scatter2d(real, points, path, score=score)
