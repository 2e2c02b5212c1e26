"""A layer's float64 twin, moved to the very point the layer has reached, on which its passes are checked there.

The layer itself goes on with the step, unaware of it.  A first-order pass claims to be the gradient of <dy, f(x)>, a
second-order pass that of <dw, J(x) v> + <dx, f(x)>, which is what a penalty differentiates (see layers/chain.py).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.differences import Check
from minigan.layers.layer import Layer
from minigan.layers.more.pieces import held
from minigan.teach.tracing.checks import Claim, compare
from minigan.teach.tracing.trees import as_float64, direction, dot, movable, moved, norm, tree

Groups = dict[str, list[tuple[np.ndarray, np.ndarray]]]  # name of a gradient -> (parameter, its gradient) pairs


class Twin:
    """A float64 copy of a layer, moved to the point (x, theta, buffers) at which the layer ran its forward pass.

    `reset` computes the singular vectors of SpectralNorm anew, so here they are exact; its gradient holds them fixed.
    """

    def __init__(self, layer: Layer, twin: Layer, x: Any, state: list[dict[str, np.ndarray]], rng: np.random.Generator):
        self.layer, self.x, self.rng = twin, as_float64(x), rng
        pairs = list(zip(twin.walk(), layer.walk(), strict=True))
        for (mine, yours), kept in zip(pairs, state, strict=True):
            for name in yours.parameters:
                getattr(mine, name)[...] = getattr(yours, name)
            for name, value in kept.items():
                getattr(mine, name)[...] = value
        for mine, _ in reversed(pairs):
            mine.reset(rng)
        self.state = buffers(twin)

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Run the layer at x, always from the same buffers, so dropout draws the same mask each time."""
        for mine, kept in zip(self.layer.walk(), self.state, strict=True):
            for name, value in kept.items():
                getattr(mine, name)[...] = value
        return self.layer.forward(x)

    def first(self, dy: Any, back: Callable, groups: Callable[[Layer], Groups], dx: bool) -> dict[str, Check | None]:
        """Check back(dy, cache) -> dx, a first-order pass.

        `groups` names the parameters whose gradients the pass adds to; dx: whether it returns dx.
        """
        found = {"dx": self._inputs(self._outputs, as_float64(dy), back)} if dx else {}
        return found | self._parameters(self._outputs, as_float64(dy), back, groups)

    def tangent(self, v: Any) -> dict[str, Check | None]:
        """Check w = J v, weighted with a random c, against differences of f along v."""
        longer = norm(direction(self.x, self.rng)) / (norm(v) or 1.0)  # a penalty's v is tiny; J is linear in it
        v = tree(lambda a: a * longer, as_float64(v))
        y, cache = self.forward(self.x)
        w, _ = self.layer.tangent(v, cache)
        c = tree(lambda a: self.rng.standard_normal(a.shape) * (norm(v) > 0), movable(y))

        def claim(c: Any) -> tuple[float, float]:
            return dot(c, w), norm(tree(np.multiply, c, w))

        return {"w": self._compare("w", lambda s: self._outputs(moved(self.x, v, s)), claim, c)}

    def second(
        self, dw: Any, dx: Any, v: Any, back: Callable, groups: Callable[[Layer], Groups], inputs: bool
    ) -> dict[str, Check | None]:
        """Check back(dw, dx, v, tcache, cache) -> (dw, dx), the gradients of  F = <dw, J(x) v> + <dx, f(x)>."""
        v, c = as_float64(v), as_float64((dw, dx))  # dx is None while the primal stream is zero

        def outputs(x: Any) -> Any:
            y, cache = self.forward(x)
            w, _ = self.layer.tangent(v, cache)
            return w, y

        def run(c: Any, cache: Any) -> Any:
            _, tcache = self.layer.tangent(v, cache)
            return back(*c, v, tcache, cache)

        def primal(c: Any, cache: Any) -> Any:
            dw, dx = run(c, cache)
            return tree(np.zeros_like, dw) if dx is None else dx

        found: dict[str, Check | None] = {}
        if inputs:
            found["dw"] = self._inputs(self._outputs, c[0], lambda dw, cache: run((dw, c[1]), cache)[0])
            found["dx"] = self._inputs(outputs, c, primal)
        return found | self._parameters(outputs, c, run, groups)

    # ---- along a direction in x, along a direction in theta ------------------------------------------------------------

    def _compare(self, name: str, f: Callable[[float], Any], claim: Claim, c: Any) -> Check | None:
        """Compare along s -> f(s), on the piece of f(0)."""
        return compare(name, held(f, self.layer.walk(), 0.0), claim, c)

    def _outputs(self, x: Any) -> Any:
        return self.forward(x)[0]

    def _cache(self) -> Any:
        """Return the cache at x after another forward pass has run, as D(real)'s cache outlives D(fake)'s forward pass."""
        _, cache = self.forward(self.x)
        self.forward(moved(self.x, direction(self.x, self.rng), 1.0))
        return cache

    def _inputs(self, outputs: Callable, c: Any, back: Callable) -> Check | None:
        """Check back(c, cache), the gradient in x, along a random direction."""
        u = direction(self.x, self.rng)
        if norm(u) == 0:
            return None  # labels only

        def claim(c: Any) -> tuple[float, float]:
            dx = back(c, self._cache())
            return dot(dx, u), norm(tree(np.multiply, dx, u))

        check = self._compare("dx", lambda s: outputs(moved(self.x, u, s)), claim, c)
        if check is None:  # everything is at a kink, as where a ReLU's zeros enter another ReLU: do not move the zeros
            u = tree(lambda a, b: np.where(b == 0, 0.0, a), u, movable(self.x))
            check = self._compare("dx", lambda s: outputs(moved(self.x, u, s)), claim, c)
        return check

    def _parameters(
        self, outputs: Callable, c: Any, back: Callable, groups: Callable[[Layer], Groups]
    ) -> dict[str, Check | None]:
        """Check each group of parameters along a random direction in all its members."""
        return {
            name: self._group(name, [value for value, _ in members], [grad for _, grad in members], outputs, c, back)
            for name, members in groups(self.layer).items()
        }

    def _group(
        self, name: str, values: list[np.ndarray], grads: list[np.ndarray], outputs: Callable, c: Any, back: Callable
    ) -> Check | None:
        us, kept = direction(tuple(values), self.rng), [value.copy() for value in values]

        def f(s: float) -> Any:
            for value, u, was in zip(values, us, kept, strict=True):
                value[...] = was + s * u
            y = outputs(self.x)
            for value, was in zip(values, kept, strict=True):
                value[...] = was
            return y

        def claim(c: Any) -> tuple[float, float]:
            for grad in grads:
                grad[...] = 0
            for _ in range(2):  # twice, since a gradient must be added, not assigned
                back(c, self._cache())
            products = tuple(grad * u / 2 for grad, u in zip(grads, us, strict=True))
            return float(sum(map(np.sum, products))), norm(products)

        return self._compare(name, f, claim, c)


def buffers(layer: Layer) -> list[dict[str, np.ndarray]]:
    """Return copies of the buffers of a layer and of the layers inside it: running statistics, dropout's count, ..."""
    return [{name: getattr(inner, name).copy() for name in inner.buffers} for inner in layer.walk()]
