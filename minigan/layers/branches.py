"""Branches: every network that is not a chain, built from four layers.

    Copy       x -> (x, x)                      one array becomes several
    Parallel   (a, b) -> (f(a), g(b))           each through its own layers
    Sum        (a, b) -> a + b                  added up again
    Join       (a, b) -> [a, b]                 along the last axis

A skip connection is Copy, Parallel, Sum; a label enters through Parallel and Join; a U-Net is Copy, Parallel, Join; two heads are
Copy and Parallel.  The other classes below are shorthand for such chains, so the second order of branching is derived
only once: Copy and Sum are each other's transpose, Join is a permutation, and Parallel gives each branch its own part.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from minigan.layers.chain import Chain
from minigan.layers.composite import Block, Composite, Tangent
from minigan.layers.layer import Layer, ShapeError
from minigan.layers.tree import Tree, add, leaves
from minigan.running.arguments import check_branch, check_whole


class Copy(Layer):
    """y = (x, ..., x), n times;   dx = the sum of all dy."""

    def __init__(self, n: int = 2):
        check_whole("Copy", n=n)
        self.n = n

    def forward(self, x: Tree) -> tuple[Tree, Any]:
        return (x,) * self.n, None

    def backward(self, dy: Tree, cache: Any) -> Tree:
        return reduce(add, dy)  # eq:residual.dx

    def tangent(self, v: Tree, cache: Any) -> tuple[Tree, Any]:
        return (v,) * self.n, None

    def __repr__(self) -> str:
        return f"Copy({self.n})"


class Parallel(Composite):
    """y = (f1(x1), ..., fk(xk));   dx = (f1' dy1, ..., fk' dyk).

    Each branch is a list of layers; an empty list is the identity.  Parallel([Dense(3, 4), Tanh()], []) takes a tuple of two.
    """

    pairs = True

    def __init__(self, *branches: Sequence[Layer | Chain]):
        self.branches = [Chain(*check_branch(branch)) for branch in branches]
        self.mixes = any(branch.mixes for branch in self.branches)
        self.curved = any(branch.curved for branch in self.branches)

    def children(self) -> list[Layer]:
        return [layer for branch in self.branches for layer in branch.layers]

    def _parts(self, x: Tree) -> tuple:
        if not (isinstance(x, tuple) and len(x) == len(self.branches)):
            n, given = len(self.branches), f"a tuple of {len(x)}" if isinstance(x, tuple) else type(x).__name__
            wanted = "a pair (x, label)" if n == 2 else f"a tuple of {n}"
            raise TypeError(f"{self} takes {wanted}, got {given}: call D((x, label)) or D.forward((x, label))")
        return x

    def forward(self, x: Tree) -> tuple[Tree, Any]:
        ys, caches = zip(*(branch.forward(part) for branch, part in zip(self.branches, self._parts(x))))
        return ys, caches  # eq:beside.forward

    def __call__(self, x: Tree) -> Tree:
        return tuple(branch(part) for branch, part in zip(self.branches, self._parts(x)))

    def back(self, dy: Tree, cache: Any, learn: bool) -> Tree:
        parts = zip(self.branches, dy, cache, strict=True)
        # a branch whose output has no gradient (None) has nothing to learn
        return tuple(None if d is None else branch.backward(d, c, learn) for branch, d, c in parts)

    def tangent(self, v: Tree, cache: Any) -> tuple[Tree, Any]:
        parts = zip(self.branches, self._parts(v), cache, strict=True)
        ws, tangents = zip(*(branch.tangent(part, c) for branch, part, c in parts))
        return ws, Tangent(cache, tangents)

    def backward_tangent(
        self, dw: Tree, dx: Tree, v: Tree, tcache: Tangent, cache: Any, learn: bool = True, need_dx: bool = True
    ) -> tuple[Tree, Tree]:
        dx = (None,) * len(dw) if dx is None else dx
        parts = zip(self.branches, dw, dx, tcache.inner, cache, strict=True)
        dw, dx = zip(*(branch.streams(d, e, t, c, learn) for branch, d, e, t, c in parts))
        return dw, None if all(leaf is None for leaf in leaves(dx)) else dx

    def blend(self, c: np.ndarray, cache: Any, tcache: Any) -> Any:
        return tuple(branch.blend(c, k, t) for branch, k, t in zip(self.branches, cache, tcache.inner, strict=True))

    def __repr__(self) -> str:
        return f"Parallel({', '.join(str(branch.layers) for branch in self.branches)})"


class Sum(Layer):
    """y = x1 + ... + xk, arrays of one shape;   every dx is dy."""

    pairs = True

    def forward(self, x: Tree) -> tuple[np.ndarray, int]:
        hint = "in a Residual these are the body and the shortcut, so pass a shortcut= layer that fits"
        _check_tuple(self, x, slice(None), "adds arrays of the same shape", hint)
        return sum(x[1:], x[0]), len(x)  # eq:residual.forward

    def backward(self, dy: np.ndarray, n: int) -> Tree:
        return (dy,) * n

    def tangent(self, v: Tree, n: int) -> tuple[np.ndarray, int]:
        return sum(v[1:], v[0]), n


class Join(Layer):
    """y = [x1, ..., xk] along the last axis;   dy is cut into the same pieces.     (..., n1), ..., (..., nk) -> (..., n1 + ... + nk)"""

    pairs = True

    def forward(self, x: Tree) -> tuple[np.ndarray, tuple]:
        _check_tuple(self, x, slice(-1), "joins along the last axis", "all other axes must agree")
        y = np.concatenate(x, axis=-1)  # eq:concat.forward
        return y, (y.shape, tuple(accumulate(part.shape[-1] for part in x))[:-1])

    def backward(self, dy: np.ndarray, cache: tuple) -> Tree:
        shape, cuts = cache
        parts = np.split(self.check_dy(dy, shape), cuts, axis=-1)  # eq:concat.dx
        return tuple(np.ascontiguousarray(part) for part in parts)

    def tangent(self, v: Tree, cache: tuple) -> tuple[np.ndarray, tuple]:
        return np.concatenate(v, axis=-1), cache


def _check_tuple(layer: Layer, x: Tree, axes: slice, does: str, hint: str) -> None:
    """Raise unless x is a tuple of arrays that agree in these axes; one array is refused, because its rows are samples."""
    if not isinstance(x, tuple):
        raise TypeError(f"{layer} takes a tuple of arrays, got {type(x).__name__}: put Copy or Parallel before it")
    if len({part.shape[axes] for part in x}) > 1:
        raise ShapeError(f"{layer} {does}, got {' and '.join(str(part.shape) for part in x)}: {hint}")


class Residual(Block):
    """y = body(x) + shortcut(x):   Copy, Parallel, Sum.     He et al. 2016, eq. 1.

    Residual(layer, layer, ..., shortcut=None): the shortcut is the identity, or a layer that maps x to the body's shape.
    """

    def __init__(self, *layers: Layer | Chain, shortcut: Layer | Chain | None = None):
        super().__init__(Copy(), Parallel(layers, [shortcut] if shortcut else []), Sum())

    def __repr__(self) -> str:
        body, shortcut = (", ".join(map(str, branch.layers)) for branch in self.chain.layers[1].branches)
        return f"Residual({body}{shortcut and ', shortcut=' + shortcut})"


class Concat(Block):
    """y = [left(x), right(c)] along the last axis:   Parallel, Join.   An empty side is the identity.

        G = Sequential(Concat(right=[Embedding(10, 32)]), Dense(64 + 32, ...), ...)         G.forward((z, label))

    How a label enters a network (Mirza and Osindero 2014, conditional GANs).  The gradient of the label is None.
    """

    def __init__(self, left: Sequence[Layer | Chain] = (), right: Sequence[Layer | Chain] = ()):
        super().__init__(Parallel(left, right), Join())

    def __repr__(self) -> str:
        left, right = (branch.layers for branch in self.chain.layers[0].branches)
        return f"Concat(left={left}, right={right})"


class Beside(Parallel):
    """y = (body(x), c):   Parallel(body, []).   The layers apply to the first of a pair; the second passes through."""

    def __init__(self, *layers: Layer | Chain):
        super().__init__(layers, [])

    def __repr__(self) -> str:
        return f"Beside({', '.join(map(str, self.branches[0].layers))})"
