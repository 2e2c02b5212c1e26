"""Augmentation that D sees and G feels: a small set of images goes further (Zhao et al. 2020, DiffAugment).

With a thousand images D soon knows them all by heart, and its scores say nothing about any other. If only the real images were
shifted and recoloured, G would learn to draw shifted and recoloured images. So D sees both kinds augmented, D(T(x)) and
D(T(G(z))), and G's gradient flows back through T. That makes T a part of D: put these layers first in D, and nothing else
changes. G's images stay as they are, because T has the same distribution for both kinds; D in evaluation mode sees the image itself.

For given random numbers T is linear apart from a constant, T(x) = A x + b, so the tangent is A v, the backward pass A' dy, and
nothing is curved. A gradient penalty on D takes the gradient in the image *before* T, as in the code of Karras et al. 2020.

A layer augments each sample with probability p, a number in `state` that may change during training (ADA, see zoo/small.py).
"""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer
from minigan.layers.more.dropout import new_generator, new_seed
from minigan.layers.parameters import constant
from minigan.running.arguments import check_range


class Augmentation(Layer):
    """y = A x + b, A and b drawn for each sample, with probability p;  w = A v,  dx = A' dy.   (N, H, W, C) -> (N, H, W, C)

    A subclass defines `numbers`, how many uniform random numbers a sample needs, and

    drawn(u, on, shape) -> cache   the parameters of A and b from u (N, numbers) in [0, 1); the identity where on (N,) is False
    apply(x, cache) -> A x         adjoint(dy, cache) -> A' dy, by default apply: A is symmetric

    `layer(x)` is the identity.  Raises ValueError for p outside [0, 1].
    """

    numbers = 0

    def __init__(self, p: float = 1.0):
        check_range(type(self).__name__, p=p, below=1, or_equal=True)
        self.first_p = p
        self.buffers = {"seed": ((1,), new_seed), "draws": ((1,), constant(0)), "p": ((1,), constant(p))}

    def drawn(self, u: np.ndarray, on: np.ndarray, shape: tuple) -> tuple[np.ndarray, ...]:
        """The parameters of this batch."""
        raise NotImplementedError(f"{type(self).__name__} has to define drawn(u, on, shape) -> cache")

    def apply(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        """A x."""
        raise NotImplementedError(f"{type(self).__name__} has to define apply(x, cache) -> A x")

    def adjoint(self, dy: np.ndarray, cache: tuple) -> np.ndarray:
        """A' dy."""
        return self.apply(dy, cache)

    def transform(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        """A x + b, by default A x."""
        return self.apply(x, cache)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        x = self.check(x, "(N, H, W, C)", x.ndim == 4)
        u = new_generator(self).random((len(x), 1 + self.numbers))  # row n belongs to sample n
        parameters = self.drawn(u[:, 1:], u[:, 0] < self.p.real, x.shape)
        cache = tuple(part.astype(x.real.dtype) if part.dtype.kind == "f" else part for part in parameters)
        return self.transform(x, cache), (x.shape, cache)

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return self.adjoint(self.check_dy(dy, cache[0]), cache[1])

    def tangent(self, v: np.ndarray, cache: Any) -> tuple[np.ndarray, Any]:
        return self.apply(self.check_v(v, cache[0]), cache[1]), cache

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.first_p:g})"


