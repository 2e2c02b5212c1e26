"""What is recorded about each verb of a layer: the arrays it made, their statistics, and their gradient checks.

The checks run before the layer does, since a layer with a bug might change its arguments; the statistics are taken after.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigan.differences import Check
from minigan.layers.layer import Layer
from minigan.layers.tree import first
from minigan.teach.tracing import pictures
from minigan.teach.tracing.formulas import formula
from minigan.teach.tracing.record import Row, measure
from minigan.teach.tracing.trees import shape
from minigan.teach.tracing.twin import Groups, Twin

# verb -> the position of the forward pass's cache among its arguments
CACHE = {"backward": 1, "accumulate": 1, "learn": 1, "tangent": 1, "backward_tangent": 4}

Checks = dict[str, Check | None]


class Point(NamedTuple):
    """The point at which a forward pass ran: its input and the layer's buffers before it; then its output's shape and cache."""

    x: Any
    state: list[dict[str, np.ndarray]]
    y: Any = ()
    cache: Any = None  # kept, so that its id stays unique


def examine(
    row: Row,
    layer: Layer,
    twin: Layer,
    verb: str,
    args: tuple,
    options: dict[str, Any],
    point: Point | None,
    rng: np.random.Generator,
) -> Callable[[Any], None]:
    """Check a verb before it runs, and return the function that records its result.

    Parameters
    ----------
    row : Row
        Filled with shapes, quantities and pictures.
    layer, twin : Layer
        The layer about to run, and its float64 copy.
    verb : str
        forward, backward, ...; args and options are its arguments.
    point : Point or None
        The forward pass whose cache the verb gets.  Without it nothing is checked.
    rng : Generator
        Draws the directions of the checks.
    """
    if verb == "forward":
        return lambda out: _forward(row, layer, args[0], out[0])
    at = Twin(layer, twin, point.x, point.state, rng) if point else None
    if point:
        row.shape_in, row.shape_out = shape(point.x), point.y
    if verb == "tangent":
        checks = at.tangent(args[0]) if at else {}
        return lambda out: _add(row, layer, "w", out[0], checks)
    if verb == "backward_tangent":
        return _second(row, layer, at, *args, **options)
    return _first(row, layer, at, verb, args[0])


def _forward(row: Row, layer: Layer, x: Any, y: Any) -> None:
    row.shape_in, row.shape_out = shape(x), shape(y)
    row.pictures += pictures.maps("x", first(x)) if row.place == "0" else []  # what enters the network
    _add(row, layer, "y", y, {})
    row.dead = float(np.mean(~(first(y) != 0).any(axis=0)))  # the units that are 0 for every sample of the batch
    row.pictures += pictures.maps("y", first(y))


def _first(row: Row, layer: Layer, at: Twin | None, verb: str, dy: Any) -> Callable[[Any], None]:
    """Check and record a first-order pass: backward, accumulate, or learn, which does both."""
    learns, gives_dx = verb != "backward", verb != "accumulate"
    before = _copies(layer, learns)
    checks: Checks = {}
    if at:
        run = getattr(at.layer, verb)
        checks = at.first(dy, run, lambda twin: _groups(twin, learns), gives_dx)

    def finish(dx: Any) -> None:
        if gives_dx:
            _add(row, layer, "dx", dx, checks)
            row.pictures += pictures.maps("dx", first(dx))
        _gradients(row, layer, before, checks)

    return finish


def _second(
    row: Row,
    layer: Layer,
    at: Twin | None,
    dw: Any,
    dx: Any,
    v: Any,
    tcache: Any,
    cache: Any,
    learn: bool = True,
    need_dx: bool = True,
) -> Callable[[Any], None]:
    """Check and record a second-order pass; the arguments from dw on are those of backward_tangent."""
    before = _copies(layer, learn)
    checks: Checks = {}
    if at:
        run = partial(at.layer.backward_tangent, learn=learn, need_dx=need_dx)
        checks = at.second(dw, dx, v, run, lambda twin: _groups(twin, learn), need_dx)

    def finish(out: Any) -> None:
        for name, gradient in zip(("dw", "dx"), out):
            _add(row, layer, name, gradient, checks)
        _gradients(row, layer, before, checks)

    return finish


def _add(row: Row, layer: Layer, name: str, a: Any, checks: Checks) -> None:
    if first(a) is not None:
        row.quantities.append(measure(name, formula(layer, row.verb, name), first(a), checks.get(name)))


def _gradients(row: Row, layer: Layer, before: dict[str, list[np.ndarray]], checks: Checks) -> None:
    """Record what this pass has added to the parameter gradients."""
    for name, members in _groups(layer, bool(before)).items():
        added = [grad - was for (_, grad), was in zip(members, before[name], strict=True)]
        _add(row, layer, name, added[0] if len(added) == 1 else np.concatenate([a.ravel() for a in added]), checks)


def _copies(layer: Layer, learn: bool) -> dict[str, list[np.ndarray]]:
    return {name: [grad.copy() for _, grad in members] for name, members in _groups(layer, learn).items()}


def _groups(layer: Layer, learn: bool) -> Groups:
    """Return the (parameter, gradient) pairs by name: dW, db, ... of a layer; all together, dtheta, of one that holds layers."""
    if not learn:
        return {}
    pairs = [
        (f"d{name}", (getattr(inner, name), getattr(inner, f"d{name}")))
        for inner in layer.walk()
        for name in inner.parameters
    ]
    if layer.children():
        return {"dtheta": [pair for _, pair in pairs]} if pairs else {}
    return {name: [pair] for name, pair in pairs}
