"""What a network trained elsewhere expects of its input: other units, another order of the channels.

This library's images are RGB in [-1, 1].  A network that was trained on BGR from 0 to 255 still returns numbers for them, and
even useful ones; nothing fails, and every published figure is missed.  So the conversion is a layer, the first one of the
network, and the gradient that a loss sends back to the image passes through it like through any other.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.running.arguments import check_positive, check_range, check_whole


class Normalize(Layer):
    """y[c] = (scale (x[o] + 1) / 2 - mean[c]) / std[c],  o = order[c];   dx[o] = scale / (2 std[c]) dy[c].    (N, H, W, C)

    Parameters
    ----------
    scale
        What x = 1 becomes; x = -1 becomes 0.  255 for a network that was trained on 0..255.
    mean, std
        Of each channel of the output, after the scaling.
    order
        order[c] is the channel of x that becomes channel c of y: (2, 1, 0) turns RGB into BGR.  Default: unchanged.
    """

    def __init__(
        self, scale: float, mean: Sequence[float], std: Sequence[float], order: Sequence[int] | None = None
    ) -> None:
        order = range(len(mean)) if order is None else order
        if not len(mean) == len(std) == len(order) or sorted(order) != list(range(len(order))):
            raise ValueError(
                f"Normalize needs one mean, std and channel for each channel, got {mean=}, {std=}, {order=}"
            )
        check_positive("Normalize", scale=scale, **{f"std[{c}]": s for c, s in enumerate(std)})
        for c, (m, o) in enumerate(zip(mean, order, strict=True)):
            check_range("Normalize", -math.inf, math.inf, False, **{f"mean[{c}]": m})
            check_whole("Normalize", least=0, **{f"order[{c}]": o})
        self.scale, self.mean, self.std, self.order = scale, tuple(mean), tuple(std), tuple(order)
        self.factor = np.array([scale / 2 / s for s in std])  # y = factor x[order] + shift
        self.shift = np.array([(scale / 2 - m) / s for m, s in zip(mean, std)])

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        C = len(self.order)
        x = self.check(x, f"(N, H, W, {C})", x.ndim == 4 and x.shape[3] == C, _hint(x))
        y = self._each(x, self.order, self.factor)
        y += self.shift.astype(x.dtype)  # eq:normalize.forward
        return y, x.shape

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        back = np.argsort(self.order).tolist()  # dx[order[c]] = factor[c] dy[c]
        return self._each(self.check_dy(dy, shape), back, self.factor[back])  # eq:normalize.dx

    def tangent(self, v: np.ndarray, shape: Any) -> tuple[np.ndarray, Any]:
        return self._each(self.check_v(v, shape), self.order, self.factor), shape

    @staticmethod
    def _each(x: np.ndarray, order: Sequence[int], factor: np.ndarray) -> np.ndarray:  # factor[c] x[..., order[c]]
        y = np.empty_like(x)
        for c, source in enumerate(order):
            np.multiply(x[..., source], x.dtype.type(factor[c]), out=y[..., c])
        return y

    def __repr__(self) -> str:
        return f"Normalize({self.scale}, {self.mean}, {self.std}, {self.order})"


def _hint(x: np.ndarray) -> str:
    if x.ndim == 4 and x.shape[3] == 1:
        return "for grey images use x.repeat(3, axis=3)"
    return "for one image write x[None]; images have the channels last"
