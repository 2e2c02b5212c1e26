"""A layer's float64 twin, brought to the very point where the layer stands, to be asked whether its passes are right there.

The layer itself goes on with the step and knows nothing of it.  First order: the slopes of <dy, f(x)>.  Second order: those
of <dw, J(x) v> + <dx, f(x)>, which is what a penalty's pass differentiates (see layers/chain.py).
"""

import numpy as np

from minigan.differences import Check
from minigan.layers.layer import Scaled
from minigan.layers.tree import per_sample
from minigan.teach.tracing.checks import compare
from minigan.teach.tracing.trees import as_float64, direction, dot, leaves, movable, norm, tree


class Twin:
    """A float64 copy of a layer, brought to the point (x, theta, state) at which the layer stood in the step.

    Singular vectors of SpectralNorm, which its gradient holds still, are exact here: `reset` computes them anew.
    """

    def __init__(self, layer, twin, x, state, rng):
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

    def forward(self, x):
        """The layer at x; it always begins from the same state, so dropout draws the same mask."""
        for mine, kept in zip(self.layer.walk(), self.state, strict=True):
            for name, value in kept.items():
                getattr(mine, name)[...] = value
        return self.layer.forward(x)

    def first(self, dy, back, groups, dx: bool) -> dict[str, Check | None]:
        """The checks of back(c, cache) -> dx, a first-order pass that adds to the gradients of these groups."""
        found = {"dx": self._inputs(self._outputs, as_float64(dy), back)} if dx else {}
        return found | self._parameters(self._outputs, as_float64(dy), back, groups)

    def tangent(self, v) -> dict[str, Check | None]:
        """w = J v, weighed with a random c, against differences of f along v."""
        longer = norm(direction(self.x, self.rng)) / (norm(v) or 1.0)  # a penalty's v is tiny; J is linear in it
        v = tree(lambda a: a * longer, as_float64(v))
        y, cache = self.forward(self.x)
        w, _ = self.layer.tangent(v, cache)
        c = tree(lambda a: self.rng.standard_normal(a.shape) * (norm(v) > 0), movable(y))
        claim = lambda c: (dot(c, w), norm(tree(np.multiply, c, w)))  # noqa: E731
        return {"w": compare("w", lambda s: self._outputs(_moved(self.x, v, s)), claim, c)}

    def second(self, dw, dx, v, back, groups, inputs: bool) -> dict[str, Check | None]:
        """The checks of back(dw, dx, v, tcache, cache) -> (dw, dx), the slopes of  F = <dw, J(x) v> + <dx, f(x)>."""
        v, dw = as_float64(v), as_float64(dw)
        scaled = isinstance(dx, Scaled)  # then dx = c dw, and F = <dw, J v + c f>
        dx = Scaled(as_float64(dx.c)) if scaled else as_float64(dx)
        both = dx is not None and not scaled

        def outputs(x):
            y, cache = self.forward(x)
            w, _ = self.layer.tangent(v, cache)
            if scaled:
                return tree(lambda a, b: a + per_sample(dx.c, a) * b, w, movable(y))
            return (w, y) if both else w

        def run(c, cache):
            _, tcache = self.layer.tangent(v, cache)
            return back(*(c if both else (c, dx)), v, tcache, cache)

        def primal(c, cache):
            dw, dx = run(c, cache)
            if isinstance(dx, Scaled):
                return tree(lambda a: per_sample(dx.c, a) * a, dw)
            return tree(np.zeros_like, dw) if dx is None else dx

        c, found = (dw, dx) if both else dw, {}
        if inputs:
            found["dw"] = self._inputs(self._outputs, dw, lambda c, cache: run((c, dx) if both else c, cache)[0])
            found["dx"] = self._inputs(outputs, c, primal)
        return found | self._parameters(outputs, c, run, groups)

    # ---- along a direction in x, along a direction in theta -----------------------------------------------------------

    def _outputs(self, x):
        return self.forward(x)[0]

    def _cache(self):
        """The cache at x while another one, of a later forward elsewhere, is alive too: D(real)'s beside D(fake)'s."""
        _, cache = self.forward(self.x)
        self.forward(_moved(self.x, direction(self.x, self.rng), 1.0))
        return cache

    def _inputs(self, outputs, c, back) -> Check | None:
        u = direction(self.x, self.rng)
        if norm(u) == 0:
            return None  # labels only

        def claim(c):
            products = tree(np.multiply, back(c, self._cache()), u)
            return sum(map(np.sum, leaves(products))), norm(products)

        check = compare("dx", lambda s: outputs(_moved(self.x, u, s)), claim, c)
        if check is None:  # all at a kink, as where a ReLU's zeros enter another one: hold the zeros still
            u = tree(lambda a, b: np.where(b == 0, 0.0, a), u, movable(self.x))
            check = compare("dx", lambda s: outputs(_moved(self.x, u, s)), claim, c)
        return check

    def _parameters(self, outputs, c, back, groups) -> dict[str, Check | None]:
        """Each group of parameters, as `groups(layer)` names them, along a direction in all its members."""
        return {
            name: self._group(name, [value for value, _ in members], [grad for _, grad in members], outputs, c, back)
            for name, members in groups(self.layer).items()
        }

    def _group(self, name, values, grads, outputs, c, back) -> Check | None:
        us, kept = direction(tuple(values), self.rng), [value.copy() for value in values]

        def f(s):
            for value, u, was in zip(values, us, kept, strict=True):
                value[...] = was + s * u
            y = outputs(self.x)
            for value, was in zip(values, kept, strict=True):
                value[...] = was
            return y

        def claim(c):
            for grad in grads:
                grad[...] = 0
            for _ in range(2):  # twice, since a gradient is added and not assigned
                back(c, self._cache())
            products = tuple(grad * u / 2 for grad, u in zip(grads, us, strict=True))
            return sum(map(np.sum, products)), norm(products)

        return compare(name, f, claim, c)


def buffers(layer) -> list[dict]:
    """A copy of what the layer and those inside it remember: running statistics, dropout's count, singular vectors."""
    return [{name: getattr(inner, name).copy() for name in inner.buffers} for inner in layer.walk()]


def _moved(x, u, s):
    """x + s u; what cannot move stays."""
    if isinstance(x, tuple):
        return tuple(_moved(a, b, s) for a, b in zip(x, u, strict=True))
    return x if u is None else x + s * u
