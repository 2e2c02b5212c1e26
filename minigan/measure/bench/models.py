"""The seven models that are timed, each with one whole training step made of the library's own d_step and g_step.

A benchmark is worth what it measures: so a step here is what a learner runs, D's step, G's step and both Adams, or one critic
step with its penalty, at the usual sizes.  Two things are fixed, because they would only add noise: the batch is always the
same, and the learning rate is so small that the networks stay where they are.  (A game that goes on for thousands of steps on
one batch saturates; its slopes become denormal numbers, and these take a processor a hundred times longer.)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from minigan import models
from minigan.fast_step import fast_d_step
from minigan.game import g_step
from minigan.layers import BatchNorm, Conv2d, ConvTranspose2d, Dense, Flatten, LeakyReLU, ReLU, Reshape, Tanh, UpConv2d
from minigan.losses import GANLoss, non_saturating, relativistic, wasserstein
from minigan.network import Sequential
from minigan.optim import EMA, Adam, Optimizer
from minigan.penalties import r1, r2, wgan_gp

RATE = 1e-7
LATENT = 100


@dataclass
class Benchmark:
    """Networks, loss and optimizers with one fixed batch: x real, z the noise of D's and of G's step; opt_G None: critic only."""

    G: Sequential
    D: Sequential
    loss: GANLoss
    penalties: list[Callable]
    x: object
    z: tuple
    opt_D: Optimizer
    opt_G: Optimizer | None
    ema: EMA | None = None
    d_steps: int = 1
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2))

    def step(self) -> None:
        """One whole training step."""
        for _ in range(self.d_steps):
            fast_d_step(self.G, self.D, self.loss, self.penalties, self.opt_D, self.x, self.z[0], self.rng)
        if self.opt_G:
            g_step(self.G, self.D, self.loss, self.opt_G, self.x, self.z[1])
        if self.ema:
            self.ema.step()

    def weights(self) -> dict[str, np.ndarray]:
        return {"G": self.G.theta.copy(), "D": self.D.theta.copy()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        self.G.theta[...], self.D.theta[...] = weights["G"], weights["D"]

    def answers(self) -> dict[str, np.ndarray]:
        """The losses and every gradient of D's and of G's step, by name, without moving a weight: what a peer must agree with."""
        kept = Keep(self.D)
        row = fast_d_step(self.G, self.D, self.loss, self.penalties, kept, self.x, self.z[0], np.random.default_rng(3))
        found = {
            "loss D": np.array(row["loss_D"]),
            "penalty": np.array(row["penalty"]),
            **named("D", self.D, kept.grad),
        }
        if self.opt_G:
            kept = Keep(self.G)
            row = g_step(self.G, self.D, self.loss, kept, self.x, self.z[1])
            found |= {"loss G": np.array(row["loss_G"]), **named("G", self.G, kept.grad)}
        return found


class Keep:
    """In an optimizer's place: takes the gradient and moves nothing."""

    def __init__(self, net: Sequential):
        self.net = net

    def step(self) -> None:
        self.grad = self.net.grad.copy()
        self.net.zero_grad()


def named(net_name: str, net: Sequential, vector: np.ndarray) -> dict[str, np.ndarray]:
    """A vector like theta as {"D 3 W": its piece in the shape of the parameter}; 3 counts the layers that have parameters."""
    pieces, start = {}, 0
    owners = [layer for top in net.layers for layer in top.walk() if layer.parameters]
    for i, layer in enumerate(owners):
        for name, (shape, _) in layer.parameters.items():
            size = int(np.prod(shape))
            pieces[f"{net_name} {i} {name}"] = vector[start : start + size].reshape(shape).copy()
            start += size
    return pieces


def _benchmark(G, D, loss, penalties=(), shape=(32, 32, 1), latent=LATENT, batch=64, critic=False) -> Benchmark:
    rng = np.random.default_rng(1)
    x = np.tanh(rng.standard_normal((batch, *shape))).astype(np.float32)
    z = tuple(rng.standard_normal((batch, latent)).astype(np.float32) for _ in range(2))
    return Benchmark(G, D, loss, list(penalties), x, z, Adam(D, RATE), None if critic else Adam(G, RATE))


def mlp() -> Benchmark:
    return _benchmark(*models.mlp(latent=LATENT, rng=np.random.default_rng(0)), non_saturating, shape=(28, 28, 1))


