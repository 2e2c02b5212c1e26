"""Arithmetic on an array, or on a tuple of such things, as they travel through a network (see layers/tree.py).

What cannot move (a label, or None) becomes None and counts as zero.
"""

import math
from collections.abc import Callable

import numpy as np

from minigan.layers.tree import Tree, tree_map


def tree(f: Callable, *xs: Tree) -> Tree:
    """Apply f to each part: f(a) for an array, (f(a1), f(a2)) for a pair, None where any argument is None."""
    if any(x is None for x in xs):
        return None
    if isinstance(xs[0], tuple):
        return tuple(tree(f, *parts) for parts in zip(*xs, strict=True))
    return f(*xs)


def as_float64(x: Tree) -> Tree:
    """Return a copy in float64; labels keep their dtype."""
    return tree(lambda a: np.array(a, np.float64 if np.asarray(a).dtype.kind == "f" else None), x)


def movable(x: Tree) -> Tree:
    """Return x with None in place of labels."""
    return tree(lambda a: a if a.dtype.kind == "f" else None, x)


def moved(x: Tree, u: Tree, s: float) -> Tree:
    """Return x + s u; what u does not move stays."""
    return tree_map(lambda a, b: a if b is None else a + s * b, x, u)


def dot(a: Tree, b: Tree) -> float:
    """<a, b>, summed over all parts that both have."""
    products: list[float] = []
    tree(lambda p, q: products.append(float(np.sum(p * q, dtype=np.float64))), a, b)
    return sum(products)


def norm(a: Tree) -> float:
    """||a||, over all parts except labels."""
    return math.sqrt(dot(movable(a), movable(a)))


def direction(x: Tree, rng: np.random.Generator) -> Tree:
    """Return a random direction of the size of x: N(0, 1) times the root mean square of each part (times 1 if that is 0)."""
    return tree(lambda a: rng.standard_normal(a.shape) * (math.sqrt(np.mean(a * a)) or 1.0), movable(x))


def shape(x: Tree) -> Tree:
    """Return the shape, (8, 3), or for a pair the shapes, ((8, 3), (8,))."""
    return tree(np.shape, x)
