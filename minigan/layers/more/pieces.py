"""Hold a network on one piece: every nonlinearity stays on the side of its kink on which it is now.

A network of ReLUs and maxima is a polynomial on each piece of its input space, and its derivative is that of the piece it is
on.  A trained critic on a batch of images has a million ReLUs: whichever way one moves it, some of them cross their kink
within any step that rounding allows, and each crossing spoils the difference.  So the differences that check a derivative are
taken of the function held on its piece.  There they are as exact as those of a smooth function, and at 0 itself they give the
derivative that the layer has chosen.

Held, a layer still computes with its own `forward`, so a bug in it is seen as before.  Only what has crossed is changed first:

    LeakyReLU     y = a x on either side, so beyond the kink of its side  y(x) = -y(-x)
    MaxPool2d     a pixel that has overtaken the winner is lowered below it

Layers with kinks of their own are not held unless PIECES has a rule for them; differences.py finds their kinks by the step.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import numpy as np

from minigan.layers.activations import LeakyReLU
from minigan.layers.layer import Layer
from minigan.layers.pool import MaxPool2d


def _leaky_relu(layer: Any, forward: Callable, x: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, Any]:
    crossed = (x.real > 0) != (point.real > 0)
    y, cache = forward(np.where(crossed, -x, x))
    return np.where(crossed, -y, y), cache


def _max_pool(layer: Any, forward: Callable, x: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, Any]:
    k, (N, h, w, C) = layer.k, (len(x), x.shape[1] // layer.k, x.shape[2] // layer.k, x.shape[3])
    blocks, before = (layer.blocks(a).swapaxes(2, 3).reshape(N, h, w, k * k, C) for a in (x, point))
    winner = before.real.argmax(axis=3)[..., None, :]
    highest = np.take_along_axis(blocks, winner, axis=3)
    beaten = (blocks.real < highest.real) | (np.arange(k * k)[:, None] == winner)
    lowered = np.where(beaten, blocks, highest - 1).reshape(N, h, w, k, k, C).swapaxes(2, 3)
    x = x.copy()
    x[:, : h * k, : w * k] = lowered.reshape(N, h * k, w * k, C)
    return forward(x)


PIECES = {
    LeakyReLU: _leaky_relu,
    MaxPool2d: _max_pool,
}  # the class that defines forward -> (y, cache) at x on point's piece


def held(f: Callable, layers: Iterable[Layer], *here: Any) -> Callable:
    """f, with each of the layers held on the piece on which it is while f(*here) runs.

    f runs forward passes of these layers, as often and in the same order each time it is called.
    """
    kinked = {id(layer): layer for layer in layers if _rule(layer)}
    points: dict[int, list[np.ndarray]] = {key: [] for key in kinked}
    if not kinked:
        return f

    def run(*args: Any) -> Any:
        own = {key: vars(layer).get("forward") for key, layer in kinked.items()}
        for key, layer in kinked.items():
            layer.forward = _on_piece(layer, points[key])  # type: ignore[method-assign]
        try:
            return f(*args)
        finally:
            for key, layer in kinked.items():
                del layer.forward
                if (forward := own[key]) is not None:
                    layer.forward = forward  # type: ignore[method-assign]

    run(*here)  # the first call fills `points`
    return run


def _rule(layer: Layer) -> Callable | None:
    """The rule of the class whose forward this layer uses: that of its parent does not hold for a class with its own forward."""
    own: Any = next(kind for kind in type(layer).__mro__ if "forward" in vars(kind))
    return PIECES.get(own)


def _on_piece(layer: Layer, points: list[np.ndarray]) -> Callable:
    """forward(x), the n-th call on the piece of points[n], or, if that is the first time, at x, which then becomes points[n]."""
    forward, rule, calls = layer.forward, _rule(layer), count()

    def on_piece(x: np.ndarray) -> tuple[np.ndarray, Any]:
        n = next(calls)
        if n == len(points):
            points.append(x.copy())
            return forward(x)
        return rule(layer, forward, x, points[n])  # type: ignore[misc]

    return on_piece
