"""Mixtures of Gaussians in the plane, where mode collapse can be counted: each loss with the cures that make sense for it.

The table has two parts.  The methods "loss + cure" share one network (3 x 128, LeakyReLU), one optimizer and one number of steps,
so only the loss and the cure differ; none of them was tuned individually.  "best" is a recipe with networks twice as wide; the
table `ablation` measures how much each part of it contributes.

Protocol (Srivastava et al. 2017, Lin et al. 2018): draw 2,500 samples.  A sample is of high quality if it is within 3 standard
deviations of its nearest mode.  A mode counts if at least one such sample is nearest to it.  Reverse KL is over all samples.  We
report the mean of ten draws of 2,500.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from minigan.data import Source, Stream, toy
from minigan.game import GAN, uniform
from minigan.layers import Dense, LeakyReLU, Pack, SpectralNorm
from minigan.layers.layer import Layer
from minigan.losses import GAN_LOSSES
from minigan.measure.results.rejection import calibrate, rejection_sample
from minigan.measure.results.table import Cell, Column, Published
from minigan.metrics.modes import mixture_quality
from minigan.network import Sequential
from minigan.optim import EMA, Adam, cosine
from minigan.penalties import PENALTIES

NAME = "mixtures"
SEEDS = 10
SETS = {
    "ring": (toy.ring, toy.RING_MODES, toy.RING_STD, 1.0),
    "grid": (
        toy.grid,
        toy.GRID_MODES,
        toy.GRID_STD,
        0.25,
    ),  # last: the factor by which x is scaled for the networks, to lie within +-1
}
BASE: dict[str, Any] = {
    "width": 128,
    "depth": 3,
    "latent": 2,
    "batch": 256,
    "steps": 10_000,
    "lr": 1e-3,
    "beta1": 0.5,
    "beta2": 0.99,
    "ema": 0.998,
}
BEST: dict[str, Any] = {
    **BASE,
    "loss": "relativistic",
    "penalties": ["r1", "r2"],
    "gamma": 0.1,
    "gamma_end": 0.0001,  # see weight
    "reach": 3.0,  # z uniform in a square, from -3 to 3: a wide range of z lets G be steep between two modes
    "width": 256,
    "lr": 1.5e-3,
    "steps": 16_000,
    "calibrate": 2000,  # steps of D alone, before rejection sampling
}
CURES: dict[str, dict] = {
    "nothing": {},
    "R1": {"penalties": ["r1"], "gamma": 0.02},
    "R1 + R2": {"penalties": ["r1", "r2"], "gamma": 0.02},
    "WGAN-GP": {"penalties": ["wgan_gp"], "gamma": 10.0},
    "DRAGAN": {"penalties": ["dragan"], "gamma": 10.0},
    "spectral norm": {"spectral": True},
    "packing 2": {"pack": 2},
    "packing 4": {"pack": 4},
}
PAIRS = {
    "minimax": ("nothing",),
    "non_saturating": ("nothing", "R1", "R1 + R2", "DRAGAN", "spectral norm", "packing 2", "packing 4"),
    "least_squares": ("nothing", "R1", "R1 + R2"),
    "hinge": ("nothing", "R1", "spectral norm"),
    "wasserstein": ("WGAN-GP", "spectral norm"),
    "relativistic": ("nothing", "R1", "R1 + R2", "packing 2"),
}
METHODS: dict[str, dict] = {
    f"{data}/{loss} + {cure}": {**BASE, "data": data, "loss": loss, **CURES[cure]}
    for data in SETS
    for loss, cures in PAIRS.items()
    for cure in cures
} | {f"{data}/best": {**BEST, "data": data} for data in SETS}
QUICK = {"steps": 400}
COLUMNS = {
    "modes": Column("modes", ".1f", "more"),
    "high_quality": Column("high quality, %", ".1f", "more"),
    "reverse_kl": Column("reverse KL", ".3f", "less"),
    "kept_quality": Column("with rejection, %", ".1f", "more"),
}
PUBLISHED = [
    Published(
        f"{data}/{method}", {"modes": modes, "high_quality": quality} | ({"reverse_kl": kl} if kl else {}), source
    )
    for data, method, modes, quality, kl, source in (
        ("ring", "GAN", 1, 99.3, None, "VEEGAN, table 1"),
        ("ring", "ALI", 2.8, 0.13, None, "VEEGAN, table 1"),
        ("ring", "Unrolled GAN, 5 steps", 7.6, 35.6, None, "VEEGAN, table 1"),
        ("ring", "VEEGAN", 8, 52.9, None, "VEEGAN, table 1"),
        ("ring", "WGAN-GP", 6.8, 59.6, None, "GDPP, table 1"),
        ("ring", "GDPP-GAN", 8, 71.7, None, "GDPP, table 1 (its code has 7 distinct modes)"),
        ("ring", "GAN", (6.3, 0.5), 98.2, None, "PacGAN, table 1"),
        ("ring", "PacGAN2", 7.9, 95.6, None, "PacGAN, table 1"),
        ("ring", "PacGAN3", 7.8, 97.7, None, "PacGAN, table 1"),
        ("ring", "PacGAN4", 7.8, 95.9, None, "PacGAN, table 1"),
        ("grid", "GAN", 3.3, 0.5, None, "VEEGAN, table 1"),
        ("grid", "ALI", 15.8, 1.6, None, "VEEGAN, table 1"),
        ("grid", "Unrolled GAN, 5 steps", 23.6, 16, None, "VEEGAN, table 1"),
        ("grid", "VEEGAN", 24.6, 40, None, "VEEGAN, table 1"),
        ("grid", "WGAN-GP", 24.2, 28.7, None, "GDPP, table 1"),
        ("grid", "GDPP-GAN", 24.8, 68.5, None, "GDPP, table 1"),
        ("grid", "GAN", (17.3, 0.8), 94.8, 0.70, "PacGAN, table 1"),
        ("grid", "PacGAN2", 23.8, 91.3, 0.13, "PacGAN, table 1"),
        ("grid", "PacGAN3", 24.6, 94.2, 0.06, "PacGAN, table 1"),
        ("grid", "PacGAN4", 24.8, 93.6, 0.04, "PacGAN, table 1"),
    )
]
POINTS, DRAWS = 2500, 10


def run_cell(cell: Cell, quick: bool) -> dict[str, float]:
    """Train the GAN of this cell and count the modes of its samples, without and with rejection sampling."""
    s = cell.settings
    draw, centres, std, scale = SETS[s["data"]]
    init, data, noise, judge = (np.random.default_rng(seed) for seed in np.random.SeedSequence(cell.seed).spawn(4))
    scale = s.get("scale", scale)
    source = Stream(lambda n, rng: draw(n, rng) * np.float32(scale), data, (2,))
    game = built(s, init)
    train(game, source, s, noise)

    def fake(n: int) -> np.ndarray:
        return game.generate(game.noise(n, noise), batch=n)

    found = [mixture_quality(fake(POINTS) / scale, centres, std) for _ in range(DRAWS)]
    figures = mean(found)
    if "calibrate" in s:
        calibrate(game, source, noise, 100 if quick else s["calibrate"])
        kept, share = rejection_sample(game.D, fake, DRAWS * POINTS, judge)
        found = [mixture_quality(part / scale, centres, std) for part in np.split(kept, DRAWS)]
        figures |= {f"kept_{name.removeprefix('high_')}": value for name, value in mean(found).items()}
        figures["kept_share"] = 100 * share
    return figures


def built(s: dict, rng: np.random.Generator, d: int = 2) -> GAN:
    """The GAN that the settings describe, for points of d numbers."""
    G, D = networks(s, rng, d)
    opt_G, opt_D = (Adam(net, cosine(s["lr"], s["steps"]), s["beta1"], s["beta2"]) for net in (G, D))
    penalties = [type(PENALTIES[name])(weight(s)) for name in s.get("penalties", ())]  # type: ignore[call-arg]
    prior = uniform(s["reach"]) if "reach" in s else normal32
    ema = EMA(G, s["ema"], warmup=True)
    return GAN(G, D, GAN_LOSSES[s["loss"]], penalties, opt_G, opt_D, s["latent"], ema, prior=prior)


def weight(s: dict) -> Callable[[int], float]:
    """gamma(t) = gamma (gamma_end / gamma)^(t / steps):  a smooth D first, to keep all modes; later a sharp one, for sharp modes."""
    start, end = s["gamma"], s.get("gamma_end", s["gamma"])
    return lambda t: start * math.pow(end / start, t / s["steps"])


def normal32(n: int, latent: int, rng: np.random.Generator) -> np.ndarray:
    """z ~ N(0, 1), drawn in float32, which is twice as fast."""
    return rng.standard_normal((n, latent), dtype=np.float32)


def train(game: GAN, source: Source, s: dict, rng: np.random.Generator) -> None:
    """Make s["steps"] steps of the game, on batches of s["batch"] points."""
    for _ in range(s["steps"]):
        game.step(lambda: source.batch(s["batch"]), rng)


def networks(s: dict, rng: np.random.Generator, d: int = 2) -> tuple[Sequential, Sequential]:
    """G: latent - depth x width - d;   D: d - depth x width - 1, with packing or spectral norm if the settings ask for it."""

    def net(entry: list[Layer], n: int, out: int, wrap: Callable[[Layer], Layer]) -> Sequential:
        sizes = [n] + s["depth"] * [s["width"]]
        hidden = [part for n, m in pairwise(sizes) for part in (wrap(Dense(n, m)), LeakyReLU(0.2))]
        return Sequential(*entry, *hidden, wrap(Dense(s["width"], out, gain=1.0)), rng=rng)

    pack, wrap = s.get("pack", 1), SpectralNorm if s.get("spectral") else lambda layer: layer
    entry: list[Layer] = [Pack(pack)] if pack > 1 else []
    return net([], s["latent"], d, lambda layer: layer), net(entry, pack * d, 1, wrap)


def mean(found: list[dict]) -> dict[str, float]:
    """The mean of each figure; high_quality becomes percent."""
    figures = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    return figures | {"high_quality": 100 * figures["high_quality"]}
