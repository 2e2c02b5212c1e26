"""Mixtures of Gaussians in the plane, where mode collapse can be counted: each loss with the cures that make sense for it.

The table has two parts.  The methods "loss + cure" share one network (3 x 128, LeakyReLU), one optimizer and one number of steps,
so only the loss and the cure differ; none of them was tuned individually.  "best" is a recipe with networks twice as wide; the
table `ablation` measures how much each part of it contributes.

Protocol (Srivastava et al. 2017, Lin et al. 2018): draw 2,500 samples.  A sample is of high quality if it is within 3 standard
deviations of its nearest mode.  A mode counts if at least one such sample is nearest to it.  Reverse KL is over all samples.  We
draw 2,500 samples ten times and report the mean.
"""

import math
from itertools import pairwise

import numpy as np

from minigan.data import toy
from minigan.game import d_step, g_step
from minigan.layers import Dense, LeakyReLU, Pack, SpectralNorm
from minigan.losses import GAN_LOSSES
from minigan.measure.results.rejection import calibrate, rejection_sample
from minigan.measure.results.table import Column, Published
from minigan.metrics.modes import mixture_quality
from minigan.network import Sequential
from minigan.optim import EMA, Adam, cosine
from minigan.penalties import PENALTIES

NAME = "mixtures"
SEEDS = 10
SETS = {
    "ring": (toy.ring, toy.RING_MODES, toy.RING_STD, 1.0),
    "grid": (toy.grid, toy.GRID_MODES, toy.GRID_STD, 0.25),  # last: the networks see x times this, within +-1
}
BASE = {
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
BEST = {
    **BASE,
    "loss": "relativistic",
    "penalties": ["r1", "r2"],
    "gamma": 0.1,
    "gamma_end": 0.0001,  # see Weight
    "reach": 3.0,  # z is uniform in [-3, 3]^2: in a wide square, G can be steep between two modes
    "width": 256,
    "lr": 1.5e-3,
    "steps": 16_000,
    "calibrate": 2000,  # steps of D alone, before rejection sampling
}
CURES = {
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
METHODS = {
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


def run_cell(cell, quick) -> dict[str, float]:
    """Train one GAN; the figures are means over ten draws of 2,500 points."""
    s = cell.settings
    draw, centres, std, scale = SETS[s["data"]]
    init, data, noise, judge = (np.random.default_rng(seed) for seed in np.random.SeedSequence(cell.seed).spawn(4))
    G, D = networks(s, init)
    scale = s.get("scale", scale)
    real = real_points(draw, scale, data)

    def z(n):
        if "reach" in s:
            return noise.uniform(-s["reach"], s["reach"], (n, s["latent"])).astype(np.float32)
        return noise.standard_normal((n, s["latent"]), dtype=np.float32)

    average = train(G, D, s, real, z, noise)

    def fake(n):
        return average.net(z(n))

    found = [mixture_quality(fake(POINTS) / scale, centres, std) for _ in range(DRAWS)]
    figures = mean(found)
    if "calibrate" in s:
        calibrate(D, real, fake, 100 if quick else s["calibrate"])
        kept, share = rejection_sample(D, fake, DRAWS * POINTS, judge)
        found = [mixture_quality(part / scale, centres, std) for part in np.split(kept, DRAWS)]
        figures |= {f"kept_{name.removeprefix('high_')}": value for name, value in mean(found).items()}
        figures["kept_share"] = 100 * share
    return figures


def networks(s, rng, d=2):
    """G: latent - depth x width - d;   D: d - depth x width - 1, with packing or spectral norm if the settings ask for it."""

    def net(entry, n, out, wrap):
        sizes = [n] + s["depth"] * [s["width"]]
        hidden = [part for n, m in pairwise(sizes) for part in (wrap(Dense(n, m)), LeakyReLU(0.2))]
        return Sequential(*entry, *hidden, wrap(Dense(s["width"], out, gain=1.0)), rng=rng)

    pack, wrap = s.get("pack", 1), SpectralNorm if s.get("spectral") else lambda layer: layer
    entry = [Pack(pack)] if pack > 1 else []
    return net([], s["latent"], d, lambda layer: layer), net(entry, pack * d, 1, wrap)


def real_points(draw, scale, rng):
    """A function n -> n new points of the data, times scale."""
    return lambda n: draw(n, rng) * np.float32(scale)


def train(G, D, s, real, z, rng):
    """Train with the settings s -> the moving average of G."""
    steps, batch = s["steps"], s["batch"]
    opt_G, opt_D = (Adam(net, cosine(s["lr"], steps), s["beta1"], s["beta2"]) for net in (G, D))
    loss, average, now = GAN_LOSSES[s["loss"]], EMA(G, s["ema"], warmup=True), Weight(s)
    penalties = [now.weigh(PENALTIES[name]) for name in s.get("penalties", ())]
    for t in range(steps):
        now.t = t
        x = real(batch)
        d_step(G, D, loss, penalties, opt_D, x, z(batch), rng)
        g_step(G, D, loss, opt_G, x, z(batch))
        average.step()
    return average


class Weight:
    """gamma(t) = gamma (gamma_end / gamma)^(t / steps):  a smooth D first, to keep all modes; later a sharp one, for sharp modes."""

    def __init__(self, s):
        self.start, self.steps, self.t = s.get("gamma", 0.0), s["steps"], 0
        self.end = s.get("gamma_end", self.start)

    def weigh(self, penalty):
        def weighed(g):
            return penalty(g, self.start * math.pow(self.end / self.start, self.t / self.steps))

        weighed.at = penalty.at
        return weighed


def mean(found: list[dict]) -> dict[str, float]:
    """The mean of each figure; high_quality becomes percent."""
    figures = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    return figures | {"high_quality": 100 * figures["high_quality"]}
