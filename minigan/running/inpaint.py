"""Fill the holes of images with a trained model, and draw each one before, its mask, after, and the truth, side by side.

Everything is read and compared with the model before the search begins: what does not fit is refused in a sentence, and nothing
is written.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan import data, metrics, plots
from minigan.apps import restore
from minigan.apps.generator import generator
from minigan.data.check import kind_of
from minigan.data.mask import mask
from minigan.data.pictures import read_whole
from minigan.data.source import to_float
from minigan.game import Game
from minigan.metrics.images import WINDOW
from minigan.running.model import open_model
from minigan.running.place import refuse_folder_name
from minigan.running.use import beside

TILE = 96  # pixels on a side, at most, unless the images are larger


class Model(NamedTuple):
    """A trained game, and what its images must be."""

    name: str
    game: Game
    shape: tuple[int, ...]  # of an image, (H, W, C)
    frame: Callable[[np.ndarray], np.ndarray]  # what is done to the images of a data set
    out: Path  # where a picture goes by default
    does: str = "draws"  # these images
    shrinks: int = 1  # by how much `frame` shrinks them


class Filled(NamedTuple):
    """What was written, and how close the filled images are to the true ones."""

    path: Path
    images: np.ndarray  # (N, H, W, C) in [-1, 1]
    seconds: float  # of the filling
    psnr: float  # in dB, the mean
    ssim: float | None  # the mean; None for images that are too small


def inpaint(
    pictures: Sequence[str], spec: str, model: str | Path, out: str | Path | None = None, *, held_out: str | Path | None = None,
    seed: int = 0, blend: bool = True, critic: float | None = None, **search: Any,
) -> Filled:  # fmt: skip
    """Fill the hidden pixels of the pictures.

    Parameters
    ----------
    pictures : files, and images of data sets: NAME:INDEX or NAME:FIRST-LAST
    spec : what is hidden, see data/mask.py
    model : folder of a run, weights file or name, see `open_model`; one of the recipe context fills in one pass, all others by a search
    out : default: inpaint.png in the run's folder, or for another model in the current one
    held_out : the folder of the data sets' test images, which the indices then count
    blend : Poisson blending
    critic : weight of D's verdict in the search; by default that of `apps.restore`, if there is a D
    search : restarts, steps: see `apps.restore.restore`

    Raises ValueError, FileNotFoundError for whatever does not fit the model.
    """
    if out is not None:
        refuse_folder_name(out)
    opened = opened_model(model)
    out = opened.out if out is None else Path(out)
    plots.format_of(out, plots.FORMATS)
    x = np.concatenate([read(word, opened, held_out) for word in pictures])
    mask_rng, rng = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(2))
    known = mask(spec, (opened.shape[0], opened.shape[1]), mask_rng)
    started = time.perf_counter()
    if hasattr(opened.game, "fill"):
        refuse_search(opened.name, critic=critic, **search)
        filled = restore.in_one_pass(opened.game, x, known, blend)
    else:
        G = generator(opened.game)
        if critic and G.D is None:
            raise ValueError(f"{opened.name} has no D that could judge an image: leave --critic out, or use a GAN")
        weight = restore.CRITIC if critic is None else critic
        given = {name: value for name, value in search.items() if value is not None}
        filled = restore.inpaint(G, x, known, rng, blend=blend, critic=weight, **given)
    seconds = time.perf_counter() - started
    plots.save_image(out, sheet(x, known, filled))
    close = float(metrics.psnr(filled, x, 2).mean())
    alike = float(metrics.ssim(filled, x, 2).mean()) if min(x.shape[1:3]) >= WINDOW else None
    return Filled(out, filled, seconds, close, alike)


def opened_model(where: str | Path) -> Model:
    """What `where` names.  Raises what `running.model.open_model` raises, and ValueError for points in the plane."""
    run = open_model(where)
    shape = tuple(run.trainer.source.shape)
    if len(shape) != 3:
        raise ValueError(f"{where} draws {kind_of(shape)}, not images: choose a model of images")
    return Model(str(where), run.trainer.game, shape, run.options.frame, beside(run, "inpaint.png"))


def read(word: str, model: Model, held_out: str | Path | None = None) -> np.ndarray:
    """A file, NAME:INDEX or NAME:FIRST-LAST -> float images (N, H, W, C) of the model's shape."""
    name, colon, index = word.rpartition(":")
    if Path(word).expanduser().is_dir():
        raise ValueError(f"{word} is a folder: name a picture in it, or folder:{word}:0 for its first one")
    if Path(word).expanduser().exists() or not colon:
        images = read_whole(Path(word).expanduser())[None]
    else:
        settings: dict[str, Any] = {} if held_out is None else {"split": "test", "folder": held_out}
        if name.startswith("folder:"):
            settings |= {"size": model.shape[0] * model.shrinks, "channels": model.shape[2]}
        images = model.frame(data.load(name, **settings).images)
        first, last = indices(word, index, len(images))
        images = images[first : last + 1]
    check_fit(word, images.shape[1:], model)
    return to_float(images)


def indices(word: str, text: str, n: int) -> tuple[int, int]:
    """ "7" -> (7, 7), "3-9" -> (3, 9); both must be images of a set of n."""
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f"{word}: expected the number of an image after the colon, such as 7, or a range such as 0-15")
    a, b = int(first), int(last or first)
    if not a <= b < n:
        raise ValueError(f"{word}: the set has the images 0 to {n - 1}")
    return a, b


def check_fit(what: str, shape: tuple[int, ...], model: Model) -> None:
    """Raise ValueError, with the remedy, unless images of this shape (H, W, C) are what the model draws."""
    colours = {1: "grey", 3: "colour"}
    if shape[2] != model.shape[2]:
        have, want = colours[shape[2]], colours[model.shape[2]]
        raise ValueError(
            f"{what} is a {have} image, and {model.name} {model.does} {want} ones: convert it to {want} first"
        )
    if shape != model.shape:
        have, want = (f"{width} x {height}" for height, width, _ in (shape, model.shape))
        raise ValueError(f"{what} has {have} pixels, and {model.name} {model.does} {want}: resize it")


def refuse_search(name: str, **search: Any) -> None:
    """Raise ValueError for an option of the search: a context encoder does not search."""
    for option, value in search.items():
        if value is not None:
            raise ValueError(
                f"{name} is a context encoder and fills a hole in one pass, without a search: leave --{option} out"
            )


def sheet(x: np.ndarray, known: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Before, mask, after and truth of each image, in one row; many rows stand side by side.   -> uint8 (H', W', C)"""
    m = known[:, :, None]
    hidden = np.broadcast_to(np.where(m, -1.0, 1.0), x.shape)
    tiles = np.stack([np.where(m, x, 0), hidden, filled, x], axis=1).reshape(-1, *x.shape[1:])
    groups = max(1, round(np.sqrt(len(x)) / 2))
    return plots.grid(tiles, columns=4 * groups, scale=max(1, TILE // max(x.shape[1:3])))
