"""The log-likelihood of a GAN's G, a VAE's and a VAE-GAN's, on the same scale: annealed importance sampling between two bounds.

A Parzen window rates samples that are closer to the mean above the data itself (table `parzen`).  Wu et al. 2017 ask for log p(x) of the
generator as it is: G(z) is the mean of a Gaussian, with one standard deviation s for all pixels, which is chosen for each generator on
validation images.  models/annealed.py bounds log p(x) from below; on images simulated from the generator it has both bounds, and their
gap is in the table.  Where the gap is large the row says nothing.

All three have the G of `vae_mlp` (latent - 400 - 400 - image, tanh inside) and were trained for the same minutes of one core.  Pixels are
in [-1, 1]; with pixels in [0, 1], as in the paper, every figure is 784 log 2 = 543 nats larger, since the density of half as wide a
pixel is twice as high.  The paper trains larger networks on 60,000 digits, so its figures are no goal for these.
"""

import time
from typing import Any

import numpy as np

from minigan import data
from minigan.data import Epochs
from minigan.data.source import to_float
from minigan.game import GAN
from minigan.layers import Copy, Dense, Flatten, LeakyReLU, Parallel, Reshape, Tanh
from minigan.layers.more.frozen import freeze
from minigan.losses import non_saturating
from minigan.measure.results.table import Cell, Column
from minigan.models.annealed import log_likelihood, log_weights, schedule
from minigan.models.bound import log_mean_exp
from minigan.models.likelihood import Gaussian
from minigan.models.vae import vae_mlp
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.penalties import R1
from minigan.zoo.vae import VAE
from minigan.zoo.vaegan import VAEGAN

NAME, SEEDS = "likelihood", 1
RECIPE: dict[str, Any] = {
    "data": "mnist10k", "latent": 10, "width": 400, "batch": 64, "minutes": 3.0, "images": 32, "steps": 500, "chains": 8,
}  # fmt: skip
KINDS = ("GAN", "VAE", "VAE-GAN")
METHODS = {
    f"{kind}, {latent} codes": RECIPE | {"kind": kind, "latent": latent} for latent in (10, 50) for kind in KINDS
}
QUICK = {"minutes": 0.05, "images": 8, "steps": 20, "chains": 4, "width": 32}
COLUMNS = {
    "log_p": Column("log p of held-out digits, nats", ".0f", "more"),
    "train_log_p": Column("of training digits", ".0f"),
    "gap": Column("gap of the bounds", ".1f", "less"),
    "s": Column("s", ".2f"),
    "training_steps": Column("steps", ",.0f"),
}
SPREADS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)  # s, chosen on VALIDATION images with a short annealing
VALIDATION, SHORT = 32, 200


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train for the minutes of the cell, choose s, and bound log p of held-out and of training digits."""
    s = cell.settings
    images = to_float(data.load(s["data"]).images)
    held = np.arange(len(images)) % 10 == 0
    game, steps = trained(s, images[~held], cell.seed)
    G, rng = freeze(game.best("G")), np.random.default_rng([cell.seed, 3])
    fresh = images[held][rng.permutation(held.sum())]
    validation, test = fresh[:VALIDATION], fresh[VALIDATION : VALIDATION + s["images"]]

    def below(x: np.ndarray, spread: float, steps: int) -> float:
        b, again = schedule(steps), np.random.default_rng([cell.seed, 4])
        log_w = log_weights(G, Gaussian(spread), x, s["latent"], b, s["chains"], again)
        return float(log_mean_exp(log_w)[0].mean())

    short = min(SHORT, s["steps"])
    spread = max(SPREADS, key=lambda spread: below(validation, spread, short))
    found = log_likelihood(G, Gaussian(spread), test, s["latent"], s["steps"], s["chains"], rng)
    seen = below(images[~held][: s["images"]], spread, s["steps"])
    return {
        "log_p": float(found.log_p.mean()),
        "train_log_p": seen,
        "gap": found.gap,
        "s": spread,
        "training_steps": steps,
    }


def trained(s: dict[str, Any], images: np.ndarray, seed: int) -> tuple[Any, int]:
    """A game of the kind asked for after its minutes of processor time, and its number of steps."""
    order, weights, noise = (np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(3))
    source = Epochs(images, rng=order)
    game = game_of(s, weights)
    end, steps = time.process_time() + 60 * s["minutes"], 0
    while time.process_time() < end:
        game.step(lambda: source.batch(s["batch"]), noise)
        steps += 1
    return game, steps


def game_of(s: dict[str, Any], rng: np.random.Generator) -> Any:
    """A GAN, VAE or VAE-GAN with the same G up to its last layer, where a GAN's images pass a tanh."""
    latent, width = s["latent"], s["width"]
    E, G = vae_mlp(latent=latent, width=width, rng=rng)
    if s["kind"] == "VAE":
        return VAE(E, G, Gaussian(0.2), Adam(E, 1e-3, 0.9), Adam(G, 1e-3, 0.9), latent, ema=0.998)
    hidden = [Dense(latent, width, gain=1.0), Tanh(), Dense(width, width, gain=1.0), Tanh()]
    G = Sequential(*hidden, Dense(width, 784, gain=1.0), Reshape(28, 28, 1), Tanh(), rng=rng)
    start = [Flatten(), Dense(784, width), LeakyReLU(0.2)]
    rest = [Dense(width, width), LeakyReLU(0.2), Dense(width, 1, gain=1.0)]
    if s["kind"] == "GAN":
        D = Sequential(*start, *rest, rng=rng)
        opt_G, opt_D = (Adam(net, 1e-3, 0.0, 0.99) for net in (G, D))
        return GAN(G, D, non_saturating, [R1(gamma=1.0)], opt_G, opt_D, latent, EMA(G, 0.998))
    D = Sequential(*start, Copy(2), Parallel([], rest), rng=rng)  # features and score
    by_name = {name: Adam(net, 1e-3, 0.0, 0.99) for name, net in (("E", E), ("G", G), ("D", D))}
    return VAEGAN(E, G, D, non_saturating, [R1(gamma=1.0)], by_name, latent, gamma=0.003, beta=1.0, ema=0.998)
