"""Turn pictures into pictures with a trained pix2pix, CycleGAN or super-resolution.

Everything is read and compared with the model before anything is drawn: what does not fit is refused in a sentence, and nothing is
written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan import plots
from minigan.running.inpaint import Model, read
from minigan.running.model import open_model
from minigan.running.place import refuse_folder_name
from minigan.running.use import beside

TILE = 96  # pixels on a side, at most, of a comparison, unless the images are larger


class Translated(NamedTuple):
    """What was written, and the pictures."""

    path: Path
    given: np.ndarray  # (N, H, W, C) in [-1, 1]
    images: np.ndarray  # (N, H', W', C') in [-1, 1]


def translate(
    pictures: Sequence[str], model: str | Path, out: str | Path | None = None, *, held_out: str | Path | None = None,
    back: bool = False, compare: bool = False,
) -> Translated:  # fmt: skip
    """Draw a picture from each picture: one of them as it is, several on a sheet.

    Parameters
    ----------
    pictures : files, and images of data sets: NAME:INDEX or NAME:FIRST-LAST, which are framed and shrunk as in training
    model : folder of a run of pix2pix, cyclegan or superres, or a weights file of one; see `open_model`
    out : default: translated.png in the run's folder, or for a weights file in the current one
    held_out : the folder of the data sets' test images, which the indices then count
    back : of a CycleGAN: the other direction
    compare : each picture beside what was drawn from it

    Raises ValueError, FileNotFoundError for whatever does not fit the model.
    """
    if out is not None:
        refuse_folder_name(out)
    run = open_model(model)
    game: Any = run.trainer.game
    if not hasattr(game, "translate"):
        raise ValueError(f"{model} draws pictures from noise: choose a run of pix2pix, cyclegan or superres")
    if back and "F" not in game.networks:
        raise ValueError(f"{model} was trained in one direction: leave --back out, or use a run of cyclegan")
    path = beside(run, "translated.png") if out is None else Path(out)
    plots.format_of(path, plots.FORMATS)
    frame, shrinks = getattr(run.options, "given", run.options.frame), getattr(run.options, "factor", 1)
    fits = Model(str(model), game, game.given, frame, path, "takes", shrinks)
    y = np.concatenate([read(word, fits, held_out) for word in pictures])
    x = game.translate(y, name="F" if back else "G")
    plots.save_image(path, sheet(y, x, compare))
    return Translated(path, y, x)


def sheet(y: np.ndarray, x: np.ndarray, compare: bool) -> np.ndarray:
    """One picture as it is; several, or each y beside its x in large pixels, on a sheet.   -> uint8 (H', W', C)"""
    if not compare:
        return plots.to_image(x[0]) if len(x) == 1 else plots.grid(x)
    k = max(1, x.shape[1] // y.shape[1])
    tiles = np.stack([y.repeat(k, axis=1).repeat(k, axis=2), x], axis=1).reshape(-1, *x.shape[1:])
    groups = max(1, round(np.sqrt(len(x) / 2)))
    return plots.grid(tiles, columns=2 * groups, scale=max(1, TILE // max(x.shape[1:3])))
