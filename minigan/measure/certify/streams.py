"""The two gradients that travel back through a layer in the second order, together and apart.

Chain.streams takes dw, the gradient of the tangent stream J v, and dx, that of the primal stream y, in one pass.  It is linear in
both, and either may be None, in a network or in one of its branches.  So one pass must equal the sum of its parts.  In a
piecewise-linear network a third way gives the same gradients: an ordinary backward pass with the caches of Chain.blend.
"""

import copy
from collections.abc import Callable, Iterator

import numpy as np

from minigan.differences import Check, compare
from minigan.fast_step import can_blend
from minigan.gradcheck import random_like
from minigan.layers.tree import Tree, leaves, tree_map
from minigan.measure.certify.claim import arrays, same
from minigan.measure.certify.samples import Sample
from minigan.network import Sequential

EXACT = 1e-11
Found = list[np.ndarray]  # what a pass returns, leaf by leaf, and what it adds to grad


class Passes:
    """A network with one layer, a point, a direction v, and random gradients dw and dx at its output."""

    def __init__(self, sample: Sample):
        rng = np.random.default_rng(7)
        self.net: Sequential = sample.network()
        self.x = self.net.cast(sample.x())
        self.y, self.caches = self.net.forward(self.x)
        self.v, self.dw, self.dx = (random_like(a, rng) for a in (self.x, self.y, self.y))
        self.kept = copy.deepcopy((self.x, self.v, self.dw, self.dx))
        _, self.tangents = self.net.tangent(self.v, self.caches)
        self.c: np.ndarray = rng.standard_normal((len(next(leaves(self.y))), 1))
        self.c[: len(self.c) - 1] *= np.arange(len(self.c) - 1)[:, None]  # 0 for the first of several samples

    def found(self, run: Callable[[], tuple[Tree, Tree]]) -> Found:
        """Run a pass that returns (dw, dx), where None is zero -> both, and grad."""
        self.net.zero_grad()
        parts = [tree_map(lambda _: None, self.x) if part is None else part for part in run()]
        pairs = [pair for part in parts for pair in zip(leaves(self.x), leaves(part), strict=True)]
        return [*(np.zeros(a.shape) if d is None else d.copy() for a, d in pairs), self.net.grad.copy()]

    def streams(self, dw: Tree, dx: Tree, **options: bool) -> Found:
        """Chain.streams at this point."""
        return self.found(lambda: self.net.streams(dw, dx, self.tangents, self.caches, **options))

    def only(self, a: Tree, i: int) -> Tree:
        """The i-th leaf of a, and None for the others."""
        count = iter(range(len(list(leaves(a)))))
        return tree_map(lambda leaf: leaf if next(count) == i else None, a)


def agree(name: str, got: Found, *parts: Found) -> Iterator[Check]:
    """Each array equals the sum of the parts'."""
    for i, (array, *terms) in enumerate(zip(got, *parts, strict=True)):
        yield compare(f"{name}, array {i}", array, sum(terms), EXACT)


def both_streams(sample: Sample) -> Iterator[Check]:
    """One pass of both gradients is the sum of two passes, of one for each output, and leaves out what it is asked to."""
    p = Passes(sample)
    net, layer, cache, (v, tcache) = p.net, p.net.layers[0], p.caches[0], p.tangents[0]
    tangent, both = p.streams(p.dw, None), p.streams(p.dw, p.dx)
    primal = p.found(lambda: (None, net.backward(p.dx, p.caches)))
    yield from agree("both", both, tangent, primal)
    n = len(both) // 2  # both[:n] is dw, both[n : 2 * n] is dx
    public = p.found(lambda: (None, net.backward_tangent(p.dw, p.tangents, p.caches, p.dx)))
    yield from agree("backward_tangent", public[n:], both[n:])
    yield from agree("a loss alone", p.streams(None, p.dx), primal)
    alone = range(len(list(leaves(p.y))))
    if len(alone) > 1:  # from different outputs: in some branches one of the gradients is None
        crossed = [p.streams(p.only(p.dw, i), p.only(p.dx, (i + 1) % len(alone))) for i in alone]
        yield from agree("each output alone", both, *crossed)
    yield from agree("learn=False", p.streams(p.dw, p.dx, learn=False)[:-1], both[:-1])
    yield from agree("learn=False, grad", p.streams(p.dw, p.dx, learn=False)[-1:], [0 * both[-1]])
    yield from agree("need_dx=False, grad", p.streams(p.dw, p.dx, need_dx=False)[-1:], both[-1:])
    spared = p.found(lambda: (None, net.backward(p.dx, p.caches, need_dx=False)))
    yield from agree("backward, need_dx=False, grad", spared[-1:], primal[-1:])
    learned = p.found(lambda: (layer.learn(p.dw, tcache), None))  # the layer's own backward and accumulate
    yield from agree("a cache of tangent", [*learned[:n], learned[-1]], [*tangent[:n], tangent[-1]])
    if layer.curved:
        curvature = p.found(lambda: (None, layer.curvature(p.dw, v, cache)))
        yield from agree("curvature", curvature[n:-1], tangent[n:-1])
    elif can_blend(net):
        yield from blended(p, tangent)
    for a, b in zip(arrays(p.x, p.v, p.dw, p.dx), arrays(*p.kept), strict=True):
        yield same("arguments unchanged", a, b)


def blended(p: Passes, tangent: Found) -> Iterator[Check]:
    """With the caches at c x + v, the backward pass of dw gives the gradients of c dw and of the tangent; dx is that of dw."""
    scaled = tree_map(lambda d: d if d is None else d * p.c.reshape(-1, *[1] * (d.ndim - 1)), p.dw)
    loss = p.found(lambda: (None, p.net.backward(scaled, p.caches)))
    caches = p.net.blend(p.c, p.caches, p.tangents)
    got = p.found(lambda: (None, p.net.backward(p.dw, caches)))
    yield from agree("blended caches, grad", got[-1:], loss[-1:], tangent[-1:])
    plain = p.found(lambda: (None, p.net.backward(p.dw, p.caches)))
    yield from agree("blended caches, dx", got[:-1], plain[:-1])
