"""One array or several: an input may be a pair (image, label), so each function here applies to every part of it.

A part that cannot move (a label, or None) becomes None and counts as zero.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def tree(f: Callable, *xs: Any) -> Any:
    """Apply f to each part: f(a) for an array, (f(a1), f(a2)) for a pair, None where any argument is None."""
    if any(x is None for x in xs):
        return None
    if isinstance(xs[0], tuple):
        return tuple(tree(f, *parts) for parts in zip(*xs, strict=True))
    return f(*xs)


def leaves(x: Any) -> list[np.ndarray]:
    """Return the float arrays in x, in order."""
    if isinstance(x, tuple):
        return [leaf for part in x for leaf in leaves(part)]
    return [] if x is None or np.asarray(x).dtype.kind != "f" else [np.asarray(x)]


def as_float64(x: Any) -> Any:
    """Return a copy in float64; labels keep their dtype."""
    return tree(lambda a: np.array(a, np.float64 if np.asarray(a).dtype.kind == "f" else None), x)


def movable(x: Any) -> Any:
    """Return x with None in place of labels."""
    return tree(lambda a: a if a.dtype.kind == "f" else None, x)


def dot(a: Any, b: Any) -> float:
    """<a, b>, summed over all parts that both have."""
    products: list[float] = []
    tree(lambda p, q: products.append(float(np.sum(p * q, dtype=np.float64))), a, b)
    return sum(products)


def norm(a: Any) -> float:
    """||a||, over all parts except labels."""
    return math.sqrt(dot(movable(a), movable(a)))


def direction(x: Any, rng: np.random.Generator) -> Any:
    """Return a random direction of the size of x: N(0, 1) times the root mean square of each part (times 1 if that is 0)."""
    return tree(lambda a: rng.standard_normal(a.shape) * (math.sqrt(np.mean(a * a)) or 1.0), movable(x))


def first(x: Any) -> Any:
    """Return the image of a pair (image, label), or the array itself."""
    return x[0] if isinstance(x, tuple) else x


def shape(x: Any) -> Any:
    """Return the shape, (8, 3), or for a pair the shapes, ((8, 3), (8,))."""
    return tree(np.shape, x)
