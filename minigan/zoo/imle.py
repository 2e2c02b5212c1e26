"""IMLE: each data point pulls its nearest sample; no discriminator, and no mode is left out (Li and Malik 2018).

A GAN may forget a part of the data.  Here every data point x_i counts: its nearest sample s_j = G(z_j) is found, and G learns to
bring that sample nearer.  A sample that is nearest to no data point gets no gradient, so some samples lie where there are no data.

Nearest means nearest in pixels or in the plane: a distance has to be given, where a GAN learns one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan import models
from minigan.data import Source
from minigan.data.check import refuse_labels
from minigan.game import Game, circle
from minigan.metrics import nearest
from minigan.network import Sequential
from minigan.optim import EMA, Adam
from minigan.plots import Panel
from minigan.running.arguments import check_sample
from minigan.zoo import gan
from minigan.zoo.recipe import POINTS, option

RESULT = "ring, 800 steps of 128, lr 0.003: 8 of 8 modes, reverse KL 0.017, but 1 % of the samples are of high quality"


class DataToSamples:
    """L = mean_i min_j ||x_i - s_j||^2: each data point takes its nearest sample.   In the place of a GAN's loss, with D the identity."""

    relativistic = True  # g_step passes the data too

    def g(self, x: np.ndarray, s: np.ndarray) -> tuple[float, np.ndarray]:
        """x (N, ...), s (M, ...) -> L, ds (M, ...).   Li and Malik 2018, algorithm 1, with a new search before each step."""
        a, b = x.reshape(len(x), -1), s.reshape(len(s), -1)
        index, distance = nearest(a, b)
        ds = np.zeros_like(b)
        np.add.at(ds, index[:, 0], 2 * (b[index[:, 0]] - a) / len(a))  # adds up where a sample is taken twice   eq:imle
        return float(np.mean(distance**2)), ds.reshape(s.shape)


class SamplesToData:
    """L' = mean_j min_i ||x_i - s_j||^2: each sample takes its nearest data point, which is ICP's direction; it loses modes."""

    relativistic = True

    def g(self, x: np.ndarray, s: np.ndarray) -> tuple[float, np.ndarray]:
        """x (N, ...), s (M, ...) -> L', ds (M, ...)."""
        a, b = x.reshape(len(x), -1), s.reshape(len(s), -1)
        index, distance = nearest(b, a)
        return float(np.mean(distance**2)), (2 * (b - a[index[:, 0]]) / len(b)).reshape(s.shape)


def imle_step(G: Any, opt: Any, x: np.ndarray, z: np.ndarray) -> dict[str, float]:
    """One step of G down   mean_i min_j ||x_i - G(z_j)||^2.   x (N, ...): data;  z (M, latent): noise, M at least N to have a choice."""
    s, caches = G.forward(z)
    loss, ds = DataToSamples().g(x, s)
    G.backward(ds.astype(s.dtype), caches, need_dx=False)
    opt.step()
    return {"loss": loss}


class IMLE(Game):
    """G with its optimizer; `pool` samples for each data point of a batch."""

    panels = (Panel("Mean squared distance of the data from their samples", ("loss",), short={"loss": "distance"}),)

    def __init__(self, G: Sequential, opt: Adam, latent: int, pool: int = 1, ema: float = 0.0):
        self.G, self.opt, self.latent, self.pool = G, opt, latent, pool
        self.networks, self.optimizers = {"G": G}, {"G": opt}
        self.averages = {"G": EMA(G, ema, warmup=True)} if ema else {}

    def step(self, draw: Callable[[], tuple[Any, Any]], rng: np.random.Generator) -> dict[str, float]:
        x, _ = draw()
        row = imle_step(self.G, self.opt, x, self.noise(self.pool * len(x), rng))
        self.average()
        return row

    def noise(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """z (n, latent), standard normal."""
        refuse_labels(labels)
        return rng.standard_normal((n, self.latent)).astype(self.G.dtype)

    def generate(self, z: np.ndarray, batch: int = 250) -> np.ndarray:
        """Samples of the averaged G for z, in evaluation mode, `batch` at a time."""
        net = self.best("G")
        return np.concatenate([net(z[i : i + batch]) for i in range(0, len(z), batch)])

    def sample(self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None) -> np.ndarray:
        """n samples of the averaged G."""
        check_sample(n, rng)
        return self.generate(self.noise(n, rng, labels))

    def walk(self, frames: int, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        for z in circle(frames, n, self.latent, rng, self.G.dtype):
            yield self.generate(z)

    def inspect(self, x: Any, y: Any, rng: np.random.Generator) -> Iterator[tuple[str, Sequential, Any]]:
        yield "G", self.G, self.noise(len(x), rng)


@dataclass(frozen=True)
class Options(gan.Framed):
    """The options of every run, and those of IMLE.  It has no labels."""

    model: str = option(
        "dcgan_up", f"the network G: {', '.join(models.MODELS)}; ring and grid use toy", choices=models.MODELS
    )
    pool: int = option(1, "samples for each data point of a batch; more are a wider choice, and more strays", least=1)
    lr: float = option(1e-3, "Adam's learning rate", least=0)
    schedule: str = gan.schedule_option()
    ema: float = option(0.998, "decay of G's moving average, which draws the samples; 0: none", least=0, below=1)
    latent: int = option(64, "size of the noise z", least=1)
    width: int = option(32, "channels of G's last hidden layer; all others follow (toy: units)", least=1)

    def unused(self) -> dict[str, str]:
        points = {"model": f"the points of {self.data} always have the network toy"}
        return super().unused() | (points if self.data in POINTS else {})


def build(options: Options, source: Source, rng: np.random.Generator) -> IMLE:
    """G for the samples of `source`; the weights are drawn from `rng`."""
    if len(source.shape) == 1:
        G, _ = models.toy(options.latent, options.width, rng=rng)
    else:
        G, _ = models.MODELS[options.model](source.shape, options.latent, options.width, rng=rng)
    rate = gan.SCHEDULES[options.schedule](options.lr, options.steps)
    return IMLE(G, Adam(G, rate, beta1=0.5, beta2=0.99), options.latent, options.pool, options.ema)
