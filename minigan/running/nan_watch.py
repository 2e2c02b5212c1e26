"""Check that every number is finite; if not, find the network, the layer and the step, and show the last finite values.

One NaN in a gradient spreads to every weight a step later, and from there to every number. So after each step every
vector that a checkpoint would hold is checked, at the cost of one dot product each. When a number is bad, the networks
run once more on the batch of that step, layer by layer, to find where it first appears.
"""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigan.game import Game
from minigan.layers.layer import Layer
from minigan.network import Sequential
from minigan.optim import NonFiniteError

CAUSES = "Usual causes: a learning rate that is too high, a loss without a bound on D, images not in [-1, 1]."


def refuse_non_finite(game: Game, row: Mapping[str, float]) -> None:
    """Raise NonFiniteError if a scalar of `row`, or any number a checkpoint of `game` would hold, is NaN or Inf."""
    for name, value in row.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"{name} is {value}")
    for name, array in game.arrays().items():
        if not finite(array):
            index = int(np.flatnonzero(~np.isfinite(array))[0])
            net = game.networks.get(name.split(".")[0])
            like_theta = net is not None and not name.endswith("state") and array.size == net.theta.size
            place = f" ({net.locate(index)})" if net is not None and like_theta else ""
            raise NonFiniteError(f"{name}[{index}]{place} is {array[index]}")


def report(
    error: NonFiniteError, game: Game, batch: tuple[Any, Any] | None, step: int, last: Mapping, kept: str
) -> str:
    """The step, the network, the layer and the last finite values, as one message.

    Parameters
    ----------
    error : the error raised; its attribute `net`, if any, is the network whose gradient is bad
    batch : the last (x, y) that the game drew, on which the networks run once more; None if it drew none
    last : the scalars of the last good step
    kept : path of the last checkpoint, or "" if there is none
    """
    owner = next((name for name, net in game.networks.items() if net is getattr(error, "net", None)), "")
    places = game.inspect(*batch, np.random.default_rng(0)) if batch else ()
    where = next(filter(None, (first_bad(name, net, x) for name, net, x in places)), "")
    values = ", ".join(f"{name} {value:.4g}" for name, value in last.items()) or "none yet"
    checkpoint = f" The last checkpoint is kept: {kept}." if kept else ""
    return f"step {step}: {owner and owner + ': '}{error}.{where} Last finite values: {values}.{checkpoint} {CAUSES}"


def first_bad(name: str, net: Sequential, x: Any) -> str:
    """The first layer whose output in net.forward(x) is not finite, as a sentence; "" if there is none.

    Runs a copy of the network that checks what each layer returns. Inner layers return before the layer that holds them,
    so the innermost is found.
    """
    found: list[str] = []
    net = copy.deepcopy(net)
    for place, layer in _places(net.layers, name):
        _check_output(layer, f" The first bad output is that of {place}, {layer}", found)
    with np.errstate(all="ignore"):
        net.forward(x)
    return found[0] if found else ""


def _places(layers: list[Layer], outer: str) -> Iterator[tuple[str, Layer]]:
    """Every layer, inner ones included, with its place: "D, layer 0, Residual, layer 2"."""
    for i, layer in enumerate(layers):
        yield f"{outer}, layer {i}", layer
        yield from _places(layer.children(), f"{outer}, layer {i}, {type(layer).__name__}")


def _check_output(layer: Layer, sentence: str, found: list[str]) -> None:
    forward = layer.forward

    def watched(x: Any) -> Any:
        y, cache = forward(x)
        if not finite(y):
            bad_input = ", whose input was already bad: is there NaN or Inf in the data?"
            found.append(sentence + ("." if finite(x) else bad_input))
        return y, cache

    layer.forward = watched  # type: ignore[method-assign]


def finite(x: Any) -> bool:
    """True if every number in x is finite. x is an array, None, or a tuple of these."""
    if isinstance(x, tuple):
        return all(map(finite, x))
    flat = np.asarray(0 if x is None else x).reshape(-1)
    with np.errstate(all="ignore"):
        return math.isfinite(np.dot(flat, flat)) or bool(np.isfinite(flat).all())  # one fast pass; it may overflow
