"""GAN, VAE, VAE-GAN and IMLE on the same images, with equal networks and equal time: what is each of them good at?

Each method gets five minutes of one core, and the same G: the upsampling network of `dcgan_up`, of equal width.  E and D have the
convolutions of its D; E has more parameters, because two dense layers end in the codes.  The GAN has no labels here, as the VAEs
have none.  Three questions:

    samples            Frechet distance, precision and recall, against the training images
    reconstruction     PSNR of held-out images that went through E and G (GAN and IMLE: no E), and how sharp they are beside the real ones
    the bound          -ELBO of held-out images, in bits a pixel value (Gaussian with s = 0.1 for a range of -1 to 1)

Two more methods look at portraits through VGG: a VAE with the perceptual loss and a projected GAN.  Their networks are larger by
the frozen VGG, and their steps more expensive, but the time is the same.

The VAE is trained on the bound, and the bound contains the squared error; so the last two columns are its home ground, as the first
is the GAN's.  s = 0.1 is near the error of its reconstructions, where the bound is best; with s = 0.5 the codes are closer to the
prior, and so are the samples to the images.  The last tenth of the images, in a fixed random order, is held out.
"""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, evaluation, zoo
from minigan.data.source import to_float
from minigan.measure.results.table import Cell, Column, save_figure
from minigan.measure.results.training import CURVE, QUALITY, frechet, pace, quality, trainer_of
from minigan.metrics.images import psnr
from minigan.models.bound import elbo
from minigan.models.likelihood import Gaussian
from minigan.plots import to_image
from minigan.zoo.recipe import Options

NAME, SEEDS = "families", 3
SAME = {"width": 32, "latent": 64, "batch": 64, "core_minutes": 5.0}
KINDS: dict[str, dict[str, Any]] = {
    "GAN": {"recipe": "gan", "labels": False},
    "VAE": {"recipe": "vae", "model": "conv", "likelihood": "gaussian", "s": 0.1},
    "VAE, s = 0.5": {"recipe": "vae", "model": "conv", "likelihood": "gaussian", "s": 0.5},
    "VAE-GAN": {"recipe": "vaegan"},
    "IMLE": {"recipe": "imle"},
}
RGB: dict[str, dict[str, Any]] = {  # these look at images through VGG
    "VAE, perceptual": {"recipe": "vae", "model": "conv", "likelihood": "perceptual", "s": 0.1, "features": 0.01},
    "projected GAN": {"recipe": "projected"},
}
METHODS = {
    f"{name}/{kind}": SAME | {"data": name} | settings
    for name, kinds in (("mnist10k", KINDS), ("portraits", KINDS | RGB))
    for kind, settings in kinds.items()
}
QUICK = {"core_minutes": 0.05, "width": 8}
COLUMNS = {
    **QUALITY,
    "psnr": Column("PSNR of reconstructions, dB", ".1f", "more"),
    "sharpness": Column("their sharpness, real = 1", ".2f"),
    "bits": Column("bound, bits a value", ".2f", "less"),
    "parameters": Column("parameters, thousands", ".0f"),
    "steps": Column("steps", ".0f"),
}
SAMPLES = 4000
MARKS = (5, 10, 20, 40, 60, 80, 100)  # percent of the steps: the points of the curves


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train as many steps as fit into the time, then measure samples, reconstructions and the bound."""
    s = dict(cell.settings)
    recipe, seconds = zoo.load(s.pop("recipe")), 60 * s.pop("core_minutes")
    options = recipe.Options(seed=cell.seed, **s)
    images, held_out = split(options)
    steps = max(20, int(seconds / pace(trainer_of(recipe, options, images), 5 if quick else 50)))
    trainer = trainer_of(recipe, dataclasses.replace(options, steps=steps), images)
    at = {round(steps * mark / 100): mark for mark in MARKS}
    figures = {}
    for t in range(1, steps + 1):
        trainer.step()
        if t in at and not quick:
            figures[f"frechet_at_{at[t]}"] = frechet(trainer.game, images, options.data, cell.seed)
    game = trainer.game
    rng = np.random.default_rng([cell.seed, 1])
    samples = to_image(game.sample(200 if quick else SAMPLES, rng))
    figures |= quality(samples, images, options.data, rng)
    size = sum(net.theta.size for net in game.networks.values())
    return (
        figures | rebuilt(game, held_out[:100] if quick else held_out, rng) | {"parameters": size / 1e3, "steps": steps}
    )


def split(options: Options) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out images, uint8 (N, H, W, C), as the recipe's networks see them; all seeds have the same split."""
    images = options.frame(data.load(options.data).images)
    order = np.random.default_rng(0).permutation(len(images))
    at = len(images) - len(images) // 10
    return images[order[:at]], images[order[at:]]


def sharpness(x: np.ndarray) -> float:
    """mean |4 x[i, j] - x[i-1, j] - x[i+1, j] - x[i, j-1] - x[i, j+1]| over the inner pixels; x (N, H, W, C)"""
    around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
    return float(np.abs(4 * x[:, 1:-1, 1:-1] - around).mean())


def rebuilt(game: Any, held_out: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """PSNR and sharpness of the reconstructions; and the bound, if E and G were trained on one.  A GAN has neither."""
    figures, x = {}, to_float(held_out)
    if hasattr(game, "reconstruct"):
        y = game.reconstruct(x)
        figures["psnr"] = float(psnr(y, x, 2.0).mean())
        figures["sharpness"] = sharpness(y) / sharpness(x)
    if getattr(game, "likelihood", None) == Gaussian(KINDS["VAE"]["s"]):
        eps = rng.standard_normal((len(x), game.latent)).astype(game.G.dtype)
        log_p, kl = elbo(game.best("E"), game.best("G"), game.likelihood, x, eps)
        figures["bits"] = (kl - log_p) / x[0].size / math.log(2)
    return figures


def draw(rows: list[dict[str, str]], folder: Path, quick: bool) -> list[Path]:
    """Plot the Frechet distance of the samples against time, one half for each data set, as means over the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), dpi=120, layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("mnist10k", "portraits"), strict=True):
        for k, method in enumerate(method for method in METHODS if method.startswith(name)):
            mine = [row for row in rows if row["method"] == method and row.get("frechet_at_100")]
            if mine:
                curve = [np.mean([float(row[f"frechet_at_{mark}"]) for row in mine]) for mark in MARKS]
                axes.plot(MARKS, curve, marker="osv^DP*X"[k % 8], markersize=5, label=method.partition("/")[2])
        axes.set(xlabel="share of the five minutes, %", ylabel="Frechet distance", yscale="log")
        axes.set_title(f"{name}: {evaluation.features_for(name)}, {CURVE:,} samples", loc="left", fontsize=11)
        axes.grid(alpha=0.25, which="both")
        if axes.lines:
            axes.legend(frameon=False, fontsize=8)
    return save_figure(figure, NAME, folder, quick)
