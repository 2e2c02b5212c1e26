"""How a network learns the time: which moment between noise and data its input comes from.

A number in [0, 1] enters as sines and cosines of many frequencies, so that moments that are close together differ as clearly as
moments that are far apart.  A dense layer maps them to one number a channel, which `Shift` adds to every pixel.
"""

import math
from typing import Any

import numpy as np

from minigan.layers.layer import Layer, ShapeError
from minigan.layers.tree import Tree
from minigan.running.arguments import check_positive, check_whole
from minigan.running.arrays import as_array


def check_times(layer: Layer, t: Any) -> np.ndarray:
    """Return the times as an array of floats (N,) in [0, 1], or raise an error that describes what they are."""
    t = as_array(layer, t)
    if t.ndim != 1 or t.dtype.kind not in "fc":
        fix = (
            "divide the number of a step by how many steps there are" if t.dtype.kind in "iu" else "one for each sample"
        )
        raise ShapeError(f"{layer} expected times (N,), floats from 0 to 1, got {t.dtype} of shape {t.shape}: {fix}")
    if t.size and not -1 <= t.real.min() <= t.real.max() <= 2:  # finite differences step a little beyond [0, 1]
        raise ValueError(
            f"{layer} takes times from 0 to 1, got {t.real.min():g} to {t.real.max():g}: if these are numbers of steps, divide by"
            " how many there are"
        )
    return t


class TimeEmbedding(Layer):
    """y = [sin(scale t w_0), sin(scale t w_1), ..., cos(scale t w_0), ...],   w_k = 10000^(-2k / dim).   t (N,) in [0, 1] -> y (N, dim)

    dt = sum_k (cos(scale t w_k) dy_k - sin(scale t w_k) dy_(k + dim/2)) scale w_k.     Vaswani et al. 2017, sec. 3.5; Ho et al. 2020.

    Those embed the number of a step, 1 to 1000; here t is a share of the whole, and `scale` turns it into such a number.  Raises
    ValueError for t outside [0, 1] and ShapeError unless t is an array of N floats.
    """

    curved = True

    def __init__(self, dim: int, scale: float = 1000.0):
        check_whole("TimeEmbedding", dim=dim)
        check_positive("TimeEmbedding", scale=scale)
        if dim % 2:
            raise ValueError(
                f"TimeEmbedding needs an even dim, one sine and one cosine for each frequency, got dim={dim}"
            )
        self.dim, self.scale = dim, scale
        self.w = scale * 10_000.0 ** (-2 * np.arange(dim // 2) / dim)  # (dim / 2,)

    def forward(self, t: np.ndarray) -> tuple[np.ndarray, Any]:  # (N,) -> (N, dim)
        t = check_times(self, t)
        w = self.w.astype(t.real.dtype)
        y = np.concatenate([np.sin(t[:, None] * w), np.cos(t[:, None] * w)], axis=1)  # eq:time.embedding
        return y, (y, w)

    def _moved(self, y: np.ndarray, w: np.ndarray) -> np.ndarray:  # -> (N, dim)
        """dy/dt = [w cos, -w sin]"""
        sin, cos = np.split(y, 2, axis=1)
        return np.concatenate([w * cos, -w * sin], axis=1)  # eq:time.derivative

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        y, w = cache
        return (self.check_dy(dy, y.shape) * self._moved(y, w)).sum(axis=1)  # eq:time.dt

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        y, w = cache
        return self.check_v(v, (len(y),))[:, None] * self._moved(y, w), cache

    def curvature(self, dy: np.ndarray, v: np.ndarray, cache: Any) -> np.ndarray:
        y, w = cache
        return -v * (dy * y * np.concatenate([w, w]) ** 2).sum(axis=1)  # d2y/dt2 = -w^2 y   eq:time.curvature

    def __repr__(self) -> str:
        return f"TimeEmbedding({self.dim}{'' if self.scale == 1000 else f', {self.scale:g}'})"


class Shift(Layer):
    """y = h + b, one number a channel for all pixels;   dh = dy, db = sum over the pixels of dy.   (N, ..., C), (N, C) -> (N, ..., C)"""

    pairs = True

    def forward(self, x: Tree) -> tuple[np.ndarray, Any]:
        if not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(f"{self} takes a pair (h, b), got {type(x).__name__}: put Parallel(..., ...) before it")
        h, b = x
        if h.ndim < 2 or b.shape != (len(h), h.shape[-1]):
            raise ShapeError(f"{self} adds b (N, C) to h (N, ..., C), got {b.shape} and {h.shape}")
        return h + self._spread(b, h.ndim), h.shape  # eq:shift

    @staticmethod
    def _spread(b: np.ndarray, ndim: int) -> np.ndarray:
        """(N, C) -> (N, 1, ..., 1, C)"""
        return b.reshape(len(b), *[1] * (ndim - 2), b.shape[1])

    def backward(self, dy: np.ndarray, shape: Any) -> Any:
        dy = self.check_dy(dy, shape)
        N, C = shape[0], shape[-1]
        return dy, dy.reshape(N, math.prod(shape[1:-1]), C).sum(axis=1)  # eq:shift.db

    def tangent(self, v: Tree, shape: Any) -> tuple[np.ndarray, Any]:
        return self.check_v(v[0], shape) + self._spread(v[1], len(shape)), shape
