"""One array or several: an input may be a pair (image, label), so what is done to an array here is done to all parts.

A part that cannot move, a label or None, passes through as None and counts as zero.
"""

import math

import numpy as np


def tree(f, *xs):
    """f of each part: tree(f, a) is f(a) for an array, (f(a1), f(a2)) for a pair, None where any part is None."""
    if any(x is None for x in xs):
        return None
    if isinstance(xs[0], tuple):
        return tuple(tree(f, *parts) for parts in zip(*xs, strict=True))
    return f(*xs)


def leaves(x) -> list:
    """Its float arrays, in order."""
    if isinstance(x, tuple):
        return [leaf for part in x for leaf in leaves(part)]
    return [] if x is None or np.asarray(x).dtype.kind != "f" else [np.asarray(x)]


def as_float64(x):
    """A float64 copy; labels stay what they are."""
    return tree(lambda a: np.array(a, np.float64 if np.asarray(a).dtype.kind == "f" else None), x)


def movable(x):
    """x, with None for what cannot move: labels."""
    return tree(lambda a: a if a.dtype.kind == "f" else None, x)


def dot(a, b) -> float:
    """<a, b>, over all parts that both have."""
    products = []
    tree(lambda p, q: products.append(float(np.sum(p * q, dtype=np.float64))), a, b)
    return sum(products)


def norm(a) -> float:
    return math.sqrt(dot(movable(a), movable(a)))


def direction(x, rng):
    """A random direction as large as x: N(0, 1) times the root mean square of each part, times 1 where that is 0."""
    return tree(lambda a: rng.standard_normal(a.shape) * (math.sqrt(np.mean(a * a)) or 1.0), movable(x))


def first(x):
    """The image of a pair (image, label); an array as it is."""
    return x[0] if isinstance(x, tuple) else x


def shape(x):
    """(8, 3), or for a pair ((8, 3), (8,))."""
    return tree(np.shape, x)
