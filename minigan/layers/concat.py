"""Two inputs, one output: how a label enters a network (Mirza and Osindero 2014, conditional GANs).

    G = Sequential(Concat(right=[Embedding(10, 32)]), Dense(64 + 32, ...), ...)         G.forward((z, label))
    D = Sequential(Concat(right=[Embedding(10, 32 * 32), Reshape(32, 32, 1)]), ...)     D.forward((x, label))

The input is a tuple and the slope that comes back is a tuple, with None for the label, which cannot move.
"""

import numpy as np

from minigan.layers.chain import Chain
from minigan.layers.layer import Layer, Scaled, ShapeError
from minigan.layers.residual import Composite, Tangent


class Concat(Composite):
    """y = [left(x), right(c)] along the last axis;  (dx, dc) = (left' dy[..., :n], right' dy[..., n:]).

    (x, c) -> y (..., n + m), where left(x) is (..., n) and right(c) is (..., m); an empty side is the identity.
    """

    pairs = True

    def __init__(self, left: list[Layer] | tuple = (), right: list[Layer] | tuple = ()):
        self.sides = Chain(*left), Chain(*right)
        self.mixes = any(side.mixes for side in self.sides)
        self.curved = any(side.curved for side in self.sides)

    def children(self):
        return [*self.sides[0].layers, *self.sides[1].layers]

    def _join(self, a, b):
        if a.shape[:-1] != b.shape[:-1]:
            raise ShapeError(f"{self} joins along the last axis, so all others must agree: got {a.shape} and {b.shape}")
        return np.concatenate([a, b], axis=-1)

    def forward(self, x):
        (a, left), (b, right) = (side.forward(part) for side, part in zip(self.sides, self._pair(x), strict=True))
        y = self._join(a, b)  # eq:concat.forward
        return y, (left, right, a.shape[-1], y.shape)

    def __call__(self, x):
        return self._join(*(side(part) for side, part in zip(self.sides, self._pair(x), strict=True)))

    def back(self, dy, cache, learn):
        *caches, n, shape = cache
        dy = self.check_slope(dy, shape)
        # eq:concat.dx
        return tuple(side.backward(d, c, learn) for side, d, c in zip(self.sides, _split(dy, n), caches, strict=True))

    def tangent(self, v, cache):  # v is a pair; None for a label
        (a, left), (b, right) = (
            side.tangent(part, c) for side, part, c in zip(self.sides, self._pair(v), cache[:2], strict=True)
        )
        return np.concatenate([a, b], axis=-1), Tangent(cache, (left, right))

    def backward_tangent(self, dw, dx, v, tcache, cache, learn=True):
        *caches, n, _ = cache
        ways = zip(self.sides, _split(dw, n), _split(dx, n), tcache.inner, caches, strict=True)
        out = [side.streams(dw, dx, tangents, c, learn) for side, dw, dx, tangents, c in ways]
        if not isinstance(dx, Scaled):
            dx = tuple(dx for _, dx in out)
            dx = None if all(d is None for d in dx) else dx
        return tuple(dw for dw, _ in out), dx

    def __repr__(self):
        return f"Concat(left={self.sides[0].layers}, right={self.sides[1].layers})"


def _split(d, n):
    """A slope of the whole -> the slopes of its two parts."""
    if d is None or isinstance(d, Scaled):
        return d, d
    return np.ascontiguousarray(d[..., :n]), np.ascontiguousarray(d[..., n:])
