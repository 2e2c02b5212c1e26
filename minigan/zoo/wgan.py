"""The first WGAN: the weights of its critic are clipped to [-c, c] after each step (Arjovsky et al. 2017).

Clipping keeps the critic Lipschitz in the crudest way: most weights end at -c or at c, and so simple a critic misses much.  The
answer was WGAN-GP: `minigan train gan --loss wasserstein --penalty wgan_gp --d-steps 5`.
"""

from dataclasses import dataclass

import numpy as np

from minigan.data import Source
from minigan.game import GAN
from minigan.network import Sequential
from minigan.optim import Optimizer, Rate, RMSProp, clip_weights
from minigan.zoo import gan
from minigan.zoo.recipe import changed, option


@dataclass(frozen=True)
class Options(gan.Options):
    """The options of the recipe gan with the values of the paper (algorithm 1), and c."""

    clip: float = option(0.01, "c: the critic's weights stay in [-c, c]", least=1e-6)
    model: str = changed(gan.Options, "model", "dcgan")
    loss: str = changed(gan.Options, "loss", "wasserstein")
    penalty: str = changed(gan.Options, "penalty", "none")
    d_steps: int = changed(gan.Options, "d_steps", 5)
    lr: float = changed(gan.Options, "lr", 5e-5)
    schedule: str = changed(gan.Options, "schedule", "constant")

    def unused(self) -> dict[str, str]:
        return super().unused() | dict.fromkeys(("beta1", "beta2"), "both optimizers are RMSProp")


class ClippedRMSProp(RMSProp):
    """RMSProp, then theta <- min(max(theta, -c), c)."""

    def __init__(self, net: Sequential, lr: Rate, c: float):
        super().__init__(net, lr)
        self.c = c

    def update(self, lr: float) -> None:
        super().update(lr)
        clip_weights(self.net, self.c)


def build(options: Options, source: Source, rng: np.random.Generator) -> GAN:
    """The recipe gan with RMSProp for G and clipped RMSProp for D."""
    G, D = gan.networks(options, source, rng)

    def optimizer(net: Sequential, rate: Rate) -> Optimizer:
        return ClippedRMSProp(D, rate, options.clip) if net is D else RMSProp(net, rate)

    return gan.game(options, source, G, D, optimizer=optimizer)
