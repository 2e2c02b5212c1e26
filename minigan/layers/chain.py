"""Layers end to end.  The whole of backpropagation is here, first order and second, in four short loops.

First order: run forward keeping each layer's cache, then hand the slope back from layer to layer.

Second order: a gradient penalty is P(g) with g = dD/dx.  Hold v = dP/dg still; then dP/dtheta = d/dtheta (v . dD/dx) is the
parameter gradient of D's derivative along v.  So push v forward through the Jacobians (`tangent`), then run backward through
*that* pass.  In it two slopes travel: dw, of the tangent stream, and dx, of the primal one, which is born where a curved
layer's Jacobian depends on x (see Layer.backward_tangent) and stays None in a piecewise-linear net.

`Chain` serves the network (network.Sequential is a Chain with one flat theta) and the layers that hold layers.
"""

from minigan.layers.layer import Layer


class Chain:
    def __init__(self, *layers: Layer):
        self.layers: list[Layer] = []
        for layer in layers:
            if not isinstance(layer, Chain | Layer):
                raise TypeError(
                    f"a network is built of layers, such as Dense(784, 128) or LeakyReLU(0.2), got {layer!r}"
                )
            self.layers += layer.layers if isinstance(layer, Chain) else [layer]  # a chain inside a chain is spliced in

    @property
    def curved(self) -> bool:
        return any(layer.curved for layer in self.layers)

    @property
    def mixes(self) -> bool:
        return any(layer.mixes for layer in self.layers)

    def forward(self, x):
        """y, caches = D.forward(x): training mode, keeping what backward needs."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x)  # eq:chain.forward
            caches.append(cache)
        return x, caches

    def __call__(self, x):
        """y = D(x): evaluation mode, nothing kept, nothing updated."""
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, dy, caches, learn: bool = True, need_dx: bool = True):
        """dx = J' dy.  With `learn`, parameter gradients are ADDED to grad on the way.

        need_dx=False saves the product that nobody reads: the slope of the first layer's input, when that is the data.
        """
        self._belong(caches)
        last = len(self.layers) - 1
        for i, (layer, cache) in enumerate(zip(reversed(self.layers), reversed(caches), strict=True)):
            if i == last and learn and not need_dx:
                layer.accumulate(dy, cache)
                return None
            dy = layer.learn(dy, cache) if learn else layer.backward(dy, cache)  # eq:chain.dx
        return dy

    def tangent(self, v, caches):
        """w = J v, the derivative of the output along v at the point of these caches -> w, tangents [(v, tcache), ...]."""
        self._belong(caches)
        tangents = []
        for layer, cache in zip(self.layers, caches, strict=True):
            w, tcache = layer.tangent(v, cache)  # eq:chain.tangent
            tangents.append((v, tcache))
            v = w
        return v, tangents

    def streams(self, dw, dx, tangents, caches, learn: bool = True, need_dx: bool = True):
        """Both slopes through every layer: (dw, dx) at the output -> (dw, dx) at the input (None, None without need_dx)."""
        last = len(self.layers) - 1
        way = zip(reversed(self.layers), reversed(tangents), reversed(caches), strict=True)
        for i, (layer, (v, tcache), cache) in enumerate(way):
            if i == last and learn and not need_dx:
                layer.accumulate_tangent(dw, dx, v, tcache, cache)
                return None, None
            dw, dx = layer.backward_tangent(dw, dx, v, tcache, cache, learn)  # eq:chain.second
        return dw, dx

    def backward_tangent(self, dw, tangents, caches, dx=None, need_dx: bool = True):
        """d/dtheta of sum dw . (J v), ADDED to grad; returns its slope in x (None where nothing is curved).

        With dx, the slope of a loss at the output, backward(dx, caches) is done in the same pass.
        """
        return self.streams(dw, dx, tangents, caches, need_dx=need_dx)[1]

    def _belong(self, caches) -> None:
        if len(caches) != len(self.layers):
            raise ValueError(
                f"got {len(caches)} caches for {len(self.layers)} layers: pass those this network's forward returned"
            )
