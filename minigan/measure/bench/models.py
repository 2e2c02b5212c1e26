"""The seven models that are timed, each with one whole training step of the library's own GAN.

A step here is the one that trains: D's step, G's step and both Adams, or one critic step with its penalty, at the usual
sizes. Two things are fixed, because they would only add noise to the times: the batch is always the same, and the learning
rate is so small that the networks stay where they are. (A game that goes on for thousands of steps on one batch saturates; its
gradients become denormal numbers, which a processor handles a hundred times more slowly.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from minigan import models
from minigan.fast_step import fast_d_step
from minigan.game import GAN, g_step
from minigan.layers import BatchNorm, Conv2d, ConvTranspose2d, Dense, Flatten, LeakyReLU, ReLU, Reshape, Tanh, UpConv2d
from minigan.layers.tree import Tree, first
from minigan.losses import GANLoss, non_saturating, relativistic, wasserstein
from minigan.network import Sequential
from minigan.optim import Adam
from minigan.penalties import R1, R2, Penalty, WganGp

RATE = 1e-7
LATENT = 100


@dataclass
class Benchmark:
    """A game on one fixed batch: x real, z the noise of D's and of G's step; critic: only D's step is timed."""

    game: GAN
    x: Tree
    z: tuple[Tree, Tree]
    critic: bool = False
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(2))

    def __post_init__(self) -> None:
        game = self.game
        self.G, self.D, self.loss, self.penalties, self.d_steps = (
            game.G,
            game.D,
            game.loss,
            game.penalties,
            game.d_steps,
        )
        self.opt_D, self.opt_G, self.ema = game.opt_D, None if self.critic else game.opt_G, game.ema
        turns = cycle([first(self.z[0])] * game.d_steps + [first(self.z[1])])
        game.prior = lambda n, latent, rng: next(turns)  # drawing noise is not what is timed
        self.batch = self.x if isinstance(self.x, tuple) else (self.x, None)

    def step(self) -> None:
        """One whole training step, or the critic's alone."""
        if self.critic:
            fast_d_step(self.G, self.D, self.loss, self.penalties, self.opt_D, self.x, self.z[0], self.rng)
        else:
            self.game.step(lambda: self.batch, self.rng)

    def weights(self) -> dict[str, np.ndarray]:
        """Copies of theta of G and of D."""
        return {"G": self.G.theta.copy(), "D": self.D.theta.copy()}

    def load(self, weights: dict[str, np.ndarray]) -> None:
        """Copy these weights into G and D."""
        self.G.theta[...], self.D.theta[...] = weights["G"], weights["D"]

    def answers(self) -> dict[str, np.ndarray]:
        """The losses and every gradient of D's and of G's step, by name, without moving a weight; the peer must agree with them."""
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
    """Takes the place of an optimizer: keeps the gradient and moves nothing."""

    def __init__(self, net: Sequential):
        self.net = net

    def step(self) -> None:
        """Copy the gradient, then zero it."""
        self.grad = self.net.grad.copy()
        self.net.zero_grad()


def named(net_name: str, net: Sequential, vector: np.ndarray) -> dict[str, np.ndarray]:
    """Split a vector like theta: {"D 3 W": a copy of that parameter's part, in its shape}; 3 counts the layers with parameters."""
    pieces, start = {}, 0
    owners = [layer for top in net.layers for layer in top.walk() if layer.parameters]
    for i, layer in enumerate(owners):
        for name, (shape, _) in layer.parameters.items():
            size = int(np.prod(shape))
            pieces[f"{net_name} {i} {name}"] = vector[start : start + size].reshape(shape).copy()
            start += size
    return pieces


def _benchmark(
    G: Sequential,
    D: Sequential,
    loss: GANLoss,
    penalties: Sequence[Penalty] = (),
    shape: tuple[int, ...] = (32, 32, 1),
    latent: int = LATENT,
    batch: int = 64,
    critic: bool = False,
) -> Benchmark:
    rng = np.random.default_rng(1)
    x = np.tanh(rng.standard_normal((batch, *shape))).astype(np.float32)
    d_noise, g_noise = (rng.standard_normal((batch, latent)).astype(np.float32) for _ in range(2))
    return Benchmark(GAN(G, D, loss, penalties, Adam(G, RATE), Adam(D, RATE), latent), x, (d_noise, g_noise), critic)


