"""Layers that hold layers.  They satisfy the same contract, so a network cannot tell them from a leaf.

The one thing to add: inside a curved composite the primal stream of the second-order pass meets parameters too.  So a
composite's tangent cache is a `Tangent`, which remembers the point (the forward's cache) beside the tangents, and
`accumulate` on it runs both streams.
"""

from typing import Any, NamedTuple

from minigan.layers.chain import Chain
from minigan.layers.layer import Layer, ShapeError, add


class Tangent(NamedTuple):
    """The cache of a composite's tangent pass."""

    primal: Any  # the forward's cache: at which x
    inner: Any  # the inner layers' tangents


class Composite(Layer):
    """A subclass defines forward, tangent, `back` and `backward_tangent`; the other verbs follow."""

    def back(self, dy, cache, learn: bool):
        """dx = J' dy, adding parameter gradients on the way if `learn`."""
        raise NotImplementedError

    def _pair(self, x):
        """x, if it is a pair: for the composites that take an image and its label."""
        if not (isinstance(x, tuple) and len(x) == 2):
            raise TypeError(
                f"{self} takes a pair (x, label), got {type(x).__name__}: call D((x, label)) or D.forward((x, label))"
            )
        return x

    def learn(self, dy, cache):
        return self.back(dy, cache, True)

    def backward(self, dy, cache):
        return self.back(
            dy, cache.primal if isinstance(cache, Tangent) else cache, False
        )  # the Jacobian at x is the same

    def accumulate(self, dy, cache):
        if isinstance(cache, Tangent):
            self.backward_tangent(dy, None, None, cache, cache.primal)
        else:
            self.back(dy, cache, True)

    def accumulate_tangent(self, dw, dx, v, tcache, cache):
        self.backward_tangent(dw, dx, v, tcache, cache)

    def curvature(self, dy, v, cache):
        return self.backward_tangent(dy, None, v, self.tangent(v, cache)[1], cache, learn=False)[1]


class Residual(Composite):
    """y = shortcut(x) + body(x);   dx = shortcut' dy + body' dy.     He et al. 2016, eq. 1.

    Residual(layer, layer, ..., shortcut=None): the shortcut is the identity, or a layer that brings x to the body's shape.
    """

    def __init__(self, *layers: Layer, shortcut: Layer | None = None):
        self.body = Chain(*layers)
        self.shortcut = Chain(*([shortcut] if shortcut else []))
        self.mixes = self.body.mixes or self.shortcut.mixes
        self.curved = self.body.curved or self.shortcut.curved

    def children(self):
        return [*self.body.layers, *self.shortcut.layers]

    def _sum(self, y, skip):
        if y.shape != skip.shape:
            raise ShapeError(
                f"{self}: the body gave {y.shape}, the shortcut {skip.shape}; pass a shortcut= layer that fits"
            )
        return y + skip

    def forward(self, x):
        (y, body), (skip, shortcut) = self.body.forward(x), self.shortcut.forward(x)
        return self._sum(y, skip), (body, shortcut)  # eq:residual.forward

    def __call__(self, x):
        return self._sum(self.body(x), self.shortcut(x))

    def back(self, dy, cache, learn):
        body, shortcut = cache
        return add(self.body.backward(dy, body, learn), self.shortcut.backward(dy, shortcut, learn))  # eq:residual.dx

    def tangent(self, v, cache):
        (w, body), (skip, shortcut) = self.body.tangent(v, cache[0]), self.shortcut.tangent(v, cache[1])
        return w + skip, Tangent(cache, (body, shortcut))

    def backward_tangent(self, dw, dx, v, tcache, cache, learn=True):
        ways = zip((self.body, self.shortcut), tcache.inner, cache, strict=True)
        (dw1, dx1), (dw2, dx2) = (way.streams(dw, dx, tangents, caches, learn) for way, tangents, caches in ways)
        return add(dw1, dw2), add(dx1, dx2)

    def __repr__(self):
        return f"Residual({', '.join(map(str, self.body.layers))})"
