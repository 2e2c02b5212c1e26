"""GAN, VAE and VAE-GAN on the same images, with equal networks and equal time: what is each of them good at?

Each method gets ten minutes of one core, and the same G: the upsampling network of `dcgan_up`, of equal width.  E and D have the
convolutions of its D; E has more parameters, because two dense layers end in the codes.  The GAN has no labels here, as the VAEs
have none.  Three questions:

    samples            Frechet distance, precision and recall, against the training images
    reconstruction     PSNR of held-out images that went through E and G (a GAN has no E)
    the bound          -ELBO of held-out images, in bits a pixel value (Gaussian with s = 0.1 for a range of -1 to 1)

The VAE is trained on the bound, and the bound contains the squared error; so the last two columns are its home ground, as the first
is the GAN's.  The last tenth of the images, in a fixed random order, is held out.
"""

import dataclasses
import math
import time
from typing import Any

import numpy as np

from minigan import data, evaluation, zoo
from minigan.data import Epochs
from minigan.data.source import to_float
from minigan.measure.results.table import Cell, Column
from minigan.metrics.images import psnr
from minigan.models.bound import elbo
from minigan.models.likelihood import Gaussian
from minigan.plots import to_image
from minigan.trainer import Trainer
from minigan.zoo.recipe import Options

NAME, SEEDS = "families", 3
SAME = {"width": 32, "latent": 64, "batch": 64, "core_minutes": 10.0}
KINDS: dict[str, dict[str, Any]] = {
    "GAN": {"recipe": "gan", "labels": False},
    "VAE": {"recipe": "vae", "model": "conv", "likelihood": "gaussian", "s": 0.1},
    "VAE-GAN": {"recipe": "vaegan"},
}
METHODS = {
    f"{name}/{kind}": SAME | {"data": name} | KINDS[kind] for name in ("mnist10k", "portraits") for kind in KINDS
}
QUICK = {"core_minutes": 0.05, "width": 8}
COLUMNS = {
    "frechet": Column("Frechet", ".2f", "less"),
    "floor": Column("real : real", ".2f"),
    "precision": Column("precision", ".3f", "more"),
    "recall": Column("recall", ".3f", "more"),
    "psnr": Column("PSNR of reconstructions, dB", ".1f", "more"),
    "bits": Column("bound, bits a value", ".2f", "less"),
    "parameters": Column("parameters, thousands", ".0f"),
    "steps": Column("steps", ".0f"),
}
SAMPLES = 4000


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train as many steps as fit into the time, then measure samples, reconstructions and the bound."""
    s = dict(cell.settings)
    recipe, seconds = zoo.load(s.pop("recipe")), 60 * s.pop("core_minutes")
    options = recipe.Options(seed=cell.seed, **s)
    images, held_out = split(options)
    steps = max(20, int(seconds / pace(trainer_of(recipe, options, images), 5 if quick else 50)))
    trainer = trainer_of(recipe, dataclasses.replace(options, steps=steps), images)
    trainer.run()
    game = trainer.game
    rng = np.random.default_rng([cell.seed, 1])
    samples = to_image(game.sample(200 if quick else SAMPLES, rng))
    found = evaluation.evaluate(samples, images, evaluation.features_for(options.data), rng)["measures"]
    figures = {"frechet": found["frechet_distance"]["value"], "floor": found["frechet_distance"]["floor"]}
    figures |= {name: found[name]["value"] for name in ("precision", "recall")}
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


def trainer_of(recipe: Any, options: Any, images: np.ndarray) -> Trainer:
    """A new game of the recipe on the images."""
    order, weights = (np.random.default_rng(stream) for stream in np.random.SeedSequence([options.seed, 1]).spawn(2))
    source = Epochs(images, rng=order)
    game = recipe.build(options, source, weights)
    return Trainer(game, source, batch=options.batch, steps=options.steps, seed=options.seed)


def pace(trainer: Trainer, steps: int) -> float:
    """Processor seconds of a training step, after a few that compile kernels and fill buffers."""
    for _ in range(5):
        trainer.step()
    start = time.process_time()
    for _ in range(steps):
        trainer.step()
    return (time.process_time() - start) / steps


def rebuilt(game: Any, held_out: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """PSNR of the reconstructions; and the bound, if E and G were trained on one.  A GAN has neither."""
    figures, x = {}, to_float(held_out)
    if hasattr(game, "reconstruct"):
        figures["psnr"] = float(psnr(game.reconstruct(x), x, 2.0).mean())
    if getattr(game, "likelihood", None) == Gaussian(KINDS["VAE"]["s"]):
        eps = rng.standard_normal((len(x), game.latent)).astype(game.G.dtype)
        log_p, kl = elbo(game.best("E"), game.best("G"), game.likelihood, x, eps)
        figures["bits"] = (kl - log_p) / x[0].size / math.log(2)
    return figures
