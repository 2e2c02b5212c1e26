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
from minigan.data import Epochs, Source, WithoutData
from minigan.data.clips import CLIPS, Clips
from minigan.trainer import Trainer
from minigan.zoo.recipe import POINTS, Options

ORDER, STEPS, WEIGHTS, DRAWS = range(4)  # the streams; the Trainer takes STEPS, for what the steps draw
COLUMNS = 10  # of a sheet of samples: for the digits, one column a class
ROWS = 8  # of a sheet; of clips, one in each


def build(recipe: ModuleType, options: Options, out: str | Path | None = None) -> Trainer:
    """The game and the trainer that these options of a recipe describe; with `out`, the trainer writes into that folder.

        trainer = build(gan, gan.Options(data="digits8", steps=200))

    Raises ValueError for data, a size or a batch that does not fit, and for an option that has no effect.
    """
    options.check()
    return assemble(recipe, options, load_source(options), out)


def assemble(recipe: ModuleType, options: Options, source: Source, out: str | Path | None) -> Trainer:
    """The trainer that `build` returns, on this source; WithoutData serves to draw samples."""
    game = recipe.build(options, source, _stream(options, WEIGHTS))
    x, y = (None, None) if isinstance(source, WithoutData) else source.reference()
    points = x[:2500] if x is not None and x.ndim == 2 else None
    trainer = Trainer(
        game,
        source,
        batch=options.batch,
        steps=options.steps,
        seed=options.seed,
        out=out,
        picture=_sheet if points is None else partial(_plane, points, getattr(game, "score", None)),
        sheet=2500 if points is not None else ROWS if len(source.shape) == 4 else COLUMNS * ROWS,
        evaluate=None if x is None else evaluation.watch(x, y if game.classes else None, options.data, options.seed),
        evaluate_every=None if points is None else 100,  # the points are nearly all new: an epoch has no meaning
    )
    trainer.recorder.shares = 2 if options.deterministic else None
    return trainer


def load_source(options: Options) -> Source:
    """The data of a run, in the order of its seed.  Raises what data.load raises."""
    order, draws = _stream(options, ORDER), _stream(options, DRAWS)
    if (own := options.source(order, draws)) is not None:
        return own
    if options.data in CLIPS:
        if options.condition:
            raise ValueError(f"{options.data} has no attribute {options.condition!r}: its clips have no labels")
        return Clips(options.data, order)
    x, y, names = load_data(options, draws)
    return Epochs(x, y, rng=order, names=names)


def _stream(options: Options, which: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(options.seed).spawn(4)[which])


def load_data(options: Options, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """The data of a run -> images uint8 (N, H, W, C) or points (N, 2), labels (N,) or None, names of the labels or ()."""
    if options.data in POINTS:
        if options.condition:
            raise ValueError(
                f"{options.data} has no attribute {options.condition!r}: it consists of points in the plane"
            )
        return getattr(data, options.data)(100_000, rng), None, ()
    settings: dict[str, Any] = {}
    if options.data.startswith("folder:"):
        settings = {"size": options.size, "channels": options.channels, "labels": options.labels}
    elif options.download:
        settings = {"download": True}
    dataset = data.load(options.data, **settings)
    if options.condition:
        dataset = dataset.conditioned_on(options.condition)
    images = options.frame(dataset.images)
    return (images, dataset.labels, dataset.classes) if options.labels else (images, None, ())


def _sheet(images: np.ndarray, path: Path) -> None:
    plots.save_image(path, plots.grid(images, columns=COLUMNS))


def _plane(real: np.ndarray, score: Callable | None, points: np.ndarray, path: Path) -> None:
    plots.scatter2d(real, points, path, score=score)
