"""Pictures from pictures, on pairs that no training has seen: how near to the true one is what was drawn?

Emoji are drawn in Twemoji's style from Noto's.  pix2pix learns from pairs, CycleGAN from the same pictures without knowing which belong
together.  Two baselines need no network: the given picture as it is, and the Twemoji of the training emoji whose Noto is nearest.
Portraits of 16 x 16 pixels are made 32 x 32: each pixel four times, by bicubic interpolation, and by three trainings that differ
in the loss.

Three measures, because each is blind to something.  The absolute error and SSIM compare pixels and prefer a blur; the VGG
distance,  ||phi(u) - phi(x)|| / ||phi(x)||  with phi = conv3_3, compares textures.
"""

from typing import Any

import numpy as np

from minigan import metrics, zoo
from minigan.data import Pairs
from minigan.data.source import to_float
from minigan.measure.results.table import Cell, Column
from minigan.models.perceptual import shipped
from minigan.running.build import load_source
from minigan.trainer import Trainer

NAME, SEEDS = "pairs", 1
PIX2PIX: dict[str, Any] = {"recipe": "pix2pix", "data": "emoji", "steps": 2000, "width": 32, "batch": 16, "lam": 100.0}
CYCLE: dict[str, Any] = {
    "recipe": "cyclegan",
    "data": "emoji",
    "steps": 2000,
    "width": 24,
    "batch": 4,
    "cycle": 5.0,
    "same": 0.5,
}
LARGER: dict[str, Any] = {"recipe": "superres", "data": "portraits", "steps": 1200, "width": 32, "batch": 8}
METHODS: dict[str, dict[str, Any]] = {
    "emoji/as given": {"recipe": "pix2pix", "data": "emoji", "baseline": "copy"},
    "emoji/nearest neighbour": {"recipe": "pix2pix", "data": "emoji", "baseline": "nearest"},
    "emoji/pix2pix": PIX2PIX,
    "emoji/CycleGAN": CYCLE,
    "emoji/CycleGAN, no cycle": CYCLE | {"cycle": 0.0, "same": 0.0},
    "portraits/blocks": {"recipe": "superres", "data": "portraits", "baseline": "blocks"},
    "portraits/bicubic": {"recipe": "superres", "data": "portraits", "baseline": "bicubic"},
    "portraits/pixels": LARGER | {"features": 0.0, "adv": 0.0},
    "portraits/pixels, VGG": LARGER | {"features": 2e-6, "adv": 0.0},
    "portraits/pixels, VGG, GAN": LARGER | {"features": 2e-6, "adv": 1e-3},
}
QUICK = {"steps": 4, "width": 2, "batch": 4}
COLUMNS = {
    "l1": Column("absolute error", ".4f", "less"),
    "ssim": Column("SSIM", ".3f", "more"),
    "psnr": Column("PSNR, dB", ".2f", "more"),
    "vgg": Column("VGG distance", ".3f", "less"),
}


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the recipe on the pairs that are not held out, or take the baseline, and compare with the true pictures."""
    settings = dict(cell.settings)
    recipe, baseline = zoo.load(settings.pop("recipe")), settings.pop("baseline", None)
    options = recipe.Options(seed=cell.seed, **settings)
    source = load_source(options)
    assert isinstance(source, Pairs)
    x, y = source.held_out
    if quick:
        x, y = x[:20], y[:20]
    if baseline:
        return judged(BASELINES[baseline](source, y), x)
    game = recipe.build(options, source, np.random.default_rng([cell.seed, 1]))
    trainer = Trainer(game, source, batch=options.batch, steps=options.steps, seed=cell.seed)
    trainer.run()
    return judged(game.translate(y), x)


def judged(drawn: np.ndarray, x: np.ndarray) -> dict[str, float]:
    """The figures of COLUMNS: drawn (N, H, W, 3), uint8 or in [-1, 1], against x, uint8."""
    u, x = to_float(drawn), to_float(x)
    return {
        "l1": float(np.abs(u - x).mean()),
        "ssim": float(metrics.ssim(u, x, 2).mean()),
        "psnr": float(metrics.psnr(u, x, 2).mean()),
        "vgg": float(vgg_distance(u, x).mean()),
    }


def vgg_distance(u: np.ndarray, x: np.ndarray, batch: int = 100) -> np.ndarray:
    """||phi(u) - phi(x)|| / ||phi(x)||, phi = VGG-16's conv3_3, for each image -> (N,)."""
    found = []
    for i in range(0, len(x), batch):
        a, b = (
            shipped().stages(part[i : i + batch], ["conv3_3"])["conv3_3"].reshape(len(x[i : i + batch]), -1)
            for part in (u, x)
        )
        found.append(np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1))
    return np.concatenate(found)


def copy(source: Pairs, y: np.ndarray) -> np.ndarray:
    """The given pictures, as they are."""
    return y


def nearest(source: Pairs, y: np.ndarray) -> np.ndarray:
    """Of each y the x of the training pair whose y is nearest, pixel by pixel."""
    a, b = (to_float(part).reshape(len(part), -1) for part in (y, source.inputs.x))
    return source.targets.x[metrics.nearest(a, b)[0][:, 0]]


def blocks(source: Pairs, y: np.ndarray) -> np.ndarray:
    """Each pixel copied to a block."""
    k = source.shape[0] // source.given[0]
    return y.repeat(k, axis=1).repeat(k, axis=2)


def bicubic(source: Pairs, y: np.ndarray) -> np.ndarray:
    """Enlarged by Pillow's bicubic interpolation."""
    from PIL import Image

    size = source.shape[1], source.shape[0]
    return np.stack([np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)) for image in y])


BASELINES = {"copy": copy, "nearest": nearest, "blocks": blocks, "bicubic": bicubic}
