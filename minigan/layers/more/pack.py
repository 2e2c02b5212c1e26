"""Packing: let D judge m samples at once, so that it sees when they are all alike.

PacGAN's cure for mode collapse (Lin et al. 2018, section 2).  One sample of a collapsed generator may look perfect; several side
by side give it away.  Put Pack(m) first in D and nothing else changes: a batch of N images becomes N/m packs, with N/m scores.
"""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.running.arguments import check_whole


class Pack(Layer):
    """(N, ..., C) -> (N/m, ..., m C): pack i holds samples m i ... m i + m - 1, concatenated along the last axis.

    The Jacobian is a permutation, so the backward pass applies the inverse.  m >= 2 must divide N.
    A score belongs to m samples, so a gradient penalty, which needs the gradient at one sample, raises MixedSamplesError.
    """

    mixes = True

    def __init__(self, m: int):
        check_whole("Pack", least=2, m=m)
        self.m = int(m)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.check(x, "(N, ..., C) with at least two axes", x.ndim >= 2)
        left = len(x) % self.m
        x = self.check(
            x, f"(N, ..., C) with N a multiple of {self.m}", left == 0, f"{left} of {len(x)} samples would be left over"
        )
        packs = x.reshape(len(x) // self.m, self.m, *x.shape[1:])  # (N/m, m, ..., C)
        # eq:pack.forward
        return np.moveaxis(packs, 1, -2).reshape(len(packs), *x.shape[1:-1], -1), x.shape  # (N/m, ..., m C)

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        n, *inner, channels = shape
        dy = self.check_dy(dy, (n // self.m, *inner, self.m * channels))
        parts = dy.reshape(*dy.shape[:-1], self.m, channels)  # (N/m, ..., m, C)
        return np.moveaxis(parts, -2, 1).reshape(shape)

    def __repr__(self) -> str:
        return f"Pack({self.m})"
