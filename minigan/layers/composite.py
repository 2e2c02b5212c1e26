"""Layers that hold layers.  They follow the same contract, so a network cannot tell them from the others.

One thing is new: in the second order of a curved composite, the primal stream reaches parameters too.  So a composite's tangent
cache is a `Tangent`, which holds the forward cache as well as the tangents, and `accumulate` on it runs both streams.
"""

from typing import Any, NamedTuple

import numpy as np

from minigan.layers.chain import Chain
from minigan.layers.layer import Layer


class Tangent(NamedTuple):
    """The cache of a composite's tangent pass."""

    primal: Any  # the forward cache, which fixes x
    inner: Any  # the tangents of the layers inside


class Composite(Layer):
    """A subclass defines forward, tangent, `back` and `backward_tangent`; the other verbs follow."""

    def back(self, dy: Any, cache: Any, learn: bool) -> Any:
        """dx = J' dy; with `learn`, parameter gradients are added along the way."""
        raise NotImplementedError(f"{type(self).__name__} has to define back(dy, cache, learn) -> dx")

    def learn(self, dy: Any, cache: Any) -> Any:
        return super().learn(dy, cache) if isinstance(cache, Tangent) else self.back(dy, cache, True)

    def backward(self, dy: Any, cache: Any) -> Any:
        return self.back(dy, cache.primal if isinstance(cache, Tangent) else cache, False)

    def accumulate(self, dy: Any, cache: Any) -> None:
        if isinstance(cache, Tangent):
            self.backward_tangent(dy, None, None, cache, cache.primal)
        else:
            self.back(dy, cache, True)

    def curvature(self, dy: Any, v: Any, cache: Any) -> Any:
        return self.backward_tangent(dy, None, v, self.tangent(v, cache)[1], cache, learn=False)[1]


class Block(Composite):
    """y = f_L(... f_1(x)): a chain of layers as one layer."""

    def __init__(self, *layers: Layer | Chain):
        self.chain = Chain(*layers)
        self.mixes, self.curved = self.chain.mixes, self.chain.curved
        self.pairs = bool(self.chain.layers) and self.chain.layers[0].pairs

    def children(self) -> list[Layer]:
        return self.chain.layers

    def forward(self, x: Any) -> tuple[Any, list]:
        return self.chain.forward(x)  # eq:chain.forward

    def __call__(self, x: Any) -> Any:
        return self.chain(x)

    def back(self, dy: Any, cache: list, learn: bool) -> Any:
        return self.chain.backward(dy, cache, learn)

    def tangent(self, v: Any, cache: list) -> tuple[Any, Tangent]:
        w, tangents = self.chain.tangent(v, cache)
        return w, Tangent(cache, tangents)

    def backward_tangent(
        self, dw: Any, dx: Any, v: Any, tcache: Tangent, cache: list, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        return self.chain.streams(dw, dx, tcache.inner, cache, learn, need_dx or not learn)

    def blend(self, c: np.ndarray, cache: list, tcache: Tangent) -> list:
        return self.chain.blend(c, cache, tcache.inner)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.chain.layers))})"