def mlp() -> Benchmark:
    """Perceptrons on 28 x 28 images, non-saturating loss, batch 64."""
    G, D = models.mlp(latent=LATENT, rng=np.random.default_rng(0))
    return _benchmark(G, D, non_saturating, shape=(28, 28, 1))


def dcgan() -> Benchmark:
    """Transposed convolutions in G, BatchNorm in both networks, 32 x 32 images, non-saturating loss, batch 64."""
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
    """Upsampling and 3x3 convolutions in G, BatchNorm in both networks, 32 x 32 images, non-saturating loss, batch 64."""
    rng = np.random.default_rng(0)
    start = [Dense(LATENT, 64 * 128), Reshape(8, 8, 128), BatchNorm(128)]
    grown = [UpConv2d(128, 128), BatchNorm(128), LeakyReLU(0.2), UpConv2d(128, 64), BatchNorm(64), LeakyReLU(0.2)]
    G = Sequential(*start, *grown, Conv2d(64, 1, 3, 1, 1), Tanh(), rng=rng)
    shrunk = [Conv2d(1, 16, 3, 2, 1), LeakyReLU(0.2)]
    for n, m in ((16, 32), (32, 64), (64, 128)):
        shrunk += [Conv2d(n, m, 3, 2, 1), LeakyReLU(0.2), BatchNorm(m)]
    return _benchmark(G, Sequential(*shrunk, Flatten(), Dense(4 * 128, 1, gain=1.0), rng=rng), non_saturating)


def wgan_gp_mlp() -> Benchmark:
    """One critic step of WGAN-GP with perceptrons."""
    G, D = models.mlp(latent=LATENT, rng=np.random.default_rng(0))
    return _benchmark(G, D, wasserstein, [WganGp(lam=10.0)], shape=(28, 28, 1), critic=True)


def wgan_gp_conv() -> Benchmark:
    """One critic step of WGAN-GP with convolutions."""
    G, D = models.dcgan(latent=LATENT, width=64, rng=np.random.default_rng(0))
    return _benchmark(G, D, wasserstein, [WganGp(lam=10.0)], critic=True)


def default() -> Benchmark:
    """The game and the first batch of `minigan train` without options."""
    from minigan.running.build import build
    from minigan.zoo import gan

    trainer = build(gan, gan.Options())
    game, (x, y), rng = trainer.game, trainer.draw(), np.random.default_rng(1)
    assert isinstance(game, GAN)
    d_noise, g_noise = (game.noise(len(x), rng, y) for _ in range(2))
    game.opt_D.lr = game.opt_G.lr = RATE
    return Benchmark(game, (x, y) if game.classes else x, (d_noise, g_noise))


def toy() -> Benchmark:
    """Points in the plane: a small step, dominated by the cost of calls."""
    G, D = models.toy(rng=np.random.default_rng(0))
    return _benchmark(G, D, relativistic, [R1(gamma=1.0), R2(gamma=1.0)], (2,), 2, batch=256)


def scaling(batch: int = 64, size: int = 32, width: int = 64) -> Benchmark:
    """The convolutional GAN at any batch, image size and width, for the curves of scaling.py."""
    shape = (size, size, 1)
    G, D = models.dcgan(shape, LATENT, width, rng=np.random.default_rng(0))
    return _benchmark(G, D, non_saturating, shape=shape, batch=batch)


MODELS = {  # name -> (how to build it, what it is)
    "mlp": (mlp, "G 100-128-256-512-1024-784 with BatchNorm, D 784-512-256-1"),
    "dcgan": (dcgan, "transposed 4x4 stride 2, 32x32, widths 64 to 256, BatchNorm"),
    "dcgan_up": (dcgan_up, "upsample + 3x3 (128, 128, 64, 1), D 16 to 128, BatchNorm"),
    "wgan_gp_mlp": (wgan_gp_mlp, "one critic step with penalty, 784-512-256-1"),
    "wgan_gp_conv": (wgan_gp_conv, "one critic step with penalty, 1-64-128-256-1"),
    "default": (default, "what `minigan train` does without options"),
    "toy": (toy, "points in the plane, 3 x 128, relativistic, R1 + R2, batch 256"),
}