def dcgan() -> Benchmark:
    rng = np.random.default_rng(0)
    grown = []
    for n, m in ((256, 128), (128, 64)):
        grown += [ConvTranspose2d(n, m, 4, 2, 1, bias=False), BatchNorm(m), ReLU()]
    start = [Dense(LATENT, 16 * 256, bias=False), Reshape(4, 4, 256), BatchNorm(256), ReLU()]
    G = Sequential(*start, *grown, ConvTranspose2d(64, 1, 4, 2, 1), Tanh(), rng=rng)
    shrunk = [Conv2d(1, 64, 4, 2, 1), LeakyReLU(0.2)]
    for n, m in ((64, 128), (128, 256)):
        shrunk += [Conv2d(n, m, 4, 2, 1, bias=False), BatchNorm(m), LeakyReLU(0.2)]
    return _benchmark(G, Sequential(*shrunk, Flatten(), Dense(16 * 256, 1, gain=1.0), rng=rng), non_saturating)


def dcgan_up() -> Benchmark:
    rng = np.random.default_rng(0)
    start = [Dense(LATENT, 64 * 128), Reshape(8, 8, 128), BatchNorm(128)]
    grown = [UpConv2d(128, 128), BatchNorm(128), LeakyReLU(0.2), UpConv2d(128, 64), BatchNorm(64), LeakyReLU(0.2)]
    G = Sequential(*start, *grown, Conv2d(64, 1, 3, 1, 1), Tanh(), rng=rng)
    shrunk = [Conv2d(1, 16, 3, 2, 1), LeakyReLU(0.2)]
    for n, m in ((16, 32), (32, 64), (64, 128)):
        shrunk += [Conv2d(n, m, 3, 2, 1), LeakyReLU(0.2), BatchNorm(m)]
    return _benchmark(G, Sequential(*shrunk, Flatten(), Dense(4 * 128, 1, gain=1.0), rng=rng), non_saturating)


def wgan_gp_mlp() -> Benchmark:
    nets = models.mlp(latent=LATENT, rng=np.random.default_rng(0))
    return _benchmark(*nets, wasserstein, [partial(wgan_gp, lam=10.0)], shape=(28, 28, 1), critic=True)


def wgan_gp_conv() -> Benchmark:
    nets = models.dcgan(latent=LATENT, width=64, rng=np.random.default_rng(0))
    return _benchmark(*nets, wasserstein, [partial(wgan_gp, lam=10.0)], critic=True)


def default() -> Benchmark:
    from minigan.running.build import build
    from minigan.zoo import gan

    trainer = build(gan, gan.Options())
    game, (x, y), rng = trainer.game, trainer.draw(), np.random.default_rng(1)
    z = tuple(game.noise(len(x), rng, y) for _ in range(2))
    game.opt_D.lr = game.opt_G.lr = RATE
    x = (x, y) if game.classes else x
    optimizers = (game.opt_D, game.opt_G, game.ema)
    return Benchmark(game.G, game.D, game.loss, list(game.penalties), x, z, *optimizers, game.d_steps)


def toy() -> Benchmark:
    nets = models.toy(rng=np.random.default_rng(0))
    return _benchmark(*nets, relativistic, [partial(r1, gamma=1.0), partial(r2, gamma=1.0)], (2,), 2, batch=256)


def scaling(batch: int = 64, size: int = 32, width: int = 64) -> Benchmark:
    """The convolutional GAN at any batch, image size and width: for the curves of cost (scaling.py)."""
    shape = (size, size, 1)
    nets = models.dcgan(shape, LATENT, width, rng=np.random.default_rng(0))
    return _benchmark(*nets, non_saturating, shape=shape, batch=batch)


MODELS = {  # name -> (how to build it, what it is)
    "mlp": (mlp, "G 100-128-256-512-1024-784 with BatchNorm, D 784-512-256-1"),
    "dcgan": (dcgan, "transposed 4x4 stride 2, 32x32, widths 64 to 256, BatchNorm"),
    "dcgan_up": (dcgan_up, "upsample + 3x3 (128, 128, 64, 1), D 16 to 128, BatchNorm"),
    "wgan_gp_mlp": (wgan_gp_mlp, "one critic step with penalty, 784-512-256-1"),
    "wgan_gp_conv": (wgan_gp_conv, "one critic step with penalty, 1-64-128-256-1"),
    "default": (default, "what `minigan train` does without options"),
    "toy": (toy, "points in the plane, 3 x 128, relativistic, R1 + R2, batch 256"),
}
