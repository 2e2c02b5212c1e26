"""From a recipe and its options to a Trainer: the data, the game, the pictures and the evaluation of a run.

Four random streams come from the seed: the order of the data, what the steps draw, the first weights, and the points of a
mixture.  So none of them depends on how much another one was used.
"""

from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from minigan import data, evaluation, plots
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
    init, draw = np.random.SeedSequence(options.seed).spawn(4)[2:]  # the Trainer takes the first two
    x, y, names = load_data(options, np.random.default_rng(draw))
    source = SimpleNamespace(shape=x.shape[1:], classes=0 if y is None else int(y.max()) + 1)
    game = recipe.build(options, source, np.random.default_rng(init))
    points = x.ndim == 2
    trainer = Trainer(
        game,
        x,
        y,
        batch=options.batch,
        steps=options.steps,
        seed=options.seed,
        out=out,
        picture=partial(_plane, x[:2500], game) if points else _sheet,
        sheet=2500 if points else COLUMNS * 8,
        evaluate=evaluation.watch(x, y, options.data, options.seed),
        evaluate_every=100 if points else None,  # points are always new: an epoch has no meaning
    )
    return trainer, names


def load_data(options: Options, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """The data of a run -> images uint8 (N, H, W, C) or points (N, 2), labels (N,) or None, names of the labels or ()."""
    if options.data in POINTS:
        return getattr(data, options.data)(100_000, rng), None, ()
    settings: dict[str, Any] = {}
    if options.data.startswith("folder:"):
        settings = {"size": options.size, "channels": options.channels}
    elif options.download:
        settings = {"download": True}
    dataset = data.load(options.data, **settings)
    images = options.frame(dataset.images)
    return (images, dataset.labels, dataset.classes) if options.labels else (images, None, ())


def _sheet(images: np.ndarray, path: Path) -> None:
    plots.save_png(path, plots.grid(images, columns=COLUMNS))


def _plane(real: np.ndarray, game: Any, points: np.ndarray, path: Path) -> None:
    plots.scatter2d(real, points, path, score=game.D)
