"""The data in a network is a tree: an array, or a tuple of trees such as (image, label), (a, b) or ((a, b), c).

Branching networks pass tuples, and every function that handles them needs the same few operations, defined here once.
None means "no gradient": the gradient of a label, or a gradient that is zero everywhere.
"""

from collections.abc import Callable, Iterator
from typing import Any

Tree = Any  # an array, None, or a tuple of trees


def tree_map(f: Callable, *trees: Tree) -> Tree:
    """Apply f to every leaf: tree_map(f, (a, b), (c, d)) -> (f(a, c), f(b, d)).  The trees must have the same structure."""
    if isinstance(trees[0], tuple):
        return tuple(tree_map(f, *parts) for parts in zip(*trees, strict=True))
    return f(*trees)


def leaves(tree: Tree) -> Iterator[Any]:
    """All leaves from left to right, None included."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def first(tree: Tree) -> Any:
    """The first leaf: the image of (image, label), or the array itself."""
    return next(leaves(tree))


def add(a: Tree, b: Tree) -> Tree:
    """a + b, leaf by leaf, where None counts as zero."""
    if a is None or b is None:
        return b if a is None else a
    return tuple(map(add, a, b)) if isinstance(a, tuple) else a + b


def per_sample(c: Any, like: Any) -> Any:
    """c (N, 1) -> (N, 1, ..., 1), to multiply an array (N, ...)."""
    return c.reshape(-1, *[1] * (like.ndim - 1))
