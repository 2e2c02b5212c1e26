"""Layers end to end.  All of backpropagation is here, first and second order, in four short loops.

First order: run forward keeping each layer's cache, then pass the gradient back from layer to layer.

Second order: a gradient penalty is P(g) with g = dD/dx.  Hold v = dP/dg still; then dP/dtheta = d/dtheta (v . dD/dx) is the
parameter gradient of D's derivative along v.  So push v forward through the Jacobians (`tangent`), then run backward through
*that* pass.  Two gradients travel back: dw, of the tangent stream, and dx, of the primal stream, which arises where a curved
layer's Jacobian depends on x (see Layer.backward_tangent) and stays None in a piecewise-linear network.

Both the network (network.Sequential is a Chain with one flat theta) and the branches in layers/branches.py are chains.
"""

from typing import Any

import numpy as np

from minigan.layers.layer import Layer


class Chain:
    """y = f_L(... f_2(f_1(x))).   Chain(layer, layer, ...); a chain inside a chain is spliced in."""

    def __init__(self, *layers: "Layer | Chain"):
        self.layers: list[Layer] = []
        for layer in layers:
            if not isinstance(layer, Chain | Layer):
                raise TypeError(f"a network is built of layers, such as Dense(784, 128) or Tanh(), got {layer!r}")
            self.layers += layer.layers if isinstance(layer, Chain) else [layer]

    @property
    def curved(self) -> bool:
        """True if the Jacobian of any layer depends on x."""
        return any(layer.curved for layer in self.layers)

    @property
    def mixes(self) -> bool:
        """True if the samples of a batch influence each other in any layer."""
        return any(layer.mixes for layer in self.layers)

    def forward(self, x: Any) -> tuple[Any, list]:
        """y, caches = D.forward(x): training mode, keeping what backward needs."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x)  # eq:chain.forward
            caches.append(cache)
        return x, caches

    def __call__(self, x: Any) -> Any:
        """y = D(x): evaluation mode, nothing kept, nothing updated."""
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dy: Any, caches: list, learn: bool = True, need_dx: bool = True) -> Any:
        """dx = J' dy.  With `learn`, parameter gradients are ADDED to grad along the way.

        need_dx=False skips the gradient in the first layer's input, which is not needed when that input is data.
        """
        self._check(caches)
        for i in reversed(range(len(self.layers))):
            layer, cache = self.layers[i], caches[i]
            if i == 0 and learn and not need_dx:
                layer.accumulate(dy, cache)
                return None
            dy = layer.learn(dy, cache) if learn else layer.backward(dy, cache)  # eq:chain.dx
        return dy

    def tangent(self, v: Any, caches: list) -> tuple[Any, list]:
        """w = J v, the derivative of the output along v at the point of these caches -> w, tangents [(v, tcache), ...]."""
        self._check(caches)
        tangents = []
        for layer, cache in zip(self.layers, caches, strict=True):
            w, tcache = layer.tangent(v, cache)  # eq:chain.tangent
            tangents.append((v, tcache))
            v = w
        return v, tangents

    def streams(
        self, dw: Any, dx: Any, tangents: list, caches: list, learn: bool = True, need_dx: bool = True
    ) -> tuple[Any, Any]:
        """Pass both gradients through every layer: (dw, dx) at the output -> (dw, dx) at the input (None, None without need_dx)."""
        self._check(caches)
        if dw is None:  # only the primal stream has a gradient here: an ordinary backward pass
            return None, None if dx is None else self.backward(dx, caches, learn, need_dx)
        for i in reversed(range(len(self.layers))):
            v, tcache = tangents[i]
            need = need_dx or i > 0
            dw, dx = self.layers[i].backward_tangent(dw, dx, v, tcache, caches[i], learn, need)  # eq:chain.second
        return dw, dx

    def backward_tangent(self, dw: Any, tangents: list, caches: list, dx: Any = None, need_dx: bool = True) -> Any:
        """d/dtheta of sum dw . (J v), ADDED to grad; returns its gradient in x (None where nothing is curved).

        With dx, the gradient of a loss in the output, backward(dx, caches) is done in the same pass.
        """
        return self.streams(dw, dx, tangents, caches, need_dx=need_dx)[1]

    def blend(self, c: np.ndarray, caches: list, tangents: list) -> list:
        """The caches at c x + v, with c (N, 1): backward(1, blended) = backward(c, caches) + backward_tangent(1, tangents).

        For a piecewise-linear chain with one score a sample: its backward pass of c is c times its backward pass of ones.
        """
        parts = zip(self.layers, caches, tangents, strict=True)
        return [layer.blend(c, cache, tcache) for layer, cache, (_, tcache) in parts]  # eq:penalty.shared

    def _check(self, caches: list) -> None:
        if len(caches) != len(self.layers):
            raise ValueError(f"got {len(caches)} caches for {len(self.layers)} layers: pass those from its own forward")
