"""Inpainting: 500 held-out digits and 500 fresh portraits, each with five masks, filled in seven ways.

    mean        the mean of the training images                nearest     the training image with the nearest known pixels
    biharmonic  the smoothest filling (scikit-image)           context     a context encoder, trained here
    gan, vaegan the search for a code; "pasted" without Poisson blending

All keep the known pixels, so the numbers of one mask can be compared, and those of two masks cannot. The mean has a good PSNR and
draws nothing: read it together with the last columns.
"""

import time
from functools import cache
from pathlib import Path

import numpy as np

from minigan import metrics
from minigan.apps import restore
from minigan.apps.generator import generator
from minigan.data import Epochs
from minigan.data.mask import mask
from minigan.measure.results.held_out import HeldOut, borrowed, held_out
from minigan.measure.results.table import Cell, Column
from minigan.running.model import open_model
from minigan.trainer import Trainer
from minigan.zoo import context

NAME, SEEDS = "inpaint", 1
DATA = ("mnist", "portraits")
MASKS = ("centre:16", "random:0.8", "half:left", "half:bottom", "strokes")
STROKES = Path(__file__).with_name("strokes.png")  # a mask from a picture: white is hidden
HIDDEN = {"centre:16": ("beard", "eyes", "eyebrows", "mouth")}  # attributes of portraits; all with other masks
MODELS = {
    "digits": {"gan": "gan-mnist", "vaegan": "vaegan-mnist"},
    "portraits": {"gan": "gan-portraits", "vaegan": "vaegan-portraits"},
}
SEARCH = {"steps": restore.STEPS, "restarts": None, "l2": restore.L2, "critic": restore.CRITIC}
TRAINING = {"train_steps": 3000, "width": 32}


def methods() -> dict[str, dict]:
    """Method -> settings."""
    made: dict[str, dict] = {}
    for name, models in MODELS.items():
        ways: dict[str, dict] = {way: {} for way in ("mean", "nearest", "biharmonic")} | {"context": TRAINING}
        ways |= {way: {"model": model} | SEARCH for way, model in models.items()}
        ways["gan, pasted"] = {"model": models["gan"]} | SEARCH
        for spec in MASKS:
            made |= {
                f"{name}/{spec}, {way}": {"mask": spec, "way": way, "images": 500} | more for way, more in ways.items()
            }
    return made


METHODS = methods()
QUICK = {"images": 20, "steps": 5, "train_steps": 5, "width": 4}
COLUMNS = {
    "psnr": Column("PSNR, dB", ".2f", "more"),
    "ssim": Column("SSIM", ".3f", "more"),
    "right": Column("read right, %", ".1f", "more"),
    "chance": Column("by chance, %", ".1f"),
    "truth": Column("of the truth, %", ".1f"),
    "seconds": Column("s an image (CPU)", ".3f", "less"),
}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Fill the images of one set with one mask in one way; training a context encoder is not counted in the seconds."""
    name, settings = cell.method.partition("/")[0], cell.settings
    found = held_out(name, settings["images"], quick)
    size = found.x.shape[1], found.x.shape[2]
    spec = str(STROKES) if settings["mask"] == "strokes" else settings["mask"]
    known = mask(spec, size, np.random.default_rng(cell.seed))
    if settings["way"] == "context":
        encoder(name, settings["train_steps"], settings["width"], cell.seed, quick)
    started = time.process_time()
    filled = fill(found, known, cell, quick)
    seconds = (time.process_time() - started) / len(filled)
    return found.figures(filled, HIDDEN.get(settings["mask"], ()) if name == "portraits" else ()) | {"seconds": seconds}


def fill(found: HeldOut, known: np.ndarray, cell: Cell, quick: bool) -> np.ndarray:
    """The filled images, float (N, H, W, C) in [-1, 1]."""
    x, training, settings, way = found.x, found.training, cell.settings, cell.settings["way"]
    if way == "mean":
        return np.where(known[:, :, None], x, training.mean(axis=0))
    if way == "nearest":
        pool, asked = (images[:, known].reshape(len(images), -1) for images in (training, x))
        return np.where(known[:, :, None], x, training[metrics.nearest(asked, pool)[0][:, 0]])
    if way == "biharmonic":
        smooth = borrowed("skimage.restoration").inpaint_biharmonic
        seen = np.where(known[:, :, None], x, 0)  # what it must not see
        return np.stack([smooth(image, ~known, channel_axis=-1) for image in seen]).clip(-1, 1).astype(x.dtype)
    if way == "context":
        game = encoder(found.name, settings["train_steps"], settings["width"], cell.seed, quick)
        return restore.in_one_pass(game, x, known)
    G = generator(open_model(settings["model"]).trainer.game)
    search = {name: settings[name] for name in SEARCH}
    return restore.inpaint(G, x, known, np.random.default_rng([cell.seed, 1]), blend=way != "gan, pasted", **search)


@cache
def encoder(name: str, steps: int, width: int, seed: int, quick: bool) -> context.ContextEncoder:
    """A context encoder for this set, trained once for all masks."""
    batches, weights = (np.random.default_rng(stream) for stream in np.random.SeedSequence([seed, 2]).spawn(2))
    source = Epochs(held_out(name, 1, quick).training, rng=batches)
    options = context.Options(steps=steps, width=width)
    game = context.build(options, source, weights)
    Trainer(game, source, batch=options.batch, steps=steps, seed=seed).run()
    return game
