"""A trained network, held still: its forward pass as in evaluation mode, image by image, with caches to backpropagate through.

`net(x)` keeps no caches, and `net.forward(x)` is for learning: BatchNorm takes the moments of the batch, Dropout switches units
off.  A search for the z of a given image needs the gradient of the first.  `freeze(net)` is a copy that has it.
"""

import copy
from typing import Any

import numpy as np

from minigan.layers.branches import Parallel
from minigan.layers.composite import Block
from minigan.layers.more.augment import Augmentation
from minigan.layers.more.dropout import Dropout
from minigan.layers.more.spectral_norm import SpectralNorm
from minigan.layers.norm import BatchNorm
from minigan.layers.parameters import all_layers


class FrozenBatchNorm(BatchNorm):
    """y = gamma (x - running_mean) / sqrt(running_var + eps) + beta: BatchNorm in evaluation mode, an affine map.

    (..., n) -> (..., n).  dx = gamma dy / sqrt(running_var + eps).  Samples do not mix, and the running averages do not change.
    """

    mixes = False

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        return self(x), (x, self.running_mean, 1)

    def backward(self, dy: np.ndarray, cache: Any) -> np.ndarray:
        return self.check_dy(dy, cache[0].shape) * (self.gamma * self._inv_std(self.running_var))  # eq:frozen.dx

    def accumulate(self, dy: np.ndarray, cache: Any) -> None:
        x, mean, one = cache  # after tangent: v, 0 and 0, since mean and beta drop out
        axes = tuple(range(dy.ndim - 1))
        self.dgamma += (dy * (x - mean)).sum(axis=axes) * self._inv_std(self.running_var)
        self.dbeta += one * dy.sum(axis=axes)

    def learn(self, dy: np.ndarray, cache: Any) -> np.ndarray:
        self.accumulate(dy, cache)
        return self.backward(dy, cache)

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        return self.backward(self.check_v(v, cache[0].shape), cache), (v, 0, 0)  # the Jacobian is diagonal

    def __repr__(self) -> str:
        return f"FrozenBatchNorm({self.n})"


def freeze(net: Any) -> Any:
    """A copy of a Sequential whose `forward` is the evaluation mode of the original: freeze(G).forward(z)[0] == G(z).

    BatchNorm becomes FrozenBatchNorm, Dropout switches nothing off, an augmentation leaves all images as they are,
    SpectralNorm keeps its singular vectors.
    """
    net = copy.deepcopy(net)
    for layer in reversed(all_layers(net.layers)):  # children before the layers that hold them
        if type(layer) is BatchNorm:
            layer.__class__ = FrozenBatchNorm  # the same parameters and buffers
        elif isinstance(layer, Dropout):
            layer.p = 0.0
        elif isinstance(layer, Augmentation):
            layer.p[...] = 0
        elif isinstance(layer, SpectralNorm):
            layer.power_steps = 0
        elif isinstance(layer, Block):
            layer.mixes = layer.chain.mixes
        elif isinstance(layer, Parallel):
            layer.mixes = any(branch.mixes for branch in layer.branches)
    return net