class Color(Augmentation):
    """y = K S (x + b):  brightness b, saturation S, contrast K.     Zhao et al. 2020, sec. 4.

    S x = s x + (1 - s) mean_channels x,   K x = k x + (1 - k) mean_image x,   b ~ U(-1/2, 1/2), s ~ U(0, 2), k ~ U(1/2, 3/2).
    A mean is a symmetric map, and the two means commute, so A = K S is symmetric: dx = K S dy.
    """

    numbers = 3

    def drawn(self, u: np.ndarray, on: np.ndarray, shape: tuple) -> tuple[np.ndarray, ...]:
        b, s, k = (u * [1, 2, 1] + [-0.5, 0, 0.5]).T
        b, s, k = np.where(on, b, 0), np.where(on, s, 1), np.where(on, k, 1)
        return tuple(part[:, None, None] for part in (b, s, k))  # each (N, 1, 1)

    def apply(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        _, s, k = cache
        N, H, W, C = x.shape
        S = s * np.eye(C, dtype=s.dtype) + (1 - s) / C  # (N, C, C): s x + (1 - s) mean_channels x, as a matrix
        x = x.reshape(N, -1, C) @ S  # a product is faster than a mean of three numbers
        return (k * x + (1 - k) * x.mean(axis=(1, 2), keepdims=True)).reshape(N, H, W, C)  # eq:color.map

    def transform(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        return self.apply(x + cache[0][..., None], cache)  # eq:color.forward


class Translation(Augmentation):
    """y[i, j] = x[i + r, j + c], 0 outside,  r ~ U{-H/8 .. H/8}, c ~ U{-W/8 .. W/8};   dx[i, j] = dy[i - r, j - c]."""

    numbers = 2
    reach = 1 / 8

    def drawn(self, u: np.ndarray, on: np.ndarray, shape: tuple) -> tuple[np.ndarray, ...]:
        most = np.maximum(1, np.rint(self.reach * np.array(shape[1:3]))).astype(np.int64)
        moves = np.floor(u * (2 * most + 1)).astype(np.int64) - most  # (N, 2)
        return (np.where(on[:, None], moves, 0),)

    def apply(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        return moved(x, cache[0])  # eq:translation.forward

    def adjoint(self, dy: np.ndarray, cache: tuple) -> np.ndarray:
        return moved(dy, -cache[0])  # back where it came from   eq:translation.dx


class Cutout(Augmentation):
    """y = m x,  m = 0 in a rectangle of half the height and width, at a random place, partly outside; 1 elsewhere;   dx = m dy."""

    numbers = 2

    def drawn(self, u: np.ndarray, on: np.ndarray, shape: tuple) -> tuple[np.ndarray, ...]:
        inside = [hole(u[:, axis], shape[1 + axis]) for axis in (0, 1)]  # (N, H), (N, W)
        outside = ~(inside[0][:, :, None] & inside[1][:, None, :] & on[:, None, None])
        return (outside[..., None].astype(np.float64),)  # (N, H, W, 1)

    def apply(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        return cache[0] * x  # eq:cutout.forward


class Mirror(Augmentation):
    """y[i, j] = x[i, W - 1 - j], with probability p, by default 1/2;   dx the same: a mirror image mirrored is the image."""

    def __init__(self, p: float = 0.5):
        super().__init__(p)

    def drawn(self, u: np.ndarray, on: np.ndarray, shape: tuple) -> tuple[np.ndarray, ...]:
        return (on,)

    def apply(self, x: np.ndarray, cache: tuple) -> np.ndarray:
        y = x.copy()
        y[cache[0]] = x[cache[0], :, ::-1]  # eq:mirror.forward
        return y


def moved(x: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """y[n, i, j] = x[n, i + r_n, j + c_n], 0 outside.   (N, H, W, C), moves (N, 2) -> (N, H, W, C)"""
    y = np.zeros_like(x)
    _, H, W, _ = x.shape
    for image, source, (r, c) in zip(y, x, moves.tolist(), strict=True):
        to = slice(max(0, -r), H - max(0, r)), slice(max(0, -c), W - max(0, c))
        image[to] = source[to[0].start + r : to[0].stop + r, to[1].start + c : to[1].stop + c]
    return y


def hole(u: np.ndarray, size: int) -> np.ndarray:
    """Which of `size` pixels are in an interval of half that length around a random centre.   u (N,) in [0, 1) -> (N, size)"""
    half = max(1, round(size / 2))
    start = np.floor(u * (size + 1 - half % 2)) - half // 2  # the centre may be at the border
    return np.abs(np.arange(size) - start[:, None] - (half - 1) / 2) < half / 2
