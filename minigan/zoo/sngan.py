"""Spectral normalisation instead of a penalty: every weight matrix of D is scaled to the norm 1 (Miyato et al. 2018).

Different from the paper: D is that of the recipe gan, and of a conditional D the scores of the labels are not normalised.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from minigan.data import Source
from minigan.game import GAN
from minigan.layers import Beside, Conv2d, Dense, Layer, SpectralNorm
from minigan.layers.parameters import all_layers
from minigan.network import Sequential
from minigan.zoo import gan
from minigan.zoo.recipe import changed


@dataclass(frozen=True)
class Options(gan.Options):
    """The options of the recipe gan, with the hinge loss and without a penalty."""

    model: str = changed(gan.Options, "model", "dcgan")
    loss: str = changed(gan.Options, "loss", "hinge")
    penalty: str = changed(gan.Options, "penalty", "none")
    lr: float = changed(gan.Options, "lr", 2e-4)


def build(options: Options, source: Source, rng: np.random.Generator) -> GAN:
    """The recipe gan with SpectralNorm around D's convolutions and dense layers; D's weights are drawn anew from `rng`."""
    G, D = gan.networks(options, source, rng)
    for layer in all_layers(D.layers):
        layer.bound = False
    return gan.game(options, source, G, Sequential(*normalized(D.layers), rng=rng, dtype=D.dtype))


def normalized(layers: Iterable[Layer]) -> list[Layer]:
    """The layers, those with weights wrapped in SpectralNorm, also where a label passes beside them."""
    found: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Beside):
            layer = Beside(*normalized(layer.branches[0].layers))
        found.append(SpectralNorm(layer) if isinstance(layer, Conv2d | Dense) else layer)
    return found
